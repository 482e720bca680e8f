package model

// Controls of single settings of the components, most of which a benchmark asks for by name.
const (
	ClientAuthorities    ControlID = "client-authorities"
	AdmissionDefaults    ControlID = "admission-defaults"
	RequestsBounded      ControlID = "requests-bounded"
	ControllerAccounts   ControlID = "controller-accounts"
	RootCAPublished      ControlID = "root-ca-published"
	EtcdCorruptionChecks ControlID = "etcd-corruption-checks"
	KubeProxyLocal       ControlID = "kube-proxy-local"
	KubeletDebugOff      ControlID = "kubelet-debug-off"
	KubeletDefaultsKept  ControlID = "kubelet-defaults-kept"
	PulledImagesVerified ControlID = "pulled-images-verified"
)

var componentControls = []*Control{
	{
		ID:        ClientAuthorities,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "The API server takes client certificates of the cluster's authority only, and front proxies have one of their own",
		Doc:       "A client certificate names its owner and his groups, so the authority that signs them decides who is who. The front proxy may name anybody in a header; it has an authority of its own, and only the one name front-proxy-client. kubeadm does this by itself; the file states it. CIS 1.2.25; kubernetes.io, Configure the Aggregation Layer.",
		Standards: []string{"CIS-1.12-1.2.25"},
		Default:   true,
	},
	{
		ID:        AdmissionDefaults,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "No admission plugin that Kubernetes enables is disabled, and none admits everything",
		Doc:       "Among the plugins that are enabled by default are PodSecurity, ServiceAccount, NamespaceLifecycle and the policies of the cluster; the file may disable none of them, and AlwaysAdmit is not named. CIS 1.2.10, 1.2.12, 1.2.13.",
		Standards: []string{"CIS-1.12-1.2.10", "CIS-1.12-1.2.12", "CIS-1.12-1.2.13", "STIG-V-242436", "STIG-V-254801"},
		Default:   true,
	},
	{
		ID:        RequestsBounded,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "API requests end after a minute, and finished pods do not pile up",
		Doc:       "A slow request holds a worker of the API server for at most a minute; a thousand finished pods are kept, not 12,500, because each is read with every list. CIS 1.2.20, 1.3.1.",
		Standards: []string{"CIS-1.12-1.2.20", "CIS-1.12-1.3.1", "STIG-V-242438"},
	},
	{
		ID:        ControllerAccounts,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Each controller of the controller manager acts with its own account",
		Doc:       "Each control loop gets a service account and a role of its own, instead of the sum of all their rights. kubeadm does this by itself; the file states it. CIS 1.3.3.",
		Standards: []string{"CIS-1.12-1.3.3"},
		Default:   true,
	},
	{
		ID:        RootCAPublished,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Pods get the authority by which they recognize the API server",
		Doc:       "The controller manager publishes the authority's certificate to every namespace, so that a client inside a pod verifies the API server before it shows its token. kubeadm does this by itself; the file states it. CIS 1.3.5.",
		Standards: []string{"CIS-1.12-1.3.5"},
		Default:   true,
	},
	{
		ID:      EtcdCorruptionChecks,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "etcd compares its members' data at start and while it runs",
		Doc:     "A member whose data differs does not start, and each compaction compares a hash of what remains: an object that somebody planted in one member's files is noticed. The first check is kubeadm's own choice, the second ours. etcd.io, Data Corruption.",
	},
	{
		ID:        KubeProxyLocal,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "kube-proxy answers on loopback only and writes nftables",
		Doc:       "Metrics and health are asked from the node itself. The mode is stated, because the default (iptables) is slower and ipvs is deprecated. Where Cilium replaces kube-proxy, there is none. A monitoring system that must read the metrics needs a proxy on the node that asks for credentials; for controller manager and scheduler the same holds. CIS 4.3.1.",
		Standards: []string{"CIS-1.12-4.3.1", "K8S-06"},
	},
	{
		ID:      KubeletDebugOff,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet's profiles, debug flags and system logs are not served",
		Doc:     "Whoever may ask the kubelet gets neither its memory profile, nor a higher log level, nor the node's log files. Logs and exec of containers are not concerned. kubernetes.io, Kubelet Configuration.",
	},
	{
		ID:        KubeletDefaultsKept,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet keeps its name, its event rate and what else benchmarks ask not to undo",
		Doc:       "The node's name comes from its host name, events are limited to 50 per second instead of dropped or unlimited (0 means unlimited since Kubernetes 1.37), the iptables hint chain is kept, and nodes with cgroup v1 are refused. CIS 4.2.5 and STIG V-245541 want an idle timeout of streams: the field has had no effect since 1.34 and is deprecated, so it is not written, and its default of four hours is what a scanner sees. CIS 4.2.5 to 4.2.8.",
		Standards: []string{"CIS-1.12-4.2.5", "CIS-1.12-4.2.6", "CIS-1.12-4.2.7", "CIS-1.12-4.2.8", "STIG-V-242404", "STIG-V-245541", "K8S-05"},
		Default:   true,
	},
	{
		ID:        PulledImagesVerified,
		Layer:     LayerImage,
		Subject:   "node_pool",
		Title:     "A pod gets a private image from the node's cache only with credentials for it",
		Doc:       "Since Kubernetes 1.35 the kubelet remembers with which credentials an image was pulled and asks the registry again for others; images that were on the node before are exempt, so that the control plane starts without a registry. CIS 1.2.11 wants the admission plugin AlwaysPullImages for the same end: it makes every start of a pod depend on the registry, so the safer choice for a running cluster is the kubelet's, and cluster.admission.always_pull_images chooses the other, which Kubernetes 1.34 needs.",
		Standards: []string{"CIS-1.12-1.2.11", "K8S-10"},
	},
}
