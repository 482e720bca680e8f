package verify

import (
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// namesPlatform is the file with the names of kube-network-policies.
const namesPlatform = "clusters/c/manifests/platform/clusternetworkpolicy-names.yaml"

// What the Admin tier accepts no policy of a namespace refuses. A control "" is one that the specification cannot have: a finding
// alone is wanted.
func TestEveryLooseningOfAcceptedNamesIsFound(t *testing.T) {
	const (
		legacy, cart = model.Address("workload.shop.legacy"), model.Address("workload.shop.cart")
		accept       = "  - action: Accept\n    name: egress-pay\n    protocols:\n    - tcp:\n        destinationPort:\n          number: 443\n"
		pass         = "  - action: Pass\n    name: never-by-name\n"
		names        = "{action: Accept, to: [{domainNames: [x.example]}], protocols: [{tcp: {destinationPort: {number: 80}}}]}"
	)
	extra := func(priority, subject, rules string) string {
		return "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata:\n  name: extra\nspec: {tier: Admin, priority: " + priority + ", subject: {" + subject + "}, " + rules + "}\n"
	}
	pods := func(namespace, labels string) string {
		return "pods: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: " + namespace + "}}, podSelector: {matchLabels: {" + labels + "}}}"
	}
	own := pods("shop", "app: legacy, tier: back")
	for _, test := range []struct {
		change, old, new string
		control          model.ControlID
		subject          model.Address
	}{
		{"another name", "- cdn.pay.example", "- evil.example", "", legacy},
		{"one more name", "- cdn.pay.example", "- cdn.pay.example\n      - evil.example", "", legacy},
		{"names by pattern", "- cdn.pay.example", "- '*.pay.example'", model.MetadataBlocked, legacy},
		{"a name that is gone", "      - cdn.pay.example\n", "", "", legacy},
		{"an address among the names", "    - domainNames:\n      - api.pay", "    - networks: [0.0.0.0/0]\n    - domainNames:\n      - api.pay", model.MetadataBlocked, legacy},
		{"pods among the names", "    - domainNames:\n      - api.pay", "    - namespaces: {}\n    - domainNames:\n      - api.pay", model.MetadataBlocked, legacy},
		{"nodes among the names", "    - domainNames:\n      - api.pay", "    - nodes: {}\n    - domainNames:\n      - api.pay", model.MetadataBlocked, legacy},
		{"another port", "number: 443", "number: 444", "", legacy},
		{"every port", accept, "  - action: Accept\n    name: egress-pay\n", "", legacy},
		{"a range of ports", "number: 443", "range: {start: 443, end: 9999}", "", legacy},
		{"another protocol", "- tcp:", "- udp:", "", legacy},
		{"metadata no longer passed on", "      - 169.254.169.254/32\n", "", model.MetadataBlocked, legacy},
		{"another address than metadata", "169.254.169.254/32", "169.254.169.253/32", model.MetadataBlocked, legacy},
		{"IPv6 metadata no longer passed on", "      - fd00:ec2::254/128\n", "", model.MetadataBlocked, legacy},
		{"passed on for one port", pass, pass + "    protocols: [{tcp: {destinationPort: {number: 80}}}]\n", model.MetadataBlocked, legacy},
		{"passed on for another protocol", pass, pass + "    protocols: [{udp: {destinationPort: {range: {start: 1, end: 65535}}}}]\n", model.MetadataBlocked, legacy},
		{"the API server no longer passed on", "      - 10.0.0.11/32\n", "", model.APIEgressBlocked, legacy},
		{"nodes no longer passed on", "    - nodes: {}\n", "    - networks: [192.0.2.9/32]\n", "", legacy},
		{"some nodes passed on", "nodes: {}", "nodes: {matchLabels: {a: b}}", model.MetadataBlocked, legacy},
		{"accepted instead of passed on", pass, strings.Replace(pass, "Pass", "Accept", 1), model.MetadataBlocked, legacy},
		{"denied instead of passed on", pass, strings.Replace(pass, "Pass", "Deny", 1), "", legacy},
		{"a name before what is passed on", "  egress:\n", "  egress:\n" + accept + "    to:\n    - domainNames: [cdn.pay.example]\n", model.MetadataBlocked, legacy},
		{"passed on what a name may stand for", "      - 10.0.0.10/32\n", "      - 0.0.0.0/1\n", "", legacy},
		{"after the policies of the namespaces", "tier: Admin", "tier: Baseline", "", legacy},
		{"names for all pods with one of the labels", "          tier: back\n", "", model.MetadataBlocked, cart},
		{"names for other pods", "app: legacy", "app: other", model.MetadataBlocked, legacy},
		{"names for the pods of another namespace", "kubernetes.io/metadata.name: shop", "kubernetes.io/metadata.name: edge", model.MetadataBlocked, legacy},
		{"names for the pods of every namespace", "        matchLabels:\n          kubernetes.io/metadata.name: shop\n", "        matchLabels: {}\n", model.MetadataBlocked, legacy},
		{"a version that nobody reads", "v1alpha2", "v1alpha1", model.MetadataBlocked, legacy},
		{"a field that is not known", "tier: Admin", "tier: Admin\n  enabled: false", model.MetadataBlocked, legacy},

		{"names for another workload", "", extra("310", pods("shop", "app.kubernetes.io/name: cart"), "egress: ["+names+"]"), model.EgressExact, cart},
		{"names for another workload, to metadata", "", extra("310", pods("shop", "app.kubernetes.io/name: cart"), "egress: ["+names+"]"), model.MetadataBlocked, cart},
		{"names for everybody", "", extra("310", "namespaces: {}", "egress: ["+names+"]"), model.DefaultDeny, "namespace.shop"},
		{"names for a gateway", "", extra("310", pods("edge", "gateway: pods"), "egress: ["+names+"]"), model.GatewaySourcesExact, "gateway.pods"},
		{"a denial of unknown rank", "", extra("300", own, "egress: [{action: Deny, to: [{networks: [10.0.0.0/8]}]}]"), model.MetadataBlocked, legacy},
		{"a denial of what a name may stand for", "", extra("290", own, "egress: [{action: Deny, to: [{networks: [198.51.100.0/24]}]}]"), "", legacy},
		{"passed on before, for all names", "", extra("290", own, "egress: [{action: Pass, to: [{networks: [0.0.0.0/0]}]}]"), "", legacy},
		{"sources accepted", "", extra("310", own, "ingress: [{action: Accept, from: [{namespaces: {}}]}]"), model.IngressExact, legacy},
	} {
		file := namesPlatform
		if test.old == "" {
			file = "clusters/c/manifests/platform/extra.yaml"
		}
		l := loosening{change: test.change, path: file, old: test.old, new: test.new, control: test.control, subject: test.subject}
		t.Run(l.change, func(t *testing.T) {
			l.try(t, model.KubeNetworkPolicies, namesPlatform, shopGuard+"networkpolicy-allow-legacy.yaml")
		})
	}
}

// A pod can forge the answers that kube-network-policies believes: exactness is neither claimed nor proved where there are names.
// That no name leads to metadata addresses or the API server holds, and rests on the policy of the cluster.
func TestNamesOfKubeNetworkPoliciesAreConfinedAndNotExact(t *testing.T) {
	const legacy = model.Address("workload.shop.legacy")
	spec := namesSpec(model.KubeNetworkPolicies)
	set, files := netFiles(t, spec, "network-policy", "gateway")
	result := Run(spec, files, []*Check{networkPolicyCheck})
	if len(result.Findings) > 0 {
		t.Fatal(result.Findings)
	}
	for _, c := range []model.ControlID{model.MetadataBlocked, model.APIEgressBlocked} {
		if !slices.Contains(result.Proved, model.Claim{Control: c, Subject: legacy, Path: namesPlatform, Aux: true}) {
			t.Errorf("%s does not name the policy of the cluster", c)
		}
	}
	exact := model.Hold{Control: model.EgressExact, Subject: legacy}
	if holds(result, exact) || slices.ContainsFunc(set.Claims, func(c model.Claim) bool { return (model.Hold{Control: c.Control, Subject: c.Subject}) == exact }) {
		t.Error("egress-exact is claimed or proved of a workload that can answer for its names")
	}
	if !holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.cart"}) {
		t.Error("egress-exact is lost for a workload without names")
	}
	other := namesSpec(model.KubeNetworkPolicies)
	other.Clusters[0].Network.CNI = model.Calico
	if result := Run(other, files, []*Check{networkPolicyCheck}); holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.cart"}) || len(result.Findings) == 0 {
		t.Errorf("proved for Calico: %v", result.Findings)
	}
}

// The tree of a specification for kube-network-policies is proved as a whole; the guide names how it must run.
func TestTheTreeForKubeNetworkPoliciesIsProved(t *testing.T) {
	spec := loadExample(t, "../testdata/kube-network-policies")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	result := Run(spec, files, All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	guide := string(files["clusters/main/manifests/README.md"])
	for _, s := range []string{"`policy.networking.k8s.io/v1alpha2` (ClusterNetworkPolicy)", "the experimental one where a policy has domainNames", "--fail-open=false"} {
		if !strings.Contains(guide, s) {
			t.Errorf("the guide lacks %q:\n%s", s, guide)
		}
	}
}
