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

// Documentation/security/policy/deny.rst of cilium/cilium: denials win over what any policy allows, and isolate as rules that
// allow do. Ranges of addresses match neither pods nor nodes (layer3.rst, "IP/CIDR based").
func TestCiliumsDenialsWinOverWhateverIsAllowed(t *testing.T) {
	cilium := func(spec string) string {
		return "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {matchLabels: {app: a}}, " + spec + "}"
	}
	const (
		ports    = "toPorts: [{ports: [{port: '443', protocol: TCP}]}]"
		name     = "egress: [{toFQDNs: [{matchName: api.example}], " + ports + "}]"
		world    = "egress: [{toEntities: [all], " + ports + "}, {toEntities: [all], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]"
		metadata = "egressDeny: [{toCIDRSet: [{cidr: 169.254.0.0/16, except: [169.254.1.0/24]}], " + ports + "}]"
		nodes    = "egressDeny: [{toEntities: [remote-node], " + ports + "}]"
		all      = "\n---\nspec: {podSelector: {}, policyTypes: [Egress], egress: [{}]}"
	)
	a, b := pod("ns", "app=a"), pod("ns", "app=b")
	learnt := func(name, addr string) netEnd { return netEnd{name: name, addr: netip.MustParseAddr(addr)} }
	for _, test := range []struct {
		rule, policies string
		from, to       netEnd
		port           int
		want           bool
	}{
		{"a name leads to any address", cilium(name), a, learnt("api.example", "169.254.169.254"), 443, true},
		{"but to what is denied", cilium(name + ", " + metadata), a, learnt("api.example", "169.254.169.254"), 443, false},
		{"the rest of the name's addresses stays", cilium(name + ", " + metadata), a, learnt("api.example", "192.0.2.1"), 443, true},
		{"a hole in what is denied", cilium(name + ", " + metadata), a, learnt("api.example", "169.254.1.1"), 443, true},
		{"the denial wins over another policy", cilium(metadata) + all, a, address("169.254.169.254"), 443, false},
		{"for its ports", cilium(metadata) + all, a, address("169.254.169.254"), 80, true},
		{"for its pods", cilium(metadata) + all, b, address("169.254.169.254"), 443, true},
		{"alone it isolates", cilium(metadata), a, address("192.0.2.1"), 443, false},
		{"in its direction", cilium(metadata), b, a, 443, true},
		{"nodes are denied by entity", cilium(world + ", " + nodes), a, hostPod("ns", "10.0.0.5"), 443, false},
		{"on the denied port", cilium(world + ", " + nodes), a, hostPod("ns", "10.0.0.5"), 80, true},
		{"a control-plane node is a node", cilium(world + ", " + nodes), a, netEnd{entity: "kube-apiserver"}, 443, false},
		{"ranges deny no pod", cilium(world + ", egressDeny: [{toCIDRSet: [{cidr: 0.0.0.0/0}]}]"), a, b, 443, true},
		{"without ports all are denied", cilium(world + ", egressDeny: [{toCIDRSet: [{cidr: 0.0.0.0/0}]}]"), a, address("192.0.2.1"), 80, false},
	} {
		e := newEvaluator(parsePolicies(t, test.policies), nil)
		if got := e.egress(test.from, test.to, test.port, model.TCP); got != test.want {
			t.Errorf("%s: allowed = %v", test.rule, got)
		}
	}
}

// namesSpec has names on two ports, one of them the API server's, and addresses beside them.
func namesSpec(cni model.CNI) *model.Spec {
	spec := netSpec(cni)
	legacy := spec.Clusters[0].Workloads()[len(spec.Clusters[0].Workloads())-1]
	legacy.Egress = append(legacy.Egress,
		&model.Egress{Name: "partner", CIDRs: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Port: 443, Protocol: model.TCP},
		&model.Egress{Name: "remote", FQDNs: []string{"api.other.example"}, Port: 6443, Protocol: model.TCP})
	if cni == model.OVNKubernetes { // on ports of names the namespace has one list
		for _, w := range legacy.Namespace.Workloads {
			for _, e := range w.Egress {
				if w != legacy {
					e.Port += 1000
				}
			}
		}
	}
	return spec
}

