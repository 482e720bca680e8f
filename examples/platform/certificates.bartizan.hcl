# cert-manager without its rights to everything: it issues for the gateway's namespace only, so its secrets rule is a role
# there and in its own namespace. Permissions are cut from https://github.com/cert-manager/cert-manager (chart at commit
# 2d0d7f7); CRDs come from its release.

namespace "cert-manager" {
  owner = team.platform
  quota {
    cpu    = "4"
    memory = "4Gi"
    pods   = 20
  }
}

workload "cert-manager" "cert-manager" {
  image    = "quay.io/jetstack/cert-manager-controller:v1.21.1"
  args     = ["--v=2", "--namespace=cert-manager", "--leader-election-namespace=cert-manager", "--controllers=*,-ingress-shim,-gateway-shim"]
  ports    = { metrics = 9402, healthz = 9403 }
  replicas = 2
  api_access "issue" {
    groups    = ["cert-manager.io"]
    verbs     = ["get", "list", "watch", "update", "patch", "create", "delete"]
    resources = ["certificates", "certificates/status", "certificates/finalizers", "certificaterequests", "certificaterequests/status", "certificaterequests/finalizers", "issuers", "issuers/status"]
  }
  api_access "acme" {
    groups    = ["acme.cert-manager.io"]
    verbs     = ["get", "list", "watch", "update", "patch", "create", "delete"]
    resources = ["orders", "orders/status", "orders/finalizers", "challenges", "challenges/status", "challenges/finalizers"]
  }
  api_access "keys" {
    verbs     = ["get", "list", "watch", "create", "update", "patch", "delete"]
    resources = ["secrets"]
  }
  api_access "events" {
    verbs     = ["create", "patch"]
    resources = ["events"]
  }
  api_access "election" {
    groups    = ["coordination.k8s.io"]
    verbs     = ["create", "get", "update", "patch"]
    resources = ["leases"]
  }
  egress "lets-encrypt" {
    fqdns = ["acme-v02.api.letsencrypt.org"]
    port  = 443
  }
  probe "readiness" { tcp = "metrics" }
  probe "liveness" {
    http     = "/livez"
    port     = "healthz"
    failures = 8
  }
}

workload "cert-manager" "webhook" {
  image = "quay.io/jetstack/cert-manager-webhook:v1.21.1"
  args  = ["--v=2", "--secure-port=10260", "--dynamic-serving-ca-secret-namespace=cert-manager", "--dynamic-serving-ca-secret-name=cert-manager-webhook-ca", "--dynamic-serving-dns-names=webhook,webhook.cert-manager,webhook.cert-manager.svc"]
  ports = { healthcheck = 6080 }
  port "https" {
    number  = 10260
    service = 443
    from    = [node_pool.control]
  }
  api_access "serving-ca" {
    verbs     = ["get", "list", "watch", "update"]
    resources = ["secrets"]
    names     = ["cert-manager-webhook-ca"]
  }
  probe "readiness" {
    http = "/healthz"
    port = "healthcheck"
  }
  probe "liveness" {
    http     = "/livez"
    port     = "healthcheck"
    failures = 6
  }
}

exception "certificate-keys" {
  allows = [
    workload.cert-manager.cert-manager.api_access.keys.resources["secrets"],
    workload.cert-manager.webhook.api_access.serving-ca.resources["secrets"],
  ]
  reason  = "private keys of certificates are secrets of this namespace; nothing else is kept in it"
  owner   = team.platform
  expires = "2027-06-30"
}
