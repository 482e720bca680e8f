package model

// Controls of what runs in the cluster, claimed by the files below clusters/NAME/manifests.
const (
	DefaultDeny             ControlID = "default-deny"
	IngressExact            ControlID = "ingress-exact"
	EgressExact             ControlID = "egress-exact"
	MetadataBlocked         ControlID = "metadata-blocked"
	APIEgressBlocked        ControlID = "api-egress-blocked"
	DNSClusterOnly          ControlID = "dns-cluster-only"
	PodSecurityEnforced     ControlID = "pod-security-enforced"
	PodRestricted           ControlID = "pod-restricted"
	NoPrivileged            ControlID = "no-privileged"
	NoHostNamespaces        ControlID = "no-host-namespaces"
	NoHostPaths             ControlID = "no-host-paths"
	CapabilitiesDropped     ControlID = "capabilities-dropped"
	NoAddedCapabilities     ControlID = "no-added-capabilities"
	SeccompProfile          ControlID = "seccomp-profile"
	NonRoot                 ControlID = "non-root"
	ReadOnlyRoot            ControlID = "read-only-root"
	SiblingIsolation        ControlID = "sibling-isolation"
	NoToken                 ControlID = "no-token"
	OwnAccount              ControlID = "own-account"
	LeastPrivilege          ControlID = "least-privilege"
	NoEscalation            ControlID = "no-escalation"
	DefaultAccountEmpty     ControlID = "default-account-empty"
	PeopleLeastPrivilege    ControlID = "people-least-privilege"
	SecretsAsFiles          ControlID = "secrets-as-files"
	Limits                  ControlID = "limits"
	NamespaceQuota          ControlID = "quota"
	ImageDigest             ControlID = "image-digest"
	ImageRegistry           ControlID = "image-registry"
	PoolIsolation           ControlID = "pool-isolation"
	RuntimeSandbox          ControlID = "runtime-sandbox"
	RegistriesEnforced      ControlID = "registries-enforced"
	DigestsEnforced         ControlID = "digests-enforced"
	PoliciesProtected       ControlID = "policies-protected"
	ServiceTypesEnforced    ControlID = "service-types-enforced"
	GatewayRoutesRestricted ControlID = "gateway-routes-restricted"
	MeshStrictMTLS          ControlID = "mesh-strict-mtls"
)

