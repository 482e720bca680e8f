# Payments and invoices.

namespace "money" {
  owner = team.product["money"]
  quota {
    cpu     = "80"
    memory  = "80Gi"
    storage = "100Gi"
    pods    = 80
  }
}

workload "money" "ledger-db" {
  profile = profile.database
  secret "password" {
    from = secret_store.vault
    path = "money/ledger-db"
  }
}

workload "money" "ledger" { # the books
  profile = [profile.service, profile.money]
  image   = "${local.registry}/money/ledger:2026.36.4"
  calls   = [workload.money.ledger-db.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "money/ledger"
  }
}

workload "money" "payments" { # takes money, by whichever way the customer likes
  profile  = [profile.service, profile.money]
  image    = "${local.registry}/money/payments:2026.44.0"
  replicas = 4
  calls    = concat([workload.money.ledger.port.grpc, workload.money.fraud.port.grpc], values(workload.money.method)[*].port.grpc)
}

workload "money" "fraud" { # refuses what looks wrong
  profile = [profile.service, profile.money]
  image   = "${local.registry}/money/fraud:2026.40.1"
}

# Each way to pay speaks to one company, and to nobody else.
workload "money" "method" {
  for_each = {
    bank     = "api.open-banking.example"
    card     = "gateway.card-acquirer.example"
    invoice  = "api.invoice-insurer.example"
    mobile   = "api.mobile-pay.example"
    transfer = "ebics.house-bank.example"
  }
  profile = [profile.service, profile.money]
  image   = "${local.registry}/money/method-${each.key}:2026.41.2"
  egress "company" {
    fqdns = [each.value]
    port  = 443
  }
  secret "key" {
    from = secret_store.vault
    path = "money/method/${each.key}"
  }
}

workload "money" "invoices" {
  profile = [profile.nightly, profile.money]
  image   = "${local.registry}/money/invoices:2026.38.0"
  # Both profiles have a priority: money goes before night work.
  priority = "critical"
  calls = [
    workload.money.ledger.port.grpc,
    workload.customers.messages.port.grpc,
  ]
}

asset "books" {
  held_by     = [workload.money.ledger-db]
  sensitivity = "critical"
}

invariant "books-are-far-from-the-internet" {
  condition     = tolerance(zone.internet, asset.books) >= 2
  error_message = "At least two faults must coincide before somebody from the internet reaches the books."
}
