# Who may do what, and how they get in: WireGuard, then the jump box for nodes, or the identity provider for the API.

vpn "wg" {
  kind     = "wireguard"
  zone     = zone.vpn
  endpoint = "vpn.boutique.example.com:51821"

  device "anna-laptop" {
    team       = team.platform
    public_key = "QbWf5KuBppEljzRFusz4DoOBOYK2cEoqryGV1+uh3uM="
  }
  device "badr-laptop" {
    team       = team.platform
    public_key = "yc+8eX3VEgi5u5Lr/C/wCClc5Yq0o2a0UveISIdhxes="
  }
  device "chen-laptop" {
    team       = team.security
    public_key = "Ndlnsug+bHWzyeaqVrRN66/B5aBslWMNKZpY62WAKrQ="
  }
  device "dana-laptop" {
    team       = team.shop
    public_key = "mXqQpsSn/BEIi3vueGBOm1PCddFpUCFIdCAFPd9v0Zk="
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
