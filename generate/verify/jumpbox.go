package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The jump box: sshd_config(5) read as sshd does, the firewall's accepted sources and destinations computed, PAM where
// one-time passwords are asked for, and tlog where sessions are recorded.
var jumpBox = &Check{
	Name: "jump-box",
	Doc: `the jump box lets declared people in with a second factor, forwards to declared addresses only, and records

Connections that it forwards cannot be recorded there: recording is proved only if every pool that admits the jump box
records its sessions as well.`,
	Controls: []model.ControlID{model.JumpBoxRestricted, model.JumpBoxMFA, model.JumpBoxHardened, model.SessionRecording},
	Run: func(p *Pass) {
		for _, j := range p.Spec.JumpBoxes {
			runJumpBox(p, j)
		}
	},
}

func runJumpBox(p *Pass, j *model.JumpBox) {
	restricted, mfa, hardened, recorded := holder{}, holder{}, holder{}, holder{}
	for _, c := range p.Spec.Clusters {
		_, boxes := c.Entrances(p.Spec)
		if !slices.Contains(boxes, j) {
			continue
		}
		read := p.readHost(wantJumpBox(c, j))
		config := path.Join(read.want.dir, "sshd_config")

		f := p.hostProof(read, model.JumpBoxRestricted, "nftables.nft", "bartizan-firewall.service", "jump-box.sh")
		f.judge("nftables.nft", func(data []byte) error { return judgeJumpBoxFirewall(data, p.Spec, j) })
		f.judge("bartizan-firewall.service", func(data []byte) error { return judgeFirewallUnitOf(data, "ssh.service") })
		restricted.add(path.Join(read.want.dir, "nftables.nft"), !f.failed, f.files()...)

		f = p.hostProof(read, model.JumpBoxHardened, "sshd_config", "sysctl.conf", "modprobe.conf", "apt.conf", "audit.rules", "jump-box.sh")
		f.judge("sshd_config", func(data []byte) error { return judgeSSHD(data, wantJumpBoxSSHD(p.Spec, j)) })
		f.judge("audit.rules", func(data []byte) error { return judgeWatches(data, jumpBoxWatches) })
		f.judge("nftables.nft", func(data []byte) error { return judgeJumpBoxFirewall(data, p.Spec, j) })
		judgeGatewaySystem(f, j.OS, false)
		hardened.add(config, !f.failed, f.files()...)

		f = p.hostProof(read, model.JumpBoxMFA, "sshd_config", "ssh-user.sh", "jump-box.sh")
		f.judge("sshd_config", func(data []byte) error { return judgeSSHD(data, wantJumpBoxSSHD(p.Spec, j)) })
		f.judge("ssh-user.sh", sshUserRule(p.Spec, j.MFA))
		if j.MFA == model.MFATOTP {
			f.judge("pam-sshd", judgePAM)
		}
		mfa.add(config, !f.failed, f.files()...)

		f = p.hostProof(read, model.SessionRecording, "sshd_config", "jump-box.sh")
		f.judge("sshd_config", func(data []byte) error { return judgeSSHD(data, wantJumpBoxSSHD(p.Spec, j)) })
		if j.Recording {
			f.judge("tlog.conf", judgeTlog)
		}
		if j.Recording {
			judgeRecordedNodes(f, p, j)
		}
		recorded.add(config, !f.failed, f.files()...)
	}
	open := slices.ContainsFunc(j.ReachableFrom, func(peer model.Peer) bool { return peer.Addr() == "zone."+model.InternetZone })
	if !open {
		restricted.prove(p, model.JumpBoxRestricted, j.Addr())
	}
	if j.MFA == model.MFAFIDO2 || j.MFA == model.MFATOTP {
		mfa.prove(p, model.JumpBoxMFA, j.Addr())
	}
	hardened.prove(p, model.JumpBoxHardened, j.Addr())
	if j.Recording {
		recorded.prove(p, model.SessionRecording, j.Addr())
	}
}

func wantJumpBox(c *model.Cluster, j *model.JumpBox) hostWant {
	w := hostWant{
		dir:      generate.JumpBoxDir(c, j),
		subject:  j.Addr(),
		packages: []string{"apparmor", "auditd", "nftables", "openssh-server", "unattended-upgrades"},
		files: []hostFile{
			{"sshd_config", "/etc/ssh/sshd_config", "0600"},
			{"nftables.nft", "/etc/bartizan/firewall.nft", "0600"},
			{"audit.rules", "/etc/audit/rules.d/99-bartizan.rules", "0600"},
			{"issue", "/etc/issue.net", "0644"},
			{"ssh-user.sh", "/usr/local/sbin/bartizan-ssh-user", "0700"},
		},
		setup: "jump-box.sh",
		commands: []string{
			"systemctl daemon-reload", "systemctl mask --now nftables.service", "systemctl enable bartizan-firewall.service",
			"systemctl restart bartizan-firewall.service", "sysctl --system", purge, "groupadd -f -r bartizan-ssh",
			"install -d -m 0755 -o root -g root /etc/ssh/authorized_keys", "sshd -t", "systemctl restart ssh.service",
			"augenrules --load",
		},
	}
	if j.Recording {
		w.packages = append(w.packages, "tlog")
		w.files = append(w.files, hostFile{"tlog.conf", "/etc/tlog/tlog-rec-session.conf", "0644"})
	}
	if j.MFA == model.MFATOTP {
		w.packages = append(w.packages, "libpam-google-authenticator")
		w.files = append(w.files, hostFile{"pam-sshd", "/etc/pam.d/sshd", "0644"})
	}
	w.files = slices.Concat(w.files, gatewayFiles(), []hostFile{{"jump-box.sh", "/usr/local/sbin/bartizan-jump-box", "0700"}})
	slices.Sort(w.packages)
	return w
}

