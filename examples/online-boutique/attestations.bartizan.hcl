# What no file can prove, somebody states, with evidence and the date at which it is looked at again. Attested controls
# block nothing in the threat model unless asked to (--trust-attested).

attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.boutique
  by        = team.security
  evidence  = "https://wiki.example.com/security/idp-mfa"
  review_by = "2027-06-30"
}

attestation "audit-sink" {
  control   = "audit-sink-append-only"
  subject   = cluster.boutique
  by        = team.security
  evidence  = "https://wiki.example.com/security/audit-store"
  review_by = "2027-06-30"
}

attestation "branch-protection" {
  control   = "branch-protection"
  subject   = repository.platform
  by        = team.security
  evidence  = "https://wiki.example.com/security/branch-protection"
  review_by = "2027-06-30"
}

attestation "registry-push" {
  control   = "registry-push-restricted"
  subject   = registry.boutique
  by        = team.security
  evidence  = "https://wiki.example.com/security/registry"
  review_by = "2027-06-30"
}

attestation "runners" {
  control   = "ci-runners-ephemeral"
  subject   = pipeline.ci
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/runners"
  review_by = "2027-06-30"
}

attestation "backup-lock" {
  control   = "backup-immutable"
  subject   = backup.etcd
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/backup-bucket"
  review_by = "2027-06-30"
}

attestation "disks-control" {
  control   = "disk-encryption"
  subject   = node_pool.control
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/control"
  review_by = "2027-06-30"
}

attestation "boot-control" {
  control   = "secure-boot"
  subject   = node_pool.control
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/control"
  review_by = "2027-06-30"
}

attestation "console-control" {
  control   = "console-isolated"
  subject   = node_pool.control
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/out-of-band-network"
  review_by = "2027-06-30"
}

attestation "disks-general" {
  control   = "disk-encryption"
  subject   = node_pool.general
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/general"
  review_by = "2027-06-30"
}

attestation "boot-general" {
  control   = "secure-boot"
  subject   = node_pool.general
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/general"
  review_by = "2027-06-30"
}

attestation "console-general" {
  control   = "console-isolated"
  subject   = node_pool.general
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/out-of-band-network"
  review_by = "2027-06-30"
}

attestation "disks-payments" {
  control   = "disk-encryption"
  subject   = node_pool.payments
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/payments"
  review_by = "2027-06-30"
}

attestation "boot-payments" {
  control   = "secure-boot"
  subject   = node_pool.payments
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/build-sheets/payments"
  review_by = "2027-06-30"
}

attestation "console-payments" {
  control   = "console-isolated"
  subject   = node_pool.payments
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/out-of-band-network"
  review_by = "2027-06-30"
}
