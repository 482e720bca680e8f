# Where images and manifests come from, and how the shop is published.

registry "boutique" {
  host      = "us-central1-docker.pkg.dev"
  path      = "online-boutique-ci/microservices-demo"
  signed_by = [] # Google publishes these images without signatures
}

registry "docker-hub" {
  host      = "docker.io"
  path      = "library"
  signed_by = []
}

exception "unsigned-images" {
  allows  = [registry.boutique.signed_by, registry.docker-hub.signed_by]
  reason  = "the publishers do not sign these images; they run by digest only"
  owner   = team.platform
  expires = "2027-05-31"
}

repository "platform" {
  url            = "https://git.example.com/boutique/platform"
  reviews        = 2
  signed_commits = true
}

pipeline "ci" {
  kind       = "github-actions"
  scanner    = "trivy"
  repository = [repository.platform]
  builds     = [registry.boutique]
}

gitops "flux" {
  source     = repository.platform
  deploys    = [namespace.edge, namespace.shop, namespace.payments, namespace.loadtest]
  privileges = "per-namespace"
}

namespace "edge" { owner = team.platform }

gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}
