package verify

import (
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Names of OVN-Kubernetes are what the policy of a workload and the firewall of its namespace both let through. A control "" is one
// that the specification cannot have: a finding alone is wanted.
func TestEveryLooseningOfAFirewallIsFound(t *testing.T) {
	const (
		wall   = shopGuard + "egressfirewall.yaml"
		own    = shopGuard + "networkpolicy-allow-legacy.yaml"
		list   = shopGuard + "kustomization.yaml"
		legacy = model.Address("workload.shop.legacy")
		both   = "  - ports:\n    - port: 443\n      protocol: TCP\n    - port: 6443\n      protocol: TCP\n"
		last   = both + "    to:\n      cidrSelector: 0.0.0.0/0\n    type: Deny\n"
		name   = "  - ports:\n    - port: 443\n      protocol: TCP\n    to:\n      dnsName: cdn.pay.example\n    type: Allow\n"
	)
	second := "apiVersion: k8s.ovn.org/v1\nkind: EgressFirewall\nmetadata:\n  name: %\n  namespace: shop\nspec: {egress: []}\n"
	for _, test := range []struct {
		change, path, old, new string
		control                model.ControlID
	}{
		{"another name", wall, "cdn.pay.example", "evil.example", ""},
		{"one more name", wall, name, name + strings.Replace(name, "cdn.pay", "evil", 1), ""},
		{"names by pattern", wall, "dnsName: cdn.pay", "dnsName: '*.pay", ""},
		{"a name that is gone", wall, name, "", ""},
		{"a name on another port", wall, name, strings.Replace(name, "443", "6443", 1), ""},
		{"a name for another protocol", wall, name, strings.Replace(name, "TCP", "UDP", 1), ""},
		{"a name on every port", wall, name, strings.Replace(name, "  - ports:\n    - port: 443\n      protocol: TCP\n    to:", "  - to:", 1), ""},
		{"an address in place of a name", wall, "dnsName: cdn.pay.example", "cidrSelector: 198.51.100.0/24", ""},
		{"nodes in place of a name", wall, "dnsName: cdn.pay.example", "nodeSelector: {}", ""},
		{"a denied name", wall, "dnsName: cdn.pay.example\n    type: Allow", "dnsName: cdn.pay.example\n    type: Deny", ""},
		{"the rest of IPv4 is open", wall, last, "", ""},
		{"the rest of IPv4 is allowed", wall, last, strings.Replace(last, "Deny", "Allow", 1), ""},
		{"the rest of IPv6 is open", wall, "cidrSelector: ::/0", "cidrSelector: 2001::/16", ""},
		{"the rest is open on one port", wall, last, strings.Replace(last, "    - port: 443\n      protocol: TCP\n", "", 1), ""},
		{"half of the rest is open", wall, "cidrSelector: 0.0.0.0/0", "cidrSelector: 0.0.0.0/1", ""},
		{"the rest is denied before the names", wall, "  egress:\n", "  egress:\n" + last, ""},
		{"everything is allowed first", wall, "  egress:\n", "  egress:\n" + strings.Replace(last, "Deny", "Allow", 1), ""},
		{"nodes no longer denied", wall, "      nodeSelector: {}\n    type: Deny\n", "      cidrSelector: 192.0.3.0/32\n    type: Deny\n", ""},
		{"some nodes denied", wall, "nodeSelector: {}", "nodeSelector: {matchLabels: {a: b}}", ""},
		{"declared addresses are not allowed", wall, "cidrSelector: 192.0.2.0/24\n    type: Allow", "cidrSelector: 192.0.2.0/24\n    type: Deny", ""},
		{"a type that is none", wall, "type: Allow", "type: allow", ""},
		{"no rules", wall, "  egress:\n", "  egress: []\n  other:\n", ""},
		{"a name that the definition refuses", wall, "name: default\n  namespace", "name: other\n  namespace", ""},
		{"the firewall of another namespace", wall, "namespace: shop", "namespace: edge", ""},
		{"another version", wall, "k8s.ovn.org/v1", "k8s.ovn.org/v2", ""},
		{"it is gone", list, "- egressfirewall.yaml\n", "", ""},
		{"a second one", "", "", strings.Replace(second, "%", "default", 1), ""},
		{"another kind of the group", "", "", strings.NewReplacer("%", "default", "EgressFirewall", "EgressIP").Replace(second), model.IngressExact},

		{"the policy lets out to metadata", own, "        - 169.254.169.254/32\n", "", model.MetadataBlocked},
		{"the policy lets out to metadata over IPv6", own, "        - fd00:ec2::254/128\n", "", model.MetadataBlocked},
		{"the policy lets out to the API server", own, "    - port: 6443\n      protocol: TCP\n    to:\n    - ipBlock:\n        cidr: 0.0.0.0/0\n        except:\n        - 10.0.0.10/32\n", "    - port: 6443\n      protocol: TCP\n    to:\n    - ipBlock:\n        cidr: 0.0.0.0/0\n        except:\n", model.APIEgressBlocked},
		{"the policy lets out to all pods", own, "        - 10.244.0.0/16\n", "", ""},
		{"the policy lets out on all ports", own, "    - port: 443\n", "    - endPort: 9999\n      port: 443\n", ""},
		{"the policy no longer lets out on IPv6", own, "        cidr: ::/0\n        except:\n        - fd00:ec2::254/128\n", "        cidr: 2001:db8::/32\n        except:\n        - 2001:db8::1/128\n", ""},
	} {
		l := loosening{change: test.change, path: test.path, old: test.old, new: test.new, control: test.control, subject: legacy}
		if l.old == "" {
			l.path = shopGuard + "extra.yaml"
		}
		t.Run(l.change, func(t *testing.T) { l.try(t, model.OVNKubernetes, own) })
	}
}

// Whether a firewall is in force no file says: exactness is neither claimed nor proved where there are names. Metadata addresses and
// the API server the policy itself leaves out.
func TestNamesOfOVNKubernetesAreConfinedAndNotProved(t *testing.T) {
	spec := loadExample(t, "../testdata/ovn-kubernetes")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	result := Run(spec, files, All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	for control, want := range map[model.ControlID]bool{model.EgressExact: false, model.MetadataBlocked: true, model.APIEgressBlocked: true} {
		if holds(result, model.Hold{Control: control, Subject: "workload.shop.pay"}) != want {
			t.Errorf("%s of a workload with names: proved %v", control, !want)
		}
		if !holds(result, model.Hold{Control: control, Subject: "workload.shop.web"}) {
			t.Errorf("%s of a workload without names is not proved", control)
		}
	}
	// What it may call is open on a port of names, and to it alone.
	if !holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.watch"}) {
		t.Error("egress-exact of a workload that calls the API server is not proved")
	}
	if guide := string(files["clusters/main/manifests/README.md"]); !strings.Contains(guide, "--enable-egress-firewall") {
		t.Errorf("the guide does not say what must be set:\n%s", guide)
	}
	_, files = netFiles(t, namesSpec(model.OVNKubernetes), "network-policy", "gateway")
	other := namesSpec(model.OVNKubernetes)
	other.Clusters[0].Network.CNI = model.Calico
	if result := Run(other, files, []*Check{networkPolicyCheck}); len(result.Findings) == 0 {
		t.Error("a firewall of another plugin is believed")
	}
}
