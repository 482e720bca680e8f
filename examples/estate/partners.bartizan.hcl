# Carriers that take parcels on where we do not drive, and shops that send with us.

locals {
  # Every carrier has a connector of its own: its credentials and its faults stay apart.
  carriers = toset([
    "amber",
    "birch",
    "cedar",
    "dune",
    "elm",
    "fjell",
    "grove",
    "heath",
    "islet",
    "juniper",
    "kelp",
    "larch",
    "moss",
  ])
}

namespace "partners" {
  owner = team.product["partners"]
  quota {
    cpu    = "60"
    memory = "60Gi"
    pods   = 120
  }
}

workload "partners" "carrier" {
  for_each = local.carriers
  profile  = profile.service
  image    = "${local.registry}/partners/carrier:2026.42.0"
  env      = { CARRIER = each.key }
  egress "carrier" {
    fqdns = ["edi.${each.key}-logistics.example"]
    port  = 443
  }
  secret "certificate" {
    from = secret_store.vault
    path = "partners/carrier/${each.key}"
  }
}

workload "partners" "dispatch" { # chooses the carrier of a parcel
  profile = profile.service
  image   = "${local.registry}/partners/dispatch:2026.44.1"
  calls   = concat(values(workload.partners.carrier)[*].port.grpc, values(workload.country.routing)[*].port.grpc)
}

workload "partners" "sender-api" { # shops hand over hundreds of parcels at once
  profile  = profile.web
  image    = "${local.registry}/partners/sender-api:2026.45.0"
  replicas = 4
  calls    = concat([workload.partners.dispatch.port.grpc], values(workload.country.intake)[*].port.grpc)
  expose "senders" {
    host = "api.${local.domain}"
    via  = gateway.public
  }
}

workload "partners" "webhooks" { # tells shops what has happened to their parcels
  profile = profile.worker
  image   = "${local.registry}/partners/webhooks:2026.43.3"
  calls   = values(workload.country.queue)[*].port.client
  egress "shops" {
    zones = [zone.internet]
    port  = 443
  }
}

# Shops choose where they want to be told, so no list of names can be written.
exception "webhooks" {
  allows  = [workload.partners.webhooks.egress.shops.zones["zone.internet"]]
  reason  = "senders name their own addresses; the worker holds no data but the events"
  owner   = team.product["partners"]
  expires = "2027-03-31"
}
