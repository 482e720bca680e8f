//go:build e2e

package verify

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
)

// newRandomTiers is a random cluster with a few policies of the Admin tier, and often one of Baseline: the older form knows
// one alone, which passes nothing.
func newRandomTiers(r *rand.Rand) *randomCluster {
	c := newRandomCluster(r)
	c.policies = c.policies[:r.IntN(len(c.policies)+1)]
	for i := range 1 + r.IntN(4) {
		c.tiers = append(c.tiers, c.tier(generate.AdminTier, fmt.Sprintf("admin-%d", i), []int{30, 20, 10, 40}[i],
			[]string{generate.ClusterNetworkAccept, generate.ClusterNetworkDeny, generate.ClusterNetworkPass}))
	}
	if r.IntN(3) > 0 {
		c.tiers = append(c.tiers, c.tier(generate.BaselineTier, "default", 0, []string{generate.ClusterNetworkAccept, generate.ClusterNetworkDeny}))
	}
	return c
}

func (c *randomCluster) tier(tier, name string, priority int, actions []string) *generate.ClusterNetworkPolicy {
	p := &generate.ClusterNetworkPolicy{
		TypeMeta:   metav1.TypeMeta{APIVersion: "policy.networking.k8s.io/v1alpha2", Kind: "ClusterNetworkPolicy"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       generate.ClusterNetworkRules{Tier: tier, Priority: priority, Subject: c.subject()},
	}
	for range c.IntN(4) {
		rule := generate.ClusterNetworkIngress{Action: choose(c.Rand, actions), Protocols: c.protocols()}
		for range 1 + c.IntN(2) {
			rule.From = append(rule.From, c.subject())
		}
		p.Spec.Ingress = append(p.Spec.Ingress, rule)
	}
	for range c.IntN(4) {
		rule := generate.ClusterNetworkEgress{Action: choose(c.Rand, actions), Protocols: c.protocols()}
		for range 1 + c.IntN(2) {
			if c.IntN(3) == 0 {
				rule.To = append(rule.To, generate.ClusterNetworkPeer{Networks: choose(c.Rand, [][]string{
					{"0.0.0.0/0"}, {"10.0.0.0/8"}, {"10.1.2.0/24", "169.254.169.254/32"}, {"10.1.2.3/32"}, {"128.0.0.0/1"}})})
				continue
			}
			s := c.subject()
			rule.To = append(rule.To, generate.ClusterNetworkPeer{Namespaces: s.Namespaces, Pods: s.Pods})
		}
		p.Spec.Egress = append(p.Spec.Egress, rule)
	}
	return p
}

func (c *randomCluster) subject() generate.ClusterNetworkSubject {
	if c.IntN(2) == 0 {
		return generate.ClusterNetworkSubject{Namespaces: c.namespaces()}
	}
	return generate.ClusterNetworkSubject{Pods: &generate.ClusterNetworkPods{NamespaceSelector: *c.namespaces(), PodSelector: *c.selector()}}
}

func (c *randomCluster) protocols() []generate.ClusterNetworkProtocols {
	var out []generate.ClusterNetworkProtocols
	for range c.IntN(3) {
		port := &generate.ClusterNetworkPort{Number: choose(c.Rand, []int{53, 80, 81, 8080})}
		if c.IntN(3) == 0 {
			port = &generate.ClusterNetworkPort{Range: &generate.ClusterNetworkPortRange{Start: port.Number, End: port.Number + 1 + c.IntN(50)}}
		}
		ports := &generate.ClusterNetworkPorts{DestinationPort: port}
		out = append(out, []generate.ClusterNetworkProtocols{{TCP: ports}, {UDP: ports}, {SCTP: ports}}[c.IntN(3)])
	}
	return out
}

// parsed are the policies of the cluster as the evaluator reads them.
func (c *randomCluster) parsed(t *testing.T) []*clusterPolicy {
	t.Helper()
	var out []*clusterPolicy
	for _, p := range c.tiers {
		parsed, err := parseClusterPolicy("random.yaml", p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, parsed)
	}
	if a := orderClusterPolicies(out, func(_, _ *clusterPolicy) bool { return false }); len(a) > 0 {
		t.Fatal("the order is not known: ", a[0].object)
	}
	return out
}

// olderForm is the policy as policy.networking.k8s.io/v1alpha1 has it.
func olderForm(p *generate.ClusterNetworkPolicy) map[string]any {
	words := map[string]string{generate.ClusterNetworkAccept: "Allow", generate.ClusterNetworkDeny: "Deny", generate.ClusterNetworkPass: "Pass"}
	rule := func(action string, direction string, peers any, protocols []generate.ClusterNetworkProtocols) map[string]any {
		out := map[string]any{"action": words[action], direction: peers}
		var ports []any
		for _, x := range protocols {
			for name, of := range map[string]*generate.ClusterNetworkPorts{"TCP": x.TCP, "UDP": x.UDP, "SCTP": x.SCTP} {
				if of == nil {
					continue
				}
				if r := of.DestinationPort.Range; r != nil {
					ports = append(ports, map[string]any{"portRange": map[string]any{"protocol": name, "start": r.Start, "end": r.End}})
					continue
				}
				ports = append(ports, map[string]any{"portNumber": map[string]any{"protocol": name, "port": of.DestinationPort.Number}})
			}
		}
		if len(ports) > 0 {
			out["ports"] = ports
		}
		return out
	}
	spec := map[string]any{"subject": p.Spec.Subject}
	var ingress, egress []any
	for _, r := range p.Spec.Ingress {
		ingress = append(ingress, rule(r.Action, "from", r.From, r.Protocols))
	}
	for _, r := range p.Spec.Egress {
		egress = append(egress, rule(r.Action, "to", r.To, r.Protocols))
	}
	spec["ingress"], spec["egress"] = slices.Clip(ingress), slices.Clip(egress)
	kind := "BaselineAdminNetworkPolicy"
	if p.Spec.Tier == generate.AdminTier {
		kind, spec["priority"] = "AdminNetworkPolicy", p.Spec.Priority
	}
	return map[string]any{"apiVersion": "policy.networking.k8s.io/v1alpha1", "kind": kind, "metadata": map[string]any{"name": p.Name}, "spec": spec}
}
