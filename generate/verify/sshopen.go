package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// sshOpenSet is the set of the firewall in which port 22 stands while SSH is open.
const sshOpenSet = "ssh_open"

// sshOpenLines say that what is added to the set expires, by itself after half an hour. A line with elements would be an
// opening that stands for ever.
var sshOpenLines = []string{"type inet_service", "flags timeout", "timeout 30m"}

// judgeSSHClosed proves that nobody reaches sshd until root opens the port for a while. A second port of sshd would be a
// way around the set, so sshd_config counts as well.
func judgeSSHClosed(p *Pass, pool *model.NodePool) {
	f := p.nodeFile(pool, model.NodeSSHClosed, "nftables.nft", "bartizan-firewall.service", "sshd_config", "ssh-open.sh", "node.sh")
	f.judge("bartizan-firewall.service", judgeFirewallUnit)
	f.judge("sshd_config", func(data []byte) error { return judgeSSHD(data, wantNodeSSHD(pool)) })
	f.judge("ssh-open.sh", func(data []byte) error {
		statements, err := topStatements(data)
		if err != nil {
			return err
		}
		return sameStatements(statements, sshOpenStatements)
	})
	f.judge("nftables.nft", func(data []byte) error {
		table, err := sshRules(p.Spec, pool, data)
		if err != nil {
			return err
		}
		if lines := table.sets[sshOpenSet]; !slices.Equal(lines, sshOpenLines) {
			return fmt.Errorf("set %s is not an empty one whose elements expire (%s), but %q", sshOpenSet, strings.Join(sshOpenLines, "; "), lines)
		}
		always := slices.DeleteFunc(slices.Clone(table.chains["admit"].rules), func(r nftRule) bool { return r.while != "" })
		if open := accepts(always, "", "", "tcp", 22, noAddr); len(open) > 0 {
			return fmt.Errorf("port 22 is open to %s without a request", open)
		}
		return nil
	})
	f.prove("nftables.nft")
}

// sshOpenStatements are what bartizan-ssh-open does: the port for two hours at most, in one transaction.
var sshOpenStatements = []string{
	`set -eu`,
	`PATH=/usr/sbin:/usr/bin:/sbin:/bin`,
	`export PATH`,
	`die() { echo "bartizan-ssh-open: $*" >&2; exit 1; }`,
	`case $#:${1:-} in 1:close) nft flush set inet bartizan ssh_open; logger -p auth.notice "ssh-open: closed" ;; ` +
		`2:[1-9]m | 2:[1-9][0-9]m | 2:1[01][0-9]m | 2:120m) [ -n "$2" ] || die "a reason is missing"; ` +
		`logger -p auth.notice "ssh-open: open for $1: $2"; ` +
		`nft "flush set inet bartizan ssh_open; add element inet bartizan ssh_open { 22 timeout $1 }"; ` +
		`echo "bartizan-ssh-open: SSH is open for $1 and then closes by itself; look with: nft list set inet bartizan ssh_open" ;; ` +
		`*) die "usage: bartizan-ssh-open 1m to 120m REASON | close" ;; esac`,
}
