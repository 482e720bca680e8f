environment = "staging"
network     = "10.41"
workers     = 20

# One small country inside the customs union and one outside are enough to try everything.
countries = {
  dk = { parcels = 1 }
  no = { parcels = 1, customs = true }
}
