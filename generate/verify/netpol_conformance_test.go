package verify

import (
	"fmt"
	"net/netip"
	"path"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// conformance are the cases that Kubernetes' own tests of network plugins ask of a running one, in our words: the list is
// that of k8s.io/kubernetes v1.36, test/e2e/network/netpol/network_policy.go, in its order. Cases that change something
// between two looks are one case for each look.
//
// There are nine pods, x/a to z/c, labelled pod: a, b or c. Each listens on 80 and 81 with all three protocols and names its
// ports serve-80-tcp and so on. Everything is open but for what closed says, in its order: "+" opens again.
var conformance = []struct {
	rule     string
	policies string
	port     int
	protocol model.Protocol
	closed   []string
}{
	{"default deny of ingress", `x: {podSelector: {}, policyTypes: [Ingress]}`, 80, model.TCP, []string{"*>x/*"}},
	{"default deny of both directions", `x: {podSelector: {}, policyTypes: [Ingress, Egress]}`, 80, model.TCP, []string{"*>x/*", "x/*>*"}},
	{"from pods of the own namespace by label", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+x/b>x/a"}},
	{"one pod is opened beside a default deny", `x: {podSelector: {}, policyTypes: [Ingress]}
x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]}`, 80, model.TCP, []string{"*>x/*", "+*>x/a"}},
	{"from every namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}]}]}`, 80, model.TCP, nil},
	{"from one namespace by its label", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}]}]}`, 80, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"pods by expression", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchExpressions: [{key: pod, operator: In, values: [b]}]}}]}]}`, 80, model.TCP, []string{"*>x/a", "+x/b>x/a"}},
	{"namespaces by expression", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: In, values: ['y']}]}}]}]}`, 80, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"other namespaces, or a pod", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}}, {podSelector: {matchLabels: {pod: b}}}]}]}`, 80, model.TCP, []string{"x/c>x/a"}},
	{"a pod of other namespaces", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}, podSelector: {matchLabels: {pod: b}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+y/b>x/a", "+z/b>x/a"}},
	{"several pods of other namespaces", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}, podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}}]}]}`, 80, model.TCP, []string{"x/*>x/a", "*/a>x/a"}},
	{"any of two selectors", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}, {podSelector: {matchLabels: {pod: c}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+x/b>x/a", "+x/c>x/a"}},
	{"one pod of one other namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: a}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+y/a>x/a"}},
	{"one port for one namespace", onePort(81), 81, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"one port for one namespace closes the other port", onePort(81), 80, model.TCP, []string{"*>x/a"}},
	{"two policies with overlapping selectors add up", onePort(81) + "\n" + onePort(80), 80, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"allow all", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}`, 81, model.TCP, nil},
	{"a named port of the destination", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: serve-81-tcp}]}]}`, 81, model.TCP, nil},
	{"a named port closes the other port", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: serve-81-tcp}]}]}`, 80, model.TCP, []string{"*>x/*"}},
	{"a named port for one namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}], ports: [{port: serve-80-tcp, protocol: TCP}]}]}`, 80, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"a named port for one namespace closes the other port", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}], ports: [{port: serve-80-tcp, protocol: TCP}]}]}`, 81, model.TCP, []string{"*>x/a"}},
	{"egress to a named port", `x: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: serve-80-tcp}]}]}`, 80, model.TCP, nil},
	{"egress to a named port closes the other port", `x: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: serve-80-tcp}]}]}`, 81, model.TCP, []string{"x/*>*"}},
	{"an allow-all that became a deny-all", `x: {podSelector: {}, policyTypes: [Ingress], ingress: []}`, 81, model.TCP, []string{"*>x/*"}},
	{"a label that no namespace has", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns2: updated}}}]}]}`, 80, model.TCP, []string{"*>x/a"}},
	{"a label that a namespace got", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {late: z}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+z/*>x/a"}},
	{"two labels of which a pod has one", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {pod: b, pod2: updated}}}]}]}`, 80, model.TCP, []string{"*>x/a"}},
	{"two labels that a pod has", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {pod: c, late: c}}}]}]}`, 80, model.TCP, []string{"*>x/a", "+x/c>x/a"}},
	{"an empty pod selector is the own namespace", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}`, 80, model.TCP, []string{"y/*>x/*", "z/*>x/*"}},
	{"a policy for a label that no pod has", `x: {podSelector: {matchLabels: {target: isolated}}, policyTypes: [Ingress]}`, 80, model.TCP, nil},
	{"a policy for a label that a pod got", `x: {podSelector: {matchLabels: {late: c}}, policyTypes: [Ingress]}`, 80, model.TCP, []string{"*>x/c"}},
	{"no egress for one pod", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress]}`, 80, model.TCP, []string{"x/a>*"}},
	{"no egress for a namespace", `x: {podSelector: {}, policyTypes: [Egress]}`, 80, model.TCP, []string{"x/*>*"}},
	{"both directions in one policy", bothWays, 80, model.TCP, []string{"*>x/a", "+x/b>x/a"}},
	{"both directions in one policy, another port", bothWays, 81, model.TCP, []string{"*>x/a", "x/a>*", "+x/b>x/a"}},
	{"the client's side is closed although the server's is open", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: a}}}]}]}
y: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: x}}, podSelector: {matchLabels: {pod: a}}}]}]}
y: {podSelector: {matchLabels: {pod: b}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: x}}, podSelector: {matchLabels: {pod: a}}}]}]}`, 80, model.TCP,
		[]string{"x/a>*", "*>y/a", "+x/a>y/a", "*>y/b"}},
	{"egress to one pod of another namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: a}}}]}]}`, 80, model.TCP, []string{"x/a>*", "+x/a>y/a"}},
	{"any port of a protocol", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{ports: [{protocol: TCP}]}]}`, 80, model.TCP, nil},
	{"any port of another protocol", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{ports: [{protocol: TCP}]}]}`, 80, model.UDP, []string{"*>x/a"}},
	{"one port of a namespace", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}`, 81, model.TCP, []string{"*>x/*"}},
	{"allow-all beside one port", `x: {podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 80}]}]}
