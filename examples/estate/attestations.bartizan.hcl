# What no file can prove, somebody states, with evidence and the date at which it is looked at again.

attestation "cluster" {
  for_each = {
    idp-mfa                = "security/idp-mfa"
    audit-sink-append-only = "security/audit-store"
  }
  control   = each.key
  subject   = cluster.estate
  by        = team.security
  evidence  = "https://wiki.nordpost.example/${each.value}"
  review_by = "2027-06-30"
}

attestation "machines" {
  for_each  = toset(["disk-encryption", "secure-boot", "console-isolated"])
  control   = each.key
  subject   = node_pool.control
  by        = team.platform
  evidence  = "https://wiki.nordpost.example/hall-2/${each.key}"
  review_by = "2027-06-30"
}