func TestEveryLooseningOfWhatNoNameMayLeadToIsFound(t *testing.T) {
	const (
		file     = shopGuard + "networkpolicy-allow-legacy.yaml"
		entities = "  - toEntities:\n    - host\n    - remote-node\n    - kube-apiserver\n    toPorts:\n    - ports:\n      - port: \"443\"\n        protocol: TCP\n"
		servers  = "    - cidr: 10.0.0.10/32\n    - cidr: 10.0.0.11/32\n"
	)
	on6443 := strings.Replace(entities, "443", "6443", 1)
	spec := namesSpec(model.Cilium)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	before := Run(spec, clean, []*Check{networkPolicyCheck})
	if len(before.Findings) > 0 {
		t.Fatal(before.Findings)
	}
	// The rules that allow hold the same words; what follows them is edited.
	head, rest, _ := strings.Cut(string(clean[file]), "  egressDeny:\n")
	denials, _, _ := strings.Cut(rest, "  endpointSelector:")
	head += "  egressDeny:\n"
	tests := []struct {
		change, old, new string
		controls         []model.ControlID
	}{
		{"metadata no longer denied", "    - cidr: 169.254.169.254/32\n", "", []model.ControlID{model.EgressExact, model.MetadataBlocked}},
		{"another address than metadata", "cidr: 169.254.169.254/32", "cidr: 169.254.169.253/32", []model.ControlID{model.EgressExact, model.MetadataBlocked}},
		{"a cloud's own metadata address no longer denied", "    - cidr: 168.63.129.16/32\n", "", []model.ControlID{model.EgressExact, model.MetadataBlocked}},
		{"IPv6 metadata no longer denied", "    - cidr: fd00:ec2::254/128\n", "", []model.ControlID{model.EgressExact, model.MetadataBlocked}},
		{"a hole in a wider range", "cidr: 169.254.169.254/32", "cidr: 169.254.168.0/23\n      except: [169.254.169.254/32]", []model.ControlID{model.EgressExact, model.MetadataBlocked}},
		{"no denials", denials, "  []\n", []model.ControlID{model.EgressExact, model.MetadataBlocked, model.APIEgressBlocked}},
		{"the entities are gone", entities, "", []model.ControlID{model.EgressExact}},
		{"the entities of the API server's port are gone", on6443, "", []model.ControlID{model.EgressExact, model.APIEgressBlocked}},
		{"the own node alone", entities, strings.Replace(entities, "    - remote-node\n    - kube-apiserver\n", "", 1), []model.ControlID{model.EgressExact}},
		{"without the own node", entities, strings.Replace(entities, "    - host\n", "", 1), []model.ControlID{model.EgressExact}},
		{"without other nodes", entities, strings.Replace(entities, "    - remote-node\n", "", 1), []model.ControlID{model.EgressExact}},
		{"without the API server", on6443, strings.Replace(on6443, "    - kube-apiserver\n", "", 1), []model.ControlID{model.EgressExact, model.APIEgressBlocked}},
		{"the API server's addresses are gone", servers, "", []model.ControlID{model.EgressExact, model.APIEgressBlocked}},
		{"one of the API server's addresses is gone", "    - cidr: 10.0.0.10/32\n", "", []model.ControlID{model.EgressExact, model.APIEgressBlocked}},
		{"nodes denied on another port", entities, strings.Replace(entities, "443", "444", 1), []model.ControlID{model.EgressExact}},
		{"nodes denied for another protocol", entities, strings.Replace(entities, "TCP", "UDP", 1), []model.ControlID{model.EgressExact}},
		{"declared addresses denied", "cidr: 169.254.169.254/32", "cidr: 169.254.169.254/32\n    - cidr: 192.0.2.128/25", []model.ControlID{model.EgressExact}},
		{"addresses of the names denied", "cidr: 169.254.169.254/32", "cidr: 169.254.169.254/32\n    - cidr: 198.51.100.0/24", []model.ControlID{model.EgressExact}},
		{"everything denied", "cidr: 169.254.169.254/32", "cidr: 0.0.0.0/0", []model.ControlID{model.EgressExact}},
		{"pods denied", "  - toEntities:\n    - host\n", "  - toEndpoints: [{}]\n    toEntities:\n    - host\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"the cluster denied", "    - host\n", "    - cluster\n    - host\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"a denial of names, which there is not", "  - toEntities:\n    - host\n    - remote-node\n    - kube-apiserver\n", "  - toFQDNs: [{matchName: a.example}]\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"no peers: everything", "  - toEntities:\n    - host\n    - remote-node\n    - kube-apiserver\n    toPorts", "  - toPorts", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"two kinds of peers", "  - toCIDRSet:\n", "  - toEntities: [host]\n    toCIDRSet:\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"rules above the transport layer", "        protocol: TCP\n", "        protocol: TCP\n      rules: {dns: [{matchPattern: '*'}]}\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"denials that do not isolate", "  endpointSelector:", "  enableDefaultDeny: {egress: false}\n  endpointSelector:", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"ingress denied", "  endpointSelector:", "  ingressDeny: [{fromEntities: [all]}]\n  endpointSelector:", []model.ControlID{model.EgressExact, model.DefaultDeny}},
		{"other pods", "      tier: back\n", "      tier: front\n", []model.ControlID{model.EgressExact, model.DefaultDeny}},
	}
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			if !strings.Contains(rest, test.old) {
				t.Fatalf("no %q in\n%s", test.old, rest)
			}
			files := maps.Clone(clean)
			files[file] = []byte(head + strings.Replace(rest, test.old, test.new, 1))
			result := Run(spec, files, []*Check{networkPolicyCheck})
			for _, control := range test.controls {
				want := model.Hold{Control: control, Subject: "workload.shop.legacy"}
				if control == model.DefaultDeny {
					want.Subject = "namespace.shop"
				}
				if !holds(before, want) {
					t.Fatalf("%s is not proved before the change", control)
				}
				if holds(result, want) {
					t.Errorf("%s is still proved", control)
				}
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Message != "" && f.Path == file && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", file, result.Findings)
			}
		})
	}
}

