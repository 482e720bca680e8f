//go:build linux

// Package network turns this process into a node with pods: network namespaces around one that routes between them, in which
// the network policy controller of kube-router sets the rules that a real API server's objects ask for. Connections between
// the pods are real, and so is what the kernel does with them. It needs Linux and root; the host's network is not touched, and
// nothing is left when the process ends.
package network

import (
	"errors"
	"fmt"
	"net/netip"
)

// Node is the network of a node: pods, and everybody outside of the cluster.
type Node struct {
	// Address is the node's own; pods and strangers have others.
	Address netip.Addr
	space   *space
	ends    []*End
	taken   map[netip.Addr]bool
}

// End is one end of connections: a pod with one address, or all strangers with many.
type End struct {
	space   *space
	closers []func() error
}

// The first hop of pods and strangers, an address that is nobody's, and its link-layer address on every link of the node.
const (
	gateway     = "169.254.1.1"
	gatewayLink = "ee:ee:ee:ee:ee:ee"
)

// NewNode makes a node without pods. Close ends it.
func NewNode(address netip.Addr) (*Node, error) {
	n := &Node{Address: address, taken: map[netip.Addr]bool{address: true}}
	var err error
	if n.space, err = newSpace(); err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"ipv4.ip_forward":             "1",
		"ipv4.conf.all.rp_filter":     "0",
		"ipv4.conf.default.rp_filter": "0",
		// The controller's rules refuse by ICMP. A rate limit would turn refusals into silence.
		"ipv4.icmp_ratemask": "0",
	} {
		if err := n.space.set(name, value); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	if err := n.space.ip(fmt.Sprintf("address add %s/32 dev lo", address)); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// Pod adds a pod with an address.
func (n *Node) Pod(address netip.Addr) (*End, error) {
	return n.join([]netip.Addr{address}, address.String()+"/32")
}

// Outside adds everybody who is no pod, with all their addresses. There is one such end.
func (n *Node) Outside(addresses []netip.Addr) (*End, error) {
	return n.join(addresses, "default")
}

// join links a new end to the node: packets for the route go there.
func (n *Node) join(addresses []netip.Addr, route string) (*End, error) {
	for _, a := range addresses {
		if !a.Is4() {
			return nil, fmt.Errorf("%s: the controller filters IPv4 alone", a)
		}
		if n.taken[a] {
			return nil, fmt.Errorf("%s is taken", a)
		}
		n.taken[a] = true
	}
	s, err := newSpace()
	if err != nil {
		return nil, err
	}
	e := &End{space: s}
	n.ends = append(n.ends, e)
	i := len(n.ends)
	port, link := fmt.Sprintf("to%d", i), fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255)
	hop := addresses[0].String()
	err = n.space.ip(
		fmt.Sprintf("link add %s address %s type veth peer name eth0 address %s netns %s", port, gatewayLink, link, s.path()),
		fmt.Sprintf("link set %s up", port),
		fmt.Sprintf("neighbor add %s lladdr %s dev %s nud permanent", hop, link, port),
		fmt.Sprintf("route add %s/32 dev %s", hop, port))
	if err == nil && route != hop+"/32" {
		err = n.space.ip(fmt.Sprintf("route add %s via %s dev %s onlink", route, hop, port))
	}
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, a := range addresses {
		lines = append(lines, fmt.Sprintf("address add %s/32 dev lo", a))
	}
	lines = append(lines,
		"link set eth0 up",
		fmt.Sprintf("neighbor add %s lladdr %s dev eth0 nud permanent", gateway, gatewayLink),
		fmt.Sprintf("route add default via %s dev eth0 onlink src %s", gateway, addresses[0]))
	return e, s.ip(lines...)
}

// forget makes the kernel forget the connections that it has seen: what was allowed once is allowed for as long as it
// remembers it.
func (n *Node) forget() error { return n.space.run("", "conntrack", "-F") }

// Close ends the node, its pods and the strangers.
func (n *Node) Close() error {
	var errs []error
	for _, e := range n.ends {
		for _, c := range e.closers {
			errs = append(errs, c())
		}
		errs = append(errs, e.space.file.Close())
	}
	return errors.Join(append(errs, n.space.file.Close())...)
}
