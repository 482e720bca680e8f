package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Positions in namespaces and workloads.

// deploy is the right to create and change workloads of a namespace.
func (b *Builder) deploy(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/deploy", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The right to run any pod in namespace " + n.Name})
}

// anyPodOf is code in some pod of a namespace, whichever.
func (b *Builder) anyPodOf(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/any-pod", Kind: KindWorkload, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in some pod of namespace " + n.Name})
}

// pod is code execution in a workload's pods: their network and, with one container only, everything in them.
func (b *Builder) pod(w *model.Workload) *Position {
	if p, ok := b.pods[w]; ok {
		return p // half of all edges start here: its name is made once
	}
	n := w.Namespace
	p := b.position(Position{ID: string(w.Addr()), Kind: KindWorkload, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in workload " + name(w)})
	b.pods[w] = p
	return p
}

// container is code execution in one container. With a single container it is the pod's position.
func (b *Builder) container(w *model.Workload, c *model.Container) *Position {
	if c == nil || len(w.Containers) < 2 {
		return b.pod(w)
	}
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/container." + c.Name, Kind: KindContainer, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Code runs in container " + c.Name + " of workload " + name(w)})
}

// reach is network reach to a workload's listening ports.
func (b *Builder) reach(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/reach", Kind: KindReach, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Reach to the ports of workload " + name(w)})
}

// metadata is a request to the metadata address as seen by the node.
func (b *Builder) metadata(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/metadata-request", Kind: KindReach, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "A request to the cloud metadata address from a pod of cluster " + c.Name})
}

// everyPodOf is every pod of a namespace.
func (b *Builder) everyPodOf(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/pods", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Commands in every pod of namespace " + n.Name})
}

// portsOf is a connection to any port of any pod of a namespace, made by the API server.
func (b *Builder) portsOf(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/forwarded-ports", Kind: KindReach, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Connections to every port of namespace " + n.Name})
}

// namespaceSecrets are all Secrets of a namespace.
func (b *Builder) namespaceSecrets(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/secrets", Kind: KindData, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The Secrets of namespace " + n.Name})
}

// token is a token of the workload's service account.
func (b *Builder) token(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/token", Kind: KindCredential, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "A token of the service account of workload " + name(w)})
}

// account is token and reach together: requests are served with the rights of the workload's account.
func (b *Builder) account(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/requests", Kind: KindRight, Lane: LaneControlPlane, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "API requests as workload " + name(w)})
}

// mounted are the secrets that a workload mounts.
func (b *Builder) mounted(w *model.Workload) *Position {
	n := w.Namespace
	return b.position(Position{ID: string(w.Addr()) + "/secrets", Kind: KindData, Lane: LaneNamespaces, Address: w.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "The secrets of workload " + name(w)})
}

func (b *Builder) asset(a *model.Asset) *Position {
	s := a.Sensitivity
	if s == "" {
		s = model.SensitivityHigh
	}
	p := Position{ID: string(a.Addr()), Kind: KindData, Lane: LaneData, Address: a.Addr(), Asset: s, Title: "Asset " + a.Name}
	if len(a.HeldBy) > 0 {
		p.Cluster = a.HeldBy[0].Namespace.Cluster.Name
	}
	return b.position(p)
}

// podNetwork is the power to send packets into the pod network from a pod or node: the hub between all workloads, so
// that the graph grows with the workloads and not with their pairs.
func (b *Builder) podNetwork(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/pod-network", Kind: KindReach, Lane: LaneNamespaces, Address: c.Addr(), Cluster: c.Name,
		Title: "Packets into the pod network of cluster " + c.Name})
}

// outward is a channel from inside to a host of the attacker's choice.
func (b *Builder) outward(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/exfiltration", Kind: KindImpact, Lane: LaneOutside, Address: c.Addr(), Cluster: c.Name,
		Title: "A channel from a pod of cluster " + c.Name + " to the attacker's host"})
}

func (b *Builder) gateway(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()), Kind: KindService, Lane: LaneWayIn, Address: g.Addr(), Title: "Code runs in gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) gatewayReach(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()) + "/reach", Kind: KindReach, Lane: LaneWayIn, Address: g.Addr(), Title: "Requests to gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) gatewayKeys(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()) + "/tls-keys", Kind: KindCredential, Lane: LaneData, Address: g.Addr(), Title: "The TLS keys of gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

func (b *Builder) dns(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/dns", Kind: KindService, Lane: LaneControlPlane, Address: c.Addr(), Cluster: c.Name,
		Title: "Control of the answers of DNS in cluster " + c.Name})
}

// traffic is other workloads' traffic, to read or to redirect.
func (b *Builder) traffic(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/traffic", Kind: KindData, Lane: LaneData, Address: c.Addr(), Cluster: c.Name,
		Title: "Traffic between other workloads of cluster " + c.Name})
}
