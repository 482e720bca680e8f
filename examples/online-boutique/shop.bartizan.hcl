# Google's Online Boutique, release v0.10.6: images, ports, environment, probes, resources and the call graph are those
# of https://github.com/GoogleCloudPlatform/microservices-demo (release/kubernetes-manifests.yaml at commit 34ffea9).
# Three things differ on purpose: payments have a namespace of their own, the shop is published through the gateway
# instead of a Service of type LoadBalancer, and Redis is ready when it answers, not when it only listens.

locals {
  release = "v0.10.6"
  images  = "us-central1-docker.pkg.dev/online-boutique-ci/microservices-demo"
}

namespace "shop" {
  owner = team.shop
  quota {
    cpu    = "20"
    memory = "24Gi"
    pods   = 80
  }
}

namespace "payments" {
  owner = team.platform
  quota {
    cpu    = "4"
    memory = "4Gi"
    pods   = 20
  }
}

namespace "loadtest" {
  owner = team.shop
  quota {
    cpu    = "2"
    memory = "2Gi"
    pods   = 5
  }
}

# The services of the shop speak gRPC and answer the gRPC health protocol on the same port.
profile "grpc-service" {
  replicas = 2
  resources {
    cpu          = "100m"
    memory       = "64Mi"
    cpu_limit    = "200m"
    memory_limit = "128Mi"
  }
  probe "readiness" { grpc = "grpc" }
  probe "liveness" {
    grpc     = "grpc"
    failures = 5
  }
}

workload "shop" "frontend" {
  image    = "${local.images}/frontend:${local.release}"
  replicas = 3

  port "http" {
    number  = 8080
    service = 80
  }
  calls = [
    workload.shop.adservice.port.grpc,
    workload.shop.cartservice.port.grpc,
    workload.shop.checkoutservice.port.grpc,
    workload.shop.currencyservice.port.grpc,
    workload.shop.productcatalogservice.port.grpc,
    workload.shop.recommendationservice.port.grpc,
    workload.shop.shippingservice.port.grpc,
  ]
  expose "shop.boutique.example.com" {
    via  = gateway.public
    port = "http"
  }

  env = {
    PORT                            = "8080"
    PRODUCT_CATALOG_SERVICE_ADDR    = "productcatalogservice:3550"
    CURRENCY_SERVICE_ADDR           = "currencyservice:7000"
    CART_SERVICE_ADDR               = "cartservice:7070"
    RECOMMENDATION_SERVICE_ADDR     = "recommendationservice:8080"
    SHIPPING_SERVICE_ADDR           = "shippingservice:50051"
    CHECKOUT_SERVICE_ADDR           = "checkoutservice:5050"
    AD_SERVICE_ADDR                 = "adservice:9555"
    SHOPPING_ASSISTANT_SERVICE_ADDR = "shoppingassistantservice:80" # must be set; the assistant is not deployed
    ENABLE_PROFILER                 = "0"
  }
  resources {
    cpu          = "100m"
    memory       = "64Mi"
    cpu_limit    = "200m"
    memory_limit = "128Mi"
  }
  probe "readiness" {
    http    = "/_healthz"
    port    = "http"
    delay   = 10
    headers = { Cookie = "shop_session-id=x-readiness-probe" }
  }
  probe "liveness" {
    http    = "/_healthz"
    port    = "http"
    delay   = 10
    headers = { Cookie = "shop_session-id=x-liveness-probe" }
  }
}

workload "shop" "adservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/adservice:${local.release}"
  ports         = { grpc = 9555 }
  env           = { PORT = "9555" }
  grace_seconds = 5
  resources {
    cpu          = "200m"
    memory       = "180Mi"
    cpu_limit    = "300m"
    memory_limit = "300Mi"
  }
  probe "readiness" {
    grpc  = "grpc"
    delay = 20
  }
}

workload "shop" "cartservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/cartservice:${local.release}"
  ports         = { grpc = 7070 }
  calls         = [workload.shop.redis-cart.port.redis]
  env           = { REDIS_ADDR = "redis-cart:6379" }
  grace_seconds = 5
  resources {
    cpu          = "200m"
    memory       = "64Mi"
    cpu_limit    = "300m"
    memory_limit = "128Mi"
  }
  probe "readiness" {
    grpc  = "grpc"
    delay = 15
  }
}

