# Every block and attribute of the language, and every kind of weakening. A test loads it; it is no example to follow.

variable "minor" {
  type        = string
  default     = "1.36"
  description = "minor version of Kubernetes"
  validation {
    condition     = startswith(var.minor, "1.")
    error_message = "Only Kubernetes 1 is known."
  }
}

variable "why" {
  type    = string
  default = "a test"
}

variable "spare" {
  type    = string
  default = "unused"
}

locals {
  pools = [node_pool.general]
  spare = "unused"
}

cluster "main" {
  kubernetes  = var.minor
  provisioner = "kubeadm"
  dns_domain  = "cluster.local"
  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion, vpn.wg, zone.internet, zone.mgmt, node_pool.general, foreign_cluster.old]
    cert_sans      = ["api.example.com", "10.0.0.10"]
    tls_curves     = ["X25519MLKEM768", "X25519"]
    load_balancer {
      kind    = "kube-vip"
      address = "10.0.0.10"
      image   = "registry.example.com:5000/mirror/kube-vip:v1.1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }
  }
  network {
    pods        = ["10.244.0.0/16", "fd00:10:244::/56"]
    services    = ["10.96.0.0/16", "fd00:10:96::/112"]
    cni         = "cilium"
    guard_rails = true
    encryption  = false
  }
  identity {
    oidc {
      issuer          = "https://login.example.com/realms/main"
      client_id       = "kubernetes"
      username_claim  = "sub"
      username_prefix = "sso:"
      groups_claim    = "roles"
      groups_prefix   = "sso:"
    }
  }
  audit {
    ship_to  = "none"
    log_days = 7
    contents = "all"
  }
  encryption { kms = "unix:///run/kms/socket.sock" }
  certificates {
    days           = 90
    authority_days = 1825
  }
  service_accounts {
    issuer          = "https://oidc.example.com/main"
    max_token_hours = 48
    extend_tokens   = true
  }
  admission {
    always_pull_images = true
    signatures         = "policy-controller"
  }
}

zone "nodes" { cidrs = ["10.0.0.0/24"] }
zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }
foreign_cluster "old" { cidrs = ["10.66.0.0/16"] }

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.example.com:51820"
  server   = "10.8.0.2"
  device "anna" {
    team       = team.sre
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="
    address    = "10.8.0.77"
  }
}
jump_box "bastion" {
  zone           = zone.mgmt
  address        = "10.0.9.10"
  reachable_from = [vpn.wg, zone.internet]
  mfa            = "none"
  recording      = false
  idle_minutes   = 60
  os             = "debian-13"
}

node_pool "control" {
  cluster  = cluster.main
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
  ssh_from = [jump_box.bastion, vpn.wg]
  ssh      = "on-request"
  patching = "manual"
  physical {
    site            = "cellar"
    disk_encryption = "none"
    secure_boot     = false
  }
}
node_pool "general" {
  zone     = zone.nodes
  cidr     = "10.0.0.64/26"
  max      = 12
  runtime  = "kata"
  ssh_from = [zone.mgmt]
  labels   = { "example.com/disk" = "ssd" }
  arch     = "amd64"
  cpu      = 16
  memory   = "64Gi"
}
node_pool "special" {
  zone      = zone.nodes
  nodes     = { sp-1 = "10.0.0.31" }
  dedicated = true
}

registry "main" {
  host      = "registry.example.com:5000"
  path      = "shop"
  signed_by = []
}
registry "signed" {
  host      = "signed.example.com"
  path      = "base"
  signed_by = [file("cosign.pub")]
  pull_secret {
    from = secret_store.vault
    path = "registries/signed"
  }
}
repository "platform" {
  url            = "https://git.example.com/platform"
  reviews        = 0
  signed_commits = false
}
pipeline "ci" {
  kind       = "gitlab-ci"
  scanner    = "grype"
  fail_on    = "critical"
  builds     = registry.main
  repository = [repository.platform]
}
gitops "argo" {
  kind       = "argocd"
  source     = repository.platform
  branch     = "release/live"
  path       = "generated/live"
  deploys    = [namespace.shop]
  privileges = "cluster-admin"
}
secret_store "vault" {
  kind     = "vault"
  endpoint = "vault.example.internal:8200"
  through  = "external-secrets"
}
backup "etcd" {
  cluster   = cluster.main
  to        = "s3://backups-example/etcd"
  encrypted = false
  schedule  = "hourly"
  immutable = true
}
backup "second" {
  to        = "gs://backups-example/etcd"
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
}

team "sre" {
  oidc_group = "sre"
  code_owner = "@example/sre"
  inspects = [cluster.main]
  can "view" { in = [namespace.shop] }
  can "operate" { in = [namespace.shop] }
  can "deploy" { in = [namespace.shop] }
  break_glass {
    hours     = 1
    approvers = [team.security]
  }
}
team "security" { oidc_group = "security" }

