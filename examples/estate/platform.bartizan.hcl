# Where images and manifests come from, where secrets are kept, and how the world gets in.

registry "main" {
  host      = local.registry
  signed_by = [file("cosign.pub")]
}

repository "estate" {
  url            = "https://git.nordpost.example/platform/estate"
  reviews        = 2
  signed_commits = true
}

pipeline "ci" {
  kind       = "github-actions"
  repository = [repository.estate]
  builds     = [registry.main]
}

gitops "flux" {
  source  = repository.estate
  deploys = concat([namespace.edge, namespace.customers, namespace.money, namespace.partners, namespace.insight], values(namespace.country))
}

secret_store "vault" {
  kind     = "vault"
  endpoint = "vault.nordpost.example:8200"
}

namespace "edge" { owner = team.platform }

gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}

gateway "depots" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.depots]
}
