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
			drop := netDrop{place: place, ports: ports, pods: true}
			if err := droppedPeers(&drop, e.To); err != nil {
				return nil, fmt.Errorf("%s.to: %w", place, err)
			}
			p.drops = append(p.drops, drop)
		case generate.AntreaAllow:
			rule := netRule{place: place, ports: ports}
			for k, to := range e.To {
				if to.FQDN == "" || to.IPBlock != nil || to.NodeSelector != nil || strings.Contains(to.FQDN, "*") {
					return nil, fmt.Errorf("%s.to[%d]: only names are judged", place, k)
				}
				rule.peers = append(rule.peers, p.named(fmt.Sprintf("%s.to[%d]", place, k), to.FQDN, ports, anyNode))
			}
			p.egress.rules = append(p.egress.rules, rule)
		default:
			return nil, fmt.Errorf("%s.action: %q is not judged", place, e.Action)
		}
	}
	return p, nil
}

// anyNode stands for all nodes in the rules of plugins that know them by their labels.
const anyNode = "nodes"

func droppedPeers(d *netDrop, to []generate.AntreaPeer) error {
	for _, x := range to {
		switch {
		case x.FQDN != "" || (x.IPBlock == nil) == (x.NodeSelector == nil):
			return errors.New("only addresses and nodes are judged") // a name that is dropped may be reached by an old address
		case x.NodeSelector != nil:
			if len(x.NodeSelector.MatchLabels)+len(x.NodeSelector.MatchExpressions) > 0 {
				return errors.New("some of the nodes are not judged")
			}
			d.nodes = []string{anyNode}
		default:
			block, err := netip.ParsePrefix(x.IPBlock.CIDR)
			if err != nil {
				return err
			}
			d.addrs = d.addrs.union(addrs(block))
		}
	}
	return nil
}
