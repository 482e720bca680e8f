package threatmodel

import (
	"github.com/bartizan-dev/bartizan/model"
)

// Steps on machines, below and around what runs on them.
var machineSteps = []*Step{
	{
		ID: "D-08", Layer: model.LayerNode, Title: "Lay hands on a machine",
		Doc:    "A stolen disk is read elsewhere unless it is encrypted and the key bound to the machine; a machine that starts anything starts the attacker's system; a management controller is a keyboard on the network.",
		ATTACK: []string{"T1200", "T1542", "T1195.003"}, Sources: []string{"CNCF attack tree: malicious code (device firmware, network boot)"}, Coverage: []string{"N4"},
		Variants: []*Variant{
			{Name: "take-disk", Effort: Intended, Remains: "Whoever stands at the machine takes what he likes.", Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Take a disk out of a machine of pool " + p.Name, Premises: on(b.atMachine(p)), To: b.disk(p)})
				})
			}},
			{Name: "read-disk", Effort: PublicTool, Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Read a stolen disk of pool " + p.Name, Premises: on(b.disk(p)), To: b.diskContent(p), Blockers: by(hold(model.DiskEncrypted, p))})
				})
			}},
			{Name: "boot-other-system", Effort: PublicTool, Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Start another system on a machine of pool " + p.Name + " and read its disk", Premises: on(b.atMachine(p)), To: b.diskContent(p), Blockers: by(hold(model.DiskEncrypted, p)),
						Hinders: by(hold(model.SecureBooted, p))})
				})
			}},
			{Name: "change-boot-chain", Effort: Skill, Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Change what a machine of pool " + p.Name + " starts, and wait for its next start", Premises: on(b.atMachine(p)), To: b.node(p), Blockers: by(hold(model.SecureBooted, p))})
				})
			}},
			{Name: "console-reach", Effort: PublicTool, Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					for _, z := range b.Spec.Zones {
						if z.Internet() {
							continue // machines in a zone of their own are not addressed from there
						}
						b.Add(Edge{Title: "Connect to the management controllers of pool " + p.Name + " from " + peerTitle(z), Premises: on(b.zone(z)), To: b.console(p), Blockers: by(hold(model.ConsoleIsolated, p))})
					}
					b.Add(Edge{Title: "Connect to the management controllers of pool " + p.Name + " from a node", Premises: on(b.nodeNetwork(p.Cluster)), To: b.console(p), Blockers: by(hold(model.ConsoleIsolated, p))})
				})
			}},
			{Name: "console-vulnerability", Effort: Hard, Fault: Vulnerability, Remains: "Management controllers are computers that are seldom updated.", Expand: func(b *Builder) {
				b.physicalPools(func(p *model.NodePool) {
					b.Add(Edge{Title: "Exploit the management controller of a machine of pool " + p.Name, Premises: on(b.console(p)), To: b.node(p),
						Atom: b.atom(Vulnerability, "bmc@"+string(p.Addr()), "unknown vulnerability in the management controllers of pool "+p.Name)})
				})
			}},
		},
	},
	{
		ID: "D-09", Layer: model.LayerNode, Title: "Join a rogue node",
		Doc:    "A bootstrap token that is still valid makes a node of any machine that reaches the API server. Tokens linger in provisioning data and in Secrets.",
		ATTACK: []string{"T1078", "T1136"}, Sources: []string{"CNCF attack tree: malicious worker node", "kubesplaining 026"}, Coverage: []string{"N2"},
		Variants: []*Variant{
			{Name: "token-in-secrets", Effort: PublicTool, Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					b.Add(Edge{Title: "Find a join token among the Secrets of cluster " + c.Name, Premises: on(b.secrets(c)), To: b.joinToken(c), Blockers: by(hold(model.JoinTokensShort, c))})
				}
			}},
			{Name: "token-in-provisioning-data", Effort: PublicTool, Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					for _, from := range on(b.cloudIdentity(p), b.diskContent(p)) {
						b.Add(Edge{Title: "Find a join token in the provisioning data of pool " + p.Name, Premises: on(from), To: b.joinToken(p.Cluster), Blockers: by(hold(model.JoinTokensShort, p.Cluster))})
					}
				})
			}},
			{Name: "join", Effort: PublicTool, Remains: "A valid token is an invitation.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if p.Worker() {
						b.Add(Edge{Title: "Join a machine of the attacker's to cluster " + p.Cluster.Name + " as a node of pool " + p.Name, Premises: on(b.joinToken(p.Cluster), b.api(p.Cluster)), To: b.kubelet(p)})
					}
				})
			}},
		},
	},
	{
		ID: "D-10", Layer: model.LayerNode, Title: "Ship a poisoned agent to every node",
		Doc:    "Network and storage plugins run on every node, control plane included, with all rights there. Their vendor's release is root everywhere.",
		ATTACK: []string{"T1610", "T1195.002"}, Sources: []string{"kubesplaining 032, SA-DAEMONSET"}, Coverage: []string{"D4", "C9", "D3"},
		Variants: []*Variant{{Name: "vendor", Effort: Hard, Fault: TrustedBase, Remains: "What must run with all rights is trusted with them.", Expand: func(b *Builder) {
			b.pools(func(p *model.NodePool) {
				if p.Cluster.Network.CNI.Provider() != "" {
					return // the provider ships it with the machines
				}
				b.Add(Edge{Title: "Ship a poisoned release of " + string(p.Cluster.Network.CNI) + " to the nodes of pool " + p.Name, Premises: on(b.internet()), To: b.node(p),
					Atom: b.trusted("cni-"+string(p.Cluster.Network.CNI), "the vendor of network plugin "+string(p.Cluster.Network.CNI), Trust{
						Owner:      "whoever updates the network plugin",
						Reason:     "It runs with all rights on every node, because it makes the network there.",
						Mitigation: "Pin its images by digest, run a release on a cluster without secrets first, and watch its pods for connections that they never made before.",
					})})
			})
			for _, a := range b.Spec.AddOns {
				if a.Namespace != nil && a.Name != string(a.Namespace.Cluster.Network.CNI) {
					c := a.Namespace.Cluster
					b.Add(Edge{Title: "Ship a poisoned release of add-on " + a.Name, Premises: on(b.internet()), To: b.secrets(c),
						Atom: b.trusted(string(a.Addr()), "the vendor of add-on "+a.Name, Trust{
							Owner:      addOnOwner(a),
							Reason:     "Its manifests are its vendor's; what its pods may do is not judged here, so that they are taken to read every Secret.",
							Mitigation: "Declare its pods as workloads with the api_access that they need, and pin its images by digest.",
						})})
				}
			}
		}}},
	},
	{
		ID: "D-15", Layer: model.LayerNode, Title: "Come from below: hypervisor, provider, provisioning, package sources",
		Doc:    "Whoever runs the machines, or what is installed on them, needs none of the ways above.",
		ATTACK: []string{"T1199", "T1195.002", "T1578"}, Sources: []string{"NIST SP 800-190 section 3.5.5"}, Coverage: []string{"N4", "N1"},
		Variants: []*Variant{
			{Name: "provider", Effort: Hard, Fault: TrustedBase, Remains: "The provider's administrators read the memory of its machines.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if p.Physical == nil {
						b.Add(Edge{Title: "Enter a node of pool " + p.Name + " through the provider's console", Premises: on(b.internet()), To: b.node(p), Atom: b.provider()})
					}
				})
			}},
			{Name: "managed-control-plane", Effort: Hard, Fault: TrustedBase, Remains: "Who runs the API server and etcd may do all that they may; who administers the account there makes himself cluster-admin.", Expand: func(b *Builder) {
				for _, c := range b.Spec.Clusters {
					if c.Provisioner != model.Managed {
						continue
					}
					b.Add(Edge{Title: "Become cluster-admin of " + c.Name + " through the provider of its control plane", Premises: on(b.internet()), To: b.admin(c), Atom: b.provider()})
					b.Add(Edge{Title: "Read the signing keys of cluster " + c.Name + " where its provider keeps them", Premises: on(b.internet()), To: b.clusterKeys(c), Atom: b.provider()})
					b.Add(Edge{Title: "Turn off the audit records of cluster " + c.Name + " at its provider", Premises: on(b.internet()), To: b.auditLog(c), Atom: b.provider()})
				}
			}},
			{Name: "packages", Effort: Hard, Fault: TrustedBase, Remains: "Nodes install what their package sources sign.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if !p.Ours() {
						return
					}
					b.Add(Edge{Title: "Ship a poisoned package to the nodes of pool " + p.Name, Premises: on(b.internet()), To: b.node(p),
						Atom: b.trusted("packages-"+string(p.OS), "the package sources of "+string(p.OS)+" and of Kubernetes", Trust{
							Owner:      "the projects that sign the packages",
							Reason:     "Nodes run as root what their package sources sign.",
							Mitigation: "A mirror of one's own that hands releases on some days later, to one pool after the other; auditd tells of programs that change otherwise.",
						})})
				})
			}},
		},
	},
}

// provider is the breach of whoever runs machines, or control planes, that are not one's own: one account, whatever it opens.
func (b *Builder) provider() *Atom {
	return b.trusted("provider", "the administrators of the hypervisor or the provider's account", Trust{
		Owner:      "the provider, and whoever administers the account there",
		Reason:     "They read the memory and the disks of machines that are not one's own, and a control plane that the provider runs is theirs.",
		Mitigation: "Machines of one's own, or with encrypted memory; few people in the account, each with a security key; no role of the account that is cluster-admin in daily work; the provider's log of their acts kept elsewhere.",
	})
}

// addOnOwner is the team that answers for an add-on.
func addOnOwner(a *model.AddOn) string {
	if a.Owner == nil {
		return "whoever updates " + a.Name
	}
	return "team " + a.Owner.Name
}
