package model

import (
	"cmp"
	"net/netip"
	"slices"
)

// HostFlow is a declared or implied connection to a machine's own network stack: the one source of host firewalls and
// of their proofs. Connections to pods are [Flow]s.
type HostFlow struct {
	From        Address        // "node_pool.control", "vpn.wg"; the cluster's address stands for its pods
	Sources     []netip.Prefix // sorted; empty for the internet
	Internet    bool           // everything that no zone contains
	Protocol    Protocol       // TCP, UDP or ESP
	First, Last int            // ports, inclusive; both 0 for ESP
	Use         HostUse
	OnRequest   bool // the port is closed until root opens it for a while
}

// ESP is the protocol of IPsec payloads. No workload declares it; a CNI that encrypts with IPsec needs it.
const ESP Protocol = "ESP"

// HostUse says what a connection to a machine is for.
type HostUse string

const (
	UseAPI      HostUse = "API server"
	UseEtcd     HostUse = "etcd"
	UseKubelet  HostUse = "kubelet"
	UseCNI      HostUse = "pod network"
	UseSSH      HostUse = "SSH"
	UseWorkload HostUse = "workload on the host network"
	UseVPN      HostUse = "VPN"
)

// BindPort is the port on which each API server listens. A load balancer of the user's own may translate the
// endpoint's port; kubeadm's default stands behind it.
func (a API) BindPort() int {
	if a.LoadBalancer != nil && a.LoadBalancer.Kind == ExternalLoadBalancer {
		return 6443
	}
	return a.Endpoint.Port
}

// NodePort is a port that the nodes of a cluster open for each other.
type NodePort struct {
	Protocol    Protocol
	First, Last int
}

// NodePorts returns the ports that the CNI opens between nodes. Sources: Cilium "System Requirements" (VXLAN, health
// checks, WireGuard), Calico "System requirements" (BGP, VXLAN, Typha, WireGuard), Antrea pkg/apis/ports.go and Geneve,
// OVN-Kubernetes (Geneve, IPsec). kube-network-policies opens none. Pods of Amazon and Google have addresses of the provider's network, which carries their packets.
func (n Network) NodePorts() []NodePort {
	switch n.CNI {
	case Cilium:
		ports := []NodePort{{TCP, 4240, 4240}, {UDP, 8472, 8472}}
		if n.Encryption {
			ports = append(ports, NodePort{UDP, 51871, 51871})
		}
		return ports
	case Calico, CalicoEnterprise:
		ports := []NodePort{{TCP, 179, 179}, {TCP, 5473, 5473}, {UDP, 4789, 4789}}
		if n.Encryption {
			ports = append(ports, NodePort{UDP, 51820, 51821})
		}
		return ports
	case Antrea:
		ports := []NodePort{{TCP, 10349, 10351}, {UDP, 6081, 6081}, {UDP, 10351, 10351}}
		if n.Encryption {
			ports = append(ports, NodePort{UDP, 51820, 51820})
		}
		return ports
	case OVNKubernetes:
		ports := []NodePort{{UDP, 6081, 6081}}
		if n.Encryption {
			ports = append(ports, NodePort{UDP, 500, 500}, NodePort{UDP, 4500, 4500}, NodePort{ESP, 0, 0})
		}
		return ports
	}
	return nil
}

// NodeCIDRs returns the addresses of all nodes of the cluster, or of the pools with one of the roles.
func (c *Cluster) NodeCIDRs(roles ...Role) []netip.Prefix {
	var cidrs []netip.Prefix
	for _, p := range c.NodePools {
		if len(roles) == 0 || slices.ContainsFunc(roles, p.Has) {
			cidrs = append(cidrs, p.CIDRs()...)
		}
	}
	return sortPrefixes(cidrs)
}

// Runs reports whether the pool's nodes may run the workload's pods.
func (p *NodePool) Runs(w *Workload) bool {
	if w.Pool != nil {
		return w.Pool == p
	}
	return p.Worker() && !p.Dedicated && p.Cluster == w.Namespace.Cluster
}

// ReadsKubelets reports whether the workload may read from kubelets by the rules of its account, as a metrics scraper
// does. It then connects to their port.
func (w *Workload) ReadsKubelets() bool {
	for _, a := range w.APIAccess {
		for _, r := range a.Resources {
			switch r {
			case "nodes/metrics", "nodes/stats", "nodes/proxy", "nodes/healthz", "nodes/pods", "nodes/log", "nodes/*", "*", "*/*":
				return true
			}
		}
	}
	return false
}

