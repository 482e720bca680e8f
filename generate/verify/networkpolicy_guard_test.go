package verify

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// guardSpec has guard rails, and workloads that declare some of what these deny.
func guardSpec(cni model.CNI) *model.Spec {
	spec := namesSpec(cni)
	c := spec.Clusters[0]
	c.Network.GuardRails = true
	for _, w := range c.Workloads() {
		if w.Name == "db" {
			w.Egress = append(w.Egress, &model.Egress{Name: "metadata", CIDRs: []netip.Prefix{netip.MustParsePrefix("169.254.169.254/32")}, Port: 8080, Protocol: model.TCP})
		}
	}
	return spec
}

func guardFiles(t *testing.T, spec *model.Spec) ([]model.Claim, map[string][]byte) {
	set, files := netFiles(t, spec, "network-policy", "gateway", "guard-rails", "cni")
	var claims []model.Claim
	for _, c := range set.Claims {
		if slices.Contains(networkPolicyCheck.Controls, c.Control) {
			claims = append(claims, c)
		}
	}
	return claims, files
}

func TestGuardRailsAreProvedAndKeepWhatIsDeclared(t *testing.T) {
	for _, cni := range []model.CNI{model.Cilium, model.Calico, model.Antrea} {
		spec := guardSpec(cni)
		if cni == model.Calico {
			for _, w := range spec.Clusters[0].Workloads() {
				w.Egress = slices.DeleteFunc(w.Egress, func(e *model.Egress) bool { return len(e.FQDNs) > 0 })
			}
		}
		claims, files := guardFiles(t, spec)
		result := Run(spec, files, []*Check{networkPolicyCheck})
		for _, f := range result.Findings {
			t.Errorf("%s: %+v", cni, f)
		}
		proved := slices.DeleteFunc(slices.Clone(result.Proved), func(c model.Claim) bool { return c.Aux })
		if diff := cmp.Diff(claims, proved); diff != "" {
			t.Errorf("%s: claimed, proved:\n%s", cni, diff)
		}
		for hold, want := range map[model.Hold]bool{
			{Control: model.MetadataGuarded, Subject: "workload.shop.cart"}:          true,
			{Control: model.NodesGuarded, Subject: "workload.shop.cart"}:             true,
			{Control: model.NodesGuarded, Subject: "workload.monitoring.prometheus"}: true, // calls nodes and the API server
			{Control: model.MetadataGuarded, Subject: "workload.shop.db"}:            false,
			{Control: model.NodesGuarded, Subject: "workload.monitoring.exporter"}:   false, // on the host network
		} {
			if got := holds(result, hold); got != (want && cni == model.Cilium) {
				t.Errorf("%s: %v: proved = %v", cni, hold, got)
			}
		}
		comparePairs(t, spec, files)
	}
}

// The evaluator says of single connections what the proofs say of sets.
func TestNoPolicyOfANamespaceOpensWhatIsGuarded(t *testing.T) {
	spec := guardSpec(model.Calico)
	_, files := guardFiles(t, spec)
	for path := range files {
		if strings.HasSuffix(path, "networkpolicy-default-deny.yaml") && strings.Contains(path, "/shop/") {
			files[path] = []byte("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: default-deny, namespace: shop}\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}\n")
		}
	}
	c := spec.Clusters[0]
	j := newNetworkJudge(&Pass{Spec: spec, Files: files, result: &Result{}, cache: newCache()}, c)
	for _, w := range c.Workloads() {
		if w.Namespace.Name != "shop" {
			continue
		}
		for addr, open := range map[string]bool{
			"169.254.169.254": false, "168.63.129.16": false, "fd00:ec2::254": false, // metadata
			"10.0.0.10": false, "10.0.0.11": false, "10.0.0.21": false, "10.0.0.22": false, // API servers, nodes
			"10.0.0.23": true, "192.0.2.1": true,
		} {
			for _, port := range []int{80, 443, 6443, 8080, 10250} {
				want := open || w.Name == "db" && addr == "169.254.169.254" && port == 8080 ||
					w.Name == "cart" && port == 6443 && (addr == "10.0.0.21" || addr == "10.0.0.22") // its declared range
				if got := j.policies.egress(end(c, w), address(addr), port, model.TCP); got != want {
					t.Errorf("%s → %s:%d: allowed = %v", w.Addr(), addr, port, got)
				}
			}
		}
	}
}

