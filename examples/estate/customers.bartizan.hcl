# What customers see: the pages, the apps and the call centre.

namespace "customers" {
  owner = team.product["customers"]
  quota {
    cpu     = "200"
    memory  = "200Gi"
    storage = "100Gi"
    pods    = 200
  }
}

workload "customers" "accounts-db" {
  profile = profile.database
  secret "password" {
    from = secret_store.vault
    path = "customers/accounts-db"
  }
}

workload "customers" "web" { # the pages of nordpost.example
  profile = profile.web
  image   = "${local.registry}/customers/web:2026.41.0"
  calls = [
    workload.customers.accounts.port.grpc,
    workload.customers.checkout.port.grpc,
    workload.customers.content.port.grpc,
    workload.customers.shops.port.grpc,
    workload.customers.tracker.port.grpc,
  ]
  expose "public" {
    host = "www.${local.domain}"
    via  = gateway.public
  }
}

workload "customers" "mobile-api" { # the apps
  profile = profile.web
  image   = "${local.registry}/customers/mobile-api:2026.42.1"
  calls = [
    workload.customers.accounts.port.grpc,
    workload.customers.checkout.port.grpc,
    workload.customers.shops.port.grpc,
    workload.customers.tracker.port.grpc,
  ]
  expose "public" {
    host = "app.${local.domain}"
    via  = gateway.public
  }
}

workload "customers" "help-desk" { # what the call centre sees
  profile = profile.web
  image   = "${local.registry}/customers/help-desk:2026.43.2"
  calls = [
    workload.customers.accounts.port.grpc,
    workload.customers.claims.port.grpc,
    workload.customers.tracker.port.grpc,
  ]
}

workload "customers" "accounts" { # people, their addresses and preferences
  profile = profile.service
  image   = "${local.registry}/customers/accounts:2026.44.0"
  calls   = [workload.customers.accounts-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "customers/accounts"
  }
}

workload "customers" "tracker" { # asks the country that has the parcel
  profile = profile.service
  image   = "${local.registry}/customers/tracker:2026.45.1"
  calls   = values(workload.country.tracking)[*].port.grpc
}

workload "customers" "checkout" { # sells postage
  profile = profile.service
  image   = "${local.registry}/customers/checkout:2026.41.2"
  calls   = concat([workload.customers.accounts.port.grpc, workload.money.payments.port.grpc], values(workload.country.intake)[*].port.grpc)
}

workload "customers" "claims" { # lost and broken parcels
  profile = profile.service
  image   = "${local.registry}/customers/claims:2026.42.0"
  calls   = [workload.customers.accounts-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "customers/claims"
  }
}

workload "customers" "content" { # texts and prices of the pages
  profile = profile.service
  image   = "${local.registry}/customers/content:2026.43.1"
}

workload "customers" "shops" { # where parcels can be handed over
  profile = profile.service
  image   = "${local.registry}/customers/shops:2026.44.2"
  calls   = values(workload.country.pickup)[*].port.grpc
}

workload "customers" "preferences" { # where people want their parcels
  profile = profile.service
  image   = "${local.registry}/customers/preferences:2026.45.0"
  calls   = [workload.customers.accounts-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "customers/preferences"
  }
}

workload "customers" "consent" { # what people have agreed to
  profile = profile.service
  image   = "${local.registry}/customers/consent:2026.41.1"
  calls   = [workload.customers.accounts-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "customers/consent"
  }
}

workload "customers" "feedback" { # what people think of it
  profile = profile.service
  image   = "${local.registry}/customers/feedback:2026.42.2"
  calls   = [workload.customers.accounts-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "customers/feedback"
  }
}

workload "customers" "search" { # finds help and shops
  profile = profile.service
  image   = "${local.registry}/customers/search:2026.43.0"
  calls = [
    workload.customers.content.port.grpc,
    workload.customers.shops.port.grpc,
  ]
}

workload "customers" "messages" { # hands messages to whoever delivers them
  profile = profile.service
  image   = "${local.registry}/customers/messages:2026.43.0"
  calls   = values(workload.customers.channel)[*].port.grpc
}

workload "customers" "channel" {
  for_each = {
    mail = "smtp.mail-provider.example"
    push = "push.phones.example"
    sms  = "api.sms-provider.example"
  }
  profile = profile.service
  image   = "${local.registry}/customers/channel-${each.key}:2026.43.1"
  egress "provider" {
    fqdns = [each.value]
    port  = 443
  }
  secret "token" {
    from = secret_store.vault
    path = "customers/channel/${each.key}"
  }
}

asset "accounts" {
  held_by     = [workload.customers.accounts-db]
  sensitivity = "critical"
}
