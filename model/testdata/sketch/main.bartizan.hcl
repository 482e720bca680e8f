cluster "shop" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"                 # or "managed": the control plane is somebody else's, its controls need attestations

  api {
    endpoint       = "api.shop.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.0.0.10"
    }
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/12"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer       = "https://login.example.com"
      client_id    = "kubernetes"
      groups_claim = "groups"
    }
  }
  audit {
    ship_to = "https://logs.example.internal:8443/audit"
  }
  encryption {                            # left out: secretbox, with a key made on the control plane
    kms = "unix:///run/kms/socket.sock"   # KMS v2
  }
}

zone "nodes" { cidrs = ["10.0.0.0/24"] }  # "internet" is built in
zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.example.com:51821"
  device "anna-laptop" {
    team       = team.sre
    public_key = "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM="
  }
}
jump_box "bastion" {
  zone           = zone.mgmt
  reachable_from = [vpn.wg]
  mfa            = "fido2"
}

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
  ssh_from = [jump_box.bastion]
  physical {
    site            = "colo"
    disk_encryption = "luks-tpm"
    secure_boot     = true
  }
}
node_pool "general" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  cidr     = "10.0.0.64/26"               # elastic: addresses come from here
  max      = 12
  ssh_from = [jump_box.bastion]
}
node_pool "payments" {
  zone      = zone.nodes
  os        = "ubuntu-24.04"
  nodes     = { pay-1 = "10.0.0.31", pay-2 = "10.0.0.32" }
  dedicated = true                        # taint, toleration, affinity
  runtime   = "gvisor"                    # RuntimeClass
}

registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}
repository "platform" {
  url            = "https://git.example.com/platform"
  reviews        = 2
  signed_commits = true
}
pipeline "ci" {
  kind    = "github-actions"
  scanner = "trivy"
  builds  = registry.main
}
gitops "flux" {
  source     = repository.platform
  deploys    = [namespace.shop]
  privileges = "per-namespace"
}
secret_store "vault" {
  kind     = "vault"
  endpoint = "vault.example.internal:8200"
}
backup "etcd" {
  to        = "s3://backups-example/etcd"
  encrypted = true
  schedule  = "daily"
}

team "sre" {
  oidc_group = "sre"
  can "operate" { in = [namespace.shop] }
  break_glass {
    hours     = 2
    approvers = [team.security]
  }
}
team "security" { oidc_group = "security" }

gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}
addon "cert-manager" {
  version   = "1.19.0"
  namespace = namespace.edge
  owner     = team.sre
}

namespace "edge" { owner = team.sre }
namespace "monitoring" {
  owner        = team.sre
  pod_security = "privileged"             # a weakening: see the exception below
}
namespace "shop" {
  owner = team.sre
  quota {
    cpu    = "20"
    memory = "40Gi"
    pods   = 200
  }
}

profile "http-service" {
  replicas = 3
  ports    = { http = 8080, metrics = 9090 }
  resources {
    cpu    = "100m"
    memory = "128Mi"
  }
}

workload "shop" "frontend" {
  profile = profile.http-service
  image   = "registry.example.com/shop/frontend:v1.4.2"   # the digest stands in images.bartizan.json
  calls   = [workload.shop.cart.port.grpc]
  expose "shop.example.com" {
    via  = gateway.public
    port = "http"
  }
  egress "payments-provider" {
    fqdns = ["api.payments.example"]
    port  = 443
  }
}

workload "shop" "cart" {
  image = "registry.example.com/shop/cart:v1.4.2"
  ports = { grpc = 7070 }
  secret "redis-password" {
    from = secret_store.vault
    path = "shop/cart/redis"
  }
  container "proxy" {
    image = "registry.example.com/platform/proxy:v2.1.0"
    ports = { admin = 9901 }
  }
}

workload "shop" "reports" {               # lives in its team's own Helm chart
  manifests = "external"                  # "generate" (default): complete objects; "patch": kustomize patches; "external": only what surrounds it
  pods      = { "app.kubernetes.io/name" = "reports" }
  ports     = { http = 8080 }
}

workload "monitoring" "node-exporter" {
  kind  = "DaemonSet"
  image = "registry.example.com/monitoring/node-exporter:v1.10.0"
  port "metrics" {
    number = 9100
    from   = [workload.monitoring.prometheus] # the dual of calls
  }
  host {
    pid     = true
    network = true
    paths   = { "/" = "read-only" }
  }
}
workload "monitoring" "prometheus" {
  kind  = "StatefulSet"
  image = "registry.example.com/monitoring/prometheus:v3.7.0"
  ports = { web = 9090 }
}

exception "node-exporter" {
  allows = [
    namespace.monitoring.pod_security,
    workload.monitoring.node-exporter.host.pid,
    workload.monitoring.node-exporter.host.network,
    workload.monitoring.node-exporter.host.paths["/"],
  ]
  reason  = "reads host metrics"
  owner   = team.sre
  expires = "2027-03-31"
}

attestation "idp-mfa" {                   # what no file can prove, a named person states
  control   = "idp-mfa"
  subject   = cluster.shop
  by        = team.security
  evidence  = "https://wiki.example.com/idp-mfa"
  review_by = "2027-06-30"
}

asset "carts" {                           # crown jewels; etcd, control plane and secrets are built in
  held_by     = [workload.shop.cart]
  sensitivity = "critical"
}

invariant "payments-are-far-from-the-internet" {
  condition     = tolerance(zone.internet, asset.carts) >= 2
  error_message = "At least two faults must coincide before an attacker from the internet reaches the carts."
}
