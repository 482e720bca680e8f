//go:build linux

// Package network turns this process into a node with pods: network namespaces around one that routes between them, in which
// a network policy controller that others wrote filters by the objects of a real API server. Connections between the pods are
// real, and so is what the kernel does with them. It needs Linux and root; the host's network is not touched, and nothing is
// left when the process ends.
package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
)

// Node is the network of a node: pods, and everybody outside of the cluster.
type Node struct {
	// Addresses are the node's own, at most one of each family; pods and strangers have others.
	Addresses []netip.Addr
	space     *space
	ends      []*End
	taken     map[netip.Addr]bool
}

// End is one end of connections: a pod with one address of each family, or all strangers with many.
type End struct {
	space     *space
	addresses []netip.Addr
	closers   []func() error
}

// The first hop of pods and strangers, an address that is nobody's, and its link-layer address on every link of the node.
const (
	gateway     = "169.254.1.1"
	gateway6    = "fe80::eeee"
	gatewayLink = "ee:ee:ee:ee:ee:ee"
)

// NewNode makes a node without pods. Close ends it.
func NewNode(addresses ...netip.Addr) (*Node, error) {
	n := &Node{Addresses: addresses, taken: map[netip.Addr]bool{}}
	var err error
	if n.space, err = newSpace(); err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"ipv4.ip_forward":             "1",
		"ipv4.conf.all.rp_filter":     "0",
		"ipv4.conf.default.rp_filter": "0",
		// The controller's rules refuse by ICMP. A rate limit would turn refusals into silence.
		"ipv4.icmp_ratemask":       "0",
		"ipv6.conf.all.forwarding": "1",
	} {
		if err := n.space.set(name, value); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	for _, a := range addresses {
		n.taken[a] = true
		if err := n.space.ip(ownAddress(a)); err != nil {
			return nil, errors.Join(err, n.Close())
		}
	}
	return n, nil
}

// whole is the range of one address.
func whole(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// ownAddress is the line of ip that gives an address to whoever reads it. It may be used at once.
func ownAddress(a netip.Addr) string {
	line := fmt.Sprintf("address add %s dev lo", whole(a))
	if a.Is6() {
		line += " nodad"
	}
	return line
}

// Pod adds a pod with addresses, at most one of each family.
func (n *Node) Pod(addresses ...netip.Addr) (*End, error) {
	return n.join(addresses, false)
}

// Outside adds everybody who is no pod, with all their addresses. There is one such end.
func (n *Node) Outside(addresses []netip.Addr) (*End, error) {
	return n.join(addresses, true)
}

// join links a new end to the node: packets to its addresses go there, or all that are for nobody else.
func (n *Node) join(addresses []netip.Addr, others bool) (*End, error) {
	for _, a := range addresses {
		if n.taken[a] {
			return nil, fmt.Errorf("%s is taken", a)
		}
		n.taken[a] = true
	}
	s, err := newSpace()
	if err != nil {
		return nil, err
	}
	e := &End{space: s, addresses: addresses}
	n.ends = append(n.ends, e)
	i := len(n.ends)
	port, link := fmt.Sprintf("to%d", i), fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255)
	outer := []string{
		fmt.Sprintf("link add %s address %s type veth peer name eth0 address %s netns %s", port, gatewayLink, link, s.path()),
		fmt.Sprintf("link set %s up", port)}
	inner := []string{"link set eth0 up"}
	for _, family := range []struct {
		has     func(netip.Addr) bool
		gateway string
	}{{netip.Addr.Is4, gateway}, {netip.Addr.Is6, gateway6}} {
		first := slices.IndexFunc(addresses, family.has)
		if first < 0 {
			continue
		}
		hop := addresses[first]
		outer = append(outer,
			fmt.Sprintf("neighbor add %s lladdr %s dev %s nud permanent", hop, link, port),
			fmt.Sprintf("route add %s dev %s", whole(hop), port))
		if others {
			outer = append(outer, fmt.Sprintf("route add default via %s dev %s onlink", hop, port))
		}
		for _, a := range addresses {
			if family.has(a) {
				inner = append(inner, ownAddress(a))
			}
		}
		inner = append(inner,
			fmt.Sprintf("neighbor add %s lladdr %s dev eth0 nud permanent", family.gateway, gatewayLink),
			fmt.Sprintf("route add default via %s dev eth0 onlink src %s", family.gateway, hop))
	}
	return e, errors.Join(n.space.ip(outer...), s.ip(inner...))
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
