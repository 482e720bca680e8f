//go:build e2e

package verify

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/model"
)

// packetsVariable names the environment variable that says how many random clusters are tried.
const packetsVariable = "BARTIZAN_PACKETS"

// Packets are sent between pods, some of them inside the ranges that policies name, and addresses on both sides of the borders
// of these ranges, to ports on both sides of those that policies name.
var (
	packetPods  = []string{"10.1.2.20", "10.1.2.21", "10.1.7.1", "10.1.255.254", "10.9.0.1", "10.9.0.2", "172.16.0.1", "130.0.0.1"}
	packetOut   = []string{"9.255.255.255", "10.0.255.255", "10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.3.0", "10.2.0.1", "11.0.0.0", "8.8.8.8", "126.0.0.1", "129.0.0.1", "169.254.169.254"}
	packetPorts = []int{1, 2, 52, 53, 80, 81, 82, 103, 131, 181, 8080, 8081, 8130, 65535}
)

// packetEnd is a pod or an address outside.
type packetEnd struct {
	netEnd
	name    string
	address netip.Addr
	end     *network.End
}

// packetQuestion is one connection.
type packetQuestion struct {
	from, to *packetEnd
	port     network.Port
	want     bool
}

func (q packetQuestion) String() string {
	return fmt.Sprintf("%s → %s %s: evaluator %v", q.from.name, q.to.name, q.port, q.want)
}

// Random policies in a real API server, set by a network policy controller that others wrote: what the evaluator allows is
// what packets between pods can do. Left out is where that controller does another thing than the API says: named ports (a
// name that no pod has opens every port), several ranges in one rule (the exception of one holds for all), and pairs of pods
// that one policy isolates in both directions (what it admits they may also send, and the other way round).
func TestRandomPoliciesAreEvaluatedAsRealPacketsFind(t *testing.T) {
	tryPackets(t, network.KubeRouter, 60, func(r *rand.Rand) *randomCluster {
		c := &randomCluster{Rand: r, labels: map[string]map[string]string{}, plain: true}
		for i := range 1 + r.IntN(6) {
			c.policies = append(c.policies, c.policy(fmt.Sprintf("policy-%d", i)))
		}
		return c
	})
}

// The same with policies of all three tiers, and SCTP, through the engine of kube-network-policies. Left out is what
// TestRandomPoliciesAreEvaluatedAsAnIndependentEngineDoes leaves out.
func TestRandomPoliciesOfTheClusterAreEvaluatedAsRealPacketsFind(t *testing.T) {
	tryPackets(t, network.KubeNetworkPolicies, 12, func(r *rand.Rand) *randomCluster {
		c := &randomCluster{Rand: r, labels: map[string]map[string]string{}}
		for i := range r.IntN(5) {
			c.policies = append(c.policies, c.policy(fmt.Sprintf("policy-%d", i)))
		}
		c.order()
		return c
	})
}

