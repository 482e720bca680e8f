//go:build e2e

package network_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/judges"
	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/generate"
)

// nameServer is a DNS server that says what it is told to say.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]netip.Addr
	ttl     uint32
}

// lasts says for how many seconds answers hold from now on.
func (s *nameServer) lasts(seconds uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ttl = seconds
}

func (s *nameServer) says(name string, addresses ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[name] = nil
	for _, a := range addresses {
		s.answers[name] = append(s.answers[name], netip.MustParseAddr(a))
	}
}

// serve answers questions over UDP in the network of a pod.
func (s *nameServer) serve(t *testing.T, e *network.End) {
	t.Helper()
	var c *net.UDPConn
	if err := e.In(func() (err error) {
		c, err = net.ListenUDP("udp4", &net.UDPAddr{Port: 53})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		var data [512]byte
		for {
			n, from, err := c.ReadFromUDPAddrPort(data[:])
			if errors.Is(err, net.ErrClosed) {
				return
			}
			var q dnsmessage.Message
			if err == nil && q.Unpack(data[:n]) == nil && len(q.Questions) == 1 && !q.Response {
				_, _ = c.WriteToUDPAddrPort(s.answer(q.ID, q.Questions[0]), from) // lost packets are what is tested
			}
		}
	}()
}

func (s *nameServer) answer(id uint16, q dnsmessage.Question) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: id, Response: true}, Questions: []dnsmessage.Question{q}}
	for _, a := range s.answers[q.Name.String()] {
		h := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: s.ttl}
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	text, err := m.Pack()
	if err != nil {
		panic(err) // a name of the test itself
	}
	return text
}

// namesWorld is a cluster with a workload that may reach a name, its neighbour who may not, and a DNS server. In force are the
// policies that are generated, without guard rails: what holds is theirs.
type namesWorld struct {
	*network.Cluster
	objects           []judges.Object
	dns               *nameServer
	client, neighbour *network.End
}

// The addresses of the trial. All of them answer on the ports 80 and 443 with TCP.
const (
	nameClient    = "10.244.1.1"
	nameClient6   = "fd00:10:244:1::1"
	nameNeighbour = "10.244.1.2"
	nameServerAt  = "10.244.2.1"
	apiHost       = "203.0.113.10"
	apiHost6      = "2001:db8:113::10"
	otherHost     = "203.0.113.66"
	metadataHost  = "169.254.169.254"
	otherNode     = "10.10.0.11"
	newNode       = "198.51.100.7" // known to the API server, not to the specification
	apiServerHost = "10.10.0.10"
	serviceHost   = "10.96.0.10"
)

