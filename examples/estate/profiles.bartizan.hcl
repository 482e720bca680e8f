# What the kinds of programs have in common. A workload names one, or several that do not contradict each other, and
# says only what is its own.

profile "service" { # answers gRPC to other services
  ports = { grpc = 9000 }
  probe "readiness" { grpc = "grpc" }
  probe "liveness" {
    grpc     = "grpc"
    failures = 6
  }
  resources {
    cpu    = "100m"
    memory = "128Mi"
  }
}

profile "web" { # answers HTTP, mostly to people
  ports = { http = 8080 }
  probe "readiness" { http = "/ready" }
  probe "liveness" { http = "/alive" }
  resources {
    cpu    = "200m"
    memory = "256Mi"
  }
}

profile "worker" { # takes work from a queue; nobody calls it
  priority = "low"
  resources {
    cpu    = "100m"
    memory = "256Mi"
  }
}

profile "nightly" {
  kind     = "CronJob"
  schedule = "20 2 * * *"
  profile  = profile.worker
}

profile "database" {
  image    = "${local.registry}/base/postgres:17.6"
  kind     = "StatefulSet"
  pool     = node_pool.apart["data"]
  ports    = { pg = 5432 }
  priority = "critical"
  probe "readiness" { exec = ["pg_isready", "-U", "postgres"] }
  probe "liveness" {
    tcp      = "pg"
    failures = 6
  }
  volume "data" {
    path = "/var/lib/postgresql/data"
    kind = "persistent"
    size = "50Gi"
  }
  volume "run" { path = "/var/run/postgresql" }
  resources {
    cpu    = "500m"
    memory = "2Gi"
  }
}

profile "queue" {
  image    = "${local.registry}/base/nats:2.12.1"
  kind     = "StatefulSet"
  pool     = node_pool.apart["data"]
  ports    = { client = 4222, monitor = 8222 }
  priority = "critical"
  resources { memory = "256Mi" }
  probe "readiness" {
    http = "/healthz"
    port = "monitor"
  }
  probe "liveness" {
    tcp      = "client"
    failures = 6
  }
  volume "data" {
    path = "/data"
    kind = "persistent"
    size = "20Gi"
  }
}

profile "money" { # handles payment data: nodes of its own, and gVisor between it and the kernel
  pool     = node_pool.apart["money"]
  priority = "critical"
}
