package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// A node's firewall admits a new connection if and only if model.NodePool.Inbound lists it. The comparison is exact:
// for each protocol and each range of ports on which nothing changes, the set of all sources that the rules accept is
// computed from the file and compared with the declared set, over the whole IPv4 and IPv6 address space.
var nodeFirewall = &Check{
	Name: "firewall",
	Doc: `nodes admit exactly the declared connections

Reads the nftables rules of each pool, refuses what it does not understand, and computes what they accept.`,
	Controls: []model.ControlID{
		model.HostFirewall, model.EtcdFirewall, model.KubeletFirewall, model.APIFirewall, model.MetadataFirewall,
	},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			runNodeFirewall(p, c)
		}
	},
}

func runNodeFirewall(p *Pass, c *model.Cluster) {
	etcd, api := holder{}, holder{}
	seen := netfilterSeesPods(p, c)
	for _, pool := range c.NodePools {
		if !pool.Ours() {
			continue
		}
		file := path.Join(generate.PoolDir(pool), "nftables.nft")
		find := func(id model.ControlID, object, message string) {
			p.Find(Finding{Control: id, Subject: pool.Addr(), Path: file, Object: object, Message: message})
		}
		loader := []string{path.Join(generate.PoolDir(pool), "bartizan-firewall.service"), path.Join(generate.PoolDir(pool), "node.sh")}
		delivered, why := p.node(pool).gets("nftables.nft", "bartizan-firewall.service", "node.sh")
		if err := judgeFirewallUnit(p.Files[path.Join(generate.PoolDir(pool), "bartizan-firewall.service")]); delivered && err != nil {
			delivered, why = false, "bartizan-firewall.service: "+err.Error()
		}
		if !delivered {
			find(model.HostFirewall, "", "The node does not load this firewall: "+why+".")
		}
		table, err := readNFT(p.Files[file])
		if err != nil {
			find(model.HostFirewall, "", "The firewall cannot be judged: "+err.Error()+".")
			etcd.fail(pool.Has(model.RoleEtcd))
			api.fail(pool.Has(model.RoleControlPlane))
			continue
		}
		host := judgeNodeChains(table, pool)
		if host != nil {
			find(model.HostFirewall, host.place, host.message)
		}
		if problem := judgeMetadata(table); problem != nil {
			find(model.MetadataFirewall, problem.place, problem.message)
		} else if delivered && seen {
			p.Prove(model.MetadataFirewall, pool.Addr(), file)
			p.needs(model.MetadataFirewall, pool.Addr(), loader...)
			if c.Network.CNI == model.Cilium {
				p.Prove(model.MetadataFirewall, pool.Addr(), generate.CiliumValues(c))
			}
		}
		ok := delivered && host == nil
		closed := map[string]bool{} // protocols and ports that admit exactly what is declared
		rules := table.chains["admit"]
		if rules == nil {
			rules = &nftChain{}
		}
		differs := compareFlows(p.Spec, rules.rules, pool.Inbound(), func(d portDifference) {
			find(model.HostFirewall, d.place(), d.String())
			closed[d.key()] = true
		})
		same := func(port int) bool {
			return !closed[fmt.Sprintf("tcp/%d", portCell(rules.rules, pool.Inbound(), "tcp", port))]
		}
		within := func(port int, allowed addrSet) bool {
			return len(accepts(rules.rules, "", "", "tcp", port, noAddr).minus(allowed)) == 0
		}
		if ok && !differs {
			p.Prove(model.HostFirewall, pool.Addr(), file)
			p.needs(model.HostFirewall, pool.Addr(), loader...)
		}
		if c.Provisioner != model.Kubeadm {
			continue
		}
		control := addrs(c.NodeCIDRs(model.RoleControlPlane)...)
		if ok && same(10250) && within(10250, control) {
			p.Prove(model.KubeletFirewall, pool.Addr(), file)
			p.needs(model.KubeletFirewall, pool.Addr(), loader...)
		}
		if pool.Has(model.RoleEtcd) {
			clients, members := addrs(c.NodeCIDRs(model.RoleControlPlane, model.RoleEtcd)...), addrs(c.NodeCIDRs(model.RoleEtcd)...)
			etcd.add(file, ok && same(2379) && same(2380) && within(2379, clients) && within(2380, members), loader...)
		}
		if pool.Has(model.RoleControlPlane) {
			api.add(file, ok && same(c.API.BindPort()) && !accepts(rules.rules, "", "", "tcp", c.API.BindPort(), noAddr).overlaps(internet(p.Spec)), loader...)
		}
	}
	etcd.prove(p, model.EtcdFirewall, c.Addr())
	api.prove(p, model.APIFirewall, c.Addr())
}

