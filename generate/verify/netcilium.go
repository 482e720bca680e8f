package verify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// ciliumNamespaceKey is the label by which Cilium knows the namespace of a pod.
const ciliumNamespaceKey = "io.kubernetes.pod.namespace"

// parseCilium takes a CiliumNetworkPolicy apart. The type holds the understood part of the API alone, so that strict
// decoding refuses everything else.
//
// A direction is isolated if its list has a rule; a rule must name its peers and its ports, because Cilium reads an
// omission as "any".
func parseCilium(path string, c *generate.CiliumNetworkPolicy) (*netPolicy, error) {
	subject, err := parseCiliumSelector(&c.Spec.EndpointSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.endpointSelector: %w", err)
	}
	for _, r := range subject {
		if reservedKey(r.key) {
			return nil, fmt.Errorf("spec.endpointSelector: label %q is not understood", r.key)
		}
	}
	p := &netPolicy{
		path: path, object: "CiliumNetworkPolicy/" + c.Namespace + "/" + c.Name,
		namespace: c.Namespace, subject: subject,
	}
	for i, r := range c.Spec.Ingress {
		rule := netRule{place: fmt.Sprintf("spec.ingress[%d]", i)}
		for _, x := range r.FromEntities {
			rule.peers = append(rule.peers, entityPeer(rule.place+".fromEntities", x))
		}
		for _, x := range r.FromCIDRSet {
			set, err := parseBlock(x.CIDR, x.Except)
			if err != nil {
				return nil, fmt.Errorf("%s.fromCIDRSet: %w", rule.place, err)
			}
			rule.peers = append(rule.peers, netPeer{place: rule.place + ".fromCIDRSet", addrs: set})
		}
		if err := finishCilium(&rule, r.ToPorts, len(r.FromEntities) > 0, len(r.FromCIDRSet) > 0); err != nil {
			return nil, err
		}
		if p.ingress == nil {
			p.ingress = &netDirection{}
		}
		p.ingress.rules = append(p.ingress.rules, rule)
	}
	for i, r := range c.Spec.EgressDeny {
		drop, err := parseCiliumDeny(fmt.Sprintf("spec.egressDeny[%d]", i), r)
		if err != nil {
			return nil, err
		}
		p.drops = append(p.drops, drop)
		p.egress = &netDirection{} // a denial isolates, too
	}
	for i, r := range c.Spec.Egress {
		rule := netRule{place: fmt.Sprintf("spec.egress[%d]", i)}
		for _, x := range r.ToEntities {
			rule.peers = append(rule.peers, entityPeer(rule.place+".toEntities", x))
		}
		for _, x := range r.ToFQDNs {
			if x.MatchName == "" || strings.Contains(x.MatchName, "*") {
				return nil, fmt.Errorf("%s.toFQDNs: %q is no name", rule.place, x.MatchName)
			}
		}
		for _, x := range r.ToEndpoints {
			peer, err := parseCiliumEndpoint(c.Namespace, x)
			if err != nil {
				return nil, fmt.Errorf("%s.toEndpoints: %w", rule.place, err)
			}
			peer.place = rule.place + ".toEndpoints"
			rule.peers = append(rule.peers, peer)
		}
		if err := finishCilium(&rule, r.ToPorts, len(r.ToEntities) > 0, len(r.ToFQDNs) > 0, len(r.ToEndpoints) > 0); err != nil {
			return nil, err
		}
		for _, x := range r.ToFQDNs {
			rule.peers = append(rule.peers, p.named(rule.place+".toFQDNs", x.MatchName, rule.ports, ciliumNodes...))
		}
		if p.egress == nil {
			p.egress = &netDirection{}
		}
		p.egress.rules = append(p.egress.rules, rule)
	}
	return p, nil
}

// nodeEntities are the entities that stand for less than the world. All others are taken for everything.
var nodeEntities = []string{"host", "remote-node", "kube-apiserver", "ingress"}

func entityPeer(place, entity string) netPeer {
	if !slices.Contains(nodeEntities, entity) {
		return netPeer{place: place, everywhere: true}
	}
	return netPeer{place: place, entity: entity}
}

