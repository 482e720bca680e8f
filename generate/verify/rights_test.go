package verify

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// binding is a file that binds a role to a subject.
func binding(kind, meta, role, subject string) string {
	return rbacHead + "kind: " + kind + "\nmetadata: " + meta + "\nroleRef: {apiGroup: rbac.authorization.k8s.io, " + role + "}\nsubjects: [" + subject + "]\n"
}

const (
	extra       = "namespaces/shop/guard/extra.yaml"
	cartSubject = "{kind: ServiceAccount, name: cart, namespace: shop}"
	peopleFile  = "platform/people.yaml"
)

func group(name string) string {
	return "{kind: Group, apiGroup: rbac.authorization.k8s.io, name: \"" + name + "\"}"
}

func role(rules string) string {
	return rbacHead + "kind: Role\nmetadata: {name: extra, namespace: shop}\nrules: [" + rules + "]\n---\n" +
		binding("RoleBinding", "{name: extra, namespace: shop}", "kind: Role, name: extra", cartSubject)
}

func TestEditsOfRightsAreFound(t *testing.T) {
	admin := "kind: ClusterRole, name: cluster-admin"
	mutations := []treeEdit{
		{name: "cluster-admin", control: model.LeastPrivilege, subject: cartAddr, add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, cartSubject)},
		{name: "cluster-admin", control: model.NoEscalation, subject: cartAddr, add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, cartSubject)},
		{name: "built-in edit", control: model.NoEscalation, subject: cartAddr, add: extra, content: binding("RoleBinding", "{name: x, namespace: shop}", "kind: ClusterRole, name: edit", cartSubject)},
		{name: "from elsewhere", control: model.LeastPrivilege, subject: cartAddr, add: "platform/extra.yaml", content: binding("RoleBinding", "{name: x, namespace: mon}", admin, cartSubject)},
		{name: "through the group of accounts", control: model.NoEscalation, subject: cartAddr, add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, group("system:serviceaccounts:shop"))},
		{name: "through everybody", control: model.NoEscalation, subject: cartAddr, add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, group("system:authenticated"))},
		{name: "aggregated", control: model.LeastPrivilege, subject: cartAddr, add: extra, content: rbacHead + "kind: ClusterRole\nmetadata: {name: all}\naggregationRule: {clusterRoleSelectors: [{}]}\nrules: []\n---\n" +
			binding("ClusterRoleBinding", "{name: x}", "kind: ClusterRole, name: all", cartSubject)},
		{name: "a stranger of the namespace", control: model.LeastPrivilege, subject: cartAddr, add: extra, content: binding("RoleBinding", "{name: x, namespace: shop}", admin, "{kind: ServiceAccount, name: evil, namespace: shop}")},
		{name: "wider rule", control: model.LeastPrivilege, subject: "workload.shop.report", file: "namespaces/shop/guard/account.report.yaml", old: "  resourceNames:\n  - report\n", new: ""},
		{name: "further verb", control: model.LeastPrivilege, subject: "workload.shop.report", file: "namespaces/shop/guard/account.report.yaml", old: "  - get\n", new: "  - get\n  - update\n"},
		{name: "rule taken away", control: model.LeastPrivilege, subject: "workload.shop.report", file: "namespaces/shop/guard/account.report.yaml", old: "  - watch\n", new: ""},
		{name: "unreadable file", control: model.LeastPrivilege, subject: cartAddr, add: extra, content: "kind: [\n"},
		{name: "unreadable file", control: model.NoEscalation, subject: cartAddr, add: extra, content: "--- # hidden\n"},
		{name: "no account", control: model.LeastPrivilege, subject: cartAddr, file: "namespaces/shop/guard/account.cart.yaml", old: "name: cart\n  namespace", new: "name: trolley\n  namespace"},
		{name: "rights", control: model.DefaultAccountEmpty, subject: "namespace.shop", add: extra, content: binding("RoleBinding", "{name: x, namespace: shop}", "kind: ClusterRole, name: view", "{kind: ServiceAccount, name: default}")},
		{name: "token", control: model.DefaultAccountEmpty, subject: "namespace.shop", file: "namespaces/shop/guard/default-account.yaml", old: "automountServiceAccountToken: false", new: "automountServiceAccountToken: true"},
		{name: "person", control: model.PeopleLeastPrivilege, subject: "team.dev", add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, "{kind: User, apiGroup: rbac.authorization.k8s.io, name: mallory}")},
		{name: "unknown group", control: model.PeopleLeastPrivilege, subject: "team.dev", add: extra, content: binding("RoleBinding", "{name: x, namespace: shop}", "kind: ClusterRole, name: \"bartizan:view\"", group("oidc:interns"))},
		{name: "standing cluster-admin", control: model.PeopleLeastPrivilege, subject: "team.sre", add: extra, content: binding("ClusterRoleBinding", "{name: x}", admin, group("oidc:sre"))},
		{name: "another namespace", control: model.PeopleLeastPrivilege, subject: "team.dev", add: extra, content: binding("RoleBinding", "{name: x, namespace: mon}", "kind: ClusterRole, name: \"bartizan:view\"", group("oidc:dev"))},
		{name: "operate instead of view", control: model.PeopleLeastPrivilege, subject: "team.dev", file: "namespaces/shop/guard/people.yaml", old: "name: bartizan:view", new: "name: bartizan:operate"},
		{name: "secrets", control: model.PeopleLeastPrivilege, subject: "team.dev", file: peopleFile, old: "  - resourcequotas\n", new: "  - secrets\n"},
		{name: "exec", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - pods/eviction\n", new: "  - pods/exec\n"},
		{name: "images", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - statefulsets/scale\n  verbs:\n  - patch\n", new: "  - statefulsets\n  verbs:\n  - patch\n"},
		{name: "wildcard", control: model.PeopleLeastPrivilege, subject: "team.dev", file: peopleFile, old: "  - resourcequotas\n", new: "  - '*'\n"},
		{name: "binding gone", control: model.PeopleLeastPrivilege, subject: "team.dev", file: "namespaces/shop/guard/people.yaml", old: "oidc:dev", new: "oidc:sre"},
		{name: "an inspector whom nothing declares", control: model.PeopleLeastPrivilege, subject: "team.dev", add: extra, content: binding("ClusterRoleBinding", "{name: x}", "kind: ClusterRole, name: \"bartizan:inspect\"", group("oidc:dev"))},
		{name: "Secrets of all namespaces", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - persistentvolumes\n", new: "  - persistentvolumes\n  - secrets\n"},
		{name: "pods of all namespaces", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - persistentvolumes\n", new: "  - pods\n"},
		{name: "a resource of another group", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - persistentvolumes\n", new: "  - clusterroles\n"},
		{name: "kubelets behind nodes", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - nodes\n  - persistentvolumes\n", new: "  - nodes\n  - nodes/proxy\n"},
		{name: "inspectors who change nodes", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - persistentvolumes\n  verbs:\n", new: "  - persistentvolumes\n  verbs:\n  - patch\n"},
		{name: "nodes that are not seen", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "  - nodes\n  - persistentvolumes\n", new: "  - persistentvolumes\n"},
		{name: "an inspection that is gone", control: model.PeopleLeastPrivilege, subject: "team.sre", file: peopleFile, old: "name: oidc:sre", new: "name: oidc:dev"},
		{name: "unbounded", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "    limits.memory: 40Gi\n", new: ""},
		{name: "more than declared", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "limits.cpu: \"20\"", new: "limits.cpu: \"2000\""},
		{name: "scoped", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "spec:\n  hard:", new: "spec:\n  scopes: [BestEffort]\n  hard:"},
		{name: "a load balancer", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "services.loadbalancers: \"0\"", new: "services.loadbalancers: \"1\""},
		{name: "node ports", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "services.nodeports: \"0\"", new: "services.nodeports: \"1\""},
		{name: "node ports not counted", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "    services.nodeports: \"0\"\n", new: ""},
		{name: "no room for the gateway", control: model.NamespaceQuota, subject: "namespace.mon", file: "namespaces/mon/guard/quota.yaml", old: "services.loadbalancers: \"1\"", new: "services.loadbalancers: \"0\""},
		{name: "more ports than the gateway's", control: model.NamespaceQuota, subject: "namespace.mon", file: "namespaces/mon/guard/quota.yaml", old: "services.nodeports: \"2\"", new: "services.nodeports: \"3\""},
		{name: "no defaults", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "type: Container", new: "type: Pod"},
		{name: "defaults above the maximum", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "    max:\n      cpu: \"20\"\n", new: "    max:\n      cpu: 100m\n"},
		{name: "defaults below the minimum", control: model.NamespaceQuota, subject: "namespace.shop", file: "namespaces/shop/guard/quota.yaml", old: "      memory: 1Mi\n", new: "      memory: 1Gi\n"},
	}
	// One rule of each attack step on rights.
	for step, rules := range map[string]string{
		"R-01":                 `{verbs: ["*"], apiGroups: ["*"], resources: ["*"]}`,
		"R-02":                 `{verbs: [list], apiGroups: [""], resources: [secrets]}`,
		"R-03":                 `{verbs: [create], apiGroups: [batch], resources: [jobs]}`,
		"R-05":                 `{verbs: [patch], apiGroups: [apps], resources: [daemonsets], resourceNames: [x]}`,
		"R-06":                 `{verbs: [get], apiGroups: [""], resources: [pods/exec]}`,
		"R-06, by subresource": `{verbs: [create], apiGroups: [""], resources: ["*/exec"]}`,
		"R-06, debug":          `{verbs: [patch], apiGroups: [""], resources: [pods/ephemeralcontainers]}`,
		"R-07":                 `{verbs: [escalate], apiGroups: [rbac.authorization.k8s.io], resources: [roles]}`,
		"R-08":                 `{verbs: [create], apiGroups: [rbac.authorization.k8s.io], resources: [rolebindings]}`,
		"R-08, bind":           `{verbs: [bind], apiGroups: ["*"], resources: [clusterroles], resourceNames: [view]}`,
		"R-09":                 `{verbs: [impersonate], apiGroups: [""], resources: [users]}`,
		"R-10":                 `{verbs: [create], apiGroups: [""], resources: [serviceaccounts/token]}`,
		"R-10, by secret":      `{verbs: [create], apiGroups: [""], resources: [secrets], resourceNames: []}`,
		"R-12":                 `{verbs: [approve], apiGroups: [certificates.k8s.io], resources: [signers]}`,
		"R-13":                 `{verbs: [get], apiGroups: [""], resources: [nodes/proxy]}`,
		"R-15":                 `{verbs: [create], apiGroups: [kustomize.toolkit.fluxcd.io], resources: [kustomizations]}`,
		"N-13":                 `{verbs: [patch], apiGroups: [""], resources: [services/status]}`,
		"C-04":                 `{verbs: [patch], apiGroups: [""], resources: [namespaces]}`,
		"C-04, by names":       `{verbs: [create], apiGroups: [cilium.io], resources: [ciliumnetworkpolicies]}`,
		"C-04, of all":         `{verbs: [create], apiGroups: [policy.networking.k8s.io], resources: [clusternetworkpolicies]}`,
	} {
		mutations = append(mutations, treeEdit{name: step, control: model.NoEscalation, subject: cartAddr, add: extra, content: role(rules)})
	}
	// Configuration of every namespace is that of cluster DNS too; of one namespace it is the namespace's own.
	mutations = append(mutations, treeEdit{name: "N-10", control: model.NoEscalation, subject: cartAddr, add: extra,
		content: rbacHead + "kind: ClusterRole\nmetadata: {name: extra}\nrules: [{verbs: [update], apiGroups: [\"\"], resources: [configmaps]}]\n---\n" +
			binding("ClusterRoleBinding", "{name: extra}", "kind: ClusterRole, name: extra", cartSubject)})
	runMutations(t, manifestSpec(), mutations)
}

// A right on named Secrets is what the documentation recommends; it is no escalation.
func TestNamedSecretsAreNoEscalation(t *testing.T) {
	_, files := manifestTree(t, manifestSpec())
	m := treeEdit{add: extra, content: role(`{verbs: [get], apiGroups: [""], resources: [secrets], resourceNames: [cart]}`)}
	m.apply(t, files)
	result := Run(manifestSpec(), files, ownChecks)
	if !holds(result, model.Hold{Control: model.NoEscalation, Subject: cartAddr}) {
		t.Errorf("taken for an escalation: %+v", result.Findings)
	}
	if holds(result, model.Hold{Control: model.LeastPrivilege, Subject: cartAddr}) {
		t.Errorf("nothing declares the right")
	}
}