func newNamesWorld(t *testing.T) *namesWorld {
	t.Helper()
	made, err := network.Start(t.Context(), builder(t), release, t.TempDir(), network.KubeNetworkPolicies, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	spec := load(t, "testdata/dual")
	w := &namesWorld{Cluster: made, dns: &nameServer{answers: map[string][]netip.Addr{}, ttl: 300}}
	w.objects = slices.DeleteFunc(manifests(t, spec, spec.Clusters[0]), func(o judges.Object) bool {
		return !(isPolicy(o) && o.Namespace == "front" || isClusterPolicy(o) && strings.HasPrefix(o.Name, "names."))
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Declare(t.Context(), "new-node", netip.MustParseAddr(newNode)))
	must(w.Apply(t.Context(), "v1", "Namespace", "", "front", network.Object{}))
	for _, n := range []string{"front", "kube-system"} {
		must(w.Apply(t.Context(), "v1", "ServiceAccount", n, "default", network.Object{}))
	}
	pod := func(namespace, name string, labels map[string]string, addresses ...string) *network.End {
		var own []netip.Addr
		for _, a := range addresses {
			own = append(own, netip.MustParseAddr(a))
		}
		e, err := w.Pod(t.Context(), namespace, name, own, bare(&party{labels: labels}))
		must(err)
		return e
	}
	for _, x := range spec.Clusters[0].Workloads() {
		if x.Name == "web" {
			w.client = pod("front", "web", x.Selector, nameClient, nameClient6)
		}
	}
	w.neighbour = pod("front", "neighbour", map[string]string{"app": "neighbour"}, nameNeighbour)
	server := pod("kube-system", "coredns", map[string]string{"k8s-app": "kube-dns"}, nameServerAt)
	var outside []netip.Addr
	for _, a := range []string{apiHost, otherHost, metadataHost, otherNode, newNode, apiServerHost, serviceHost, apiHost6} {
		outside = append(outside, netip.MustParseAddr(a))
	}
	strangers, err := w.Node.Outside(outside)
	must(err)
	ports := []network.Port{{Protocol: "TCP", Number: 80}, {Protocol: "TCP", Number: 443}}
	for _, e := range []*network.End{w.neighbour, strangers} {
		must(e.Listen(ports))
	}
	w.dns.serve(t, server)
	return w
}

// lookUp asks for the addresses of a name, over UDP, as the client does.
func (w *namesWorld) lookUp(t *testing.T, by *network.End, name string, kind dnsmessage.Type) {
	t.Helper()
	if err := w.ask(by, name, kind); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func (w *namesWorld) ask(by *network.End, name string, kind dnsmessage.Type) error {
	q := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}}}
	text, err := q.Pack()
	if err != nil {
		return err
	}
	return by.In(func() error {
		c, err := net.Dial("udp4", nameServerAt+":53")
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.Write(text); err != nil {
			return err
		}
		if err := c.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		var data [512]byte
		_, err = c.Read(data[:])
		return err
	})
}

// reaches says whether a connection can be opened. It has time for a packet that is lost and sent again; where one is expected to
// open, several are tried, for the machine may have other work.
func (w *namesWorld) reaches(t *testing.T, expected bool, by *network.End, from, to string, port int) bool {
	t.Helper()
	tries := 1
	if expected {
		tries = 4
	}
	for range tries {
		got, err := network.Try([]network.Probe{{By: by, From: netip.MustParseAddr(from), To: netip.MustParseAddr(to), Port: network.Port{Protocol: "TCP", Number: port}}}, 3*patience)
		if err != nil {
			t.Fatal(err)
		}
		if got[0] == network.Open {
			return true
		}
	}
	return false
}

// enforce puts the policies in force, with or without the rules that pass on what no name may lead to.
func (w *namesWorld) enforce(t *testing.T, pass bool) {
	t.Helper()
	var policies []network.Policy
	names := 0
	for _, o := range w.objects {
		if isClusterPolicy(o) {
			names++
			var p generate.ClusterNetworkPolicy
			if err := yaml.Unmarshal(o.YAML, &p); err != nil {
				t.Fatal(err)
			}
			p.Spec.Egress = slices.DeleteFunc(p.Spec.Egress, func(r generate.ClusterNetworkEgress) bool { return !pass && r.Action == generate.ClusterNetworkPass })
			var err error
			if o.YAML, err = yaml.Marshal(p); err != nil {
				t.Fatal(err)
			}
		}
		policies = append(policies, network.Policy{Namespace: o.Namespace, Name: o.Name, YAML: o.YAML})
	}
	if names != 1 || len(policies) < 3 {
		t.Fatalf("%d policies, %d of them with names", len(policies), names)
	}
	if err := w.Enforce(t.Context(), policies); err != nil {
		t.Fatal(err)
	}
}

