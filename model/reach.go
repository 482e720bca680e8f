package model

import (
	"cmp"
	"net/netip"
	"slices"
)

// Block is a range of addresses with holes, as an ipBlock of a network policy has it.
type Block struct {
	CIDR   netip.Prefix
	Except []netip.Prefix // strictly inside CIDR, sorted, none inside another
}

// MetadataAddresses are where cloud providers serve instance metadata and credentials to whoever asks from the machine:
// AWS, Google, OpenStack and others (169.254.169.254, fd00:ec2::254, fd20:ce::254), Alibaba, and Azure's wire server.
var MetadataAddresses = []netip.Prefix{
	netip.MustParsePrefix("100.100.100.200/32"),
	netip.MustParsePrefix("168.63.129.16/32"),
	netip.MustParsePrefix("169.254.169.254/32"),
	netip.MustParsePrefix("fd00:ec2::254/128"),
	netip.MustParsePrefix("fd20:ce::254/128"),
}

// special are the IPv4 ranges that are not the internet's: IANA's special-purpose registry (RFC 6890), multicast and
// reserved addresses. For IPv6 the internet is global unicast, 2000::/3.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("224.0.0.0/3"),
}

// APIPort is the port on which each API server listens. An external load balancer may publish another one.
func (c *Cluster) APIPort() int {
	if lb := c.API.LoadBalancer; lb != nil && lb.Kind == ExternalLoadBalancer {
		return 6443
	}
	return c.API.Endpoint.Port
}

// APIServers returns the addresses and ports of the API servers as pods see them after the translation of the
// Service "kubernetes", and the load balancer in front of them. For managed clusters it is the endpoint, if that is an
// address. Sorted.
func (c *Cluster) APIServers() []netip.AddrPort {
	var servers []netip.AddrPort
	for _, p := range c.NodePools {
		if p.Has(RoleControlPlane) {
			for _, n := range p.Nodes {
				servers = append(servers, netip.AddrPortFrom(n.Address, uint16(c.APIPort())))
			}
		}
	}
	endpoint := uint16(c.API.Endpoint.Port)
	if lb := c.API.LoadBalancer; lb != nil && lb.Address.IsValid() {
		servers = append(servers, netip.AddrPortFrom(lb.Address, endpoint))
	}
	if a, err := netip.ParseAddr(c.API.Endpoint.Host); err == nil {
		servers = append(servers, netip.AddrPortFrom(a, endpoint))
	}
	slices.SortFunc(servers, netip.AddrPort.Compare)
	return slices.Compact(servers)
}

// DNSRange is the address of the cluster's DNS service as a range.
func (c *Cluster) DNSRange() netip.Prefix {
	return netip.PrefixFrom(c.Network.DNS, c.Network.DNS.BitLen())
}

// Outside returns a declared range as a block: without the cluster's pods and Services, which only declared flows
// reach, and without metadata addresses. A range that lies inside one of these is meant as it is written.
func (c *Cluster) Outside(cidr netip.Prefix) Block {
	return block(cidr, slices.Concat(c.Network.Pods, c.Network.Services, MetadataAddresses))
}

// InternetBlocks returns the built-in zone "internet" as the cluster sees it: all public addresses that no zone,
// foreign cluster, node, pod or Service of the specification has. There is a block for each family of the pod network.
func (c *Cluster) InternetBlocks(s *Spec) []Block {
	holes := slices.Concat(special, MetadataAddresses)
	for _, z := range s.Zones {
		holes = append(holes, z.CIDRs...)
	}
	for _, f := range s.ForeignClusters {
		holes = append(holes, f.CIDRs...)
	}
	for _, o := range s.Clusters {
		holes = slices.Concat(holes, o.Network.Pods, o.Network.Services)
		for _, p := range o.NodePools {
			holes = append(holes, p.CIDRs()...)
		}
		for _, a := range o.APIServers() {
			holes = append(holes, netip.PrefixFrom(a.Addr(), a.Addr().BitLen()))
		}
	}
	var blocks []Block
	for _, pods := range c.Network.Pods {
		all := netip.MustParsePrefix("0.0.0.0/0")
		if pods.Addr().Is6() {
			all = netip.MustParsePrefix("2000::/3")
		}
		blocks = append(blocks, block(all, holes))
	}
	return blocks
}

