# Every kind of end that a connection may have, with a network plugin that has no objects of its own: its policies say all that is
# declared.

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
    cni      = "calico"
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
  can "operate" { in = [namespace.front, namespace.back] }
  break_glass {
    hours     = 2
    approvers = [team.security]
  }
}

team "security" {
  oidc_group = "security"
  can "view" { in = [namespace.front, namespace.back] }
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

zone "partners" { cidrs = ["172.20.0.0/16", "172.22.4.0/22"] }
zone "logs" { cidrs = ["192.168.7.0/28"] }
foreign_cluster "old" { cidrs = ["10.66.0.0/16"] }

namespace "front" { owner = team.platform }
namespace "back" { owner = team.platform }
namespace "host" {
  owner        = team.platform
  pod_security = "privileged"
}

gateway "public" {
  class     = "envoy"
  namespace = namespace.front
  from      = [zone.internet, zone.partners]
  selector  = { app = "envoy" }
  port      = 8443
}

profile "service" {
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}

workload "front" "web" {
  profile = profile.service
  image   = "registry.example.com/front/web:v1.0.0"
  ports   = { http = 8080 }
  calls = [
    workload.back.api.port.http, workload.back.api.port.stats, workload.back.names.port.queries, workload.back.legacy.port.soap,
    workload.host.agent.port.http,
  ]
  expose "www.example.com" {
    via  = gateway.public
    port = "http"
  }
  egress "mail" {
    zones = [zone.internet]
    port  = 465
  }
  egress "logs" {
    zones    = [zone.logs]
    port     = 514
    protocol = "UDP"
  }
  egress "archive" {
    cidrs = ["10.70.0.0/15", "10.72.9.17/32"]
    port  = 2049
  }
}

workload "back" "api" {
  profile = profile.service
  image   = "registry.example.com/back/api:v1.0.0"
  port "http" {
    number = 8080
    from   = [namespace.back, foreign_cluster.old]
  }
  port "stats" {
    number   = 8125
    protocol = "UDP"
    from     = [zone.partners, node_pool.workers]
  }
  port "admin" {
    number = 9000
    from   = [jump_box.bastion, vpn.wg]
  }
  calls = [workload.back.db.port.sql]
  api_access "pods" {
    verbs     = ["get", "list"]
    resources = ["pods"]
  }
}

# Its pods speak to each other.
workload "back" "db" {
  profile  = profile.service
  kind     = "StatefulSet"
  replicas = 3
  image    = "registry.example.com/back/db:v1.0.0"
  ports    = { http = 8008, sql = 5432, peer = 7000 }
  calls    = [workload.back.db.port.peer]
}

# One number with two protocols, that of the cluster's DNS.
workload "back" "names" {
  profile = profile.service
  image   = "registry.example.com/back/names:v1.0.0"
  ports   = { http = 8080 }
  port "queries" {
    number   = 53
    protocol = "UDP"
  }
  port "transfers" {
    number = 53
    from   = [workload.back.api]
  }
}

workload "back" "legacy" {
  manifests = "external"
  pods      = { app = "legacy", tier = "soap" }
  ports     = { soap = 8000 }
}

workload "host" "agent" {
  profile = profile.service
  kind    = "DaemonSet"
  image   = "registry.example.com/host/agent:v1.0.0"
  ports   = { http = 9100 }
  calls   = [workload.back.api.port.stats]
  host { network = true }
}

asset "accounts" {
  held_by     = [workload.back.db]
  sensitivity = "high"
}

exception "mail" {
  allows  = [workload.front.web.egress.mail.zones["zone.internet"]]
  reason  = "mail goes to whoever registers"
  owner   = team.platform
  expires = "2027-06-30"
}

exception "host" {
  allows  = [namespace.host.pod_security, workload.host.agent.host.network]
  reason  = "listens at the node's address"
  owner   = team.platform
  expires = "2027-06-30"
}
