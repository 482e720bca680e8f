# A managed control plane, with what surrounds it, and one control for which somebody vouches.
cluster "main" {
  kubernetes  = "1.37"
  provisioner = "managed"
  api {
    endpoint       = "api.provider.example:443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "external"
      address = "192.0.2.10"
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
node_pool "general" {
  zone  = zone.nodes
  nodes = { node-1 = "10.0.0.21" }
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
namespace "shop" { owner = team.sre }
attestation "encrypted" {
  control   = "secrets-encrypted"
  subject   = cluster.main
  by        = team.sre
  evidence  = "https://wiki.example.com/provider/encryption"
  review_by = "2027-05-01"
}
registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}
