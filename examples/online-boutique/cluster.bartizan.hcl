# Online Boutique on a bare-metal cluster of its own: three control-plane nodes, a pool for the shop and one for
# payments. This file says what the cluster is; people, platform and workloads stand in the other files.

cluster "boutique" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"

  api {
    endpoint       = "api.boutique.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.20.0.10"
    }
  }

  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "cilium"
  }

  identity {
    oidc {
      issuer    = "https://login.example.com/realms/boutique"
      client_id = "kubernetes-boutique"
    }
  }

  audit {
    ship_to = "https://audit.example.internal:8443/v1/boutique"
  }
}

zone "nodes" { cidrs = ["10.20.0.0/24"] }
zone "mgmt" { cidrs = ["10.20.9.0/24"] }
zone "vpn" { cidrs = ["10.20.100.0/24"] }

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.20.0.11", cp-2 = "10.20.0.12", cp-3 = "10.20.0.13" }
  ssh_from = [jump_box.bastion]
  ssh      = "on-request" # closed until somebody opens it at the console: a flaw of sshd alone must not open jump box and nodes

  physical {
    site            = "colo"
    disk_encryption = "luks-tpm"
    secure_boot     = true
  }
}

node_pool "general" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { gen-1 = "10.20.0.21", gen-2 = "10.20.0.22", gen-3 = "10.20.0.23" }
  ssh_from = [jump_box.bastion]
  ssh      = "on-request"

  physical {
    site            = "colo"
    disk_encryption = "luks-tpm"
    secure_boot     = true
  }
}

# Payments share no kernel with the rest of the shop: nodes of their own, and gVisor between the pods and the kernel.
node_pool "payments" {
  zone      = zone.nodes
  os        = "ubuntu-24.04"
  nodes     = { pay-1 = "10.20.0.31", pay-2 = "10.20.0.32" }
  ssh_from  = [jump_box.bastion]
  ssh       = "on-request"
  dedicated = true
  runtime   = "gvisor"

  physical {
    site            = "colo"
    disk_encryption = "luks-tpm"
    secure_boot     = true
  }
}

backup "etcd" {
  to        = "s3://boutique-backups/etcd"
  schedule  = "daily"
  encrypted = true
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
  immutable = true
}
