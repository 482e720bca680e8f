# Who may do what, and how they get in: WireGuard, then the jump box for nodes, or the identity provider for the API.

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.boutique.example.com:51821"

  device "anna-laptop" {
    team       = team.platform
    public_key = "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM="
  }
  device "badr-laptop" {
    team       = team.platform
    public_key = "2sV8lq2D1xEo9mZ7sV0mFq1o9sYlUQbBqKq3hH1TgXg="
  }
  device "chen-laptop" {
    team       = team.security
    public_key = "Yk0v6Qn3l5c2J3mJ0bq8sGqgVq8WcX1dT8m5o7m2Xl4="
  }
  device "dana-laptop" {
    team       = team.shop
    public_key = "c1Jx8fUq4o3hVw8qv2s6pJ0mX5y7Zt9kLrNbQeWaDgM="
  }
}

jump_box "bastion" {
  zone           = zone.mgmt
  address        = "10.20.9.10"
  reachable_from = [vpn.wg]
  mfa            = "fido2"
}

team "platform" {
  oidc_group = "platform"
  code_owner = "@boutique-example/platform"

  can "operate" { in = [namespace.edge, namespace.shop, namespace.payments] }
  break_glass {
    hours     = 2
    approvers = [team.security]
  }
}

team "security" {
  oidc_group = "security"
  code_owner = "@boutique-example/security"

  can "view" { in = [namespace.edge, namespace.shop, namespace.payments, namespace.loadtest] }
}

team "shop" {
  oidc_group = "shop"
  code_owner = "@boutique-example/shop"

  can "view" { in = [namespace.shop, namespace.loadtest] }
}

# What no file can prove.

attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.boutique
  by        = team.security
  evidence  = "https://wiki.example.com/security/idp-mfa"
  review_by = "2027-06-30"
}

attestation "branch-protection" {
  control   = "branch-protection"
  subject   = repository.platform
  by        = team.security
  evidence  = "https://wiki.example.com/security/branch-protection"
  review_by = "2027-06-30"
}

attestation "disks-control" {
  control   = "disk-encryption"
  subject   = node_pool.control
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/control"
  review_by = "2027-03-31"
}
