//go:build e2e

package verify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// engineWorld is a random cluster whose pods have addresses, of both families, and what is asked about it.
type engineWorld struct {
	*randomCluster
	ends      []netEnd
	addresses []string
	questions []question
	half      []bool // of each question; see halfIsolated
}

// newRandomOrders is a random cluster with several policies of each tier, whose rules also name ports and both families.
func newRandomOrders(r *rand.Rand) *randomCluster {
	c := newRandomCluster(r)
	c.policies = c.policies[:r.IntN(len(c.policies)+1)]
	c.order()
	return c
}

// order adds policies of the cluster.
func (c *randomCluster) order() {
	r := c.Rand
	actions := []string{generate.ClusterNetworkAccept, generate.ClusterNetworkDeny, generate.ClusterNetworkPass}
	for _, tier := range []string{generate.AdminTier, generate.BaselineTier} {
		priorities := r.Perm(1001)
		for i := range r.IntN(5) {
			p := c.tier(tier, fmt.Sprintf("policy-%s-%d", map[string]string{generate.AdminTier: "a", generate.BaselineTier: "b"}[tier], i), priorities[i], actions)
			for k := range p.Spec.Egress {
				c.widen(&p.Spec.Egress[k])
			}
			for k := range p.Spec.Ingress {
				if r.IntN(5) == 0 {
					p.Spec.Ingress[k].Protocols = append(p.Spec.Ingress[k].Protocols, c.namedPort())
				}
			}
			c.tiers = append(c.tiers, p)
		}
	}
}

// widen adds what the older form of the policies does not know.
func (c *randomCluster) widen(r *generate.ClusterNetworkEgress) {
	ranges := slices.ContainsFunc(r.To, func(p generate.ClusterNetworkPeer) bool { return len(p.Networks) > 0 })
	switch c.IntN(5) {
	case 0:
		r.To = append(r.To, generate.ClusterNetworkPeer{Networks: choose(c.Rand, [][]string{{"::/0"}, {"fd00:1::/64"}, {"fd00:1::2/128", "10.1.2.0/24"}})})
		r.Protocols = slices.DeleteFunc(r.Protocols, func(p generate.ClusterNetworkProtocols) bool { return p.DestinationNamedPort != "" })
	case 1:
		if !ranges {
			r.Protocols = append(r.Protocols, c.namedPort())
		}
	}
}

func (c *randomCluster) namedPort() generate.ClusterNetworkProtocols {
	return generate.ClusterNetworkProtocols{DestinationNamedPort: choose(c.Rand, []string{"http", "dns", "nobody"})}
}

// settled sets what the API server sets where it is left out.
func settled(p *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	p = p.DeepCopy()
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	tcp := corev1.ProtocolTCP
	settle := func(ports []networkingv1.NetworkPolicyPort) {
		for i := range ports {
			if ports[i].Protocol == nil {
				ports[i].Protocol = &tcp
			}
		}
	}
	for i := range p.Spec.Ingress {
		settle(p.Spec.Ingress[i].Ports)
	}
	for i := range p.Spec.Egress {
		settle(p.Spec.Egress[i].Ports)
	}
	return p
}

// engineObjects is the cluster as an API server has it.
func (w *engineWorld) engineObjects() []any {
	var out []any
	for _, n := range randomNamespaces {
		labels := (&evaluator{namespaces: w.labels}).namespaceLabels(n)
		out = append(out, &corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: n, Labels: labels}})
	}
	for i, p := range w.pods {
		p = p.DeepCopy()
		p.Spec.NodeName, p.Status.Phase = "node", corev1.PodRunning
		for _, a := range []string{w.addresses[2*i], w.addresses[2*i+1]} {
			p.Status.PodIPs = append(p.Status.PodIPs, corev1.PodIP{IP: a})
		}
		p.Status.PodIP = p.Status.PodIPs[0].IP
		out = append(out, p)
	}
	for _, p := range w.policies {
		out = append(out, settled(p))
	}
	for _, p := range w.tiers {
		out = append(out, p)
	}
	return out
}