// What a workload declares is never denied, on the port where it declares it.
func TestNothingIsDeniedThatTheWorkloadDeclares(t *testing.T) {
	name := func(port int) *model.Egress {
		return &model.Egress{Name: "name", FQDNs: []string{"api.example"}, Port: port, Protocol: model.TCP}
	}
	block := func(cidr string, port int) *model.Egress {
		return &model.Egress{Name: "block", CIDRs: []netip.Prefix{netip.MustParsePrefix(cidr)}, Port: port, Protocol: model.TCP}
	}
	for _, cni := range []model.CNI{model.Cilium, model.Antrea} {
		for _, test := range []struct {
			rule    string
			declare func(spec *model.Spec, w *model.Workload)
			lacks   []model.ControlID // beside all others of the check
		}{
			{"a name on another port than the rest", func(_ *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(443), block("10.0.0.0/24", 9100)}
			}, nil},
			{"the metadata address", func(_ *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(80), block("169.254.169.254/32", 80)}
			}, []model.ControlID{model.MetadataBlocked}},
			{"the API server, on the port of the name", func(_ *model.Spec, w *model.Workload) {
				w.Egress, w.APIAccess = []*model.Egress{name(6443)}, []*model.APIAccess{{Name: "x", Verbs: []string{"list"}, Resources: []string{"pods"}}}
			}, []model.ControlID{model.APIEgressBlocked}},
			{"the API server, on another port", func(_ *model.Spec, w *model.Workload) {
				w.Egress, w.APIAccess = []*model.Egress{name(443)}, []*model.APIAccess{{Name: "x", Verbs: []string{"list"}, Resources: []string{"pods"}}}
			}, []model.ControlID{model.APIEgressBlocked}},
			{"a workload on nodes", func(spec *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(9100)}
				for _, other := range spec.Clusters[0].Workloads() {
					if other.Host.Network {
						w.Calls = []*model.Port{other.Ports[0]}
						other.Ports[0].From = append(other.Ports[0].From, w)
					}
				}
			}, nil},
			{"addresses of nodes", func(_ *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(443), block("10.0.0.16/28", 443)}
			}, nil},
			{"the API server's machines on another port than its own", func(_ *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(6443), block("10.0.0.0/24", 6443)}
			}, nil},
			{"a managed control plane at an address that is not known", func(spec *model.Spec, w *model.Workload) {
				w.Egress = []*model.Egress{name(443)}
				c := spec.Clusters[0]
				c.NodePools = slices.DeleteFunc(c.NodePools, func(p *model.NodePool) bool { return p.Has(model.RoleControlPlane) })
				c.Provisioner, c.API.Endpoint.Port, c.API.LoadBalancer = model.Managed, 443, nil
				for _, other := range c.Workloads() {
					for _, p := range other.Ports {
						p.From = slices.DeleteFunc(p.From, func(x model.Peer) bool {
							pool, ok := x.(*model.NodePool)
							return ok && !slices.Contains(c.NodePools, pool)
						})
					}
				}
			}, []model.ControlID{model.APIEgressBlocked}},
		} {
			t.Run(string(cni)+": "+test.rule, func(t *testing.T) {
				spec := netSpec(cni)
				w := spec.Clusters[0].Workloads()[len(spec.Clusters[0].Workloads())-1]
				test.declare(spec, w)
				set, files := netFiles(t, spec, "network-policy", "gateway")
				result := Run(spec, files, []*Check{networkPolicyCheck})
				for _, f := range result.Findings {
					t.Errorf("%+v", f)
				}
				var claimed, proved []model.ControlID
				for _, c := range set.Claims {
					if c.Subject == w.Addr() && slices.Contains(networkPolicyCheck.Controls, c.Control) {
						claimed = append(claimed, c.Control)
					}
				}
				for _, c := range result.Proved {
					if c.Subject == w.Addr() {
						proved = append(proved, c.Control)
					}
				}
				if diff := cmp.Diff(claimed, proved); diff != "" {
					t.Errorf("claimed, proved:\n%s", diff)
				}
				for _, c := range []model.ControlID{model.EgressExact, model.MetadataBlocked, model.APIEgressBlocked} {
					if got := slices.Contains(proved, c); got == slices.Contains(test.lacks, c) {
						t.Errorf("%s: proved = %v", c, got)
					}
				}
			})
		}
	}
}
