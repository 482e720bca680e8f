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
		ID:      ImageScan,
		Layer:   LayerImage,
		Subject: "pipeline",
		Title:   "Images with known vulnerabilities are not released",
	},
	{
		ID:      SBOM,
		Layer:   LayerImage,
		Subject: "pipeline",
		Title:   "Each image carries a bill of materials",
	},
	{
		ID:      ImageSigning,
		Layer:   LayerImage,
		Subject: "pipeline",
		Title:   "Images are signed by the pipeline's identity",
	},
	{
		ID:      SecretScan,
		Layer:   LayerImage,
		Subject: "pipeline",
		Title:   "Commits that contain secrets are refused",
	},
	{
		ID:      TreeVerified,
		Layer:   LayerOrganisation,
		Subject: "pipeline",
		Title:   "The pipeline verifies the generated files",
	},
	{
		ID:      CIShortCredentials,
		Layer:   LayerImage,
		Subject: "pipeline",
		Title:   "The pipeline holds no long-lived credential",
	},
	{
		ID:      GitOpsPerNamespace,
		Layer:   LayerConfig,
		Subject: "gitops",
		Title:   "The GitOps controller acts with one account for each namespace",
	},
	{
		ID:      BackupEncrypted,
		Layer:   LayerConfig,
		Subject: "backup",
		Title:   "Backups are encrypted before they leave the node",
	},
	{
		ID:      CodeOwners,
		Layer:   LayerOrganisation,
		Subject: "repository",
		Title:   "Guarded files name the team that must review them",
	},
}
