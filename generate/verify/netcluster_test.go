package verify

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// parseClusterPolicies reads documents of ClusterNetworkPolicies and NetworkPolicies.
func parseClusterPolicies(t *testing.T, docs []string) *evaluator {
	t.Helper()
	var cluster []*clusterPolicy
	var policies []*netPolicy
	for _, doc := range docs {
		if !strings.Contains(doc, "tier:") {
			policies = append(policies, parsePolicies(t, doc)...)
			continue
		}
		c := &generate.ClusterNetworkPolicy{}
		if err := yaml.UnmarshalStrict([]byte(doc), c); err != nil {
			t.Fatal(err)
		}
		p, err := parseClusterPolicy("f.yaml", c)
		if err != nil {
			t.Fatal(err)
		}
		cluster = append(cluster, p)
	}
	houses := map[string]map[string]string{}
	for _, n := range []string{"g", "s", "h", "r"} {
		houses[n] = map[string]string{"house": n}
	}
	e := newEvaluator(policies, houses)
	e.cluster = cluster
	if a := orderClusterPolicies(e.cluster, func(_, _ *clusterPolicy) bool { return false }); len(a) > 0 {
		t.Fatal("ambiguous: ", a[0].object)
	}
	return e
}

// onCluster is a policy of the cluster for the pods of the namespace g.
func onCluster(tier string, priority int, rules string) string {
	return fmt.Sprintf("metadata: {name: %s-%d}\nspec: {tier: %s, priority: %d, subject: {namespaces: {matchLabels: {house: g}}}, %s}", strings.ToLower(tier), priority, tier, priority, rules)
}

// ruled is a rule for all pods of a namespace, both ways.
func ruled(action, house, protocols string) (egress, ingress string) {
	peer := "[{namespaces: {matchLabels: {house: " + house + "}}}]"
	if protocols != "" {
		protocols = ", protocols: [" + protocols + "]"
	}
	return "{action: " + action + ", to: " + peer + protocols + "}", "{action: " + action + ", from: " + peer + protocols + "}"
}

// bothRules joins rules, each "ACTION NAMESPACE [PROTOCOLS]", for both directions.
func bothRules(rules ...string) string {
	var out, in []string
	for _, r := range rules {
		word := strings.SplitN(r, " ", 3)
		protocols := ""
		if len(word) == 3 {
			protocols = word[2]
		}
		egress, ingress := ruled(word[0], word[1], protocols)
		out, in = append(out, egress), append(in, ingress)
	}
	return "egress: [" + strings.Join(out, ", ") + "], ingress: [" + strings.Join(in, ", ") + "]"
}

