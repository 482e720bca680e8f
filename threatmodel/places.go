package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// The functions of this file name the positions, one function each, so that two steps that mean the same place get the
// same one.

type addressed interface{ Addr() model.Address }

// hold is a control for a subject.
func hold(c model.ControlID, subject addressed) model.Hold {
	return model.Hold{Control: c, Subject: subject.Addr()}
}

// on and by keep the edges of the catalogue readable.
func on(p ...*Position) []*Position   { return p }
func by(h ...model.Hold) []model.Hold { return h }

// name is how titles call a workload: "shop/cart".
func name(w *model.Workload) string { return w.Namespace.Name + "/" + w.Name }

func (b *Builder) zone(z *model.Zone) *Position {
	title := "A host in zone " + z.Name
	lane := LaneWayIn
	if z.Internet() {
		title, lane = "The internet", LaneOutside
	}
	return b.position(Position{ID: string(z.Addr()), Kind: KindZone, Title: title, Lane: lane, Address: z.Addr()})
}

func (b *Builder) internet() *Position {
	for _, z := range b.Spec.Zones {
		if z.Internet() {
			return b.zone(z)
		}
	}
	return b.zone(&model.Zone{Name: model.InternetZone})
}

func (b *Builder) foreign(f *model.ForeignCluster) *Position {
	return b.position(Position{ID: string(f.Addr()), Kind: KindZone, Lane: LaneOutside, Address: f.Addr(),
		Title: "A machine of foreign cluster " + f.Name})
}

// source is the position from which a peer's packets come.
func (b *Builder) source(p model.Peer) *Position {
	switch p := p.(type) {
	case *model.Zone:
		return b.zone(p)
	case *model.VPN:
		return b.vpn(p)
	case *model.JumpBox:
		return b.jumpBox(p)
	case *model.Workload:
		return b.pod(p)
	case *model.Gateway:
		return b.gateway(p)
	case *model.ForeignCluster:
		return b.foreign(p)
	case *model.NodePool:
		return b.node(p)
	case *model.Namespace:
		return b.anyPodOf(p)
	}
	return nil
}

// workloads calls f for each workload of the specification.
func (b *Builder) workloads(f func(*model.Workload)) {
	for _, c := range b.Spec.Clusters {
		for _, n := range c.Namespaces {
			for _, w := range n.Workloads {
				f(w)
			}
		}
	}
}

// pools calls f for each node pool of the specification.
func (b *Builder) pools(f func(*model.NodePool)) {
	for _, c := range b.Spec.Clusters {
		for _, p := range c.NodePools {
			f(p)
		}
	}
}

// outsiders are the zones, VPNs, jump boxes and foreign clusters, in this order: where packets from outside the cluster
// come from.
func (b *Builder) outsiders() []model.Peer {
	var peers []model.Peer
	for _, z := range b.Spec.Zones {
		peers = append(peers, z)
	}
	for _, v := range b.Spec.VPNs {
		peers = append(peers, v)
	}
	for _, j := range b.Spec.JumpBoxes {
		peers = append(peers, j)
	}
	for _, f := range b.Spec.ForeignClusters {
		peers = append(peers, f)
	}
	return peers
}

// declares reports whether a peer is among those that a list admits, by itself or by the zone that holds its addresses.
func declares(list []model.Peer, p model.Peer) bool {
	var zone *model.Zone
	switch p := p.(type) {
	case *model.VPN:
		zone = p.Zone
	case *model.JumpBox:
		zone = p.Zone
	}
	return slices.ContainsFunc(list, func(x model.Peer) bool {
		return x.Addr() == p.Addr() || zone != nil && x.Addr() == zone.Addr()
	})
}
