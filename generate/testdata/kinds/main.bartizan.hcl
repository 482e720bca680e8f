# Every kind of workload, complete and as a patch, with storage that outlives pods.
cluster "main" {
  kubernetes  = "1.37"
  provisioner = "managed"
  api {
    endpoint       = "api.provider.example:443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "external"
      address = "192.0.2.10"
    }
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
node_pool "general" {
  zone  = zone.nodes
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
namespace "shop" { owner = team.sre }
registry "main" {
  host      = "registry.example.com"
  signed_by = [file("cosign.pub")]
}
secret_store "mounted" {
  endpoint = "vault.example.internal:8200"
  through  = "csi"
}
workload "shop" "deployment" {
  kind     = "Deployment"
  image    = "registry.example.com/shop/deployment:v1.0.0"
  replicas = 1
  volume "data" {
    path = "/data"
    kind = "persistent"
    size = "1Gi"
  }
}
workload "shop" "deployment-patch" {
  kind      = "Deployment"
  image     = "registry.example.com/shop/deployment-patch:v1.0.0"
  manifests = "patch"
  pods      = { "app.kubernetes.io/name" = "deployment-patch" }
}
workload "shop" "statefulset" {
  kind  = "StatefulSet"
  image = "registry.example.com/shop/statefulset:v1.0.0"
  secret "login" {
    from = secret_store.mounted
    path = "shop/statefulset#password"
  }
}
workload "shop" "statefulset-patch" {
  kind      = "StatefulSet"
  image     = "registry.example.com/shop/statefulset-patch:v1.0.0"
  manifests = "patch"
  pods      = { "app.kubernetes.io/name" = "statefulset-patch" }
}
workload "shop" "daemonset" {
  kind  = "DaemonSet"
  image = "registry.example.com/shop/daemonset:v1.0.0"
}
workload "shop" "daemonset-patch" {
  kind      = "DaemonSet"
  image     = "registry.example.com/shop/daemonset-patch:v1.0.0"
  manifests = "patch"
  pods      = { "app.kubernetes.io/name" = "daemonset-patch" }
}
workload "shop" "job" {
  kind  = "Job"
  image = "registry.example.com/shop/job:v1.0.0"
}
workload "shop" "job-patch" {
  kind      = "Job"
  image     = "registry.example.com/shop/job-patch:v1.0.0"
  manifests = "patch"
  pods      = { "app.kubernetes.io/name" = "job-patch" }
}
workload "shop" "cronjob" {
  kind     = "CronJob"
  schedule = "0 3 * * *"
  image    = "registry.example.com/shop/cronjob:v1.0.0"
}
workload "shop" "cronjob-patch" {
  kind      = "CronJob"
  schedule  = "0 3 * * *"
  image     = "registry.example.com/shop/cronjob-patch:v1.0.0"
  manifests = "patch"
  pods      = { "app.kubernetes.io/name" = "cronjob-patch" }
}
