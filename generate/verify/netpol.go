package verify

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// netPolicy is one policy object, taken apart. NetworkPolicies and the part of Cilium's policies that is understood
// have the same form.
type netPolicy struct {
	path      string
	object    string // "NetworkPolicy/shop/cart"
	namespace string
	subject   selector // pods of the namespace that the policy selects
	ingress   *netDirection
	egress    *netDirection // nil: the policy does not concern the direction and isolates nothing in it
	// before says that the policy is judged before those of Kubernetes: it isolates nothing, and what it allows they cannot refuse.
	before bool
	drops  []netDrop // of egress: judged before all that any policy allows
}

// netDirection is what a policy allows in one direction. Without rules it allows nothing.
type netDirection struct{ rules []netRule }

// netRule allows traffic that matches one peer and one port. No ports: all of them. anyPeer: all peers.
type netRule struct {
	place   string // "spec.egress[0]"
	anyPeer bool
	peers   []netPeer
	ports   []netPorts
}

// netPeer is the other end of a connection. Exactly one of pods, addrs, entity and name is set.
type netPeer struct {
	place      string
	pods       *podPeer
	addrs      addrSet
	entity     string   // of Cilium: "kube-apiserver", "host", …
	name       string   // DNS name
	leads      addrSet  // of a name: the addresses that it may stand for
	nodes      []string // of a name: the nodes that it may stand for, as drops name them
	everywhere bool     // any destination or source
}

// podPeer selects pods by their own labels and those of their namespace.
type podPeer struct{ namespaces, pods selector }

// netPorts is a range of ports of one protocol, or a named port of the destination.
type netPorts struct {
	protocol model.Protocol
	from, to int
	name     string
}

// allPorts is the range of one protocol without a port.
const lastPort = 65535

// netPod is a pod, or the pods of one workload, as policies see them.
type netPod struct {
	namespace string
	labels    map[string]string
	ports     map[string]netPorts // container ports by name
	// hostNetwork pods use their node's addresses: no policy selects them, and peers know them as nodes only.
	hostNetwork bool
	addrs       addrSet // of the nodes of host-network pods; otherwise the pod network
}

// netEnd is one end of a connection: a pod, an address, an entity of Cilium, or a DNS name.
type netEnd struct {
	pod    *netPod
	addr   netip.Addr
	entity string
	name   string
}

// evaluator answers what a set of policies allows.
//
// The rules are those of the NetworkPolicy API (k8s.io/api/networking/v1 and the concept page "Network Policies"):
// a pod that no policy selects for a direction is not isolated in it; policies add up; a connection needs the egress
// of its source and the ingress of its destination; host-network pods are outside of all this. Traffic between a pod
// and its own node is always allowed and not judged here. An ipBlock is taken to match pod addresses too, because
// network plugins differ. ClusterNetworkPolicies are judged before these, or after them where they isolate nothing.
type evaluator struct {
	namespaces map[string]map[string]string // labels by name
	byName     map[string]*policyIndex      // policies by namespace
	cluster    []*clusterPolicy             // in the order in which they are judged within their tier
}

// newEvaluator indexes policies. Namespaces without declared labels have kubernetes.io/metadata.name alone.
func newEvaluator(policies []*netPolicy, namespaces map[string]map[string]string) *evaluator {
	byNamespace := map[string][]*netPolicy{}
	for _, p := range policies {
		byNamespace[p.namespace] = append(byNamespace[p.namespace], p)
	}
	e := &evaluator{namespaces: namespaces, byName: map[string]*policyIndex{}}
	for name, ps := range byNamespace {
		e.byName[name] = newPolicyIndex(ps)
	}
	return e
}

const namespaceNameLabel = "kubernetes.io/metadata.name"

// namespaceLabels returns the labels of a namespace; the API server sets its name.
func (e *evaluator) namespaceLabels(name string) map[string]string {
	labels := map[string]string{}
	for k, v := range e.namespaces[name] {
		labels[k] = v
	}
	labels[namespaceNameLabel] = name
	return labels
}

// allowed reports whether a connection from one end to the other may be opened.
func (e *evaluator) allowed(from, to netEnd, port int, protocol model.Protocol) bool {
	return e.egress(from, to, port, protocol) && e.ingress(from, to, port, protocol)
}

