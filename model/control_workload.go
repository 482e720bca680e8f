package model

// Controls of what runs in the cluster, claimed by the files below clusters/NAME/manifests.
const (
	DefaultDeny          ControlID = "default-deny"
	IngressExact         ControlID = "ingress-exact"
	EgressExact          ControlID = "egress-exact"
	MetadataBlocked      ControlID = "metadata-blocked"
	APIEgressBlocked     ControlID = "api-egress-blocked"
	MetadataGuarded      ControlID = "metadata-guarded"
	NodesGuarded         ControlID = "nodes-guarded"
	DNSClusterOnly       ControlID = "dns-cluster-only"
	PodSecurityEnforced  ControlID = "pod-security-enforced"
	PodRestricted        ControlID = "pod-restricted"
	NoPrivileged         ControlID = "no-privileged"
	NoHostNamespaces     ControlID = "no-host-namespaces"
	NoHostPaths          ControlID = "no-host-paths"
	CapabilitiesDropped  ControlID = "capabilities-dropped"
	NoAddedCapabilities  ControlID = "no-added-capabilities"
	SeccompProfile       ControlID = "seccomp-profile"
	NonRoot              ControlID = "non-root"
	ReadOnlyRoot         ControlID = "read-only-root"
	SiblingIsolation     ControlID = "sibling-isolation"
	NoToken              ControlID = "no-token"
	OwnAccount           ControlID = "own-account"
	LeastPrivilege       ControlID = "least-privilege"
	NoEscalation         ControlID = "no-escalation"
	DefaultAccountEmpty  ControlID = "default-account-empty"
	PeopleLeastPrivilege ControlID = "people-least-privilege"
	SecretsAsFiles       ControlID = "secrets-as-files"
	Limits               ControlID = "limits"
	NamespaceQuota       ControlID = "quota"
	ImageDigest          ControlID = "image-digest"
	ImageRegistry        ControlID = "image-registry"
	PoolIsolation        ControlID = "pool-isolation"
	RuntimeSandbox       ControlID = "runtime-sandbox"
	RegistriesEnforced   ControlID = "registries-enforced"
	DigestsEnforced      ControlID = "digests-enforced"
	SignaturesEnforced   ControlID = "signatures-enforced"
	PoliciesProtected    ControlID = "policies-protected"
	ServiceTypesEnforced ControlID = "service-types-enforced"
	PlacementEnforced    ControlID = "placement-enforced"
	BindingRefused       ControlID = "binding-refused"
	ExecRefused          ControlID = "exec-refused"
	AccountsEnforced     ControlID = "accounts-enforced"
	ExceptionsConfined   ControlID = "exceptions-confined"
)

