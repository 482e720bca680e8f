# People, images, pipeline and publication.

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.astronomy.example.com:51821"

  device "edda-laptop" {
    team       = team.platform
    public_key = "QbWf5KuBppEljzRFusz4DoOBOYK2cEoqryGV1+uh3uM="
  }
  device "finn-laptop" {
    team       = team.astronomy
    public_key = "yc+8eX3VEgi5u5Lr/C/wCClc5Yq0o2a0UveISIdhxes="
  }
}

jump_box "gate" {
  zone           = zone.mgmt
  address        = "10.40.9.10"
  reachable_from = [vpn.wg]
  mfa            = "fido2"
}

team "platform" {
  oidc_group = "astronomy-platform"
  code_owner = "@astronomy-example/platform"

  can "operate" { in = [namespace.edge, namespace.shop, namespace.data] }
  break_glass {
    hours     = 1
    approvers = [team.astronomy]
  }
}

team "astronomy" {
  oidc_group = "astronomy-developers"
  code_owner = "@astronomy-example/developers"

  can "view" { in = [namespace.shop] }
}

registry "demo" {
  host      = "ghcr.io"
  path      = "open-telemetry"
  signed_by = [] # the project publishes attestations, no signatures that a key verifies
}
registry "open-feature" {
  host      = "ghcr.io"
  path      = "open-feature"
  signed_by = []
}
registry "valkey" {
  host      = "ghcr.io"
  path      = "valkey-io"
  signed_by = []
}
registry "docker-hub" {
  host      = "docker.io"
  path      = "library"
  signed_by = []
  pull_secret { # who pulls without a name is slowed down
    from = secret_store.vault
    path = "astronomy/docker-hub"
  }
}

exception "unsigned-images" {
  allows = [
    registry.demo.signed_by,
    registry.open-feature.signed_by,
    registry.valkey.signed_by,
    registry.docker-hub.signed_by,
  ]
  reason  = "the publishers sign with no key that could be pinned; the images run by digest only"
  owner   = team.platform
  expires = "2027-05-31"
}

repository "platform" {
  url            = "https://git.example.com/astronomy/platform"
  reviews        = 2
  signed_commits = true
}

pipeline "ci" {
  kind       = "github-actions"
  scanner    = "trivy"
  repository = [repository.platform]
  builds     = [registry.demo]
}

gitops "argo" {
  kind       = "argocd"
  source     = repository.platform
  deploys    = [namespace.edge, namespace.shop, namespace.data]
  privileges = "per-namespace"
}

namespace "edge" { owner = team.platform }

gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}
