# What the examples of the schema refer to and do not describe themselves. With all of them it is one specification.

zone "nodes" { cidrs = ["10.0.0.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }

node_pool "control" {
  roles = ["control-plane", "etcd"]
  zone  = zone.nodes
  nodes = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
}
# Programs that no example is about run here.
node_pool "other" {
  zone  = zone.nodes
  nodes = { other-1 = "10.0.0.41" }
}

team "security" { oidc_group = "security" }

namespace "edge" { owner = team.sre }
namespace "monitoring" {
  owner        = team.sre
  pod_security = "privileged"
}
exception "monitoring" {
  allows  = [namespace.monitoring.pod_security]
  reason  = "reads host metrics"
  owner   = team.sre
  expires = "2027-03-31"
}

workload "monitoring" "node-exporter" {
  kind  = "DaemonSet"
  image = "registry.example.com/monitoring/node-exporter:v1.10.0"
  host { paths = { "/" = "read-only" } }
}
workload "monitoring" "prometheus" {
  image = "registry.example.com/monitoring/prometheus:v3.7.0"
}
workload "shop" "frontend" {
  profile = profile.http-service
  image   = "registry.example.com/shop/frontend:v1.4.2"
}
workload "shop" "redis" {
  image = "registry.example.com/shop/redis:v8.2.0"
  ports = { redis = 6379 }
}
