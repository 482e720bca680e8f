# A load balancer of the user's own, with a port of its own.
cluster "main" {
  kubernetes = "1.34"
  api {
    endpoint       = "api.example.internal:443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "external"
      address = "10.0.9.10"
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
