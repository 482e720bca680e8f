package verify

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// netDrop refuses connections to addresses and nodes, whatever policies allow. No ports: all of them.
type netDrop struct {
	place string
	addrs addrSet
	nodes []string // entities of Cilium, or anyNode
	ports []netPorts
	pods  bool // the addresses are also those of pods, which Cilium's are not
}

// covers reports whether the rule refuses the port.
func (d netDrop) covers(port int, protocol model.Protocol) bool {
	return netRule{ports: d.ports}.matchesPort(nil, port, protocol)
}

// matches reports whether the rule refuses the other end.
func (d netDrop) matches(end netEnd) bool {
	switch {
	case end.addr.IsValid() && d.addrs.contains(end.addr):
		return true
	case end.pod != nil && d.pods && d.addrs.overlaps(end.pod.addrs):
		return true
	case end.pod != nil && end.pod.hostNetwork:
		return len(d.nodes) > 0
	}
	return end.entity != "" && d.refuses(end.entity)
}

// refuses reports whether the rule refuses some of what an entity stands for: a control-plane node is a node and, where an API
// server listens, "kube-apiserver".
func (d netDrop) refuses(entity string) bool {
	return len(d.nodes) > 0 && slices.Contains(ciliumNodes, entity)
}

// ciliumNodes are the entities that stand for nodes, and for API servers on other machines.
var ciliumNodes = []string{"host", "remote-node", "kube-apiserver"}

// named returns the destination of a rule that allows a DNS name on the ports. Whoever answers for it chooses the address: any
// but those that the policy itself drops on that port. The nodes are all entities that a name might stand for.
func (p *netPolicy) named(place, name string, ports []netPorts, nodes ...string) netPeer {
	peer := netPeer{place: place, name: name, leads: addrSet{}}
	if len(ports) == 0 {
		ports = []netPorts{{}} // covered by what is dropped on all ports
	}
	for _, x := range ports {
		left := everywhere
		kept := slices.Clone(nodes)
		for _, d := range p.drops {
			if len(d.ports) == 0 || x.from != 0 && x.from == x.to && d.covers(x.from, x.protocol) {
				left = left.minus(d.addrs)
				kept = slices.DeleteFunc(kept, func(n string) bool { return slices.Contains(d.nodes, n) })
			}
		}
		peer.leads = peer.leads.union(left)
		for _, n := range kept {
			if !slices.Contains(peer.nodes, n) {
				peer.nodes = append(peer.nodes, n)
			}
		}
	}
	return peer
}
