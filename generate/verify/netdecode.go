package verify

import (
	"errors"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

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
