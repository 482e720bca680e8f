# Two teams publish through one ingress controller that they have already: HAProxy Ingress, which somebody else installs.
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
    cni      = "calico"
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
registry "main" {
  host = "registry.example.com"
  signed_by = [<<-PEM
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEg+yI77SBdt+3VK7T5YqfjXvCKK4y
    KQNGuX3a0KVitMflzLF3iD9wjMJa0WNUxo017oqH/OiJ66uYqKHrArCuOQ==
    -----END PUBLIC KEY-----
    PEM
  ]
}

namespace "edge" { owner = team.sre }
gateway "public" {
  kind      = "ingress"
  class     = "haproxy"
  namespace = namespace.edge
  from      = [zone.internet]
  port      = 8443
  selector  = { "app.kubernetes.io/name" = "haproxy-ingress" }
}
addon "haproxy-ingress" {
  version   = "0.15.0"
  namespace = namespace.edge
  owner     = team.sre
}

namespace "shop" { owner = team.sre }
workload "shop" "web" {
  image = "registry.example.com/shop/web:v1.0.0"
  ports = { http = 8080, admin = 8081 }
  expose "shop.example.com" {
    via  = gateway.public
    port = "http"
  }
  expose "www.shop.example.com" {
    via  = gateway.public
    port = "http"
    path = "/sales"
  }
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}

namespace "blog" { owner = team.sre }
workload "blog" "site" {
  image = "registry.example.com/blog/site:v1.0.0"
  ports = { http = 8080 }
  expose "blog.example.com" { via = gateway.public }
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
