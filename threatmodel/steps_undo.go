package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// undoSteps take controls away. A control that the attacker has undone is as good as absent, from then on.
var undoSteps = []*Step{
	{
		ID: "C-09", Layer: model.LayerConfig, Title: "Undo controls as an administrator",
		Doc:    "Everything that is an object in the cluster can be changed by its administrators, controls included. A GitOps controller may put it back, later.",
		ATTACK: []string{"T1562.001", "T1553"}, Sources: []string{"kubesplaining N10", "MITRE ATT&CK T1562.001"}, Coverage: []string{"C3"},
		// Controls of single workloads are left out: an administrator deploys what he likes beside them.
		Variants: []*Variant{{Name: "objects", Effort: PublicTool,
			Remains: "An administrator may change every object; what he changes is in the audit trail.",
			Undoes: append([]model.ControlID{
				model.DefaultDeny, model.PodSecurityEnforced, model.DefaultAccountEmpty, model.PeopleLeastPrivilege, model.NamespaceQuota,
				model.SignaturesEnforced, model.GatewayRoutesRestricted, model.GatewaySourcesExact, model.MeshStrictMTLS, model.PoolDedicated, model.ControlPlaneTaint, model.GitOpsPerNamespace, model.BreakGlassAccess,
			}, admissionPolicies...),
			Undo: func(b *Builder, h model.Hold) {
				for _, c := range b.clustersOfSubject(h.Subject) {
					b.Add(Edge{Title: "Undo " + string(h.Control) + " of " + string(h.Subject) + " as cluster-admin of " + c.Name, Premises: on(b.admin(c)), Undoes: &h, Reveals: by(hold(model.APIAudit, c))})
				}
			}}},
	},
	{
		ID: "I-10", Layer: model.LayerImage, Title: "Undo the pipeline's checks by a merged change",
		Doc:    "The checks of a pipeline lie in the repository that it checks. Whoever writes there takes them away.",
		ATTACK: []string{"T1562.001", "T1553"}, Sources: []string{"kubesplaining N10", "CNCF: supply chain best practices"}, Coverage: []string{"C3", "I3"},
		Variants: []*Variant{
			{Name: "pipeline", Effort: PublicTool, Remains: "The checks are part of what is merged.", Undoes: []model.ControlID{model.ImageScan, model.SecretScan}, Undo: func(b *Builder, h model.Hold) {
				for _, p := range b.Spec.Pipelines {
					for _, r := range p.Repository {
						if p.Addr() == h.Subject {
							b.Add(Edge{Title: "Merge a change that undoes " + string(h.Control) + " of pipeline " + p.Name, Premises: on(b.guarded(r)), Undoes: &h})
						}
					}
				}
			}},
		},
	},
	{
		ID: "D-16", Layer: model.LayerNode, Title: "Undo controls as root on a node",
		Doc:    "Root on a node rules its firewall, its kubelet and its kernel; root on a control-plane node rules what the API server enforces.",
		ATTACK: []string{"T1562.001", "T1562.004"}, Sources: []string{"MITRE ATT&CK T1562.004"}, Coverage: []string{"N1", "N3"},
		Variants: []*Variant{
			{Name: "node", Effort: PublicTool, Remains: "Root may change everything on the machine.",
				Undoes: []model.ControlID{
					model.HostFirewall, model.KubeletFirewall, model.NodeSSHRestricted, model.NodeSSHClosed, model.MetadataFirewall, model.KubeletAuthentication, model.KubeletAuthorization,
					model.KubeletReadOnlyPortOff, model.FilePermissions, model.PIDsLimited, model.StaticPodsOff, model.NodePatching,
				},
				Undo: func(b *Builder, h model.Hold) {
					b.pools(func(p *model.NodePool) {
						if p.Addr() == h.Subject {
							b.Add(Edge{Title: "Undo " + string(h.Control) + " on a node of pool " + p.Name, Premises: on(b.node(p)), Undoes: &h, Reveals: by(hold(model.NodeAuditd, p))})
						}
					})
				}},
			// Not the audit trail: what was shipped before is out of reach, see C-06.
			{Name: "control-plane", Effort: PublicTool, Remains: "Root on the control plane decides how the API server runs.",
				Undoes: []model.ControlID{
					model.APIFirewall, model.EtcdFirewall, model.AnonymousLimited, model.APIAuthorization, model.NodeRestriction, model.EtcdClientAuth, model.EtcdPeerAuth, model.EtcdOwnCA,
					model.SecretsEncrypted, model.PodSecurityDefault, model.DenyExternalIPs, model.EventRateLimit, model.BoundTokens, model.JoinTokensShort, model.OIDCLogin,
				},
				Undo: func(b *Builder, h model.Hold) {
					b.controlPools(func(p *model.NodePool) {
						if p.Cluster.Addr() == h.Subject {
							b.Add(Edge{Title: "Undo " + string(h.Control) + " on the control plane of " + p.Cluster.Name, Premises: on(b.node(p)), Undoes: &h, Reveals: by(hold(model.NodeAuditd, p))})
						}
					})
				}},
			// Not the forwarding of agents: it takes the clients' will as well.
			{Name: "jump-box", Effort: PublicTool, Remains: "Root may change everything on the machine.",
				Undoes: []model.ControlID{model.JumpBoxRestricted, model.JumpBoxMFA},
				Undo: func(b *Builder, h model.Hold) {
					for _, j := range b.Spec.JumpBoxes {
						if j.Addr() == h.Subject {
							b.Add(Edge{Title: "Undo " + string(h.Control) + " on jump box " + j.Name, Premises: on(b.jumpBoxRoot(j)), Undoes: &h})
						}
					}
				}},
		},
	},
}

// clustersOfSubject are the clusters in which a control for the subject is an object: the one that the subject belongs
// to, or all for subjects that belong to none.
func (b *Builder) clustersOfSubject(a model.Address) []*model.Cluster {
	if n := b.namespaceOf(a); n != nil {
		return []*model.Cluster{n.Cluster}
	}
	for _, c := range b.Spec.Clusters {
		if c.Addr() == a {
			return []*model.Cluster{c}
		}
		for _, p := range c.NodePools {
			if p.Addr() == a {
				return []*model.Cluster{c}
			}
		}
	}
	for _, g := range b.Spec.Gateways {
		if g.Addr() == a && g.Namespace != nil {
			return []*model.Cluster{g.Namespace.Cluster}
		}
	}
	return b.Spec.Clusters
}
