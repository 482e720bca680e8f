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
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// verdict is what the analyser says of a cluster; see its program.
type verdict struct {
	Error       string
	Answers     []bool
	Connections []analysed

	between map[[2]string]*analysed
	// Connections with a range of addresses at one end, by the pod at the other.
	fromOutside, toOutside map[string][]*analysed
}

type analysed struct {
	From, To string
	All      bool
	Ports    map[string][][2]int

	lo, hi netip.Addr // of the end that is a range of addresses
}

// question is one connection, and what the evaluator and the analyser's list say of it.
type question struct {
	From     string         `json:"from"`
	To       string         `json:"to"`
	Protocol model.Protocol `json:"protocol"`
	Port     int            `json:"port"`

	ours, theirs bool
}

// asked is a cluster with what is asked about it: everything, if there are no questions.
type asked struct {
	Objects   []any      `json:"objects"`
	Questions []question `json:"questions"`
}

// analyse asks netpol-analyzer, which others wrote, what the policies of each cluster allow.
func analyse(t *testing.T, clusters []asked) []*verdict {
	t.Helper()
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	b := &build.Builder{Cache: cache, Log: os.Stderr}
	dir, err := b.Binaries(t.Context(), build.NetpolAnalyzer())
	if err != nil {
		t.Fatal(err)
	}
	var in, out bytes.Buffer
	for _, c := range clusters {
		if err := json.NewEncoder(&in).Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "netpolconns"))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var all []*verdict
	decode := json.NewDecoder(bufio.NewReader(&out))
	for range clusters {
		v := &verdict{between: map[[2]string]*analysed{}, fromOutside: map[string][]*analysed{}, toOutside: map[string][]*analysed{}}
		if err := decode.Decode(v); err != nil {
			t.Fatal(err)
		}
		for i := range v.Connections {
			c := &v.Connections[i]
			v.between[[2]string{c.From, c.To}] = c
			if lo, hi, ok := parseRange(t, c.From); ok {
				c.lo, c.hi = lo, hi
				v.fromOutside[c.To] = append(v.fromOutside[c.To], c)
			}
			if lo, hi, ok := parseRange(t, c.To); ok {
				c.lo, c.hi = lo, hi
				v.toOutside[c.From] = append(v.toOutside[c.From], c)
			}
		}
		all = append(all, v)
	}
	return all
}

// parseRange reads "10.0.0.0-10.0.0.255", "10.0.0.0/24" or one address. Names of pods have another form.
func parseRange(t *testing.T, s string) (lo, hi netip.Addr, ok bool) {
	if first, second, found := strings.Cut(s, "-"); found {
		if a, err := netip.ParseAddr(first); err == nil {
			return a, netip.MustParseAddr(second), true
		}
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Addr(), last(p), true
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a, a, true
	}
	if strings.Count(s, "/") != 1 {
		t.Fatalf("the analyser's peer %q is neither a pod nor a range", s)
	}
	return lo, hi, false
}

// find returns what the analyser lets be opened between pods, or a pod and an address: a pod is "namespace/name". Nil is
// nothing.
func (v *verdict) find(from, to string) *analysed {
	address, ranges := from, v.fromOutside[to]
	a, err := netip.ParseAddr(address)
	if err != nil {
		address, ranges = to, v.toOutside[from]
		if a, err = netip.ParseAddr(address); err != nil {
			return v.between[[2]string{from, to}]
		}
	}
	for _, c := range ranges {
		if c.lo.Compare(a) <= 0 && a.Compare(c.hi) <= 0 {
			return c
		}
	}
	return nil
}

func (c *analysed) opens(port int, protocol model.Protocol) bool {
	return c != nil && (c.All || slices.ContainsFunc(c.Ports[string(protocol)], func(r [2]int) bool { return r[0] <= port && port <= r[1] }))
}

// comparison counts what was asked of both.
type comparison struct {
	clusters, policies, questions, allowed int
	// corrected are answers of the analyser's list that its evaluation of single connections takes back.
	corrected int
	different int
}