func parseCiliumEndpoint(namespace string, s metav1.LabelSelector) (netPeer, error) {
	all, err := parseCiliumSelector(&s)
	if err != nil {
		return netPeer{}, err
	}
	pods := &podPeer{}
	for _, r := range all {
		switch {
		case r.key == ciliumNamespaceKey:
			r.key = namespaceNameLabel
			pods.namespaces = append(pods.namespaces, r)
		case reservedKey(r.key):
			return netPeer{}, fmt.Errorf("label %q is not understood", r.key)
		default:
			pods.pods = append(pods.pods, r)
		}
	}
	if pods.namespaces == nil {
		pods.namespaces = ownNamespace(namespace)
	}
	return netPeer{pods: pods}, nil
}

// reservedKey reports whether Cilium gives the label a meaning of its own, for example the labels of a namespace.
func reservedKey(key string) bool {
	return strings.HasPrefix(key, "io.cilium.") || strings.HasPrefix(key, "io.kubernetes.")
}

// parseCiliumSelector reads a selector whose keys may carry the source of the label.
func parseCiliumSelector(s *metav1.LabelSelector) (selector, error) {
	sel, err := parseSelector(s)
	for i := range sel {
		if source, key, ok := strings.Cut(sel[i].key, ":"); ok {
			if source != "k8s" && source != "any" {
				return nil, fmt.Errorf("label source %q is not understood", source)
			}
			sel[i].key = key
		}
	}
	return sel, err
}

// parseCiliumDeny takes a denial apart. Only nodes are understood among the entities: what else is denied cuts off more than
// names.
func parseCiliumDeny(place string, r generate.CiliumEgressDeny) (netDrop, error) {
	drop := netDrop{place: place}
	if (len(r.ToEntities) > 0) == (len(r.ToCIDRSet) > 0) {
		return drop, fmt.Errorf("%s: not exactly one kind of peers", place)
	}
	for _, x := range r.ToEntities {
		if !slices.Contains(ciliumNodes, x) {
			return drop, fmt.Errorf("%s.toEntities: denying %q is not judged", place, x)
		}
		drop.nodes = append(drop.nodes, x)
	}
	for _, x := range r.ToCIDRSet {
		set, err := parseBlock(x.CIDR, x.Except)
		if err != nil {
			return drop, fmt.Errorf("%s.toCIDRSet: %w", place, err)
		}
		drop.addrs = drop.addrs.union(set)
	}
	var err error
	for _, t := range r.ToPorts {
		if t.Rules != nil {
			return drop, fmt.Errorf("%s.toPorts: denials have no rules above the transport layer", place)
		}
	}
	drop.ports, err = ciliumPorts(place, r.ToPorts)
	return drop, err
}

// finishCilium adds the ports and refuses rules that name no peer, several kinds of peers, or no port.
func finishCilium(r *netRule, ports []generate.CiliumToPort, kinds ...bool) error {
	n := 0
	for _, k := range kinds {
		if k {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("%s: %d kinds of peers in one rule", r.place, n)
	}
	var err error
	if r.ports, err = ciliumPorts(r.place, ports); err == nil && len(r.ports) == 0 {
		err = fmt.Errorf("%s: no ports", r.place)
	}
	return err
}

func ciliumPorts(place string, ports []generate.CiliumToPort) ([]netPorts, error) {
	var out []netPorts
	for _, t := range ports {
		if len(t.Ports) == 0 {
			return nil, fmt.Errorf("%s.toPorts: no ports", place)
		}
		for _, p := range t.Ports {
			number, err := strconv.Atoi(p.Port)
			if err != nil || number < 1 || number > lastPort {
				return nil, fmt.Errorf("%s.toPorts: port %q", place, p.Port)
			}
			switch p.Protocol {
			case "TCP", "UDP", "SCTP":
			default:
				return nil, fmt.Errorf("%s.toPorts: protocol %q", place, p.Protocol)
			}
			out = append(out, netPorts{protocol: model.Protocol(p.Protocol), from: number, to: number})
		}
	}
	return out, nil
}
