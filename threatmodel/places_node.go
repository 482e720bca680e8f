package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Positions on nodes.

// node is root on the nodes of a pool.
func (b *Builder) node(p *model.NodePool) *Position {
	lane := LaneNodes
	if controlPlane(p) {
		lane = LaneControlPlane
	}
	return b.position(Position{ID: string(p.Addr()), Kind: KindNode, Lane: lane, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Root on a node of pool " + p.Name})
}

// controlPlane reports whether the pool's nodes hold keys of the control plane.
func controlPlane(p *model.NodePool) bool {
	return p.Has(model.RoleControlPlane) || p.Has(model.RoleEtcd)
}

// runsOn is root on the nodes where a workload may run: those of its pool, or the shared ones.
func (b *Builder) runsOn(w *model.Workload) *Position {
	if w.Pool != nil {
		return b.node(w.Pool)
	}
	return b.sharedNode(w.Namespace.Cluster)
}

// poolsOf are the pools on which a workload is meant to run.
func poolsOf(w *model.Workload) []*model.NodePool {
	if w.Pool != nil {
		return []*model.NodePool{w.Pool}
	}
	return sharedPools(w.Namespace.Cluster)
}

// sharedNode is root on some node that runs workloads without a pool of their own.
func (b *Builder) sharedNode(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/shared-node", Kind: KindNode, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "Out of a shared workload, root on its node in cluster " + c.Name})
}

// sharedPods is every pod of the workloads that have no pool of their own.
func (b *Builder) sharedPods(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/shared-pods", Kind: KindWorkload, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "The pods of the shared nodes of cluster " + c.Name})
}

// nodeNetwork is the power to send packets from a node's own address.
func (b *Builder) nodeNetwork(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/node-network", Kind: KindReach, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "Packets from a node of cluster " + c.Name})
}

// sharedPools are the pools whose nodes take any workload.
func sharedPools(c *model.Cluster) []*model.NodePool {
	var shared []*model.NodePool
	for _, p := range c.NodePools {
		if p.Worker() && !p.Dedicated {
			shared = append(shared, p)
		}
	}
	return shared
}

// controlPools are the pools that hold the control plane's keys.
func controlPools(c *model.Cluster) []*model.NodePool {
	var pools []*model.NodePool
	for _, p := range c.NodePools {
		if controlPlane(p) {
			pools = append(pools, p)
		}
	}
	return pools
}

// podsOn is every pod of a pool's nodes.
func (b *Builder) podsOn(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/pods", Kind: KindWorkload, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Every pod on a node of pool " + p.Name})
}

// nodeReach is network reach to the nodes' own ports.
func (b *Builder) nodeReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/reach", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to the addresses of the nodes of pool " + p.Name})
}

func (b *Builder) sshReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/ssh", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to SSH on nodes of pool " + p.Name})
}

func (b *Builder) kubeletReach(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/kubelet-api", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Reach to the kubelets' API of pool " + p.Name})
}

// kubelet is the kubelet's credential at the API server.
func (b *Builder) kubelet(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/kubelet", Kind: KindCredential, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The kubelet's credential of a node of pool " + p.Name})
}

func (b *Builder) cloudIdentity(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/cloud-identity", Kind: KindCredential, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The cloud identity of the nodes of pool " + p.Name})
}

// disk is a disk of a node, taken away; it may be encrypted.
func (b *Builder) disk(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/disk", Kind: KindStore, Lane: LaneOutside, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "A stolen disk of a node of pool " + p.Name})
}

func (b *Builder) diskContent(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/disk-content", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The files of a node of pool " + p.Name})
}

func (b *Builder) console(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/console", Kind: KindReach, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The management console of a node of pool " + p.Name})
}

func (b *Builder) atMachine(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/at-machine", Kind: KindPerson, Lane: LaneOutside, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Hands on a machine of pool " + p.Name})
}
