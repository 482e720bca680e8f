package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Steps over the network, from outside into the cluster.
var networkSteps = slices.Concat([]*Step{
	{
		ID: "N-01", Layer: model.LayerNetwork, Title: "Exploit a published application",
		Doc: "A workload that answers strangers runs code that has bugs. Network policies, Pod Security and a read-only root file " +
			"system limit what follows; none of them prevents the first exploit.",
		ATTACK: []string{"T1190"}, Microsoft: []string{"Application vulnerability", "Application exploit (RCE)"},
		Sources:  []string{"KubeHound ENDPOINT_EXPLOIT", "CNCF attack tree: compromised container"},
		Coverage: []string{"P4", "I2", "W2"},
		Variants: []*Variant{{
			Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability,
			Remains: "Nothing around an application prevents the first exploit of a bug that nobody knows; what it gains is limited by the steps that follow.",
			Expand:  func(b *Builder) { exploitUnknown(b, true) },
		}},
	},
	{
		ID: "N-02", Layer: model.LayerNetwork, Title: "Make an application send requests for the attacker (SSRF)",
		Doc: "An application that fetches addresses given by its users can be made to fetch internal ones, from inside the pod " +
			"network and with the pod's identity there, without any code of the attacker running.",
		ATTACK: []string{"T1190", "T1552.005"}, Microsoft: []string{"Instance Metadata API"},
		Sources:  []string{"Threagile server-side-request-forgery"},
		Coverage: []string{"P4", "W8"},
		Variants: []*Variant{
			{Name: "metadata", Effort: Skill, Fault: Vulnerability, Expand: func(b *Builder) {
				b.published(func(w *model.Workload) {
					if b.cloudPools(w.Namespace.Cluster) {
						b.Add(Edge{Title: "Make workload " + name(w) + " request the cloud metadata address",
							Premises: on(b.reach(w)), To: b.metadata(w.Namespace.Cluster), Atom: b.forgery(w),
							Blockers: by(hold(model.MetadataBlocked, w), hold(model.EgressExact, w))})
					}
				})
			}},
			{Name: "pod-network", Effort: Skill, Fault: Vulnerability, Expand: func(b *Builder) {
				b.published(func(w *model.Workload) {
					b.Add(Edge{Title: "Make workload " + name(w) + " request addresses of the pod network",
						Premises: on(b.reach(w)), To: b.podNetwork(w.Namespace.Cluster), Atom: b.forgery(w),
						Blockers: by(hold(model.EgressExact, w))})
				})
			}},
			{Name: "declared-call", Effort: Skill, Fault: Vulnerability,
				Remains: "The workload is declared to call that port, so its own requests pass.",
				Expand: func(b *Builder) {
					b.published(func(w *model.Workload) {
						for _, p := range w.Calls {
							if p.Workload != w {
								b.Add(Edge{Title: "Make workload " + name(w) + " pass a request on to workload " + name(p.Workload),
									Premises: on(b.reach(w)), To: b.reach(p.Workload), Atom: b.forgery(w)})
							}
						}
					})
				}},
		},
	},
	{
		ID: "N-03", Layer: model.LayerNetwork, Title: "Reach what was published",
		Doc: "Whatever is published is attacked: through a gateway, a host port, or a Service of type NodePort or LoadBalancer that " +
			"opens a port on every node without anybody having decided so.",
		ATTACK: []string{"T1133"}, Microsoft: []string{"Exposed sensitive interfaces"},
		Sources:  []string{"kube-hunter: exposed dashboards", "kubesplaining HOSTPORT"},
		Coverage: []string{"W2", "W4", "N7", "C9"},
		Variants: []*Variant{
			{Name: "gateway", Effort: Intended, Remains: "The specification publishes it.", Expand: expandGatewayReach},
			{Name: "declared-source", Effort: Intended, Remains: "The specification admits this source.", Expand: expandDeclaredSources},
			{Name: "host-port", Effort: Intended, Remains: "The specification opens the host port.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.Host.Ports) == 0 {
						return
					}
					for _, p := range poolsOf(w) {
						b.Add(Edge{Title: "Connect to the host port of workload " + name(w) + " on pool " + p.Name,
							Premises: on(b.nodeReach(p)), To: b.reach(w)})
					}
				})
			}},
			{Name: "undeclared-service", Effort: PublicTool, Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Publish workloads of namespace " + n.Name + " by a Service of type LoadBalancer",
						Premises: on(b.deploy(n)), To: b.publishedPorts(n), Blockers: by(hold(model.ServiceTypesEnforced, n.Cluster))})
				})
			}},
		},
	},
	{
		ID: "N-04", Layer: model.LayerNetwork, Title: "Reach the API server",
		Doc: "Whoever reaches the API server may try stolen credentials and vulnerabilities on it. Reach is half of every attack " +
			"with a credential: the other half is the credential.",
		ATTACK: []string{"T1133"}, Microsoft: []string{"Access Kubernetes API server"},
		Sources:  []string{"CNCF attack tree: attacker on the network", "Microsoft MS-M9002"},
		Coverage: []string{"C1", "W2"},
		Variants: []*Variant{
			{Name: "declared", Effort: Intended, Remains: "api.reachable_from admits this source.", Expand: func(b *Builder) { expandAPIReach(b, true) }},
			{Name: "undeclared", Effort: PublicTool, Expand: func(b *Builder) { expandAPIReach(b, false) }},
			{Name: "node", Effort: Intended, Remains: "Kubelets need the API server.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Connect to the API server of cluster " + c.Name + " from a node", Premises: on(b.nodeNetwork(c)), To: b.api(c)})
				}
			}},
			{Name: "pod", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.APIAccess) == 0 {
						b.Add(Edge{Title: "Connect to the API server from workload " + name(w),
							Premises: on(b.pod(w)), To: b.api(w.Namespace.Cluster), Blockers: by(hold(model.APIEgressBlocked, w))})
					}
				})
			}},
			{Name: "pod-with-access", Effort: Intended, Remains: "The workload is declared to use the API.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.APIAccess) > 0 {
						b.Add(Edge{Title: "Connect to the API server from workload " + name(w), Premises: on(b.pod(w)), To: b.api(w.Namespace.Cluster)})
					}
				})
			}},
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability,
				Remains: "The API server is what decides; a bug in it before authentication is stopped only by being out of reach.",
				Expand: func(b *Builder) {
					for _, c := range b.Spec.Clusters {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in the API server of cluster " + c.Name,
							Premises: on(b.api(c)), To: b.admin(c), Atom: b.kubeAPIVulnerable(c)})
					}
				}},
		},
	},
	{
		ID: "N-05", Layer: model.LayerNetwork, Title: "Use the API without logging in",
		Doc: "Requests without credentials are the user system:anonymous. A binding that names it, or an authorization mode that " +
			"allows everything, turns reach into rights.",
		ATTACK: []string{"T1078.001", "T1133"}, Microsoft: []string{"Exposed sensitive interfaces"},
		Sources:  []string{"CNCF attack tree: attacker on the network", "kube-hunter KHV005"},
		Coverage: []string{"C4"},
		Variants: []*Variant{{Name: "anonymous", Effort: PublicTool, Expand: func(b *Builder) {
			for _, c := range b.Spec.Clusters {
				b.Add(Edge{Title: "Send anonymous requests to the API server of cluster " + c.Name,
					Premises: on(b.api(c)), To: b.admin(c), Blockers: by(hold(model.AnonymousLimited, c), hold(model.APIAuthorization, c)),
					Reveals: by(hold(model.APIAudit, c))})
			}
		}}},
	},
	{
		ID: "N-06", Layer: model.LayerNode, Title: "Run commands through the kubelet's API",
		Doc: "The kubelet executes commands in every container of its node for whoever it lets in. Its unauthenticated port shows " +
			"the specifications of all pods, environment included.",
		ATTACK: []string{"T1609", "T1613"}, Microsoft: []string{"Access Kubelet API"},
		Sources:  []string{"kube-hunter KHV036-KHV046", "CNCF attack tree: attacker on the network", "Microsoft MS-M9009"},
		Coverage: []string{"N2", "C5", "N7"},
		Variants: []*Variant{
			{Name: "reach", Effort: PublicTool, Expand: func(b *Builder) {
				b.intoPools(func(from *Position, p *model.NodePool, blockers []model.Hold) {
					b.Add(Edge{Title: "Connect to the kubelets of pool " + p.Name, Premises: on(from), To: b.kubeletReach(p),
						Blockers: append(blockers, hold(model.KubeletFirewall, p))})
				})
			}},
			{Name: "anonymous", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Run commands in pods through the kubelets of pool " + p.Name + " without logging in",
						Premises: on(b.kubeletReach(p)), To: b.podsOn(p),
						Blockers: by(hold(model.KubeletAuthentication, p), hold(model.KubeletAuthorization, p))})
				})
			}},
			{Name: "read-only-port", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Read the pods of pool " + p.Name + " from the kubelets' unauthenticated port",
						Premises: on(b.kubeletReach(p)), To: b.podSpecs(p), Blockers: by(hold(model.KubeletReadOnlyPortOff, p))})
				})
			}},
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability,
				Remains: "A bug in the kubelet before authentication is stopped only by being out of reach.",
				Expand: func(b *Builder) {
					b.pools(func(p *model.NodePool) {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in the kubelet of pool " + p.Name, Premises: on(b.kubeletReach(p)), To: b.node(p),
							Atom: b.atom(Vulnerability, "kubelet@"+string(p.Cluster.Addr()), "unknown vulnerability in the kubelet of cluster "+p.Cluster.Name)})
					})
				}},
		},
	},
	{
		ID: "N-07", Layer: model.LayerConfig, Title: "Talk to etcd directly",
		Doc: "Everything that the API server knows and decides stands in etcd. Each weakness is a way of its own: a client port " +
			"without certificates, a peer port without certificates, or a CA that also signs other people's certificates.",
		ATTACK: []string{"T1552", "T1565.001"}, Microsoft: []string{"List Kubernetes secrets"},
		Sources:  []string{"kube-hunter KHV031-KHV034", "CNCF attack tree: attacker on the network", "Microsoft MS-M9024"},
		Coverage: []string{"C5", "P2"},
		Variants: []*Variant{
			{Name: "reach", Effort: PublicTool, Expand: expandEtcdReach},
			{Name: "member", Effort: Intended, Remains: "The API server and the members need etcd.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					for _, p := range controlPools(c) {
						b.Add(Edge{Title: "Connect to etcd from a node of pool " + p.Name, Premises: on(b.node(p)), To: b.etcdReach(c)})
					}
				}
			}},
			{Name: "client-without-certificate", Effort: PublicTool, Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Read etcd of cluster " + c.Name + " without a certificate", Premises: on(b.etcdReach(c)), To: b.etcd(c),
						Blockers: by(hold(model.EtcdClientAuth, c))})
				}
			}},
			{Name: "peer-without-certificate", Effort: Skill, Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Join etcd of cluster " + c.Name + " as a member without a certificate", Premises: on(b.etcdReach(c)), To: b.etcd(c),
						Blockers: by(hold(model.EtcdPeerAuth, c))})
				}
			}},
			{Name: "shared-ca", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					c := p.Cluster
					b.Add(Edge{Title: "Present the kubelet's certificate of pool " + p.Name + " to etcd", Premises: on(b.etcdReach(c), b.kubelet(p)), To: b.etcd(c),
						Blockers: by(hold(model.EtcdOwnCA, c))})
				})
			}},
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability,
				Remains: "A bug in etcd before authentication is stopped only by being out of reach.",
				Expand: func(b *Builder) {
					for _, c := range b.Spec.Clusters {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in etcd of cluster " + c.Name, Premises: on(b.etcdReach(c)), To: b.etcd(c),
							Atom: b.atom(Vulnerability, "etcd@"+string(c.Addr()), "unknown vulnerability in etcd of cluster "+c.Name)})
					}
				}},
		},
	},
}, lateralSteps, wayInSteps)

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
