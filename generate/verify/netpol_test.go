package verify

import (
	"net/netip"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// parsePolicies reads NetworkPolicies, also of Antrea, and CiliumNetworkPolicies; namespace "ns" is filled in where it is left out.
func parsePolicies(t *testing.T, text string) []*netPolicy {
	t.Helper()
	var out []*netPolicy
	for _, doc := range strings.Split(text, "\n---\n") {
		if strings.Contains(doc, "kind: CiliumNetworkPolicy") {
			var c generate.CiliumNetworkPolicy
			if err := yaml.UnmarshalStrict([]byte(doc), &c); err != nil {
				t.Fatal(err)
			}
			if c.Namespace == "" {
				c.Namespace = "ns"
			}
			p, err := parseCilium("f.yaml", &c)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
			continue
		}
		if strings.Contains(doc, "apiVersion: crd.antrea.io") {
			a := &generate.AntreaNetworkPolicy{}
			if err := yaml.UnmarshalStrict([]byte(doc), a); err != nil {
				t.Fatal(err)
			}
			a.Namespace = "ns"
			p, err := parseAntrea("f.yaml", a)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, p)
			continue
		}
		var n networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(doc), &n); err != nil {
			t.Fatal(err)
		}
		if n.Namespace == "" {
			n.Namespace = "ns"
		}
		p, err := parseNetworkPolicy("f.yaml", &n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

const (
	denyBoth = `
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]`
	denyIngress = `
spec:
  podSelector: {}`
)

func pod(namespace string, labels ...string) netEnd {
	p := &netPod{
		namespace: namespace, labels: map[string]string{},
		ports: map[string]netPorts{"http": {protocol: model.TCP, from: 8080, to: 8080}, "dns": {protocol: model.UDP, from: 5353, to: 5353}},
		addrs: addrs(netip.MustParsePrefix("10.244.0.0/16")),
	}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		p.labels[k] = v
	}
	return netEnd{pod: p}
}

func address(s string) netEnd { return netEnd{addr: netip.MustParseAddr(s)} }

func hostPod(namespace string, addr string, labels ...string) netEnd {
	e := pod(namespace, labels...)
	e.pod.hostNetwork = true
	e.pod.addrs = addrs(netip.PrefixFrom(netip.MustParseAddr(addr), 32))
	return e
}

func TestPoliciesAreEvaluatedAsTheAPIDocuments(t *testing.T) {
	a, b := pod("ns", "app=a"), pod("ns", "app=b")
	far := pod("other", "app=a")
	node := address("10.0.0.5")
	tests := []struct {
		rule     string
		policies string
		from, to netEnd
		port     int
		protocol model.Protocol
		want     bool
	}{
		{rule: "without policies nothing is isolated", policies: "spec: {podSelector: {matchLabels: {app: z}}}", from: a, to: b, want: true},
		{rule: "an empty podSelector selects every pod of the namespace", policies: denyBoth, from: a, to: b},
		{rule: "a policy selects pods of its own namespace only", policies: denyBoth, from: pod("o1"), to: pod("o2"), want: true},
		{rule: "policyTypes left out isolates ingress", policies: denyIngress, from: far, to: b},
		{rule: "policyTypes left out does not isolate egress", policies: denyIngress, from: b, to: far, want: true},
		{rule: "an empty list of egress rules without policyTypes does not isolate egress", policies: "spec: {podSelector: {}, egress: []}", from: b, to: far, want: true},
		{rule: "an egress rule without policyTypes isolates egress", policies: "spec: {podSelector: {}, egress: [{ports: [{port: 1}]}]}", from: b, to: far},
		{rule: "an egress rule without policyTypes isolates ingress as well", policies: "spec: {podSelector: {}, egress: [{}]}", from: far, to: b},
		{rule: "policyTypes Egress alone leaves ingress open", policies: "spec: {podSelector: {}, policyTypes: [Egress]}", from: far, to: b, want: true},
		{rule: "rules of a direction that policyTypes leaves out are ignored", policies: "spec: {podSelector: {}, policyTypes: [Egress], ingress: [{from: [{podSelector: {matchLabels: {app: z}}}]}]}", from: far, to: b, want: true},
		{rule: "an empty rule allows everything", policies: "spec: {podSelector: {}, ingress: [{}]}", from: address("8.8.8.8"), to: b, want: true},
		{rule: "an empty list of sources means all sources", policies: "spec: {podSelector: {}, ingress: [{from: [], ports: [{port: 80}]}]}", from: address("8.8.8.8"), to: b, port: 80, want: true},
		{rule: "an empty list of ports means all ports", policies: "spec: {podSelector: {}, ingress: [{ports: [], from: [{podSelector: {}}]}]}", from: a, to: b, port: 9, want: true},
		{rule: "a podSelector peer means the policy's own namespace", policies: "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: a}}}]}]}", from: far, to: b},
		{rule: "an empty namespaceSelector means all namespaces", policies: "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}", from: far, to: b, want: true},
		{rule: "selectors in one peer are joined by AND", policies: "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}, podSelector: {matchLabels: {app: b}}}]}]}", from: far, to: b},
		{rule: "selectors in two peers are joined by OR", policies: "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: other}}}, {podSelector: {matchLabels: {app: b}}}]}]}", from: far, to: b, want: true},
		{rule: "namespace labels that are declared count", policies: "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {tier: back}}}]}]}", from: far, to: b, want: true},
		{rule: "the name label of a namespace cannot be forged", policies: "spec: {podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]}", from: far, to: b},
		{rule: "In", policies: "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: app, operator: In, values: [x, a]}]}}]}]}", from: a, to: b, want: true},
		{rule: "In needs the key", policies: "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: In, values: [x]}]}}]}]}", from: a, to: b},
		{rule: "NotIn selects pods without the key", policies: "spec: {podSelector: {}, ingress: [{from: [{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [x]}]}}]}]}", from: a, to: b, want: true},
		{rule: "Exists", policies: "spec: {podSelector: {matchExpressions: [{key: app, operator: Exists}]}}", from: far, to: b},
		{rule: "DoesNotExist", policies: "spec: {podSelector: {matchExpressions: [{key: app, operator: DoesNotExist}]}}", from: far, to: b, want: true},
		{rule: "ipBlock", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}}]}]}", from: node, to: b, want: true},
		{rule: "ipBlock except", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.4/30]}}]}]}", from: node, to: b},
		{rule: "an IPv4 block contains no IPv6 address", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", from: address("2001:db8::1"), to: b},
		{rule: "an ipBlock over the pod network may match pods", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", from: a, to: b, want: true},
		{rule: "an ipBlock without the pod network matches no pod", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}", from: a, to: b},
		{rule: "endPort opens a range", policies: "spec: {podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8100}]}]}", from: a, to: b, port: 8050, want: true},
		{rule: "endPort ends the range", policies: "spec: {podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8100}]}]}", from: a, to: b, port: 8101},
		{rule: "the protocol is TCP where it is left out", policies: "spec: {podSelector: {}, ingress: [{ports: [{port: 53}]}]}", from: a, to: b, port: 53, protocol: model.UDP},
		{rule: "a protocol without a port means all its ports", policies: "spec: {podSelector: {}, ingress: [{ports: [{protocol: UDP}]}]}", from: a, to: b, port: 999, protocol: model.UDP, want: true},
		{rule: "a named port is the destination's", policies: "spec: {podSelector: {}, ingress: [{ports: [{port: http}]}]}", from: a, to: b, port: 8080, want: true},
		{rule: "a named port of another protocol does not match", policies: "spec: {podSelector: {}, ingress: [{ports: [{port: dns}]}]}", from: a, to: b, port: 5353, protocol: model.UDP},
		{rule: "a named port is no address's", policies: "spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]}", from: a, to: node, port: 8080},
		{rule: "policies add up", policies: denyBoth + "\n---\nspec: {podSelector: {matchLabels: {app: b}}, ingress: [{}]}\n---\nspec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Egress], egress: [{}]}", from: a, to: b, want: true},
		{rule: "the source's egress is needed too", policies: denyBoth + "\n---\nspec: {podSelector: {matchLabels: {app: b}}, ingress: [{}]}", from: a, to: b},
		{rule: "the destination's ingress is needed too", policies: denyBoth + "\n---\nspec: {podSelector: {matchLabels: {app: a}}, policyTypes: [Egress], egress: [{}]}", from: a, to: b},
		{rule: "egress policies do not concern replies: ingress is enough from outside", policies: denyBoth + "\n---\nspec: {podSelector: {matchLabels: {app: b}}, ingress: [{}]}", from: node, to: b, want: true},
		{rule: "no policy selects a host-network pod", policies: denyBoth, from: hostPod("ns", "10.0.0.5"), to: far, want: true},
		{rule: "a host-network pod is no pod for peers", policies: "spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", from: hostPod("ns", "10.0.0.5"), to: b},
		{rule: "a host-network pod is its node's address", policies: "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.5/32}}]}]}", from: hostPod("ns", "10.0.0.5"), to: b, want: true},
		{rule: "Cilium: an entity", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {matchLabels: {app: b}}, ingress: [{fromEntities: [ingress], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}", from: netEnd{entity: "ingress"}, to: b, port: 80, want: true},
		{rule: "Cilium: another entity", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {matchLabels: {app: b}}, ingress: [{fromEntities: [ingress], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}", from: netEnd{entity: "host"}, to: b, port: 80},
		{rule: "Cilium: the entity world is everything", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {}, ingress: [{fromEntities: [world], toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}", from: a, to: node, port: 80},
		{rule: "Cilium: a name", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: a.example}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]}]}", from: a, to: netEnd{name: "a.example"}, port: 443, want: true},
		{rule: "Cilium: another name", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: a.example}], toPorts: [{ports: [{port: '443', protocol: TCP}]}]}]}", from: a, to: netEnd{name: "b.example"}, port: 443},
		{rule: "Cilium: endpoints of another namespace", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': other, 'k8s:app': a}}], toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}", from: b, to: far, port: 1, want: true},
		{rule: "Cilium: endpoints are the policy's own namespace where none is named", policies: denyBoth + "\n---\nkind: CiliumNetworkPolicy\nspec: {endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {app: a}}], toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}", from: b, to: far, port: 1},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			e := newEvaluator(parsePolicies(t, test.policies), map[string]map[string]string{
				"other": {"tier": "back", "kubernetes.io/metadata.name": "shop"},
			})
			if test.port == 0 {
				test.port = 80
			}
			if test.protocol == "" {
				test.protocol = model.TCP
			}
			if got := e.allowed(test.from, test.to, test.port, test.protocol); got != test.want {
				t.Errorf("allowed = %v, want %v", got, test.want)
			}
		})
	}
}