func tryPackets(t *testing.T, by network.Enforcer, clusters int, random func(*rand.Rand) *randomCluster) {
	t.Helper()
	if text := os.Getenv(packetsVariable); text != "" {
		var err error
		if clusters, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	w := newPacketWorld(t, by)
	policies, asked, open, left, differ := 0, 0, 0, 0, 0
	for i := range uint64(clusters) {
		c := random(rand.New(rand.NewPCG(20261121, i)))
		// What the API server filled in for a policy of the same name would stay: nobody who applies owns it.
		for _, p := range c.policies {
			p.Name = fmt.Sprintf("%s-%d", p.Name, i)
		}
		for _, p := range c.tiers {
			p.Name = fmt.Sprintf("%s-%d", p.Name, i)
		}
		w.shuffle(t, c)
		questions, skipped := w.questions(t, c)
		policies, asked, left = policies+len(c.policies)+len(c.tiers), asked+len(questions), left+skipped
		answers := w.answers(t, questions)
		for k, q := range questions {
			if q.want {
				open++
			}
			if answers[k] != q.want {
				if differ++; differ <= 10 {
					t.Errorf("cluster %d: %s, packets %v", i, q, answers[k])
				}
			}
		}
	}
	t.Logf("%d clusters with %d policies: %d connections tried, %d open, %d left out, %d answers differ", clusters, policies, asked, open, left, differ)
	if open < asked/100 || open > asked*99/100 || left > asked {
		t.Errorf("the comparison is empty: %d of %d are open, %d left out", open, asked, left)
	}
}

// packetWorld is a cluster whose pods stay and whose labels and policies change.
type packetWorld struct {
	*network.Cluster
	by        network.Enforcer
	pods, all []*packetEnd
}

func newPacketWorld(t *testing.T, by network.Enforcer) *packetWorld {
	t.Helper()
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	w := &packetWorld{by: by}
	b := &build.Builder{Cache: cache, Log: os.Stderr}
	if w.Cluster, err = network.Start(t.Context(), b, "v1.36.4", t.TempDir(), by, netip.MustParseAddr("198.19.255.254")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	var ports []network.Port
	for _, n := range packetPorts {
		for _, protocol := range w.protocols() {
			ports = append(ports, network.Port{Protocol: string(protocol), Number: n})
		}
	}
	for _, n := range randomNamespaces {
		fatal(t, errors.Join(w.Apply(t.Context(), "v1", "Namespace", "", n, network.Object{}), w.Apply(t.Context(), "v1", "ServiceAccount", n, "default", network.Object{})))
	}
	for i, a := range packetPods {
		p := &packetEnd{address: netip.MustParseAddr(a)}
		p.pod = &netPod{namespace: randomNamespaces[i%3], addrs: addrs(netip.PrefixFrom(p.address, 32))}
		p.name = fmt.Sprintf("p%d", i)
		p.end, err = w.Pod(t.Context(), p.pod.namespace, p.name, []netip.Addr{p.address}, packetPod(nil))
		fatal(t, err)
		fatal(t, p.end.Listen(ports))
		w.pods = append(w.pods, p)
	}
	w.all = slices.Clone(w.pods)
	var outside []netip.Addr
	for _, a := range packetOut {
		p := &packetEnd{address: netip.MustParseAddr(a), name: a}
		p.addr = p.address
		outside, w.all = append(outside, p.address), append(w.all, p)
	}
	end, err := w.Node.Outside(outside)
	fatal(t, err)
	fatal(t, end.Listen(ports))
	for _, p := range w.all[len(w.pods):] {
		p.end = end
	}
	return w
}

// protocols are those that the controller filters.
func (w *packetWorld) protocols() []model.Protocol {
	all := []model.Protocol{model.TCP, model.UDP}
	if w.by == network.KubeNetworkPolicies {
		all = append(all, model.SCTP)
	}
	return all
}

func packetPod(labels map[string]string) network.Object {
	return network.Object{
		"metadata": network.Object{"labels": labels},
		"spec":     network.Object{"containers": []network.Object{{"name": "c", "image": "example.invalid/c"}}},
	}
}

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shuffle gives pods and namespaces other labels, and puts other policies in force.
func (w *packetWorld) shuffle(t *testing.T, c *randomCluster) {
	t.Helper()
	for _, n := range randomNamespaces {
		c.labels[n] = c.someLabels()
		fatal(t, w.Apply(t.Context(), "v1", "Namespace", "", n, network.Object{"metadata": network.Object{"labels": c.labels[n]}}))
	}
	for _, p := range w.pods {
		p.pod.labels = c.someLabels()
		fatal(t, w.Relabel(t.Context(), p.pod.namespace, p.name, packetPod(p.pod.labels)))
	}
	var policies []network.Policy
	add := func(namespace, name string, policy any) {
		text, err := yaml.Marshal(policy)
		fatal(t, err)
		policies = append(policies, network.Policy{Namespace: namespace, Name: name, YAML: text})
	}
	for _, p := range c.policies {
		add(p.Namespace, p.Name, p)
	}
	for _, p := range c.tiers {
		add("", p.Name, p)
	}
	fatal(t, w.Enforce(t.Context(), policies))
}

// questions are what is asked about the cluster, with the evaluator's answers, and how many are left out.
func (w *packetWorld) questions(t *testing.T, c *randomCluster) (all []packetQuestion, left int) {
	t.Helper()
	var policies []*netPolicy
	for _, p := range c.policies {
		parsed, err := parseNetworkPolicy("random.yaml", p)
		fatal(t, err)
		policies = append(policies, parsed)
	}
	e := newEvaluator(policies, c.labels)
	e.cluster = c.parsed(t)
	for _, from := range w.all {
		for _, to := range w.all {
			if from == to || from.pod == nil && to.pod == nil {
				continue
			}
			if w.confuses(e, policies, from, to) {
				left += len(w.protocols()) * len(packetPorts)
				continue
			}
			for _, n := range packetPorts {
				for _, protocol := range w.protocols() {
					port := network.Port{Protocol: string(protocol), Number: n}
					all = append(all, packetQuestion{from, to, port, e.allowed(from.netEnd, to.netEnd, n, protocol)})
				}
			}
		}
	}
	return all, left
}

// confuses reports whether the controller does another thing between two ends than the API says.
func (w *packetWorld) confuses(e *evaluator, policies []*netPolicy, from, to *packetEnd) bool {
	if w.by == network.KubeNetworkPolicies {
		return len(e.cluster) > 0 && e.halfIsolated(from.netEnd, to.netEnd)
	}
	// It takes the rules of one direction for those of the other.
	return from.pod != nil && to.pod != nil && slices.ContainsFunc(policies, func(p *netPolicy) bool {
		selects := func(x *netPod) bool { return x.namespace == p.namespace && p.subject.matches(x.labels) }
		return p.ingress != nil && p.egress != nil && selects(from.pod) && selects(to.pod)
	})
}

// answers tries the connections. Those that are not as expected are tried again, with more patience: the machine may have other work.
func (w *packetWorld) answers(t *testing.T, questions []packetQuestion) []bool {
	t.Helper()
	open := make([]bool, len(questions))
	ask := func(which []int, patience time.Duration) {
		probes := make([]network.Probe, len(which))
		for i, k := range which {
			q := questions[k]
			probes[i] = network.Probe{By: q.from.end, From: q.from.address, To: q.to.address, Port: q.port}
		}
		got, err := network.Try(probes, patience)
		fatal(t, err)
		for i, k := range which {
			open[k] = got[i] == network.Open
		}
	}
	every := make([]int, len(questions))
	for k := range every {
		every[k] = k
	}
	ask(every, 400*time.Millisecond)
	for round := range time.Duration(3) {
		var again []int
		for k, q := range questions {
			if open[k] != q.want {
				again = append(again, k)
			}
		}
		if len(again) == 0 {
			break
		}
		time.Sleep(300 * time.Millisecond)
		ask(again, (round+1)*400*time.Millisecond)
	}
	return open
}
