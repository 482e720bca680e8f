package verify

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// clusterPolicy is a ClusterNetworkPolicy, taken apart.
type clusterPolicy struct {
	path, object string
	tier         string
	priority     int
	subject      podPeer
	ingress      []clusterRule
	egress       []clusterRule
	// confines says that the network plugin surely knows the policy, so that names lead not to what it denies.
	confines bool
}

// clusterRule decides on the connections that it matches.
type clusterRule struct {
	action string
	netRule
}

const (
	// maxClusterItems bounds the rules of a direction, the peers and protocols of a rule and the ranges of a peer.
	maxClusterItems = 25
	maxRuleName     = 100
)

// parseClusterPolicy takes a policy apart. An error means that the API server would refuse it or that its effect is not
// understood. Rules: sigs.k8s.io/network-policy-api v0.2.0, apis/v1alpha2.
func parseClusterPolicy(path string, c *generate.ClusterNetworkPolicy) (*clusterPolicy, error) {
	p := &clusterPolicy{path: path, object: "ClusterNetworkPolicy/" + c.Name, tier: c.Spec.Tier, priority: c.Spec.Priority}
	if p.tier != generate.AdminTier && p.tier != generate.BaselineTier {
		return nil, fmt.Errorf("spec.tier: unknown tier %q", p.tier)
	}
	if p.priority < 0 || p.priority > 1000 {
		return nil, fmt.Errorf("spec.priority: %d", p.priority)
	}
	subject, err := parseClusterPods(c.Spec.Subject.Namespaces, c.Spec.Subject.Pods)
	if err != nil {
		return nil, fmt.Errorf("spec.subject: %w", err)
	}
	p.subject = *subject
	if len(c.Spec.Ingress) > maxClusterItems || len(c.Spec.Egress) > maxClusterItems {
		return nil, errors.New("more than 25 rules")
	}
	for i, r := range c.Spec.Ingress {
		rule := clusterRule{action: r.Action, netRule: netRule{place: fmt.Sprintf("spec.ingress[%d]", i)}}
		if len(r.From) > maxClusterItems || len(r.Name) > maxRuleName {
			return nil, fmt.Errorf("%s: more than 25 peers, or a name of more than 100 characters", rule.place)
		}
		for k, x := range r.From {
			pods, err := parseClusterPods(x.Namespaces, x.Pods)
			if err != nil {
				return nil, fmt.Errorf("%s.from[%d]: %w", rule.place, k, err)
			}
			rule.peers = append(rule.peers, netPeer{place: fmt.Sprintf("%s.from[%d]", rule.place, k), pods: pods})
		}
		if err := rule.finish(r.Protocols); err != nil {
			return nil, err
		}
		p.ingress = append(p.ingress, rule)
	}
	for i, r := range c.Spec.Egress {
		rule := clusterRule{action: r.Action, netRule: netRule{place: fmt.Sprintf("spec.egress[%d]", i)}}
		if len(r.To) > maxClusterItems || len(r.Name) > maxRuleName {
			return nil, fmt.Errorf("%s: more than 25 peers, or a name of more than 100 characters", rule.place)
		}
		for k, x := range r.To {
			place := fmt.Sprintf("%s.to[%d]", rule.place, k)
			peers, err := parseClusterPeer(place, r.Action, x)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", place, err)
			}
			rule.peers = append(rule.peers, peers...)
		}
		if err := rule.finish(r.Protocols); err != nil {
			return nil, err
		}
		p.egress = append(p.egress, rule)
	}
	return p, nil
}

// parseClusterPods reads a subject or peer, of which exactly one field is set.
func parseClusterPods(namespaces *metav1.LabelSelector, pods *generate.ClusterNetworkPods) (*podPeer, error) {
	if (namespaces == nil) == (pods == nil) {
		return nil, errors.New("not exactly one of namespaces and pods")
	}
	if pods == nil {
		all, err := parseSelector(namespaces)
		return &podPeer{namespaces: all}, err
	}
	of, err := parseSelector(&pods.NamespaceSelector)
	if err != nil {
		return nil, err
	}
	own, err := parseSelector(&pods.PodSelector)
	return &podPeer{namespaces: of, pods: own}, err
}

func parseClusterPeer(place, action string, x generate.ClusterNetworkPeer) ([]netPeer, error) {
	kinds := 0
	for _, set := range []bool{x.Namespaces != nil, x.Pods != nil, x.Nodes != nil, len(x.Networks) > 0, len(x.DomainNames) > 0} {
		if set {
			kinds++
		}
	}
	if kinds != 1 || len(x.Networks) > maxClusterItems || len(x.DomainNames) > maxClusterItems {
		return nil, errors.New("not exactly one kind of destinations, or more than 25 of them")
	}
	switch {
	case x.Nodes != nil:
		if len(x.Nodes.MatchLabels)+len(x.Nodes.MatchExpressions) > 0 {
			return nil, errors.New("nodes by their labels are not judged")
		}
		return []netPeer{{place: place, entity: "remote-node"}, {place: place, entity: "host"}}, nil
	case len(x.Networks) > 0:
		set := addrSet{}
		for _, n := range x.Networks {
			block, err := netip.ParsePrefix(n)
			if err != nil {
				return nil, err
			}
			set = set.union(addrs(block))
		}
		return []netPeer{{place: place, addrs: set}}, nil
	case len(x.DomainNames) > 0:
		if action != generate.ClusterNetworkAccept {
			return nil, errors.New("domain names stand in rules alone that accept")
		}
		var names []netPeer
		for _, n := range x.DomainNames {
			names = append(names, netPeer{place: place, name: n})
		}
		return names, nil
	}
	pods, err := parseClusterPods(x.Namespaces, x.Pods)
	return []netPeer{{place: place, pods: pods}}, err
}