// ZoneBlocks returns the addresses of a zone.
func (c *Cluster) ZoneBlocks(s *Spec, z *Zone) []Block {
	if z.Internet() {
		return c.InternetBlocks(s)
	}
	return c.blocks(z.CIDRs)
}

func (c *Cluster) blocks(cidrs []netip.Prefix) []Block {
	var blocks []Block
	for _, p := range cidrs {
		blocks = append(blocks, c.Outside(p))
	}
	return blocks
}

// EgressBlocks returns the addresses that an egress declaration means.
func (c *Cluster) EgressBlocks(s *Spec, e *Egress) []Block {
	var cidrs []netip.Prefix
	cidrs = append(cidrs, e.CIDRs...)
	var blocks []Block
	for _, z := range e.Zones {
		if z.Internet() {
			blocks = append(blocks, c.InternetBlocks(s)...)
			continue
		}
		cidrs = append(cidrs, z.CIDRs...)
	}
	slices.SortFunc(cidrs, comparePrefixes)
	for _, p := range slices.Compact(cidrs) {
		b := c.Outside(p)
		// The right to the API server comes from api_access alone, not from a range that happens to contain it.
		for _, a := range c.APIServers() {
			if e.Protocol != UDP && e.Port == int(a.Port()) {
				b = block(b.CIDR, append(b.Except, netip.PrefixFrom(a.Addr(), a.Addr().BitLen())))
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// HostPools returns the pools on which the workload's pods may run: its own, or all worker pools that are not
// dedicated.
func (w *Workload) HostPools() []*NodePool {
	if w.Pool != nil {
		return []*NodePool{w.Pool}
	}
	var pools []*NodePool
	for _, p := range w.Namespace.Cluster.NodePools {
		if p.Worker() && !p.Dedicated {
			pools = append(pools, p)
		}
	}
	return pools
}

// SourceBlocks returns the addresses from which a peer's connections come. It is empty for peers that are known by
// their labels: workloads on the pod network, namespaces and gateways.
func (c *Cluster) SourceBlocks(s *Spec, p Peer) []Block {
	switch p := p.(type) {
	case *Zone:
		return c.ZoneBlocks(s, p)
	case *VPN:
		return c.blocks(p.Zone.CIDRs)
	case *JumpBox:
		return c.blocks(p.CIDRs())
	case *ForeignCluster:
		return c.blocks(p.CIDRs)
	case *NodePool:
		return c.blocks(p.CIDRs())
	case *Workload:
		if !p.Host.Network {
			return nil
		}
		var blocks []Block
		for _, pool := range p.HostPools() {
			blocks = append(blocks, c.blocks(pool.CIDRs())...)
		}
		return blocks
	}
	return nil
}

// block cuts the holes out of a range and leaves out holes inside others.
func block(cidr netip.Prefix, holes []netip.Prefix) Block {
	cidr = cidr.Masked()
	b := Block{CIDR: cidr}
	var inside []netip.Prefix
	for _, h := range holes {
		if h = h.Masked(); h.Bits() > cidr.Bits() && cidr.Contains(h.Addr()) {
			inside = append(inside, h)
		}
	}
	slices.SortFunc(inside, comparePrefixes)
	for _, h := range inside {
		if n := len(b.Except); n > 0 && b.Except[n-1].Contains(h.Addr()) {
			continue
		}
		b.Except = append(b.Except, h)
	}
	return b
}

// comparePrefixes sorts by address, wider ranges first.
func comparePrefixes(a, b netip.Prefix) int {
	if c := a.Addr().Compare(b.Addr()); c != 0 {
		return c
	}
	return cmp.Compare(a.Bits(), b.Bits())
}
