package threatmodel

import "github.com/bartizan-dev/bartizan/model"

// wayInSteps are steps through VPN and jump box to nodes.
var wayInSteps = []*Step{
	{
		ID: "N-16", Layer: model.LayerNetwork, Title: "Enter through VPN and jump box",
		Doc: "The way in for people is a way in for others: it takes a key for the VPN, a login to the jump box with its second " +
			"factor, and then an identity at the API server or on the nodes. Each is stolen separately.",
		ATTACK: []string{"T1133", "T1021.004"}, Microsoft: []string{"Connect from proxy server"},
		Sources: []string{"CNCF attack tree: attacker on the network"}, Coverage: []string{"C1", "P2"},
		Variants: []*Variant{
			{Name: "vpn-with-key", Effort: PublicTool, Remains: "Whoever holds a device's key is that device until the key is removed.", Expand: func(b *Builder) {
				for _, v := range b.Spec.VPNs {
					b.Add(Edge{Title: "Join VPN " + v.Name + " with a device's key", Premises: on(b.internet(), b.vpnKey(v)), To: b.vpn(v)})
				}
			}},
			{Name: "vpn-without-key", Effort: PublicTool, Expand: func(b *Builder) {
				for _, v := range b.Spec.VPNs {
					b.Add(Edge{Title: "Join VPN " + v.Name + " as an undeclared device", Premises: on(b.internet()), To: b.vpn(v), Blockers: by(hold(model.VPNKeys, v))})
				}
			}},
			{Name: "jump-box-reach", Effort: Intended, Remains: "The specification admits this source to the jump box.", Expand: func(b *Builder) { expandJumpBoxReach(b, true) }},
			{Name: "jump-box-undeclared", Effort: PublicTool, Expand: func(b *Builder) { expandJumpBoxReach(b, false) }},
			{Name: "jump-box-with-key", Effort: PublicTool, Expand: func(b *Builder) {
				for _, j := range b.Spec.JumpBoxes {
					for _, t := range b.Spec.Teams {
						b.Add(Edge{Title: "Log in to jump box " + j.Name + " with a stolen SSH key of team " + t.Name, Premises: on(b.jumpBoxReach(j), b.sshKey(t)), To: b.jumpBox(j),
							Blockers: by(hold(model.JumpBoxMFA, j)), Reveals: by(hold(model.SessionRecording, j))})
					}
				}
			}},
			{Name: "ssh-reach", Effort: Intended, Expand: func(b *Builder) { expandSSHReach(b, true) }},
			{Name: "ssh-opened", Effort: Skill, Fault: Theft, Remains: "People open SSH to work on a node. Whoever stands on the jump box by then gets as far as they do; each opening is logged.", Expand: expandSSHOpened},
			{Name: "ssh-undeclared", Effort: PublicTool, Expand: func(b *Builder) { expandSSHReach(b, false) }},
			{Name: "node-login", Effort: PublicTool, Remains: "A node login is root on the node; short-lived certificates and recording make it visible.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if len(p.SSHFrom) > 0 {
						b.Add(Edge{Title: "Log in to a node of pool " + p.Name, Premises: on(b.sshReach(p), b.nodeLogin(p.Cluster)), To: b.node(p), Reveals: b.recordings(p)})
					}
				})
			}},
		},
	},
	{
		ID: "N-17", Layer: model.LayerNetwork, Title: "Exploit the VPN server or sshd",
		Doc:    "What guards the way in is software that answers before it knows who asks.",
		ATTACK: []string{"T1190", "T1210"}, Sources: []string{"CVE-2024-6387 (OpenSSH)", "MITRE ATT&CK T1190"}, Coverage: []string{"C1", "N1", "N7"},
		Variants: []*Variant{
			{Name: "vpn", Effort: Hard, Fault: Vulnerability, Remains: "WireGuard answers nobody without a known key, which makes this improbable, not impossible.", Expand: func(b *Builder) {
				for _, v := range b.Spec.VPNs {
					b.Add(Edge{Title: "Exploit an unknown vulnerability in VPN server " + v.Name, Premises: on(b.internet()), To: b.vpn(v),
						Atom: b.atom(Vulnerability, "vpn@"+string(v.Addr()), "unknown vulnerability in VPN server "+v.Name)})
				}
			}},
			{Name: "jump-box", Effort: Hard, Fault: Vulnerability, Remains: "sshd answers whoever reaches it.", Expand: func(b *Builder) {
				for _, j := range b.Spec.JumpBoxes {
					b.Add(Edge{Title: "Exploit an unknown vulnerability in sshd of jump box " + j.Name, Premises: on(b.jumpBoxReach(j)), To: b.jumpBoxRoot(j), Atom: b.sshVulnerable(j.OS)})
				}
			}},
			{Name: "node", Effort: Hard, Fault: Vulnerability, Remains: "sshd answers whoever reaches it.", Expand: func(b *Builder) {
				b.pools(func(p *model.NodePool) {
					if len(p.SSHFrom) > 0 {
						b.Add(Edge{Title: "Exploit an unknown vulnerability in sshd of pool " + p.Name, Premises: on(b.sshReach(p)), To: b.node(p), Atom: b.sshVulnerable(p.OS)})
					}
				})
			}},
			{Name: "user-to-root", Effort: Hard, Fault: Vulnerability, Remains: "A user of the jump box may exploit its kernel.", Expand: func(b *Builder) {
				for _, j := range b.Spec.JumpBoxes {
					b.Add(Edge{Title: "Become root on jump box " + j.Name + " by an unknown vulnerability in its kernel", Premises: on(b.jumpBox(j)), To: b.jumpBoxRoot(j),
						Atom: b.kernelVulnerable(j.OS), Hinders: by(hold(model.JumpBoxHardened, j))})
				}
			}},
		},
	},
	{
		ID: "O-03", Layer: model.LayerOrganisation, Title: "Take over other people's sessions on the jump box",
		Doc: "All administrators pass the jump box. Root there reads their terminals, uses the agents that they forward and, where " +
			"they run kubectl on it, their tokens.",
		ATTACK: []string{"T1563.001", "T1021.004"}, Sources: []string{"CNCF attack tree: attacker on the network", "MITRE ATT&CK T1563.001"}, Coverage: []string{"C1", "P2"},
		Variants: []*Variant{
			{Name: "session", Effort: Intended, Remains: "Root is every user of the machine.", Expand: func(b *Builder) {
				for _, j := range b.Spec.JumpBoxes {
					b.Add(Edge{Title: "Act as any user of jump box " + j.Name, Premises: on(b.jumpBoxRoot(j)), To: b.jumpBox(j)})
				}
			}},
			{Name: "agent", Effort: Skill, Expand: func(b *Builder) {
				for _, j := range b.Spec.JumpBoxes {
					for _, c := range b.Spec.Clusters {
						b.Add(Edge{Title: "Use the SSH agents that people forward to jump box " + j.Name, Premises: on(b.jumpBoxRoot(j)), To: b.nodeLogin(c),
							Blockers: by(hold(model.JumpBoxHardened, j)), Reveals: by(hold(model.SessionRecording, j))})
					}
				}
			}},
		},
	},
}

