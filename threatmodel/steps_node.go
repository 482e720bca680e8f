package threatmodel

import (
	"github.com/bartizan-dev/bartizan/model"
)

// Steps on nodes, below the API.
var nodeSteps = []*Step{
	{
		ID: "D-01", Layer: model.LayerNode, Title: "Take every pod of a node",
		Doc:    "Root on a node is root in each of its pods: their memory, their secrets, their tokens, their place in the network.",
		ATTACK: []string{"T1552", "T1528"}, Microsoft: []string{"Container service account"},
		Sources: []string{"KubeHound POD_ATTACH, VOLUME_ACCESS", "IceKube ACCESS_POD"}, Coverage: []string{"N1", "N8", "D4"},
		Variants: []*Variant{
			{Name: "pods", Effort: Intended, Remains: "The node runs the pods; dedicated pools decide whose pods those are.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Take every pod on the node of pool " + p.Name, Premises: on(b.node(p)), To: b.podsOn(p)})
				})
				b.workloads(func(w *model.Workload) {
					if w.Pool != nil {
						b.Add(Edge{Title: "Workload " + name(w) + " runs on pool " + w.Pool.Name, Premises: on(b.podsOn(w.Pool)), To: b.pod(w)})
					} else {
						b.Add(Edge{Title: "Workload " + name(w) + " runs on shared nodes", Premises: on(b.sharedPods(w.Namespace.Cluster)), To: b.pod(w)})
					}
				})
				for _, c := range b.Spec.Clusters {
					for _, p := range sharedPools(c) {
						b.Add(Edge{Title: "Pool " + p.Name + " runs shared workloads", Premises: on(b.podsOn(p)), To: b.sharedPods(c)})
					}
				}
			}},
			{Name: "strayed-workload", Effort: PublicTool, Expand: func(b *Builder) {
				b.workloads(func(w *model.Workload) {
					if w.Pool != nil {
						b.Add(Edge{Title: "Find workload " + name(w) + " on a shared node", Premises: on(b.sharedPods(w.Namespace.Cluster)), To: b.pod(w), Blockers: by(hold(model.PoolIsolation, w))})
					}
				})
			}},
			{Name: "strayed-neighbour", Effort: PublicTool, Expand: func(b *Builder) {
				b.closedPools(func(p *model.NodePool, h model.Hold) {
					b.Add(Edge{Title: "Find shared workloads on the node of pool " + p.Name, Premises: on(b.podsOn(p)), To: b.sharedPods(p.Cluster), Blockers: by(h)})
				})
			}},
			{Name: "files", Effort: Intended, Remains: "Tokens and secrets of pods are files below /var/lib/kubelet.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Read the files on the disk of pool " + p.Name, Premises: on(b.liveFiles(p)), To: b.diskContent(p)})
				})
				b.workloads(func(w *model.Workload) {
					for _, p := range poolsOf(w) {
						if len(w.APIAccess) > 0 {
							b.Add(Edge{Title: "Read the token of workload " + name(w) + " in the kubelet's directory", Premises: on(b.liveFiles(p)), To: b.token(w)})
						}
						if len(w.Secrets) > 0 {
							b.Add(Edge{Title: "Read the secrets of workload " + name(w) + " in the kubelet's directory", Premises: on(b.liveFiles(p)), To: b.mounted(w)})
						}
					}
				})
			}},
		},
	},
	{
		ID: "D-02", Layer: model.LayerNode, Title: "Use the kubelet's credential",
		Doc: "The kubelet reads what its own pods need; nothing prevents that. What the Node authorizer and NodeRestriction prevent is that " +
			"it reads every Secret and changes other nodes and their pods.",
		ATTACK: []string{"T1552.004", "T1078"}, Microsoft: []string{"Access Kubelet API"}, Sources: []string{"kubesplaining TargetNodeIdentity", "Kubernetes: using Node authorization"}, Coverage: []string{"N2", "C5"},
		Variants: []*Variant{
			{Name: "take", Effort: Intended, Remains: "The credential lies on the node, and on its disk.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Take the kubelet's credential on a node of pool " + p.Name, Premises: on(b.node(p)), To: b.kubelet(p)})
					b.Add(Edge{Title: "Take the kubelet's credential from a disk of pool " + p.Name, Premises: on(b.diskContent(p)), To: b.kubelet(p)})
				})
			}},
			{Name: "own-pods", Effort: PublicTool, Remains: "A kubelet must read the Secrets and mint the tokens of its own pods; rotation ends the use of a stolen credential at expiry.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Fetch secrets and tokens of the pods of pool " + p.Name + " as its kubelet", Premises: on(b.kubelet(p), b.api(p.Cluster)), To: b.ownPodSecrets(p),
						Hinders: by(hold(model.KubeletCertificates, p), hold(model.NodeRestriction, p.Cluster)), Reveals: by(hold(model.APIAudit, p.Cluster))})
				})
				b.workloads(func(w *model.Workload) {
					for _, p := range poolsOf(w) {
						if len(w.Secrets) > 0 {
							b.Add(Edge{Title: "Read the secrets of workload " + name(w), Premises: on(b.ownPodSecrets(p)), To: b.mounted(w)})
						}
						if len(w.APIAccess) > 0 {
							b.Add(Edge{Title: "Mint a token of workload " + name(w), Premises: on(b.ownPodSecrets(p)), To: b.token(w)})
						}
					}
				})
			}},
			{Name: "every-secret", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Read every Secret as the kubelet of pool " + p.Name, Premises: on(b.kubelet(p), b.api(p.Cluster)), To: b.secrets(p.Cluster), Blockers: by(hold(model.APIAuthorization, p.Cluster))})
				})
			}},
			{Name: "other-nodes", Effort: Skill, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Draw other nodes' pods to a node of pool " + p.Name + " by changing node objects", Premises: on(b.kubelet(p), b.api(p.Cluster)), To: b.sharedPods(p.Cluster), Blockers: by(hold(model.NodeRestriction, p.Cluster))})
				})
			}},
		},
	},
	{
		ID: "D-03", Layer: model.LayerNode, Title: "Replace the kubelet or plant a static pod",
		Doc:    "Root changes the programs of the node, or drops a manifest that the kubelet runs without asking the API server, and so outlives a restart.",
		ATTACK: []string{"T1554", "T1543.005"}, Microsoft: []string{"Static pods"}, Sources: []string{"Microsoft MS-TA9017", "kubesplaining static_pod_admission_bypass"}, Coverage: []string{"N2"},
		Variants: []*Variant{
			{Name: "binary", Effort: PublicTool, Remains: "Root replaces programs; nodes that are rebuilt from images, not repaired, forget it.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Replace the kubelet on a node of pool " + p.Name, Premises: on(b.node(p)), To: b.persistence(p), Reveals: by(hold(model.NodeAuditd, p))})
				})
			}},
			{Name: "static-pod", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Plant a static pod on a node of pool " + p.Name, Premises: on(b.node(p)), To: b.persistence(p), Blockers: by(hold(model.StaticPodsOff, p)), Reveals: by(hold(model.NodeAuditd, p))})
				})
			}},
		},
	},
	{
		ID: "D-05", Layer: model.LayerNode, Title: "Draw pods to a node that the attacker holds",
		Doc:    "Whoever may close nodes to new pods, and delete or evict those that run, moves the interesting ones to where he already is root.",
		ATTACK: []string{"T1578"}, Sources: []string{"rbac-police steal_pods, modify_node_status", "kubesplaining 016, 030"}, Coverage: []string{"N8", "C6"},
		Variants: []*Variant{
			{Name: "delete", Effort: Skill, Expand: func(b *Builder) { b.drawPods(deletePods) }},
			{Name: "evict", Effort: Skill, Expand: func(b *Builder) { b.drawPods(evictPods) }},
		},
	},
	{
		ID: "D-06", Layer: model.LayerNode, Title: "Escape where the workload should not run",
		Doc:    "An escape gives the node on which the pod happens to run. Taints keep ordinary workloads from the nodes that hold the control plane's keys or other people's secrets.",
		ATTACK: []string{"T1611"}, Sources: []string{"IceKube IS_CLUSTER_ADMIN", "kubesplaining CONTROLPLANE-SCHED"}, Coverage: []string{"N3", "N8", "D3"},
		Variants: []*Variant{
			{Name: "shared-pool", Effort: Intended, Remains: "Shared workloads run on shared nodes.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					for _, p := range sharedPools(c) {
						b.Add(Edge{Title: "The node is one of pool " + p.Name, Premises: on(b.sharedNode(c)), To: b.node(p)})
					}
				}
			}},
			{Name: "closed-pool", Effort: PublicTool, Expand: func(b *Builder) {
				b.closedPools(func(p *model.NodePool, h model.Hold) {
					b.Add(Edge{Title: "Escape from a shared workload that was scheduled to pool " + p.Name, Premises: on(b.sharedNode(p.Cluster)), To: b.node(p), Blockers: by(h)})
				})
			}},
		},
	},
	{
		ID: "D-07", Layer: model.LayerNode, Title: "Take the control plane's keys",
		Doc: "A control-plane node holds the CA and service-account signing keys, the administrator's kubeconfig files, the key that encrypts Secrets, and etcd itself. " +
			"File modes do not stop root. The keys alone need reach to the API server as well.",
		ATTACK: []string{"T1552.004", "T1649", "T1606"}, Sources: []string{"kubesplaining control_plane_pki_theft, mint_arbitrary_token", "kubeadm implementation details"}, Coverage: []string{"N3", "W6"},
		Variants: []*Variant{
			{Name: "live", Effort: PublicTool, Remains: "Root on a control-plane node is the control plane.", Expand: func(b *Builder) {
				b.controlPools(func(p *model.NodePool) {
					c := p.Cluster
					b.Add(Edge{Title: "Read and write etcd on a node of pool " + p.Name, Premises: on(b.node(p)), To: b.etcd(c)})
					if p.Has(model.RoleControlPlane) {
						b.Add(Edge{Title: "Copy the signing keys of cluster " + c.Name, Premises: on(b.node(p)), To: b.clusterKeys(c), Reveals: by(hold(model.NodeAuditd, p))})
						b.Add(Edge{Title: "Decrypt with the encryption key of cluster " + c.Name + " on the control plane", Premises: on(b.node(p)), To: b.encryptionKey(c)})
					}
				})
			}},
			{Name: "from-disk", Effort: PublicTool, Remains: "The keys lie on the disk.", Expand: func(b *Builder) {
				b.controlPools(func(p *model.NodePool) {
					c := p.Cluster
					b.Add(Edge{Title: "Copy etcd's files from a disk of pool " + p.Name, Premises: on(b.diskContent(p)), To: b.etcdFiles(c)})
					if !p.Has(model.RoleControlPlane) {
						return
					}
					b.Add(Edge{Title: "Copy the signing keys of cluster " + c.Name + " from a disk", Premises: on(b.diskContent(p)), To: b.clusterKeys(c)})
					b.Add(Edge{Title: "Copy the administrator's kubeconfig of cluster " + c.Name + " from a disk", Premises: on(b.diskContent(p)), To: b.adminCredential(c)})
					if c.Encryption.KMS == "" {
						b.Add(Edge{Title: "Copy the encryption key of cluster " + c.Name + " from a disk", Premises: on(b.diskContent(p)), To: b.encryptionKey(c)})
					}
				})
			}},
			{Name: "forge", Effort: PublicTool, Remains: "Whoever holds the CA's or the service accounts' key is whoever he says he is.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Forge an administrator's certificate for cluster " + c.Name, Premises: on(b.clusterKeys(c)), To: b.adminCredential(c)})
				}
			}},
		},
	},
	{
		ID: "D-11", Layer: model.LayerNode, Title: "Use an administrator's credential",
		Doc:    "kubeadm leaves admin.conf and super-admin.conf on the first control-plane node. The latter is in group system:masters, which no RBAC rule restrains. Both are certificates that nobody can revoke.",
		ATTACK: []string{"T1078.003", "T1552.001"}, Microsoft: []string{"Kubeconfig file"}, Sources: []string{"kubeadm v1.29 release notes: super-admin.conf", "Microsoft MS-TA9003"}, Coverage: []string{"N3", "C2", "C6"},
		Variants: []*Variant{
			{Name: "on-node", Effort: PublicTool, Remains: "Root on the node reads the file; move it off the node after the bootstrap.", Expand: func(b *Builder) {
				b.controlPools(func(p *model.NodePool) {
					if p.Has(model.RoleControlPlane) {
						c := p.Cluster
						b.Add(Edge{Title: "Use admin.conf on a node of pool " + p.Name, Premises: on(b.node(p)), To: b.admin(c), Reveals: by(hold(model.APIAudit, c))})
						b.Add(Edge{Title: "Copy admin.conf from a node of pool " + p.Name, Premises: on(b.node(p)), To: b.adminCredential(c)})
					}
				})
			}},
			{Name: "use", Effort: Intended, Remains: "The credential is valid for whoever presents it.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Send API requests as an administrator of cluster " + c.Name, Premises: on(b.adminCredential(c), b.api(c)), To: b.admin(c), Reveals: by(hold(model.APIAudit, c))})
				}
			}},
		},
	},
	{
		ID: "D-13", Layer: model.LayerNode, Title: "Fetch certificates that a bootstrap uploaded",
		Doc:    "kubeadm init --upload-certs puts the control plane's keys into a Secret for two hours, encrypted with a key that is passed around.",
		ATTACK: []string{"T1552.007"}, Sources: []string{"kubeadm: uploading control-plane certificates"}, Coverage: []string{"W6"},
		Variants: []*Variant{{Name: "uploaded", Effort: Skill, Expand: func(b *Builder) {
			for _, c := range b.Spec.Clusters {
				b.Add(Edge{Title: "Decrypt the certificates that a join uploaded to cluster " + c.Name, Premises: on(b.secrets(c)), To: b.clusterKeys(c), Blockers: by(hold(model.JoinTokensShort, c))})
			}
		}}},
	},
}

