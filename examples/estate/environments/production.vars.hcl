environment = "production"
network     = "10.40"
workers     = 120

countries = {
  at = { parcels = 310 }
  be = { parcels = 420 }
  ch = { parcels = 260, customs = true }
  de = { parcels = 2900 }
  dk = { parcels = 350 }
  fi = { parcels = 180 }
  gb = { parcels = 640, customs = true }
  nl = { parcels = 890 }
  no = { parcels = 210, customs = true }
  pl = { parcels = 760 }
  se = { parcels = 480 }
}