// compare asks the evaluator and the analyser about every pair of pods, and every pod and address, in both directions, on
// each port at which an answer can change. It returns where they differ.
func (n *comparison) compare(policies []*netPolicy, cluster []*clusterPolicy, namespaces map[string]map[string]string, pods []netEnd, names []string, v *verdict) []question {
	n.clusters++
	n.policies += len(policies) + len(cluster)
	e := newEvaluator(policies, namespaces)
	e.cluster = cluster
	ports, addresses := borders(policies, cluster, pods)
	ends, labels := slices.Clone(pods), slices.Clone(names)
	for _, a := range addresses {
		ends, labels = append(ends, netEnd{addr: a}), append(labels, a.String())
	}
	var differ []question
	for i, from := range ends {
		for k, to := range ends {
			if i == k || from.pod == nil && to.pod == nil {
				continue
			}
			answer := v.find(labels[i], labels[k])
			for _, port := range ports {
				for _, protocol := range []model.Protocol{model.TCP, model.UDP, model.SCTP} {
					n.questions++
					ours, theirs := e.allowed(from, to, port, protocol), answer.opens(port, protocol)
					if ours {
						n.allowed++
					}
					if ours != theirs {
						differ = append(differ, question{labels[i], labels[k], protocol, port, ours, theirs})
					}
				}
			}
		}
	}
	return differ
}

// settle asks the analyser about each difference alone. Its list joins ranges of ports in an order that changes from run to
// run, and then sometimes fills the gap between two of them; "netpolicy evaluate" looks at the one port.
func (n *comparison) settle(t *testing.T, name string, objects []any, differ []question) {
	t.Helper()
	if len(differ) == 0 {
		return
	}
	v := analyse(t, []asked{{objects, differ}})[0]
	if v.Error != "" {
		t.Errorf("%s: the analyser: %s", name, v.Error)
		return
	}
	for i, q := range differ {
		if v.Answers[i] != q.ours {
			if n.different++; n.different <= 10 {
				t.Errorf("%s: %s → %s %d/%s: evaluator %v, analyser %v", name, q.From, q.To, q.Port, q.Protocol, q.ours, q.theirs)
			}
			continue
		}
		n.corrected++
	}
}

// borders are the ports and addresses on both sides of every border that the policies draw.
func borders(policies []*netPolicy, cluster []*clusterPolicy, pods []netEnd) ([]int, []netip.Addr) {
	ports := []int{1, lastPort}
	addresses := []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("169.254.169.254")}
	var rules []netRule
	for _, p := range policies {
		for _, d := range []*netDirection{p.ingress, p.egress} {
			if d != nil {
				rules = append(rules, d.rules...)
			}
		}
	}
	for _, p := range cluster {
		for _, r := range slices.Concat(p.ingress, p.egress) {
			rules = append(rules, r.netRule)
		}
	}
	for _, r := range rules {
		for _, x := range r.ports {
			ports = append(ports, x.from-1, x.from, x.to, x.to+1)
		}
		for _, x := range r.peers {
			for _, s := range x.addrs {
				addresses = append(addresses, s.lo, s.hi, s.lo.Prev(), s.hi.Next())
			}
		}
	}
	for _, p := range pods {
		for _, x := range p.pod.ports {
			ports = append(ports, x.from)
		}
	}
	slices.Sort(ports)
	ports = slices.DeleteFunc(slices.Compact(ports), func(p int) bool { return p < 1 || p > lastPort })
	slices.SortFunc(addresses, netip.Addr.Compare)
	// The analyser knows IPv4 alone.
	addresses = slices.DeleteFunc(slices.Compact(addresses), func(a netip.Addr) bool { return !a.Is4() })
	return ports, addresses
}

// notJudged are the reasons for which the analyser gives up on a whole cluster that the API server would take.
var notJudged = []string{
	// A named port towards addresses: it is nobody's port, so the rule allows nothing there.
	"cannot convert named port for an IP destination",
}

// Random policies over a few pods: what the evaluator allows is what the analyser allows, on every port of every pair.
func TestRandomPoliciesAreEvaluatedAsAnIndependentAnalyserDoes(t *testing.T) {
	compareRandom(t, 2000, newRandomCluster)
}

// The same with policies of the cluster before and after those of the namespaces. The analyser reads them in their older form,
// AdminNetworkPolicy and BaselineAdminNetworkPolicy, which say the same in other words.
func TestRandomPoliciesOfTheClusterAreEvaluatedAsAnIndependentAnalyserDoes(t *testing.T) {
	compareRandom(t, 1500, newRandomTiers)
}