// drawPods adds the edges of those who close other nodes and move their pods.
func (b *Builder) drawPods(rights []right) {
	b.granted(rights, func(w *model.Workload, all bool) {
		if !all {
			return
		}
		c := w.Namespace.Cluster
		for _, p := range c.NodePools {
			b.Add(Edge{Title: "Draw pods to pool " + p.Name + " as workload " + name(w), Premises: on(b.account(w), b.node(p)), To: b.sharedPods(c), Blockers: by(hold(model.NoEscalation, w))})
		}
	})
}

func (b *Builder) liveFiles(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/files", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Root's files of a running node of pool " + p.Name})
}

func (b *Builder) ownPodSecrets(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/own-pod-secrets", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "Secrets and tokens of the pods of a node of pool " + p.Name})
}

// sharedMemory is what programs of a node share by System V and POSIX inter-process communication.
func (b *Builder) sharedMemory(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/shared-memory", Kind: KindData, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "The shared memory of programs on a node of pool " + p.Name})
}

func (b *Builder) persistence(p *model.NodePool) *Position {
	return b.position(Position{ID: string(p.Addr()) + "/persistence", Kind: KindImpact, Lane: LaneNodes, Address: p.Addr(), Cluster: p.Cluster.Name, Group: p.Addr(),
		Title: "A presence on nodes of pool " + p.Name + " that survives a restart"})
}

func (b *Builder) joinToken(c *model.Cluster) *Position {
	return b.position(Position{ID: string(c.Addr()) + "/join-token", Kind: KindCredential, Lane: LaneNodes, Address: c.Addr(), Cluster: c.Name,
		Title: "A join token of cluster " + c.Name})
}

// closedPools calls f for each pool that takes no shared workloads, with the control that keeps them away.
func (b *Builder) closedPools(f func(*model.NodePool, model.Hold)) {
	b.pools(func(p *model.NodePool) {
		if taint, closed := taintOf(p); closed {
			f(p, taint)
		}
	})
}

func (b *Builder) controlPools(f func(*model.NodePool)) {
	b.pools(func(p *model.NodePool) {
		if controlPlane(p) {
			f(p)
		}
	})
}

func (b *Builder) physicalPools(f func(*model.NodePool)) {
	b.pools(func(p *model.NodePool) {
		if p.Physical != nil {
			f(p)
		}
	})
}
