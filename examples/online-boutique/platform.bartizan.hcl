# Where images and manifests come from, and how the shop is published.

registry "boutique" {
  host = "us-central1-docker.pkg.dev"
  path = "online-boutique-ci/microservices-demo"
}

registry "docker-hub" {
  host = "docker.io"
  path = "library"
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

addon "cilium" {
  version   = "1.18.2"
  namespace = namespace.edge
  owner     = team.platform
}
