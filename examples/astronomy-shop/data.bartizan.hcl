# Databases and messaging: one StatefulSet each, on the nodes kept for data.

namespace "data" {
  owner = team.platform
  quota {
    cpu     = "12"
    memory  = "24Gi"
    storage = "200Gi"
    pods    = 20
  }
}

workload "data" "astronomy-db" {
  kind  = "StatefulSet"
  pool  = node_pool.data
  image = "docker.io/library/postgres:18.4"
  args  = ["-c", "shared_preload_libraries=pg_stat_statements"]
  ports = { postgres = 5432 }
  env = {
    POSTGRES_PASSWORD_FILE = "/run/secrets/postgres/password"
    PGDATA                 = "/var/lib/postgresql/18/docker"
  }
  secret "postgres" {
    from = secret_store.vault
    path = "astronomy/database/superuser#password"
  }
  volume "data" {
    path = "/var/lib/postgresql"
    kind = "persistent"
    size = "50Gi"
  }
  volume "run" { path = "/var/run/postgresql" }
  volume "tmp" { path = "/tmp" }
  resources {
    cpu          = "250m"
    memory       = "512Mi"
    memory_limit = "1Gi"
  }
  probe "readiness" { exec = ["pg_isready", "-U", "postgres"] }
  probe "liveness" {
    tcp      = "postgres"
    failures = 6
  }
  probe "startup" {
    tcp      = "postgres"
    failures = 30
  }
  grace_seconds = 60
  priority      = "critical"
}

workload "data" "valkey-cart" {
  kind  = "StatefulSet"
  pool  = node_pool.data
  image = "ghcr.io/valkey-io/valkey:9.0.4-alpine3.23"
  ports = { valkey = 6379 }
  volume "data" {
    path = "/data"
    kind = "persistent"
    size = "5Gi"
  }
  resources {
    cpu          = "100m"
    memory       = "128Mi"
    memory_limit = "256Mi"
  }
  probe "readiness" { exec = ["valkey-cli", "ping"] }
  probe "liveness" {
    tcp      = "valkey"
    failures = 6
  }
}

workload "data" "kafka" {
  kind  = "StatefulSet"
  pool  = node_pool.data
  image = "${local.demo}:${local.release}-kafka"
  ports = { broker = 9092 }
  calls = [workload.shop.otel-collector.port.otlp-http]
  env = {
    KAFKA_ADVERTISED_LISTENERS     = "PLAINTEXT://kafka.data:9092"
    KAFKA_LISTENERS                = "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093"
    KAFKA_CONTROLLER_QUORUM_VOTERS = "1@127.0.0.1:9093"
    KAFKA_HEAP_OPTS                = "-Xmx400m -Xms400m"
    OTEL_EXPORTER_OTLP_ENDPOINT    = "http://otel-collector.shop:4318"
    OTEL_SERVICE_NAME              = "kafka"
  }
  volume "data" {
    path = "/var/lib/kafka/data"
    kind = "persistent"
    size = "50Gi"
  }
  volume "config" { path = "/opt/kafka/config" }
  volume "logs" { path = "/opt/kafka/logs" }
  volume "tmp" { path = "/tmp" }
  resources {
    cpu          = "250m"
    memory       = "620Mi"
    memory_limit = "1Gi"
  }
  probe "readiness" { exec = ["nc", "-z", "127.0.0.1", "9092"] }
  probe "liveness" {
    tcp      = "broker"
    failures = 6
  }
  probe "startup" {
    tcp      = "broker"
    failures = 30
  }
}

asset "orders" {
  held_by     = [workload.data.astronomy-db, workload.data.kafka]
  sensitivity = "critical"
}