workload "shop" "redis-cart" {
  image    = "redis:alpine"
  replicas = 1
  ports    = { redis = 6379 }
  volume "data" {
    path = "/data"
    size = "200Mi"
  }
  resources {
    cpu          = "70m"
    memory       = "200Mi"
    cpu_limit    = "125m"
    memory_limit = "256Mi"
  }
  probe "readiness" { exec = ["redis-cli", "ping"] }
  probe "liveness" {
    tcp      = "redis"
    failures = 5
  }
}

workload "shop" "checkoutservice" {
  profile = profile.grpc-service
  image   = "${local.images}/checkoutservice:${local.release}"
  ports   = { grpc = 5050 }
  calls = [
    workload.payments.paymentservice.port.grpc,
    workload.shop.cartservice.port.grpc,
    workload.shop.currencyservice.port.grpc,
    workload.shop.emailservice.port.grpc,
    workload.shop.productcatalogservice.port.grpc,
    workload.shop.shippingservice.port.grpc,
  ]
  env = {
    PORT                         = "5050"
    PRODUCT_CATALOG_SERVICE_ADDR = "productcatalogservice:3550"
    SHIPPING_SERVICE_ADDR        = "shippingservice:50051"
    PAYMENT_SERVICE_ADDR         = "paymentservice.payments:50051"
    EMAIL_SERVICE_ADDR           = "emailservice:5000"
    CURRENCY_SERVICE_ADDR        = "currencyservice:7000"
    CART_SERVICE_ADDR            = "cartservice:7070"
  }
}

workload "shop" "currencyservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/currencyservice:${local.release}"
  ports         = { grpc = 7000 }
  env           = { PORT = "7000", DISABLE_PROFILER = "1" }
  grace_seconds = 5
}

workload "shop" "emailservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/emailservice:${local.release}"
  env           = { PORT = "8080", DISABLE_PROFILER = "1" }
  grace_seconds = 5
  port "grpc" {
    number  = 8080
    service = 5000
  }
}

workload "shop" "productcatalogservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/productcatalogservice:${local.release}"
  ports         = { grpc = 3550 }
  env           = { PORT = "3550", DISABLE_PROFILER = "1" }
  grace_seconds = 5
}

workload "shop" "recommendationservice" {
  profile       = profile.grpc-service
  image         = "${local.images}/recommendationservice:${local.release}"
  ports         = { grpc = 8080 }
  calls         = [workload.shop.productcatalogservice.port.grpc]
  grace_seconds = 5
  env = {
    PORT                         = "8080"
    PRODUCT_CATALOG_SERVICE_ADDR = "productcatalogservice:3550"
    DISABLE_PROFILER             = "1"
  }
  resources {
    cpu          = "100m"
    memory       = "220Mi"
    cpu_limit    = "200m"
    memory_limit = "450Mi"
  }
}

workload "shop" "shippingservice" {
  profile = profile.grpc-service
  image   = "${local.images}/shippingservice:${local.release}"
  ports   = { grpc = 50051 }
  env     = { PORT = "50051", DISABLE_PROFILER = "1" }
}

workload "payments" "paymentservice" {
  profile       = profile.grpc-service
  pool          = node_pool.payments
  image         = "${local.images}/paymentservice:${local.release}"
  ports         = { grpc = 50051 }
  env           = { PORT = "50051", DISABLE_PROFILER = "1" }
  grace_seconds = 5
}

workload "loadtest" "loadgenerator" {
  image         = "${local.images}/loadgenerator:${local.release}"
  replicas      = 1
  calls         = [workload.shop.frontend.port.http]
  grace_seconds = 5
  env = {
    FRONTEND_ADDR = "frontend.shop:80"
    USERS         = "10"
    RATE          = "1"
  }
  resources {
    cpu          = "300m"
    memory       = "256Mi"
    cpu_limit    = "500m"
    memory_limit = "512Mi"
  }
}

asset "card-payments" {
  held_by     = [workload.payments.paymentservice]
  sensitivity = "critical"
}

asset "carts" {
  held_by     = [workload.shop.cartservice, workload.shop.redis-cart]
  sensitivity = "high"
}

# The shop window may fall; it must not carry the cluster with it.
invariant "frontend-is-far-from-the-cluster" {
  condition     = tolerance(workload.shop.frontend, cluster.boutique) >= 2
  error_message = "At least two faults must coincide before code in the frontend rules the cluster."
}
