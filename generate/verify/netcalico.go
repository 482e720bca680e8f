package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// parseCalico takes a policy of Calico's apart. The type holds the understood part of the API alone, so that strict decoding
// refuses everything else.
//
// The first rule that matches decides; what none matches goes on to the policies of Kubernetes, which have order 1000 in the
// default tier. Policies before them are understood that deny addresses first and allow names then. A name leads wherever its DNS
// server says, but to what was denied before.
func parseCalico(path string, c *generate.CalicoNetworkPolicy) (*netPolicy, error) {
	if c.Spec.Tier != generate.CalicoTier {
		return nil, fmt.Errorf("spec.tier: %q is not judged", c.Spec.Tier)
	}
	if c.Spec.Order == nil || *c.Spec.Order >= generate.CalicoKubernetesOrder {
		return nil, errors.New("spec.order: the policies of Kubernetes come first")
	}
	if !slices.Equal(c.Spec.Types, []string{"Egress"}) {
		return nil, fmt.Errorf("spec.types: %q is not judged", c.Spec.Types)
	}
	subject, err := parseCalicoSelector(c.Spec.Selector)
	if err != nil {
		return nil, fmt.Errorf("spec.selector: %w", err)
	}
	p := &netPolicy{
		path: path, object: "NetworkPolicy/" + c.Namespace + "/" + c.Name, namespace: c.Namespace,
		subject: subject, egress: &netDirection{}, before: true,
	}
	for i, e := range c.Spec.Egress {
		place := fmt.Sprintf("spec.egress[%d]", i)
		var ports []netPorts
		for _, x := range e.Destination.Ports {
			ports = append(ports, netPorts{protocol: model.Protocol(e.Protocol), from: x, to: x})
			if x < 1 || x > lastPort {
				return nil, fmt.Errorf("%s.destination.ports: %d", place, x)
			}
		}
		if !slices.Contains([]model.Protocol{model.TCP, model.UDP, model.SCTP}, model.Protocol(e.Protocol)) || len(ports) == 0 {
			return nil, fmt.Errorf("%s: without a port of TCP, UDP or SCTP it is not judged", place)
		}
		nets, names := e.Destination.Nets, e.Destination.Domains
		switch {
		case e.Action == generate.CalicoDeny && len(nets) > 0 && len(names) == 0:
			if len(p.egress.rules) > 0 {
				return nil, fmt.Errorf("%s: denials after what is allowed are not judged", place)
			}
			drop := netDrop{place: place, ports: ports, pods: true}
			for _, n := range nets {
				block, err := netip.ParsePrefix(n)
				if err != nil {
					return nil, fmt.Errorf("%s.destination.nets: %w", place, err)
				}
				drop.addrs = drop.addrs.union(addrs(block))
			}
			p.drops = append(p.drops, drop)
		case e.Action == generate.CalicoAllow && len(names) > 0 && len(nets) == 0:
			rule := netRule{place: place, ports: ports}
			for k, name := range names {
				if name == "" || strings.Contains(name, "*") {
					return nil, fmt.Errorf("%s.destination.domains[%d]: the name %q is not judged", place, k, name)
				}
				rule.peers = append(rule.peers, p.named(fmt.Sprintf("%s.destination.domains[%d]", place, k), name, ports))
			}
			p.egress.rules = append(p.egress.rules, rule)
		default:
			return nil, fmt.Errorf("%s: only denials of addresses and names that are allowed are judged", place)
		}
	}
	return p, nil
}

// calicoTerm is a label and its value. The language knows no escapes.
var calicoTerm = regexp.MustCompile(`^([A-Za-z0-9._/-]+) == "([A-Za-z0-9._-]*)"$`)

// parseCalicoSelector reads what is understood of selectors: labels with their values, all of which a pod must have.
func parseCalicoSelector(s string) (selector, error) {
	labels := map[string]string{}
	for _, term := range strings.Split(s, " && ") {
		m := calicoTerm.FindStringSubmatch(term)
		if m == nil {
			return nil, fmt.Errorf("%q is not judged", s)
		}
		if _, twice := labels[m[1]]; twice {
			return nil, fmt.Errorf("%q stands twice", m[1])
		}
		labels[m[1]] = m[2]
	}
	return parseSelector(&metav1.LabelSelector{MatchLabels: labels})
}
