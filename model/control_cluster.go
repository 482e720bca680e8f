package model

// Controls of the control plane and the kubelets, claimed by the files below clusters/NAME/cluster.
const (
	AnonymousLimited        ControlID = "anonymous-limited"
	APIAuthorization        ControlID = "api-authorization"
	NodeRestriction         ControlID = "node-restriction"
	OIDCLogin               ControlID = "oidc-login"
	APITLS                  ControlID = "api-tls"
	APIAudit                ControlID = "api-audit"
	AuditContentsRecorded   ControlID = "audit-contents"
	AuditShipped            ControlID = "audit-shipped"
	SecretsEncrypted        ControlID = "secrets-encrypted"
	EtcdClientAuth          ControlID = "etcd-client-auth"
	EtcdPeerAuth            ControlID = "etcd-peer-auth"
	EtcdOwnCA               ControlID = "etcd-own-ca"
	PodSecurityDefault      ControlID = "pod-security-default"
	EventRateLimit          ControlID = "event-rate-limit"
	DenyExternalIPs         ControlID = "deny-external-ips"
	BoundTokens             ControlID = "bound-tokens"
	ProfilingOff            ControlID = "profiling-off"
	ControllersOnLoopback   ControlID = "controllers-on-loopback"
	KubeletsVerified        ControlID = "kubelets-verified"
	JoinTokensShort         ControlID = "join-tokens-short"
	KubeletAuthentication   ControlID = "kubelet-authentication"
	KubeletAuthorization    ControlID = "kubelet-authorization"
	KubeletReadOnlyPortOff  ControlID = "kubelet-read-only-port-off"
	KubeletCertificates     ControlID = "kubelet-certificates"
	KubeletTLS              ControlID = "kubelet-tls"
	SeccompDefault          ControlID = "seccomp-default"
	PIDsLimited             ControlID = "pids-limited"
	KernelDefaultsProtected ControlID = "kernel-defaults-protected"
	ControlPlaneConfined    ControlID = "control-plane-confined"
	KubeVIPConfined         ControlID = "kube-vip-confined"
	SetupScripts            ControlID = "setup-scripts"
)

