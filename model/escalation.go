package model

import (
	"slices"
	"strings"
)

// Escalation is a right on the Kubernetes API that leads to more rights.
//
// Sources: https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks, and the attack
// steps of the catalogue, which cite KubeHound, IceKube, rbac-police, Checkov and krane.
type Escalation struct {
	Step      string // attack step that the right makes possible; empty: only in Kubernetes' own list
	Group     string // API group; "" is the core group
	Resources []string
	Verbs     []string
	// NamesSuffice says that the right is harmless when it is limited to resource names.
	NamesSuffice bool
	// Everywhere says that the right is harmless in a single namespace of the specification.
	Everywhere bool
	Doc        string // what the holder does with it
}

// podMakers create pods, directly or through a controller.
var podMakers = map[string][]string{
	"":      {"pods", "replicationcontrollers"},
	"apps":  {"deployments", "daemonsets", "statefulsets", "replicasets"},
	"batch": {"jobs", "cronjobs"},
}

// operatorGroups are the API groups of controllers that act with great rights on behalf of their objects.
var operatorGroups = []string{
	"argoproj.io", "cert-manager.io", "cluster.x-k8s.io", "external-secrets.io", "helm.toolkit.fluxcd.io",
	"kubevirt.io", "kustomize.toolkit.fluxcd.io", "kyverno.io", "secrets-store.csi.x-k8s.io",
	"source.toolkit.fluxcd.io", "tekton.dev", "velero.io",
}

var write = []string{"create", "patch", "update"}