// Inbound returns all connections that the pool's nodes accept, sorted, each once. Established connections, loopback
// and what the network itself needs (ICMP, DHCP) are not flows.
func (p *NodePool) Inbound() []HostFlow {
	c := p.Cluster
	var flows []HostFlow
	add := func(f HostFlow, protocol Protocol, first, last int, use HostUse) {
		f.Protocol, f.First, f.Last, f.Use = protocol, first, last, use
		flows = append(flows, f)
	}
	pods := HostFlow{From: c.Addr(), Sources: sortPrefixes(c.Network.Pods)}
	for _, q := range c.NodePools {
		from := HostFlow{From: q.Addr(), Sources: sortPrefixes(q.CIDRs())}
		if !p.EtcdOnly() && !q.EtcdOnly() { // members of etcd have no pod network and no kubelet that listens
			for _, n := range c.Network.NodePorts() {
				add(from, n.Protocol, n.First, n.Last, UseCNI)
			}
		}
		if q.Has(RoleControlPlane) && !p.EtcdOnly() {
			add(from, TCP, 10250, 10250, UseKubelet)
		}
		if p.Has(RoleControlPlane) && !q.EtcdOnly() {
			add(from, TCP, c.API.BindPort(), c.API.BindPort(), UseAPI)
		}
		switch {
		case !p.Has(RoleEtcd):
		case q.Has(RoleEtcd):
			add(from, TCP, 2379, 2380, UseEtcd)
		case q.Has(RoleControlPlane):
			add(from, TCP, 2379, 2379, UseEtcd) // an API server is a client: members alone speak on 2380
		}
	}
	if p.Has(RoleControlPlane) {
		add(pods, TCP, c.API.BindPort(), c.API.BindPort(), UseAPI)
		for _, peer := range c.API.ReachableFrom {
			for _, f := range c.hostSources(peer) {
				add(f, TCP, c.API.BindPort(), c.API.BindPort(), UseAPI)
			}
		}
		if lb := c.API.LoadBalancer; lb != nil && lb.Kind == ExternalLoadBalancer && lb.Address.IsValid() {
			add(HostFlow{From: c.Addr(), Sources: []netip.Prefix{netip.PrefixFrom(lb.Address, lb.Address.BitLen())}},
				TCP, c.API.BindPort(), c.API.BindPort(), UseAPI)
		}
	}
	if c.Provisioner == Managed {
		// Somebody else's control plane calls from the nodes' own network.
		add(HostFlow{From: p.Zone.Addr(), Sources: sortPrefixes(p.Zone.CIDRs)}, TCP, 10250, 10250, UseKubelet)
	}
	for _, peer := range p.SSHFrom {
		for _, f := range c.hostSources(peer) {
			f.OnRequest = p.OpensSSH()
			add(f, TCP, 22, 22, UseSSH)
		}
	}
	for _, w := range c.Workloads() {
		if w.ReadsKubelets() && !p.EtcdOnly() {
			for _, f := range c.hostSources(w) {
				add(f, TCP, 10250, 10250, UseKubelet)
			}
		}
	}
	for _, f := range c.Flows() {
		w := f.To.Workload
		if !p.Runs(w) || !w.Host.Network && !slices.Contains(w.Host.Ports, f.To.Number) {
			continue
		}
		for _, s := range c.hostSources(f.From) {
			add(s, f.To.Protocol, f.To.Number, f.To.Number, UseWorkload)
		}
	}
	return sortHostFlows(flows)
}

// hostSources returns where connections of a peer come from as a node sees them. CNIs differ in whether a pod keeps
// its address on the way to another node, so both its own range and the nodes' addresses count.
func (c *Cluster) hostSources(peer Peer) []HostFlow {
	switch x := peer.(type) {
	case *Zone:
		return []HostFlow{{From: x.Addr(), Sources: sortPrefixes(x.CIDRs), Internet: x.Internet()}}
	case *VPN:
		return []HostFlow{{From: x.Addr(), Sources: sortPrefixes(x.Zone.CIDRs)}}
	case *JumpBox:
		return []HostFlow{{From: x.Addr(), Sources: sortPrefixes(x.CIDRs())}}
	case *ForeignCluster:
		return []HostFlow{{From: x.Addr(), Sources: sortPrefixes(x.CIDRs)}}
	case *NodePool:
		return []HostFlow{{From: x.Addr(), Sources: sortPrefixes(x.CIDRs())}}
	}
	flows := []HostFlow{{From: c.Addr(), Sources: sortPrefixes(c.Network.Pods)}}
	for _, q := range c.NodePools {
		flows = append(flows, HostFlow{From: q.Addr(), Sources: sortPrefixes(q.CIDRs())})
	}
	return flows
}

// Inbound returns all connections that the jump box accepts.
func (j *JumpBox) Inbound() []HostFlow {
	var flows []HostFlow
	for _, peer := range j.ReachableFrom {
		for _, f := range (&Cluster{}).hostSources(peer) {
			if len(f.Sources) == 0 && !f.Internet {
				continue
			}
			f.Protocol, f.First, f.Last, f.Use = TCP, 22, 22, UseSSH
			flows = append(flows, f)
		}
	}
	return sortHostFlows(flows)
}

