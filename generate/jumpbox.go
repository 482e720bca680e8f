package generate

import (
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var jumpBox = &Generator{
	Name: "jump-box",
	Doc: `let people reach nodes and the API server through a jump box only

sshd takes security keys or a key and a one-time password, forwards to declared addresses only, and records sessions.
Forwarded connections are encrypted end to end, so the jump box cannot record them: the nodes' own sshd does.`,
	Controls: []model.ControlID{model.JumpBoxRestricted, model.JumpBoxMFA, model.JumpBoxHardened, model.SessionRecording},
	Run: func(p *Pass) error {
		for _, c := range p.Spec.Clusters {
			_, boxes := c.Entrances(p.Spec)
			for _, j := range boxes {
				if err := runJumpBox(p, c, j); err != nil {
					return fmt.Errorf("%s: %w", j.Addr(), err)
				}
			}
		}
		return nil
	},
}

// JumpBoxDir holds the files of one jump box.
func JumpBoxDir(c *model.Cluster, j *model.JumpBox) string {
	return path.Join(AccessDir(c), "jump-box", j.Name)
}

func runJumpBox(p *Pass, c *model.Cluster, j *model.JumpBox) error {
	dir := JumpBoxDir(c, j)
	sshd := sshdView{
		OS: string(j.OS), Group: sshGroup, IdleMinutes: j.IdleMinutes, Record: j.Recording,
		FIDO2: j.MFA == model.MFAFIDO2, TOTP: j.MFA == model.MFATOTP, PermitOpen: permitOpen(p.Spec, j),
	}
	controls := []model.ControlID{model.JumpBoxHardened}
	if j.MFA != model.MFANone {
		controls = append(controls, model.JumpBoxMFA)
	}
	if j.Recording {
		controls = append(controls, model.SessionRecording)
	}
	h := host{
		Dir:      dir,
		Where:    "jump box " + j.Name,
		Packages: []string{"apparmor", "auditd", "nftables", "openssh-server", "unattended-upgrades"},
		Setup:    "/usr/local/sbin/bartizan-jump-box",
		Files: []hostFile{
			{
				Name: "sshd_config", Target: "/etc/ssh/sshd_config", Mode: "0600",
				Doc:      "The complete configuration of sshd.",
				Template: "sshd_config.tmpl", Data: sshd, Controls: claims(j.Addr(), controls...),
			},
			{
				Name: "nftables.nft", Target: "/etc/bartizan/firewall.nft", Mode: "0600",
				Doc:      "The firewall: SSH from declared sources in, declared destinations out.",
				Template: "nftables_gateway.tmpl",
				Data:     gatewayRules{Input: flowRules(p.Spec, j.Inbound(), nil), Output: outputRules(p.Spec, j)},
			},
			{
				Name: "audit.rules", Target: "/etc/audit/rules.d/99-bartizan.rules", Mode: "0600",
				Doc:      "What auditd records: accounts, keys, configuration.",
				Template: "audit.tmpl", Data: jumpBoxAudit,
			},
			{
				Name: "issue", Target: "/etc/issue.net", Mode: "0644",
				Doc:      "What is shown before a login.",
				Template: "issue.tmpl",
			},
			{
				Name: "ssh-user.sh", Target: "/usr/local/sbin/bartizan-ssh-user", Mode: "0700",
				Doc:      "Adds and removes people's accounts.",
				Template: "ssh-user.tmpl", Data: sshUserView{Group: sshGroup, Teams: teamNames(p.Spec), FIDO2: sshd.FIDO2, TOTP: sshd.TOTP},
			},
		},
	}
	if !fromInternet(j.ReachableFrom) {
		h.Files[1].Controls = claims(j.Addr(), model.JumpBoxRestricted)
	}
	if j.Recording {
		h.Packages = append(h.Packages, "tlog")
		h.Files = append(h.Files, recording)
	}
	if sshd.TOTP {
		h.Packages = append(h.Packages, "libpam-google-authenticator")
		h.Files = append(h.Files, hostFile{
			Name: "pam-sshd", Target: "/etc/pam.d/sshd", Mode: "0644",
			Doc:      "The one-time password that follows the key.",
			Template: "pam_sshd.tmpl",
		})
	}
	slices.Sort(h.Packages)
	h.Files = append(h.Files, gatewayFiles("ssh.service", j.OS, false)...)
	h.Files = append(h.Files, hostFile{
		Name: "jump-box.sh", Target: h.Setup, Mode: "0700",
		Doc:      "Puts the files into effect.",
		Template: "jump-box.sh.tmpl", Data: leftovers,
	})
	p.Directory(Directory{Path: dir, Title: "Jump box " + j.Name, Doc: jumpBoxDoc(j)})
	return p.host(h)
}

func claims(subject model.Address, controls ...model.ControlID) []model.Claim {
	var all []model.Claim
	for _, c := range controls {
		all = append(all, model.Claim{Control: c, Subject: subject})
	}
	return all
}

// permitOpen lists where sshd forwards connections: the endpoint of API servers, by name and by address, and nodes. sshd
// knows no networks: for machines without fixed addresses any host is allowed here, and the firewall's output chain
// names the network.
func permitOpen(spec *model.Spec, j *model.JumpBox) []string {
	var open []string
	add := func(host string, port int) { open = append(open, net.JoinHostPort(host, strconv.Itoa(port))) }
	for _, c := range spec.Clusters {
		for _, d := range spec.Destinations(j) {
			if d.To == c.Addr() {
				add(c.API.Endpoint.Host, c.API.Endpoint.Port)
			}
		}
	}
	for _, d := range spec.Destinations(j) {
		for _, cidr := range d.CIDRs {
			if cidr.IsSingleIP() {
				add(cidr.Addr().String(), d.Port)
			} else {
				add("*", d.Port)
			}
		}
	}
	slices.Sort(open)
	return slices.Compact(open)
}

// outputRules are what the jump box itself may connect to: declared destinations, name and time servers, updates.
func outputRules(spec *model.Spec, j *model.JumpBox) []templates.NFTRule {
	anywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	var rules []templates.NFTRule
	for _, d := range spec.Destinations(j) {
		rules = append(rules, templates.NFTRule{
			To: d.CIDRs, Protocol: strings.ToLower(string(d.Protocol)), First: d.Port, Last: d.Port, Verdict: "accept", Comment: string(d.To),
		})
	}
	for _, r := range []struct {
		protocol, use string
		port          int
	}{{"udp", "DNS", 53}, {"tcp", "DNS", 53}, {"udp", "time", 123}, {"tcp", "updates", 80}, {"tcp", "updates", 443}} {
		rules = append(rules, templates.NFTRule{
			To: anywhere, Protocol: r.protocol, First: r.port, Last: r.port, Verdict: "accept", Comment: r.use,
		})
	}
	return rules
}

var jumpBoxAudit = []watch{
	{"/etc/bartizan", "wa", "firewall"},
	{"/usr/sbin/nft", "wax", "firewall"},
	{"/etc/passwd", "wa", "accounts"},
	{"/etc/group", "wa", "accounts"},
	{"/etc/shadow", "wa", "accounts"},
	{"/etc/sudoers", "wa", "accounts"},
	{"/etc/sudoers.d", "wa", "accounts"},
	{"/etc/pam.d", "wa", "accounts"},
	{"/etc/ssh", "wa", "ssh"},
	{"/etc/tlog", "wa", "recording"},
	{"/etc/audit", "wa", "audit"},
}

func jumpBoxDoc(j *model.JumpBox) string {
	doc := `Give cloud-init.yaml to the machine as user data, or copy this directory to it and run install.sh as root.

People get in with "bartizan-ssh-user add NAME TEAM < KEY.pub" and out with "bartizan-ssh-user remove NAME". Keys stand where only root
writes. They reach nodes with "ssh -J" and the API server through a SOCKS proxy ("ssh -N -D 127.0.0.1:1080"); nothing else is
forwarded.
`
	if j.Recording {
		doc += `
Sessions on the jump box run inside tlog and go to the journal: ship it to a machine that nobody here can write to. Connections
that are forwarded are encrypted between the person and the node, so nothing on this machine can record them: nodes that admit this
jump box record their sessions themselves, and the API server's audit log records what passes through the SOCKS proxy. tlog
runs with the rights of the person whose session it records: it is evidence of what people do, not a wall against them. Because
every session starts in tlog, scp, sftp and "ssh HOST COMMAND" do not work.
`
	}
	return doc
}