// egress reports whether the policies of the source let the connection out.
func (e *evaluator) egress(from, to netEnd, port int, protocol model.Protocol) bool {
	return e.direction(false, from.pod, to, to.pod, port, protocol)
}

// ingress reports whether the policies of the destination let the connection in.
func (e *evaluator) ingress(from, to netEnd, port int, protocol model.Protocol) bool {
	return e.direction(true, to.pod, from, to.pod, port, protocol)
}

// direction asks the tiers in their order: Admin, the policies of the namespace, Baseline. The policies of the namespace decide
// on every pod that they isolate.
func (e *evaluator) direction(ingress bool, subject *netPod, other netEnd, listener *netPod, port int, protocol model.Protocol) bool {
	if subject == nil || subject.hostNetwork {
		return true
	}
	switch e.decide(generate.AdminTier, ingress, subject, other, listener, port, protocol) {
	case generate.ClusterNetworkAccept:
		return true
	case generate.ClusterNetworkDeny:
		return false
	}
	allowed, isolated := e.namespace(ingress, subject, other, listener, port, protocol)
	if allowed || isolated {
		return allowed
	}
	return e.decide(generate.BaselineTier, ingress, subject, other, listener, port, protocol) != generate.ClusterNetworkDeny
}

// namespace asks the policies of the subject's namespace. A connection that they do not allow is refused if they isolate.
func (e *evaluator) namespace(ingress bool, subject *netPod, other netEnd, listener *netPod, port int, protocol model.Protocol) (allowed, isolated bool) {
	selecting := e.selecting(subject.namespace, subject.labels)
	if !ingress && slices.ContainsFunc(selecting, func(p *netPolicy) bool {
		return slices.ContainsFunc(p.drops, func(d netDrop) bool { return d.covers(port, protocol) && d.matches(other) })
	}) {
		return false, true
	}
	for _, p := range selecting {
		d := p.egress
		if ingress {
			d = p.ingress
		}
		if d == nil {
			continue
		}
		isolated = isolated || !p.before
		for _, r := range d.rules {
			if r.matchesPort(listener, port, protocol) && e.matchesPeer(r, other) {
				return true, isolated
			}
		}
	}
	return false, isolated
}

func (r netRule) matchesPort(listener *netPod, port int, protocol model.Protocol) bool {
	if len(r.ports) == 0 {
		return true
	}
	for _, p := range r.ports {
		if p.name != "" {
			if listener == nil {
				continue
			}
			named, ok := listener.ports[p.name]
			// The names of a ClusterNetworkPolicy are of any protocol.
			if ok && (p.protocol == "" || named.protocol == p.protocol) && named.protocol == protocol && named.from == port {
				return true
			}
			continue
		}
		if p.protocol == protocol && p.from <= port && port <= p.to {
			return true
		}
	}
	return false
}

func (e *evaluator) matchesPeer(r netRule, end netEnd) bool {
	if r.anyPeer {
		return true
	}
	for _, p := range r.peers {
		switch {
		case p.everywhere:
			return true
		case p.pods != nil:
			if end.pod != nil && !end.pod.hostNetwork &&
				p.pods.namespaces.matches(e.namespaceLabels(end.pod.namespace)) && p.pods.pods.matches(end.pod.labels) {
				return true
			}
		case p.addrs != nil:
			if end.addr.IsValid() && p.addrs.contains(end.addr) || end.pod != nil && p.addrs.overlaps(end.pod.addrs) {
				return true
			}
		case p.entity != "":
			if end.entity == p.entity || end.pod != nil && end.pod.hostNetwork && (p.entity == "host" || p.entity == "remote-node") {
				return true
			}
		case p.name != "":
			if suffix, ok := strings.CutPrefix(p.name, "*"); end.name == p.name || ok && strings.HasSuffix(end.name, suffix) {
				return true
			}
		}
	}
	return false
}

// selecting returns the policies that select pods with exactly these labels.
func (e *evaluator) selecting(namespace string, labels map[string]string) []*netPolicy {
	x := e.byName[namespace]
	if x == nil {
		return nil
	}
	return x.find(labels, func(s selector) bool { return s.matches(labels) }, false)
}

// touching returns the policies that may select pods with at least these labels.
func (e *evaluator) touching(namespace string, labels map[string]string) []*netPolicy {
	x := e.byName[namespace]
	if x == nil {
		return nil
	}
	return x.find(labels, func(s selector) bool { return s.judge(labels) != never }, true)
}
