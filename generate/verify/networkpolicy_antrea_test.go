package verify

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// Antrea's policies are judged before those of Kubernetes: the first rule that matches decides, and what none matches goes on.
// docs/antrea-network-policy.md of antrea-io/antrea, "Static Tiers" and "Rule enforcement based on priorities".
func TestAntreasPoliciesAreJudgedBeforeThoseOfKubernetes(t *testing.T) {
	antrea := func(subject, rules string) string {
		return "apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\nspec: {tier: application, priority: 1, appliedTo: [{podSelector: " + subject + "}], egress: [" + rules + "]}"
	}
	const (
		name     = "{name: a, action: Allow, to: [{fqdn: api.example}], ports: [{port: 443}]}"
		metadata = "{name: m, action: Drop, to: [{ipBlock: {cidr: 169.254.169.254/32}}]}"
		one      = "{name: o, action: Drop, to: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 6443}]}"
		all      = "spec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}"
	)
	a, b := pod("ns", "app=a"), pod("ns", "app=b")
	named := func(s string) netEnd { return netEnd{name: s} }
	const nodes = "{name: n, action: Drop, to: [{nodeSelector: {}}], ports: [{port: 443}]}"
	for _, test := range []struct {
		rule, policies string
		from, to       netEnd
		port           int
		protocol       model.Protocol
		want           bool
	}{
		{"an allowed name passes the default deny", antrea("{}", name) + "\n---\n" + denyBoth, a, named("api.example"), 443, "", true},
		{"another name does not", antrea("{}", name) + "\n---\n" + denyBoth, a, named("evil.example"), 443, "", false},
		{"another port does not", antrea("{}", name) + "\n---\n" + denyBoth, a, named("api.example"), 80, "", false},
		{"another protocol does not", antrea("{}", name) + "\n---\n" + denyBoth, a, named("api.example"), 443, model.UDP, false},
		{"other pods do not", antrea("{matchLabels: {app: a}}", name) + "\n---\n" + denyBoth, b, named("api.example"), 443, "", false},
		{"alone it isolates nothing", antrea("{}", name), a, named("evil.example"), 80, "", true},
		{"nor other directions", antrea("{}", name), b, a, 80, "", true},
		{"what is dropped is dropped before a policy of Kubernetes allows it", antrea("{}", metadata) + "\n---\n" + all, a, address("169.254.169.254"), 80, "", false},
		{"other addresses go on", antrea("{}", metadata) + "\n---\n" + all, a, address("169.254.169.253"), 80, "", true},
		{"a drop of one port leaves others", antrea("{}", one) + "\n---\n" + all, a, address("10.0.0.1"), 443, "", true},
		{"a drop of one port", antrea("{}", one) + "\n---\n" + all, a, address("10.0.0.1"), 6443, "", false},
		{"a name that leads to what is dropped first", antrea("{}", metadata+", "+name), a, netEnd{name: "api.example", addr: netip.MustParseAddr("169.254.169.254")}, 443, "", false},
		{"a drop of nodes", antrea("{}", nodes) + "\n---\n" + all, a, hostPod("ns", "10.0.0.5"), 443, "", false},
		{"a drop of nodes on one port", antrea("{}", nodes) + "\n---\n" + all, a, hostPod("ns", "10.0.0.5"), 80, "", true},
		{"a drop of addresses reaches pods that have them", antrea("{}", strings.Replace(one, "port: 6443", "port: 80", 1)), a, b, 80, "", false},
	} {
		e := newEvaluator(parsePolicies(t, test.policies), nil)
		protocol := test.protocol
		if protocol == "" {
			protocol = model.TCP
		}
		if got := e.allowed(test.from, test.to, test.port, protocol); got != test.want {
			t.Errorf("%s: allowed = %v", test.rule, got)
		}
	}
}

