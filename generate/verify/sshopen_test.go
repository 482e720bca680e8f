package verify_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

// onRequest is the specification of the other tests with SSH to the workers closed until somebody opens it.
func onRequest() *model.Spec {
	spec := bastionSpec()
	spec.Clusters[0].NodePools[1].SSH = model.SSHOnRequest
	return spec
}

func TestClosedSSHIsClaimedAndProvedWhereItIsAskedFor(t *testing.T) {
	spec := onRequest()
	set := hostTree(t, spec)
	result := verify.Run(spec, set.Files(), hostChecks())
	for _, f := range result.Findings {
		t.Errorf("finding in %s (%s): %s", f.Path, f.Object, f.Message)
	}
	for _, claims := range [][]model.Claim{set.Claims, result.Proved} {
		var pools []string
		for _, c := range claims {
			if c.Control == model.NodeSSHClosed {
				pools = append(pools, string(c.Subject))
			}
		}
		if pools = slices.Compact(pools); !slices.Equal(pools, []string{"node_pool.general"}) {
			t.Errorf("closed for %v", pools)
		}
	}
}

// A file made for SSH that is always open does not pass where the specification closes it, and the reverse.
func TestAnotherOpeningOfSSHIsFound(t *testing.T) {
	for name, specs := range map[string][2]*model.Spec{"asked to close": {bastionSpec(), onRequest()}, "not asked to": {onRequest(), bastionSpec()}} {
		t.Run(name, func(t *testing.T) {
			written, judged := specs[0], specs[1]
			files, own := hostTree(t, written).Files(), hostTree(t, judged).Files()
			const firewall = "clusters/shop/nodes/general/nftables.nft"
			own[firewall] = files[firewall]
			result := verify.Run(judged, own, hostChecks())
			if proves(result, mutation{control: model.NodeSSHClosed, subject: "node_pool.general"}) {
				t.Error("node-ssh-closed is proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f verify.Finding) bool { return f.Path == firewall }) {
				t.Error("nothing is found")
			}
		})
	}
}

func TestMutationsOfClosedSSHAreCaught(t *testing.T) {
	const (
		dir      = "clusters/shop/nodes/general/"
		firewall = dir + "nftables.nft"
		script   = dir + "ssh-open.sh"
		rule     = "ip saddr 10.0.9.10 tcp dport 22 tcp dport @ssh_open accept"
		pool     = model.Address("node_pool.general")
	)
	spec := onRequest()
	set := hostTree(t, spec)
	before := verify.Run(spec, set.Files(), hostChecks())
	for _, m := range []mutation{
		{name: "the port stands in the set", path: firewall, old: "timeout 30m\n", new: "timeout 30m\n        elements = { 22 }\n"},
		{name: "it expires in a year", path: firewall, old: "timeout 30m\n", new: "timeout 30m\n        elements = { 22 timeout 365d }\n"},
		{name: "elements on a line of their own", path: firewall, old: "timeout 30m\n", new: "timeout 30m\n        elements = {\n            22\n        }\n"},
		{name: "nothing expires", path: firewall, old: "        flags timeout\n        timeout 30m\n", new: ""},
		{name: "no time by itself", path: firewall, old: "        timeout 30m\n", new: ""},
		{name: "a year by itself", path: firewall, old: "timeout 30m", new: "timeout 365d"},
		{name: "every port", path: firewall, old: "flags timeout", new: "flags timeout, interval"},
		{name: "a second set", path: firewall, old: "    set ssh_open {", new: "    set other {\n        type inet_service\n        elements = { 22 }\n    }\n    set ssh_open {"},
		{name: "the set stands twice", path: firewall, old: "    # What the node accepts", new: "    set ssh_open {\n        elements = { 22 }\n    }\n    # What the node accepts"},
		{name: "the set is filled below", path: firewall, old: "    # Pods never", new: "    }\n}\nadd element inet bartizan ssh_open { 22 }\ntable inet bartizan {\n    # Pods never"},
		{name: "another set", path: firewall, old: "@ssh_open accept", new: "@other accept"},
		{name: "the rule without the set", path: firewall, old: " tcp dport @ssh_open", new: ""},
		{name: "a rule before it", path: firewall, old: rule, new: "ip saddr 10.0.9.10 tcp dport 22 accept\n        " + rule},
		{name: "a rule for more ports before it", path: firewall, old: rule, new: "ip saddr 10.0.9.0/24 tcp dport 1-1023 accept\n        " + rule},
		{name: "every port of the source", path: firewall, old: rule, new: "ip saddr 10.0.9.10 accept\n        " + rule},
		{name: "a rule after it", path: firewall, old: "    chain prerouting {", new: "    chain early {\n        ip saddr 10.0.9.10 tcp dport 22 accept\n    }\n    chain prerouting {"},
		{name: "a rule in another chain", path: firewall, old: "        jump admit\n        drop\n", new: "        jump admit\n        ip saddr 10.0.9.10 tcp dport 22 accept\n        drop\n"},
		{name: "the chain accepts by default", path: firewall, old: "hook input priority filter - 10; policy drop;", new: "hook input priority filter - 10; policy accept;"},
		{name: "a wider source", path: firewall, old: "ip saddr 10.0.9.10 tcp dport 22 tcp", new: "ip saddr 10.0.9.0/24 tcp dport 22 tcp"},
		{name: "another port", path: firewall, old: "tcp dport 22 tcp dport @ssh_open", new: "tcp dport 22-23 tcp dport @ssh_open"},
		{name: "the set means addresses", path: firewall, old: "type inet_service", new: "type ipv4_addr"},
		{name: "another ruleset is loaded", path: dir + "bartizan-firewall.service", old: "-f /etc/bartizan/firewall.nft", new: "-f /tmp/firewall.nft"},
		{name: "another ruleset afterwards", path: dir + "bartizan-firewall.service", old: "ExecReload=", new: "ExecStartPost=/usr/sbin/nft add element inet bartizan ssh_open { 22 timeout 365d }\nExecReload="},
		{name: "the setup opens it", path: dir + "node.sh", old: "augenrules --load\n", new: "augenrules --load\nbartizan-ssh-open 120m setup\n"},
		{name: "install.sh opens it", path: dir + "install.sh", old: "'/usr/local/sbin/bartizan-node'\n", new: "'/usr/local/sbin/bartizan-node'\nnft add element inet bartizan ssh_open '{ 22 timeout 365d }'\n"},
		{name: "sshd on a second port", path: dir + "sshd_config", old: "Port 22\n", new: "Port 22\nPort 10250\n"},
		{name: "sshd on another port", path: dir + "sshd_config", old: "Port 22\n", new: "Port 10250\n"},
		{name: "the script opens for a year", path: script, old: "2:120m)", new: "2:120m | 2:365d)"},
		{name: "the script forgets the time", path: script, old: "{ 22 timeout $1 }", new: "{ 22 }"},
		{name: "the script has its own time", path: script, old: "{ 22 timeout $1 }", new: "{ 22 timeout 365d }"},
		{name: "the script opens every port", path: script, old: "{ 22 timeout", new: "{ 0-65535 timeout"},
		{name: "the script adds a rule", path: script, old: "    ;;\n2:", new: "    nft insert rule inet bartizan admit tcp dport 22 accept\n    ;;\n2:"},
		{name: "the script opens behind the end", path: script, old: "\nesac\n", new: "\nesac\nnft add element inet bartizan ssh_open '{ 22 timeout 365d }'\n"},
		{name: "nft is another program", path: script, old: "die() {", new: "nft() {\n    :\n}\ndie() {"},
		{name: "the path is another one", path: script, old: "PATH=/usr/sbin", new: "PATH=/tmp:/usr/sbin"},
		{name: "everybody runs the script", path: dir + "install.sh", old: "-m 0700 -o root -g root 'ssh-open.sh'", new: "-m 4755 -o root -g root 'ssh-open.sh'"},
	} {
		m.control, m.subject = model.NodeSSHClosed, pool
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if !proves(before, m) {
				t.Fatal("not proved before the edit")
			}
			files := set.Files()
			m.apply(t, files)
			var checks []*verify.Check
			for _, c := range hostChecks() {
				if slices.Contains(c.Controls, m.control) {
					checks = append(checks, c)
				}
			}
			after := verify.Run(spec, files, checks)
			if proves(after, m) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(after.Findings, func(f verify.Finding) bool {
				return strings.HasPrefix(f.Path, dir) && f.Message != ""
			}) {
				t.Errorf("no finding names a file of the pool: %+v", after.Findings)
			}
		})
	}
}
