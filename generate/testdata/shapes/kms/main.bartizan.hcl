# One control-plane node; a KMS holds the key of Secrets, certificates and tokens live for a short time, and the audit log
# holds the contents of all requests.
cluster "main" {
  kubernetes = "1.35"
  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
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
  encryption { kms = "unix:///run/kms/socket.sock" }
  certificates {
    days           = 90
    authority_days = 1825
  }
  service_accounts {
    issuer          = "https://oidc.example.com/main"
    max_token_hours = 1
  }
  admission { always_pull_images = true }
  audit {
    ship_to  = "https://logs.example.internal:8443/audit"
    contents = "all"
  }
}
zone "nodes" { cidrs = ["10.0.0.0/24"] }
zone "mgmt" { cidrs = ["10.0.9.0/24"] }
zone "vpn" { cidrs = ["10.8.0.0/24"] }
node_pool "control" {
  roles = ["control-plane", "etcd"]
  zone  = zone.nodes
  nodes = { cp-1 = "10.0.0.11" }
}
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
