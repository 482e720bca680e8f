package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

func TestGeneratedAdmissionPoliciesAreProved(t *testing.T) {
	for name, spec := range map[string]*model.Spec{"all": policySpec(), "unresolved": netSpec(model.Calico)} {
		if name == "unresolved" {
			spec.Clusters[0].Namespaces[0].Workloads = nil
			spec.Clusters[0].Workloads()[0].Containers = []*model.Container{{Image: model.Image{Host: "h", Path: "p", Tag: "t"}}}
			spec.Registries = nil
			spec.GitOps[0].Privileges = model.PrivilegesClusterAdmin
		}
		set, files := netFiles(t, spec, "admission-policy")
		result := Run(spec, files, []*Check{admissionPolicyCheck})
		for _, f := range result.Findings {
			t.Errorf("%s: %+v", name, f)
		}
		if diff := cmp.Diff(set.Claims, result.Proved); diff != "" {
			t.Errorf("%s: claimed, proved: %s", name, diff)
		}
		if got := holds(result, model.Hold{Control: model.DigestsEnforced, Subject: "cluster.c"}); got != (name == "all") {
			t.Errorf("%s: digests-enforced = %v", name, got)
		}
		if got := holds(result, model.Hold{Control: model.PoliciesProtected, Subject: "cluster.c"}); got != (name == "all") {
			t.Errorf("%s: policies-protected = %v", name, got)
		}
	}
}

