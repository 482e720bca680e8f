package model

// checkNodeFlows warns of declared flows between pods and nodes that the network plugin drops. Dataplane V2 of Google is Cilium,
// whose rules by address match no node, and the policies that Google offers name nodes in no other way
// (https://docs.cilium.io/en/stable/security/policy/layer3/#ip-cidr-based).
func (l *loader) checkNodeFlows() {
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		if w.Host.Network || w.Namespace == nil || w.Namespace.Cluster == nil || w.Namespace.Cluster.Network.CNI != GKEDataplaneV2 {
			continue
		}
		warn := func(v value) {
			r, ok := v.v.(*ref)
			if !ok {
				return
			}
			var nodes bool
			switch x := r.object().(type) {
			case *NodePool:
				nodes = x.Cluster == w.Namespace.Cluster
			case *Workload:
				nodes = x.Host.Network
			case *Port:
				nodes = x.Workload.Host.Network
			}
			if nodes {
				l.warnf(v.at, "Flow dropped", "Network policies of %s match no node, so this flow between nodes and %s is dropped there. Both ends must be pods with addresses of their own.", w.Namespace.Cluster.Network.CNI.Provider(), n.describe())
			}
		}
		for _, v := range l.items(n, "calls") {
			warn(v)
		}
		for _, c := range append([]*node{n}, n.all("container")...) {
			for _, b := range c.all("port") {
				for _, v := range l.items(b, "from") {
					warn(v)
				}
			}
		}
	}
}
