# What no file can prove, somebody states, with evidence and the date at which it is looked at again. Attested controls
# block nothing in the threat model unless asked to (--trust-attested).

attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.platform
  by        = team.security
  evidence  = "https://wiki.example.com/platform/idp-mfa"
  review_by = "2027-06-30"
}

attestation "audit-sink" {
  control   = "audit-sink-append-only"
  subject   = cluster.platform
  by        = team.security
  evidence  = "https://wiki.example.com/platform/audit-store"
  review_by = "2027-06-30"
}

attestation "branch-protection" {
  control   = "branch-protection"
  subject   = repository.platform
  by        = team.security
  evidence  = "https://wiki.example.com/platform/branch-protection"
  review_by = "2027-06-30"
}

attestation "runners" {
  control   = "ci-runners-ephemeral"
  subject   = pipeline.ci
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/runners"
  review_by = "2027-06-30"
}

attestation "backup" {
  control   = "backup-immutable"
  subject   = backup.etcd
  by        = team.platform
  evidence  = "https://wiki.example.com/platform/backups"
  review_by = "2027-06-30"
}