// newEngineWorld gives the pods addresses, one of each family, some inside the ranges that policies name, and asks about pairs of
// addresses on both sides of every border: about five hundred connections by chance.
func newEngineWorld(t *testing.T, c *randomCluster) *engineWorld {
	t.Helper()
	w := &engineWorld{randomCluster: c}
	for i, p := range c.pods {
		for _, a := range []string{[]string{"10.1.2.20", "10.1.7.1", "10.9.0.1", "172.16.0.1", "130.0.0.1", "10.1.2.21"}[i], fmt.Sprintf("fd00:%d::%d", 1+i%2, 1+i)} {
			own := netip.MustParseAddr(a)
			w.addresses = append(w.addresses, a)
			w.ends = append(w.ends, netEnd{pod: &netPod{namespace: p.Namespace, labels: p.Labels, ports: namedPorts(&p.Spec), addrs: addrs(netip.PrefixFrom(own, own.BitLen()))}})
		}
	}
	var policies []*netPolicy
	for _, p := range c.policies {
		parsed, err := parseNetworkPolicy("random.yaml", p)
		if err != nil {
			t.Fatal(err)
		}
		policies = append(policies, parsed)
	}
	e := newEvaluator(policies, c.labels)
	e.cluster = c.parsed(t)
	ports, outside := borders(policies, e.cluster, w.ends)
	outside = append(outside, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fd00:1::ffff"))
	ends, names := slices.Clone(w.ends), slices.Clone(w.addresses)
	for _, a := range outside {
		if !slices.Contains(names, a.String()) {
			ends, names = append(ends, netEnd{addr: a}), append(names, a.String())
		}
	}
	type connection struct {
		from, to int
		port     int
		protocol model.Protocol
	}
	var all []connection
	for i, from := range ends {
		for k, to := range ends {
			one, other := netip.MustParseAddr(names[i]), netip.MustParseAddr(names[k])
			if one.Is4() != other.Is4() || from.pod == nil && to.pod == nil || i/2 == k/2 && from.pod != nil && to.pod != nil {
				continue
			}
			for _, port := range ports {
				for _, protocol := range []model.Protocol{model.TCP, model.UDP, model.SCTP} {
					all = append(all, connection{i, k, port, protocol})
				}
			}
		}
	}
	for range 500 {
		x := choose(c.Rand, all)
		from, to := ends[x.from], ends[x.to]
		w.questions = append(w.questions, question{From: names[x.from], To: names[x.to], Protocol: x.protocol, Port: x.port, ours: e.allowed(from, to, x.port, x.protocol)})
		w.half = append(w.half, e.halfIsolated(from, to))
	}
	return w
}

// Random policies of all three tiers, over pods with two families of addresses: what the evaluator allows is what the engine of
// kube-network-policies allows, on every port of every pair. Left out is a policy of a namespace that isolates one direction alone,
// where one of Baseline follows: the engine takes it that a policy "always makes a final decision for selected pods" in both
// directions (ClusterNetworkPolicySpec.tier), the evaluator and netpol-analyzer in those that it isolates. What Bartizan
// writes isolates in both.
func TestRandomPoliciesAreEvaluatedAsAnIndependentEngineDoes(t *testing.T) {
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	b := &build.Builder{Cache: cache, Log: os.Stderr}
	dir, err := b.Binaries(t.Context(), build.KubeNetworkPolicies(), "knpjudge")
	if err != nil {
		t.Fatal(err)
	}
	policies, asked, allowed, differ, left := 0, 0, 0, 0, 0
	for i := range uint64(30) {
		var in, out bytes.Buffer
		var all []*engineWorld
		for k := range uint64(100) {
			w := newEngineWorld(t, newRandomOrders(rand.New(rand.NewPCG(20261122, 100*i+k))))
			all, policies = append(all, w), policies+len(w.policies)+len(w.tiers)
			if err := json.NewEncoder(&in).Encode(map[string]any{"objects": w.engineObjects(), "questions": w.questions}); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "knpjudge"))
		cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		decode := json.NewDecoder(bufio.NewReader(&out))
		for k, w := range all {
			var v verdict
			if err := decode.Decode(&v); err != nil {
				t.Fatal(err)
			}
			for n, q := range w.questions {
				asked++
				if q.ours {
					allowed++
				}
				switch {
				case v.Answers[n] == q.ours:
				case !q.ours && w.half[n]:
					left++
				default:
					if differ++; differ <= 10 {
						t.Errorf("cluster %d: %s → %s %d/%s: evaluator %v, engine %v", 100*i+uint64(k), q.From, q.To, q.Port, q.Protocol, q.ours, v.Answers[n])
					}
				}
			}
		}
	}
	t.Logf("3000 clusters with %d policies: %d questions, %d connections allowed, %d answers differ; %d about pods that are isolated in one direction are left out",
		policies, asked, allowed, differ, left)
	if allowed < asked/100 || allowed > asked*99/100 || left > asked/20 {
		t.Error("the comparison is empty")
	}
}

// halfIsolated says whether a policy of a namespace selects an end of the connection and isolates it in the other direction alone.
func (e *evaluator) halfIsolated(from, to netEnd) bool {
	half := func(p *netPod, ingress bool) bool {
		if p == nil {
			return false
		}
		selecting := e.selecting(p.namespace, p.labels)
		return len(selecting) > 0 && !slices.ContainsFunc(selecting, func(p *netPolicy) bool { return ingress && p.ingress != nil || !ingress && p.egress != nil })
	}
	return half(from.pod, false) || half(to.pod, true)
}