var workloadControls = []*Control{
	{
		ID:      DefaultDeny,
		Layer:   LayerNetwork,
		Subject: "namespace",
		Title:   "No pod of the namespace sends or receives undeclared traffic",
	},
	{
		ID:      IngressExact,
		Layer:   LayerNetwork,
		Subject: "workload",
		Title:   "Only declared sources reach the workload's ports",
	},
	{
		ID:      EgressExact,
		Layer:   LayerNetwork,
		Subject: "workload",
		Title:   "The workload reaches declared destinations only",
	},
	{
		ID:      MetadataBlocked,
		Layer:   LayerNetwork,
		Subject: "workload",
		Title:   "The workload cannot reach the metadata address",
	},
	{
		ID:      APIEgressBlocked,
		Layer:   LayerNetwork,
		Subject: "workload",
		Title:   "The workload cannot reach the API server",
	},
	{
		ID:      DNSClusterOnly,
		Layer:   LayerNetwork,
		Subject: "workload",
		Title:   "The workload resolves names through the cluster's DNS only",
	},
	{
		ID:      PodSecurityEnforced,
		Layer:   LayerPod,
		Subject: "namespace",
		Title:   "The namespace enforces the restricted level on every pod",
	},
	{
		ID:      PodRestricted,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "The workload's pods pass the restricted level",
	},
	{
		ID:      NoPrivileged,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "No container of the workload is privileged",
		Default: true, // a pod takes it only if its manifest asks for it
	},
	{
		ID:      NoHostNamespaces,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "The workload shares no namespace with its node",
		Default: true, // a pod takes it only if its manifest asks for it
	},
	{
		ID:      NoHostPaths,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "The workload mounts no directory of its node",
		Default: true, // a pod takes it only if its manifest asks for it
	},
	{
		ID:      CapabilitiesDropped,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers drop all Linux capabilities",
	},
	{
		ID:      NoAddedCapabilities,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers have no Linux capability beyond those that the runtime grants by default",
		Doc:     "The runtime's default set leaves out SYS_ADMIN, SYS_MODULE, SYS_PTRACE and DAC_READ_SEARCH, each of which leads to the node; a container has them only if its manifest adds them or is privileged. Source: Kubernetes, Pod Security Standards, baseline level, capabilities.",
		Default: true,
	},
	{
		ID:      SeccompProfile,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers run under a seccomp profile",
	},
	{
		ID:      NonRoot,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers run as an unprivileged user",
	},
	{
		ID:      ReadOnlyRoot,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers cannot write their root file system",
	},
	{
		ID:      SiblingIsolation,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Containers of a pod run as different users and share no processes",
	},
	{
		ID:      NoToken,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "No API token is mounted",
	},
	{
		ID:      OwnAccount,
		Layer:   LayerConfig,
		Subject: "workload",
		Title:   "The workload has a service account of its own",
	},
	{
		ID:      LeastPrivilege,
		Layer:   LayerConfig,
		Subject: "workload",
		Title:   "The workload's account may do what is declared and nothing else",
		Default: true, // RBAC grants nothing that no binding names
	},
	{
		ID:      NoEscalation,
		Layer:   LayerConfig,
		Subject: "workload",
		Title:   "The workload's account holds no right that leads to more rights",
	},
	{
		ID:      DefaultAccountEmpty,
		Layer:   LayerConfig,
		Subject: "namespace",
		Title:   "The default service account has no rights and no token",
	},
	{
		ID:      PeopleLeastPrivilege,
		Layer:   LayerConfig,
		Subject: "team",
		Title:   "The team's standing rights are the declared ones, without Secrets, exec or pod creation",
	},
	{
		ID:      SecretsAsFiles,
		Layer:   LayerConfig,
		Subject: "workload",
		Title:   "Secrets reach containers as files, never through the environment",
	},
	{
		ID:      Limits,
		Layer:   LayerPod,
		Subject: "workload",
		Title:   "Every container has limits for CPU, memory and ephemeral storage",
	},
	{
		ID:      NamespaceQuota,
		Layer:   LayerConfig,
		Subject: "namespace",
		Title:   "The namespace's use of resources is bounded",
	},
	{
		ID:      ImageDigest,
		Layer:   LayerImage,
		Subject: "workload",
		Title:   "Images are pinned by digest",
	},
	{
		ID:      ImageRegistry,
		Layer:   LayerImage,
		Subject: "workload",
		Title:   "Images come from declared registries",
	},
	{
		ID:      PoolIsolation,
		Layer:   LayerNode,
		Subject: "workload",
		Title:   "The workload runs in its own node pool",
	},
	{
		ID:      RuntimeSandbox,
		Layer:   LayerNode,
		Subject: "workload",
		Title:   "The workload runs in a sandboxed runtime",
	},
	{
		ID:      RegistriesEnforced,
		Layer:   LayerImage,
		Subject: "cluster",
		Title:   "Pods with images from other registries are refused",
	},
	{
		ID:      DigestsEnforced,
		Layer:   LayerImage,
		Subject: "cluster",
		Title:   "Pods with images without a digest are refused",
	},
	{
		ID:      PoliciesProtected,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Only the platform's own identity changes admission policies and Pod Security labels",
	},
	{
		ID:      ServiceTypesEnforced,
		Layer:   LayerNetwork,
		Subject: "cluster",
		Title:   "Services that open node ports or load balancers are refused",
	},
	{
		ID:      GatewayRoutesRestricted,
		Layer:   LayerNetwork,
		Subject: "gateway",
		Title:   "Only declared namespaces attach routes to the gateway",
	},
	{
		ID:      MeshStrictMTLS,
		Layer:   LayerNetwork,
		Subject: "mesh",
		Title:   "Services authenticate each other with mutual TLS",
	},
}