// A name opens the addresses that the cluster's DNS gave for it, on its port, to whom it is declared, as long as the answer lasts. An
// answer that points into the cluster opens nothing, because the rule before it passes these addresses.
func TestNamesOpenTheAddressesOfTheirAnswersAlone(t *testing.T) {
	w := newNamesWorld(t)
	seen := 0
	expect := func(what string, want bool, by *network.End, from, to string, port int) {
		t.Helper()
		seen++
		if got := w.reaches(t, want, by, from, to, port); got != want {
			t.Errorf("%s: %s → %s %d: open = %v", what, from, to, port, got)
		}
	}
	for _, a := range []string{apiHost, otherHost, metadataHost, otherNode, newNode, apiServerHost, serviceHost, nameNeighbour} {
		expect("without policies", true, w.client, nameClient, a, 443)
	}
	expect("without policies", true, w.client, nameClient6, apiHost6, 443)
	w.enforce(t, true)

	expect("before the lookup", false, w.client, nameClient, apiHost, 443)
	w.dns.says("api.example.com.", apiHost, apiHost6)
	w.dns.says("other.example.", otherHost)
	w.lookUp(t, w.client, "api.example.com.", dnsmessage.TypeA)
	w.lookUp(t, w.client, "other.example.", dnsmessage.TypeA)
	expect("after the lookup", true, w.client, nameClient, apiHost, 443)
	expect("another port", false, w.client, nameClient, apiHost, 80)
	expect("the address of a name that is not declared", false, w.client, nameClient, otherHost, 443)
	expect("a pod whose name it is not", false, w.neighbour, nameNeighbour, apiHost, 443)
	expect("IPv6 before its own lookup", false, w.client, nameClient6, apiHost6, 443)
	w.lookUp(t, w.client, "api.example.com.", dnsmessage.TypeAAAA)
	expect("IPv6 after the lookup", true, w.client, nameClient6, apiHost6, 443)
	expect("IPv6, another port", false, w.client, nameClient6, apiHost6, 80)

	inside := []string{metadataHost, otherNode, newNode, apiServerHost, serviceHost, nameNeighbour}
	w.dns.says("api.example.com.", inside...)
	w.lookUp(t, w.client, "api.example.com.", dnsmessage.TypeA)
	for _, a := range inside {
		expect("an answer that points into the cluster", false, w.client, nameClient, a, 443)
	}
	w.enforce(t, false)
	for _, a := range inside {
		// The neighbour's own policy lets nobody in.
		expect("the same answer without the rule that passes", a != nameNeighbour, w.client, nameClient, a, 443)
	}
	fmt.Printf("names: %d connections tried\n", seen)
}

// An answer holds for as long as it says.
func TestNamesCloseWhenTheirAnswersEnd(t *testing.T) {
	w := newNamesWorld(t)
	w.enforce(t, true)
	w.dns.lasts(10)
	w.dns.says("api.example.com.", apiHost)
	w.lookUp(t, w.client, "api.example.com.", dnsmessage.TypeA)
	if !w.reaches(t, true, w.client, nameClient, apiHost, 443) {
		t.Fatal("closed after the lookup")
	}
	time.Sleep(11 * time.Second)
	if w.reaches(t, false, w.client, nameClient, apiHost, 443) {
		t.Error("open after the answer has ended")
	}
}

// What names do not hold: a pod that is taken over. This controller learns from every packet that leaves port 53, whoever sends it
// and whatever it answers: one from the pod itself to the cluster's DNS, which may be sent, opens what the pod wants.
func TestAPodTeachesTheControllerNamesByItself(t *testing.T) {
	w := newNamesWorld(t)
	w.enforce(t, true)
	w.dns.says("api.example.com.", apiHost)
	forged := (&nameServer{answers: map[string][]netip.Addr{"api.example.com.": {netip.MustParseAddr(otherHost), netip.MustParseAddr(metadataHost)}}, ttl: 300}).answer(1,
		dnsmessage.Question{Name: dnsmessage.MustNewName("api.example.com."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET})
	if w.reaches(t, false, w.client, nameClient, otherHost, 443) {
		t.Fatal("open before")
	}
	if err := w.client.In(func() error {
		c, err := net.DialUDP("udp4", &net.UDPAddr{Port: 53}, &net.UDPAddr{IP: net.ParseIP(nameServerAt), Port: 53})
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Write(forged)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * time.Millisecond)
	outside, metadata := w.reaches(t, true, w.client, nameClient, otherHost, 443), w.reaches(t, false, w.client, nameClient, metadataHost, 443)
	fmt.Printf("names: an answer that the pod itself sends opens an address outside: %v, the metadata address: %v\n", outside, metadata)
	if metadata {
		t.Error("the rule that passes the addresses of the cluster does not hold")
	}
	if !outside {
		t.Error("the controller holds more than docs/end-to-end.md says")
	}
}
