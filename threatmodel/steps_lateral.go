package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// lateralSteps are steps over the network inside the cluster, and out of it again.
var lateralSteps = []*Step{
	{
		ID: "N-08", Layer: model.LayerNetwork, Title: "Move from pod to pod",
		Doc: "Without network policies every pod reaches every other. With them a compromised pod still reaches the workloads that it " +
			"is declared to call. Pods on the host's network and nodes themselves are not bound by policies at the source.",
		ATTACK: []string{"T1210", "T1046"}, Microsoft: []string{"Cluster internal networking", "Network mapping"},
		Sources:  []string{"CNCF attack tree: compromised container", "kubesplaining NETPOL rules"},
		Coverage: []string{"W1", "W2", "W8", "I4"},
		Variants: []*Variant{
			{Name: "leave", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					b.Add(Edge{Title: "Send packets from workload " + name(w) + " to undeclared destinations", Premises: on(b.pod(w)),
						To: b.podNetwork(w.Namespace.Cluster), Blockers: by(hold(model.EgressExact, w))})
				})
			}},
			{Name: "leave-new-pod", Effort: PublicTool, Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Send packets from a new pod of namespace " + n.Name, Premises: on(b.deploy(n)), To: b.podNetwork(n.Cluster),
						Blockers: by(hold(model.DefaultDeny, n))})
				})
			}},
			{Name: "leave-node", Effort: Intended, Remains: "Root on a node sends what it likes from the node's own address.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Send packets from a node of pool " + p.Name, Premises: on(b.node(p)), To: b.nodeNetwork(p.Cluster)})
				})
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Send packets from a node of cluster " + c.Name + " to pods", Premises: on(b.nodeNetwork(c)), To: b.podNetwork(c)})
				}
			}},
			{Name: "leave-host-network", Effort: Intended, Expand: func(b *Builder) {
				b.sharesHostNetwork(func(w *model.Workload, guards []model.Hold) {
					b.Add(Edge{Title: "Send packets from the node's address as workload " + name(w), Premises: on(b.pod(w)), To: b.nodeNetwork(w.Namespace.Cluster), Blockers: guards})
				})
			}},
			{Name: "arrive", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if len(w.Ports) > 0 {
						b.Add(Edge{Title: "Connect to workload " + name(w) + " from an undeclared source", Premises: on(b.podNetwork(w.Namespace.Cluster)),
							To: b.reach(w), Blockers: by(hold(model.IngressExact, w))})
					}
				})
			}},
			{Name: "declared", Effort: Intended, Remains: "The specification declares the connection.", Expand: expandDeclaredCalls},
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability,
				Remains: "A declared client may exploit a bug that nobody knows in what it calls.",
				Expand:  func(b *Builder) { exploitUnknown(b, false) }},
		},
	},
	{
		ID: "N-09", Layer: model.LayerNetwork, Title: "Spoof addresses inside the pod network",
		Doc:    "With the capability NET_RAW, which container runtimes grant by default, a pod forges ARP and IP packets and receives its neighbours' traffic.",
		ATTACK: []string{"T1557.002"}, Microsoft: []string{"ARP poisoning and IP spoofing"},
		Sources: []string{"Microsoft MS-TA9036", "Microsoft MS-M9028"}, Coverage: []string{"W5"},
		Variants: []*Variant{{Name: "net-raw", Effort: PublicTool, Expand: func(b *Builder) {
			b.workloads(func(w *model.Workload) {
				if declaresOtherCapabilities(w, "NET_RAW", "NET_ADMIN") {
					return
				}
				b.Add(Edge{Title: "Spoof addresses from workload " + name(w), Premises: on(b.pod(w)), To: b.traffic(w.Namespace.Cluster),
					Blockers: podGuards(w, asksFor(w, capability("NET_RAW", "NET_ADMIN")), model.CapabilitiesDropped), Hinders: b.meshOf(w)})
			})
		}}},
	},
	{
		ID: "N-10", Layer: model.LayerNetwork, Title: "Answer names falsely",
		Doc:    "Who controls cluster DNS sends every workload's connections where he likes. Every pod may talk to it.",
		ATTACK: []string{"T1557"}, Microsoft: []string{"CoreDNS poisoning"},
		Sources: []string{"Microsoft MS-TA9035", "kubesplaining CONFIGMAP-COREDNS"}, Coverage: []string{"W3"},
		Variants: []*Variant{
			{Name: "configuration", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(configureDNS, func(w *model.Workload, all bool) {
					if all {
						b.Add(Edge{Title: "Change the configuration of cluster DNS as workload " + name(w), Premises: on(b.account(w)), To: b.dns(w.Namespace.Cluster),
							Blockers: by(hold(model.NoEscalation, w)), Reveals: by(hold(model.APIAudit, w.Namespace.Cluster))})
					}
				})
			}},
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability, Remains: "Every pod needs cluster DNS, so every pod may attack it.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					c := w.Namespace.Cluster
					b.Add(Edge{Title: "Exploit an unknown vulnerability in cluster DNS from workload " + name(w), Premises: on(b.pod(w)), To: b.dns(c),
						Atom: b.atom(Vulnerability, "dns@"+string(c.Addr()), "unknown vulnerability in cluster DNS of "+c.Name)})
				})
			}},
			{Name: "redirect", Effort: Skill, Remains: "Clients that do not authenticate their server believe the name.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Redirect traffic by false names in cluster " + c.Name, Premises: on(b.dns(c)), To: b.traffic(c)})
				}
			}},
		},
	},
	{
		ID: "N-11", Layer: model.LayerNetwork, Title: "Call home and carry data out",
		Doc:    "Code that cannot reach its master is of little use to him, and stolen data has to leave. DNS leaves too: the cluster's resolver forwards the names that it does not know.",
		ATTACK: []string{"T1041", "T1071.004", "T1572"}, Sources: []string{"CNCF attack tree: compromised container", "kubesplaining NETPOL-WEAKNESS-002"},
		Coverage: []string{"W3", "W8"},
		Variants: []*Variant{
			{Name: "open-egress", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					b.Add(Edge{Title: "Connect from workload " + name(w) + " to the attacker's host", Premises: on(b.pod(w)), To: b.outward(w.Namespace.Cluster),
						Blockers: by(hold(model.EgressExact, w))})
				})
			}},
			{Name: "dns-tunnel", Effort: Skill, Remains: "Pods may ask cluster DNS, and it asks the rest of the world; watch for long and frequent names.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					c := w.Namespace.Cluster
					b.Add(Edge{Title: "Tunnel through DNS from workload " + name(w), Premises: on(b.pod(w)), To: b.outward(c),
						Hinders: by(hold(model.DNSClusterOnly, w)), Reveals: by(hold(model.RuntimeDetection, c))})
				})
			}},
		},
	},
	{
		ID: "N-12", Layer: model.LayerNetwork, Title: "Listen on the node's network",
		Doc:    "A pod on the host's network sees the traffic of its node's other pods before it is encrypted and after it is decrypted.",
		ATTACK: []string{"T1040", "T1557"}, Sources: []string{"kubesplaining ESCAPE-003", "CNCF data flow"}, Coverage: []string{"W5", "W6", "D6"},
		Variants: []*Variant{{Name: "host-network", Effort: PublicTool, Expand: func(b *Builder) {
			b.sharesHostNetwork(func(w *model.Workload, guards []model.Hold) {
				b.Add(Edge{Title: "Listen to the node's traffic from workload " + name(w), Premises: on(b.pod(w)), To: b.traffic(w.Namespace.Cluster),
					Blockers: guards, Hinders: b.meshOf(w)})
			})
		}}},
	},
	{
		ID: "N-13", Layer: model.LayerNetwork, Title: "Redirect traffic by Services",
		Doc:    "Whoever may write Services, or their status, can claim an external IP address that others connect to, and so receive their traffic (CVE-2020-8554).",
		ATTACK: []string{"T1557", "T1565.002"}, Sources: []string{"rbac-police modify_service_status", "CVE-2020-8554"}, Coverage: []string{"W4"},
		Variants: []*Variant{
			{Name: "external-ips", Effort: PublicTool, Expand: func(b *Builder) {
				b.namespaces(func(n *model.Namespace) {
					b.Add(Edge{Title: "Claim others' addresses by a Service of namespace " + n.Name, Premises: on(b.deploy(n)), To: b.traffic(n.Cluster),
						Blockers: by(hold(model.DenyExternalIPs, n.Cluster), hold(model.ServiceTypesEnforced, n.Cluster))})
				})
			}},
			{Name: "load-balancer-status", Effort: PublicTool, Expand: func(b *Builder) {
				b.granted(claimIngress, func(w *model.Workload, _ bool) {
					b.Add(Edge{Title: "Claim others' addresses in the status of a Service as workload " + name(w), Premises: on(b.account(w)), To: b.traffic(w.Namespace.Cluster), Blockers: by(hold(model.NoEscalation, w))})
				})
			}},
		},
	},
	{
		ID: "N-14", Layer: model.LayerNetwork, Title: "Take the gateway",
		Doc:    "The gateway answers strangers for all workloads behind it. Its software may have bugs; and whoever attaches a route to it receives the requests of that host name.",
		ATTACK: []string{"T1190", "T1210"}, Sources: []string{"kubesplaining GATEWAY-001", "kubesplaining INGRESS-NGINX-001"}, Coverage: []string{"W2", "P2", "C9"},
		Variants: []*Variant{
			{Name: "unknown-vulnerability", Effort: Hard, Fault: Vulnerability, Remains: "What answers strangers is attacked by strangers.", Expand: func(b *Builder) {
				for _, g := range b.Spec.Gateways {
					b.Add(Edge{Title: "Exploit an unknown vulnerability in gateway " + g.Name, Premises: on(b.gatewayReach(g)), To: b.gateway(g),
						Atom: b.atom(Vulnerability, "gateway@"+string(g.Addr()), "unknown vulnerability in gateway "+g.Name)})
				}
			}},
			{Name: "foreign-route", Effort: PublicTool, Expand: func(b *Builder) {
				for _, g := range b.Spec.Gateways {
					b.namespaces(func(n *model.Namespace) {
						if g.Namespace != nil && n.Cluster == g.Namespace.Cluster {
							b.Add(Edge{Title: "Attach a route of namespace " + n.Name + " to gateway " + g.Name, Premises: on(b.deploy(n)), To: b.routes(g),
								Blockers: by(hold(model.GatewayRoutesRestricted, g))})
						}
					})
				}
			}},
			{Name: "forward", Effort: Intended, Remains: "The gateway is meant to connect to what it publishes.", Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					for _, e := range w.Exposes {
						b.Add(Edge{Title: "Connect from gateway " + e.Via.Name + " to workload " + name(w), Premises: on(b.gateway(e.Via)), To: b.reach(w)})
					}
				})
			}},
			{Name: "pod-network", Effort: PublicTool, Remains: "The gateway's data plane belongs to the network plugin or runs beside the workloads; what it reaches is limited at the destinations.", Expand: func(b *Builder) {
				for _, g := range b.Spec.Gateways {
					if g.Namespace != nil {
						b.Add(Edge{Title: "Send packets from gateway " + g.Name + " into the pod network", Premises: on(b.gateway(g)), To: b.podNetwork(g.Namespace.Cluster)})
					}
				}
			}},
		},
	},
	{
		ID: "N-15", Layer: model.LayerNetwork, Title: "Cross from one cluster to another",
		Doc:    "Clusters that share a network, but not their owners, attack each other's nodes.",
		ATTACK: []string{"T1210", "T1199"}, Sources: []string{"CNCF attack tree: attacker on the network"}, Coverage: []string{"W9"},
		Variants: []*Variant{
			{Name: "into-nodes", Effort: PublicTool, Expand: func(b *Builder) {
				b.intoPools(func(from *Position, p *model.NodePool, blockers []model.Hold) {
					b.Add(Edge{Title: "Connect to undeclared ports of nodes of pool " + p.Name, Premises: on(from), To: b.nodeReach(p),
						Blockers: append(blockers, hold(model.HostFirewall, p))})
				})
			}},
			{Name: "out-to-foreign", Effort: Skill, Remains: "The other cluster is not ours to protect; root on our nodes reaches it over the shared network.", Expand: func(b *Builder) {
				for _, f := range b.Spec.ForeignClusters {
					for _, c := range b.Spec.Clusters {
						b.Add(Edge{Title: "Attack foreign cluster " + f.Name + " from a node of cluster " + c.Name, Premises: on(b.nodeNetwork(c)), To: b.foreign(f)})
					}
				}
			}},
			{Name: "host-service", Effort: Hard, Fault: Vulnerability, Remains: "A service of the node that listens may have a bug that nobody knows.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Exploit an unknown vulnerability in a service of nodes of pool " + p.Name, Premises: on(b.nodeReach(p)), To: b.node(p),
						Atom: b.atom(Vulnerability, "host-service@"+string(p.Addr()), "unknown vulnerability in a host service of pool "+p.Name)})
				})
			}},
		},
	},
	{
		ID: "N-18", Layer: model.LayerNetwork, Title: "Carry data out through an allowed destination",
		Doc:    "A destination that a workload may reach for its work is a way out too, the more so when many customers share it: object stores, source hosting, messaging.",
		ATTACK: []string{"T1567"}, Sources: []string{"MITRE ATT&CK T1567"}, Coverage: []string{"W8"},
		Variants: []*Variant{{Name: "declared-egress", Effort: PublicTool, Remains: "The specification declares the destination; who serves it decides who receives the data.", Expand: func(b *Builder) {
			b.workloads(func(w *model.Workload) {
				for _, e := range w.Egress {
					b.Add(Edge{Title: "Send data from workload " + name(w) + " through its egress " + e.Name, Premises: on(b.pod(w)), To: b.outward(w.Namespace.Cluster)})
				}
			})
		}}},
	},
	{
		ID: "N-19", Layer: model.LayerNetwork, Title: "Take the TLS keys of the gateway",
		Doc:    "Whoever runs code in the gateway, or reads the Secrets in which its certificates are kept, holds the keys of the published host names.",
		ATTACK: []string{"T1552.004"}, Sources: []string{"Gateway API: TLS certificateRefs"}, Coverage: []string{"W6"},
		Variants: []*Variant{
			{Name: "from-gateway", Effort: PublicTool, Remains: "The gateway needs its keys.", Expand: func(b *Builder) {
				for _, g := range b.Spec.Gateways {
					b.Add(Edge{Title: "Read the TLS keys in gateway " + g.Name, Premises: on(b.gateway(g)), To: b.gatewayKeys(g)})
				}
			}},
			{Name: "from-secrets", Effort: PublicTool, Remains: "The keys are Secrets of the gateway's namespace, or, for an ingress, of those that publish.", Expand: func(b *Builder) {
				for _, g := range b.Spec.Gateways {
					for _, n := range b.keepKeys(g) {
						b.Add(Edge{Title: "Read the TLS keys of gateway " + g.Name + " among the Secrets of namespace " + n.Name,
							Premises: on(b.namespaceSecrets(n)), To: b.gatewayKeys(g)})
					}
				}
			}},
		},
	},
	{
		ID: "L-01", Layer: model.LayerNetwork, Title: "Take the node's identity from the cloud's metadata service",
		Doc:    "A provider's machines get their own credentials, and often the data they were booted with, from a link-local address that every process can ask.",
		ATTACK: []string{"T1552.005"}, Microsoft: []string{"Instance Metadata API", "Access managed identity credentials"},
		Sources: []string{"Microsoft MS-TA9033", "kube-hunter KHV053", "kubesplaining IMDS-PIVOT"}, Coverage: []string{"W8"},
		Variants: []*Variant{
			{Name: "ask", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if b.cloudPools(w.Namespace.Cluster) {
						b.Add(Edge{Title: "Ask the metadata service from workload " + name(w), Premises: on(b.pod(w)), To: b.metadata(w.Namespace.Cluster),
							Blockers: by(hold(model.MetadataBlocked, w), hold(model.MetadataGuarded, w))})
					}
				})
			}},
			{Name: "answer", Effort: Intended, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if p.Physical == nil {
						b.Add(Edge{Title: "Receive the cloud identity of pool " + p.Name, Premises: on(b.metadata(p.Cluster)), To: b.cloudIdentity(p),
							Blockers: by(hold(model.MetadataFirewall, p))})
					}
				})
			}},
			{Name: "from-node", Effort: PublicTool, Remains: "The node itself needs the address.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if p.Physical == nil {
						b.Add(Edge{Title: "Ask the metadata service from a node of pool " + p.Name, Premises: on(b.node(p)), To: b.cloudIdentity(p)})
					}
				})
			}},
		},
	},
}