var jumpBoxWatches = []auditWatch{
	{"/etc/bartizan", "wa"}, {"/usr/sbin/nft", "x"}, {"/etc/passwd", "wa"}, {"/etc/group", "wa"}, {"/etc/shadow", "wa"},
	{"/etc/sudoers", "wa"}, {"/etc/sudoers.d", "wa"}, {"/etc/pam.d", "wa"}, {"/etc/ssh", "wa"}, {"/etc/tlog", "wa"},
	{"/etc/audit", "wa"},
}

func wantJumpBoxSSHD(spec *model.Spec, j *model.JumpBox) map[string]string {
	want := wantSSHD(j.OS, j.IdleMinutes)
	switch j.MFA {
	case model.MFAFIDO2:
		want["pubkeyacceptedalgorithms"] = "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com"
		want["pubkeyauthoptions"] = "verify-required"
	case model.MFATOTP:
		want["authenticationmethods"] = "publickey,keyboard-interactive:pam"
		want["kbdinteractiveauthentication"] = "yes"
	}
	if j.Recording {
		want["forcecommand"] = "/usr/bin/tlog-rec-session"
	}
	var open []string
	for _, d := range spec.Destinations(j) {
		for _, c := range spec.Clusters {
			if d.To == c.Addr() {
				open = append(open, hostPort(c.API.Endpoint))
			}
		}
		for _, cidr := range d.CIDRs {
			host := "*"
			if cidr.IsSingleIP() {
				host = cidr.Addr().String()
			}
			open = append(open, hostPort(model.HostPort{Host: host, Port: d.Port}))
		}
	}
	if len(open) > 0 {
		slices.Sort(open)
		want["permitopen"] = strings.Join(slices.Compact(open), " ")
		want["permitlisten"] = "none"
		want["allowtcpforwarding"] = "local"
		want["channeltimeout"] += fmt.Sprintf(" direct-tcpip=%dm", j.IdleMinutes)
		delete(want, "disableforwarding")
	}
	return want
}

func judgeJumpBoxFirewall(data []byte, spec *model.Spec, j *model.JumpBox) error {
	chains, err := readGateway(data, "input", "forward", "output")
	if err != nil {
		return err
	}
	if len(chains["forward"]) > 0 {
		return errors.New("chain forward: the jump box routes packets")
	}
	for _, r := range chains["input"] {
		if r.in != "" || r.out != "" || r.to != nil || r.proto == "echo" {
			return fmt.Errorf("line %d: the rule %q does not belong here", r.line, r.text)
		}
	}
	var wrong error
	compareFlows(spec, chains["input"], j.Inbound(), func(d portDifference) {
		wrong = errors.New("chain input: " + strings.TrimSuffix(d.String(), "."))
	})
	if wrong != nil {
		return wrong
	}
	want := []opening{
		{from: allIP, to: allIP, proto: "udp", first: 53, last: 53},
		{from: allIP, to: allIP, proto: "tcp", first: 53, last: 53},
		{from: allIP, to: allIP, proto: "udp", first: 123, last: 123},
		{from: allIP, to: allIP, proto: "tcp", first: 80, last: 80},
		{from: allIP, to: allIP, proto: "tcp", first: 443, last: 443},
	}
	for _, d := range spec.Destinations(j) {
		want = append(want, opening{from: allIP, to: addrs(d.CIDRs...), proto: strings.ToLower(string(d.Protocol)), first: d.Port, last: d.Port})
	}
	if err := sameOpenings(chains["output"], want, ""); err != nil {
		return fmt.Errorf("chain output: %w", err)
	}
	return nil
}

// judgePAM wants the one-time password, and nothing that could pass in its place.
func judgePAM(data []byte) error {
	var got []string
	for _, line := range plainLines(data) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"auth required pam_google_authenticator.so", "account required pam_nologin.so", "account required pam_unix.so",
		"session required pam_loginuid.so", "session required pam_limits.so", "session required pam_env.so",
		"session required pam_unix.so", "session optional pam_systemd.so",
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("the modules are not exactly: %s", strings.Join(want, "; "))
	}
	return nil
}

func judgeTlog(data []byte) error {
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		return err
	}
	want := map[string]any{
		"shell": "/bin/bash", "notice": "This session is recorded.", "latency": 10.0, "payload": 2048.0, "writer": "journal",
		"log":     map[string]any{"input": false, "output": true, "window": true},
		"limit":   map[string]any{"rate": 65536.0, "burst": 262144.0, "action": "delay"},
		"journal": map[string]any{"priority": "info", "augment": true},
	}
	if !reflect.DeepEqual(got, want) {
		return errors.New("what is recorded is not output and window into the journal")
	}
	return nil
}

// judgeRecordedNodes wants every pool that admits the jump box to record its sessions.
func judgeRecordedNodes(f *hostProof, p *Pass, j *model.JumpBox) {
	p.eachPool(func(pool *model.NodePool) {
		if !slices.ContainsFunc(pool.SSHFrom, func(peer model.Peer) bool { return peer.Addr() == j.Addr() }) {
			return
		}
		node := p.node(pool)
		ok, why := node.gets("sshd_config", "tlog.conf", "node.sh")
		err := judgeSSHD(node.files["sshd_config"], wantNodeSSHD(pool))
		if err == nil {
			err = judgeTlog(node.files["tlog.conf"])
		}
		if !ok {
			err = errors.New(why)
		}
		if err != nil {
			f.find("sshd_config", "", fmt.Errorf("sessions that pass through are not recorded on %s: %w", pool.Addr(), err))
		}
	})
}