// holder collects the files that together give a subject a control: one bad file and none counts.
type holder struct {
	files  []string
	also   []string // files without which those are worth nothing
	failed bool
}

func (h *holder) fail(applies bool) { h.failed = h.failed || applies }
func (h *holder) add(file string, ok bool, also ...string) {
	h.files, h.also = append(h.files, file), append(h.also, also...)
	h.failed = h.failed || !ok
}
func (h *holder) prove(p *Pass, id model.ControlID, subject model.Address) {
	if h.failed {
		return
	}
	for _, f := range h.files {
		p.Prove(id, subject, f)
	}
	p.needs(id, subject, h.also...)
}

// problem is what is wrong, and where.
type problem struct{ place, message string }

// judgeNodeChains compares everything but the admitted flows with the one structure that we know to be right.
func judgeNodeChains(t *nftTable, pool *model.NodePool) *problem {
	proxy := []string{}
	if pool.Cluster.Network.CNI == model.Cilium {
		proxy = []string{nftCiliumProxy}
	}
	want := map[string]struct {
		hook  string
		rules []string
	}{
		"prerouting": {
			"type filter hook prerouting priority mangle + 5; policy accept;",
			slices.Concat([]string{nftNotLocal, nftLoopback}, proxy, []string{nftEstablished, nftJumpAdmit, nftDrop}),
		},
		"input": {
			"type filter hook input priority filter - 10; policy drop;",
			slices.Concat([]string{nftLoopback}, proxy, []string{nftEstablished, nftInvalid, nftJumpAdmit}),
		},
	}
	for _, name := range []string{"prerouting", "input"} {
		chain := t.chains[name]
		if chain == nil || chain.hook != want[name].hook {
			return &problem{"chain " + name, "The chain is not hooked in as " + strings.TrimSuffix(want[name].hook, ";") + "."}
		}
		var got []string
		for _, r := range chain.rules {
			got = append(got, r.text)
		}
		if !slices.Equal(got, want[name].rules) {
			return &problem{"chain " + name, "The chain's rules are not: " + strings.Join(want[name].rules, "; ") + "."}
		}
	}
	admit := t.chains["admit"]
	if admit == nil || admit.hook != "" {
		return &problem{"chain admit", "The chain is missing or hooked in by itself."}
	}
	for _, r := range admit.rules {
		link := r.text == nftNeighbours || r.text == nftDHCP || r.text == nftDHCPv6
		gated := r.while == "" || pool.OpensSSH() && r.while == sshOpenSet && r.first == 22 && r.last == 22 && r.verdict == "accept"
		if r.literal && !link || r.in != "" || r.out != "" || r.to != nil || !gated {
			return &problem{fmt.Sprintf("line %d", r.line), "The rule " + r.text + " does not belong here."}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.sets)) {
		if name != sshOpenSet || !pool.OpensSSH() {
			return &problem{"set " + name, "The set is not expected."}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.chains)) {
		if !slices.Contains([]string{"prerouting", "input", "admit", "forward"}, name) {
			return &problem{"chain " + name, "The chain is not expected."}
		}
	}
	return nil
}

// judgeMetadata wants both metadata addresses dropped for everything that is forwarded.
func judgeMetadata(t *nftTable) *problem {
	chain := t.chains["forward"]
	if chain == nil || chain.hook != "type filter hook forward priority filter - 10; policy accept;" {
		return &problem{"chain forward", "The chain is missing or not hooked in where pods' packets pass."}
	}
	left := []string{"ip daddr 169.254.169.254 drop", "ip6 daddr fd00:ec2::254 drop"}
	for _, r := range chain.rules {
		i := slices.Index(left, r.text)
		if i < 0 {
			return &problem{fmt.Sprintf("line %d", r.line), "The rule " + r.text + " does not belong here."}
		}
		left = slices.Delete(left, i, i+1)
	}
	if len(left) > 0 {
		return &problem{"chain forward", "The rule " + left[0] + " is missing."}
	}
	return nil
}