var workloadControls = []*Control{
	{
		ID:        DefaultDeny,
		Layer:     LayerNetwork,
		Subject:   "namespace",
		Title:     "No pod of the namespace sends or receives undeclared traffic",
		Doc:       "A NetworkPolicy selects every pod of the namespace for both directions and allows nothing; policies add up, so every other one must belong to a declared workload. A new pod that nobody declared talks to nobody. Host-network pods are outside of every policy, so the namespace must not admit them (k8s.io/api/networking/v1, NetworkPolicySpec).",
		Standards: []string{"CIS-1.12-5.3.2", "NSA-2.0", "OWASP-2025-K05", "NIST-800-190-4.3.3", "PCI-04", "PCI-16"},
	},
	{
		ID:        IngressExact,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "Only declared sources reach the workload's ports",
		Doc:       "All rules of all policies that may select the workload's pods are taken apart into single permissions and compared with the declared calls, sources and published ports. Traffic from the pod's own node is always allowed: kubelets probe from there.",
		Standards: []string{"CIS-1.12-5.3.2", "NSA-2.0", "OWASP-2025-K05", "NIST-800-190-4.3.3", "PCI-04"},
	},
	{
		ID:        EgressExact,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "The workload reaches declared destinations only",
		Doc:       "The workload reaches the ports that it calls or that admit it, its declared destinations, the cluster's DNS and nothing else, so that stolen data and remote control find no way out. DNS names are enforced where the CNI can (Cilium, Antrea, Calico Enterprise, OVN-Kubernetes, kube-network-policies, EKS Auto Mode, GKE Dataplane V2), and refused in the specification where it cannot. Whoever answers for a name chooses the addresses that it stands for: any, but not the metadata addresses, the API server or the cluster's nodes, which are denied first on the ports of names. Three of these do not give the control to a workload with names: GKE denies no address to names, kube-network-policies believes answers that the workload itself can forge, and OVN-Kubernetes denies the rest only by a flag that no file shows.",
		Standards: []string{"CIS-1.12-5.3.2", "OWASP-2025-K05", "NIST-800-190-4.4.2", "PCI-04"},
	},
	{
		ID:        MetadataBlocked,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "The workload cannot reach the metadata address",
		Doc:       "Cloud providers hand credentials to whoever asks 169.254.169.254 (or their own address) from the machine. No egress rule of the workload contains such an address, and no declared DNS name may lead to one.",
		Standards: []string{"NSA-T07", "OWASP-2025-K08"},
	},
	{
		ID:        APIEgressBlocked,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "The workload cannot reach the API server",
		Doc:       "A stolen token is worth little where the API server cannot be reached. Only workloads with api_access have a rule for it, and no declared DNS name may lead to it: where the addresses of a managed control plane are not known, a name on its port might, so the control does not exist there.",
		Standards: []string{"NIST-800-190-4.4.2", "OWASP-2025-K06"},
	},
	{
		ID:        MetadataGuarded,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "No policy of the namespace opens the metadata address",
		Doc:       "A ClusterNetworkPolicy of the Admin tier denies the metadata addresses, unless the workload declares one. It is judged before every NetworkPolicy, so whoever may write those of the namespace opens nothing. Needs guard_rails, and Cilium's values, which turn the API on; of other network plugins no file says whether they know it. Source: policy.networking.k8s.io/v1alpha2, ClusterNetworkPolicySpec.tier.",
		Standards: []string{"NSA-T07", "OWASP-2025-K08"},
	},
	{
		ID:        NodesGuarded,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "No policy of the namespace opens the nodes or the API server",
		Doc:       "A ClusterNetworkPolicy of the Admin tier denies all addresses of the nodes and the API servers that the specification knows, on every port but those that the workload declares there. It is judged before every NetworkPolicy, so whoever may write those of the namespace opens nothing. Needs guard_rails, and Cilium's values, which turn the API on and let ranges of addresses match nodes. Source: policy.networking.k8s.io/v1alpha2; Cilium, Selecting pods or nodes with CIDR.",
		Standards: []string{"NIST-800-190-4.4.2", "OWASP-2025-K06"},
	},
	{
		ID:        DNSClusterOnly,
		Layer:     LayerNetwork,
		Subject:   "workload",
		Title:     "The workload resolves names through the cluster's DNS only",
		Doc:       "Port 53 is open to the pods of the cluster's DNS alone, for UDP and TCP: no other server's answers are believed. Queries through the cluster's DNS can still carry data out.",
		Standards: []string{"NIST-800-190-4.4.2"},
	},
	{
		ID:        PodSecurityEnforced,
		Layer:     LayerPod,
		Subject:   "namespace",
		Title:     "The namespace enforces the restricted level on every pod",
		Doc:       "The API server's own admission plugin refuses pods below the restricted level of the Pod Security Standards, whoever creates them. The version is pinned, so that an upgrade changes nothing by itself. Source: Kubernetes, Pod Security Admission.",
		Standards: []string{"CIS-1.12-5.2.1", "STIG-V-254800", "OWASP-2025-K01", "OWASP-2025-K04", "PCI-03"},
	},
	{
		ID:        PodRestricted,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "The workload's pods pass the restricted level",
		Doc:       "Every pod template is judged by Kubernetes' own evaluator at the restricted level in the version of the cluster: no privileges, host namespaces or host paths, no capabilities, a seccomp profile, an unprivileged user. Source: Kubernetes, Pod Security Standards.",
		Standards: []string{"CIS-1.12-5.6.3", "OWASP-2025-K01", "NIST-800-190-4.4.3", "PCI-03", "PSS-restricted-restrictedVolumes", "PSS-baseline-hostPorts", "PSS-baseline-hostProbesAndHostLifecycle", "PSS-baseline-sysctls", "PSS-baseline-appArmorProfile", "PSS-baseline-seLinuxOptions", "PSS-restricted-procMount_restricted"},
	},
	{
		ID:        NoPrivileged,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "No container of the workload is privileged",
		Default:   true, // a pod takes it only if its manifest asks for it
		Doc:       "A privileged container has all capabilities, all devices and no profile: it is root on the node. Init and ephemeral containers count like the others.",
		Standards: []string{"CIS-1.12-5.2.2", "CIS-1.12-5.2.10", "PSS-baseline-privileged", "PSS-baseline-windowsHostProcess"},
	},
	{
		ID:        NoHostNamespaces,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "The workload shares no namespace with its node",
		Default:   true, // a pod takes it only if its manifest asks for it
		Doc:       "In the node's network namespace a pod passes by every network policy and reaches what listens on loopback; in its process or IPC namespace it sees and signals the node's processes.",
		Standards: []string{"CIS-1.12-5.2.3", "CIS-1.12-5.2.4", "CIS-1.12-5.2.5", "PSS-baseline-hostNamespaces"},
	},
	{
		ID:        NoHostPaths,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "The workload mounts no directory of its node",
		Default:   true, // a pod takes it only if its manifest asks for it
		Doc:       "A directory of the node leads to its credentials, to other pods' files or to the runtime's socket; read-only is not enough for a socket. Volumes that may be one, such as inline CSI volumes and local persistent volumes of the tree, count as well.",
		Standards: []string{"CIS-1.12-5.2.11", "PSS-baseline-hostPathVolumes", "PSS-restricted-restrictedVolumes"},
	},
	{
		ID:        CapabilitiesDropped,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Containers drop all Linux capabilities",
		Doc:       "Each container drops ALL and adds at most NET_BIND_SERVICE. The default set still allows forged packets (NET_RAW) and changes of ownership inside the container.",
		Standards: []string{"CIS-1.12-5.2.8", "CIS-1.12-5.2.9", "PSS-baseline-capabilities_baseline", "PSS-restricted-capabilities_restricted"},
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
		ID:        SeccompProfile,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Containers run under a seccomp profile",
		Doc:       "The runtime's profile refuses the system calls through which most kernel escapes went. It is asked for by name: a privileged container ignores it, and a local profile has been read by nobody.",
		Standards: []string{"CIS-1.12-5.6.2", "PSS-baseline-seccompProfile_baseline", "PSS-restricted-seccompProfile_restricted", "NIST-800-190-4.4.3"},
	},
	{
		ID:        NonRoot,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Containers run as an unprivileged user",
		Doc:       "Containers run as a numeric user and group above zero, and allowPrivilegeEscalation is false, so that no set-user-id program takes it back. Users above 10,000 exist neither in images nor on nodes.",
		Standards: []string{"CIS-1.12-5.2.6", "CIS-1.12-5.2.7", "NSA-1.6", "PSS-restricted-runAsNonRoot", "PSS-restricted-runAsUser", "PSS-restricted-allowPrivilegeEscalation"},
	},
	{
		ID:        ReadOnlyRoot,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Containers cannot write their root file system",
		Doc:       "An attacker cannot replace programs or leave tools behind in the container; what must be written goes to scratch volumes of a bounded size.",
		Standards: []string{"NSA-1.1", "NIST-800-190-4.4.4"},
	},
	{
		ID:        SiblingIsolation,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Containers of a pod run as different users and share no processes",
		Doc:       "Containers of a pod share its network and volumes. Different users and separate process namespaces keep a compromised one from the memory and files of the others; a volume is written by one, unless the specification gives it to several.",
		Standards: []string{"NSA-1.6"},
	},
	{
		ID:        NoToken,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "No API token is mounted",
		Doc:       "Without api_access neither the pod nor its account mounts a token, and no volume holds one: what takes over the container has no identity at the API. A token Secret, which never expires, counts as well. Source: Kubernetes, RBAC good practices.",
		Standards: []string{"CIS-1.12-5.1.6", "OWASP-2025-K02"},
	},
	{
		ID:        OwnAccount,
		Layer:     LayerConfig,
		Subject:   "workload",
		Title:     "The workload has a service account of its own",
		Doc:       "Pods that share an account share its rights, and the audit log cannot tell them apart. Each workload has an account that no other pod of the tree uses.",
		Standards: []string{"CIS-1.12-5.1.5"},
	},
	{
		ID:        LeastPrivilege,
		Layer:     LayerConfig,
		Subject:   "workload",
		Title:     "The workload's account may do what is declared and nothing else",
		Default:   true, // RBAC grants nothing that no binding names
		Doc:       "All bindings of the tree are evaluated as the API server would, those to groups of accounts included; the result must be exactly the declared rules. A role that the tree does not define counts as cluster-admin, an aggregated one as unbounded.",
		Standards: []string{"CIS-1.12-5.1.1", "CIS-1.12-5.1.2", "CIS-1.12-5.1.3", "OWASP-2025-K02", "PCI-02"},
	},
	{
		ID:        NoEscalation,
		Layer:     LayerConfig,
		Subject:   "workload",
		Title:     "The workload's account holds no right that leads to more rights",
		Doc:       "None of the rights that lead to more: Secrets at large, pods and their controllers, exec, escalate, bind, impersonate, tokens, certificates, node proxies, admission, namespaces, objects of powerful operators. Source: Kubernetes, RBAC good practices, privilege escalation risks.",
		Standards: []string{"CIS-1.12-5.1.4", "CIS-1.12-5.1.8", "CIS-1.12-5.1.9", "CIS-1.12-5.1.10", "CIS-1.12-5.1.11", "CIS-1.12-5.1.12", "CIS-1.12-5.1.13", "RBAC-GP-01", "OWASP-2025-K02"},
	},
	{
		ID:        DefaultAccountEmpty,
		Layer:     LayerConfig,
		Subject:   "namespace",
		Title:     "The default service account has no rights and no token",
		Doc:       "A pod that names no account runs as default. That account has no rights, mounts no token, and no Secret holds one for it.",
		Standards: []string{"CIS-1.12-5.1.5"},
	},
	{
		ID:        PeopleLeastPrivilege,
		Layer:     LayerConfig,
		Subject:   "team",
		Title:     "The team's standing rights are the declared ones, without Secrets, exec or pod creation",
		Doc:       "Teams are bound, by group and namespace, to roles of our own: the built-in ones grow with every add-on, and edit reads Secrets and creates pods. Who inspects a cluster reads resources that belong to no namespace, each by name. Any binding to a person or an unknown group takes the proof away. Emergency access leaves no standing binding.",
		Standards: []string{"CIS-1.12-5.1.1", "CIS-1.12-5.1.7", "NIST-800-190-4.3.1", "RBAC-GP-05", "PCI-02"},
	},
	{
		ID:        SecretsAsFiles,
		Layer:     LayerConfig,
		Subject:   "workload",
		Title:     "Secrets reach containers as files, never through the environment",
		Doc:       "Environment variables leak to child processes, crash reports and whoever may read the pod; a file mounted in memory does not. Values come from a store outside the cluster and never stand in the tree: each from its declared entry, and only to the containers that the specification names.",
		Standards: []string{"CIS-1.12-5.4.1", "CIS-1.12-5.4.2", "OWASP-2025-K03", "PCI-06"},
	},
	{
		ID:        Limits,
		Layer:     LayerPod,
		Subject:   "workload",
		Title:     "Every container has limits for CPU, memory and ephemeral storage",
		Doc:       "Limits for CPU, memory and ephemeral storage, and sizes on scratch volumes, bound what a mining, looping or flooding container takes from its neighbours.",
		Standards: []string{"PCI-11"},
	},
	{
		ID:        NamespaceQuota,
		Layer:     LayerConfig,
		Subject:   "namespace",
		Title:     "The namespace's use of resources is bounded",
		Doc:       "A quota on CPU, memory, storage, pods and the number of objects, and default limits for containers that state none. One runaway or hijacked namespace cannot starve the others or flood etcd. Source: Kubernetes, resource quotas; RBAC good practices, denial of service.",
		Standards: []string{"RBAC-GP-02", "PCI-11", "CIS-1.12-5.6.1"},
	},
	{
		ID:        ImageDigest,
		Layer:     LayerImage,
		Subject:   "workload",
		Title:     "Images are pinned by digest",
		Doc:       "A tag can be moved to another image; a digest is the image. The manifests name the digest that the pipeline recorded for the container of that name.",
		Standards: []string{"NIST-800-190-4.2.2", "OWASP-2022-K02", "PCI-12"},
	},
	{
		ID:        ImageRegistry,
		Layer:     LayerImage,
		Subject:   "workload",
		Title:     "Images come from declared registries",
		Doc:       "Images come from the hosts and paths that the specification declares. Look-alike hosts and images without a host, which mean docker.io, are refused. Pods name the pull secrets of exactly these registries, each for its host and path alone: a credential that fits any host is sent to any host.",
		Standards: []string{"NIST-800-190-4.1.5", "CIS-1.12-5.5.1", "PCI-13"},
	},
	{
		ID:        PoolIsolation,
		Layer:     LayerNode,
		Subject:   "workload",
		Title:     "The workload runs in its own node pool",
		Doc:       "The workload selects its pool by a label that no kubelet may set itself, the pool is tainted, and no other pod of the tree tolerates the taint or names a node: an escape elsewhere lands on another machine.",
		Standards: []string{"NIST-800-190-4.3.4", "RBAC-GP-04", "PCI-16"},
	},
	{
		ID:        RuntimeSandbox,
		Layer:     LayerNode,
		Subject:   "workload",
		Title:     "The workload runs in a sandboxed runtime",
		Doc:       "A kernel in user space (gVisor) or a small virtual machine (Kata) stands between the container and the node's kernel: an exploit of the kernel's interface meets another one first.",
		Standards: []string{"NSA-T02", "PCI-09"},
	},
	{
		ID:        RegistriesEnforced,
		Layer:     LayerImage,
		Subject:   "cluster",
		Title:     "Pods with images from other registries are refused",
		Doc:       "A ValidatingAdmissionPolicy compares the image of every container and image volume with the declared registries, also when pods are changed or debugged. Names without a registry are refused. The API server takes a policy whose expressions name unknown fields and reports them only in status.typeChecking: look there after each upgrade.",
		Standards: []string{"OWASP-2022-K02", "OWASP-2025-K04", "NIST-800-190-4.1.5", "NIST-800-190-4.4.5"},
	},
	{
		ID:        DigestsEnforced,
		Layer:     LayerImage,
		Subject:   "cluster",
		Title:     "Pods with images without a digest are refused",
		Doc:       "A ValidatingAdmissionPolicy asks for a digest in every image reference: a tag can be moved to another image, a digest cannot. While images of the specification are unresolved their exact references are let through, and the control is not claimed.",
		Standards: []string{"OWASP-2022-K02", "OWASP-2025-K04", "NIST-800-190-4.2.2", "NIST-800-190-4.4.5"},
	},
	{
		ID:        SignaturesEnforced,
		Layer:     LayerImage,
		Subject:   "cluster",
		Title:     "Images of registries with keys need a signature of one of them",
		Doc:       "Policies of sigstore's policy-controller ask for a signature of a declared key before a pod starts, in every declared namespace but the controller's own; kube-system and namespaces that nobody declared are not asked. The files say what is asked; whether the controller runs, and refuses what matches no policy, is declared by its add-on. Images of a registry with signed_by = [] pass.",
		Standards: []string{"OWASP-2022-K02", "OWASP-2025-K04", "NIST-800-190-4.1.5"},
	},
	{
		ID:        PoliciesProtected,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Only the platform's own identity changes admission policies and Pod Security labels",
		Doc:       "Policies freeze Pod Security labels, network policies, quotas, roles over admission policies and bindings to cluster-admin for everybody but the platform's GitOps account. The API server evaluates no policy on admission policies themselves (k8s.io/apiserver/pkg/admission/plugin/policy/generic), so no role of the tree may write those. Administrators of the control plane remain: they can delete any policy.",
		Standards: []string{"CIS-1.12-5.1.1", "CIS-1.12-5.1.12", "RBAC-GP-01", "OWASP-2025-K04"},
	},
	{
		ID:        ServiceTypesEnforced,
		Layer:     LayerNetwork,
		Subject:   "cluster",
		Title:     "Services that open node ports or load balancers are refused",
		Doc:       "A ValidatingAdmissionPolicy refuses NodePort, LoadBalancer, ExternalName and externalIPs, but for the load balancers of declared gateways, so that nothing is published that the specification does not publish.",
		Standards: []string{"K8S-09", "OWASP-2025-K06", "PCI-04"},
	},
	{
		ID:        PlacementEnforced,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "Pods that choose control-plane or dedicated nodes are refused",
		Doc:       "A taint keeps out only pods that do not tolerate it, and everybody who may create pods may write a toleration. A ValidatingAdmissionPolicy lets declared workloads alone tolerate these taints, and refuses nodeName, which passes by the scheduler.",
		Standards: []string{"NIST-800-190-4.3.4"},
	},
	{
		ID:        BindingRefused,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "The scheduler alone puts pods on nodes",
		Doc:       "A Binding puts a pod that waits on any node, whatever the taints of the node and the tolerations of the pod: both are the scheduler's business. A ValidatingAdmissionPolicy lets the scheduler alone create Bindings, as a second layer behind RBAC. Source: Kubernetes API reference, Binding v1; k8s.io/kubernetes, pkg/registry/core/pod/storage.",
		Standards: []string{"NIST-800-190-4.3.4"},
	},
	{
		ID:        ExecRefused,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Commands, port forwarding and debug containers in pods are refused outside of an emergency",
		Doc:       "A second layer behind RBAC: a ValidatingAdmissionPolicy refuses exec, attach, port forwarding and ephemeral containers to everybody but people with emergency access and administrators.",
		Standards: []string{"OWASP-2025-K04", "NIST-800-190-4.3.1"},
	},
	{
		ID:        AccountsEnforced,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Pods of the default account and tokens that never expire are refused",
		Doc:       "The default account of a namespace is that of every pod which names none: a right that somebody gives it is everybody's. A Secret of type kubernetes.io/service-account-token holds a token without an end, which a thief uses for ever. ValidatingAdmissionPolicies refuse both (Kubernetes, Secrets; RBAC good practices).",
		Standards: []string{"CIS-1.12-5.1.5", "OWASP-2025-K01"},
	},
	{
		ID:        ExceptionsConfined,
		Layer:     LayerPod,
		Subject:   "cluster",
		Title:     "In every namespace, pods below the restricted level are refused, but for what their workload's exceptions give",
		Doc:       "Pod Security Admission judges a whole namespace by its label: an exception for one workload lets every other pod of the namespace be privileged too. A ValidatingAdmissionPolicy holds each pod to the restricted level, and lets through exactly the host namespaces, ports, paths, capabilities and privileges that the specification gives to the workload whose account the pod has. Who may create pods with that account has its exceptions. Not claimed while an add-on runs in a namespace below the restricted level: its pods are not known.",
		Standards: []string{"CIS-1.12-5.2.2", "OWASP-2025-K01", "OWASP-2025-K04", "NIST-800-190-4.4.3"},
	},
}
