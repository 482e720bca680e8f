# The cluster in which every published manifest is tried: hardened, with one other workload that is worth reaching. The
# images are of a registry that does not exist, so none of them has a digest.

cluster "main" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"

  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.10.0.10"
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
  audit {
    ship_to = "https://audit.example.internal:8443/kubernetes"
  }
}

zone "nodes" { cidrs = ["10.10.0.0/24"] }
zone "mgmt" { cidrs = ["10.10.9.0/24"] }
zone "devices" { cidrs = ["10.10.100.0/24"] }

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.10.0.11", cp-2 = "10.10.0.12", cp-3 = "10.10.0.13" }
  ssh_from = [jump_box.bastion]
}

node_pool "workers" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { worker-1 = "10.10.0.21", worker-2 = "10.10.0.22" }
  ssh_from = [jump_box.bastion]
}

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.devices
  endpoint = "vpn.example.com:51820"

  device "first-laptop" {
    team       = team.platform
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="
  }
}

jump_box "bastion" {
  zone           = zone.mgmt
  reachable_from = [vpn.wg]
  mfa            = "fido2"
}

team "platform" {
  oidc_group = "platform"
  can "operate" { in = [namespace.vault] }
}

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

# What is worth reaching: a workload in another namespace, with a secret and an account of its own.
namespace "vault" { owner = team.platform }

workload "vault" "ledger" {
  image = "registry.example.com/vault/ledger:v1.0.0"
  ports = { http = 8080 }
  secret "database" {}
  api_access "own-lease" {
    groups    = ["coordination.k8s.io"]
    resources = ["leases"]
    verbs     = ["get", "update"]
    names     = ["ledger"]
  }
}

asset "ledger" {
  held_by     = [workload.vault.ledger]
  sensitivity = "critical"
}
