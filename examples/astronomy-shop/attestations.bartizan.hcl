# What no file can prove, somebody states, with evidence and the date at which it is looked at again. Attested controls
# block nothing in the threat model unless asked to (--trust-attested).

attestation "idp-mfa" {
  control   = "idp-mfa"
  subject   = cluster.astronomy
  by        = team.astronomy
  evidence  = "https://wiki.example.com/astronomy/idp-mfa"
  review_by = "2027-06-30"
}

attestation "audit-sink" {
  control   = "audit-sink-append-only"
  subject   = cluster.astronomy
  by        = team.astronomy
  evidence  = "https://wiki.example.com/astronomy/audit-store"
  review_by = "2027-06-30"
}

attestation "branch-protection" {
  control   = "branch-protection"
  subject   = repository.platform
  by        = team.astronomy
  evidence  = "https://wiki.example.com/astronomy/branch-protection"
  review_by = "2027-06-30"
}

attestation "registry-push" {
  control   = "registry-push-restricted"
  subject   = registry.demo
  by        = team.astronomy
  evidence  = "https://wiki.example.com/astronomy/registry"
  review_by = "2027-06-30"
}

attestation "docker-hub-reads" {
  control   = "registry-pull-only"
  subject   = registry.docker-hub
  by        = team.platform
  evidence  = "https://wiki.example.com/astronomy/docker-hub"
  review_by = "2027-06-30"
}

attestation "runners" {
  control   = "ci-runners-ephemeral"
  subject   = pipeline.ci
  by        = team.platform
  evidence  = "https://wiki.example.com/astronomy/runners"
  review_by = "2027-06-30"
}

attestation "backup" {
  control   = "backup-immutable"
  subject   = backup.etcd
  by        = team.platform
  evidence  = "https://wiki.example.com/astronomy/backups"
  review_by = "2027-06-30"
}
