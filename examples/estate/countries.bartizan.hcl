# Everything that moves parcels, once in each country: a namespace with the same programs and its own data. A country
# that is down or broken into takes no other with it: no program calls one of another country.

namespace "country" {
  for_each = var.countries
  owner    = team.parcels
  labels   = { "nordpost.example/country" = each.key }
  quota {
    cpu     = "400"
    memory  = "400Gi"
    storage = "200Gi"
    pods    = 400
  }
}

# Data

workload "country" "db" {
  for_each = namespace.country
  profile  = profile.database
  secret "password" {
    from = secret_store.vault
    path = "country/${each.key}/db"
  }
}

workload "country" "queue" {
  for_each = namespace.country
  profile  = profile.queue
}

# Depots and drivers reach their own country.

workload "country" "depot-gateway" {
  for_each = namespace.country
  profile  = profile.web
  image    = "${local.registry}/parcels/depot-gateway:2026.44.1"
  calls = [
    workload.country.scans[each.key].port.grpc,
    workload.country.sorting[each.key].port.grpc,
  ]
  expose "depot" {
    host = "${each.key}.depots.${local.domain}"
    via  = gateway.depots
  }
}

workload "country" "driver-api" {
  for_each = namespace.country
  profile  = profile.web
  image    = "${local.registry}/parcels/driver-api:2026.45.0"
  calls = [
    workload.country.delivery[each.key].port.grpc,
    workload.country.tours[each.key].port.grpc,
  ]
  expose "driver" {
    host = "${each.key}.drivers.${local.domain}"
    via  = gateway.public
  }
}

# Services

workload "country" "intake" { # takes parcels over from senders and shops
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/intake:2026.40.0"
  replicas = local.busy[each.key] ? 6 : 3
  calls = [
    workload.country.address[each.key].port.grpc,
    workload.country.db[each.key].port.pg,
    workload.country.labels[each.key].port.grpc,
    workload.country.pricing[each.key].port.grpc,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/intake"
  }
}

workload "country" "labels" { # prints labels
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/labels:2026.41.1"
  calls    = [workload.country.address[each.key].port.grpc]
}

workload "country" "pricing" { # knows what a parcel costs
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/pricing:2026.42.2"
  calls    = [workload.country.db[each.key].port.pg]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/pricing"
  }
}

workload "country" "address" { # knows every address of the country
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/address:2026.43.3"
  replicas = local.busy[each.key] ? 6 : 3
  calls    = [workload.country.db[each.key].port.pg]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/address"
  }
}

workload "country" "routing" { # finds the way of a parcel through the depots
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/routing:2026.44.0"
  replicas = local.busy[each.key] ? 6 : 3
  calls = [
    workload.country.capacity[each.key].port.grpc,
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
    workload.country.timetable[each.key].port.grpc,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/routing"
  }
}

workload "country" "capacity" { # knows how full depots and vans are
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/capacity:2026.45.1"
  calls    = [workload.country.db[each.key].port.pg]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/capacity"
  }
}

workload "country" "timetable" { # knows when lorries leave
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/timetable:2026.40.2"
  calls    = [workload.country.db[each.key].port.pg]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/timetable"
  }
}

workload "country" "sorting" { # tells the belts of the depots which way
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/sorting:2026.41.3"
  replicas = local.busy[each.key] ? 6 : 3
  calls = [
    workload.country.queue[each.key].port.client,
    workload.country.routing[each.key].port.grpc,
    workload.country.scans[each.key].port.grpc,
  ]
}

workload "country" "scans" { # takes the scans of the depots in
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/scans:2026.42.0"
  replicas = local.busy[each.key] ? 6 : 3
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/scans"
  }
}

workload "country" "tours" { # plans the rounds of the drivers
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/tours:2026.43.1"
  calls = [
    workload.country.address[each.key].port.grpc,
    workload.country.capacity[each.key].port.grpc,
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/tours"
  }
}

workload "country" "delivery" { # knows what a driver has handed over
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/delivery:2026.44.2"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
    workload.country.tours[each.key].port.grpc,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/delivery"
  }
}

workload "country" "lockers" { # opens parcel lockers
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/lockers:2026.45.3"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/lockers"
  }
}

workload "country" "pickup" { # hands parcels out in shops
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/pickup:2026.40.0"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/pickup"
  }
}

workload "country" "returns" { # sends parcels back
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/returns:2026.41.1"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.intake[each.key].port.grpc,
    workload.country.routing[each.key].port.grpc,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/returns"
  }
}

workload "country" "tracking" { # says where a parcel is
  for_each = namespace.country
  profile  = profile.service
  image    = "${local.registry}/parcels/tracking:2026.42.2"
  replicas = local.busy[each.key] ? 6 : 3
  calls = [
    workload.country.db[each.key].port.pg,
    workload.country.queue[each.key].port.client,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/tracking"
  }
}

# Workers

workload "country" "notify" { # tells people that their parcel comes
  for_each = namespace.country
  profile  = profile.worker
  image    = "${local.registry}/parcels/notify:2026.45.2"
  calls = [
    workload.country.queue[each.key].port.client,
    workload.customers.messages.port.grpc,
  ]
}

workload "country" "billing-feed" { # what was moved, for the invoices
  for_each = namespace.country
  profile  = profile.nightly
  image    = "${local.registry}/parcels/billing-feed:2026.39.0"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.money.ledger.port.grpc,
  ]
  secret "db" {
    from = secret_store.vault
    path = "country/${each.key}/billing-feed"
  }
}

# Parcels that leave the customs union are declared.
workload "country" "customs" {
  for_each = { for code, c in var.countries : code => c if c.customs }
  profile  = profile.worker
  image    = "${local.registry}/parcels/customs:2026.42.3"
  calls    = [workload.country.queue[each.key].port.client]
  egress "authority" {
    fqdns = ["declare.customs-${each.key}.example"]
    port  = 443
  }
  secret "certificate" {
    from = secret_store.vault
    path = "country/${each.key}/customs"
  }
}

# What belongs to everybody's parcels is worth more than what one country has.
asset "addresses" {
  held_by     = concat(values(workload.country.db), values(workload.country.address))
  sensitivity = "high"
}
