# OVN-Kubernetes: a workload that connects to DNS names, one of them on the port of the API server.
cluster "main" {
  kubernetes  = "1.37"
  provisioner = "kubeadm"
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
    cni      = "ovn-kubernetes"
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
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.0.0.11" }
  ssh_from = [jump_box.bastion]
}
node_pool "general" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { g-1 = "10.0.0.21" }
  ssh_from = [jump_box.bastion]
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

workload "shop" "pay" {
  image = "registry.example.com/shop/pay:v1"
  ports = { http = 8080 }
  egress "provider" {
    fqdns = ["api.payments.example", "fallback.payments.example"]
    port  = 443
  }
  egress "register" {
    fqdns = ["node.registers.example"]
    port  = 6443
  }
  egress "bank" {
    cidrs = ["203.0.113.0/24"]
    port  = 443
  }
}

workload "shop" "web" {
  image = "registry.example.com/shop/web:v1"
  ports = { http = 8080 }
  calls = [workload.shop.pay.port.http]
}

# It calls the API server on a port on which another workload reaches names.
workload "shop" "watch" {
  image = "registry.example.com/shop/watch:v1"
  api_access "pods" {
    resources = ["pods"]
    verbs     = ["get", "list"]
  }
}
registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}