// finish adds the ports and refuses what the API server refuses.
func (r *clusterRule) finish(protocols []generate.ClusterNetworkProtocols) error {
	switch r.action {
	case generate.ClusterNetworkAccept, generate.ClusterNetworkDeny, generate.ClusterNetworkPass:
	default:
		return fmt.Errorf("%s.action: unknown action %q", r.place, r.action)
	}
	if len(r.peers) == 0 {
		return fmt.Errorf("%s: no peers", r.place)
	}
	for i, x := range protocols {
		ports, err := parseClusterPorts(x)
		if err != nil {
			return fmt.Errorf("%s.protocols[%d]: %w", r.place, i, err)
		}
		r.ports = append(r.ports, ports)
	}
	if len(r.ports) > maxClusterItems {
		return fmt.Errorf("%s: more than 25 protocols", r.place)
	}
	named := slices.ContainsFunc(r.ports, func(p netPorts) bool { return p.name != "" })
	if named && slices.ContainsFunc(r.peers, func(p netPeer) bool { return p.pods == nil }) {
		return fmt.Errorf("%s: a named port of what has no named ports", r.place)
	}
	return nil
}

func parseClusterPorts(x generate.ClusterNetworkProtocols) (netPorts, error) {
	var found []netPorts
	add := func(protocol model.Protocol, ports *generate.ClusterNetworkPorts) error {
		switch {
		case ports == nil:
			return nil
		case ports.DestinationPort == nil || (ports.DestinationPort.Number == 0) == (ports.DestinationPort.Range == nil):
			return errors.New("not exactly one of number and range")
		}
		p := netPorts{protocol: protocol, from: ports.DestinationPort.Number, to: ports.DestinationPort.Number}
		if r := ports.DestinationPort.Range; r != nil {
			if p.from, p.to = r.Start, r.End; r.Start >= r.End {
				return fmt.Errorf("ports %d to %d", r.Start, r.End)
			}
		}
		if p.from < 1 || p.to > lastPort {
			return fmt.Errorf("ports %d to %d", p.from, p.to)
		}
		found = append(found, p)
		return nil
	}
	if err := cmp.Or(add(model.TCP, x.TCP), add(model.UDP, x.UDP), add(model.SCTP, x.SCTP)); err != nil {
		return netPorts{}, err
	}
	if x.DestinationNamedPort != "" {
		found = append(found, netPorts{name: x.DestinationNamedPort})
	}
	if len(found) != 1 {
		return netPorts{}, errors.New("not exactly one protocol")
	}
	return found[0], nil
}

// orderClusterPolicies sorts by tier and priority. Between policies of one tier and priority that decide differently nobody
// knows the order: the places of such pairs are returned, unless no pod is the subject of both.
func orderClusterPolicies(policies []*clusterPolicy, disjoint func(a, b *clusterPolicy) bool) (ambiguous []*clusterPolicy) {
	slices.SortStableFunc(policies, func(a, b *clusterPolicy) int {
		return cmp.Or(strings.Compare(a.tier, b.tier), cmp.Compare(a.priority, b.priority), strings.Compare(a.object, b.object))
	})
	for i := 1; i < len(policies); i++ {
		for k := i - 1; k >= 0 && policies[k].tier == policies[i].tier && policies[k].priority == policies[i].priority; k-- {
			if policies[k].differs(policies[i]) && !disjoint(policies[k], policies[i]) {
				ambiguous = append(ambiguous, policies[i])
				break
			}
		}
	}
	return ambiguous
}

// differs reports whether two policies have rules of one direction with different actions.
func (p *clusterPolicy) differs(o *clusterPolicy) bool {
	actions := func(a, b []clusterRule) bool {
		return slices.ContainsFunc(a, func(x clusterRule) bool {
			return slices.ContainsFunc(b, func(y clusterRule) bool { return x.action != y.action })
		})
	}
	return actions(p.ingress, o.ingress) || actions(p.egress, o.egress)
}

// decide returns the action of the first rule of the tier that matches, or "".
func (e *evaluator) decide(tier string, ingress bool, subject *netPod, other netEnd, listener *netPod, port int, protocol model.Protocol) string {
	labels := e.namespaceLabels(subject.namespace)
	for _, p := range e.cluster {
		if p.tier != tier || !p.subject.namespaces.matches(labels) || !p.subject.pods.matches(subject.labels) {
			continue
		}
		rules := p.egress
		if ingress {
			rules = p.ingress
		}
		for _, r := range rules {
			if r.matchesPort(listener, port, protocol) && e.matchesPeer(r.netRule, other) {
				return r.action
			}
		}
	}
	return ""
}
