# Metrics: Prometheus, its alerts, one exporter on every node and one of the API's objects. Versions, arguments and
# permissions are those of https://github.com/prometheus-operator/kube-prometheus (manifests at commit 4d719f1), with three
# differences: policies instead of a proxy decide who reads the metrics, kube-state-metrics reads no secrets, and
# node-exporter runs on no control-plane node.

namespace "monitoring" {
  owner        = team.platform
  pod_security = "privileged" # for node-exporter alone; admission policies keep every other pod restricted
  quota {
    cpu     = "16"
    memory  = "32Gi"
    storage = "200Gi"
    pods    = 60
  }
}

workload "monitoring" "prometheus" {
  kind  = "StatefulSet"
  image = "quay.io/prometheus/prometheus:v3.13.1"
  args = [
    "--config.file=/etc/prometheus/prometheus.yml",
    "--storage.tsdb.path=/prometheus",
    "--storage.tsdb.retention.time=15d",
  ]
  ports = { web = 9090 }
  calls = [
    workload.monitoring.alertmanager.port.web,
    workload.monitoring.kube-state-metrics.port.metrics,
    workload.monitoring.kube-state-metrics.port.self,
    workload.monitoring.node-exporter.port.metrics,
  ]
  api_access "discovery" {
    verbs     = ["get", "list", "watch"]
    resources = ["pods", "services", "endpoints"]
  }
  config "prometheus.yml" {
    path    = "/etc/prometheus"
    content = file("prometheus.yml")
  }
  volume "data" {
    path = "/prometheus"
    kind = "persistent"
    size = "100Gi"
  }
  resources {
    cpu          = "500m"
    memory       = "2Gi"
    cpu_limit    = "4"
    memory_limit = "4Gi"
  }
  probe "readiness" { http = "/-/ready" }
  probe "liveness" {
    http     = "/-/healthy"
    failures = 6
  }
  probe "startup" {
    http     = "/-/ready"
    failures = 60
  }
  grace_seconds = 600
}

workload "monitoring" "alertmanager" {
  kind     = "StatefulSet"
  image    = "quay.io/prometheus/alertmanager:v0.33.1"
  args     = ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager", "--cluster.listen-address="]
  ports    = { web = 9093 }
  replicas = 1
  resources { memory = "64Mi" }
  config "alertmanager.yml" {
    path    = "/etc/alertmanager"
    content = file("alertmanager.yml")
  }
  egress "on-call" {
    fqdns = ["hooks.example.com"]
    port  = 443
  }
  volume "data" {
    path = "/alertmanager"
    kind = "persistent"
    size = "1Gi"
  }
  probe "readiness" { http = "/-/ready" }
  probe "liveness" {
    http     = "/-/healthy"
    failures = 6
  }
}

workload "monitoring" "kube-state-metrics" {
  image    = "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.19.1"
  args     = ["--port=8080", "--telemetry-port=8081", "--resources=cronjobs,daemonsets,deployments,jobs,namespaces,nodes,persistentvolumeclaims,pods,replicasets,services,statefulsets"]
  ports    = { metrics = 8080, self = 8081 }
  replicas = 1
  api_access "core" {
    verbs     = ["list", "watch"]
    resources = ["namespaces", "nodes", "persistentvolumeclaims", "pods", "services"]
    scope     = "cluster"
  }
  api_access "apps" {
    groups    = ["apps"]
    verbs     = ["list", "watch"]
    resources = ["daemonsets", "deployments", "replicasets", "statefulsets"]
    scope     = "cluster"
  }
  api_access "batch" {
    groups    = ["batch"]
    verbs     = ["list", "watch"]
    resources = ["cronjobs", "jobs"]
    scope     = "cluster"
  }
  resources {
    cpu          = "10m"
    memory       = "190Mi"
    cpu_limit    = "100m"
    memory_limit = "250Mi"
  }
  probe "readiness" {
    http = "/readyz"
    port = "self"
  }
  probe "liveness" {
    http = "/livez"
    port = "metrics"
  }
}

workload "monitoring" "node-exporter" {
  kind  = "DaemonSet"
  image = "quay.io/prometheus/node-exporter:v1.12.1"
  args = [
    "--web.listen-address=:9100",
    "--path.rootfs=/host",
    "--path.procfs=/host/proc",
    "--path.sysfs=/host/sys",
    "--no-collector.wifi",
    "--no-collector.hwmon",
    "--no-collector.btrfs",
  ]
  ports = { metrics = 9100 }
  host {
    pid     = true
    network = true
    paths   = { "/" = "read-only" } # in the container below /host
  }
  resources {
    cpu          = "100m"
    memory       = "180Mi"
    cpu_limit    = "250m"
    memory_limit = "180Mi"
  }
  probe "readiness" { http = "/" }
  probe "liveness" { tcp = "metrics" }
}

exception "node-exporter" {
  allows = [
    namespace.monitoring.pod_security,
    workload.monitoring.node-exporter.host.pid,
    workload.monitoring.node-exporter.host.network,
    workload.monitoring.node-exporter.host.paths["/"],
  ]
  reason  = "measures the node itself: its processes, devices and file systems, all read-only"
  owner   = team.platform
  expires = "2027-03-31"
}

exception "object-metrics" {
  allows = [
    workload.monitoring.kube-state-metrics.api_access.core.scope,
    workload.monitoring.kube-state-metrics.api_access.apps.scope,
    workload.monitoring.kube-state-metrics.api_access.batch.scope,
  ]
  reason  = "counts objects of every namespace; reads neither secrets nor configuration"
  owner   = team.platform
  expires = "2027-06-30"
}