// sharesHostNetwork calls f for each workload on its node's network, and for those that take nothing from their node,
// where it is for the controls to block.
func (b *Builder) sharesHostNetwork(f func(w *model.Workload, guards []model.Hold)) {
	b.workloads(func(w *model.Workload) {
		if !w.Host.Any() || w.Host.Network {
			f(w, podGuards(w, w.Host.Network, model.NoHostNamespaces))
		}
	})
}

func (b *Builder) routes(g *model.Gateway) *Position {
	p := Position{ID: string(g.Addr()) + "/routes", Kind: KindData, Lane: LaneData, Address: g.Addr(), Title: "Requests of others' host names at gateway " + g.Name}
	if g.Namespace != nil {
		p.Cluster = g.Namespace.Cluster.Name
	}
	return b.position(p)
}

// keepKeys are the namespaces in which the gateway's certificates are kept: its own, or, because an Ingress names a Secret beside
// itself, those that publish through it.
func (b *Builder) keepKeys(g *model.Gateway) []*model.Namespace {
	if g.Namespace == nil {
		return nil
	}
	if g.Kind != model.IngressAPI {
		return []*model.Namespace{g.Namespace}
	}
	var all []*model.Namespace
	for _, n := range g.Namespace.Cluster.Namespaces {
		publishes := func(w *model.Workload) bool {
			return slices.ContainsFunc(w.Exposes, func(e *model.Expose) bool { return e.Via == g })
		}
		if slices.ContainsFunc(n.Workloads, publishes) {
			all = append(all, n)
		}
	}
	return all
}

