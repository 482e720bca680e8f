# Two families of addresses, SCTP, guard rails and names, for the controller that filters them in the test.

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
    pods        = ["10.244.0.0/16", "fd00:10:244::/56"]
    services    = ["10.96.0.0/16", "fd00:10:96::/112"]
    cni         = "kube-network-policies"
    guard_rails = true
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

zone "nodes" { cidrs = ["10.10.0.0/24", "fd00:10:10::/64"] }
zone "mgmt" { cidrs = ["10.10.9.0/24"] }
zone "devices" { cidrs = ["10.10.100.0/24"] }
zone "carriers" { cidrs = ["172.20.0.0/16", "2001:db8:20::/48"] }
zone "logs" { cidrs = ["192.168.7.0/28", "fd00:192:7::/120"] }

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

namespace "front" { owner = team.platform }
namespace "back" { owner = team.platform }
namespace "host" {
  owner        = team.platform
  pod_security = "privileged"
}

profile "service" {
  probe "readiness" { tcp = "http" }
  probe "liveness" { tcp = "http" }
}

workload "front" "web" {
  profile = profile.service
  image   = "registry.example.com/front/web:v1.0.0"
  ports   = { http = 8080 }
  calls   = [workload.back.subscribers.port.http, workload.back.subscribers.port.diameter, workload.host.agent.port.http]
  egress "mail" {
    zones = [zone.internet]
    port  = 465
  }
  egress "names" {
    fqdns = ["api.example.com"]
    port  = 443
  }
  egress "logs" {
    zones    = [zone.logs]
    port     = 514
    protocol = "UDP"
  }
}

# One number with two protocols, and callers from outside.
workload "back" "subscribers" {
  profile = profile.service
  image   = "registry.example.com/back/subscribers:v1.0.0"
  ports   = { http = 8080 }
  port "diameter" {
    number   = 3868
    protocol = "SCTP"
    from     = [zone.carriers]
  }
  port "diameter-tcp" {
    number = 3868
    from   = [namespace.back]
  }
  egress "signalling" {
    zones    = [zone.carriers]
    port     = 2905
    protocol = "SCTP"
  }
  api_access "pods" {
    verbs     = ["get", "list"]
    resources = ["pods"]
  }
}

workload "host" "agent" {
  profile = profile.service
  kind    = "DaemonSet"
  image   = "registry.example.com/host/agent:v1.0.0"
  ports   = { http = 9100 }
  host { network = true }
}

asset "accounts" {
  held_by     = [workload.back.subscribers]
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
