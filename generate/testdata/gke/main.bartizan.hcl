# Google Kubernetes Engine: one workload connects to DNS names, which no policy there keeps from any address.
cluster "main" {
  kubernetes  = "1.37"
  provisioner = "managed"
  api {
    endpoint       = "gke.provider.example:443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "external"
      address = "192.0.2.10"
    }
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "gke-dataplane-v2"
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
node_pool "auto" {
  zone = zone.nodes
  cidr = "10.0.0.0/24"
  max  = 20
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
  egress "mail" {
    fqdns = ["smtp.mail.example"]
    port  = 587
  }
  egress "bank" {
    cidrs = ["198.51.100.0/24"]
    port  = 443
  }
  probe "readiness" { http = "/ready" }
  probe "liveness" { http = "/alive" }
}

workload "shop" "web" {
  image = "registry.example.com/shop/web:v1"
  ports = { http = 8080 }
  calls = [workload.shop.pay.port.http]
  probe "readiness" { http = "/ready" }
  probe "liveness" { http = "/alive" }
}
attestation "encrypted" {
  control   = "secrets-encrypted"
  subject   = cluster.main
  by        = team.sre
  evidence  = "https://wiki.example.com/provider/encryption"
  review_by = "2027-05-01"
}
attestation "nodes" {
  control   = "kernel-hardened"
  subject   = node_pool.auto
  by        = team.sre
  evidence  = "https://wiki.example.com/provider/nodes"
  review_by = "2027-05-01"
}
registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}