// Destination is a machine and port that may be reached from somewhere.
type Destination struct {
	To       Address // "jump_box.bastion", "cluster.shop"
	CIDRs    []netip.Prefix
	Protocol Protocol
	Port     int
}

// Destinations returns what the peer may reach: jump boxes, API servers and nodes' SSH whose declarations name it,
// sorted by address.
func (s *Spec) Destinations(peer Peer) []Destination {
	named := func(peers []Peer) bool {
		return slices.ContainsFunc(peers, func(p Peer) bool { return p.Addr() == peer.Addr() })
	}
	var all []Destination
	for _, j := range s.JumpBoxes {
		if named(j.ReachableFrom) {
			all = append(all, Destination{j.Addr(), sortPrefixes(j.CIDRs()), TCP, 22})
		}
	}
	for _, c := range s.Clusters {
		if named(c.API.ReachableFrom) {
			var cidrs []netip.Prefix
			for _, a := range c.APIServers() {
				cidrs = append(cidrs, netip.PrefixFrom(a.Addr(), a.Addr().BitLen()))
			}
			all = append(all, Destination{c.Addr(), sortPrefixes(cidrs), TCP, c.API.Endpoint.Port})
		}
		for _, p := range c.NodePools {
			if named(p.SSHFrom) {
				all = append(all, Destination{p.Addr(), sortPrefixes(p.CIDRs()), TCP, 22})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Destination) int { return cmp.Compare(a.To, b.To) })
	return all
}

// Inside returns the prefixes that are not the internet: those of every zone, foreign cluster and cluster network.
func (s *Spec) Inside() []netip.Prefix {
	var all []netip.Prefix
	for _, z := range s.Zones {
		all = append(all, z.CIDRs...)
	}
	for _, f := range s.ForeignClusters {
		all = append(all, f.CIDRs...)
	}
	for _, c := range s.Clusters {
		all = append(all, c.Network.Pods...)
		all = append(all, c.Network.Services...)
	}
	return sortPrefixes(all)
}

// sortPrefixes returns the masked prefixes sorted, without those that another one contains.
func sortPrefixes(cidrs []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range cidrs {
		out = append(out, p.Masked())
	}
	slices.SortFunc(out, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	disjoint := out[:0]
	for _, p := range out {
		if n := len(disjoint); n == 0 || !disjoint[n-1].Overlaps(p) {
			disjoint = append(disjoint, p)
		}
	}
	return disjoint
}

func sortHostFlows(flows []HostFlow) []HostFlow {
	slices.SortStableFunc(flows, func(a, b HostFlow) int {
		return cmp.Or(cmp.Compare(a.Use, b.Use), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.First, b.First), cmp.Compare(a.From, b.From))
	})
	return slices.CompactFunc(flows, func(a, b HostFlow) bool {
		return a.Use == b.Use && a.Protocol == b.Protocol && a.First == b.First && a.Last == b.Last && a.From == b.From &&
			slices.Equal(a.Sources, b.Sources)
	})
}

// Entrances returns the VPNs and jump boxes through which people come to the cluster, sorted by name.
func (c *Cluster) Entrances(s *Spec) (vpns []*VPN, boxes []*JumpBox) {
	var named []Peer
	named = append(named, c.API.ReachableFrom...)
	for _, p := range c.NodePools {
		named = append(named, p.SSHFrom...)
	}
	names := func(a Address) bool { return slices.ContainsFunc(named, func(p Peer) bool { return p.Addr() == a }) }
	for _, j := range s.JumpBoxes {
		if names(j.Addr()) {
			boxes = append(boxes, j)
		}
	}
	for _, j := range boxes {
		named = append(named, j.ReachableFrom...)
	}
	for _, v := range s.VPNs {
		if names(v.Addr()) {
			vpns = append(vpns, v)
		}
	}
	return vpns, boxes
}

// RecordedSSH reports whether the sessions of people on the pool's nodes are recorded there: one of the jump boxes
// that they come from says so, and it cannot see into the connections that it forwards.
func (p *NodePool) RecordedSSH() bool {
	return slices.ContainsFunc(p.SSHFrom, func(x Peer) bool {
		j, ok := x.(*JumpBox)
		return ok && j.Recording
	})
}

// NetfilterSeesPods reports whether packets that a pod sends to other machines pass netfilter on its node. Cilium's do
// if it is installed with our values, which only kubeadm clusters are. OVN-Kubernetes hands them from Open vSwitch to
// the wire (its shared gateway mode, the default). Of a provider's plugin no file says it.
func (c *Cluster) NetfilterSeesPods() bool {
	switch c.Network.CNI {
	case Cilium:
		return c.Provisioner == Kubeadm
	case OVNKubernetes:
		return false
	}
	return c.Network.CNI.Provider() == ""
}
