//go:build e2e

package network_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/judges"
	"github.com/bartizan-dev/bartizan/e2e/network"
)

// mutation is a mistake in a policy. It reports false where it would not change what the policy says.
type mutation struct {
	name string
	edit func(p *networkingv1.NetworkPolicy) bool
}

var mutations = []mutation{
	{"the policy is gone", func(p *networkingv1.NetworkPolicy) bool {
		p.Name = ""
		return true
	}},
	{"it selects other pods", func(p *networkingv1.NetworkPolicy) bool {
		p.Spec.PodSelector = metav1.LabelSelector{MatchLabels: map[string]string{"app": "nobody"}}
		return true
	}},
	{"it isolates for ingress alone", func(p *networkingv1.NetworkPolicy) bool {
		p.Spec.PolicyTypes, p.Spec.Egress = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}, nil
		return true
	}},
	{"it isolates for egress alone", func(p *networkingv1.NetworkPolicy) bool {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}
		had := len(p.Spec.Ingress) > 0 || len(p.Spec.PodSelector.MatchLabels) == 0
		p.Spec.Ingress = nil
		return had
	}},
	{"a rule admits every source", func(p *networkingv1.NetworkPolicy) bool {
		if len(p.Spec.Ingress) == 0 {
			return false
		}
		p.Spec.Ingress[0].From = nil
		return true
	}},
	{"a rule admits the source's namesakes in every namespace", func(p *networkingv1.NetworkPolicy) bool {
		for _, r := range p.Spec.Ingress {
			for i := range r.From {
				if f := &r.From[i]; f.PodSelector != nil && len(f.PodSelector.MatchLabels) > 0 && f.NamespaceSelector != nil {
					f.NamespaceSelector = &metav1.LabelSelector{}
					return true
				}
			}
		}
		return false
	}},
	{"a rule opens every port", func(p *networkingv1.NetworkPolicy) bool {
		if len(p.Spec.Ingress) == 0 {
			return false
		}
		p.Spec.Ingress[0].Ports, p.Spec.Ingress[0].From = nil, nil
		return true
	}},
	{"a port becomes a range", func(p *networkingv1.NetworkPolicy) bool {
		if len(p.Spec.Ingress) == 0 {
			return false
		}
		port, end := intstr.FromInt32(1), int32(65535)
		p.Spec.Ingress[0].Ports[0].Port, p.Spec.Ingress[0].Ports[0].EndPort = &port, &end
		p.Spec.Ingress[0].From = []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}}
		return true
	}},
	{"a rule has the other protocol", func(p *networkingv1.NetworkPolicy) bool {
		udp := corev1.ProtocolUDP
		if len(p.Spec.Ingress) == 0 || *p.Spec.Ingress[0].Ports[0].Protocol == udp {
			return false
		}
		p.Spec.Ingress[0].Ports[0].Protocol = &udp
		return true
	}},
	{"a rule lets everything out", func(p *networkingv1.NetworkPolicy) bool {
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{})
		return true
	}},
	{"a rule lets out to every address", func(p *networkingv1.NetworkPolicy) bool {
		port, tcp := intstr.FromInt32(443), corev1.ProtocolTCP
		p.Spec.Egress = append(p.Spec.Egress, networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}},
			Ports: []networkingv1.NetworkPolicyPort{{Protocol: &tcp, Port: &port}}})
		return true
	}},
	{"a range loses its exceptions", func(p *networkingv1.NetworkPolicy) bool {
		lost := false
		lose := func(peers []networkingv1.NetworkPolicyPeer) {
			for i := range peers {
				if b := peers[i].IPBlock; b != nil && len(b.Except) > 0 {
					b.Except, lost = nil, true
				}
			}
		}
		for _, r := range p.Spec.Ingress {
			lose(r.From)
		}
		for _, r := range p.Spec.Egress {
			lose(r.To)
		}
		return lost
	}},
	{"the rule for DNS is gone", func(p *networkingv1.NetworkPolicy) bool {
		before := len(p.Spec.Egress)
		p.Spec.Egress = slices.DeleteFunc(p.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool {
			return slices.ContainsFunc(r.Ports, func(q networkingv1.NetworkPolicyPort) bool { return q.Port.IntVal == 53 })
		})
		return len(p.Spec.Egress) < before
	}},
}

// Each mistake in each policy is seen by packets.
func TestPacketsSeeEveryMistakeInAPolicy(t *testing.T) {
	spec := load(t, "testdata/kinds")
	c := spec.Clusters[0]
	objects := manifests(t, spec, c)
	r := newRig(t, network.KubeRouter, spec, c, objects)
	r.enforce(t, objects)
	some, _ := trials(newPlan(network.KubeRouter, spec, c), r.parties, r.outside)
	whole := judge(t, some)
	whole.report(t, "before")

	made, seen := map[string]int{}, map[string]int{}
	for _, o := range objects {
		if !isPolicy(o) {
			continue
		}
		for _, m := range mutations {
			var policy networkingv1.NetworkPolicy
			if err := yaml.Unmarshal(o.YAML, &policy); err != nil {
				t.Fatal(err)
			}
			near := concerning(some, &policy)
			if !m.edit(&policy) {
				continue
			}
			made[m.name]++
			r.enforce(t, mutated(t, objects, o.ID(), &policy))
			if got := judge(t, near); len(got.differ) > 0 {
				seen[m.name]++
			} else {
				t.Errorf("%s: %s: no packet sees it among %d connections", o.ID(), m.name, got.tried)
			}
		}
		r.enforce(t, objects)
	}
	judge(t, some).report(t, "afterwards")
	for _, m := range mutations {
		fmt.Printf("%3d of %3d mistakes seen: %s\n", seen[m.name], made[m.name], m.name)
		if made[m.name] == 0 {
			t.Errorf("%s: it fits no policy", m.name)
		}
	}
}

// mutated are the objects with one policy in another form, or without it if it has lost its name.
func mutated(t *testing.T, objects []judges.Object, id string, policy *networkingv1.NetworkPolicy) []judges.Object {
	t.Helper()
	text, err := yaml.Marshal(policy)
	if err != nil {
		t.Fatal(err)
	}
	var all []judges.Object
	for _, o := range objects {
		if isPolicy(o) && o.ID() == id {
			if policy.Name == "" {
				continue
			}
			o.YAML = text
		}
		all = append(all, o)
	}
	return all
}

// concerning are the connections of pods that the policy selects.
func concerning(some []trial, policy *networkingv1.NetworkPolicy) []trial {
	selected := func(p *party) bool {
		if p.namespace != policy.Namespace {
			return false
		}
		for k, v := range policy.Spec.PodSelector.MatchLabels {
			if p.labels[k] != v {
				return false
			}
		}
		return true
	}
	var near []trial
	for _, x := range some {
		if selected(x.from) || selected(x.to) {
			near = append(near, x)
		}
	}
	return near
}
