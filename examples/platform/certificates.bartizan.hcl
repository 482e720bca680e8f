# cert-manager without its rights to everything: it issues for its own namespace only, so its rules are roles there, with the
# verbs of its chart v1.20.3 for Issuers and ACME. Its definitions and webhook configurations come from its release. How an
# authority sees that a name is yours is yours to add: for DNS-01 an egress to the DNS provider's API, for HTTP-01 the rights
# to make solvers.

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
    verbs     = ["get", "list", "watch", "create", "update", "patch", "delete"]
    resources = ["certificates", "certificaterequests"]
  }
  api_access "issuers" {
    groups    = ["cert-manager.io"]
    verbs     = ["get", "list", "watch", "update", "patch"]
    resources = ["issuers"]
  }
  api_access "status" {
    groups    = ["cert-manager.io", "acme.cert-manager.io"]
    verbs     = ["update", "patch"]
    resources = ["certificates/status", "certificaterequests/status", "issuers/status", "orders/status", "challenges/status"]
  }
  api_access "finalizers" {
    groups    = ["cert-manager.io", "acme.cert-manager.io"]
    verbs     = ["update"]
    resources = ["certificates/finalizers", "certificaterequests/finalizers", "issuers/finalizers", "orders/finalizers", "challenges/finalizers"]
  }
  api_access "approve" { # requests for certificates of Issuers here
    groups    = ["cert-manager.io"]
    verbs     = ["approve"]
    resources = ["signers"]
  }
  api_access "acme" {
    groups    = ["acme.cert-manager.io"]
    verbs     = ["get", "list", "watch", "create", "update", "patch", "delete"]
    resources = ["orders", "challenges"]
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
  api_access "make-serving-ca" { # what is made has no name yet that a rule could give
    verbs     = ["create"]
    resources = ["secrets"]
  }
  api_access "ask" {
    groups    = ["authorization.k8s.io"]
    verbs     = ["create"]
    resources = ["subjectaccessreviews"]
    scope     = "cluster"
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
    workload.cert-manager.webhook.api_access.make-serving-ca.resources["secrets"],
  ]
  reason  = "private keys of certificates are secrets of this namespace; nothing else is kept in it"
  owner   = team.platform
  expires = "2027-06-30"
}

exception "certificate-approvers" {
  allows  = [workload.cert-manager.webhook.api_access.ask.scope]
  reason  = "asks the API server who may approve a certificate; it learns rights and gets none"
  owner   = team.platform
  expires = "2027-06-30"
}
