//go:build e2e

package network_test

import (
	"net/netip"
	"slices"

	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/model"
)

// verdict is what the specification says of one connection.
type verdict int

const (
	closed verdict = iota
	// elsewhere is a declared connection that only an object of the network plugin's own allows; the controller reads none.
	elsewhere
	open
)

// party is one end of connections in the words of the specification: a pod, or an address outside of the cluster.
type party struct {
	name      string
	address   netip.Addr
	namespace string // of pods
	labels    map[string]string
	workload  *model.Workload // whose pod it is; nil for those that nothing declares
	gateway   *model.Gateway  // likewise
	dns       bool
	listens   []network.Port // pods: what strangers listen on is the same for all
	end       *network.End
	other     *party // the same pod with its address of the other family, if it has one
}

func (p *party) pod() bool { return p.namespace != "" }

// plan answers for the declarations of one cluster, from the model alone.
type plan struct {
	spec    *model.Spec
	cluster *model.Cluster
	from    map[*model.Port][]model.Peer
	callees map[*model.Workload][]*model.Port
	exposed map[*model.Gateway][]*model.Port
	guarded map[string]bool // declared namespaces: nobody speaks there unless it is declared
	rails   bool            // the metadata addresses are closed for pods of other namespaces, too
}

func newPlan(by network.Enforcer, s *model.Spec, c *model.Cluster) *plan {
	p := &plan{rails: c.Network.GuardRails && by == network.KubeNetworkPolicies, spec: s, cluster: c, from: map[*model.Port][]model.Peer{}, callees: c.Callees(), exposed: map[*model.Gateway][]*model.Port{}, guarded: map[string]bool{}}
	for _, f := range c.Flows() {
		p.from[f.To] = append(p.from[f.To], f.From)
		if g, ok := f.From.(*model.Gateway); ok {
			p.exposed[g] = append(p.exposed[g], f.To)
		}
	}
	for _, n := range c.Namespaces {
		p.guarded[n.Name] = true
	}
	return p
}

// verdict says whether the connection is declared at both ends.
func (p *plan) verdict(from, to *party, at network.Port) verdict {
	return min(p.leaves(from, to, at), p.enters(from, to, at))
}

// enters says whether the destination declares the source.
func (p *plan) enters(from, to *party, at network.Port) verdict {
	best := closed
	switch {
	case !p.guarded[to.namespace]:
		return open
	case to.workload != nil:
		for _, port := range to.workload.Ports {
			if portOf(port.Protocol, port.Number) != at {
				continue
			}
			for _, peer := range p.from[port] {
				best = max(best, p.is(from, peer))
			}
		}
	case to.gateway != nil && at == network.Port{Protocol: "TCP", Number: httpsOf(to.gateway)}:
		for _, peer := range to.gateway.From {
			best = max(best, p.is(from, peer))
		}
	}
	return best
}

// leaves says whether the source declares the destination.
func (p *plan) leaves(from, to *party, at network.Port) verdict {
	if !p.guarded[from.namespace] {
		return when(!p.rails || from.namespace == "kube-system" || !slices.ContainsFunc(model.MetadataAddresses, func(m netip.Prefix) bool { return m.Contains(to.address) }))
	}
	if from.workload == nil && from.gateway == nil {
		return closed
	}
	var calls []*model.Port
	best := closed
	dns := open
	if w := from.workload; w != nil {
		calls = p.callees[w]
		for _, e := range w.Egress {
			if portOf(e.Protocol, e.Port) == at && within(p.cluster.EgressBlocks(p.spec, e), to.address) {
				best = open
			}
			if len(e.FQDNs) > 0 && p.cilium() {
				dns = elsewhere // its proxy reads the answers
			}
		}
		if len(w.APIAccess) > 0 && at.Protocol == "TCP" && slices.Contains(p.cluster.APIServers(), netip.AddrPortFrom(to.address, uint16(at.Number))) {
			best = max(best, p.unlessCilium())
		}
	} else {
		calls = p.exposed[from.gateway]
	}
	if to.dns && at.Number == 53 && at.Protocol != "SCTP" {
		best = max(best, dns)
	}
	for _, port := range calls {
		if portOf(port.Protocol, port.Number) == at {
			best = max(best, p.is(to, port.Workload))
		}
	}
	return best
}

// is says whether the party is the declared peer, as far as a NetworkPolicy can say so.
func (p *plan) is(who *party, peer model.Peer) verdict {
	standard := open
	switch x := peer.(type) {
	case *model.Workload:
		if !x.Host.Network {
			return when(who.workload == x)
		}
		standard = p.unlessCilium()
	case *model.Namespace:
		return when(who.namespace == x.Name)
	case *model.Gateway:
		return when(who.gateway == x) // without pods it has no end here
	case *model.NodePool:
		standard = p.unlessCilium()
	}
	if within(p.cluster.SourceBlocks(p.spec, peer), who.address) {
		return standard
	}
	return closed
}

func (p *plan) cilium() bool { return p.cluster.Network.CNI == model.Cilium }

// unlessCilium is for what Cilium knows by identity and not by address.
func (p *plan) unlessCilium() verdict {
	if p.cilium() {
		return elsewhere
	}
	return open
}

func when(b bool) verdict {
	if b {
		return open
	}
	return closed
}

func portOf(p model.Protocol, number int) network.Port {
	if p == "" {
		p = model.TCP
	}
	return network.Port{Protocol: string(p), Number: number}
}

func httpsOf(g *model.Gateway) int {
	if g.Port == 0 {
		return 443
	}
	return g.Port
}

func within(blocks []model.Block, a netip.Addr) bool {
	return slices.ContainsFunc(blocks, func(b model.Block) bool {
		return b.CIDR.Contains(a) && !slices.ContainsFunc(b.Except, func(e netip.Prefix) bool { return e.Contains(a) })
	})
}
