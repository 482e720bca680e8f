package model

// Controls that no file can prove; a named team states them.
const (
	IDPMFA                 ControlID = "idp-mfa"
	DiskEncrypted          ControlID = "disk-encryption"
	SecureBooted           ControlID = "secure-boot"
	ConsoleIsolated        ControlID = "console-isolated"
	BranchProtection       ControlID = "branch-protection"
	RegistryPushRestricted ControlID = "registry-push-restricted"
	BackupImmutable        ControlID = "backup-immutable"
	DeviceManaged          ControlID = "device-managed"
	AuditSinkAppendOnly    ControlID = "audit-sink-append-only"
	CIRunnersEphemeral     ControlID = "ci-runners-ephemeral"
	LeaversRemoved         ControlID = "leavers-removed"
	RuntimeDetection       ControlID = "runtime-detection"
)

var attestedControls = []*Control{
	{
		ID:       IDPMFA,
		Layer:    LayerOrganisation,
		Subject:  "cluster",
		Title:    "The identity provider demands a second factor",
		Attested: true,
	},
	{
		ID:       DiskEncrypted,
		Layer:    LayerNode,
		Subject:  "node_pool",
		Title:    "Disks are encrypted and their keys bound to the machine",
		Attested: true,
	},
	{
		ID:       SecureBooted,
		Layer:    LayerNode,
		Subject:  "node_pool",
		Title:    "Nodes start signed software only",
		Attested: true,
	},
	{
		ID:       ConsoleIsolated,
		Layer:    LayerNode,
		Subject:  "node_pool",
		Title:    "Management consoles and controllers are on a network of their own",
		Attested: true,
	},
	{
		ID:       BranchProtection,
		Layer:    LayerOrganisation,
		Subject:  "repository",
		Title:    "Nobody merges alone",
		Attested: true,
	},
	{
		ID:       RegistryPushRestricted,
		Layer:    LayerImage,
		Subject:  "registry",
		Title:    "Only the pipeline pushes images",
		Attested: true,
	},
	{
		ID:       BackupImmutable,
		Layer:    LayerConfig,
		Subject:  "backup",
		Title:    "Backups cannot be deleted before their time",
		Attested: true,
	},
	{
		ID:       DeviceManaged,
		Layer:    LayerOrganisation,
		Subject:  "vpn",
		Title:    "Devices are managed: encrypted, patched, screen-locked",
		Attested: true,
	},
	{
		ID:       AuditSinkAppendOnly,
		Layer:    LayerConfig,
		Subject:  "cluster",
		Title:    "The audit store cannot be changed by the cluster's administrators",
		Attested: true,
	},
	{
		ID:       CIRunnersEphemeral,
		Layer:    LayerImage,
		Subject:  "pipeline",
		Title:    "Every job runs on a fresh machine",
		Attested: true,
	},
	{
		ID:       LeaversRemoved,
		Layer:    LayerOrganisation,
		Subject:  "team",
		Title:    "People who leave lose their login the same day",
		Attested: true,
	},
	{
		ID:       RuntimeDetection,
		Layer:    LayerOrganisation,
		Subject:  "cluster",
		Title:    "Suspicious behaviour in pods and on nodes raises an alert that somebody answers",
		Attested: true,
	},
}
