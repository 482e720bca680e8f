# One cluster for each environment, on machines of our own in one hall of a colocation site.

cluster "estate" {
  kubernetes = "1.36"

  api {
    endpoint       = "api.k8s.${local.domain}:6443"
    reachable_from = [jump_box.bastion]
    load_balancer { address = "${var.network}.0.10" }
  }
  network {
    pods     = "10.200.0.0/15"
    services = "10.202.0.0/16"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer    = "https://login.${local.domain}/realms/staff"
      client_id = "kubernetes-${var.environment}"
    }
  }
  audit { ship_to = "https://audit.nordpost.example:8443/v1/${var.environment}" }
}

zone "nodes" { cidrs = ["${var.network}.0.0/18"] }
zone "mgmt" { cidrs = ["${var.network}.64.0/24"] }
zone "vpn" { cidrs = ["${var.network}.65.0/24"] }

# Scanners, belts and label printers of the depots speak an old protocol to one address each country.
zone "depots" { cidrs = ["${var.network}.128.0/17"] }

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  nodes    = { for n in range(1, 4) : "cp-${n}" => "${var.network}.0.1${n}" }
  ssh_from = [jump_box.bastion]
  physical {
    site            = "hall-2"
    disk_encryption = "luks-tpm"
    secure_boot     = true
  }
}

node_pool "general" {
  zone     = zone.nodes
  cidr     = "${var.network}.16.0/22"
  max      = var.workers
  ssh_from = [jump_box.bastion]
}

# What keeps data or handles money shares no node with what talks to the world.
node_pool "apart" {
  for_each = {
    data  = { network = "24.0/24", max = 40, runtime = "runc" }
    money = { network = "25.0/26", max = 8, runtime = "gvisor" }
  }
  zone      = zone.nodes
  cidr      = "${var.network}.${each.value.network}"
  max       = each.value.max
  runtime   = each.value.runtime
  dedicated = true
  ssh_from  = [jump_box.bastion]
}

backup "etcd" {
  to        = "s3://nordpost-${var.environment}-backups/etcd"
  schedule  = "daily"
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
  immutable = true
}
