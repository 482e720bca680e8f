# A shop in a mesh, and a blog beside it that is in none and calls the shop; its own calls are of all kinds that there are.
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
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}
gateway "private" {
  class     = "istio"
  namespace = namespace.edge
  from      = [vpn.wg]
  selector  = { "gateway.networking.k8s.io/gateway-name" = "private" }
}
addon "istio" {
  version   = "1.29.0"
  namespace = namespace.edge
  owner     = team.sre
}
mesh "main" {
  kind       = "istio"
  namespaces = [namespace.shop, namespace.ops]
}

namespace "shop" { owner = team.sre }
workload "shop" "web" {
  image = "registry.example.com/shop/web:v1.0.0"
  ports = { http = 8080, office = 8081 }
  calls = [workload.shop.cart.port.grpc]
  expose "shop.example.com" {
    via  = gateway.public
    port = "http"
  }
  expose "office.shop.example.com" {
    via  = gateway.private
    port = "office"
  }
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
workload "shop" "cart" {
  image = "registry.example.com/shop/cart:v1.0.0"
  ports = { grpc = 7070 }
  port "metrics" {
    number = 9090
    from   = [namespace.ops]
  }
  port "gossip" {
    number   = 7946
    protocol = "UDP"
    from     = [namespace.ops]
  }
  calls = [workload.shop.db.port.sql]
  probe "readiness" { tcp = "grpc" }
  probe "liveness" { tcp = "grpc" }
}
workload "shop" "db" {
  image = "registry.example.com/shop/db:v1.0.0"
  ports = { sql = 5432 }
  probe "readiness" { tcp = "sql" }
  probe "liveness" { tcp = "sql" }
}

namespace "ops" { owner = team.sre }
workload "ops" "reports" {
  image = "registry.example.com/ops/reports:v1.0.0"
  kind  = "CronJob"
  schedule = "0 4 * * *"
  calls = [workload.shop.db.port.sql]
}

namespace "blog" { owner = team.sre }
workload "blog" "site" {
  image = "registry.example.com/blog/site:v1.0.0"
  ports = { http = 8080 }
  calls = [workload.shop.cart.port.grpc]
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
