package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// exploitUnknown adds the exploit of an unknown bug of each workload that is, or is not, published.
func exploitUnknown(b *Builder, published bool) {
	b.workloads(func(w *model.Workload) {
		if isPublished(w) != published {
			return
		}
		for _, c := range listening(w) {
			b.Add(Edge{Title: "Exploit an unknown vulnerability in workload " + name(w), Premises: on(b.reach(w)), To: b.container(w, c),
				Atom: b.softwareVulnerable(w, c)})
		}
	})
}

// listening returns the containers that listen on ports; a nil container stands for the pod of an external workload.
func listening(w *model.Workload) []*model.Container {
	var all []*model.Container
	for _, p := range w.Ports {
		if !slices.Contains(all, p.Container) {
			all = append(all, p.Container)
		}
	}
	return all
}

func (b *Builder) softwareVulnerable(w *model.Workload, c *model.Container) *Atom {
	at := b.container(w, c).ID
	return b.atom(Vulnerability, "software@"+at, "unknown vulnerability in the software of workload "+name(w))
}

func (b *Builder) forgery(w *model.Workload) *Atom {
	return b.atom(Vulnerability, "request-forgery@"+string(w.Addr()), "request forgery in the software of workload "+name(w))
}

// isPublished reports whether somebody outside the cluster is meant to reach the workload.
func isPublished(w *model.Workload) bool {
	if len(w.Exposes) > 0 || len(w.Host.Ports) > 0 {
		return true
	}
	for _, p := range w.Ports {
		for _, from := range p.From {
			switch from.(type) {
			case *model.Workload, *model.Namespace, *model.NodePool:
			default:
				return true
			}
		}
	}
	return false
}

func (b *Builder) published(f func(*model.Workload)) {
	b.workloads(func(w *model.Workload) {
		if isPublished(w) {
			f(w)
		}
	})
}

func (b *Builder) namespaces(f func(*model.Namespace)) {
	for _, c := range b.Spec.Clusters {
		for _, n := range c.Namespaces {
			f(n)
		}
	}
}

// publishedPorts are ports of a namespace that somebody published who was not asked to.
func (b *Builder) publishedPorts(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/published", Kind: KindImpact, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Ports of namespace " + n.Name + " published without a decision"})
}

func (b *Builder) podSpecs(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/pod-specifications", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The specifications of the pods of pool " + p.Name})
}

func expandGatewayReach(b *Builder) {
	for _, g := range b.Spec.Gateways {
		for _, from := range g.From {
			if p := b.source(from); p != nil {
				b.Add(Edge{Title: "Send requests to gateway " + g.Name, Premises: on(p), To: b.gatewayReach(g)})
			}
		}
	}
	b.workloads(func(w *model.Workload) {
		for _, e := range w.Exposes {
			b.Add(Edge{Title: "Send requests to workload " + name(w) + " through gateway " + e.Via.Name, Premises: on(b.gatewayReach(e.Via)), To: b.reach(w)})
		}
	})
}

// expandGatewayUndeclared adds those whom the gateway is not for: other networks, and pods of the cluster, which reach its
// proxies by their addresses.
func expandGatewayUndeclared(b *Builder) {
	for _, g := range b.Spec.Gateways {
		add := func(from *Position, who string, blockers []model.Hold) {
			b.Add(Edge{Title: "Send requests to gateway " + g.Name + " from " + who, Premises: on(from), To: b.gatewayReach(g),
				Blockers: append(blockers, hold(model.GatewaySourcesExact, g))})
		}
		for _, p := range b.outsiders() {
			if !declares(g.From, p) {
				add(b.source(p), peerTitle(p), peerBlockers(p))
			}
		}
		if g.Namespace != nil {
			add(b.podNetwork(g.Namespace.Cluster), "a pod", nil)
		}
	}
}

func expandDeclaredSources(b *Builder) {
	b.workloads(func(w *model.Workload) {
		for _, p := range w.Ports {
			for _, from := range p.From {
				switch from.(type) {
				case *model.Workload, *model.Namespace:
					continue // see N-08
				}
				if at := b.source(from); at != nil {
					b.Add(Edge{Title: "Connect to port " + p.Name + " of workload " + name(w), Premises: on(at), To: b.reach(w)})
				}
			}
		}
	})
}

func expandAPIReach(b *Builder, wantDeclared bool) {
	for _, c := range b.Spec.Clusters {
		for _, p := range b.outsiders() {
			declared := declares(c.API.ReachableFrom, p)
			if declared != wantDeclared {
				continue
			}
			e := Edge{Title: "Connect to the API server of cluster " + c.Name + " from " + peerTitle(p), Premises: on(b.source(p)), To: b.api(c)}
			if !declared {
				e.Blockers = append(peerBlockers(p), hold(model.APIFirewall, c))
			}
			b.Add(e)
		}
		if wantDeclared {
			continue
		}
		for _, other := range b.Spec.Clusters {
			if other != c {
				b.Add(Edge{Title: "Connect to the API server of cluster " + c.Name + " from a node of cluster " + other.Name,
					Premises: on(b.nodeNetwork(other)), To: b.api(c), Blockers: by(hold(model.APIFirewall, c))})
			}
		}
	}
}

// peerTitle calls a source of packets by its kind and name.
func peerTitle(p model.Peer) string {
	switch p := p.(type) {
	case *model.Zone:
		if p.Internet() {
			return "the internet"
		}
		return "zone " + p.Name
	case *model.VPN:
		return "VPN " + p.Name
	case *model.JumpBox:
		return "jump box " + p.Name
	case *model.ForeignCluster:
		return "foreign cluster " + p.Name
	}
	return string(p.Addr())
}

// peerBlockers are the controls at a source that keep its packets from undeclared destinations.
func peerBlockers(p model.Peer) []model.Hold {
	if v, ok := p.(*model.VPN); ok {
		return by(hold(model.VPNFirewall, v))
	}
	return nil
}

// intoPools calls f for each place from which packets may come to the nodes of each pool although nobody declared it:
// from outside, from pods, from other nodes, and from nodes of other clusters.
func (b *Builder) intoPools(f func(from *Position, p *model.NodePool, blockers []model.Hold)) {
	b.pools(func(p *model.NodePool) {
		for _, x := range b.outsiders() {
			f(b.source(x), p, peerBlockers(x))
		}
		f(b.podNetwork(p.Cluster), p, nil)
		for _, c := range b.Spec.Clusters {
			f(b.nodeNetwork(c), p, nil)
		}
	})
}

func expandEtcdReach(b *Builder) {
	for _, c := range b.Spec.Clusters {
		add := func(from *Position, title string, blockers []model.Hold) {
			b.Add(Edge{Title: "Connect to etcd of cluster " + c.Name + " from " + title, Premises: on(from), To: b.etcdReach(c),
				Blockers: append(blockers, hold(model.EtcdFirewall, c))})
		}
		for _, x := range b.outsiders() {
			add(b.source(x), peerTitle(x), peerBlockers(x))
		}
		add(b.podNetwork(c), "a pod", nil)
		for _, other := range b.Spec.Clusters {
			add(b.nodeNetwork(other), "a node of cluster "+other.Name, nil)
		}
	}
}

// cloudPools reports whether any pool of the cluster runs on a provider's machines, which have a metadata service.
func (b *Builder) cloudPools(c *model.Cluster) bool {
	return slices.ContainsFunc(c.NodePools, func(p *model.NodePool) bool { return p.Physical == nil })
}
