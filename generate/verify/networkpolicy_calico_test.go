package verify

import (
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func TestEveryLooseningOfACalicoPolicyIsFound(t *testing.T) {
	const (
		file   = shopGuard + "networkpolicy-allow-legacy.yaml"
		legacy = model.Address("workload.shop.legacy")
		cart   = model.Address("workload.shop.cart")
	)
	extra := func(spec string) string {
		return "apiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec: " + spec + "\n"
	}
	const anyone = `{tier: default, order: 1, selector: 'app == "x"', types: [Egress], egress: [{action: Allow, protocol: TCP, destination: {domains: [x.example], ports: [80]}}]}`
	everyone := strings.Replace(anyone, `'app == "x"'`, `all()`, 1)
	for _, test := range []struct {
		change, old, new string
		control          model.ControlID
		subject          model.Address
	}{
		{"another name", "- cdn.pay.example", "- evil.example", model.EgressExact, legacy},
		{"one more name", "- cdn.pay.example", "- cdn.pay.example\n      - evil.example", model.EgressExact, legacy},
		{"names by pattern", "- cdn.pay.example", "- '*.pay.example'", model.EgressExact, legacy},
		{"a name that is gone", "      - cdn.pay.example\n", "", model.EgressExact, legacy},
		{"an address among the names", "      domains:\n      - api.pay", "      nets: [0.0.0.0/0]\n      domains:\n      - api.pay", model.EgressExact, legacy},
		{"addresses in place of names", "      domains:\n      - api.pay.example\n      - cdn.pay.example\n", "      nets: [0.0.0.0/0]\n", model.EgressExact, legacy},
		{"pods among the names", "      domains:\n      - api.pay", "      selector: all()\n      domains:\n      - api.pay", model.EgressExact, legacy},
		{"another port", "      - cdn.pay.example\n      ports:\n      - 443", "      - cdn.pay.example\n      ports:\n      - 444", model.EgressExact, legacy},
		{"a range of ports", "      - cdn.pay.example\n      ports:\n      - 443", "      - cdn.pay.example\n      ports:\n      - 443:9999", model.EgressExact, legacy},
		{"every port", "      - cdn.pay.example\n      ports:\n      - 443\n", "      - cdn.pay.example\n      ports: []\n", model.EgressExact, legacy},
		{"another protocol", "      - cdn.pay.example\n      ports:\n      - 443\n    protocol: TCP", "      - cdn.pay.example\n      ports:\n      - 443\n    protocol: UDP", model.EgressExact, legacy},
		{"denied names alone", "  - action: Allow", "  - action: Deny", model.EgressExact, legacy},
		{"metadata no longer denied", "      - 169.254.169.254/32\n", "", model.MetadataBlocked, legacy},
		{"another address than metadata", "169.254.169.254/32", "169.254.169.253/32", model.MetadataBlocked, legacy},
		{"IPv6 metadata no longer denied", "      - fd00:ec2::254/128\n", "", model.MetadataBlocked, legacy},
		{"metadata passed on, and allowed by nobody", "action: Deny", "action: Pass", model.MetadataBlocked, legacy},
		{"metadata denied on another port", "      ports:\n      - 443\n", "      ports:\n      - 80\n", model.MetadataBlocked, legacy},
		{"metadata denied for another protocol", "protocol: TCP", "protocol: UDP", model.MetadataBlocked, legacy},
		{"denied from some sources", "  - action: Deny\n", "  - action: Deny\n    source: {nets: [10.0.0.0/8]}\n", model.MetadataBlocked, legacy},
		{"a node no longer denied", "      - 10.0.0.22/32\n", "", model.EgressExact, legacy},
		{"declared addresses denied", "      - 169.254.169.254/32\n", "      - 169.254.169.254/32\n      - 192.0.0.0/8\n", model.EgressExact, legacy},
		{"a tier of its own", "tier: default", "tier: security", model.EgressExact, legacy},
		{"after the policies of Kubernetes", "order: 500", "order: 1500", model.EgressExact, legacy},
		{"without an order: the last", "  order: 500\n", "", model.EgressExact, legacy},
		{"other pods", `app == "legacy"`, `app == "other"`, model.EgressExact, legacy},
		{"pods with one of the labels", ` && tier == "back"`, ``, model.DefaultDeny, "namespace.shop"},
		{"pods with either label", "&&", "||", model.EgressExact, legacy},
		{"all pods", `app == "legacy" && tier == "back"`, "all()", model.EgressExact, cart},
		{"a label twice", `app == "legacy"`, `app == "other" && app == "legacy"`, model.EgressExact, legacy},
		{"both directions", "  types:\n  - Egress\n", "  types:\n  - Egress\n  - Ingress\n", model.IngressExact, legacy},
		{"another version", "projectcalico.org/v3", "projectcalico.org/v1", model.EgressExact, legacy},
		{"the API behind the server", "projectcalico.org/v3", "crd.projectcalico.org/v1", model.EgressExact, legacy},
		{"some pods", "", extra(anyone), model.DefaultDeny, "namespace.shop"},
		{"every pod", "", extra(everyone), model.EgressExact, cart},
		{"every pod, to metadata", "", extra(everyone), model.MetadataBlocked, cart},
		{"a policy for the cluster", "", strings.Replace(extra(everyone), "kind: NetworkPolicy", "kind: GlobalNetworkPolicy", 1), model.EgressExact, cart},
	} {
		l := loosening{change: test.change, path: file, after: "apiVersion: projectcalico.org", old: test.old, new: test.new, control: test.control, subject: test.subject}
		if l.old == "" {
			l.path = shopGuard + "extra.yaml"
		}
		t.Run(l.change, func(t *testing.T) { l.try(t, model.CalicoEnterprise) })
	}
}

// The tree of a specification for Calico Enterprise is proved as a whole.
func TestTheTreeForCalicoEnterpriseIsProved(t *testing.T) {
	spec := loadExample(t, "../testdata/calico-enterprise")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	result := Run(spec, set.Files(), All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	if !holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.pay"}) {
		t.Error("egress-exact is not proved of a workload with names")
	}
}

// Calico of the open-source edition enforces no rule for a name.
func TestNamesOfCalicoNeedItsEnterpriseEdition(t *testing.T) {
	_, files := netFiles(t, namesSpec(model.CalicoEnterprise), "network-policy", "gateway")
	open := namesSpec(model.CalicoEnterprise)
	open.Clusters[0].Network.CNI = model.Calico
	result := Run(open, files, []*Check{networkPolicyCheck})
	if holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.legacy"}) || len(result.Findings) == 0 {
		t.Errorf("proved for Calico: %v", result.Findings)
	}
}
