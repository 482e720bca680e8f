package verify

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// gatewayFiles lists what a machine between people and the cluster must get besides its own files.
func gatewayFiles() []hostFile {
	return []hostFile{
		{"bartizan-firewall.service", "/etc/systemd/system/bartizan-firewall.service", "0644"},
		{"sysctl.conf", "/etc/sysctl.d/99-zz-bartizan.conf", "0644"},
		{"modprobe.conf", "/etc/modprobe.d/bartizan.conf", "0644"},
		{"apt.conf", "/etc/apt/apt.conf.d/99-bartizan", "0644"},
	}
}

// judgeGatewaySystem judges what such a machine's kernel and updates look like.
func judgeGatewaySystem(f *hostProof, os model.OS, forwards bool) {
	forward := "0"
	if forwards {
		forward = "1"
	}
	f.judge("sysctl.conf", func(data []byte) error {
		return sameLines(data, append(wantHardening(os), "net.ipv4.conf.all.rp_filter = 1", "net.ipv4.conf.default.rp_filter = 1",
			"net.ipv4.ip_forward = "+forward, "net.ipv6.conf.all.forwarding = "+forward))
	})
	f.judge("modprobe.conf", func(data []byte) error { return judgeModprobe(data, false) })
	f.judge("apt.conf", func(data []byte) error { return judgeAPT(data, os) })
}

// Chains of a gateway: how they are hooked in and which literal rules stand first.
var gatewayChains = map[string]struct {
	hook string
	head []string
}{
	"input": {
		"type filter hook input priority filter - 10; policy drop;",
		[]string{nftLoopback, nftEstablished, nftInvalid, nftNeighbours, nftDHCP, nftDHCPv6},
	},
	"forward": {
		"type filter hook forward priority filter - 10; policy drop;",
		[]string{nftEstablished, nftInvalid},
	},
	"output": {
		"type filter hook output priority filter - 10; policy drop;",
		[]string{nftLoopbackOut, nftEstablished, nftNeighboursOut, nftDHCPOut, nftDHCPv6Out},
	},
}

// readGateway reads a gateway's rules: the named chains, no others, each with its literal rules first and none later.
func readGateway(data []byte, chains ...string) (map[string][]nftRule, error) {
	t, err := readNFT(data)
	if err != nil {
		return nil, err
	}
	rules := map[string][]nftRule{}
	for _, name := range chains {
		want, chain := gatewayChains[name], t.chains[name]
		if chain == nil || chain.hook != want.hook {
			return nil, fmt.Errorf("chain %s is not hooked in as %q", name, want.hook)
		}
		for i, r := range chain.rules {
			if literal := i < len(want.head); literal && r.text != want.head[i] || !literal && (r.literal || r.while != "") {
				return nil, fmt.Errorf("line %d: the rule %q does not belong here", r.line, r.text)
			}
		}
		if len(chain.rules) < len(want.head) {
			return nil, fmt.Errorf("chain %s lacks %q", name, want.head[len(chain.rules)])
		}
		rules[name] = chain.rules[len(want.head):]
	}
	if len(t.sets) > 0 {
		return nil, fmt.Errorf("there is a set, and nothing here asks for one")
	}
	if len(t.chains) != len(chains) {
		return nil, fmt.Errorf("there are %d chains, not %d", len(t.chains), len(chains))
	}
	return rules, nil
}

// opening is a declared way through: from some sources to some destinations.
type opening struct {
	in          string // interface; empty: any
	from, to    addrSet
	proto       string
	first, last int
}

// sameOpenings compares what the rules accept with the declared openings, for every protocol, range of ports and range
// of destinations on which nothing changes, and for packets from each of the interfaces.
func sameOpenings(rules []nftRule, want []opening, interfaces ...string) error {
	var targets []netip.Addr
	bound := func(s addrSet) {
		for _, r := range s {
			targets = append(targets, r.lo)
			if next := r.hi.Next(); next.IsValid() {
				targets = append(targets, next)
			}
		}
	}
	bound(allIP)
	for _, r := range rules {
		bound(r.to)
	}
	for _, o := range want {
		bound(o.to)
	}
	slices.SortFunc(targets, netip.Addr.Compare)
	targets = slices.Compact(targets)
	for _, proto := range []string{"tcp", "udp", "sctp", "esp", "echo", "other"} {
		bounds := []int{}
		for _, r := range rules {
			if r.proto == proto {
				bounds = append(bounds, r.first, r.last+1)
			}
		}
		for _, o := range want {
			if o.proto == proto {
				bounds = append(bounds, o.first, o.last+1)
			}
		}
		for _, port := range cells(bounds) {
			for _, to := range targets {
				for _, in := range interfaces {
					got, allowed := accepts(rules, in, "", proto, port, to), addrSet{}
					for _, o := range want {
						if o.proto == proto && o.first <= port && port <= o.last && (o.in == "" || o.in == in) && o.to.contains(to) {
							allowed = allowed.union(o.from)
						}
					}
					// Both families stand in one set; only sources of the destination's family can meet it.
					got, allowed = ofFamily(got, to), ofFamily(allowed, to)
					if extra := got.minus(allowed); len(extra) > 0 {
						return fmt.Errorf("%s/%d at %s is open to %s, which nothing declares", proto, port, to, extra)
					}
					if missing := allowed.minus(got); len(missing) > 0 {
						return fmt.Errorf("%s/%d at %s is closed to %s, which the specification declares", proto, port, to, missing)
					}
				}
			}
		}
	}
	return nil
}

func ofFamily(s addrSet, a netip.Addr) addrSet {
	if a.Is4() {
		return s.minus(allIPv6)
	}
	return s.minus(allIPv4)
}
