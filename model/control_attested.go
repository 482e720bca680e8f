package model

// Controls that no file can prove; a named team states them.
const (
	IDPMFA                 ControlID = "idp-mfa"
	DiskEncrypted          ControlID = "disk-encryption"
	SecureBooted           ControlID = "secure-boot"
	ConsoleIsolated        ControlID = "console-isolated"
	BranchProtection       ControlID = "branch-protection"
	RegistryPushRestricted ControlID = "registry-push-restricted"
	RegistryPullOnly       ControlID = "registry-pull-only"
	BackupImmutable        ControlID = "backup-immutable"
	DeviceManaged          ControlID = "device-managed"
	AuditSinkAppendOnly    ControlID = "audit-sink-append-only"
	CIRunnersEphemeral     ControlID = "ci-runners-ephemeral"
	LeaversRemoved         ControlID = "leavers-removed"
	RuntimeDetection       ControlID = "runtime-detection"
)

var attestedControls = []*Control{
	{
		ID:        IDPMFA,
		Layer:     LayerOrganisation,
		Subject:   "cluster",
		Title:     "The identity provider demands a second factor",
		Attested:  true,
		Doc:       "The API server sees a token, not how its owner logged in. Evidence: the identity provider's policy for the client id, showing that a phishing-resistant factor is required. NSA/CISA, authentication and authorization; NIST SP 800-190, 4.3.2.",
		Standards: []string{"NSA-T08", "NIST-800-190-4.3.2", "PCI-01", "OWASP-2025-K09"},
	},
	{
		ID:        DiskEncrypted,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Disks are encrypted and their keys bound to the machine",
		Attested:  true,
		Doc:       "etcd, kubelet credentials and cached images lie on disks that can be carried away. Evidence: the provisioning template and the output of cryptsetup luksDump on each node.",
		Standards: []string{"NIST-800-190-4.6", "CIS-GKE-5.9.2"},
	},
	{
		ID:        SecureBooted,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Nodes start signed software only",
		Attested:  true,
		Doc:       "A replaced kernel or kubelet sees everything; secure boot refuses unsigned ones. Evidence: mokutil --sb-state on each node, the provider's setting for virtual machines. NIST SP 800-190, 4.6.",
		Standards: []string{"NIST-800-190-4.6", "CIS-GKE-5.5.5"},
	},
	{
		ID:        ConsoleIsolated,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Management consoles and controllers are on a network of their own",
		Attested:  true,
		Doc:       "A baseboard controller or hypervisor console is root on the node without a login to Kubernetes. Evidence: the network plan and a scan from the node network that finds no console.",
		Standards: []string{"NSA-T05", "NIST-800-190-4.5.4"},
	},
	{
		ID:        BranchProtection,
		Layer:     LayerOrganisation,
		Subject:   "repository",
		Title:     "Nobody merges alone",
		Attested:  true,
		Doc:       "CODEOWNERS and the verify job bind nobody unless the repository requires both and lets no administrator past. Evidence: the export of the branch rules.",
		Standards: []string{"PCI-15", "PCI-14"},
	},
	{
		ID:        RegistryPushRestricted,
		Layer:     LayerImage,
		Subject:   "registry",
		Title:     "Only the pipeline pushes images",
		Attested:  true,
		Doc:       "Who may push may replace what runs at the next tag. Evidence: the registry's permissions, showing the pipeline's identity as the only writer, and its log of writes. NIST SP 800-190, 4.2.3.",
		Standards: []string{"NIST-800-190-4.2.3", "PCI-13"},
	},
	{
		ID:        RegistryPullOnly,
		Layer:     LayerImage,
		Subject:   "registry",
		Title:     "The credential that nodes pull with cannot push",
		Attested:  true,
		Doc:       "The credential lies in every namespace that pulls with it, and on its nodes. If it can write, whoever reads one Secret decides what runs next. Evidence: the registry's permissions of that user, showing the right to read the declared path alone. NIST SP 800-190, 4.2.3.",
		Standards: []string{"NIST-800-190-4.2.3", "PCI-13"},
	},
	{
		ID:       BackupImmutable,
		Layer:    LayerConfig,
		Subject:  "backup",
		Title:    "Backups cannot be deleted before their time",
		Attested: true,
		Doc:      "An attacker who deletes the cluster deletes its backups first. Evidence: the retention lock of the bucket or the write-once setting of the server, and who may lift it.",
	},
	{
		ID:        DeviceManaged,
		Layer:     LayerOrganisation,
		Subject:   "vpn",
		Title:     "Devices are managed: encrypted, patched, screen-locked",
		Attested:  true,
		Doc:       "A VPN key is as safe as the laptop that holds it. Evidence: the device-management report for every device that the specification lists.",
		Standards: []string{"NIST-800-190-4.3.2"},
	},
	{
		ID:        AuditSinkAppendOnly,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "The audit store cannot be changed by the cluster's administrators",
		Attested:  true,
		Doc:       "Whoever takes the cluster erases the traces; records must be kept by somebody else. Evidence: the log store's permissions, with no administrator of the cluster among those who may delete. NSA/CISA, audit logging and threat detection.",
		Standards: []string{"NSA-T09", "PCI-07", "OWASP-2025-K10"},
	},
	{
		ID:        CIRunnersEphemeral,
		Layer:     LayerImage,
		Subject:   "pipeline",
		Title:     "Every job runs on a fresh machine",
		Attested:  true,
		Doc:       "A job that leaves something behind on its machine reaches the next job, which may hold an identity. Evidence: the runner's configuration, one job for each machine.",
		Standards: []string{"PCI-12"},
	},
	{
		ID:        LeaversRemoved,
		Layer:     LayerOrganisation,
		Subject:   "team",
		Title:     "People who leave lose their login the same day",
		Attested:  true,
		Doc:       "Bartizan issues no credential that outlives a login at the identity provider; VPN devices are removed by a change of the specification. Evidence: the leavers' procedure and its last review.",
		Standards: []string{"NIST-800-190-4.3.2", "PCI-01"},
	},
	{
		ID:        RuntimeDetection,
		Layer:     LayerOrganisation,
		Subject:   "cluster",
		Title:     "Suspicious behaviour in pods and on nodes raises an alert that somebody answers",
		Attested:  true,
		Doc:       "Files cannot show that somebody looks. Evidence: an alert raised on purpose, such as a shell in a pod, and the time until it was answered. NSA/CISA, threat detection; NIST SP 800-190, 4.4.4.",
		Standards: []string{"NSA-T11", "NIST-800-190-4.4.4", "PCI-08", "OWASP-2025-K10"},
	},
}
