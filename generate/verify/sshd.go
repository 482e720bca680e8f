package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// sshd uses the first value of a keyword; Match blocks and included files can override it. The file that we write is
// complete, so a keyword may stand once only, and nothing but the known keywords may stand at all.
var sshd = &Check{
	Name: "sshd",
	Doc: `SSH to nodes takes a key, from declared sources; workers without them have no sshd

Reads sshd_config as sshd does and compares the effective values; the sources come from the firewall's rules; the script that
adds accounts must be the reviewed one. Where SSH opens
on request only, every rule that lets somebody reach port 22 must depend on the set whose elements expire, the set must be empty
in the file, and the script that fills it must be the reviewed one. Where nobody
is declared, the setup script, which must hold exactly the expected commands, removes sshd, and the firewall closes its port.
STIG V-242393, V-242394.`,
	Controls: []model.ControlID{model.NodeSSHRestricted, model.NodeSSHOff, model.NodeSSHClosed},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			names := []string{"sshd_config", "nftables.nft", "bartizan-firewall.service", "ssh-user.sh", "node.sh"}
			if len(pool.SSHFrom) == 0 {
				names = []string{"nftables.nft", "bartizan-firewall.service", "node.sh"} // which removes sshd
			}
			f := p.nodeFile(pool, model.NodeSSHRestricted, names...)
			f.judge("bartizan-firewall.service", judgeFirewallUnit)
			if len(pool.SSHFrom) > 0 {
				f.judge("sshd_config", func(data []byte) error { return judgeSSHD(data, wantNodeSSHD(pool)) })
				f.judge("ssh-user.sh", sshUserRule(p.Spec, model.MFANone))
			}
			f.judge("nftables.nft", func(data []byte) error {
				_, err := sshRules(p.Spec, pool, data)
				return err
			})
			if pool.OpensSSH() {
				judgeSSHClosed(p, pool)
			}
			if pool.Worker() && len(pool.SSHFrom) == 0 {
				off := p.nodeFile(pool, model.NodeSSHOff, "node.sh", "nftables.nft", "bartizan-firewall.service")
				off.failed = off.failed || f.failed // reported
				off.prove("node.sh")
			}
			if slices.ContainsFunc(pool.SSHFrom, func(peer model.Peer) bool { return peer.Addr() == "zone."+model.InternetZone }) {
				return // a weakening: whatever the files say, anybody may try
			}
			f.prove(path.Base(names[0]))
		})
	},
}

// sshRules reads the firewall of a pool, which must let exactly the declared sources reach port 22, always or for a while.
func sshRules(spec *model.Spec, pool *model.NodePool, data []byte) (*nftTable, error) {
	table, err := readNFT(data)
	if err != nil {
		return nil, err
	}
	if bad := judgeNodeChains(table, pool); bad != nil {
		return nil, fmt.Errorf("%s: %s", bad.place, strings.TrimSuffix(bad.message, "."))
	}
	return table, sameSources(spec, table.chains["admit"].rules, pool.Inbound(), 22)
}

// sameSources compares who reaches one TCP port with who is declared.
func sameSources(spec *model.Spec, rules []nftRule, flows []model.HostFlow, port int) error {
	got, want := accepts(rules, "", "", "tcp", port, noAddr), declared(spec, flows, "tcp", port)
	if extra := got.minus(want); len(extra) > 0 {
		return fmt.Errorf("port %d is open to %s, which nothing declares", port, extra)
	}
	if missing := want.minus(got); len(missing) > 0 {
		return fmt.Errorf("port %d is closed to %s, which the specification declares", port, missing)
	}
	return nil
}

func wantNodeSSHD(pool *model.NodePool) map[string]string {
	want := wantSSHD(pool.OS, 10)
	if pool.RecordedSSH() {
		want["forcecommand"] = "/usr/bin/tlog-rec-session"
	}
	return want
}

// wantSSHD returns the effective configuration of a node's sshd, keywords in lower case.
func wantSSHD(os model.OS, idleMinutes int) map[string]string {
	kex := "sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org"
	if os == model.Debian13 {
		kex = "mlkem768x25519-sha256," + kex
	}
	return map[string]string{
		"port":                         "22",
		"addressfamily":                "any",
		"kexalgorithms":                kex,
		"ciphers":                      "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com",
		"macs":                         "hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com",
		"hostkeyalgorithms":            "ssh-ed25519,rsa-sha2-512",
		"pubkeyacceptedalgorithms":     "sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,ssh-ed25519,rsa-sha2-512",
		"authenticationmethods":        "publickey",
		"kbdinteractiveauthentication": "no",
		"pubkeyauthentication":         "yes",
		"passwordauthentication":       "no",
		"permitemptypasswords":         "no",
		"hostbasedauthentication":      "no",
		"gssapiauthentication":         "no",
		"kerberosauthentication":       "no",
		"ignorerhosts":                 "yes",
		"permitrootlogin":              "no",
		"strictmodes":                  "yes",
		"usepam":                       "yes",
		"authorizedkeysfile":           "/etc/ssh/authorized_keys/%u",
		"allowgroups":                  "bartizan-ssh",
		"logingracetime":               "20",
		"maxauthtries":                 "3",
		"maxsessions":                  "3",
		"maxstartups":                  "10:30:60",
		"loglevel":                     "VERBOSE",
		"banner":                       "/etc/issue.net",
		"printmotd":                    "no",
		"allowagentforwarding":         "no",
		"x11forwarding":                "no",
		"allowstreamlocalforwarding":   "no",
		"permittunnel":                 "no",
		"gatewayports":                 "no",
		"permituserenvironment":        "no",
		"permituserrc":                 "no",
		"allowtcpforwarding":           "no",
		"disableforwarding":            "yes",
		"clientaliveinterval":          "200",
		"clientalivecountmax":          "3",
		"channeltimeout":               fmt.Sprintf("session:*=%dm", idleMinutes),
		"unusedconnectiontimeout":      "2m",
		"compression":                  "no",
		"usedns":                       "no",
	}
}

func judgeSSHD(data []byte, want map[string]string) error {
	got := map[string]string{}
	for i, line := range strings.Split(string(data), "\n") {
		w := strings.Fields(line)
		if len(w) == 0 || strings.HasPrefix(w[0], "#") {
			continue
		}
		key := strings.ToLower(w[0])
		if strings.ContainsAny(line, `"'=\`) && key != "channeltimeout" {
			return fmt.Errorf("line %d: quoting is not understood", i+1)
		}
		if _, ok := want[key]; !ok {
			return fmt.Errorf("line %d: %s is not expected", i+1, w[0])
		}
		if _, twice := got[key]; twice {
			return fmt.Errorf("line %d: %s stands twice", i+1, w[0])
		}
		got[key] = strings.Join(w[1:], " ")
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			return fmt.Errorf("%s is %q, not %q", key, got[key], want[key])
		}
	}
	return nil
}
