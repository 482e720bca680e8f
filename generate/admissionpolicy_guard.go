package generate

import (
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// collectors are the controllers that delete what is left of a namespace or an owner.
var collectors = []string{
	"system:serviceaccount:kube-system:generic-garbage-collector",
	"system:serviceaccount:kube-system:namespace-controller",
}

// byPlatform is true for the platform's identity, for administrators, and for people with emergency access, who can
// delete any policy: refusing them would only cost time. break-glass.sh names their certificates so.
var byPlatform = variable("platform", `request.userInfo.username in variables.users || request.userInfo.username.startsWith("break-glass:") || request.userInfo.?groups.orValue([]).exists(g, g in variables.administrators)`)

// guardPolicies protect what the other controls rest on. All of them together are one control: a hole in one makes the
// others worthless.
func guardPolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	identity := []admissionv1.Variable{list("users", platformUsers(s, c)), list("administrators", model.AdministratorGroups), byPlatform}
	with := func(more ...admissionv1.Variable) []admissionv1.Variable {
		return append(slices.Clone(identity), more...)
	}
	var protects []model.ControlID
	if len(clusterAdmins(s, c)) == 0 { // whoever has cluster-admin may change everything
		protects = []model.ControlID{model.PoliciesProtected}
	}
	return []celPolicy{
		{
			name: "namespaces", doc: "refuses changes of Pod Security labels, and of the labels by which signatures are asked for and a mesh gets its pods, by anybody but the platform",
			rules: []admissionv1.NamedRuleWithOperations{resources("", written, "namespaces")},
			variables: with(
				// What these labels begin with decides what may run in the namespace.
				variable("guarded", `["pod-security.kubernetes.io/", "policy.sigstore.dev/", "istio-injection", "istio.io/"]`),
				variable("new", `object.metadata.?labels.orValue({})`),
				variable("old", `oldObject == null ? {} : oldObject.metadata.?labels.orValue({})`),
			),
			validations: []admissionv1.Validation{validation(
				`variables.platform || variables.new.all(k, !variables.guarded.exists(p, k.startsWith(p)) || k in variables.old && variables.old[k] == variables.new[k])`+
					` && variables.old.all(k, !variables.guarded.exists(p, k.startsWith(p)) || k in variables.new)`,
				"bartizan-namespaces: labels of Pod Security, of sigstore's policy-controller and of Istio are the platform's. Change pod_security of the namespace, signatures of the cluster, or namespaces of the mesh, in the specification.",
			)},
			controls: protects,
		},
		{
			name: "guard", doc: "refuses changes of network policies, policies of a mesh, image policies, quotas and limits by anybody but the platform",
			rules:     guardedResources(),
			variables: with(list("collectors", collectors)),
			validations: []admissionv1.Validation{validation(
				// To delete with what depends on it, a collector first takes its finalizer off.
				`variables.platform || request.userInfo.username in variables.collectors && (request.operation == "DELETE" || request.operation == "UPDATE" && object.?spec == oldObject.?spec)`,
				"bartizan-guard: network policies, policies of a mesh, image policies, quotas and limits are the platform's. Declare the flow or the quota in the specification.",
			)},
			controls: protects,
		},
		{
			name: "rights", doc: "refuses roles that may write admission policies, webhooks or the guard",
			rules: []admissionv1.NamedRuleWithOperations{resources("rbac.authorization.k8s.io", written, "clusterroles", "roles")},
			// An older role that keeps its rules can be labelled and finished.
			variables: with(
				variable("kept", `oldObject != null && object.?rules == oldObject.?rules`),
				// The API server writes null where a role has no rules of its own.
				variable("rules", `type(object.?rules.orValue([])) == list ? object.?rules.orValue([]) : []`),
			),
			validations: []admissionv1.Validation{validation(
				`variables.platform || variables.kept || variables.rules.all(r, r.verbs.all(v, v in ["get", "list", "watch"]) || !r.?apiGroups.orValue([]).exists(g, g in ["*", "admissionregistration.k8s.io"]))`,
				"bartizan-rights: only the platform's identity makes roles that write admission policies or webhooks. Leave that API group, and *, out of the role.",
			)},
			controls: protects,
		},
		{
			name: "cluster-admin", doc: "refuses new holders of cluster-admin",
			rules: []admissionv1.NamedRuleWithOperations{resources("rbac.authorization.k8s.io", written, "clusterrolebindings", "rolebindings")},
			variables: []admissionv1.Variable{
				list("administrators", model.AdministratorGroups),
				list("granted", clusterAdmins(s, c)),
				variable("had", `oldObject == null ? [] : oldObject.?subjects.orValue([])`),
			},
			validations: []admissionv1.Validation{validation(
				`request.userInfo.?groups.orValue([]).exists(g, g in variables.administrators) || object.roleRef.name != "cluster-admin"`+
					` || object.?subjects.orValue([]).all(s, s in variables.had || s.kind + " " + s.?namespace.orValue("") + "/" + s.name in variables.granted)`,
				"bartizan-cluster-admin: nobody new gets cluster-admin. Ask for break-glass access instead.",
			)},
			controls: protects,
		},
	}
}

// guardedResources are what bounds the pods of a namespace.
func guardedResources() []admissionv1.NamedRuleWithOperations {
	rules := []admissionv1.NamedRuleWithOperations{resources("", changed, "limitranges", "resourcequotas")}
	for _, p := range model.TrafficPolicies {
		rules = append(rules, resources(p.Group, changed, p.Resources()...))
	}
	return append(rules, resources("policy.sigstore.dev", changed, "clusterimagepolicies", "trustroots"))
}

// clusterAdmins are the accounts that a declared weakening gives cluster-admin, as "ServiceAccount namespace/name".
func clusterAdmins(s *model.Spec, c *model.Cluster) []string {
	var names []string
	for _, g := range s.GitOpsOf(c) {
		if g.Privileges != model.PrivilegesClusterAdmin {
			continue
		}
		accounts := []string{"helm-controller", "kustomize-controller"}
		if g.Kind == model.ArgoCD {
			accounts = []string{"argocd-application-controller"}
		}
		for _, a := range accounts {
			names = append(names, "ServiceAccount "+g.Namespace()+"/"+a)
		}
	}
	return names
}