// The cases that the network policy API asks of its implementations (conformance/tests of kubernetes-sigs/network-policy-api
// at v0.2.0), in our words: four namespaces g, s, h and r of two pods each, policies for the pods of g. A case that changes
// something between two looks is one case for each look. "open" and "closed" are asked both ways unless they name pods.
var clusterConformance = []struct {
	rule         string
	policies     []string
	open, closed string
}{
	{"the first rule decides: accept before deny and pass", []string{onCluster("Admin", 15, bothRules("Accept r", "Deny r", "Pass r"))},
		"r 80/TCP, r 53/UDP, r 9003/SCTP", ""},
	{"deny before accept", []string{onCluster("Admin", 15, bothRules("Deny r", "Accept r", "Pass r"))}, "s 80/TCP", "r 80/TCP, r 53/UDP, r 9003/SCTP"},
	{"pass before deny: no other policy decides", []string{onCluster("Admin", 15, bothRules("Pass r", "Deny r", "Accept r"))}, "r 80/TCP, r 53/UDP, r 9003/SCTP", ""},
	{"ports of three protocols are accepted, the rest is denied", []string{onCluster("Admin", 15, bothRules(
		"Accept h {tcp: {destinationPort: {number: 8080}}}, {udp: {destinationPort: {number: 5353}}}, {sctp: {destinationPort: {number: 9003}}}", "Deny h"))},
		"h 8080/TCP, h 5353/UDP, h 9003/SCTP, s 80/TCP", "h 80/TCP, h 53/UDP, h 9005/SCTP, h 8080/UDP"},
	{"ports of three protocols are denied, the rest matches no rule", []string{onCluster("Admin", 15, bothRules(
		"Deny s {tcp: {destinationPort: {number: 80}}}, {udp: {destinationPort: {number: 53}}}, {sctp: {destinationPort: {number: 9003}}}", "Pass s"))},
		"s 8080/TCP, s 5353/UDP, s 9005/SCTP", "s 80/TCP, s 53/UDP, s 9003/SCTP"},
	{"a range of ports", []string{onCluster("Admin", 15, bothRules("Deny s {tcp: {destinationPort: {range: {start: 8000, end: 8080}}}}"))},
		"s 7999/TCP, s 8081/TCP, s 8000/UDP", "s 8000/TCP, s 8040/TCP, s 8080/TCP"},
	{"a named port is the destination's, of whatever protocol", []string{onCluster("Admin", 15, bothRules("Deny s {destinationNamedPort: web}, {destinationNamedPort: dns}"))},
		"s 8080/TCP, s 80/UDP, s 53/TCP", "s 80/TCP, s 53/UDP"},
	{"the lower priority comes first", []string{onCluster("Admin", 50, bothRules("Deny s")), onCluster("Admin", 60, bothRules("Pass s")), onCluster("Baseline", 10, bothRules("Accept s"))},
		"r 80/TCP", "s 80/TCP, s 8080/TCP"},
	{"the priority of the second one was lowered", []string{onCluster("Admin", 50, bothRules("Deny s")), onCluster("Admin", 40, bothRules("Pass s")), onCluster("Baseline", 10, bothRules("Accept s"))},
		"s 80/TCP, s 8080/TCP", ""},
	{"Admin denies before a NetworkPolicy allows", []string{onCluster("Admin", 10, bothRules("Deny s")), allowHouse, onCluster("Baseline", 10, bothRules("Deny s"))}, "", "s 80/TCP, r 80/TCP"},
	{"Admin passes, the NetworkPolicy allows before Baseline denies", []string{onCluster("Admin", 10, bothRules("Pass s")), allowHouse, onCluster("Baseline", 10, bothRules("Deny s"))}, "s 80/TCP", "r 80/TCP"},
	{"Admin passes, Baseline denies where no NetworkPolicy selects", []string{onCluster("Admin", 10, bothRules("Pass s")), onCluster("Baseline", 10, bothRules("Deny s"))}, "r 80/TCP", "s 80/TCP"},
	{"Admin accepts what the NetworkPolicy refuses", []string{onCluster("Admin", 10, bothRules("Accept r")), allowHouse}, "r 80/TCP, s 80/TCP", "h 80/TCP"},
	{"the NetworkPolicy refuses, so Baseline is not asked", []string{allowHouse, onCluster("Baseline", 10, bothRules("Accept r"))}, "s 80/TCP", "r 80/TCP"},
	{"ranges of addresses are those of pods, too", []string{onCluster("Admin", 85, "egress: [{action: Accept, to: [{networks: [10.244.3.0/32, 10.244.2.1/32]}]}, {action: Deny, to: [{networks: [0.0.0.0/0, '::/0']}]}]")},
		"g/0>r/0 80/TCP, g/1>h/1 80/TCP, r/0>g/0 80/TCP", "g/0>r/1 80/TCP, g/0>h/0 80/TCP, g/0>s/0 80/TCP"},
	{"Baseline: deny before accept", []string{onCluster("Baseline", 15, bothRules("Deny r", "Accept r"))}, "s 80/TCP", "r 80/TCP"},
	{"Baseline: accept before deny", []string{onCluster("Baseline", 15, bothRules("Accept r", "Deny r"))}, "r 80/TCP", ""},
	{"Baseline: ranges of addresses", []string{onCluster("Baseline", 15, "egress: [{action: Accept, to: [{networks: [10.244.3.0/24]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]")},
		"g/0>r/0 80/TCP, g/0>r/1 80/TCP", "g/0>h/0 80/TCP"},
	{"pods by their own labels and those of their namespace", []string{onCluster("Admin", 15, "egress: [{action: Deny, to: [{pods: {namespaceSelector: {matchLabels: {house: s}}, podSelector: {matchLabels: {pod: '0'}}}}]}]")},
		"g/0>s/1 80/TCP, g/0>r/0 80/TCP", "g/0>s/0 80/TCP, g/1>s/0 80/TCP"},
	{"one direction says nothing about the other", []string{onCluster("Admin", 15, "ingress: [{action: Deny, from: [{namespaces: {}}]}]")}, "g/0>s/0 80/TCP, s/0>r/0 80/TCP", "s/0>g/0 80/TCP, g/0>g/1 80/TCP"},
}

const allowHouse = "metadata: {namespace: g}\nspec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{from: [{namespaceSelector: {matchLabels: {house: s}}}]}], egress: [{to: [{namespaceSelector: {matchLabels: {house: s}}}]}]}"