func TestEveryLooseningOfAnAntreaPolicyIsFound(t *testing.T) {
	const (
		file = shopGuard + "networkpolicy-allow-legacy.yaml"
		list = shopGuard + "kustomization.yaml"
	)
	extra := func(spec string) string {
		return "apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec: " + spec + "\n"
	}
	const anyone = "{tier: application, priority: 1, appliedTo: [{podSelector: {}}], egress: [{name: a, action: Allow, to: [{fqdn: x.example}], ports: [{port: 80}]}]}"
	for _, test := range []struct {
		change, old, new string
		control          model.ControlID
		subject          model.Address
	}{
		{"another name", "- fqdn: cdn.pay.example", "- fqdn: evil.example", model.EgressExact, "workload.shop.legacy"},
		{"one more name", "- fqdn: cdn.pay.example", "- fqdn: cdn.pay.example\n    - fqdn: evil.example", model.EgressExact, "workload.shop.legacy"},
		{"names by pattern", "fqdn: cdn.pay.example", "fqdn: '*.example'", model.EgressExact, "workload.shop.legacy"},
		{"an address among the names", "- fqdn: cdn.pay.example", "- ipBlock:\n        cidr: 0.0.0.0/0", model.EgressExact, "workload.shop.legacy"},
		{"pods among the names", "- fqdn: cdn.pay.example", "- podSelector: {}", model.EgressExact, "workload.shop.legacy"},
		{"a name that is gone", "    - fqdn: cdn.pay.example\n", "", model.EgressExact, "workload.shop.legacy"},
		{"another port", "    name: egress-pay\n    ports:\n    - port: 443", "    name: egress-pay\n    ports:\n    - port: 444", model.EgressExact, "workload.shop.legacy"},
		{"every port", "    name: egress-pay\n    ports:\n    - port: 443\n      protocol: TCP\n", "    name: egress-pay\n", model.EgressExact, "workload.shop.legacy"},
		{"a range of ports", "    name: egress-pay\n    ports:\n    - port: 443", "    name: egress-pay\n    ports:\n    - endPort: 9999\n      port: 443", model.EgressExact, "workload.shop.legacy"},
		{"a named port", "    name: egress-pay\n    ports:\n    - port: 443", "    name: egress-pay\n    ports:\n    - port: https", model.EgressExact, "workload.shop.legacy"},
		{"metadata no longer dropped", "action: Drop\n    name: never-443-tcp", "action: Pass\n    name: never-443-tcp", model.MetadataBlocked, "workload.shop.legacy"},
		{"metadata dropped on another port", "name: never-443-tcp\n    ports:\n    - port: 443", "name: never-443-tcp\n    ports:\n    - port: 80", model.MetadataBlocked, "workload.shop.legacy"},
		{"metadata dropped for another protocol", "name: never-443-tcp\n    ports:\n    - port: 443\n      protocol: TCP", "name: never-443-tcp\n    ports:\n    - port: 443\n      protocol: UDP", model.MetadataBlocked, "workload.shop.legacy"},
		{"nodes no longer dropped", "    - nodeSelector: {}\n", "", model.EgressExact, "workload.shop.legacy"},
		{"some nodes dropped", "nodeSelector: {}", "nodeSelector: {matchLabels: {a: b}}", model.EgressExact, "workload.shop.legacy"},
		{"nodes dropped on one of the two ports", "    - nodeSelector: {}\n  - action: Allow", "  - action: Allow", model.EgressExact, "workload.shop.legacy"},
		{"nodes among the names", "- fqdn: cdn.pay.example", "- nodeSelector: {}", model.EgressExact, "workload.shop.legacy"},
		{"a rule that drops pods", "cidr: 169.254.169.254/32", "cidr: 10.244.0.0/16", model.EgressExact, "workload.shop.legacy"},
		{"another address than metadata dropped", "cidr: 169.254.169.254/32", "cidr: 169.254.169.253/32", model.MetadataBlocked, "workload.shop.legacy"},
		{"the API server no longer dropped", "cidr: 10.0.0.11/32", "cidr: 10.0.0.12/32", model.APIEgressBlocked, "workload.shop.legacy"},
		{"the API server dropped on another port", "name: never-6443-tcp\n    ports:\n    - port: 6443", "name: never-6443-tcp\n    ports:\n    - port: 6444", model.APIEgressBlocked, "workload.shop.legacy"},
		{"drops declared addresses", "cidr: 169.254.169.254/32", "cidr: 192.0.0.0/8\n    - ipBlock:\n        cidr: 169.254.169.254/32", model.EgressExact, "workload.shop.legacy"},
		{"a tier that is judged elsewhere", "tier: application", "tier: emergency", model.EgressExact, "workload.shop.legacy"},
		{"no tier", "  tier: application\n", "", model.EgressExact, "workload.shop.legacy"},
		{"a rule for ingress", "  tier: application\n", "  ingress: [{action: Allow}]\n  tier: application\n", model.IngressExact, "workload.shop.legacy"},
		{"pods of other namespaces", "  appliedTo:\n  - podSelector:\n", "  appliedTo:\n  - namespaceSelector: {}\n    podSelector:\n", model.EgressExact, "workload.shop.legacy"},
		{"every pod", "", extra(anyone), model.EgressExact, "workload.shop.cart"},
		{"every pod of the namespace, for the default deny", "", extra(anyone), model.DefaultDeny, "namespace.shop"},
		{"a name that leads to metadata", "", extra(anyone), model.MetadataBlocked, "workload.shop.cart"},
		{"everything, as a list that is empty", "", extra(strings.Replace(anyone, "to: [{fqdn: x.example}]", "to: []", 1)), model.EgressExact, "workload.shop.cart"},
		{"a policy for the cluster", "", strings.Replace(extra(anyone), "kind: NetworkPolicy", "kind: ClusterNetworkPolicy", 1), model.EgressExact, "workload.shop.cart"},
		{"a version that is not judged", "", strings.Replace(extra(anyone), "v1beta1", "v1alpha1", 1), model.EgressExact, "workload.shop.cart"},
	} {
		t.Run(test.change, func(t *testing.T) {
			spec := namesSpec(model.Antrea)
			_, clean := netFiles(t, spec, "network-policy", "gateway")
			want := model.Hold{Control: test.control, Subject: test.subject}
			if before := Run(spec, clean, []*Check{networkPolicyCheck}); !holds(before, want) || len(before.Findings) > 0 {
				t.Fatalf("before the change: proved %v, %v", holds(before, want), before.Findings)
			}
			files, path := maps.Clone(clean), file
			switch {
			case test.old == "":
				path = shopGuard + "extra.yaml"
				files[path] = []byte(test.new)
				files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- extra.yaml\n", 1))
			default:
				i := strings.Index(string(files[file]), "crd.antrea.io")
				head, antrea := string(files[file][:i]), string(files[file][i:])
				if !strings.Contains(antrea, test.old) {
					t.Fatalf("no %q in\n%s", test.old, antrea)
				}
				files[file] = []byte(head + strings.Replace(antrea, test.old, test.new, 1))
			}
			result := Run(spec, files, []*Check{networkPolicyCheck})
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Message != "" && f.Path == path && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", path, result.Findings)
			}
		})
	}
}

// The rules of another network plugin are no rules.
func TestAPolicyOfAnotherPluginProvesNothing(t *testing.T) {
	_, files := netFiles(t, namesSpec(model.Antrea), "network-policy", "gateway")
	calico := namesSpec(model.Antrea)
	calico.Clusters[0].Network.CNI = model.Calico
	result := Run(calico, files, []*Check{networkPolicyCheck})
	if holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.legacy"}) || len(result.Findings) == 0 {
		t.Errorf("proved for Calico: %v", result.Findings)
	}
	set, _ := netFiles(t, calico, "network-policy")
	for _, c := range set.Claims {
		if c.Control == model.EgressExact && c.Subject == "workload.shop.legacy" {
			t.Error("claimed for Calico, which has no rules for names")
		}
	}
}
