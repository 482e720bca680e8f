# A small cluster to start from. Values marked "change" are yours to fill in; everything that is left out is the
# hardened choice. "bartizan explain language" lists all blocks, "bartizan explain cluster" what one of them takes.

cluster "main" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"

  api {
    endpoint       = "api.example.internal:6443" # change: DNS name of the API server
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.10.0.10" # change: a free address that the control-plane nodes share
    }
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "cilium"
  }
  identity {
    oidc {
      issuer    = "https://login.example.com" # change: your identity provider
      client_id = "kubernetes"
    }
  }
  audit {
    ship_to = "https://audit.example.internal:8443/kubernetes" # change: where audit records go
  }
}

# The networks: nodes, management, and people's devices. The zone "internet" is built in.
zone "nodes" { cidrs = ["10.10.0.0/24"] }     # change
zone "mgmt" { cidrs = ["10.10.9.0/24"] }      # change
zone "devices" { cidrs = ["10.10.100.0/24"] } # change

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.10.0.11", cp-2 = "10.10.0.12", cp-3 = "10.10.0.13" } # change
  ssh_from = [jump_box.bastion]
}

node_pool "workers" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { worker-1 = "10.10.0.21", worker-2 = "10.10.0.22" } # change
  ssh_from = [jump_box.bastion]
}

# The way in for people: WireGuard, then the jump box.
vpn "wg" {
  kind     = "wireguard"
  zone     = zone.devices
  endpoint = "vpn.example.com:51820" # change

  device "first-laptop" {
    team       = team.platform
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y=" # change: nobody holds the key to this one; see "wg pubkey"
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

# Where images come from. Their digests stand in images.bartizan.json, which your pipeline writes.
registry "main" {
  host = "registry.example.com" # change
  # change: the key that your pipeline signs with, or signed_by = [file("cosign.pub")]; nobody can sign for this one
  signed_by = [<<-PEM
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEg+yI77SBdt+3VK7T5YqfjXvCKK4y
    KQNGuX3a0KVitMflzLF3iD9wjMJa0WNUxo017oqH/OiJ66uYqKHrArCuOQ==
    -----END PUBLIC KEY-----
    PEM
  ]
}

# One application. A workload calls nothing, is called by nobody and has no token for the Kubernetes API, unless it says
# so.
namespace "hello" { owner = team.platform }

gateway "public" {
  class     = "cilium"
  namespace = namespace.hello
  from      = [zone.internet]
}

workload "hello" "web" {
  image = "registry.example.com/hello/web:v1.0.0" # change
  ports = { http = 8080 }
  calls = [workload.hello.api.port.http]

  expose "hello.example.com" {
    via  = gateway.public
    port = "http"
  }
  probe "readiness" { http = "/ready" } # change: answers 200 when it can serve
  probe "liveness" { http = "/alive" }  # change: answers 200 until only a restart helps
}

workload "hello" "api" {
  image = "registry.example.com/hello/api:v1.0.0" # change
  ports = { http = 8080 }
  probe "readiness" { http = "/ready" } # change
  probe "liveness" { http = "/alive" }  # change
}

# What is worth attacking. Secrets, etcd and the control plane are built in.
asset "greetings" {
  held_by     = [workload.hello.api]
  sensitivity = "high"
}
