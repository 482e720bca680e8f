package verify

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// permission is one thing that a policy allows in one direction: a port and a peer that is known by name.
type permission struct {
	protocol model.Protocol
	port     int
	peer     string // "pods shop …", "entity host", "name api.example"
}

// kind is the first word of the peer: "pods", "entity", "name".
func (p permission) kind() string {
	kind, _, _ := strings.Cut(p.peer, " ")
	return kind
}

// portOf is a port of a protocol.
type portOf struct {
	protocol model.Protocol
	port     int
}

// permissions are all that is allowed in one direction. Addresses are sets, so that the same range written in two
// ways is the same permission.
type permissions struct {
	named map[permission]string // place of one rule that allows it
	addrs map[portOf]addrSet
	from  map[portOf]string // place of one rule with addresses
	wide  []string          // places of rules that allow what cannot be listed, with the reason
}

func newPermissions() *permissions {
	return &permissions{named: map[permission]string{}, addrs: map[portOf]addrSet{}, from: map[portOf]string{}}
}

func (s *permissions) peer(at portOf, peer, place string) {
	s.named[permission{at.protocol, at.port, peer}] = place
}

func (s *permissions) ranges(at portOf, set addrSet, place string) {
	s.addrs[at] = s.addrs[at].union(set)
	s.from[at] = place
}

// separator stands between the parts of a place: path, object, field.
const separator = "\x00"

// allowedBy lists what the rules of the policies allow in one direction.
func allowedBy(policies []*netPolicy, pick func(*netPolicy) *netDirection) *permissions {
	s := newPermissions()
	for _, p := range policies {
		d := pick(p)
		if d == nil {
			continue
		}
		for _, r := range d.rules {
			at := func(field string) string { return p.path + separator + p.object + ": " + field }
			if r.anyPeer {
				s.wide = append(s.wide, at(r.place)+separator+"every peer")
				continue
			}
			if len(r.ports) == 0 {
				s.wide = append(s.wide, at(r.place)+separator+"every port")
				continue
			}
			for _, port := range r.ports {
				if port.name != "" {
					s.wide = append(s.wide, at(r.place)+separator+"port "+strconv.Quote(port.name)+", whose number is the pod's choice")
					continue
				}
				if port.from != port.to {
					s.wide = append(s.wide, at(r.place)+separator+fmt.Sprintf("ports %d to %d", port.from, port.to))
					continue
				}
				for _, peer := range r.peers {
					s.add(portOf{port.protocol, port.from}, peer, at(peer.place))
				}
			}
		}
	}
	return s
}

func (s *permissions) add(at portOf, p netPeer, place string) {
	switch {
	case p.pods != nil:
		namespace, ok := p.pods.namespaces.labels()
		name, named := namespace[namespaceNameLabel]
		labels, plain := p.pods.pods.labels()
		if !ok || !named || len(namespace) != 1 || !plain {
			s.wide = append(s.wide, place+separator+"pods of namespaces or labels that no declaration names")
			return
		}
		s.peer(at, podsPeer(name, labels), place)
	case p.addrs != nil:
		s.ranges(at, p.addrs, place)
	case p.entity != "":
		s.peer(at, "entity "+p.entity, place)
	case p.name != "":
		s.peer(at, "name "+p.name, place)
	default:
		s.wide = append(s.wide, place+separator+"everything")
	}
}

func podsPeer(namespace string, labels map[string]string) string {
	return "pods " + podKey(namespace, labels)
}

