//go:build e2e

package verify

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/generate"
)

// randomCluster has three namespaces, a few pods and policies. Labels, ports and ranges come from small sets, so that
// selectors often select and ranges often overlap.
type randomCluster struct {
	*rand.Rand
	labels   map[string]map[string]string // of namespaces, by name
	pods     []*corev1.Pod
	policies []*networkingv1.NetworkPolicy
	tiers    []*generate.ClusterNetworkPolicy
	// plain policies have no named port, and no rule with two ranges of addresses.
	plain bool
}

var randomNamespaces = []string{"x", "y", "z"}

func newRandomCluster(r *rand.Rand) *randomCluster {
	c := &randomCluster{Rand: r, labels: map[string]map[string]string{}}
	for _, n := range randomNamespaces {
		c.labels[n] = c.someLabels()
	}
	for i := range 3 + r.IntN(4) {
		p := &corev1.Pod{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("p%d", i), Namespace: choose(r, randomNamespaces), Labels: c.someLabels()},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i"}}},
		}
		for _, name := range []string{"http", "dns"} {
			if r.IntN(3) > 0 {
				p.Spec.Containers[0].Ports = append(p.Spec.Containers[0].Ports, corev1.ContainerPort{
					Name: name, ContainerPort: choose(r, []int32{80, 81, 8080}), Protocol: choose(r, protocols[:2])})
			}
		}
		c.pods = append(c.pods, p)
	}
	for i := range 1 + r.IntN(5) {
		c.policies = append(c.policies, c.policy(fmt.Sprintf("policy-%d", i)))
	}
	return c
}

var protocols = []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP}

func choose[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (c *randomCluster) someLabels() map[string]string {
	labels := map[string]string{}
	for _, key := range []string{"app", "tier"} {
		if c.IntN(3) > 0 {
			labels[key] = choose(c.Rand, []string{"a", "b", "c"})
		}
	}
	return labels
}

func (c *randomCluster) selector() *metav1.LabelSelector {
	s := &metav1.LabelSelector{}
	switch c.IntN(4) {
	case 0:
	case 1, 2:
		s.MatchLabels = c.someLabels()
	default:
		for range 1 + c.IntN(2) {
			e := metav1.LabelSelectorRequirement{
				Key: choose(c.Rand, []string{"app", "tier"}),
				Operator: choose(c.Rand, []metav1.LabelSelectorOperator{metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn,
					metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist}),
			}
			if e.Operator == metav1.LabelSelectorOpIn || e.Operator == metav1.LabelSelectorOpNotIn {
				e.Values = []string{"a", "b"}[:1+c.IntN(2)]
			}
			s.MatchExpressions = append(s.MatchExpressions, e)
		}
	}
	return s
}

func (c *randomCluster) policy(name string) *networkingv1.NetworkPolicy {
	p := &networkingv1.NetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: choose(c.Rand, randomNamespaces)},
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: *c.selector()},
	}
	p.Spec.PolicyTypes = [][]networkingv1.PolicyType{
		nil, {networkingv1.PolicyTypeIngress}, {networkingv1.PolicyTypeEgress}, {networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress},
	}[c.IntN(4)]
	// The API server takes rules of a direction that the types leave out; they say nothing.
	for range c.IntN(3) {
		peers := c.peers()
		p.Spec.Ingress = append(p.Spec.Ingress, networkingv1.NetworkPolicyIngressRule{From: peers, Ports: c.ports(true)})
	}
	for range c.IntN(3) {
		peers := c.peers()
		// To anybody, and to addresses, a named port is mostly left out: the analyser gives up on it.
		pods := len(peers) > 0 && !slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool { return p.IPBlock != nil })
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{To: peers, Ports: c.ports(pods || c.IntN(100) == 0)})
	}
	return p
}

func (c *randomCluster) peers() []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	ranges := 0
	for range c.IntN(4) {
		kind := c.IntN(4)
		if kind == 3 {
			if ranges++; c.plain && ranges > 1 {
				continue
			}
		}
		switch kind {
		case 0:
			peers = append(peers, networkingv1.NetworkPolicyPeer{PodSelector: c.selector()})
		case 1:
			peers = append(peers, networkingv1.NetworkPolicyPeer{NamespaceSelector: c.namespaces()})
		case 2:
			peers = append(peers, networkingv1.NetworkPolicyPeer{PodSelector: c.selector(), NamespaceSelector: c.namespaces()})
		default:
			block := choose(c.Rand, []networkingv1.IPBlock{
				{CIDR: "0.0.0.0/0"}, {CIDR: "0.0.0.0/0", Except: []string{"10.0.0.0/8", "169.254.169.254/32"}},
				{CIDR: "10.0.0.0/8"}, {CIDR: "10.0.0.0/8", Except: []string{"10.1.0.0/16", "10.1.2.0/24"}},
				{CIDR: "10.1.2.0/24"}, {CIDR: "10.1.2.3/32"}, {CIDR: "10.1.0.0/16", Except: []string{"10.1.2.3/32"}}, {CIDR: "128.0.0.0/1"},
			})
			peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: &block})
		}
	}
	return peers
}

func (c *randomCluster) namespaces() *metav1.LabelSelector {
	if c.IntN(3) == 0 {
		return &metav1.LabelSelector{MatchLabels: map[string]string{namespaceNameLabel: choose(c.Rand, randomNamespaces)}}
	}
	return c.selector()
}

func (c *randomCluster) ports(named bool) []networkingv1.NetworkPolicyPort {
	var ports []networkingv1.NetworkPolicyPort
	for range c.IntN(3) {
		p := networkingv1.NetworkPolicyPort{}
		if c.IntN(3) > 0 {
			protocol := choose(c.Rand, protocols)
			p.Protocol = &protocol
		}
		switch k := c.IntN(5); {
		case k == 0 && named && !c.plain:
			name := intstr.FromString(choose(c.Rand, []string{"http", "dns", "nobody"}))
			p.Port = &name
		case k == 1:
		default:
			from := choose(c.Rand, []int{1, 53, 80, 81, 8080, 65535})
			number := intstr.FromInt(from)
			p.Port = &number
			if c.IntN(3) == 0 {
				end := int32(min(from+c.IntN(3)*50, lastPort))
				p.EndPort = &end
			}
		}
		ports = append(ports, p)
	}
	return ports
}

// objects is the cluster as the analyser reads it.
func (c *randomCluster) objects() []any {
	var out []any
	for _, n := range slices.Sorted(maps.Keys(c.labels)) {
		out = append(out, &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: n, Labels: c.labels[n]}})
	}
	for _, p := range c.pods {
		out = append(out, p)
	}
	for _, p := range c.policies {
		out = append(out, p)
	}
	for _, p := range c.tiers {
		out = append(out, olderForm(p))
	}
	return out
}

// ends is the cluster as the evaluator reads it. Pods have no addresses: whether a range of addresses holds for pods is left
// to network plugins; the evaluator takes it that it does, the analyser that it does not.
func (c *randomCluster) ends() (ends []netEnd, names []string) {
	for _, p := range c.pods {
		ends = append(ends, netEnd{pod: &netPod{namespace: p.Namespace, labels: p.Labels, ports: namedPorts(&p.Spec)}})
		names = append(names, p.Namespace+"/"+p.Name)
	}
	return ends, names
}