func TestPoliciesThatAreNotUnderstoodAreRefused(t *testing.T) {
	for rule, text := range map[string]string{
		"exception outside the block": "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24, except: [10.1.0.0/24]}}]}]}",
		"exception equal to block":    "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24, except: [10.0.0.0/24]}}]}]}",
		"block beside a selector":     "spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/24}, podSelector: {}}]}]}",
		"empty peer":                  "spec: {podSelector: {}, ingress: [{from: [{}]}]}",
		"unknown operator":            "spec: {podSelector: {matchExpressions: [{key: a, operator: Like, values: [x]}]}}",
		"unknown type":                "spec: {podSelector: {}, policyTypes: [Both]}",
		"endPort below port":          "spec: {podSelector: {}, ingress: [{ports: [{port: 9, endPort: 8}]}]}",
		"endPort with a name":         "spec: {podSelector: {}, ingress: [{ports: [{port: http, endPort: 8}]}]}",
		"endPort without a port":      "spec: {podSelector: {}, ingress: [{ports: [{endPort: 8}]}]}",
	} {
		var n networkingv1.NetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		if _, err := parseNetworkPolicy("f.yaml", &n); err == nil {
			t.Errorf("%s: accepted", rule)
		}
	}
	for rule, text := range map[string]string{
		"no peers":           "spec: {endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}",
		"no ports":           "spec: {endpointSelector: {}, ingress: [{fromEntities: [host]}]}",
		"empty ports":        "spec: {endpointSelector: {}, ingress: [{fromEntities: [host], toPorts: [{ports: []}]}]}",
		"protocol ANY":       "spec: {endpointSelector: {}, ingress: [{fromEntities: [host], toPorts: [{ports: [{port: '1', protocol: ANY}]}]}]}",
		"two kinds of peers": "spec: {endpointSelector: {}, egress: [{toEntities: [host], toFQDNs: [{matchName: a}], toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}",
		"wildcard name":      "spec: {endpointSelector: {}, egress: [{toFQDNs: [{matchName: '*'}], toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}",
		"namespace labels":   "spec: {endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: {io.cilium.k8s.namespace.labels.a: b}}], toPorts: [{ports: [{port: '1', protocol: TCP}]}]}]}",
		"reserved source":    "spec: {endpointSelector: {matchLabels: {'reserved:host': ''}}}",
	} {
		var c generate.CiliumNetworkPolicy
		if err := yaml.UnmarshalStrict([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		if _, err := parseCilium("f.yaml", &c); err == nil {
			t.Errorf("Cilium: %s: accepted", rule)
		}
	}
}

func TestAddressSetsAddAndSubtract(t *testing.T) {
	p := netip.MustParsePrefix
	all := addrs(p("0.0.0.0/0"), p("::/0"))
	if rest := all.minus(addrs(p("0.0.0.0/1"), p("128.0.0.0/1"), p("::/1"), p("8000::/1"))); len(rest) != 0 {
		t.Errorf("left over: %v", rest)
	}
	if joined := addrs(p("10.0.1.0/24"), p("10.0.0.0/24"), p("10.0.0.128/25")); len(joined) != 1 || last(p("10.0.1.0/24")) != joined[0].hi {
		t.Errorf("not joined: %v", joined)
	}
	hole := addrs(p("10.0.0.0/8")).minus(addrs(p("10.1.0.0/16")))
	for addr, want := range map[string]bool{"10.0.255.255": true, "10.1.0.0": false, "10.1.255.255": false, "10.2.0.0": true, "11.0.0.0": false, "::1": false} {
		if got := hole.contains(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: contains = %v", addr, got)
		}
	}
	if !hole.union(addrs(p("10.1.0.0/16"))).overlaps(addrs(p("10.1.2.3/32"))) || hole.overlaps(addrs(p("10.1.2.3/32"))) {
		t.Error("overlap is wrong")
	}
}

func TestIndexFindsWhatAnUnindexedSearchFinds(t *testing.T) {
	policies := parsePolicies(t, strings.Join([]string{
		denyBoth,
		"spec: {podSelector: {matchLabels: {app: a}}}",
		"spec: {podSelector: {matchLabels: {app: a, tier: x}}}",
		"spec: {podSelector: {matchLabels: {tier: x}}}",
		"spec: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}}",
		"spec: {podSelector: {matchExpressions: [{key: zone, operator: Exists}]}}",
	}, "\n---\n"))
	e := newEvaluator(policies, nil)
	for _, labels := range []map[string]string{{}, {"app": "a"}, {"app": "b"}, {"app": "a", "tier": "x"}, {"zone": "1"}, {"tier": "y"}} {
		selecting, touching := 0, 0
		for _, p := range policies {
			if p.subject.matches(labels) {
				selecting++
			}
			if p.subject.judge(labels) != never {
				touching++
			}
		}
		if got := len(e.selecting("ns", labels)); got != selecting {
			t.Errorf("%v: %d policies select, index finds %d", labels, selecting, got)
		}
		if got := len(e.touching("ns", labels)); got != touching {
			t.Errorf("%v: %d policies may select, index finds %d", labels, touching, got)
		}
	}
}