func TestEveryLooseningOfAnAdmissionPolicyIsFound(t *testing.T) {
	const dir = "clusters/c/manifests/platform/"
	role := func(binding string) string {
		return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: wild}\nrules:\n- {apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: [delete]}\n---\n" +
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: wild}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: wild}\nsubjects:\n- " + binding + "\n"
	}
	tests := []struct {
		change, file, old, new string
		control                model.ControlID
	}{
		{"Audit alone", "registries", "  - Deny\n", "", model.RegistriesEnforced},
		{"Warn instead of Deny", "digests", "  - Deny\n", "  - Warn\n", model.DigestsEnforced},
		{"failurePolicy Ignore", "registries", "failurePolicy: Fail", "failurePolicy: Ignore", model.RegistriesEnforced},
		{"no failurePolicy", "registries", "  failurePolicy: Fail\n", "", model.RegistriesEnforced},
		{"one more namespace exempt", "registries", "        - kube-system\n", "        - kube-system\n        - shop\n", model.RegistriesEnforced},
		{"namespaces by a label that people set", "registries", "    - key: kubernetes.io/metadata.name\n", "    - key: judged\n", model.RegistriesEnforced},
		{"an objectSelector", "digests", "    matchPolicy: Equivalent\n", "    matchPolicy: Equivalent\n    objectSelector: {matchLabels: {judged: 'yes'}}\n", model.DigestsEnforced},
		{"matchPolicy Exact", "digests", "matchPolicy: Equivalent", "matchPolicy: Exact", model.DigestsEnforced},
		{"excluded resources", "digests", "    matchPolicy: Equivalent\n", "    matchPolicy: Equivalent\n    excludeResourceRules: [{apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: [pods]}]\n", model.DigestsEnforced},
		{"debug containers not matched", "registries", "      - pods/ephemeralcontainers\n", "", model.RegistriesEnforced},
		{"updates not matched", "registries", "      - UPDATE\n", "", model.RegistriesEnforced},
		{"a condition", "services", "  validations:\n", "  matchConditions: [{name: x, expression: 'false'}]\n  validations:\n", model.ServiceTypesEnforced},
		{"a weaker expression", "services", "== 0", ">= 0", model.ServiceTypesEnforced},
		{"init containers not listed", "registries", ".?initContainers.", ".?none.", model.RegistriesEnforced},
		{"a registry more", "registries", `"other.example:5000/"`, `"","other.example:5000/"`, model.RegistriesEnforced},
		{"a list that is computed", "registries", `"registry.example.com/shop@"]`, `"registry.example.com/shop@"] + [""]`, model.RegistriesEnforced},
		{"an image more", "digests", "'[]'", `'["evil/x:latest"]'`, model.DigestsEnforced},
		{"a gateway more", "services", `"edge/public"`, `"edge/public","shop/"`, model.ServiceTypesEnforced},
		{"a binding with parameters", "services", "  policyName:", "  paramRef: {name: x, parameterNotFoundAction: Allow}\n  policyName:", model.ServiceTypesEnforced},
		{"a narrower binding", "services", "  policyName:", "  matchResources: {namespaceSelector: {matchLabels: {a: b}}}\n  policyName:", model.ServiceTypesEnforced},
		{"a binding of another policy", "services", "policyName: bartizan-services", "policyName: bartizan-exec", model.ServiceTypesEnforced},
		{"a user more", "guard", "flux-system:guard\"]", "flux-system:guard\",\"eve\"]", model.PoliciesProtected},
		{"a group more", "namespaces", `"system:masters"]`, `"system:masters","system:authenticated"]`, model.PoliciesProtected},
		{"network policies not matched", "guard", "      - networkpolicies\n", "      - ingresses\n", model.PoliciesProtected},
		{"deletion not matched", "guard", "      - DELETE\n", "", model.PoliciesProtected},
		{"roles not matched", "rights", "      - clusterroles\n", "", model.PoliciesProtected},
		{"a holder of cluster-admin", "cluster-admin", "expression: '[]'", `expression: '["User /eve"]'`, model.PoliciesProtected},
		{"a workload on control-plane nodes", "placement", "expression: '[]'", `expression: '["shop/cart"]'`, model.PlacementEnforced},
		{"a workload in another pool", "placement", `"shop/db own"`, `"shop/db own","shop/cart own"`, model.PlacementEnforced},
		{"bindings by the platform", "binding", "== \"system:kube-scheduler\"", "!= \"system:kube-controller-manager\"", model.BindingRefused},
		{"the legacy resource of bindings", "binding", "      - bindings\n", "", model.BindingRefused},
		{"bindings of pods", "binding", "      - pods/binding\n", "", model.BindingRefused},
		{"bindings audited only", "binding", "  - Deny\n", "", model.BindingRefused},
		{"bindings in one namespace", "binding", "    matchPolicy: Equivalent\n", "    matchPolicy: Equivalent\n    namespaceSelector: {matchLabels: {a: b}}\n", model.BindingRefused},
		{"attach not matched", "exec", "      - pods/attach\n", "", model.ExecRefused},
		{"everybody in an emergency", "exec", `"system:masters"]`, `"system:masters","system:authenticated"]`, model.ExecRefused},
		{"an exception of another workload", "exceptions", `"monitoring/exporter network"`, `"monitoring/exporter network","shop/cart privileged"`, model.ExceptionsConfined},
		{"a namespace that is let through as a whole", "exceptions", "  - expression: '[]'\n    name: open", `  - expression: '["monitoring"]'` + "\n    name: open", model.ExceptionsConfined},
		{"an account by the beginning of its name", "exceptions", `+ " ")).map`, `+ "")).map`, model.ExceptionsConfined},
		{"privileged init containers not looked at", "exceptions", "object.spec.?initContainers", "object.spec.?none", model.ExceptionsConfined},
		{"debug containers not held to the level", "exceptions", "      - pods/ephemeralcontainers\n", "      - pods/status\n", model.ExceptionsConfined},
		{"pods not held to the level when they are made", "exceptions", "      - CREATE\n      resources:\n      - pods\n", "      - UPDATE\n      resources:\n      - pods\n", model.ExceptionsConfined},
		{"pods of the default account in one namespace", "default-account", "        - kube-system\n", "        - kube-system\n        - shop\n", model.AccountsEnforced},
		{"endless tokens audited only", "token-secrets", "  - Deny\n", "", model.AccountsEnforced},
		{"endless tokens in Secrets of another type", "token-secrets", "kubernetes.io/service-account-token", "kubernetes.io/tls", model.AccountsEnforced},
		{"whatever an update brings, images included", "registries", "variables.had)", "variables.images)", model.RegistriesEnforced},
		{"images of pods that are made counted as older", "digests", "oldObject == null ? []", "oldObject == null ? variables.all", model.DigestsEnforced},
		{"tolerations of any update", "placement", "!(t in oldObject", "(t in oldObject", model.PlacementEnforced},
		{"older Services of another spec", "services", "object.spec == oldObject.spec", "true", model.ServiceTypesEnforced},
		{"policies that a collector opens", "guard", `"UPDATE" && object`, `"UPDATE" || object`, model.PoliciesProtected},
		{"older roles with other rules", "rights", "object.?rules == oldObject.?rules", "true", model.PoliciesProtected},
		{"older bindings with other holders", "cluster-admin", "s in variables.had", "true", model.PoliciesProtected},
		{"every pod taken for a request of debug containers", "exceptions", `== "ephemeralcontainers"`, `!= "ephemeralcontainers"`, model.ExceptionsConfined},
		{"people may write policies", "", "", role("{apiGroup: rbac.authorization.k8s.io, kind: Group, name: x}"), model.PoliciesProtected},
		{"another account may write policies", "", "", role("{kind: ServiceAccount, namespace: shop, name: guard}"), model.PoliciesProtected},
	}
	spec := policySpec()
	_, clean := netFiles(t, spec, "admission-policy")
	before := Run(spec, clean, []*Check{admissionPolicyCheck})
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(clean)
			path := dir + "admission-" + test.file + ".yaml"
			if test.file == "" {
				path = dir + "extra.yaml"
				files[path] = []byte(test.new)
				list := dir + "kustomization.yaml"
				files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- extra.yaml\n", 1))
			} else {
				if !strings.Contains(string(files[path]), test.old) {
					t.Fatalf("no %q in\n%s", test.old, files[path])
				}
				files[path] = []byte(strings.Replace(string(files[path]), test.old, test.new, 1))
			}
			want := model.Hold{Control: test.control, Subject: "cluster.c"}
			result := Run(spec, files, []*Check{admissionPolicyCheck})
			if !holds(before, want) || holds(result, want) {
				t.Errorf("proved before: %v, after: %v", holds(before, want), holds(result, want))
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Control == test.control && f.Path == path && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", path, result.Findings)
			}
		})
	}
}
