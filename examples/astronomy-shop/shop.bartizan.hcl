# The OpenTelemetry demo, release 3.0.0: images, ports, environment, memory limits and the call graph are those of
# https://github.com/open-telemetry/opentelemetry-demo (compose.yaml and compose.full.yaml at commit 054282e). Left out are
# its load generator, the agent and the user interfaces of its telemetry. Three things differ on purpose: databases and
# messaging have a namespace and nodes of their own, passwords come from Vault, and Kafka's controller listens on loopback.

locals {
  release   = "3.0.0"
  demo      = "ghcr.io/open-telemetry/demo"
  collector = "http://otel-collector:4317"
  telemetry = {
    OTEL_EXPORTER_OTLP_ENDPOINT                       = local.collector
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE = "cumulative"
  }
  flags = {
    FLAGD_HOST = "flagd"
    FLAGD_PORT = "8013"
  }
}

namespace "shop" {
  owner = team.astronomy
  quota {
    cpu    = "24"
    memory = "24Gi"
    pods   = 80
  }
}

# A service of the shop sends telemetry and listens on one port. It is restarted when it accepts no connections; each
# says below when it may be asked.
profile "service" {
  calls = [workload.shop.otel-collector.port.otlp-grpc, workload.shop.otel-collector.port.otlp-http]
  resources {
    cpu          = "50m"
    memory       = "64Mi"
    cpu_limit    = "500m"
    memory_limit = "160Mi"
  }
  probe "liveness" {
    tcp      = "main"
    failures = 6
  }
}

workload "shop" "frontend-proxy" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-frontend-proxy"
  ports   = { main = 8080 }
  calls = [
    workload.shop.frontend.port.main,
    workload.shop.image-provider.port.main,
    workload.shop.otel-collector.port.otlp-grpc,
    workload.shop.otel-collector.port.otlp-http,
  ]
  expose "shop.astronomy.example.com" {
    via  = gateway.public
    port = "main"
  }
  env = {
    ENVOY_ADDR               = "0.0.0.0"
    ENVOY_PORT               = "8080"
    ENVOY_ADMIN_PORT         = "10000"
    FRONTEND_HOST            = "frontend"
    FRONTEND_PORT            = "8080"
    IMAGE_PROVIDER_HOST      = "image-provider"
    IMAGE_PROVIDER_PORT      = "8081"
    OTEL_COLLECTOR_HOST      = "otel-collector"
    OTEL_COLLECTOR_PORT_GRPC = "4317"
    OTEL_COLLECTOR_PORT_HTTP = "4318"
    OTEL_SERVICE_NAME        = "frontend-proxy"
  }
  volume "tmp" { path = "/tmp" }
  probe "readiness" { http = "/" }
}

workload "shop" "frontend" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-frontend"
  ports   = { main = 8080 }
  calls = [
    workload.shop.ad.port.main,
    workload.shop.cart.port.main,
    workload.shop.checkout.port.main,
    workload.shop.currency.port.main,
    workload.shop.flagd.port.main,
    workload.shop.otel-collector.port.otlp-grpc,
    workload.shop.product-catalog.port.main,
    workload.shop.recommendation.port.main,
    workload.shop.shipping.port.main,
  ]
  env = merge(local.telemetry, local.flags, {
    PORT                 = "8080"
    FRONTEND_ADDR        = "frontend:8080"
    AD_ADDR              = "ad:9555"
    CART_ADDR            = "cart:7070"
    CHECKOUT_ADDR        = "checkout:5050"
    CURRENCY_ADDR        = "currency:7001"
    PRODUCT_CATALOG_ADDR = "product-catalog:3550"
    RECOMMENDATION_ADDR  = "recommendation:9001"
    SHIPPING_ADDR        = "http://shipping:50050"
    OTEL_SERVICE_NAME    = "frontend"
  })
  resources {
    cpu          = "100m"
    memory       = "250Mi"
    memory_limit = "250Mi"
  }
  scaling {
    min = 3
    max = 8
  }
  probe "readiness" { http = "/" }
}

workload "shop" "image-provider" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-image-provider"
  ports   = { main = 8081 }
  env = {
    IMAGE_PROVIDER_PORT      = "8081"
    OTEL_COLLECTOR_HOST      = "otel-collector"
    OTEL_COLLECTOR_PORT_GRPC = "4317"
    OTEL_SERVICE_NAME        = "image-provider"
  }
  volume "cache" { path = "/var/cache/nginx" }
  volume "run" { path = "/run" }
  probe "readiness" { http = "/status" }
}

workload "shop" "ad" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-ad"
  ports   = { main = 9555 }
  calls   = [workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-http]
  env = merge(local.telemetry, local.flags, {
    AD_PORT                     = "9555"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_LOGS_EXPORTER          = "otlp"
    OTEL_SERVICE_NAME           = "ad"
  })
  resources {
    cpu          = "100m"
    memory       = "300Mi"
    memory_limit = "300Mi"
  }
  volume "tmp" { path = "/tmp" }
  probe "readiness" { grpc = "main" }
}