x: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}`, 81, model.TCP, nil},
	{"egress to one port", `x: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}`, 81, model.TCP, []string{"x/*>*"}},
	{"allow-all egress beside one port", `x: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 80}]}]}
x: {podSelector: {}, policyTypes: [Egress], egress: [{}]}`, 81, model.TCP, nil},
	{"policies that were deleted", ``, 80, model.TCP, nil},
	{"egress to a pod's address", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.244.1.2/32}}]}]}`, 80, model.TCP, []string{"x/a>*", "+x/a>y/b"}},
	{"egress to a range without a pod's address", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.0.2/32]}}]}]}`, 80, model.TCP, []string{"x/a>x/b"}},
	{"an address that one rule excepts and another one names", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.244.0.0/24, except: [10.244.0.2/32]}}, {ipBlock: {cidr: 10.244.0.2/32}}]}]}`, 80, model.TCP, []string{"x/a>*", "+x/a>x/*"}},
	{"all egress of one pod", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{}]}`, 80, model.TCP, nil},
	{"ingress and egress of one pod are independent", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{}]}
x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress]}`, 80, model.TCP, []string{"*>x/a"}},
	{"SCTP is not TCP", `x: {podSelector: {}, policyTypes: [Ingress]}
x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{ports: [{port: 81, protocol: SCTP}]}]}`, 81, model.TCP, []string{"*>x/*"}},
	{"a policy for SCTP isolates from TCP", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{ports: [{port: 80, protocol: SCTP}]}]}`, 81, model.TCP, []string{"*>x/a"}},
	{"UDP is not TCP", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{ports: [{port: 81, protocol: UDP}]}]}`, 81, model.TCP, []string{"*>x/a"}},
	{"the default label of a namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: 'y'}}}]}]}`, 80, model.TCP, []string{"x/*>x/a", "z/*>x/a"}},
	{"an expression on the default label", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: ['y']}]}}]}]}`, 80, model.TCP, []string{"x/a>y/*"}},
	{"UDP: default deny", `x: {podSelector: {}, policyTypes: [Ingress]}`, 80, model.UDP, []string{"*>x/*"}},
	{"UDP: one port for one namespace", strings.Replace(onePort(81), "TCP", "UDP", 1), 81, model.UDP, []string{"x/*>x/a", "z/*>x/a"}},
	{"UDP: one pod of one other namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: a}}}]}]}`, 80, model.UDP, []string{"*>x/a", "+y/a>x/a"}},
	{"SCTP: default deny", `x: {podSelector: {}, policyTypes: [Ingress]}`, 80, model.SCTP, []string{"*>x/*"}},
	{"SCTP: one port for one namespace", strings.Replace(onePort(81), "TCP", "SCTP", 1), 81, model.SCTP, []string{"x/*>x/a", "z/*>x/a"}},
	{"SCTP: one pod of one other namespace", `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}, podSelector: {matchLabels: {pod: a}}}]}]}`, 80, model.SCTP, []string{"*>x/a", "+y/a>x/a"}},
}

// onePort opens a port of x/a to the namespace y.
func onePort(port int) string {
	return fmt.Sprintf(`x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {ns: 'y'}}}], ports: [{port: %d, protocol: TCP}]}]}`, port)
}

const bothWays = `x: {podSelector: {matchLabels: {pod: a}}, policyTypes: [Ingress, Egress], ingress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}], egress: [{ports: [{port: 80}]}]}`

func TestEvaluatorPassesTheConformanceCasesOfNetworkPlugins(t *testing.T) {
	pods := map[string]netEnd{}
	namespaces := map[string]map[string]string{"x": {"ns": "x"}, "y": {"ns": "y"}, "z": {"ns": "z", "late": "z"}}
	for i, n := range []string{"x", "y", "z"} {
		for k, name := range []string{"a", "b", "c"} {
			p := &netPod{namespace: n, labels: map[string]string{"pod": name}, ports: map[string]netPorts{},
				addrs: addrs(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 244, byte(i), byte(k + 1)}), 32))}
			if name == "c" && n == "x" {
				p.labels["late"] = "c"
			}
			for _, port := range []int{80, 81} {
				for _, protocol := range []model.Protocol{model.TCP, model.UDP, model.SCTP} {
					p.ports[fmt.Sprintf("serve-%d-%s", port, strings.ToLower(string(protocol)))] = netPorts{protocol: protocol, from: port, to: port}
				}
			}
			pods[n+"/"+name] = netEnd{pod: p}
		}
	}
	for _, test := range conformance {
		t.Run(test.rule, func(t *testing.T) {
			var docs []string
			for line := range strings.Lines(test.policies) {
				namespace, spec, _ := strings.Cut(strings.TrimSpace(line), ": ")
				docs = append(docs, "metadata: {namespace: '"+namespace+"'}\nspec: "+spec)
			}
			var policies []*netPolicy
			if len(docs) > 0 {
				policies = parsePolicies(t, strings.Join(docs, "\n---\n"))
			}
			e := newEvaluator(policies, namespaces)
			for from, a := range pods {
				for to, b := range pods {
					if from == to {
						continue // what a pod says to itself never leaves it
					}
					want := true
					for _, c := range test.closed {
						open := strings.HasPrefix(c, "+")
						source, destination, _ := strings.Cut(strings.TrimPrefix(c, "+"), ">")
						if covers(t, source, from) && covers(t, destination, to) {
							want = open
						}
					}
					if got := e.allowed(a, b, test.port, test.protocol); got != want {
						t.Errorf("%s → %s %d/%s: allowed = %v", from, to, test.port, test.protocol, got)
					}
				}
			}
		})
	}
}

// covers reports whether a pattern such as "x/*" names the pod; "*" names all.
func covers(t *testing.T, pattern, pod string) bool {
	t.Helper()
	if pattern == "*" {
		return true
	}
	ok, err := path.Match(pattern, pod)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
