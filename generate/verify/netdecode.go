package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// parseNetworkPolicy takes a policy apart. An error means that the API server would refuse it or that its effect is
// not understood.
//
// policyTypes left out means Ingress, and Egress only if there is an egress rule: an empty list of egress rules
// isolates nothing (k8s.io/api/networking/v1, NetworkPolicySpec).
func parseNetworkPolicy(path string, n *networkingv1.NetworkPolicy) (*netPolicy, error) {
	subject, err := parseSelector(&n.Spec.PodSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.podSelector: %w", err)
	}
	p := &netPolicy{
		path: path, object: "NetworkPolicy/" + n.Namespace + "/" + n.Name,
		namespace: n.Namespace, subject: subject,
	}
	types := n.Spec.PolicyTypes
	if len(types) == 0 {
		types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(n.Spec.Egress) > 0 {
			types = append(types, networkingv1.PolicyTypeEgress)
		}
	}
	for _, t := range types {
		switch t {
		case networkingv1.PolicyTypeIngress:
			p.ingress = &netDirection{}
		case networkingv1.PolicyTypeEgress:
			p.egress = &netDirection{}
		default:
			return nil, fmt.Errorf("spec.policyTypes: unknown type %q", t)
		}
	}
	if p.ingress != nil {
		for i, r := range n.Spec.Ingress {
			rule, err := parseRule(fmt.Sprintf("spec.ingress[%d]", i), "from", n.Namespace, r.From, r.Ports)
			if err != nil {
				return nil, err
			}
			p.ingress.rules = append(p.ingress.rules, rule)
		}
	}
	if p.egress != nil {
		for i, r := range n.Spec.Egress {
			rule, err := parseRule(fmt.Sprintf("spec.egress[%d]", i), "to", n.Namespace, r.To, r.Ports)
			if err != nil {
				return nil, err
			}
			p.egress.rules = append(p.egress.rules, rule)
		}
	}
	return p, nil
}

func parseRule(place, field, namespace string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) (netRule, error) {
	r := netRule{place: place, anyPeer: len(peers) == 0}
	for i, p := range peers {
		at := fmt.Sprintf("%s.%s[%d]", place, field, i)
		peer, err := parsePeer(namespace, p)
		if err != nil {
			return r, fmt.Errorf("%s: %w", at, err)
		}
		peer.place = at
		r.peers = append(r.peers, peer)
	}
	for i, p := range ports {
		port, err := parsePort(p)
		if err != nil {
			return r, fmt.Errorf("%s.ports[%d]: %w", place, i, err)
		}
		r.ports = append(r.ports, port)
	}
	return r, nil
}

func parsePeer(namespace string, p networkingv1.NetworkPolicyPeer) (netPeer, error) {
	if p.IPBlock != nil {
		if p.PodSelector != nil || p.NamespaceSelector != nil {
			return netPeer{}, errors.New("ipBlock beside a selector")
		}
		set, err := parseBlock(p.IPBlock.CIDR, p.IPBlock.Except)
		return netPeer{addrs: set}, err
	}
	if p.PodSelector == nil && p.NamespaceSelector == nil {
		return netPeer{}, errors.New("no ipBlock and no selector")
	}
	// Without a namespaceSelector the pods of the policy's own namespace are meant.
	pods := &podPeer{namespaces: ownNamespace(namespace)}
	var err error
	if p.NamespaceSelector != nil {
		if pods.namespaces, err = parseSelector(p.NamespaceSelector); err != nil {
			return netPeer{}, err
		}
	}
	if p.PodSelector != nil {
		if pods.pods, err = parseSelector(p.PodSelector); err != nil {
			return netPeer{}, err
		}
	}
	return netPeer{pods: pods}, nil
}

func ownNamespace(name string) selector {
	return selector{{namespaceNameLabel, metav1.LabelSelectorOpIn, []string{name}}}
}

// parseBlock returns the addresses of an ipBlock. Exceptions must lie inside the block.
func parseBlock(cidr string, except []string) (addrSet, error) {
	block, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil, err
	}
	set := addrs(block)
	for _, e := range except {
		cut, err := netip.ParsePrefix(e)
		if err != nil {
			return nil, err
		}
		if cut.Bits() <= block.Bits() || !block.Contains(cut.Addr()) {
			return nil, fmt.Errorf("exception %s is not inside %s", e, cidr)
		}
		set = set.minus(addrs(cut))
	}
	if set == nil {
		set = addrSet{}
	}
	return set, nil
}

func parsePort(p networkingv1.NetworkPolicyPort) (netPorts, error) {
	out := netPorts{protocol: model.TCP, to: lastPort}
	if p.Protocol != nil {
		switch *p.Protocol {
		case corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP:
			out.protocol = model.Protocol(*p.Protocol)
		default:
			return out, fmt.Errorf("unknown protocol %q", *p.Protocol)
		}
	}
	switch {
	case p.Port == nil && p.EndPort != nil:
		return out, errors.New("endPort without port")
	case p.Port == nil:
	case p.Port.Type == intstr.String:
		if p.EndPort != nil {
			return out, errors.New("endPort beside a named port")
		}
		out.name = p.Port.StrVal
		if out.name == "" {
			return out, errors.New("empty port name")
		}
	default:
		out.from, out.to = int(p.Port.IntVal), int(p.Port.IntVal)
		if p.EndPort != nil {
			out.to = int(*p.EndPort)
		}
		if out.from < 1 || out.to > lastPort || out.to < out.from {
			return out, fmt.Errorf("ports %d to %d", out.from, out.to)
		}
	}
	return out, nil
}

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
	for i, r := range c.Spec.Egress {
		rule := netRule{place: fmt.Sprintf("spec.egress[%d]", i)}
		for _, x := range r.ToEntities {
			rule.peers = append(rule.peers, entityPeer(rule.place+".toEntities", x))
		}
		for _, x := range r.ToFQDNs {
			if x.MatchName == "" || strings.Contains(x.MatchName, "*") {
				return nil, fmt.Errorf("%s.toFQDNs: %q is no name", rule.place, x.MatchName)
			}
			rule.peers = append(rule.peers, netPeer{place: rule.place + ".toFQDNs", name: x.MatchName})
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
	for _, t := range ports {
		if len(t.Ports) == 0 {
			return fmt.Errorf("%s.toPorts: no ports", r.place)
		}
		for _, p := range t.Ports {
			number, err := strconv.Atoi(p.Port)
			if err != nil || number < 1 || number > lastPort {
				return fmt.Errorf("%s.toPorts: port %q", r.place, p.Port)
			}
			switch p.Protocol {
			case "TCP", "UDP", "SCTP":
			default:
				return fmt.Errorf("%s.toPorts: protocol %q", r.place, p.Protocol)
			}
			r.ports = append(r.ports, netPorts{protocol: model.Protocol(p.Protocol), from: number, to: number})
		}
	}
	if len(r.ports) == 0 {
		return fmt.Errorf("%s: no ports", r.place)
	}
	return nil
}