workload "shop" "cart" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-cart"
  ports   = { main = 7070 }
  calls   = [workload.data.valkey-cart.port.valkey, workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-grpc]
  env = merge(local.telemetry, local.flags, {
    CART_PORT         = "7070"
    VALKEY_ADDR       = "valkey-cart.data:6379"
    ASPNETCORE_URLS   = "http://*:7070"
    OTEL_SERVICE_NAME = "cart"
  })
  volume "tmp" { path = "/tmp" }
  probe "readiness" { grpc = "main" }
}

workload "shop" "checkout" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-checkout"
  ports   = { main = 5050 }
  calls = [
    workload.data.kafka.port.broker,
    workload.shop.cart.port.main,
    workload.shop.currency.port.main,
    workload.shop.email.port.main,
    workload.shop.flagd.port.main,
    workload.shop.otel-collector.port.otlp-http,
    workload.shop.payment.port.main,
    workload.shop.product-catalog.port.main,
    workload.shop.shipping.port.main,
  ]
  env = merge(local.telemetry, local.flags, {
    CHECKOUT_PORT               = "5050"
    CART_ADDR                   = "cart:7070"
    CURRENCY_ADDR               = "currency:7001"
    EMAIL_ADDR                  = "http://email:6060"
    PAYMENT_ADDR                = "payment:50051"
    PRODUCT_CATALOG_ADDR        = "product-catalog:3550"
    SHIPPING_ADDR               = "http://shipping:50050"
    KAFKA_ADDR                  = "kafka.data:9092"
    KAFKA_TOPIC                 = "orders"
    GOMEMLIMIT                  = "16MiB"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
    OTEL_SERVICE_NAME           = "checkout"
  })
  volume "tmp" { path = "/tmp" }
  probe "readiness" { grpc = "main" }
}

workload "shop" "currency" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-currency"
  ports   = { main = 7001 }
  calls   = [workload.shop.otel-collector.port.otlp-grpc]
  env = merge(local.telemetry, {
    CURRENCY_PORT     = "7001"
    IPV6_ENABLED      = "false"
    VERSION           = local.release
    OTEL_SERVICE_NAME = "currency"
  })
  probe "readiness" { grpc = "main" }
}

workload "shop" "email" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-email"
  ports   = { main = 6060 }
  calls   = [workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-http]
  env = merge(local.telemetry, local.flags, {
    APP_ENV                     = "production"
    EMAIL_PORT                  = "6060"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_SERVICE_NAME           = "email"
  })
  probe "readiness" { exec = ["ruby", "-e", "require 'socket'; TCPSocket.new('127.0.0.1', 6060).close"] }
}

workload "shop" "payment" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-payment"
  ports   = { main = 50051 }
  calls   = [workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-grpc]
  env = merge(local.telemetry, local.flags, {
    IPV6_ENABLED                = "false"
    PAYMENT_PORT                = "50051"
    NODE_OPTIONS                = "--require @opentelemetry/auto-instrumentations-node/register"
    OTEL_EXPORTER_OTLP_PROTOCOL = "grpc"
    OTEL_SERVICE_NAME           = "payment"
  })
  probe "readiness" { grpc = "main" }
}

workload "shop" "product-catalog" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-product-catalog"
  ports   = { main = 3550 }
  calls = [
    workload.data.astronomy-db.port.postgres,
    workload.shop.flagd.port.main,
    workload.shop.otel-collector.port.otlp-grpc,
  ]
  env = merge(local.telemetry, local.flags, {
    PRODUCT_CATALOG_PORT          = "3550"
    GOMEMLIMIT                    = "16MiB"
    OTEL_SEMCONV_STABILITY_OPT_IN = "database"
    OTEL_SERVICE_NAME             = "product-catalog"
  })
  secret "database" {
    from = secret_store.vault
    path = "astronomy/product-catalog/database#connection"
    env  = "DB_CONNECTION_STRING"
  }
  volume "tmp" { path = "/tmp" }
  probe "readiness" { grpc = "main" }
}

workload "shop" "quote" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-quote"
  ports   = { main = 8090 }
  calls   = [workload.shop.otel-collector.port.otlp-http]
  env = merge(local.telemetry, {
    IPV6_ENABLED                = "false"
    QUOTE_PORT                  = "8090"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_PHP_AUTOLOAD_ENABLED   = "true"
    OTEL_SERVICE_NAME           = "quote"
  })
  probe "readiness" { exec = ["php", "-r", "fsockopen('127.0.0.1', 8090) or die(1);"] }
}

