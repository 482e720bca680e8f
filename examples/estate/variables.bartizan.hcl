# What differs between the environments. Everything else is the same, on purpose: what was tried in staging is what runs.
# None of these has a default, so that no environment forgets one.

variable "environment" {
  type        = string
  description = "the name of the environment, as it stands in host names"

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "The environment is staging or production."
  }
}

variable "network" {
  type        = string
  description = "the first two numbers of all addresses of the machines"

  validation {
    condition     = can(regex("^10\\.[0-9]{1,3}$", var.network))
    error_message = "Write the first two numbers of the addresses, such as \"10.40\"."
  }
}

variable "countries" {
  type = map(object({
    parcels = number                # thousands of a day
    customs = optional(bool, false) # outside the customs union: parcels are declared
  }))
  description = "the countries that are served, by ISO code"

  validation {
    condition     = alltrue([for code in keys(var.countries) : can(regex("^[a-z]{2}$", code))])
    error_message = "Countries are two lower-case letters, as in ISO 3166."
  }
  validation {
    condition     = length(var.countries) > 0
    error_message = "Nothing runs without a country."
  }
}

variable "workers" {
  type        = number
  description = "most nodes of the general pool"
}

locals {
  domain   = "${var.environment == "production" ? "" : "${var.environment}."}nordpost.example"
  registry = "registry.nordpost.example"

  # Countries with many parcels get more pods of what handles each parcel.
  busy = { for code, c in var.countries : code => c.parcels > 400 }
}
