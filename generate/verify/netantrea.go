package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
)

// parseAntrea takes a policy of Antrea's apart. The type holds the understood part of the API alone, so that strict decoding
// refuses everything else.
//
// The first rule that matches decides; what none matches goes on to the policies of Kubernetes. The last tier before these is
// understood, and in it policies that drop addresses first and allow names then. A name leads wherever its DNS server says, but
// to what was dropped before.
func parseAntrea(path string, a *generate.AntreaNetworkPolicy) (*netPolicy, error) {
	if a.Spec.Tier != generate.AntreaTier {
		return nil, fmt.Errorf("spec.tier: %q is not judged", a.Spec.Tier)
	}
	if len(a.Spec.AppliedTo) != 1 {
		return nil, fmt.Errorf("spec.appliedTo: %d entries", len(a.Spec.AppliedTo))
	}
	subject, err := parseSelector(&a.Spec.AppliedTo[0].PodSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.appliedTo: %w", err)
	}
	p := &netPolicy{
		path: path, object: "NetworkPolicy/" + a.Namespace + "/" + a.Name, namespace: a.Namespace,
		subject: subject, egress: &netDirection{}, before: true,
	}
	for i, e := range a.Spec.Egress {
		place := fmt.Sprintf("spec.egress[%d]", i)
		if len(e.To) == 0 {
			return nil, fmt.Errorf("%s: no destination means all of them", place)
		}
		var ports []netPorts
		for _, x := range e.Ports {
			port, err := parsePort(x)
			if err == nil && port.name != "" {
				err = errors.New("named ports are not judged")
			}
			if err != nil {
				return nil, fmt.Errorf("%s.ports: %w", place, err)
			}
			ports = append(ports, port)
		}
		switch e.Action {
		case generate.AntreaDrop:
			if len(p.egress.rules) > 0 {
				return nil, fmt.Errorf("%s: drops after what is allowed are not judged", place)
			}
			set, err := droppedBlocks(e.To)
			if err != nil {
				return nil, fmt.Errorf("%s.to: %w", place, err)
			}
			p.drops = append(p.drops, netDrop{place, set, ports})
		case generate.AntreaAllow:
			rule := netRule{place: place, ports: ports}
			for k, to := range e.To {
				if to.FQDN == "" || to.IPBlock != nil || strings.Contains(to.FQDN, "*") {
					return nil, fmt.Errorf("%s.to[%d]: only names are judged", place, k)
				}
				rule.peers = append(rule.peers, netPeer{place: fmt.Sprintf("%s.to[%d]", place, k), name: to.FQDN, leads: p.leadsTo(ports)})
			}
			p.egress.rules = append(p.egress.rules, rule)
		default:
			return nil, fmt.Errorf("%s.action: %q is not judged", place, e.Action)
		}
	}
	return p, nil
}

func droppedBlocks(to []generate.AntreaPeer) (addrSet, error) {
	var set addrSet
	for _, x := range to {
		if x.IPBlock == nil || x.FQDN != "" {
			return nil, errors.New("only addresses are judged") // a name that is dropped may be reached by an old address
		}
		block, err := netip.ParsePrefix(x.IPBlock.CIDR)
		if err != nil {
			return nil, err
		}
		set = set.union(addrs(block))
	}
	return set, nil
}

// leadsTo returns the addresses that a name may stand for: all but those that are dropped on every one of the ports.
func (p *netPolicy) leadsTo(ports []netPorts) addrSet {
	all := addrs(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	for _, d := range p.drops {
		covered := len(d.ports) == 0
		if !covered && len(ports) > 0 {
			covered = true
			for _, x := range ports {
				covered = covered && x.from == x.to && d.covers(x.from, x.protocol)
			}
		}
		if covered {
			all = all.minus(d.addrs)
		}
	}
	return all
}