workload "shop" "recommendation" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-recommendation"
  ports   = { main = 9001 }
  calls   = [workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-grpc, workload.shop.product-catalog.port.main]
  env = merge(local.telemetry, local.flags, {
    RECOMMENDATION_PORT                    = "9001"
    PRODUCT_CATALOG_ADDR                   = "product-catalog:3550"
    OTEL_PYTHON_LOG_CORRELATION            = "true"
    PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION = "python"
    OTEL_SERVICE_NAME                      = "recommendation"
  })
  resources {
    cpu          = "100m"
    memory       = "250Mi"
    memory_limit = "500Mi"
  }
  volume "tmp" { path = "/tmp" }
  probe "readiness" { grpc = "main" }
}

workload "shop" "shipping" {
  profile = profile.service
  image   = "${local.demo}:${local.release}-shipping"
  ports   = { main = 50050 }
  calls   = [workload.shop.flagd.port.main, workload.shop.otel-collector.port.otlp-http, workload.shop.quote.port.main]
  env = merge(local.telemetry, local.flags, {
    IPV6_ENABLED                = "false"
    SHIPPING_PORT               = "50050"
    QUOTE_ADDR                  = "http://quote:8090"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
    OTEL_SERVICE_NAME           = "shipping"
  })
  volume "tmp" { path = "/tmp" }
  probe "readiness" { exec = ["/app/healthcheck"] }
}

workload "shop" "flagd" {
  profile = profile.service
  image   = "ghcr.io/open-feature/flagd:v0.16.0"
  args    = ["start", "--uri", "file:/etc/flagd/demo.flagd.json"]
  ports   = { main = 8013 }
  calls   = [workload.shop.otel-collector.port.otlp-http]
  env = merge(local.telemetry, {
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_EXPORTER_OTLP_PROTOCOL = "http/protobuf"
    GOMEMLIMIT                  = "60MiB"
    OTEL_SERVICE_NAME           = "flagd"
  })
  config "demo.flagd.json" {
    path    = "/etc/flagd"
    content = file("demo.flagd.json")
  }
  probe "readiness" { grpc = "main" }
}

# Consumers of the queue: they listen on nothing.
workload "shop" "accounting" {
  image = "${local.demo}:${local.release}-accounting"
  calls = [
    workload.data.astronomy-db.port.postgres,
    workload.data.kafka.port.broker,
    workload.shop.otel-collector.port.otlp-http,
  ]
  env = merge(local.telemetry, {
    KAFKA_ADDR                  = "kafka.data:9092"
    KAFKA_TOPIC                 = "orders"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_SERVICE_NAME           = "accounting"
  })
  resources {
    memory       = "160Mi"
    memory_limit = "160Mi"
  }
  secret "database" {
    from = secret_store.vault
    path = "astronomy/accounting/database#connection"
    env  = "DB_CONNECTION_STRING"
  }
  volume "tmp" { path = "/tmp" }
  volume "logs" { path = "/var/log/opentelemetry/dotnet" }
}

workload "shop" "fraud-detection" {
  image = "${local.demo}:${local.release}-fraud-detection"
  calls = [
    workload.data.kafka.port.broker,
    workload.shop.flagd.port.main,
    workload.shop.otel-collector.port.otlp-http,
  ]
  env = merge(local.telemetry, local.flags, {
    KAFKA_ADDR                  = "kafka.data:9092"
    KAFKA_TOPIC                 = "orders"
    OTEL_EXPORTER_OTLP_ENDPOINT = "http://otel-collector:4318"
    OTEL_SERVICE_NAME           = "fraud-detection"
  })
  resources {
    memory       = "300Mi"
    memory_limit = "300Mi"
  }
  volume "tmp" { path = "/tmp" }
}

# Receives what the services measure and writes a summary to its log; a store of telemetry would be one more call.
workload "shop" "otel-collector" {
  image = "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib:0.159.0"
  args  = ["--config=/etc/otelcol/config.yaml"]
  ports = { otlp-grpc = 4317, otlp-http = 4318, health = 13133 }
  resources {
    cpu          = "100m"
    memory       = "200Mi"
    memory_limit = "400Mi"
  }
  env = { GOMEMLIMIT = "160MiB" }
  config "config.yaml" {
    path    = "/etc/otelcol"
    content = file("otelcol.yaml")
  }
  probe "readiness" {
    http = "/"
    port = "health"
  }
  probe "liveness" {
    tcp      = "otlp-grpc"
    failures = 6
  }
}

# Both programs read the connection string, password and all, from their environment only.
exception "connection-strings" {
  allows = [
    workload.shop.accounting.secret.database.env,
    workload.shop.product-catalog.secret.database.env,
  ]
  reason  = "the programs take their connection string from the environment; a change is asked for upstream"
  owner   = team.astronomy
  expires = "2027-03-31"
}
