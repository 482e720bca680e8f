# What the company knows about itself.

namespace "insight" {
  owner = team.product["insight"]
  quota {
    cpu     = "120"
    memory  = "240Gi"
    storage = "2Ti"
    pods    = 150
  }
}

workload "insight" "warehouse" {
  profile = profile.database
  volume "data" { size = "1Ti" } # the rest of the volume stands in the profile
  secret "password" {
    from = secret_store.vault
    path = "insight/warehouse"
  }
}

# Every night each country's data are copied without names and addresses.
workload "insight" "extract" {
  for_each = namespace.country
  profile  = profile.nightly
  image    = "${local.registry}/insight/extract:2026.37.1"
  calls = [
    workload.country.db[each.key].port.pg,
    workload.insight.warehouse.port.pg,
  ]
  secret "db" {
    from = secret_store.vault
    path = "insight/extract/${each.key}"
  }
}

workload "insight" "report" {
  for_each = toset(["punctuality", "volumes", "revenue", "returns", "lockers", "claims", "emissions", "staffing", "fleet", "prices"])
  profile  = profile.nightly
  image    = "${local.registry}/insight/report:2026.45.0"
  args     = ["--report", each.key]
  calls    = [workload.insight.warehouse.port.pg]
  secret "db" {
    from = secret_store.vault
    path = "insight/report"
  }
}

workload "insight" "dashboards" {
  profile = profile.web
  image   = "${local.registry}/insight/dashboards:12.3.0"
  calls   = [workload.insight.warehouse.port.pg]
  volume "data" { path = "/var/lib/dashboards" }
  secret "db" {
    from = secret_store.vault
    path = "insight/dashboards"
  }
}
