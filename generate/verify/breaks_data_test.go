package verify

// excuse says why no check has to notice some breaks of some spots.
type excuse struct {
	id     string   // of spots; "*" stands for any text
	breaks []string // which; none: all
	reason string
}

// unclaimed are the breaks that take no control away. Whatever stands here has a value that no control hangs on, or a
// break that makes it stricter.
var unclaimed = []excuse{
	{"etcd/etcd-* InitConfiguration nodeRegistration.taints", []string{"removed"}, "no kubelet of a member registers a node"},
	{"etcd/kubelet.yaml KubeletConfiguration authentication.x509", []string{"removed"}, "none is the default"},
	{"etcd/kubelet.yaml KubeletConfiguration authorization.mode", []string{"weakened"}, "it is that already: without an API server nobody can be asked, and nothing listens"},
	{"hardening/admission.yaml * *.exemptions*", []string{"removed"}, "fewer exemptions are stricter"},
	{"hardening/admission.yaml * *.cacheSize", []string{"removed"}, "the plugin's default is as good"},
	{"hardening/audit-policy.yaml Policy metadata", []string{"removed"}, "an empty name"},
	{"hardening/audit-policy.yaml Policy omitManagedFields", nil, "bookkeeping of the API server, no evidence"},
	{"hardening/audit-policy.yaml Policy omitStages*", []string{"removed"}, "one more record for each request"},
	{"hardening/audit-policy.yaml Policy rules*", nil, "the policy is judged by what it records of requests: what remains records them all"},
	{"hardening/authentication.yaml * anonymous.conditions[]", []string{"removed"}, "one path less is stricter"},
	{"hardening/authentication.yaml * anonymous.enabled", []string{"removed", "weakened"}, "nobody anonymous is stricter"},
	{"hardening/authentication.yaml * jwt*.uid", []string{"removed"}, "it is empty"},
	{"hardening/authentication.yaml * jwt*.userValidationRules*", nil, "a second line: the prefix, which is judged, rules such names out"},
	{"hardening/encryption.yaml * *.name", nil, "the name of a key or a KMS is free"},
	{"hardening/encryption.yaml * *.timeout", nil, "how long the API server waits for the KMS"},
	{"init.yaml * apiServer.extraArgs.encryption-provider-config-automatic-reload", nil, "a new key counts after a restart"},
	{"init.yaml * *.extraArgs.tls-cipher-suites", []string{"removed"}, "TLS 1.3 has no such choice; Go's own list is modern"},
	{"init.yaml * apiServer.extraVolumes[].name", nil, "any name will do"},
	{"init.yaml * apiServer.extraVolumes[].pathType", nil, "whether a missing directory is made"},
	{"init.yaml * bootstrapTokens[].description", nil, "for people"},
	{"init.yaml KubeProxyConfiguration *", nil, "no control is claimed for it"},
	{"join-* JoinConfiguration nodeRegistration.taints", []string{"removed"}, "workers have no taint by default either"},
	{"* KubeletConfiguration containerLog*", nil, "sizes of logs"},
	{"* KubeletConfiguration imagePullCredentialsVerificationPolicy", nil, "no control is claimed for it"},
	{"* KubeletConfiguration readOnlyPort", []string{"removed"}, "closed is the default"},
	{"* KubeletConfiguration tlsCipherSuites*", []string{"removed"}, "TLS 1.3 has no such choice; Go's own list is modern"},
	{"kube-vip/* metadata.labels*", nil, "for people"},
	{"kube-vip/pod.yaml Pod *.name", []string{"removed", "bad value"}, "the container's name is free; the kubelet refuses a pod without"},
	{"kube-vip/pod.yaml Pod *.imagePullPolicy", []string{"removed", "bad value"}, "IfNotPresent is the default for a tag or digest; the kubelet refuses what it does not know"},
	{"kube-vip/pod.yaml Pod *.resources.requests*", nil, "no scheduler places a static pod"},
	{"patches/*+strategic.yaml  spec.securityContext", []string{"removed"}, "the container's own context has the same profile"},
	{"patches/*+strategic.yaml  *.privileged", []string{"removed"}, "kubeadm's pods are not privileged"},
	{"patches/*+strategic.yaml  *.capabilities.add*", []string{"removed"}, "one capability less is stricter"},
	{"patches/control/* KubeletConfiguration staticPodPath", []string{"removed"}, "kubeadm's default is the same"},
	{"patches/* KubeletConfiguration apiVersion", []string{"removed"}, "that of the configuration that it patches"},
	{"patches/* KubeletConfiguration kind", []string{"removed"}, "that of the configuration that it patches"},
}
