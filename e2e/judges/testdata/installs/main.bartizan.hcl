# What a specification says so that add-ons can be installed by their makers' charts: where their images come from, the
# namespace of each with the level that its pods need, and its quota. installs_test.go installs them.

cluster "main" {
  kubernetes = "1.36"
  api {
    endpoint       = "api.example.internal:6443"
    reachable_from = [jump_box.bastion]
    load_balancer {
      kind    = "kube-vip"
      address = "10.0.0.10"
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

node_pool "control" {
  roles = ["control-plane", "etcd"]
  zone  = zone.nodes
  nodes = { cp-1 = "10.0.0.11", cp-2 = "10.0.0.12", cp-3 = "10.0.0.13" }
}
node_pool "general" {
  zone  = zone.nodes
  nodes = { node-1 = "10.0.0.21", node-2 = "10.0.0.22" }
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

registry "jetstack" {
  host      = "quay.io"
  path      = "jetstack"
  signed_by = [] # signed without a key of its own, as all of these are
}
registry "kubernetes" {
  host      = "registry.k8s.io"
  signed_by = []
}
registry "external-secrets" {
  host      = "oci.external-secrets.io"
  path      = "external-secrets"
  signed_by = []
}
registry "kyverno" {
  host      = "reg.kyverno.io"
  path      = "kyverno"
  signed_by = []
}

exception "unsigned" {
  allows = [
    registry.jetstack.signed_by, registry.kubernetes.signed_by, registry.external-secrets.signed_by,
    registry.kyverno.signed_by,
  ]
  reason  = "their makers sign with no key that could be named; the images run by digest"
  owner   = team.sre
  expires = "2027-05-31"
}

# Pods of these charts pass the restricted level.

namespace "cert-manager" {
  owner = team.sre
  quota {
    pods   = 20
    cpu    = "4"
    memory = "4Gi"
  }
}
addon "cert-manager" {
  version   = "1.20.3"
  namespace = namespace.cert-manager
  owner     = team.sre
}

namespace "external-dns" { owner = team.sre }
addon "external-dns" {
  version   = "0.18.0"
  namespace = namespace.external-dns
  owner     = team.sre
}

namespace "external-secrets" { owner = team.sre }
addon "external-secrets" {
  version   = "0.20.3"
  namespace = namespace.external-secrets
  owner     = team.sre
}

namespace "kyverno" { owner = team.sre }
addon "kyverno" {
  version   = "1.17.2"
  namespace = namespace.kyverno
  owner     = team.sre
}

namespace "metrics-server" { owner = team.sre }
addon "metrics-server" {
  version   = "0.7.1"
  namespace = namespace.metrics-server
  owner     = team.sre
}

# These look at their nodes. A level below the restricted one is for the add-on that the namespace is declared for.

namespace "node-feature-discovery" {
  owner        = team.sre
  pod_security = "privileged"
}
addon "node-feature-discovery" {
  version   = "0.18.2"
  namespace = namespace.node-feature-discovery
  owner     = team.sre
}

namespace "secrets-store-csi-driver" {
  owner        = team.sre
  pod_security = "privileged"
}
addon "secrets-store-csi-driver" {
  version   = "1.5.3"
  namespace = namespace.secrets-store-csi-driver
  owner     = team.sre
}

exception "node-programs" {
  allows  = [namespace.node-feature-discovery.pod_security, namespace.secrets-store-csi-driver.pod_security]
  reason  = "one reads the hardware of its node, the other mounts volumes for pods; nothing else runs in their namespaces"
  owner   = team.sre
  expires = "2027-05-31"
}

# The same level for nothing that is declared: the policies of the tree hold every pod to the restricted one.

namespace "lab" {
  owner        = team.sre
  pod_security = "privileged"
}
exception "lab" {
  allows  = [namespace.lab.pod_security]
  reason  = "the probe that needed it is being written"
  owner   = team.sre
  expires = "2026-12-31"
}

namespace "shop" { owner = team.sre }

# The GitOps controller's own namespace is not declared: the tree leaves it to the level that the API server gives to every namespace.

repository "platform" {
  url            = "https://git.example.com/platform/cluster"
  reviews        = 2
  signed_commits = true
}
gitops "argo" {
  kind   = "argocd"
  source = repository.platform
  deploys = [
    namespace.cert-manager, namespace.external-dns, namespace.external-secrets, namespace.kyverno, namespace.lab,
    namespace.metrics-server, namespace.node-feature-discovery, namespace.secrets-store-csi-driver, namespace.shop,
  ]
  privileges = "per-namespace"
}