gateway "public" {
  kind      = "gateway-api"
  class     = "istio"
  namespace = namespace.shop
  from      = [zone.internet]
  port      = 8443
  selector  = { "istio.io/gateway-name" = "public" }
}
addon "policy-controller" {
  version   = "v0.14.0"
  namespace = namespace.shop
  owner     = team.sre
}
addon "cert-manager" {
  version   = "v1.19.0"
  namespace = namespace.shop
  owner     = team.sre
}
mesh "main" {
  kind       = "istio"
  namespaces = [namespace.shop]
  strict     = false
}

namespace "shop" {
  cluster      = cluster.main
  name         = "shop"
  owner        = team.sre
  pod_security = "privileged"
  labels       = { tier = "front" }
  quota {
    cpu     = 20
    memory  = "40Gi"
    storage = "100Gi"
    pods    = 200
  }
}

profile "service" {
  priority      = "critical"
  grace_seconds = 60
  security { escalation = true }
}

workload "shop" "web" {
  profile  = profile.service
  kind     = "Deployment"
  pool     = local.pools[0]
  image    = "registry.example.com:5000/shop/web:v1.4.2"
  command  = ["/web"]
  args     = ["--port=8080"]
  env      = { LOG = "info", WORKERS = 4, TRACE = true }
  replicas = 3
  arch     = ["arm64", "amd64"]
  ports    = { extra = 8081, http = 8080 }
  port "metrics" {
    number   = 9090
    protocol = "TCP"
    service  = 80
    from     = [workload.shop.agent, namespace.shop, zone.internet, zone.mgmt, gateway.public]
  }
  calls = [workload.shop.db, workload.shop.legacy.port.http]
  resources {
    cpu                     = "0.5"
    memory                  = "128Mi"
    cpu_limit               = "2"
    memory_limit            = "1Gi"
    ephemeral_storage       = "10Mi"
    ephemeral_storage_limit = "1Gi"
  }
  probe "readiness" {
    http     = "/healthz"
    port     = "http"
    headers  = { X-Probe = "readiness" }
    delay    = 5
    period   = 15
    failures = 2
  }
  probe "liveness" { tcp = "http" }
  probe "startup" { exec = ["/web", "ready"] }
  security {
    user          = 2000
    group         = 3000
    privileged    = true
    writable_root = true
    capabilities  = ["NET_ADMIN", "NET_BIND_SERVICE"]
    unconfined    = true
  }
  container "side" {
    image   = "registry.example.com:5000/shop/side:v1"
    sidecar = true
    ports   = { spare = 9904, admin = 9901 }
    probe "readiness" { grpc = "admin" }
    command = ["/side"]
    args    = ["--admin=9901"]
    env     = { SIDE = "left" }
    port "stats" {
      number   = 9902
      protocol = "TCP"
      service  = 9903
      from     = [workload.shop.agent]
    }
    resources {
      cpu                     = "0.1"
      memory                  = "32Mi"
      cpu_limit               = "1"
      memory_limit            = "64Mi"
      ephemeral_storage       = "5Mi"
      ephemeral_storage_limit = "50Mi"
    }
    probe "liveness" {
      http     = "/live"
      port     = "admin"
      headers  = { X-Side = "left" }
      delay    = 1
      period   = 20
      failures = 4
    }
    probe "startup" { tcp = "admin" }
    security {
      user          = 0
      group         = 3001
      run_as_root   = true
      privileged    = true
      writable_root = true
      capabilities  = ["NET_ADMIN"]
      escalation    = true
      unconfined    = true
    }
  }
  container "third" {
    image = "registry.example.com:5000/shop/third:v1"
    probe "liveness" { exec = ["/third", "alive"] }
  }
  init_container "migrate" {
    image   = "registry.example.com:5000/shop/migrate:v1"
    ports   = { up = 9905 }
    command = ["/migrate"]
    args    = ["--up"]
    env     = { STEP = "all" }
    resources {
      cpu                     = "0.1"
      memory                  = "32Mi"
      cpu_limit               = "1"
      memory_limit            = "64Mi"
      ephemeral_storage       = "5Mi"
      ephemeral_storage_limit = "50Mi"
    }
    security {
      user          = 0
      group         = 3002
      run_as_root   = true
      privileged    = true
      writable_root = true
      capabilities  = ["CHOWN"]
      escalation    = true
      unconfined    = true
    }
  }
  expose "shop.example.com" {
    host = "shop.example.com"
    via  = gateway.public
    port = "http"
    path = "/shop"
  }
  egress "anywhere" {
    cidrs    = ["0.0.0.0/0"]
    zones    = [zone.internet]
    port     = 443
    protocol = "TCP"
  }
  egress "provider" {
    fqdns = ["api.payments.example"]
    port  = 443
  }
  volume "tmp" {
    kind      = "memory"
    path      = "/tmp"
    size      = "32Mi"
    read_only = false
    in        = ["web", "side"]
  }
  secret "password" {
    from = secret_store.vault
    path = "shop/web#password"
    in   = ["web"]
    env  = "DB_PASSWORD"
  }
  config "web.yaml" {
    path    = "/etc/web"
    content = "workers: 4\n"
    in      = ["web"]
  }
  api_access "leader" {
    verbs     = ["get", "impersonate"]
    groups    = ["", "coordination.k8s.io", "*"]
    resources = ["leases", "secrets"]
    names     = ["web"]
    scope     = "cluster"
  }
  host {
    pid     = true
    ipc     = true
    network = true
    ports   = [8080]
    paths   = { "/var/log" = "read-write" }
  }
}
workload "shop" "db" {
  kind          = "StatefulSet"
  image         = "registry.example.com:5000/shop/db:v1"
  grace_seconds = 90
  priority      = "low"
  probe "liveness" { grpc = "sql" }
  security {
    run_as_root = true
    user        = 0
    escalation  = true
  }
  ports = { sql = 5432 }
  volume "data" {
    kind  = "persistent"
    class = "fast"
    path  = "/data"
    size  = "10Gi"
  }
}
workload "shop" "worker" {
  image = "registry.example.com:5000/shop/worker:v1"
  scaling {
    min = 2
    max = 9
    cpu = 60
  }
}
workload "shop" "nightly" {
  kind     = "CronJob"
  image    = "registry.example.com:5000/shop/nightly:v1"
  schedule = "0 3 * * 1-5"
}
workload "shop" "agent" {
  kind      = "DaemonSet"
  manifests = "patch"
}
workload "shop" "legacy" {
  manifests = "external"
  pods      = { app = "legacy" }
  ports     = { http = 8080 }
}

