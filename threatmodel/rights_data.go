package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// The rights that the steps of the catalogue ask for: all of a list are needed. Each list has a right that
// [model.Escalations] names too, so that an account that holds it is never said to have none.
var (
	core = []string{""}
	rbac = []string{"rbac.authorization.k8s.io"}

	readVerbs   = []string{"get", "list", "watch"}
	changeVerbs = []string{"update", "patch"}
	writeVerbs  = []string{"create", "update", "patch"}
	deleteVerbs = []string{"delete", "deletecollection"}

	everything = []right{{groups: []string{"*"}, resources: []string{"*"}, verbs: []string{"*"}, objects: unnamed}}

	readSecrets  = []right{{groups: core, resources: []string{"secrets"}, verbs: readVerbs, objects: unnamed}}
	runPods      = []right{{groups: []string{"", "apps", "batch"}, resources: []string{"pods", "replicationcontrollers", "deployments", "daemonsets", "statefulsets", "replicasets", "jobs", "cronjobs"}, verbs: writeVerbs}}
	bindPods     = []right{{groups: core, resources: []string{"pods/binding", "bindings"}, verbs: []string{"create"}}}
	enterPods    = []right{{groups: core, resources: []string{"pods/exec", "pods/attach"}, verbs: []string{"create"}}}
	debugPods    = []right{{groups: core, resources: []string{"pods/ephemeralcontainers"}, verbs: changeVerbs}}
	forwardPorts = []right{{groups: core, resources: []string{"pods/portforward"}, verbs: []string{"create"}}}
	proxyPods    = []right{{groups: core, resources: []string{"pods/proxy", "services/proxy"}, verbs: []string{"create", "get"}}}
	// A WebSocket opens with a GET. From 1.35 on the API server asks for create too (KEP-4006); proxies it asks for nothing more.
	enterPodsByGet    = []right{{groups: core, resources: []string{"pods/exec", "pods/attach"}, verbs: []string{"get"}, before: 35}}
	forwardPortsByGet = []right{{groups: core, resources: []string{"pods/portforward"}, verbs: []string{"get"}, before: 35}}

	raiseRoles = []right{
		{groups: rbac, resources: []string{"roles", "clusterroles"}, verbs: []string{"escalate"}},
		{groups: rbac, resources: []string{"roles", "clusterroles"}, verbs: changeVerbs},
	}
	bindRoles = []right{
		{groups: rbac, resources: []string{"roles", "clusterroles"}, verbs: []string{"bind"}},
		{groups: rbac, resources: []string{"rolebindings", "clusterrolebindings"}, verbs: writeVerbs},
	}
	impersonate         = []right{{groups: core, resources: []string{"users", "groups", "serviceaccounts"}, verbs: []string{"impersonate"}}}
	impersonateAccounts = []right{{groups: core, resources: []string{"serviceaccounts"}, verbs: []string{"impersonate"}}}

	requestTokens = []right{{groups: core, resources: []string{"serviceaccounts/token"}, verbs: []string{"create"}}}
	// A Secret of type service-account-token is filled in by a controller, and then read.
	makeTokenSecrets = []right{{groups: core, resources: []string{"secrets"}, verbs: []string{"create"}, objects: unnamed}, readSecrets[0]}
	signCertificates = []right{
		{groups: []string{"certificates.k8s.io"}, resources: []string{"certificatesigningrequests"}, verbs: []string{"create"}},
		{groups: []string{"certificates.k8s.io"}, resources: []string{"certificatesigningrequests/approval"}, verbs: changeVerbs},
		{groups: []string{"certificates.k8s.io"}, resources: []string{"signers"}, verbs: []string{"approve"}, objects: []string{"kubernetes.io/kube-apiserver-client", "kubernetes.io/*"}},
	}
	proxyNodes = []right{{groups: core, resources: []string{"nodes/proxy"}, verbs: []string{"create", "get"}}}
	readLogs   = []right{{groups: core, resources: []string{"pods/log", "nodes/log", "nodes/proxy"}, verbs: []string{"get"}}}

	makeVolumes    = []right{{groups: core, resources: []string{"persistentvolumes"}, verbs: writeVerbs}}
	makeNamespaces = []right{
		{groups: core, resources: []string{"namespaces"}, verbs: []string{"create"}},
		{groups: runPods[0].groups, resources: runPods[0].resources, verbs: []string{"create"}},
	}
	changeNamespaces = []right{{groups: core, resources: []string{"namespaces"}, verbs: changeVerbs}}
	changePolicies   = []right{trafficPolicies(func(p model.TrafficPolicy) []string { return p.Namespaced })}
	// Policies of the cluster: what they allow adds to those of namespaces, or overrules them.
	changeGuardRails = []right{trafficPolicies(func(p model.TrafficPolicy) []string { return p.ClusterWide })}
	changeAdmission  = []right{{groups: []string{"admissionregistration.k8s.io"}, resources: []string{"validatingadmissionpolicies", "validatingadmissionpolicybindings"}, verbs: slices.Concat(changeVerbs, deleteVerbs)}}
	closeNodes       = right{groups: core, resources: []string{"nodes", "nodes/status"}, verbs: changeVerbs}
	deletePods       = []right{closeNodes, {groups: core, resources: []string{"pods"}, verbs: slices.Concat(changeVerbs, deleteVerbs)}}
	evictPods        = []right{closeNodes, {groups: core, resources: []string{"pods/eviction"}, verbs: []string{"create"}}}

	mutateRequests = []right{{groups: []string{"admissionregistration.k8s.io", "apiregistration.k8s.io", "apiextensions.k8s.io"},
		resources: []string{"mutatingwebhookconfigurations", "mutatingadmissionpolicies", "apiservices", "customresourcedefinitions"}, verbs: writeVerbs}}
	watchRequests = []right{{groups: []string{"admissionregistration.k8s.io"}, resources: []string{"validatingwebhookconfigurations"}, verbs: writeVerbs}}

	configureDNS  = []right{{groups: core, resources: []string{"configmaps"}, verbs: changeVerbs, objects: []string{"coredns"}}}
	claimIngress  = []right{{groups: core, resources: []string{"services/status"}, verbs: changeVerbs}}
	steerDeployer = []right{{groups: []string{"kustomize.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io", "argoproj.io"},
		resources: []string{"kustomizations", "helmreleases", "gitrepositories", "applications"}, verbs: writeVerbs}}
)

// trafficPolicies is the right to change policies of network plugins.
func trafficPolicies(pick func(model.TrafficPolicy) []string) right {
	r := right{verbs: slices.Concat(writeVerbs, deleteVerbs)}
	for _, p := range model.TrafficPolicies {
		if some := pick(p); !p.Mesh && len(some) > 0 {
			r.groups, r.resources = append(r.groups, p.Group), append(r.resources, some...)
		}
	}
	slices.Sort(r.resources)
	r.resources = slices.Compact(r.resources)
	return r
}
