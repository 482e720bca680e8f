# Who may do what, and how they get in.

vpn "staff" {
  zone     = zone.vpn
  endpoint = "vpn.${local.domain}:51820"

  device "astrid-laptop" {
    team       = team.platform
    public_key = "QbWf5KuBppEljzRFusz4DoOBOYK2cEoqryGV1+uh3uM="
  }
  device "jonas-laptop" {
    team       = team.platform
    public_key = "yc+8eX3VEgi5u5Lr/C/wCClc5Yq0o2a0UveISIdhxes="
  }
  device "mette-laptop" {
    team       = team.security
    public_key = "Ndlnsug+bHWzyeaqVrRN66/B5aBslWMNKZpY62WAKrQ="
  }
  device "piotr-laptop" {
    team       = team.parcels
    public_key = "mXqQpsSn/BEIi3vueGBOm1PCddFpUCFIdCAFPd9v0Zk="
  }
}

jump_box "bastion" {
  zone           = zone.mgmt
  address        = "${var.network}.64.10"
  reachable_from = [vpn.staff]
}

team "platform" {
  oidc_group = "platform"
  code_owner = "@nordpost/platform"
  can "operate" { in = concat([namespace.edge, namespace.customers, namespace.money, namespace.partners, namespace.insight], values(namespace.country)) }
  break_glass { approvers = [team.security] }
}

team "security" {
  oidc_group = "security"
  code_owner = "@nordpost/security"
  can "view" { in = concat([namespace.edge, namespace.customers, namespace.money, namespace.partners, namespace.insight], values(namespace.country)) }
  break_glass { approvers = [team.platform] }
}

# Each of these teams owns the namespaces of its subject, and sees nothing else.
team "parcels" {
  oidc_group = "parcels"
  code_owner = "@nordpost/parcels"
  can "view" { in = values(namespace.country) }
}

team "product" {
  for_each   = toset(["customers", "money", "partners", "insight"])
  oidc_group = each.key
  code_owner = "@nordpost/${each.key}"
}