// compare reports each difference between what is allowed and what is declared: place, then message.
func (s *permissions) compare(declared *permissions, report func(place, message string)) (equal bool) {
	equal = true
	differ := func(place, message string, args ...any) {
		equal = false
		report(place, fmt.Sprintf(message, args...))
	}
	for _, w := range s.wide {
		i := strings.LastIndex(w, separator)
		differ(w[:i], "The rule allows %s; only declared flows may be allowed.", w[i+1:])
	}
	for _, p := range slices.SortedFunc(maps.Keys(s.named), comparePermissions) {
		if _, ok := declared.named[p]; !ok {
			differ(s.named[p], "The rule allows %s on port %d/%s, which is not declared.", p.peer, p.port, p.protocol)
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(declared.named), comparePermissions) {
		if _, ok := s.named[p]; !ok {
			differ("", "No rule states the declared flow with %s on port %d/%s.", p.peer, p.port, p.protocol)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(s.addrs), comparePorts) {
		if extra := s.addrs[at].minus(declared.addrs[at]); len(extra) > 0 {
			differ(s.from[at], "The rule allows addresses %s on port %d/%s, which are not declared.", extra, at.port, at.protocol)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(declared.addrs), comparePorts) {
		if missing := declared.addrs[at].minus(s.addrs[at]); len(missing) > 0 {
			differ("", "The declared addresses %s on port %d/%s are not allowed.", missing, at.port, at.protocol)
		}
	}
	return equal
}

func comparePermissions(a, b permission) int {
	if c := comparePorts(portOf{a.protocol, a.port}, portOf{b.protocol, b.port}); c != 0 {
		return c
	}
	return strings.Compare(a.peer, b.peer)
}

func comparePorts(a, b portOf) int {
	if c := strings.Compare(string(a.protocol), string(b.protocol)); c != 0 {
		return c
	}
	return a.port - b.port
}

func protocolOf(p model.Protocol) model.Protocol {
	if p == "" {
		return model.TCP
	}
	return p
}

// declare adds a declared peer of a port. It says what a peer means to the policies of this cluster's CNI.
func (j *networkJudge) declare(s *permissions, at portOf, p model.Peer) {
	cilium := j.cluster.Network.CNI == model.Cilium
	entities := func(names ...string) {
		for _, n := range names {
			s.peer(at, "entity "+n, "")
		}
	}
	switch p := p.(type) {
	case *model.Workload:
		if !p.Host.Network {
			s.peer(at, podsPeer(p.Namespace.Name, p.Selector), "")
			return
		}
		if cilium {
			entities("host", "remote-node")
			return
		}
	case *model.Namespace:
		s.peer(at, podsPeer(p.Name, nil), "")
		return
	case *model.Gateway:
		if len(p.Selector) > 0 && p.Namespace != nil {
			s.peer(at, podsPeer(p.Namespace.Name, p.Selector), "")
			return
		}
		if cilium {
			entities("ingress")
			return
		}
		// No pods and no entity: nothing that a policy could name, so the flow cannot be allowed.
		s.peer(at, "gateway "+p.Name, "")
		return
	case *model.NodePool:
		if cilium && p.Has(model.RoleControlPlane) {
			entities("kube-apiserver")
			return
		}
		if cilium {
			entities("host", "remote-node")
			return
		}
	}
	s.blocks(at, j.cluster.SourceBlocks(j.spec, p))
}

func (s *permissions) blocks(at portOf, blocks []model.Block) {
	for _, b := range blocks {
		s.ranges(at, addrs(b.CIDR).minus(addrs(b.Except...)), "")
	}
}

// declaredIngress lists who may reach the workload's ports.
func (j *networkJudge) declaredIngress(w *model.Workload) *permissions {
	s := newPermissions()
	for _, p := range w.Ports {
		for _, from := range j.declared[p] {
			j.declare(s, portOf{protocolOf(p.Protocol), p.Number}, from)
		}
	}
	return s
}

// clusterDNS are the pods of the cluster's DNS.
var clusterDNS = podsPeer("kube-system", map[string]string{"k8s-app": "kube-dns"})

// istiod gives the proxies of a mesh their certificates (https://istio.io/latest/docs/ops/deployment/application-requirements/).
var istiod = podsPeer("istio-system", map[string]string{"app": "istiod"})

const dnsPort = 53

// dnsAddrs is the address of the cluster's DNS where it runs on each node, in no pods that a policy could select; empty elsewhere.
func (j *networkJudge) dnsAddrs() addrSet {
	if j.cluster.Network.CNI != model.EKSAutoMode {
		return nil
	}
	return addrs(j.cluster.DNSRange())
}

// declaredEgress lists what the workload may reach.
func (j *networkJudge) declaredEgress(w *model.Workload) *permissions {
	s := newPermissions()
	for _, protocol := range []model.Protocol{model.UDP, model.TCP} {
		if own := j.dnsAddrs(); len(own) > 0 {
			s.ranges(portOf{protocol, dnsPort}, own, "")
		} else {
			s.peer(portOf{protocol, dnsPort}, clusterDNS, "")
		}
	}
	for _, p := range j.callees[w] {
		j.declare(s, portOf{protocolOf(p.Protocol), p.Number}, p.Workload)
	}
	for _, e := range w.Egress {
		at := portOf{protocolOf(e.Protocol), e.Port}
		s.blocks(at, j.cluster.EgressBlocks(j.spec, e))
		for _, name := range e.FQDNs {
			s.peer(at, "name "+name, "")
		}
	}
	if len(w.APIAccess) > 0 {
		j.declareAPI(s)
	}
	if w.Namespace.Mesh != nil {
		s.peer(portOf{model.TCP, 15012}, istiod, "")
	}
	return s
}

func (j *networkJudge) declareAPI(s *permissions) {
	servers := j.cluster.APIServers()
	if j.cluster.Network.CNI == model.Cilium {
		s.peer(portOf{model.TCP, j.cluster.APIPort()}, "entity kube-apiserver", "")
		for _, a := range servers {
			s.peer(portOf{model.TCP, int(a.Port())}, "entity kube-apiserver", "")
		}
		return
	}
	for _, a := range servers {
		s.ranges(portOf{model.TCP, int(a.Port())}, addrs(netip.PrefixFrom(a.Addr(), a.Addr().BitLen())), "")
	}
}
