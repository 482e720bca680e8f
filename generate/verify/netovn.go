package verify

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// firewall is an EgressFirewall of OVN-Kubernetes, taken apart. Its rules are about addresses outside of the pod network alone; the
// first that matches decides, and what none matches is allowed.
type firewall struct {
	path, object string
	rules        []firewallRule
}

// firewallRule allows or denies addresses, denies all nodes, or allows a name.
type firewallRule struct {
	place string
	allow bool
	addrs addrSet
	nodes bool
	name  string
	ports []netPorts // none: all
}

// parseFirewall takes an EgressFirewall apart. The type holds the understood part of the API alone, so that strict decoding refuses
// everything else.
func parseFirewall(path string, e *generate.EgressFirewall) (*firewall, error) {
	if e.Name != generate.EgressFirewallName || e.Namespace == "" {
		return nil, fmt.Errorf("metadata.name: the name is %q, in the namespace %q", e.Name, e.Namespace)
	}
	f := &firewall{path: path, object: "EgressFirewall/" + e.Namespace + "/" + e.Name}
	for i, r := range e.Spec.Egress {
		rule := firewallRule{place: fmt.Sprintf("spec.egress[%d]", i), allow: r.Type == generate.EgressFirewallAllow, name: r.To.Name}
		if !rule.allow && r.Type != generate.EgressFirewallDeny {
			return nil, fmt.Errorf("%s.type: unknown type %q", rule.place, r.Type)
		}
		if r.Ports != nil && len(r.Ports) == 0 {
			return nil, fmt.Errorf("%s.ports: an empty list", rule.place)
		}
		for k, x := range r.Ports {
			port := netPorts{protocol: model.Protocol(x.Protocol), from: x.Port, to: x.Port}
			if port.from < 1 || port.to > lastPort || !slices.Contains([]model.Protocol{model.TCP, model.UDP, model.SCTP}, port.protocol) {
				return nil, fmt.Errorf("%s.ports[%d]: %d/%q", rule.place, k, x.Port, x.Protocol)
			}
			rule.ports = append(rule.ports, port)
		}
		if err := rule.to(r.To); err != nil {
			return nil, fmt.Errorf("%s.to: %w", rule.place, err)
		}
		f.rules = append(f.rules, rule)
	}
	return f, nil
}

// to adds the destination.
func (r *firewallRule) to(x generate.EgressFirewallPeer) error {
	kinds := 0
	for _, set := range []bool{x.CIDR != "", x.Name != "", x.Nodes != nil} {
		if set {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return errors.New("not exactly one kind of destination")
	case x.CIDR != "":
		block, err := netip.ParsePrefix(x.CIDR)
		if err != nil {
			return err
		}
		r.addrs = addrs(block)
	case x.Name != "" && (!r.allow || strings.Contains(x.Name, "*")):
		return errors.New("only names that are allowed are judged, without patterns")
	case x.Nodes != nil:
		if r.allow || len(x.Nodes.MatchLabels)+len(x.Nodes.MatchExpressions) > 0 {
			return errors.New("only the denial of all nodes is judged")
		}
		r.nodes = true
	}
	return nil
}

// passes returns what of the addresses gets through on a port, and the names that do. A name leads to whatever no earlier rule
// decides on.
func (f *firewall) passes(open addrSet, at netPorts) (through addrSet, names []netPeer) {
	through = addrSet{}
	nodes := []string{anyNode}
	for _, r := range f.rules {
		if len(r.ports) > 0 && !(netRule{ports: r.ports}).matchesPort(nil, at.from, at.protocol) {
			continue
		}
		switch {
		case r.nodes:
			nodes = nil
		case r.name != "":
			names = append(names, netPeer{place: r.place, name: r.name, leads: open, nodes: nodes})
		default:
			if r.allow {
				through = through.union(open.intersection(r.addrs))
			}
			open = open.minus(r.addrs)
		}
	}
	return through.union(open), names
}

// behind returns what the policies let out that the firewall of the namespace lets through, and the names that it lets through of
// that, each as a policy of its own. A rule for more than single ports stays as it is: what it allows is not exact either way. own
// are the addresses of the pod network, of which the firewall says nothing.
func (f *firewall) behind(policies []*netPolicy, own addrSet) (left, names []*netPolicy) {
	if f == nil {
		return policies, nil
	}
	out := map[netPorts]addrSet{}
	for _, p := range policies {
		q := *p
		if p.egress != nil {
			q.egress = &netDirection{}
			for _, r := range p.egress.rules {
				q.egress.rules = append(q.egress.rules, f.narrowed(r, own, out)...)
			}
		}
		left = append(left, &q)
	}
	for _, port := range slices.SortedFunc(maps.Keys(out), func(a, b netPorts) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.protocol, b.protocol))
	}) {
		_, named := f.passes(out[port], port)
		for _, n := range named {
			if len(n.leads) > 0 {
				names = append(names, &netPolicy{path: f.path, object: f.object, before: true,
					egress: &netDirection{rules: []netRule{{place: n.place, peers: []netPeer{n}, ports: []netPorts{port}}}}})
			}
		}
	}
	return left, names
}

// narrowed returns what the firewall lets through of a rule, port by port, and adds what the rule lets out to out.
func (f *firewall) narrowed(r netRule, own addrSet, out map[netPorts]addrSet) []netRule {
	if r.anyPeer || len(r.ports) == 0 || slices.ContainsFunc(r.ports, func(x netPorts) bool { return x.name != "" || x.from != x.to }) {
		return []netRule{r}
	}
	var rules []netRule
	for _, port := range r.ports {
		one := netRule{place: r.place, ports: []netPorts{port}}
		for _, x := range r.peers {
			if x.addrs != nil {
				open := x.addrs.minus(own)
				out[port] = out[port].union(open)
				through, _ := f.passes(open, port)
				if x.addrs = through.union(x.addrs.intersection(own)); len(x.addrs) == 0 {
					continue
				}
			}
			one.peers = append(one.peers, x)
		}
		if len(one.peers) > 0 {
			rules = append(rules, one)
		}
	}
	return rules
}