func compareRandom(t *testing.T, clusters uint64, random func(*rand.Rand) *randomCluster) {
	t.Helper()
	var questions []asked
	var all []*randomCluster
	for i := range clusters {
		c := random(rand.New(rand.NewPCG(20261121, i)))
		all, questions = append(all, c), append(questions, asked{Objects: c.objects()})
	}
	verdicts := analyse(t, questions)
	var n comparison
	skipped := 0
	for i, c := range all {
		if e := verdicts[i].Error; e != "" {
			if !slices.ContainsFunc(notJudged, func(reason string) bool { return strings.Contains(e, reason) }) {
				t.Errorf("cluster %d: the analyser: %s", i, e)
			}
			skipped++
			continue
		}
		var policies []*netPolicy
		for _, p := range c.policies {
			parsed, err := parseNetworkPolicy("random.yaml", p)
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, parsed)
		}
		ends, names := c.ends()
		n.settle(t, fmt.Sprintf("cluster %d", i), c.objects(), n.compare(policies, c.parsed(t), c.labels, ends, names, verdicts[i]))
	}
	t.Logf("%d clusters with %d policies: %d questions, %d connections allowed, %d answers differ; the analyser corrected %d answers of its list and did not judge %d clusters",
		n.clusters, n.policies, n.questions, n.allowed, n.different, n.corrected, skipped)
	if n.corrected > n.questions/10_000 || n.clusters < int(clusters)*9/10 || n.allowed < n.questions/100 || n.allowed > n.questions*99/100 {
		t.Errorf("the comparison is empty: %+v", n)
	}
}

// The trees of the examples, whose workloads and namespaces the analyser reads itself.
func TestPoliciesOfExamplesAreEvaluatedAsAnIndependentAnalyserDoes(t *testing.T) {
	for name, files := range map[string][]string{
		"online-boutique": nil, "minimal": nil, "astronomy-shop": nil, "platform": nil,
		"estate": {"../../examples/estate/environments/staging.vars.hcl"},
	} {
		t.Run(name, func(t *testing.T) {
			l := model.Load("../../examples/"+name, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), VarFiles: files})
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			set, err := generate.Run(l.Spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range l.Spec.Clusters {
				compareTree(t, (&Pass{Spec: l.Spec, Files: set.Files(), result: &Result{}, cache: newCache()}).Objects(c))
			}
		})
	}
}

func compareTree(t *testing.T, o *Objects) {
	t.Helper()
	if !o.Complete {
		t.Fatal("the tree was not read as a whole")
	}
	var objects []any
	var policies []*netPolicy
	var pods []netEnd
	var names []string
	namespaces := map[string]map[string]string{}
	for _, x := range o.All {
		switch v := x.Value.(type) {
		case *networkingv1.NetworkPolicy:
			p, err := parseNetworkPolicy(x.Path, v)
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, p)
			objects = append(objects, v)
		case *corev1.Namespace:
			namespaces[v.Name] = v.Labels
			objects = append(objects, v)
		}
	}
	for _, s := range podSources(o) {
		if s.Spec.HostNetwork {
			continue // the analyser takes it for a pod like others; no policy holds there
		}
		objects = append(objects, s.Value)
		names = append(names, s.Namespace+"/"+s.Name)
		pods = append(pods, netEnd{pod: &netPod{namespace: s.Namespace, labels: s.Meta.Labels, ports: namedPorts(s.Spec)}})
	}
	v := analyse(t, []asked{{Objects: objects}})[0]
	if v.Error != "" {
		t.Fatal(v.Error)
	}
	var n comparison
	n.settle(t, "tree", objects, n.compare(policies, nil, namespaces, pods, names, v))
	t.Logf("%d workloads, %d policies: %d questions, %d connections allowed, %d answers differ; the analyser corrected %d answers of its list",
		len(pods), n.policies, n.questions, n.allowed, n.different, n.corrected)
	if n.policies == 0 || n.allowed == 0 && len(pods) > 1 {
		t.Errorf("the comparison is empty: %+v", n)
	}
}

func namedPorts(spec *corev1.PodSpec) map[string]netPorts {
	out := map[string]netPorts{}
	for _, c := range spec.Containers {
		for _, p := range c.Ports {
			out[p.Name] = netPorts{protocol: protocolOf(model.Protocol(p.Protocol)), from: int(p.ContainerPort), to: int(p.ContainerPort)}
		}
	}
	return out
}
