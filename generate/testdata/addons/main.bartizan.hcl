# A cluster with Antrea, where a workload connects to a DNS name, and with policy-controller, which asks for signatures.

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
    cni      = "antrea"
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
  admission { signatures = "policy-controller" }
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
  can "operate" { in = [namespace.hello] }
  break_glass {
    hours     = 2
    approvers = [team.security]
  }
}

team "security" {
  oidc_group = "security"
  can "view" { in = [namespace.hello] }
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

namespace "hello" { owner = team.platform }
namespace "signing" { owner = team.platform }

addon "policy-controller" {
  version   = "v0.14.0"
  namespace = namespace.signing
  owner     = team.platform
}

# Its objects are its chart's; the tree writes what surrounds its pods.
workload "signing" "webhook" {
  manifests = "external"
  pods      = { "control-plane" = "policy-controller-webhook" }
  port "https" {
    number = 8443
    from   = [node_pool.control]
  }
  egress "registry" {
    fqdns = ["registry.example.com"]
    port  = 443
  }
}

registry "hub" {
  host      = "docker.io"
  path      = "library/redis"
  signed_by = []
}

exception "hub" {
  allows  = [registry.hub.signed_by]
  reason  = "nobody signs these images"
  owner   = team.platform
  expires = "2027-06-30"
}

gateway "public" {
  class     = "envoy"
  selector  = { app = "envoy" }
  namespace = namespace.hello
  from      = [zone.internet]
}

workload "hello" "web" {
  image = "registry.example.com/hello/web:v1.0.0"
  ports = { http = 8080 }
  calls = [workload.hello.api.port.http]
  egress "pay" {
    fqdns = ["api.pay.example"]
    port  = 443
  }

  expose "hello.example.com" {
    via  = gateway.public
    port = "http"
  }
  probe "readiness" { http = "/ready" }
  probe "liveness" { http = "/alive" }
}

workload "hello" "api" {
  image = "registry.example.com/hello/api:v1.0.0"
  ports = { http = 8080 }
  probe "readiness" { http = "/ready" }
  probe "liveness" { http = "/alive" }
}

asset "greetings" {
  held_by     = [workload.hello.api]
  sensitivity = "high"
}
