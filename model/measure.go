package model

// Measure is one challenge that securing a Kubernetes cluster has, or one measure against it, and the controls that
// answer it. The list is the checklist of the whole project: what must be covered, layer by layer.
type Measure struct {
	ID       string // "P1", "N3": layer and number
	Layer    Layer  // empty for the principles
	Title    string
	Controls []ControlID // that do it, in files or by people
	// Elsewhere says what answers the measure besides controls: an analysis, a command, a document.
	Elsewhere string
}

// Measures lists the principles, then the layers from the node to the organisation.
var Measures = []Measure{
	{
		ID: "P1", Title: "Several layers, none of them the only one",
		Elsewhere: "the attack graph: which single faults open an asset",
	},
	{
		ID: "P2", Title: "Least privilege for every component, person and workload; different keys for different doors",
		Controls: []ControlID{LeastPrivilege, NoEscalation, NoToken, OwnAccount, DefaultAccountEmpty, AccountsEnforced, PeopleLeastPrivilege, NodeRestriction, EtcdOwnCA, GitOpsPerNamespace, ControllerAccounts},
	},
	{
		ID: "P3", Title: "Smallest attack surface: nothing listens, runs or is mounted that is not needed",
		Controls:  []ControlID{HostFirewall, DefaultDeny, IngressExact, EgressExact, ProfilingOff, ControllersOnLoopback, KubeletReadOnlyPortOff, StaticPodsOff, NodeSSHOff, ServiceTypesEnforced, KubeletDebugOff, KubeProxyLocal},
		Elsewhere: "secure by omission: what the specification leaves out is closed",
	},
	{
		ID: "P4", Title: "The threat model comes first and answers \"what if\"",
		Elsewhere: "bartizan threatmodel; docs/exercises of the tree",
	},

	{
		ID: "N1", Layer: LayerNode, Title: "An attacker takes the host",
		Controls: []ControlID{HostFirewall, KernelHardened, NodePatching, RuntimeHardened, NodeSSHRestricted, NodeSSHClosed, NoPrivileged, NoHostNamespaces, NoHostPaths, CapabilitiesDropped, NoAddedCapabilities, SeccompProfile, NonRoot},
	},
	{
		ID: "N2", Layer: LayerNode, Title: "The kubelet is replaced or abused",
		Controls: []ControlID{KubeletAuthentication, KubeletAuthorization, KubeletReadOnlyPortOff, KubeletCertificates, KubeletsVerified, KubeletTLS, KubeletFirewall, NodeRestriction, NodeAuditd, FilePermissions, KubeletDefaultsKept, KubeletDebugOff},
	},
	{
		ID: "N3", Layer: LayerNode, Title: "An attacker stands on a node with control-plane components",
		Controls: []ControlID{ControlPlaneTaint, ControlPlaneConfined, KubeVIPConfined, FilePermissions, EtcdFirewall},
	},
	{
		ID: "N4", Layer: LayerNode, Title: "Physical access",
		Controls: []ControlID{DiskEncrypted, SecureBooted, ConsoleIsolated, SecretsEncrypted},
	},
	{
		ID: "N5", Layer: LayerNode, Title: "Resources are drained: mining, noisy neighbours, runaway scaling",
		Controls: []ControlID{Limits, NamespaceQuota, PIDsLimited, EventRateLimit, EgressExact, RequestsBounded},
	},
	{
		ID: "N6", Layer: LayerNode, Title: "Debugging tools and manual configuration are left behind",
		Controls: []ControlID{KernelDefaultsProtected, ReadOnlyRoot, TreeVerified, NodeAuditd},
	},
	{
		ID: "N7", Layer: LayerNode, Title: "Unneeded open ports, unpatched and unwatched hosts",
		Controls: []ControlID{HostFirewall, NodePatching, NodeAuditd, RuntimeDetection},
	},
	{
		ID: "N8", Layer: LayerNode, Title: "Sensitive workloads are kept apart",
		Controls: []ControlID{PoolDedicated, PoolIsolation, PlacementEnforced, BindingRefused, RuntimeSandbox},
	},

	{
		ID: "W1", Layer: LayerNetwork, Title: "A connectivity plan: who talks to whom, on which port",
		Controls: []ControlID{IngressExact, EgressExact}, Elsewhere: "docs/connectivity.md of the tree",
	},
	{
		ID: "W2", Layer: LayerNetwork, Title: "The chain from container to host to host to world",
		Controls: []ControlID{ServiceTypesEnforced, HostFirewall, DefaultDeny, NoHostNamespaces},
	},
	{
		ID: "W3", Layer: LayerNetwork, Title: "Discovery and DNS",
		Controls: []ControlID{DNSClusterOnly},
	},
	{
		ID: "W4", Layer: LayerNetwork, Title: "Load balancers and external addresses appear unasked",
		Controls: []ControlID{ServiceTypesEnforced, DenyExternalIPs, GatewaySourcesExact, GatewayRoutesRestricted},
	},
	{
		ID: "W5", Layer: LayerNetwork, Title: "Internal services authenticate and authorize each other",
		Controls: []ControlID{MeshStrictMTLS, OwnAccount},
	},
	{
		ID: "W6", Layer: LayerNetwork, Title: "Encryption in transit and at rest, management of keys",
		Controls: []ControlID{APITLS, KubeletTLS, EtcdClientAuth, EtcdPeerAuth, SecretsEncrypted, BackupEncrypted, VPNKeys, MeshStrictMTLS},
	},
	{
		ID: "W7", Layer: LayerNetwork, Title: "Firewall rules",
		Controls: []ControlID{HostFirewall, EtcdFirewall, KubeletFirewall, APIFirewall, VPNFirewall, MetadataFirewall},
	},
	{
		ID: "W8", Layer: LayerNetwork, Title: "Network policy in both directions, as granular as possible",
		Controls: []ControlID{DefaultDeny, IngressExact, EgressExact, MetadataBlocked, APIEgressBlocked, MetadataGuarded, NodesGuarded},
	},
	{
		ID: "W9", Layer: LayerNetwork, Title: "The network is shared with other clusters or machines",
		Controls: []ControlID{HostFirewall, EgressExact, IngressExact},
	},

	{
		ID: "I1", Layer: LayerImage, Title: "Malicious images, poisoned bases",
		Controls: []ControlID{ImageRegistry, RegistriesEnforced, ImageDigest, DigestsEnforced, ImageSigning, SignaturesEnforced, RegistryPushRestricted, RegistryPullOnly, PulledImagesVerified},
	},
	{
		ID: "I2", Layer: LayerImage, Title: "Vulnerable or outdated images",
		Controls: []ControlID{ImageScan, SBOM},
	},
	{
		ID: "I3", Layer: LayerImage, Title: "The pipeline is compromised",
		Controls: []ControlID{CIShortCredentials, ImageSigning, SBOM, SecretScan, BranchProtection, CIRunnersEphemeral, GitOpsPerNamespace},
	},
	{
		ID: "I4", Layer: LayerImage, Title: "Limited blast radius of each container",
		Controls: []ControlID{PodRestricted, NoToken, EgressExact, Limits},
	},

	{
		ID: "C1", Layer: LayerConfig, Title: "Remote administration",
		Controls: []ControlID{JumpBoxRestricted, JumpBoxMFA, JumpBoxHardened, SessionRecording, VPNKeys, APIFirewall, OIDCLogin, IDPMFA},
	},
	{
		ID: "C2", Layer: LayerConfig, Title: "Laptops and phones of remote staff",
		Controls:  []ControlID{OIDCLogin, KubeconfigWithoutCredentials, VPNFirewall, DeviceManaged},
		Elsewhere: "docs/exercises/stolen-laptop.md of the tree",
	},
	{
		ID: "C3", Layer: LayerConfig, Title: "Configuration is hard to test; policies are overwritten or conflict",
		Controls: []ControlID{TreeVerified, PoliciesProtected, SetupScripts}, Elsewhere: "bartizan verify, bartizan generate --check",
	},
	{
		ID: "C4", Layer: LayerConfig, Title: "The API server: TLS only, nobody anonymous, RBAC",
		Controls: []ControlID{APITLS, AnonymousLimited, APIAuthorization, BoundTokens, ClientAuthorities, AdmissionDefaults, RootCAPublished},
	},
	{
		ID: "C5", Layer: LayerConfig, Title: "Kubelet and etcd are secured and authenticate each other",
		Controls: []ControlID{KubeletAuthentication, KubeletAuthorization, EtcdClientAuth, EtcdPeerAuth, EtcdOwnCA, EtcdFirewall, JoinTokensShort, EtcdCorruptionChecks},
	},
	{
		ID: "C6", Layer: LayerConfig, Title: "RBAC by namespace, no cluster-admin, temporary access instead",
		Controls: []ControlID{PeopleLeastPrivilege, ExecRefused, BreakGlassAccess, OwnAccount, DefaultAccountEmpty, AccountsEnforced, LeastPrivilege, NoEscalation},
	},
	{
		ID: "C7", Layer: LayerConfig, Title: "Secrets: never in clear text, stored, rotated, revoked",
		Controls: []ControlID{SecretsEncrypted, SecretsAsFiles, SecretScan, BackupEncrypted, BackupImmutable}, Elsewhere: "a specification that contains a secret is refused",
	},
	{
		ID: "C8", Layer: LayerConfig, Title: "Audit records that leave the cluster; monitoring and alerts",
		Controls: []ControlID{APIAudit, AuditContentsRecorded, AuditShipped, AuditSinkAppendOnly, NodeAuditd, SessionRecording, RuntimeDetection},
	},
	{
		ID: "C9", Layer: LayerConfig, Title: "Third-party components are updated, unused ones removed",
		Controls: []ControlID{NodePatching, ImageScan}, Elsewhere: "add-ons have a version and an owner in the specification",
	},
	{
		ID: "C10", Layer: LayerConfig, Title: "Compliance with published standards",
		Controls: []ControlID{TreeVerified}, Elsewhere: "docs/coverage.md of the tree",
	},

	{
		ID: "D1", Layer: LayerPod, Title: "Containers of a pod share localhost and volumes",
		Controls: []ControlID{SiblingIsolation, NonRoot, ReadOnlyRoot},
	},
	{
		ID: "D2", Layer: LayerPod, Title: "A bad container beside one that reaches the node",
		Controls: []ControlID{SiblingIsolation, PoolIsolation, NoHostPaths, NoPrivileged, ExceptionsConfined},
	},
	{
		ID: "D3", Layer: LayerPod, Title: "Add-ons on control-plane nodes",
		Controls: []ControlID{ControlPlaneTaint},
	},
	{
		ID: "D4", Layer: LayerPod, Title: "DaemonSets on every node",
		Controls: []ControlID{PodRestricted, CapabilitiesDropped, NoAddedCapabilities, NoHostNamespaces}, Elsewhere: "exceptions name each weakening",
	},
	{
		ID: "D5", Layer: LayerPod, Title: "Sidecars that others inject",
		Controls: []ControlID{SiblingIsolation, PodSecurityEnforced},
	},
	{
		ID: "D6", Layer: LayerPod, Title: "Root, privileged mode, host paths, writable root, capabilities, host namespaces",
		Controls: []ControlID{PodSecurityEnforced, PodSecurityDefault, ExceptionsConfined, PodRestricted, NonRoot, NoPrivileged, NoHostPaths, NoHostNamespaces, ReadOnlyRoot, CapabilitiesDropped, NoAddedCapabilities, SeccompProfile, SeccompDefault},
	},

	{
		ID: "O1", Layer: LayerOrganisation, Title: "Speed before security, unreviewed changes, small teams without expertise",
		Controls: []ControlID{CodeOwners, BranchProtection, TreeVerified, LeaversRemoved}, Elsewhere: "defaults that need no expertise",
	},
	{
		ID: "O2", Layer: LayerOrganisation, Title: "Somebody responsible for security takes part; the balance is deliberate",
		Controls: []ControlID{CodeOwners, BreakGlassAccess}, Elsewhere: "exceptions with reason, owner and end; docs/review-calendar.md of the tree",
	},
}