exception "everything" {
  allows = [
    cluster.main.api.reachable_from["zone.internet"],
    cluster.main.service_accounts.max_token_hours,
    cluster.main.service_accounts.extend_tokens,
    cluster.main.network.encryption,
    cluster.main.audit.ship_to,
    cluster.main.audit.log_days,
    jump_box.bastion.reachable_from["zone.internet"],
    jump_box.bastion.mfa,
    jump_box.bastion.recording,
    jump_box.bastion.idle_minutes,
    node_pool.control.ssh_from["vpn.wg"],
    node_pool.control.patching,
    node_pool.control.physical.disk_encryption,
    node_pool.control.physical.secure_boot,
    node_pool.general.ssh_from["zone.mgmt"],
    registry.main.signed_by,
    repository.platform.reviews,
    repository.platform.signed_commits,
    pipeline.ci.fail_on,
    gitops.argo.privileges,
    backup.etcd.encrypted,
    team.sre.can.deploy,
    mesh.main.strict,
    namespace.shop.pod_security,
    workload.shop.web.port.metrics.from["zone.internet"],
    workload.shop.web.security.escalation,
    workload.shop.web.security.privileged,
    workload.shop.web.security.writable_root,
    workload.shop.web.security.capabilities["NET_ADMIN"],
    workload.shop.web.security.unconfined,
    workload.shop.web.container.side.security.run_as_root,
    workload.shop.web.container.side.security.privileged,
    workload.shop.web.container.side.security.writable_root,
    workload.shop.web.container.side.security.capabilities["NET_ADMIN"],
    workload.shop.web.container.side.security.escalation,
    workload.shop.web.container.side.security.unconfined,
    workload.shop.web.init_container.migrate.security.run_as_root,
    workload.shop.web.init_container.migrate.security.privileged,
    workload.shop.web.init_container.migrate.security.writable_root,
    workload.shop.web.init_container.migrate.security.capabilities["CHOWN"],
    workload.shop.web.init_container.migrate.security.escalation,
    workload.shop.web.init_container.migrate.security.unconfined,
    workload.shop.db.security.run_as_root,
    workload.shop.db.security.escalation,
    workload.shop.web.egress.anywhere.cidrs["0.0.0.0/0"],
    workload.shop.web.egress.anywhere.zones["zone.internet"],
    workload.shop.web.secret.password.env,
    workload.shop.web.api_access.leader.verbs["impersonate"],
    workload.shop.web.api_access.leader.groups["*"],
    workload.shop.web.api_access.leader.resources["secrets"],
    workload.shop.web.api_access.leader.scope,
    workload.shop.web.host.pid,
    workload.shop.web.host.ipc,
    workload.shop.web.host.network,
    workload.shop.web.host.ports[8080],
    workload.shop.web.host.paths["/var/log"],
  ]
  reason    = var.why
  owner     = team.sre
  expires   = "2027-03-31"
  on_expiry = "refuse"
}

attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.main
  by        = team.security
  evidence  = "https://wiki.example.com/idp-mfa"
  review_by = "2027-06-30"
}
asset "ledger" {
  for_each    = { eu = "high" }
  held_by     = [workload.shop.db]
  sensitivity = each.value
}
asset "orders" {
  held_by     = [workload.shop.db]
  sensitivity = "critical"
}
invariant "far" {
  condition     = tolerance(zone.internet, asset.orders) >= 2
  error_message = "Two faults must coincide."
}
