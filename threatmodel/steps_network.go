package threatmodel

import (
	"maps"
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
							Blockers: by(hold(model.MetadataBlocked, w), hold(model.EgressExact, w), hold(model.MetadataGuarded, w))})
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
					callees := map[*model.Workload][]*model.Port{}
					for _, c := range b.Spec.Clusters {
						maps.Copy(callees, c.Callees())
					}
					b.published(func(w *model.Workload) {
						for _, p := range callees[w] {
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
			{Name: "gateway-undeclared", Effort: PublicTool, Expand: expandGatewayUndeclared},
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
							Premises: on(b.pod(w)), To: b.api(w.Namespace.Cluster), Blockers: by(hold(model.APIEgressBlocked, w), hold(model.NodesGuarded, w))})
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