func TestEvaluatorPassesTheConformanceCasesOfPoliciesOfTheCluster(t *testing.T) {
	pods := map[string]netEnd{}
	for i, n := range []string{"g", "s", "h", "r"} {
		for k := range 2 {
			pods[fmt.Sprintf("%s/%d", n, k)] = netEnd{pod: &netPod{namespace: n, labels: map[string]string{"pod": fmt.Sprint(k)},
				addrs: addrs(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 244, byte(i), byte(k)}), 32)),
				ports: map[string]netPorts{"web": {protocol: model.TCP, from: 80, to: 80}, "dns": {protocol: model.UDP, from: 53, to: 53}}}}
		}
	}
	for _, test := range clusterConformance {
		t.Run(test.rule, func(t *testing.T) {
			e := parseClusterPolicies(t, test.policies)
			for want, list := range map[bool]string{true: test.open, false: test.closed} {
				for _, q := range strings.Split(list, ", ") {
					if q == "" {
						continue
					}
					who, what, _ := strings.Cut(q, " ")
					var port int
					var protocol model.Protocol
					if _, err := fmt.Sscanf(strings.Replace(what, "/", " ", 1), "%d %s", &port, &protocol); err != nil {
						t.Fatal(q, err)
					}
					pairs := [][2]string{{"g/0", who + "/0"}, {"g/1", who + "/1"}, {who + "/0", "g/1"}, {who + "/1", "g/0"}}
					if from, to, ok := strings.Cut(who, ">"); ok {
						pairs = [][2]string{{from, to}}
					}
					for _, p := range pairs {
						from, ok := pods[p[0]]
						to, found := pods[p[1]]
						if !ok || !found {
							t.Fatal("unknown pods ", p)
						}
						if got := e.allowed(from, to, port, protocol); got != want {
							t.Errorf("%s → %s %d/%s: allowed = %v", p[0], p[1], port, protocol, got)
						}
					}
				}
			}
		})
	}
}

// What the tiers say of ends that are no pods of the cluster.
func TestPoliciesOfTheClusterHoldForOtherDestinations(t *testing.T) {
	a := netEnd{pod: &netPod{namespace: "g", labels: map[string]string{}}}
	names := onCluster("Admin", 1, "egress: [{action: Accept, to: [{domainNames: [api.example, '*.cdn.example']}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]")
	nodes := onCluster("Admin", 1, "egress: [{action: Deny, to: [{nodes: {}}]}]")
	metadata := onCluster("Admin", 1, "egress: [{action: Deny, to: [{networks: [169.254.169.254/32]}]}]")
	for _, test := range []struct {
		rule, policy string
		to           netEnd
		want         bool
	}{
		{"an accepted name", names, netEnd{name: "api.example", addr: netip.MustParseAddr("192.0.2.1")}, true},
		{"a name below another one", names, netEnd{name: "a.b.cdn.example", addr: netip.MustParseAddr("192.0.2.1")}, true},
		{"the name above the pattern", names, netEnd{name: "cdn.example", addr: netip.MustParseAddr("192.0.2.1")}, false},
		{"a node", nodes, hostPod("g", "10.0.0.5"), false},
		{"an address that is no node", nodes, address("10.0.0.5"), true},
		{"the metadata address", metadata, address("169.254.169.254"), false},
		{"another address", metadata, address("169.254.169.253"), true},
		{"an address of a node on the host network", onCluster("Admin", 1, "egress: [{action: Deny, to: [{networks: [10.0.0.0/24]}]}]"), hostPod("g", "10.0.0.5"), false},
	} {
		if got := parseClusterPolicies(t, []string{test.policy}).egress(a, test.to, 443, model.TCP); got != test.want {
			t.Errorf("%s: allowed = %v", test.rule, got)
		}
	}
	host := hostPod("g", "10.0.0.5")
	if !parseClusterPolicies(t, []string{metadata}).egress(host, address("169.254.169.254"), 80, model.TCP) {
		t.Error("a host-network pod is a subject")
	}
}

func TestPoliciesThatTheAPIServerRefusesAreRefused(t *testing.T) {
	for _, spec := range []string{
		"{tier: Admin, priority: 1001, subject: {namespaces: {}}}",
		"{tier: Admin, priority: -1, subject: {namespaces: {}}}",
		"{tier: admin, priority: 1, subject: {namespaces: {}}}",
		"{priority: 1, subject: {namespaces: {}}}",
		"{tier: Admin, priority: 1, subject: {}}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}, pods: {namespaceSelector: {}, podSelector: {}}}}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: []}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Allow, to: [{namespaces: {}}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}, networks: [10.0.0.0/8]}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.0.0.0]}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: []}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{domainNames: [a.example]}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [10.0.0.0/8]}], protocols: [{destinationNamedPort: web}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {}}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 70000}}}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 80, end: 80}}}}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 1}}, udp: {destinationPort: {number: 1}}}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{}]}]}",
		"{tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Deny, from: [{namespaces: {}}], name: '" + strings.Repeat("x", 101) + "'}]}",
	} {
		c := &generate.ClusterNetworkPolicy{}
		if err := yaml.UnmarshalStrict([]byte("spec: "+spec), c); err != nil {
			continue
		}
		if _, err := parseClusterPolicy("f.yaml", c); err == nil {
			t.Errorf("taken: %s", spec)
		}
	}
}
