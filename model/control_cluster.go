package model

// Controls of the control plane and the kubelets, claimed by the files below clusters/NAME/cluster.
const (
	AnonymousLimited        ControlID = "anonymous-limited"
	APIAuthorization        ControlID = "api-authorization"
	NodeRestriction         ControlID = "node-restriction"
	OIDCLogin               ControlID = "oidc-login"
	APITLS                  ControlID = "api-tls"
	APIAudit                ControlID = "api-audit"
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
)

var clusterControls = []*Control{
	{
		ID:      AnonymousLimited,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Anonymous API requests are answered on health paths only",
	},
	{
		ID:      APIAuthorization,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "The API server authorizes with Node and RBAC",
		Default: true,
	},
	{
		ID:      NodeRestriction,
		Layer:   LayerNode,
		Subject: "cluster",
		Title:   "A node's credential changes only its own objects",
		Default: true,
	},
	{
		ID:      OIDCLogin,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "People log in through the identity provider, not with certificates",
	},
	{
		ID:      APITLS,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "The API server speaks modern TLS only",
	},
	{
		ID:      APIAudit,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "API requests are recorded without the contents of Secrets",
	},
	{
		ID:      AuditShipped,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Audit records leave the cluster as they are made",
	},
	{
		ID:      SecretsEncrypted,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Secrets are encrypted in etcd",
	},
	{
		ID:      EtcdClientAuth,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "etcd asks every client for a certificate",
		Default: true,
	},
	{
		ID:      EtcdPeerAuth,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "etcd members authenticate each other",
		Default: true,
	},
	{
		ID:      EtcdOwnCA,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "etcd trusts a certificate authority of its own",
		Default: true,
	},
	{
		ID:      PodSecurityDefault,
		Layer:   LayerPod,
		Subject: "cluster",
		Title:   "Namespaces without labels are held to the restricted level",
	},
	{
		ID:      EventRateLimit,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Event floods are limited",
	},
	{
		ID:      DenyExternalIPs,
		Layer:   LayerNetwork,
		Subject: "cluster",
		Title:   "Services cannot claim external IP addresses",
	},
	{
		ID:      BoundTokens,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Service account tokens are short-lived and looked up",
	},
	{
		ID:      ProfilingOff,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Profiling endpoints of the control plane are off",
	},
	{
		ID:      ControllersOnLoopback,
		Layer:   LayerConfig,
		Subject: "cluster",
		Title:   "Controller manager and scheduler listen on loopback only",
		Default: true,
	},
	{
		ID:      KubeletsVerified,
		Layer:   LayerNode,
		Subject: "cluster",
		Title:   "The API server talks to kubelets with a certificate of the cluster only",
	},
	{
		ID:      JoinTokensShort,
		Layer:   LayerNode,
		Subject: "cluster",
		Title:   "Join tokens live for minutes and none is left after the bootstrap",
	},
	{
		ID:      KubeletAuthentication,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet refuses anonymous requests",
		Default: true,
	},
	{
		ID:      KubeletAuthorization,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet asks the API server what a caller may do",
		Default: true,
	},
	{
		ID:      KubeletReadOnlyPortOff,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet's unauthenticated port is closed",
		Default: true,
	},
	{
		ID:      KubeletCertificates,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Kubelet certificates are rotated and signed by the cluster",
	},
	{
		ID:      KubeletTLS,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet speaks modern TLS only",
	},
	{
		ID:      SeccompDefault,
		Layer:   LayerPod,
		Subject: "node_pool",
		Title:   "Pods run under the runtime's seccomp profile by default",
	},
	{
		ID:      PIDsLimited,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "A pod cannot exhaust the node's process table",
	},
	{
		ID:      KernelDefaultsProtected,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The kubelet refuses a node whose kernel settings differ",
	},
}