// sshVulnerable is one fault for all machines with one operating system, jump box and nodes alike: they run one sshd, and
// what opens the first opens the next. A gate between them counts, the same lock twice does not.
func (b *Builder) sshVulnerable(os model.OS) *Atom {
	return b.atom(Vulnerability, "openssh@"+string(os), "unknown vulnerability in OpenSSH of "+string(os))
}

// recordings are the session recordings of the jump boxes that lead to the pool.
func (b *Builder) recordings(p *model.NodePool) []model.Hold {
	var all []model.Hold
	for _, from := range p.SSHFrom {
		if j, ok := from.(*model.JumpBox); ok {
			all = append(all, hold(model.SessionRecording, j))
		}
	}
	return all
}

func expandJumpBoxReach(b *Builder, wantDeclared bool) {
	for _, j := range b.Spec.JumpBoxes {
		for _, p := range b.outsiders() {
			declared := declares(j.ReachableFrom, p)
			if declared != wantDeclared || p == model.Peer(j) {
				continue
			}
			e := Edge{Title: "Connect to jump box " + j.Name + " from " + peerTitle(p), Premises: on(b.source(p)), To: b.jumpBoxReach(j)}
			if !declared {
				e.Blockers = append(peerBlockers(p), hold(model.JumpBoxRestricted, j))
			}
			b.Add(e)
		}
		if wantDeclared {
			continue
		}
		for _, c := range b.Spec.Clusters {
			for _, from := range on(b.podNetwork(c), b.nodeNetwork(c)) {
				b.Add(Edge{Title: "Connect to jump box " + j.Name + " from inside cluster " + c.Name, Premises: on(from), To: b.jumpBoxReach(j),
					Blockers: by(hold(model.JumpBoxRestricted, j))})
			}
		}
	}
}

func expandSSHReach(b *Builder, wantDeclared bool) {
	b.pools(func(p *model.NodePool) {
		if len(p.SSHFrom) == 0 {
			return
		}
		for _, x := range b.outsiders() {
			declared := declares(p.SSHFrom, x)
			if declared != wantDeclared {
				continue
			}
			e := Edge{Title: "Connect to SSH on nodes of pool " + p.Name + " from " + peerTitle(x), Premises: on(b.source(x)), To: b.sshReach(p),
				Blockers: by(hold(model.NodeSSHClosed, p))}
			if !declared {
				e.Blockers = append(e.Blockers, append(peerBlockers(x), hold(model.NodeSSHRestricted, p))...)
			}
			b.Add(e)
		}
		if wantDeclared {
			return
		}
		c := p.Cluster
		for _, from := range on(b.podNetwork(c), b.nodeNetwork(c)) {
			b.Add(Edge{Title: "Connect to SSH on nodes of pool " + p.Name + " from inside cluster " + c.Name, Premises: on(from), To: b.sshReach(p),
				Blockers: by(hold(model.NodeSSHClosed, p), hold(model.NodeSSHRestricted, p))})
		}
	})
}

// expandSSHOpened adds the hours in which SSH is open: whoever may come in comes in, whatever keeps it closed otherwise.
func expandSSHOpened(b *Builder) {
	b.pools(func(p *model.NodePool) {
		if !p.OpensSSH() {
			return
		}
		for _, x := range b.outsiders() {
			if declares(p.SSHFrom, x) {
				b.Add(Edge{Title: "Wait on " + peerTitle(x) + " until somebody opens SSH on a node of pool " + p.Name, Premises: on(b.source(x)), To: b.sshReach(p),
					Atom: b.routine(Theft, "ssh-open@"+string(p.Addr()), "somebody opens SSH on a node of pool "+p.Name+" while the attacker waits for it"), Reveals: by(hold(model.NodeAuditd, p))})
			}
		}
	})
}