// meshOf is mutual TLS between the workload and its peers, if a mesh covers its namespace.
func (b *Builder) meshOf(w *model.Workload) []model.Hold {
	for _, m := range b.Spec.Meshes {
		if slices.Contains(m.Namespaces, w.Namespace) {
			return by(hold(model.MeshStrictMTLS, m))
		}
	}
	return nil
}

func expandDeclaredCalls(b *Builder) {
	members := map[*model.Namespace]bool{}
	b.workloads(func(w *model.Workload) {
		for _, p := range w.Calls {
			if p.Workload != w {
				b.Add(Edge{Title: "Connect from workload " + name(w) + " to workload " + name(p.Workload), Premises: on(b.pod(w)), To: b.reach(p.Workload)})
			}
		}
		for _, p := range w.Ports {
			for _, from := range p.From {
				switch from := from.(type) {
				case *model.Workload:
					b.Add(Edge{Title: "Connect from workload " + name(from) + " to workload " + name(w), Premises: on(b.pod(from)), To: b.reach(w)})
				case *model.Namespace:
					members[from] = true
					b.Add(Edge{Title: "Connect from namespace " + from.Name + " to workload " + name(w), Premises: on(b.anyPodOf(from)), To: b.reach(w)})
				}
			}
		}
	})
	b.namespaces(func(n *model.Namespace) {
		if !members[n] {
			return
		}
		for _, w := range n.Workloads {
			b.Add(Edge{Title: "Workload " + name(w) + " is a pod of namespace " + n.Name, Premises: on(b.pod(w)), To: b.anyPodOf(n)})
		}
	})
}
