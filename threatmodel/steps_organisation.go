package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// Steps through people and processes.
var organisationSteps = []*Step{
	{
		ID: "O-01", Layer: model.LayerOrganisation, Title: "Use a stolen kubeconfig",
		Doc:    "A kubeconfig file that holds a certificate or a token is a login for whoever copies it. One that asks the identity provider holds nothing.",
		ATTACK: []string{"T1552.001"}, Microsoft: []string{"Kubeconfig file"}, Sources: []string{"Microsoft MS-TA9003", "Microsoft MS-M9006"}, Coverage: []string{"C2"},
		Variants: []*Variant{
			{Name: "credential-in-file", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					b.Add(Edge{Title: "Take the credential out of a kubeconfig file of team " + t.Name, Premises: on(b.kubeconfig(t)), To: b.identity(t), Blockers: by(hold(model.KubeconfigWithoutCredentials, c))})
				})
			}},
			{Name: "administrators-certificate", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					b.Add(Edge{Title: "Find an administrator's certificate in a kubeconfig file of team " + t.Name, Premises: on(b.kubeconfig(t)), To: b.adminCredential(c),
						Blockers: by(hold(model.OIDCLogin, c), hold(model.KubeconfigWithoutCredentials, c))})
				})
			}},
		},
	},
	{
		ID: "O-02", Layer: model.LayerOrganisation, Title: "Log in with a stolen password",
		Doc:    "Passwords are phished, reused and leaked. The identity provider stands on the internet; a second factor that cannot be phished makes the password useless alone.",
		ATTACK: []string{"T1566", "T1078"}, Microsoft: []string{"Using cloud credentials"}, Sources: []string{"Microsoft MS-M9001", "Threagile missing-authentication-second-factor"}, Coverage: []string{"C1", "C2"},
		Variants: []*Variant{
			{Name: "phish", Effort: Hard, Fault: Theft, Remains: "People are deceived.", Expand: func(b *Builder) {
				for _, t := range b.Spec.Teams {
					b.Add(Edge{Title: "Phish the password of a member of team " + t.Name, Premises: on(b.internet()), To: b.password(t),
						Atom: b.atom(Theft, "password@"+string(t.Addr()), "theft of a password of team "+t.Name)})
				}
			}},
			{Name: "one-factor", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					b.Add(Edge{Title: "Log in as team " + t.Name + " with the password alone", Premises: on(b.password(t)), To: b.identity(t), Blockers: by(hold(model.IDPMFA, c))})
				})
			}},
			{Name: "rights", Effort: Intended, Remains: "A login that reaches the API server has the rights of its group.", Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					b.Add(Edge{Title: "Send API requests as team " + t.Name + " to cluster " + c.Name, Premises: on(b.identity(t), b.api(c)), To: b.member(c, t), Reveals: by(hold(model.APIAudit, c))})
				})
			}},
		},
	},
	{
		ID: "O-04", Layer: model.LayerOrganisation, Title: "Come back after leaving",
		Doc:    "Certificates cannot be revoked, shared passwords are not changed, and accounts are forgotten.",
		ATTACK: []string{"T1078"}, Sources: []string{"CIS Kubernetes Benchmark 3.1.1"}, Coverage: []string{"C2", "O1"},
		Variants: []*Variant{
			{Name: "login", Effort: PublicTool, Expand: func(b *Builder) {
				for _, t := range b.Spec.Teams {
					b.Add(Edge{Title: "Log in as a former member of team " + t.Name, Premises: on(b.leaver(t)), To: b.identity(t), Blockers: by(hold(model.LeaversRemoved, t))})
				}
			}},
			{Name: "certificate", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					b.Add(Edge{Title: "Use an old administrator's certificate of team " + t.Name, Premises: on(b.leaver(t)), To: b.adminCredential(c), Blockers: by(hold(model.OIDCLogin, c))})
				})
			}},
			{Name: "vpn-key", Effort: PublicTool, Expand: func(b *Builder) {
				for _, v := range b.Spec.VPNs {
					for _, t := range b.teamsOf(v) {
						b.Add(Edge{Title: "Join VPN " + v.Name + " with the old key of a former member of team " + t.Name, Premises: on(b.leaver(t)), To: b.vpnKey(v), Blockers: by(hold(model.LeaversRemoved, t))})
					}
				}
			}},
		},
	},
	{
		ID: "O-05", Layer: model.LayerOrganisation, Title: "Change production alone",
		Doc:    "Somebody who may change production without a second pair of eyes needs no attack: malice, coercion and a mistake look the same.",
		ATTACK: []string{"T1072", "T1098"}, Sources: []string{"Threagile unchecked-deployment"}, Coverage: []string{"P4", "O1", "C6"},
		Variants: []*Variant{
			{Name: "merge-alone", Effort: PublicTool, Expand: func(b *Builder) {
				for _, r := range b.Spec.Repositories {
					b.Add(Edge{Title: "Merge a change of repository " + r.Name + " alone", Premises: on(b.developer(r)), To: b.repository(r), Blockers: by(hold(model.BranchProtection, r))})
					// Code owners bind nobody where changes need no review at all.
					b.Add(Edge{Title: "Merge a change of the guarded files of repository " + r.Name + " alone", Premises: on(b.developer(r)), To: b.guarded(r), Blockers: by(hold(model.BranchProtection, r))})
				}
			}},
			{Name: "unowned", Effort: PublicTool, Expand: func(b *Builder) {
				for _, r := range b.Spec.Repositories {
					b.Add(Edge{Title: "Have a change of the guarded files of repository " + r.Name + " approved by colleagues", Premises: on(b.repository(r)), To: b.guarded(r), Blockers: by(hold(model.CodeOwners, r))})
				}
			}},
			{Name: "stolen-developer", Effort: Hard, Fault: Theft, Remains: "People's logins and devices are stolen; what one person alone may do limits what that is worth.", Expand: func(b *Builder) {
				for _, r := range b.Spec.Repositories {
					b.Add(Edge{Title: "Act as a developer of repository " + r.Name, Premises: on(b.internet()), To: b.developer(r),
						Atom: b.atom(Theft, "developer@"+string(r.Addr()), "theft of a developer's login to repository "+r.Name)})
				}
			}},
			{Name: "own-login", Effort: Intended, Remains: "An insider has what his work needs.", Expand: func(b *Builder) {
				for _, t := range b.Spec.Teams {
					b.Add(Edge{Title: "Log in as a member of team " + t.Name, Premises: on(b.insider(t)), To: b.identity(t)})
				}
				for _, v := range b.Spec.VPNs {
					for _, d := range v.Devices {
						if d.Team != nil {
							b.Add(Edge{Title: "Use device " + d.Name, Premises: on(b.insider(d.Team)), To: b.device(v, d)})
						}
					}
				}
			}},
			{Name: "break-glass-alone", Effort: PublicTool, Expand: func(b *Builder) {
				b.members(func(c *model.Cluster, t *model.Team) {
					if t.BreakGlass != nil {
						b.Add(Edge{Title: "Open emergency access for team " + t.Name + " alone", Premises: on(b.member(c, t)), To: b.admin(c), Blockers: by(hold(model.BreakGlassAccess, t)), Reveals: by(hold(model.APIAudit, c))})
					}
				})
			}},
		},
	},
	{
		ID: "O-08", Layer: model.LayerOrganisation, Title: "Ride an administrator's live session",
		Doc: "Code on an administrator's device acts while he works: VPN, jump box, second factor and login have all been answered. What limits it is what " +
			"the standing rights allow, and that emergency access needs a second person on a second device.",
		ATTACK: []string{"T1563", "T1185"}, Sources: []string{"MITRE ATT&CK T1563"}, Coverage: []string{"C1", "C2"},
		Variants: []*Variant{
			{Name: "take-device", Effort: Hard, Fault: Theft, Expand: func(b *Builder) {
				b.devices(func(v *model.VPN, d *model.Device) {
					b.Add(Edge{Title: "Compromise device " + d.Name, Premises: on(b.internet()), To: b.device(v, d),
						Atom: b.atom(Theft, "device@"+b.device(v, d).ID, "compromise of device "+d.Name), Blockers: by(hold(model.DeviceManaged, v))})
				})
			}},
			{Name: "vpn", Effort: Intended, Remains: "The session is open.", Expand: func(b *Builder) {
				b.devices(func(v *model.VPN, d *model.Device) {
					b.Add(Edge{Title: "Use the open VPN connection of device " + d.Name, Premises: on(b.device(v, d)), To: b.vpn(v)})
				})
			}},
			{Name: "jump-box", Effort: PublicTool, Remains: "The session is open; a security key that must be touched for each login limits new ones.", Expand: func(b *Builder) {
				b.devices(func(v *model.VPN, d *model.Device) {
					for _, j := range b.Spec.JumpBoxes {
						if d.Team != nil {
							b.Add(Edge{Title: "Use the open session of device " + d.Name + " on jump box " + j.Name, Premises: on(b.device(v, d), b.jumpBoxReach(j)), To: b.jumpBox(j), Reveals: by(hold(model.SessionRecording, j))})
						}
					}
				})
			}},
			{Name: "login", Effort: PublicTool, Remains: "The login is fresh; a short life of its token limits for how long.", Expand: func(b *Builder) {
				b.devices(func(v *model.VPN, d *model.Device) {
					if d.Team != nil {
						b.Add(Edge{Title: "Take the fresh login token from device " + d.Name, Premises: on(b.device(v, d)), To: b.identity(d.Team)})
					}
				})
			}},
			{Name: "node-login", Effort: Skill, Remains: "Whoever maintains nodes can log in to them; a security key makes the attacker wait until its owner touches it.", Expand: func(b *Builder) {
				b.devices(func(v *model.VPN, d *model.Device) {
					for _, c := range b.Spec.Clusters {
						if b.maintains(d.Team, c) {
							b.Add(Edge{Title: "Have the user of device " + d.Name + " log in to a node of cluster " + c.Name, Premises: on(b.device(v, d)), To: b.nodeLogin(c)})
						}
					}
				})
			}},
		},
	},
	{
		ID: "O-09", Layer: model.LayerOrganisation, Title: "Take over the identity provider or the repository host",
		Doc:    "Their administrators are everybody, by design.",
		ATTACK: []string{"T1199", "T1556.007"}, Sources: []string{"MITRE ATT&CK T1556.007"}, Coverage: []string{"C2", "I3"},
		Variants: []*Variant{
			{Name: "identity-provider", Effort: Hard, Fault: TrustedBase, Remains: "Who logs people in is trusted to say who they are.", Expand: func(b *Builder) {
				for _, t := range b.Spec.Teams {
					b.Add(Edge{Title: "Log in as team " + t.Name + " by taking over the identity provider", Premises: on(b.internet()), To: b.identity(t),
						Atom: b.trusted("identity-provider", "the administrators of the identity provider", Trust{
							Owner:      "whoever runs the identity provider",
							Reason:     "The API server believes what its tokens say about a person and the person's groups.",
							Mitigation: "Let two people agree on changes of clients and groups, compare the members of groups with the teams of the specification, and keep its audit log where its administrators cannot write.",
						})})
				}
			}},
			{Name: "repository-host", Effort: Hard, Fault: TrustedBase, Remains: "Who hosts the repository can write to it.", Expand: func(b *Builder) {
				for _, r := range b.Spec.Repositories {
					for _, to := range on(b.repository(r), b.guarded(r)) {
						b.Add(Edge{Title: "Write to repository " + r.Name + " as an administrator of its host", Premises: on(b.internet()), To: to,
							Atom: b.trusted(string(r.Addr()), "the administrators of repository "+r.Name, Trust{
								Owner:      "whoever hosts repository " + r.Name,
								Reason:     "Administrators of the host write past the protection of branches.",
								Mitigation: "Ask for signed commits and let what deploys check them; watch the host's audit log for changes of protection and of its administrators.",
							})})
					}
				}
			}},
			{Name: "gitops-controller", Effort: Hard, Fault: TrustedBase, Remains: "The controller holds the rights to deploy.", Expand: func(b *Builder) {
				for _, g := range b.Spec.GitOps {
					b.Add(Edge{Title: "Take over GitOps controller " + g.Name, Premises: on(b.internet()), To: b.gitops(g),
						Atom: b.trusted(string(g.Addr()), "the software of GitOps controller "+g.Name, Trust{
							Owner:      "whoever updates " + g.Name,
							Reason:     "What applies the tree must have the right to write all that stands in it.",
							Mitigation: "privileges = \"per-namespace\" splits its rights; pin its images by digest, and look in the audit log for what its accounts do outside of the tree.",
						})})
				}
			}},
		},
	},
	{
		ID: "O-10", Layer: model.LayerOrganisation, Title: "Open emergency access together",
		Doc:    "Emergency access that takes two people falls to two people.",
		ATTACK: []string{"T1078", "T1098"}, Sources: []string{"NIST SP 800-53 AC-3(2) dual authorization"}, Coverage: []string{"C6", "O1"},
		Variants: []*Variant{{Name: "collusion", Effort: Hard, Fault: Theft, Remains: "Two people who agree, or whose devices are both taken, are what the rule trusts.", Expand: func(b *Builder) {
			b.members(func(c *model.Cluster, t *model.Team) {
				if t.BreakGlass == nil {
					return
				}
				for _, a := range t.BreakGlass.Approvers {
					b.Add(Edge{Title: "Have emergency access of team " + t.Name + " approved by team " + a.Name, Premises: on(b.member(c, t)), To: b.admin(c),
						Atom: b.atom(Theft, "approval@"+string(a.Addr()), "theft or abuse of an approval by team "+a.Name), Reveals: by(hold(model.APIAudit, c))})
				}
			})
		}}},
	},
}

// devices calls f for each device that may join a VPN.
func (b *Builder) devices(f func(*model.VPN, *model.Device)) {
	for _, v := range b.Spec.VPNs {
		for _, d := range v.Devices {
			f(v, d)
		}
	}
}

// teamsOf are the teams whose devices may join the VPN, in the order of the specification.
func (b *Builder) teamsOf(v *model.VPN) []*model.Team {
	var all []*model.Team
	for _, t := range b.Spec.Teams {
		for _, d := range v.Devices {
			if d.Team == t {
				all = append(all, t)
				break
			}
		}
	}
	return all
}

// maintains reports whether members of the team log in to nodes of the cluster. The specification does not say who
// does; it is taken to be the teams with emergency access, or everybody with a device where there is no such team.
func (b *Builder) maintains(t *model.Team, c *model.Cluster) bool {
	if t == nil {
		return false
	}
	any := false
	for _, x := range b.Spec.Teams {
		any = any || x.BreakGlass != nil
	}
	for _, p := range c.NodePools {
		if len(p.SSHFrom) > 0 {
			return t.BreakGlass != nil || !any
		}
	}
	return false
}