// Escalations lists the rights that lead to more rights, in the order of the attack steps.
var Escalations = slices.Concat(
	[]Escalation{
		{Step: "R-02", Resources: []string{"secrets"}, Verbs: []string{"get", "list", "watch"}, NamesSuffice: true, Doc: "reads Secrets, tokens of other accounts among them"},
	},
	podMakerEscalations(),
	[]Escalation{
		{Step: "R-04", Resources: []string{"pods/binding", "bindings"}, Verbs: []string{"create"}, Doc: "puts pods on any node, past the scheduler and its taints"},
		{Step: "R-06", Resources: []string{"pods/exec", "pods/attach", "pods/portforward"}, Verbs: []string{"create", "get"}, Doc: "enters running containers"},
		{Step: "R-06", Resources: []string{"pods/ephemeralcontainers"}, Verbs: []string{"patch", "update"}, Doc: "adds containers to running pods"},
		{Step: "R-07", Group: "rbac.authorization.k8s.io", Resources: []string{"roles", "clusterroles"}, Verbs: []string{"escalate"}, Doc: "puts rights into roles that it does not hold itself"},
		{Step: "R-08", Group: "rbac.authorization.k8s.io", Resources: []string{"roles", "clusterroles"}, Verbs: []string{"bind"}, Doc: "binds roles with rights that it does not hold itself"},
		{Step: "R-08", Group: "rbac.authorization.k8s.io", Resources: []string{"roles", "clusterroles", "rolebindings", "clusterrolebindings"}, Verbs: write, Doc: "changes who may do what"},
		{Step: "R-09", Resources: []string{"users", "groups", "serviceaccounts"}, Verbs: []string{"impersonate"}, Doc: "acts as somebody else"},
		{Step: "R-09", Group: "authentication.k8s.io", Resources: []string{"users", "groups", "serviceaccounts", "nodes", "uids", "userextras"}, Verbs: []string{"impersonate", "impersonate:user-info", "impersonate:serviceaccount", "impersonate:arbitrary-node", "impersonate:associated-node"}, Doc: "acts as somebody else"},
		{Step: "R-10", Resources: []string{"serviceaccounts/token", "secrets"}, Verbs: []string{"create"}, Doc: "makes tokens of other accounts"},
		{Step: "R-12", Group: "certificates.k8s.io", Resources: []string{"certificatesigningrequests/approval", "certificatesigningrequests/status"}, Verbs: []string{"patch", "update"}, Doc: "issues client certificates"},
		{Step: "R-12", Group: "certificates.k8s.io", Resources: []string{"signers"}, Verbs: []string{"approve", "sign", "attest"}, Doc: "issues client certificates"},
		{Step: "R-13", Resources: []string{"nodes/proxy", "nodes/log", "pods/proxy", "services/proxy"}, Verbs: []string{"create", "get"}, Doc: "goes around the API through kubelets and pods"},
	},
	operatorEscalations(),
	[]Escalation{
		{Resources: []string{"persistentvolumes"}, Verbs: write, Doc: "mounts directories of nodes"},
		{Step: "N-10", Resources: []string{"configmaps"}, Verbs: write, Everywhere: true, Doc: "changes the configuration of cluster DNS"},
		{Step: "N-13", Resources: []string{"services/status"}, Verbs: []string{"patch", "update"}, Doc: "draws others' traffic to addresses of its choice"},
		{Step: "C-04", Resources: []string{"namespaces"}, Verbs: []string{"patch", "update"}, Doc: "relaxes Pod Security and network policies by labels"},
		{Resources: []string{"nodes", "nodes/status"}, Verbs: []string{"patch", "update"}, Doc: "draws pods to nodes of its choice by labels and taints"},
		{Step: "C-02", Group: "admissionregistration.k8s.io", Resources: []string{"validatingwebhookconfigurations", "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}, Verbs: append([]string{"delete"}, write...), Doc: "reads or changes everything that is written, or removes the policies"},
		{Step: "C-05", Group: "apiextensions.k8s.io", Resources: []string{"customresourcedefinitions"}, Verbs: write, Doc: "changes the objects of operators"},
		{Step: "C-05", Group: "apiregistration.k8s.io", Resources: []string{"apiservices"}, Verbs: write, Doc: "answers for a part of the API"},
	},
	policyEscalations(),
)

func podMakerEscalations() []Escalation {
	var all []Escalation
	for _, group := range []string{"", "apps", "batch"} {
		all = append(all,
			Escalation{Step: "R-03", Group: group, Resources: podMakers[group], Verbs: []string{"create"}, Doc: "runs pods as any account of the namespace, with any of its Secrets"},
			Escalation{Step: "R-05", Group: group, Resources: podMakers[group], Verbs: []string{"patch", "update"}, Doc: "changes image, command or account of running workloads"},
		)
	}
	return all
}

func policyEscalations() []Escalation {
	var all []Escalation
	for _, k := range TrafficPolicies {
		all = append(all, Escalation{Step: "C-04", Group: k.Group, Resources: k.Resources(), Verbs: append([]string{"delete", "deletecollection"}, write...), Doc: "opens the network"})
	}
	return append(all, Escalation{Step: "C-04", Group: "policy.sigstore.dev", Resources: []string{"clusterimagepolicies", "trustroots"}, Verbs: append([]string{"delete", "deletecollection"}, write...), Doc: "lets images without a signature run"})
}

func operatorEscalations() []Escalation {
	var all []Escalation
	for _, group := range operatorGroups {
		all = append(all, Escalation{Step: "R-15", Group: group, Resources: []string{"*"}, Verbs: write, Doc: "steers a controller that has more rights"})
	}
	return all
}

// Escalation returns the first escalation that the rule makes possible, or nil.
func (a *APIAccess) Escalation() *Escalation {
	for i := range Escalations {
		if e := &Escalations[i]; a.allows(e) {
			return e
		}
	}
	return nil
}

// allows reports whether the rule grants one of the verbs on one of the resources. A wildcard grants all.
func (a *APIAccess) allows(e *Escalation) bool {
	if len(a.Names) > 0 && e.NamesSuffice || e.Everywhere && a.Scope != ScopeCluster {
		return false
	}
	return anyOf(a.Groups, []string{e.Group}, "*") && anyOf(a.Verbs, e.Verbs, "*") && anyResource(a.Resources, e.Resources)
}

func anyOf(granted, wanted []string, wildcard string) bool {
	return slices.Contains(granted, wildcard) || slices.ContainsFunc(granted, func(g string) bool { return slices.Contains(wanted, g) })
}

func anyResource(granted, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool {
		return slices.ContainsFunc(granted, func(g string) bool {
			_, sub, _ := strings.Cut(w, "/")
			return g == "*" || g == w || w == "*" || sub != "" && g == "*/"+sub
		})
	})
}
