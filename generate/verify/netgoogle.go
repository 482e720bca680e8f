package verify

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// parseFQDN takes an FQDNNetworkPolicy of GKE's apart. The type holds the understood part of the API alone, so that strict
// decoding refuses everything else, names by pattern too.
//
// It adds up with NetworkPolicies. Whether it isolates pods by itself is not taken for granted: the default deny does.
func parseFQDN(path string, f *generate.FQDNNetworkPolicy) (*netPolicy, error) {
	subject, err := parseSelector(&f.Spec.PodSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.podSelector: %w", err)
	}
	p := &netPolicy{
		path: path, object: "FQDNNetworkPolicy/" + f.Namespace + "/" + f.Name, namespace: f.Namespace,
		subject: subject, egress: &netDirection{}, before: true,
	}
	if len(f.Spec.Egress) == 0 {
		return nil, errors.New("spec.egress: no rules")
	}
	for i, e := range f.Spec.Egress {
		rule := netRule{place: fmt.Sprintf("spec.egress[%d]", i)}
		for k, x := range e.Ports {
			port := netPorts{protocol: model.Protocol(x.Protocol), from: x.Port, to: x.Port}
			if port.from < 1 || port.to > lastPort || !slices.Contains([]model.Protocol{model.TCP, model.UDP}, port.protocol) {
				return nil, fmt.Errorf("%s.ports[%d]: %d/%q", rule.place, k, port.from, port.protocol)
			}
			rule.ports = append(rule.ports, port)
		}
		if len(e.Matches) == 0 {
			return nil, fmt.Errorf("%s: no destination", rule.place)
		}
		for k, m := range e.Matches {
			place := fmt.Sprintf("%s.matches[%d]", rule.place, k)
			if m.Name == "" {
				return nil, fmt.Errorf("%s: only names are judged", place)
			}
			rule.peers = append(rule.peers, p.named(place, m.Name, rule.ports))
		}
		p.egress.rules = append(p.egress.rules, rule)
	}
	return p, nil
}