func TestEveryLooseningOfAGuardRailIsFound(t *testing.T) {
	const (
		file   = "clusters/c/manifests/platform/clusternetworkpolicy-guard-rails.yaml"
		list   = "clusters/c/manifests/platform/kustomization.yaml"
		values = "clusters/c/cluster/cni/cilium-values.yaml"
	)
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			if !strings.Contains(string(files[file]), old) {
				t.Fatalf("%s does not contain %q:\n%s", file, old, files[file])
			}
			files[file] = []byte(strings.Replace(string(files[file]), old, new, 1))
		}
	}
	// after edits what follows the name of a policy.
	after := func(name, old, new string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			head, tail, ok := strings.Cut(string(files[file]), "  name: "+name+"\n")
			if !ok || !strings.Contains(tail, old) {
				t.Fatalf("no %q after %q:\n%s", old, name, files[file])
			}
			files[file] = []byte(head + "  name: " + name + "\n" + strings.Replace(tail, old, new, 1))
		}
	}
	extra := func(doc string) func(map[string][]byte) {
		return func(files map[string][]byte) { files[file] = append(slices.Clone(files[file]), []byte("---\n"+doc)...) }
	}
	policy := func(spec string) func(map[string][]byte) {
		return extra("apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: extra}\nspec: " + spec + "\n")
	}
	const metadata, nodes, exact, ingress = model.MetadataGuarded, model.NodesGuarded, model.EgressExact, model.IngressExact
	for _, test := range []struct {
		change  string
		mutate  func(map[string][]byte)
		control model.ControlID
		subject model.Address
		path    string
	}{
		{"the file is not applied", replace(list, "- clusternetworkpolicy-guard-rails.yaml\n", ""), metadata, "workload.shop.cart", ""},
		{"metadata: another tier", after("guard-rails.metadata", "tier: Admin", "tier: Baseline"), metadata, "workload.shop.cart", file},
		{"metadata: an address is gone", after("guard-rails.metadata", "      - 169.254.169.254/32\n", ""), metadata, "workload.shop.cart", file},
		{"metadata: another address", after("guard-rails.metadata", "169.254.169.254/32", "169.254.169.253/32"), metadata, "workload.shop.cart", file},
		{"metadata: passed instead of denied", after("guard-rails.metadata", "action: Deny", "action: Pass"), metadata, "workload.shop.cart", file},
		{"metadata: accepted", after("guard-rails.metadata", "action: Deny", "action: Accept"), exact, "workload.shop.cart", file},
		{"metadata: one port alone", after("guard-rails.metadata", "    name: metadata\n", "    name: metadata\n    protocols: [{tcp: {destinationPort: {number: 80}}}]\n"), metadata, "workload.shop.cart", file},
		{"metadata: some namespaces", after("guard-rails.metadata", "      - kube-system\n", "      - kube-system\n      - shop\n"), metadata, "workload.shop.cart", file},
		{"metadata: namespaces by a label that nobody knows", after("guard-rails.metadata", "key: kubernetes.io/metadata.name", "key: team"), metadata, "workload.shop.cart", file},
		{"metadata: a hole in the subject", after("guard-rails.metadata", "    namespaces:\n      matchExpressions:", "    pods:\n     podSelector: {matchLabels: {guarded: 'yes'}}\n     namespaceSelector:\n      matchExpressions:"), metadata, "workload.shop.cart", file},
		{"metadata: after the policies that pass", after("guard-rails.metadata", "priority: 200", "priority: 100"), metadata, "workload.shop.cart", file},
		{"metadata: passed to everybody first", policy("{tier: Admin, priority: 5, subject: {namespaces: {}}, egress: [{action: Pass, to: [{networks: [169.254.0.0/16]}]}]}"), metadata, "workload.shop.cart", file},
		{"metadata: passed to pods that may be the workload's", policy("{tier: Admin, priority: 100, subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {debug: 'yes'}}}}, egress: [{action: Pass, to: [{networks: [169.254.169.254/32]}], protocols: [{tcp: {destinationPort: {number: 80}}}]}]}"), metadata, "workload.shop.cart", file},
		{"metadata: passed as a name", policy("{tier: Admin, priority: 5, subject: {namespaces: {}}, egress: [{action: Pass, to: [{nodes: {}}]}]}"), metadata, "workload.shop.cart", file},
		{"nodes: a node is gone", after("guard-rails.nodes", "      - 10.0.0.21/32\n", ""), nodes, "workload.shop.cart", file},
		{"nodes: an API server is gone", after("guard-rails.nodes", "      - 10.0.0.10/32\n", ""), nodes, "workload.shop.cart", file},
		{"nodes: a namespace is gone", after("guard-rails.nodes", "      - shop\n", ""), nodes, "workload.shop.cart", file},
		{"nodes: one port alone", after("guard-rails.nodes", "    name: nodes\n", "    name: nodes\n    protocols: [{tcp: {destinationPort: {number: 6443}}}]\n"), nodes, "workload.shop.cart", file},
		{"a pass for every pod", after("guard-rails.pass.monitoring.prometheus", "    pods:\n      namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: monitoring\n      podSelector:\n        matchLabels:\n          app.kubernetes.io/name: prometheus\n", "    namespaces: {}\n"), nodes, "workload.shop.cart", file},
		{"a pass for another workload", after("guard-rails.pass.monitoring.prometheus", "app.kubernetes.io/name: prometheus\n", "app.kubernetes.io/name: other\n"), exact, "workload.monitoring.prometheus", file},
		{"a pass on another port", after("guard-rails.pass.monitoring.prometheus", "number: 9100", "number: 9101"), nodes, "workload.monitoring.prometheus", file},
		{"a pass on every port", after("guard-rails.pass.monitoring.prometheus", "    protocols:\n    - tcp:\n        destinationPort:\n          number: 9100\n", ""), nodes, "workload.monitoring.prometheus", file},
		{"a pass on a range of ports", after("guard-rails.pass.monitoring.prometheus", "number: 9100", "range: {start: 9100, end: 9101}"), nodes, "workload.monitoring.prometheus", file},
		{"a pass to more nodes", after("guard-rails.pass.monitoring.prometheus", "      - 10.0.0.21/32\n", "      - 10.0.0.21/32\n      - 10.0.0.10/32\n"), nodes, "workload.monitoring.prometheus", file},
		{"a pass that is gone", after("guard-rails.pass.monitoring.prometheus", "number: 9100", "number: 9099"), exact, "workload.monitoring.prometheus", file},
		{"a pass that denies", after("guard-rails.pass.monitoring.prometheus", "action: Pass", "action: Deny"), exact, "workload.monitoring.prometheus", file},
		{"the whole network denied", after("guard-rails.nodes", "10.0.0.21/32", "10.0.0.0/8"), exact, "workload.shop.cart", file},
		{"pods denied", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.244.0.0/16]}]}]}"), exact, "workload.shop.cart", file},
		{"what a name may stand for denied", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [203.0.113.0/24]}]}]}"), exact, "workload.shop.legacy", file},
		{"pods denied by labels", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}]}]}"), exact, "workload.shop.cart", file},
		{"sources denied", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}"), ingress, "workload.shop.cart", file},
		{"everything accepted", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}]}"), ingress, "workload.shop.cart", file},
		{"names accepted", policy("{tier: Admin, priority: 900, subject: {namespaces: {}}, egress: [{action: Accept, to: [{domainNames: ['*.example']}]}]}"), exact, "workload.shop.cart", file},
		{"an order that nobody knows", policy("{tier: Admin, priority: 200, subject: {namespaces: {}}, egress: [{action: Pass, to: [{networks: [169.254.169.254/32]}]}]}"), metadata, "workload.shop.cart", file},
		{"a policy that the API server refuses", policy("{tier: Admin, priority: 2000, subject: {namespaces: {}}}"), exact, "workload.shop.cart", file},
		{"a field that nobody knows", policy("{tier: Admin, priority: 20, subject: {namespaces: {}}, rules: []}"), exact, "workload.shop.cart", file},
		{"the older form", extra("apiVersion: policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy\nmetadata: {name: extra}\nspec: {priority: 1, subject: {namespaces: {}}}\n"), metadata, "workload.shop.cart", file},
		{"Cilium does not know the API", replace(values, "k8sClusterNetworkPolicy:\n  enabled: true\n", "k8sClusterNetworkPolicy:\n  enabled: false\n"), metadata, "workload.shop.cart", values},
		{"Cilium is not told", replace(values, "k8sClusterNetworkPolicy:\n  enabled: true\n", ""), metadata, "workload.shop.cart", values},
		{"Cilium is told in letters that Helm does not read", replace(values, "k8sClusterNetworkPolicy:", "k8sclusternetworkpolicy:"), metadata, "workload.shop.cart", values},
		{"Cilium's ranges match no node", replace(values, "policyCIDRMatchMode:\n- nodes\n", ""), nodes, "workload.shop.cart", values},
		{"Cilium's options say something else", replace(values, "policyEnforcementMode:", "extraConfig: {enable-k8s-cluster-network-policy: 'false'}\npolicyEnforcementMode:"), metadata, "workload.shop.cart", values},
	} {
		t.Run(test.change, func(t *testing.T) {
			spec := guardSpec(model.Cilium)
			_, clean := guardFiles(t, spec)
			want := model.Hold{Control: test.control, Subject: test.subject}
			if before := Run(spec, clean, []*Check{networkPolicyCheck}); !holds(before, want) || len(before.Findings) > 0 {
				t.Fatalf("before the change: proved %v, %v", holds(before, want), before.Findings)
			}
			files := maps.Clone(clean)
			test.mutate(files)
			result := Run(spec, files, []*Check{networkPolicyCheck})
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool {
				return f.Message != "" && (test.path == "" || f.Path == test.path && f.Object != "")
			}) {
				t.Errorf("no finding in %s: %v", test.path, result.Findings)
			}
		})
	}
}
