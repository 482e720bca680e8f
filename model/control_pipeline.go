package model

// Controls of the pipeline, GitOps and backups.
const (
	ImageScan          ControlID = "image-scan"
	SBOM               ControlID = "sbom"
	ImageSigning       ControlID = "image-signing"
	SecretScan         ControlID = "secret-scan"
	TreeVerified       ControlID = "tree-verified"
	CIShortCredentials ControlID = "ci-short-credentials"
	GitOpsPerNamespace ControlID = "gitops-per-namespace"
	BackupEncrypted    ControlID = "backup-encrypted"
	CodeOwners         ControlID = "code-owners"
)

var pipelineControls = []*Control{
	{
		ID:        ImageScan,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "Images with known vulnerabilities are not released",
		Doc:       "The build job scans the image's bytes before any job that holds an identity sees them, and the exit status of the scanner stops the job. The scanner runs outside the checkout, so that no ignore file of the source weakens it. NIST SP 800-190, 4.1.1.",
		Standards: []string{"NIST-800-190-4.1.1", "NSA-T13", "PCI-12", "OWASP-2022-K02", "CIS-EKS-5.1.1"},
	},
	{
		ID:        SBOM,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "Each image carries a bill of materials",
		Doc:       "A CycloneDX bill of materials is made from the scanned image and attached to its digest as a signed attestation, so that a vulnerability found later can be traced to the images that carry it. NSA/CISA and CISA's SBOM guidance.",
		Standards: []string{"PCI-12", "OWASP-2022-K02"},
	},
	{
		ID:        ImageSigning,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "Images are signed by the pipeline's identity",
		Doc:       "cosign signs the digest that was pushed with a certificate that Sigstore issues for the job's OIDC identity; no signing key exists that could be stolen. The identity is that of the shared workflow, so a build that bypasses it carries another signature. NIST SP 800-190, 4.1.5.",
		Standards: []string{"NIST-800-190-4.1.5", "CIS-1.12-5.5.1", "PCI-12", "OWASP-2022-K02"},
	},
	{
		ID:        SecretScan,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "Commits that contain secrets are refused",
		Doc:       "gitleaks reads the whole history of the source before anything is built; a finding stops the pipeline. Its rules are the built-in ones, not those of the source. A secret that was ever pushed is burnt all the same: rotate it. NIST SP 800-190, 4.1.4.",
		Standards: []string{"NIST-800-190-4.1.4", "OWASP-2025-K03", "PCI-06"},
	},
	{
		ID:        TreeVerified,
		Layer:     LayerOrganisation,
		Subject:   "pipeline",
		Title:     "The pipeline verifies the generated files",
		Doc:       "Each pull request regenerates the tree and compares it, then proves the controls from the files that would be merged, and holds the invariants. A hand edit, a weakening without an exception or an invariant that no longer holds fails the job; branch protection makes the job required. CIS 5 and PCI SSC, configuration management.",
		Standards: []string{"PCI-15", "NIST-800-190-4.1.2", "OWASP-2025-K07"},
	},
	{
		ID:        CIShortCredentials,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "The pipeline holds no long-lived credential",
		Doc:       "Jobs log in with an OIDC token that is issued to one job and expires within minutes; the files refer to no stored secret. Only the job that publishes may ask for such a token, and it runs no code of the source. GitHub: security hardening with OpenID Connect; GitLab: ID tokens.",
		Standards: []string{"PCI-01", "NIST-800-190-4.2.3", "OWASP-2025-K09"},
	},
	{
		ID:        GitOpsPerNamespace,
		Layer:     LayerConfig,
		Subject:   "gitops",
		Title:     "The GitOps controller acts with one account for each namespace",
		Doc:       "The controller impersonates an account for each namespace, which may change workloads there and neither roles nor network policies; guards and platform have an account of their own. Who can push to an application repository cannot loosen what guards it. Source: Flux, multi-tenancy; Argo CD, sync using impersonation.",
		Standards: []string{"OWASP-2025-K02", "PCI-02", "PCI-14"},
	},
	{
		ID:        BackupEncrypted,
		Layer:     LayerConfig,
		Subject:   "backup",
		Title:     "Backups are encrypted before they leave the node",
		Doc:       "A snapshot of etcd holds every Secret and outlives the cluster. The script encrypts it on the node to an age recipient whose private key is kept elsewhere, and removes the plain copy; without a recipient it stops. Kubernetes documentation, \"Operating etcd clusters\", on securing snapshots.",
		Standards: []string{"OWASP-2025-K03", "PCI-06"},
	},
	{
		ID:        CodeOwners,
		Layer:     LayerOrganisation,
		Subject:   "repository",
		Title:     "Guarded files name the team that must review them",
		Doc:       "CODEOWNERS names the teams that must approve a change of the policies that guard namespaces, of the platform's own objects, of exceptions and of the pipeline. It binds only together with branch protection, which no file can prove. GitHub and GitLab: code owners.",
		Standards: []string{"PCI-15", "NIST-800-190-4.3.1"},
	},
}
