# What a specification says so that add-ons can be installed by their makers' charts: where their images come from, the
# namespace of each with the level that its pods need, and its quota. installs_test.go installs them.

cluster "main" {
  kubernetes = "1.36"
  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.0.0.10"
    }
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer    = "https://login.example.com"
      client_id = "kubernetes"
    }
  }
  audit { ship_to = "https://logs.example.internal:8443/audit" }
}

zone "nodes" { cidrs = ["10.0.0.0/24"] }
zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }

node_pool "control" {
  roles = ["control-plane", "etcd"]
  zone  = zone.nodes
  nodes = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
}
node_pool "general" {
  zone  = zone.nodes
  nodes = { node-1 = "10.0.0.21", node-2 = "10.0.0.22" }
}

vpn "wg" {
  zone     = zone.vpn
  endpoint = "vpn.example.com:51820"
  device "anna" {
    team       = team.sre
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="
  }
}
jump_box "bastion" {
  zone           = zone.mgmt
  reachable_from = [vpn.wg]
}
team "sre" { oidc_group = "sre" }

registry "jetstack" {
  host      = "quay.io"
  path      = "jetstack"
  signed_by = [] # signed without a key of its own
}

exception "unsigned" {
  allows  = [registry.jetstack.signed_by]
  reason  = "their makers sign with no key that could be named; the images run by digest"
  owner   = team.sre
  expires = "2027-05-31"
}

namespace "cert-manager" {
  owner = team.sre
  quota {
    pods   = 20
    cpu    = "4"
    memory = "4Gi"
  }
}
addon "cert-manager" {
  version   = "1.20.3"
  namespace = namespace.cert-manager
  owner     = team.sre
}
