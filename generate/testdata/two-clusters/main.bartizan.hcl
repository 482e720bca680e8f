# Two clusters of one team that call their namespaces alike.
cluster "blue" {
  kubernetes = "1.36"
  api {
    endpoint       = "blue.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.1.0.10"
    }
  }
  network {
    pods     = "10.101.0.0/16"
    services = "10.201.0.0/16"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer    = "https://login.example.com"
      client_id = "blue"
    }
  }
  audit { ship_to = "https://logs.example.internal:8443/blue" }
}
zone "blue" { cidrs = ["10.1.0.0/24"] }
node_pool "blue-control" {
  cluster  = cluster.blue
  roles    = ["control-plane", "etcd"]
  zone     = zone.blue
  ssh_from = [jump_box.bastion]
  nodes    = { blue-cp-1 = "10.1.0.11", blue-cp-2 = "10.1.0.12", blue-cp-3 = "10.1.0.13" }
}
node_pool "blue-general" {
  cluster = cluster.blue
  zone    = zone.blue
  nodes   = { blue-node-1 = "10.1.0.21" }
}
namespace "blue-monitoring" {
  cluster = cluster.blue
  name    = "monitoring"
  owner   = team.sre
}
workload "blue-monitoring" "alerts" {
  image = "registry.example.com/ops/alerts:v1.0.0"
  ports = { http = 8080 }
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
workload "blue-monitoring" "metrics" {
  image = "registry.example.com/ops/metrics:v1.0.0"
  ports = { http = 9090 }
  calls = [workload.blue-monitoring.alerts.port.http]
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
asset "blue-metrics" { held_by = [workload.blue-monitoring.metrics] }

cluster "green" {
  kubernetes = "1.36"
  api {
    endpoint       = "green.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.2.0.10"
    }
  }
  network {
    pods     = "10.102.0.0/16"
    services = "10.202.0.0/16"
    cni      = "calico"
  }
  identity {
    oidc {
      issuer    = "https://login.example.com"
      client_id = "green"
    }
  }
  audit { ship_to = "https://logs.example.internal:8443/green" }
}
zone "green" { cidrs = ["10.2.0.0/24"] }
node_pool "green-control" {
  cluster  = cluster.green
  roles    = ["control-plane", "etcd"]
  zone     = zone.green
  ssh_from = [jump_box.bastion]
  nodes    = { green-cp-1 = "10.2.0.11", green-cp-2 = "10.2.0.12", green-cp-3 = "10.2.0.13" }
}
node_pool "green-general" {
  cluster = cluster.green
  zone    = zone.green
  nodes   = { green-node-1 = "10.2.0.21" }
}
namespace "green-monitoring" {
  cluster = cluster.green
  name    = "monitoring"
  owner   = team.sre
}
workload "green-monitoring" "alerts" {
  image = "registry.example.com/ops/alerts:v1.0.0"
  ports = { http = 8080 }
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
workload "green-monitoring" "metrics" {
  image = "registry.example.com/ops/metrics:v1.0.0"
  ports = { http = 9090 }
  calls = [workload.green-monitoring.alerts.port.http]
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}
asset "green-metrics" { held_by = [workload.green-monitoring.metrics] }

zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }
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