var clusterControls = []*Control{
	{
		ID:        AnonymousLimited,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Anonymous API requests are answered on health paths only",
		Doc:       "AuthenticationConfiguration lets anonymous requests through on /healthz, /livez and /readyz, which load balancers and the kubelet ask for, and on no other path; RBAC mistakes in favour of system:unauthenticated have no effect. Generally available since Kubernetes 1.34; the flag anonymous-auth excludes it and must be absent. kubernetes.io, Authenticating.",
		Standards: []string{"CIS-1.12-1.2.1", "NSA-T08", "OWASP-2025-K09", "K8S-01"},
	},
	{
		ID:        APIAuthorization,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "The API server authorizes with Node and RBAC",
		Doc:       "The modes are Node and RBAC and nothing else: each further mode can only allow more. The flag is written and not AuthorizationConfiguration, which excludes it: without a webhook both say the same, and scanners read the flag. kubeadm does this by itself; the file states it. kubernetes.io, Authorization.",
		Standards: []string{"CIS-1.12-1.2.6", "CIS-1.12-1.2.7", "CIS-1.12-1.2.8"},
		Default:   true,
	},
	{
		ID:        NodeRestriction,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "A node's credential changes only its own objects",
		Doc:       "The Node authorizer shows a kubelet only what its own pods use, and the admission plugin lets it change only its own Node and pods, and no label below node-restriction.kubernetes.io. kubernetes.io, Using Node Authorization.",
		Standards: []string{"CIS-1.12-1.2.14"},
		Default:   true,
	},
	{
		ID:        OIDCLogin,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "People log in through the identity provider, not with certificates",
		Doc:       "The API server accepts tokens of one issuer for one client. User and group names get a prefix, so that nobody at the provider can be called system:masters. Second factors and the end of an account are the provider's business and take effect at once when the token ends. CIS 3.1.1; kubernetes.io, Authenticating.",
		Standards: []string{"CIS-1.12-3.1.1", "CIS-1.12-3.1.2", "NSA-T08", "OWASP-2025-K09"},
	},
	{
		ID:        APITLS,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "API server, controller manager and scheduler speak modern TLS only",
		Doc:       "The minimum is TLS 1.3, with the certificate that kubeadm made. The list of suites counts only if somebody lowers the minimum to 1.2; scanners ask for it. Etcd refuses such a list beside TLS 1.3, so it has none. Curves are left to Go, which prefers X25519MLKEM768: a list would freeze them. CIS 1.2.24, 1.2.29.",
		Standards: []string{"CIS-1.12-1.2.24", "CIS-1.12-1.2.29", "STIG-V-242376", "STIG-V-242377", "STIG-V-242378"},
	},
	{
		ID:        APIAudit,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "API requests are recorded without the contents of Secrets",
		Doc:       "Every request is recorded but health probes, leases and written events. What changes the cluster is recorded with its content; Secrets, ConfigMaps and tokens never are, so that the log is no second copy of them: STIG V-242403 asks for full requests everywhere, Kubernetes advises against it, and this is the safer of the two. cluster.audit.contents = \"all\" records everything else in full. kubernetes.io, Auditing.",
		Standards: []string{"CIS-1.12-1.2.16", "CIS-1.12-1.2.17", "CIS-1.12-1.2.18", "CIS-1.12-1.2.19", "CIS-1.12-3.2.1", "CIS-1.12-3.2.2", "OWASP-2025-K10", "STIG-V-242403"},
	},
	{
		ID:        AuditContentsRecorded,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "All requests are recorded with their contents, but not those of Secrets",
		Doc:       "cluster.audit.contents = \"all\": every request is recorded, health probes and leases too, with what was sent and what was answered. Only requests for Secrets, ConfigMaps and tokens are recorded without, against the letter of STIG V-242403. An investigation then sees what an attacker has read and not only that he has read. The price is the size of the log. kubernetes.io, Auditing.",
		Standards: []string{"STIG-V-242403"},
	},
	{
		ID:        AuditShipped,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Audit records leave the cluster as they are made",
		Doc:       "The API server sends its records to a collector outside the cluster as they are made, in batches, over verified TLS. Whoever takes the control plane can stop the stream and falsify the local log, but not what has left. NSA/CISA, Kubernetes Hardening Guide, Audit logging.",
		Standards: []string{"NSA-T09", "OWASP-2025-K10"},
	},
	{
		ID:        SecretsEncrypted,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Secrets are encrypted in etcd",
		Doc:       "Secrets and ConfigMaps are encrypted before they reach etcd: by a KMS, or with secretbox and a key that is made on the control plane and stands in no repository. There is no identity provider, so a plain object planted in etcd is not read. It protects etcd's disk and backups, not a control-plane node that is taken: the key is there. kubernetes.io, Encrypting Confidential Data at Rest.",
		Standards: []string{"CIS-1.12-1.2.27", "CIS-1.12-1.2.28", "NSA-T07", "OWASP-2025-K03"},
	},
	{
		ID:        EtcdClientAuth,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "etcd asks every client for a certificate",
		Doc:       "etcd serves only clients with a certificate of its own authority, and makes none for itself; the API server shows one. What etcd answers without a certificate (metrics, health) it answers on loopback. Whoever reads etcd is past all of RBAC. CIS 2.1 to 2.3, 1.2.23.",
		Standards: []string{"CIS-1.12-1.2.23", "CIS-1.12-2.1", "CIS-1.12-2.2", "CIS-1.12-2.3", "NSA-T04"},
		Default:   true,
	},
	{
		ID:        EtcdPeerAuth,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "etcd members authenticate each other",
		Doc:       "Members show each other certificates, so that no foreign member joins and receives the data. CIS 2.4 to 2.6.",
		Standards: []string{"CIS-1.12-2.4", "CIS-1.12-2.5", "CIS-1.12-2.6"},
		Default:   true,
	},
	{
		ID:        EtcdOwnCA,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "etcd trusts a certificate authority of its own",
		Doc:       "etcd trusts no certificate of the cluster's authority: every kubelet has one of those. CIS 2.7.",
		Standards: []string{"CIS-1.12-1.2.26", "CIS-1.12-2.7", "NSA-T04"},
		Default:   true,
	},
	{
		ID:        PodSecurityDefault,
		Layer:     LayerPod,
		Subject:   "cluster",
		Title:     "Namespaces without labels are held to the restricted level",
		Doc:       "A namespace that somebody creates without labels is held to the restricted level of a pinned version. Only kube-system is exempt. The configuration is PodSecurityConfiguration v1; the v1beta1 and v1alpha1 that other distributions ship are not written. kubernetes.io, Enforce Pod Security Standards by Configuring the Built-in Admission Controller.",
		Standards: []string{"STIG-V-254800", "OWASP-2025-K04"},
	},
	{
		ID:        EventRateLimit,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Event floods are limited",
		Doc:       "A component or user that floods the API server with events is slowed down before etcd fills up. CIS 1.2.9.",
		Standards: []string{"CIS-1.12-1.2.9"},
	},
	{
		ID:        DenyExternalIPs,
		Layer:     LayerNetwork,
		Subject:   "cluster",
		Title:     "Services cannot claim external IP addresses",
		Doc:       "Whoever may create a Service could otherwise claim the address of another host and receive its traffic (CVE-2020-8554). trivy (KCV-0003) reports the plugin as a fault; the benchmark demands it. CIS 1.2.3.",
		Standards: []string{"CIS-1.12-1.2.3"},
	},
	{
		ID:        BoundTokens,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Service account tokens are short-lived and looked up",
		Doc:       "Tokens of service accounts end with their pod, are not stretched to a year for old clients, live a day at most however long somebody asks for, and are checked against the account as it is. They are signed and checked with a key of their own and name the cluster as their issuer. kubernetes.io, Managing Service Accounts.",
		Standards: []string{"CIS-1.12-1.2.21", "CIS-1.12-1.2.22", "CIS-1.12-1.2.30", "CIS-1.12-1.3.4"},
	},
	{
		ID:        ProfilingOff,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Profiling endpoints of the control plane are off",
		Doc:       "Profiles show memory and timing, and making them costs time. CIS 1.2.15, 1.3.2, 1.4.1.",
		Standards: []string{"CIS-1.12-1.2.15", "CIS-1.12-1.3.2", "CIS-1.12-1.4.1"},
	},
	{
		ID:        ControllersOnLoopback,
		Layer:     LayerConfig,
		Subject:   "cluster",
		Title:     "Controller manager and scheduler listen on loopback only",
		Doc:       "Their metrics and health endpoints are asked from the node itself only. Prometheus cannot reach them there: it needs a proxy on the node that asks for credentials. kubeadm does this by itself; the file states it. CIS 1.3.7, 1.4.2.",
		Standards: []string{"CIS-1.12-1.3.7", "CIS-1.12-1.4.2"},
		Default:   true,
	},
	{
		ID:        KubeletsVerified,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "The API server talks to kubelets with a certificate of the cluster only",
		Doc:       "The API server connects to a kubelet for logs, exec and proxy only if the cluster's authority signed its certificate; without that, somebody on the network between them reads what is typed into a container. It needs serving certificates of the cluster, which nothing in Kubernetes approves: admit-nodes.sh does, after it has compared the names in each request with the specification; until then logs and exec of the node fail. Since Kubernetes 1.36 the API server's own certificate is in no group that may ask a kubelet; kubeadm binds its name in the phase bootstrap-token of init, which must not be skipped. CIS 1.2.5.",
		Standards: []string{"CIS-1.12-1.2.4", "CIS-1.12-1.2.5"},
	},
	{
		ID:        JoinTokensShort,
		Layer:     LayerNode,
		Subject:   "cluster",
		Title:     "Join tokens live for minutes and none is left after the bootstrap",
		Doc:       "A token that admits nodes is made for one join and lives for 15 minutes; the one that kubeadm init would leave for a day can admit nobody and is deleted. CIS 3.1.3; kubernetes.io, Authenticating with Bootstrap Tokens.",
		Standards: []string{"CIS-1.12-3.1.3", "NIST-800-190-4.3.5"},
	},
	{
		ID:        KubeletAuthentication,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet refuses anonymous requests",
		Doc:       "A caller shows a client certificate of the cluster or a token that the API server confirms. CIS 4.2.1, 4.2.3.",
		Standards: []string{"CIS-1.12-4.2.1", "CIS-1.12-4.2.3"},
		Default:   true,
	},
	{
		ID:        KubeletAuthorization,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet asks the API server what a caller may do",
		Doc:       "The kubelet asks the API server whether the caller may do this: a certificate of the cluster is not enough to run commands in pods. CIS 4.2.2.",
		Standards: []string{"CIS-1.12-4.2.2"},
		Default:   true,
	},
	{
		ID:        KubeletReadOnlyPortOff,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet's unauthenticated port is closed",
		Doc:       "Port 10255 would tell everybody on the network what runs on the node. A patch states 0, because kubeadm drops zeros from the configuration that it writes. CIS 4.2.4.",
		Standards: []string{"CIS-1.12-4.2.4"},
		Default:   true,
	},
	{
		ID:        KubeletCertificates,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Kubelet certificates are rotated and signed by the cluster",
		Doc:       "The client certificate is renewed before it ends, and the serving certificate is signed by the cluster instead of by the kubelet itself, after a check of its names. CIS 4.2.9 to 4.2.11.",
		Standards: []string{"CIS-1.12-4.2.9", "CIS-1.12-4.2.10", "CIS-1.12-4.2.11"},
	},
	{
		ID:        KubeletTLS,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet speaks modern TLS only",
		Doc:       "The minimum is TLS 1.3, as for the API server; the list of suites counts only below it and is stated for scanners. CIS 4.2.12.",
		Standards: []string{"CIS-1.12-4.2.12"},
	},
	{
		ID:        SeccompDefault,
		Layer:     LayerPod,
		Subject:   "node_pool",
		Title:     "Pods run under the runtime's seccomp profile by default",
		Doc:       "A pod that names no profile gets the runtime's, which refuses system calls that containers do not need and exploits do. CIS 4.2.14; kubernetes.io, Restrict a Container's Syscalls with seccomp.",
		Standards: []string{"CIS-1.12-4.2.14"},
	},
	{
		ID:        PIDsLimited,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "A pod cannot exhaust the node's process table",
		Doc:       "A fork bomb fills its own pod's share of the process table and not the node's. CIS 4.2.13.",
		Standards: []string{"CIS-1.12-4.2.13"},
	},
	{
		ID:        KernelDefaultsProtected,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The kubelet refuses a node whose kernel settings differ",
		Doc:       "The kubelet checks six kernel settings that it relies on (vm.overcommit_memory, vm.panic_on_oom, kernel.panic, kernel.panic_on_oops, kernel.keys.root_maxkeys and root_maxbytes) and does not start where they differ, instead of changing them. The node files set all six. STIG asks for it, CIS no longer does: the stricter holds. kubernetes.io, Kubelet Configuration, protectKernelDefaults.",
		Standards: []string{"STIG-V-242434"},
	},
	{
		ID:        ControlPlaneConfined,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The control plane's own pods run without capabilities and cannot write to their image",
		Doc:       "Each static pod drops all capabilities but the one that it cannot do without, gains none, cannot write to its root file system and runs under the runtime's seccomp profile. It stays user 0, because kubeadm writes its keys for root alone and at each renewal anew. kubernetes.io, Customizing components with the kubeadm API, patches; Pod Security Standards.",
		Standards: []string{"NIST-800-190-4.4.3"},
	},
	{
		ID:        KubeVIPConfined,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "kube-vip holds the API's address and can do nothing else",
		Doc:       "kube-vip listens to the network on every control-plane node, and its makers hand it admin.conf. Here its credential is a user of its own in no group, for a year, that may hold one lease; the pod keeps the two capabilities that setting an address and sending ARP take, sees one file of the node and serves no metrics. Its image is trusted: it may change the node's addresses. kube-vip v1.1.2, pkg/kubevip/config_generator.go.",
		Standards: []string{"NIST-800-190-4.4.3"},
	},
	{
		ID:      SetupScripts,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "The scripts that set up the control plane run what was generated, and nothing else",
		Doc:     "What the files promise counts only if kubeadm reads them, unchanged and with its own checks. The scripts run no command but the reviewed ones, stop at the first that fails, write files for root alone, make keys of 32 random bytes, and leave neither a join token nor the public copy of the cluster's address behind. The key of etcd's authority is not among what etcd-certs.sh sends. kubernetes.io, kubeadm init and kubeadm join.",
	},
}
