# The astronomy shop on virtual machines: an application with databases and messaging in StatefulSets, kept on nodes of
# their own. This file says what the cluster is; platform, people and workloads stand in the other files.

cluster "astronomy" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"

  api {
    endpoint       = "api.astronomy.example.internal:6443"
    reachable_from = [jump_box.gate]
    load_balancer {
      kind    = "kube-vip"
      address = "10.40.0.10"
    }
  }

  network {
    pods     = "10.245.0.0/16"
    services = "10.97.0.0/16"
    cni      = "cilium"
  }

  identity {
    oidc {
      issuer    = "https://login.example.com/realms/astronomy"
      client_id = "kubernetes-astronomy"
    }
  }

  audit {
    ship_to = "https://audit.example.internal:8443/v1/astronomy"
  }
}

zone "nodes" { cidrs = ["10.40.0.0/24"] }
zone "mgmt" { cidrs = ["10.40.9.0/24"] }
zone "vpn" { cidrs = ["10.40.100.0/24"] }
zone "services" { cidrs = ["10.40.200.0/24"] } # the company's Vault

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { astro-cp-1 = "10.40.0.11", astro-cp-2 = "10.40.0.12", astro-cp-3 = "10.40.0.13" }
  ssh_from = [jump_box.gate]
  ssh      = "on-request" # closed until somebody opens it at the console
}

node_pool "apps" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  cidr     = "10.40.0.128/26" # elastic: machines come and go
  max      = 20
  ssh_from = [jump_box.gate]
  ssh      = "on-request"
}

# Data stands on nodes of its own: a flaw in a service that talks to the internet shares no kernel with the databases.
node_pool "data" {
  zone      = zone.nodes
  os        = "ubuntu-24.04"
  nodes     = { data-1 = "10.40.0.31", data-2 = "10.40.0.32", data-3 = "10.40.0.33" }
  dedicated = true
  ssh_from  = [jump_box.gate]
  ssh       = "on-request"
}

backup "etcd" {
  to        = "s3://astronomy-backups/etcd"
  schedule  = "daily"
  encrypted = true
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
  immutable = true
}

secret_store "vault" {
  kind     = "vault"
  endpoint = "vault.example.internal:8200"
}
