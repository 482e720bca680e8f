# A platform that others build on: metrics, certificates, a gateway and a GitOps controller, on a cluster that has no
# applications yet. What these programs need from the nodes and the API is weak by nature; each need is an exception with a
# reason and an end.

cluster "platform" {
  kubernetes  = "1.36"
  provisioner = "kubeadm"

  api {
    endpoint       = "api.platform.example.internal:6443"
    reachable_from = [jump_box.gate]
    load_balancer {
      kind    = "kube-vip"
      address = "10.50.0.10"
    }
  }

  network {
    pods     = "10.246.0.0/16"
    services = "10.98.0.0/16"
    cni      = "cilium"
    # Nothing that a team may write in its namespace opens the nodes, the API server or the cloud's metadata address.
    guard_rails = true
  }

  identity {
    oidc {
      issuer    = "https://login.example.com/realms/platform"
      client_id = "kubernetes-platform"
    }
  }

  audit {
    ship_to = "https://audit.example.internal:8443/v1/platform"
  }
}

zone "nodes" { cidrs = ["10.50.0.0/24"] }
zone "mgmt" { cidrs = ["10.50.9.0/24"] }
zone "vpn" { cidrs = ["10.50.100.0/24"] }

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.platform.example.com:51821"

  device "gita-laptop" {
    team       = team.platform
    public_key = "QbWf5KuBppEljzRFusz4DoOBOYK2cEoqryGV1+uh3uM="
  }
}

jump_box "gate" {
  zone           = zone.mgmt
  address        = "10.50.9.10"
  reachable_from = [vpn.wg]
  mfa            = "fido2"
}

node_pool "control" {
  roles    = ["control-plane", "etcd"]
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  nodes    = { plat-cp-1 = "10.50.0.11", plat-cp-2 = "10.50.0.12", plat-cp-3 = "10.50.0.13" }
  ssh_from = [jump_box.gate]
  ssh      = "on-request" # closed until somebody opens it at the console
}

node_pool "apps" {
  zone     = zone.nodes
  os       = "ubuntu-24.04"
  cidr     = "10.50.0.128/26"
  max      = 20
  ssh_from = [jump_box.gate]
  ssh      = "on-request"
}

team "platform" {
  oidc_group = "platform"
  code_owner = "@platform-example/platform"
  inspects   = [cluster.platform]

  can "operate" { in = [namespace.edge, namespace.monitoring, namespace.cert-manager] }
  break_glass {
    hours     = 1
    approvers = [team.security]
  }
}

team "security" {
  oidc_group = "security"
  code_owner = "@platform-example/security"
  inspects   = [cluster.platform]

  can "view" { in = [namespace.edge, namespace.monitoring, namespace.cert-manager] }
}

backup "etcd" {
  to        = "s3://platform-backups/etcd"
  schedule  = "daily"
  encrypted = true
  recipient = "age1utkxtkxru4u34r9p8wv53d9atyyth04v9g48fgznhddl6nt5h05svk99pe"
  immutable = true
}

registry "prometheus" {
  host      = "quay.io"
  path      = "prometheus"
  signed_by = [] # the project signs no images
}
registry "jetstack" {
  host      = "quay.io"
  path      = "jetstack"
  signed_by = [] # signed without a key of its own (keyless); a key cannot be pinned
}
registry "kubernetes" {
  host      = "registry.k8s.io"
  signed_by = [] # signed without a key of its own (keyless); a key cannot be pinned
}

exception "unsigned-images" {
  allows  = [registry.prometheus.signed_by, registry.jetstack.signed_by, registry.kubernetes.signed_by]
  reason  = "no key can be pinned for these publishers; the images run by digest only"
  owner   = team.platform
  expires = "2027-05-31"
}

repository "platform" {
  url            = "https://git.example.com/platform/cluster"
  reviews        = 2
  signed_commits = true
}

# Images come from their makers; the pipeline builds none, and proves the tree before it is merged.
pipeline "ci" {
  kind       = "github-actions"
  scanner    = "trivy"
  repository = [repository.platform]
  builds     = []
}

gitops "flux" {
  source     = repository.platform
  deploys    = [namespace.edge, namespace.monitoring, namespace.cert-manager]
  privileges = "per-namespace"
}

namespace "edge" { owner = team.platform }

gateway "public" {
  class     = "cilium"
  namespace = namespace.edge
  from      = [zone.internet]
}

addon "cert-manager" {
  version   = "1.21.1"
  namespace = namespace.cert-manager
  owner     = team.platform
}
