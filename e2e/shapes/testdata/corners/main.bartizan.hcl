# Pods of the shapes that the language can say and no example needs, among them every weakening of a container. They are
# for the end-to-end test, and no model of how to run anything.
cluster "corners" {
  kubernetes = "1.36"
  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer { address = "10.0.0.10" }
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
  audit { ship_to = "https://logs.example.internal:8443/audit" }
}
zone "nodes" { cidrs = ["10.0.0.0/24"] }
zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }
node_pool "control" {
  roles = ["control-plane", "etcd"]
  zone  = zone.nodes
  os    = "ubuntu-24.04"
  nodes = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
}
node_pool "general" {
  zone  = zone.nodes
  os    = "ubuntu-24.04"
  nodes = { node-1 = "10.0.0.21" }
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
secret_store "vault" { endpoint = "vault.example.internal:8200" }
registry "main" {
  host      = "registry.example.com"
  signed_by = []
}

registry "stored" {
  host      = "stored.example.com"
  path      = "plain"
  signed_by = []
  pull_secret {
    from = secret_store.vault
    path = "registries/stored"
  }
}
registry "native" {
  host      = "native.example.com"
  signed_by = []
  pull_secret {}
}

namespace "plain" { owner = team.sre }

# Three kinds of containers with users of their own, all kinds of volumes, and who sees which; images from three registries,
# of which two ask who pulls.
workload "plain" "many" {
  image = "registry.example.com/plain/many:v1"
  ports = { http = 80 }
  security { capabilities = ["NET_BIND_SERVICE"] }
  probe "readiness" {
    http = "/"
    port = "http"
  }
  probe "liveness" { tcp = "http" }
  api_access "own-config" {
    resources = ["configmaps"]
    names     = ["many-config"]
    verbs     = ["get"]
  }
  volume "work" {
    path = "/work"
    in   = ["many", "proxy", "second", "migrate"]
  }
  volume "keys" {
    path = "/keys"
    kind = "memory"
    size = "16Mi"
  }
  volume "seen" {
    path      = "/seen"
    read_only = true
    in        = ["second"]
  }
  secret "stored" {
    from = secret_store.vault
    path = "plain/many"
  }
  secret "single" {
    from = secret_store.vault
    path = "plain/other#password"
    in   = ["proxy", "migrate"]
  }
  secret "native" { in = ["second"] }
  config "many.yaml" {
    path    = "/etc/many"
    content = "many: true\n"
  }
  config "proxy.yaml" {
    path    = "/etc/proxy"
    content = "proxy: true\n"
    in      = ["proxy"]
  }
  container "proxy" {
    image   = "stored.example.com/plain/proxy:v1"
    sidecar = true
    ports   = { admin = 9901 }
    probe "readiness" { grpc = "admin" }
  }
  container "second" {
    image = "native.example.com/second:v1"
    env   = { MODE = "second" }
    security {
      user  = 20001
      group = 20002
    }
    probe "liveness" { exec = ["check", "--all"] }
  }
  init_container "migrate" { image = "registry.example.com/plain/migrate:v1" }
}

workload "plain" "once" {
  kind  = "Job"
  image = "registry.example.com/plain/once:v1"
}

# A user that no user namespace of a pod has: those end with 65535.
workload "plain" "beyond" {
  image = "registry.example.com/plain/beyond:v1"
  security { user = 70000 }
}

workload "plain" "nightly" {
  kind     = "CronJob"
  schedule = "0 3 * * *"
  image    = "registry.example.com/plain/nightly:v1"
  secret "native" {}
}

workload "plain" "claims" {
  image    = "registry.example.com/plain/claims:v1"
  replicas = 1
  resources { memory = "128Mi" }
  volume "data" {
    path  = "/data"
    kind  = "persistent"
    class = "fast-ssd"
    size  = "1Gi"
  }
}

workload "plain" "leaks" {
  image = "registry.example.com/plain/leaks:v1"
  secret "token" { env = "TOKEN" }
}

namespace "open" {
  owner        = team.sre
  pod_security = "privileged"
}

workload "open" "root" {
  image = "registry.example.com/open/root:v1"
  security {
    run_as_root   = true
    writable_root = true
    escalation    = true
    unconfined    = true
    capabilities  = ["CHOWN", "NET_ADMIN"]
  }
}

workload "open" "node" {
  kind  = "DaemonSet"
  image = "registry.example.com/open/node:v1"
  ports = { metrics = 9100 }
  host {
    ipc   = true
    ports = [9100]
    paths = {
      "/etc"     = "read-only"
      "/var/log" = "read-write"
    }
  }
}

workload "open" "owner" {
  kind  = "DaemonSet"
  image = "registry.example.com/open/owner:v1"
  security { privileged = true }
  host {
    pid     = true
    network = true
  }
}

exception "everything" {
  allows = [
    registry.main.signed_by,
    registry.native.signed_by,
    registry.stored.signed_by,
    namespace.open.pod_security,
    workload.plain.leaks.secret.token.env,
    workload.open.root.security.run_as_root,
    workload.open.root.security.writable_root,
    workload.open.root.security.escalation,
    workload.open.root.security.unconfined,
    workload.open.root.security.capabilities["CHOWN"],
    workload.open.root.security.capabilities["NET_ADMIN"],
    workload.open.node.host.ipc,
    workload.open.node.host.ports[9100],
    workload.open.node.host.paths["/etc"],
    workload.open.node.host.paths["/var/log"],
    workload.open.owner.security.privileged,
    workload.open.owner.host.pid,
    workload.open.owner.host.network,
  ]
  reason  = "the test looks at what each of them gives"
  owner   = team.sre
  expires = "2027-11-01"
}
