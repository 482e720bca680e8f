package model

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

func (l *loader) checkNodePool(n *node, p *NodePool) {
	l.notInternet(n, "zone")
	fixed, elastic := l.has(n, "nodes"), l.has(n, "cidr")
	switch {
	case fixed && elastic:
		l.errorf(l.at(n, "cidr"), "Contradiction", "A pool has either nodes with fixed addresses or the network of an elastic pool, not both.")
	case !fixed && !elastic:
		l.errorf(n.at, "Missing nodes", "%s needs nodes = { name = \"address\" }, or cidr = \"…\" for an elastic pool.", n.describe())
	}
	l.notEmpty(n, "nodes", "Name the machines, or use cidr for an elastic pool.")
	if l.has(n, "max") && !elastic {
		l.errorf(l.at(n, "max"), "Useless max", "Only elastic pools, those with cidr, have a largest size.")
	}
	if elastic && len(p.Roles) > 0 {
		l.errorf(l.at(n, "cidr"), "Elastic control plane", "Nodes with the role %q need fixed addresses: the certificates and the members of etcd name them. Write nodes = { cp-1 = \"10.0.0.11\" }.", p.Roles[0])
	}
	if p.Dedicated && len(p.Roles) > 0 {
		l.errorf(l.at(n, "dedicated"), "Useless dedicated", "Nodes with roles run no workloads anyway.")
	}
	if l.has(n, "ssh") && !l.has(n, "ssh_from") {
		l.errorf(l.at(n, "ssh"), "Useless ssh", "Without ssh_from no sshd runs, so there is nothing to open. Name a jump box in ssh_from, or leave ssh out.")
	}
	if p.Cluster != nil && p.Cluster.Provisioner == Managed && len(p.Roles) > 0 {
		l.errorf(l.at(n, "roles"), "Managed control plane", "The control plane of %s is managed: its nodes are not ours to configure.", p.Cluster.Addr())
	}
	if p.CIDR.IsValid() && p.Max > 0 {
		if bits := p.CIDR.Addr().BitLen() - p.CIDR.Bits(); bits < 16 && 1<<bits-2 < p.Max {
			l.errorf(l.at(n, "cidr"), "Network too small", "%s has fewer than %d usable addresses.", p.CIDR, p.Max)
		}
	}
	l.checkPoolZone(n, p)
	l.checkNodeSize(n, p)
	l.checkProvidedNodes(n, p)
}

// checkProvidedNodes holds that nothing is asked of a provider's nodes that only files of ours would do.
func (l *loader) checkProvidedNodes(n *node, p *NodePool) {
	if p.Ours() {
		return
	}
	refuse := func(at hcl.Range, name string) {
		l.errorf(at, "Nodes of a provider", "%s runs the nodes of %s, and no file of ours reaches them. Leave %s out; if there is evidence of a control of the nodes, write an attestation.", p.Cluster.Network.CNI.Provider(), p.Cluster.Addr(), name)
	}
	for _, name := range []string{"os", "ssh_from", "ssh", "runtime", "patching"} {
		if l.has(n, name) {
			refuse(l.at(n, name), name)
		}
	}
	if b := n.one("physical"); b != nil {
		refuse(b.at, "physical")
	}
}

// checkPoolZone holds that the addresses of a pool are in its zone.
func (l *loader) checkPoolZone(n *node, p *NodePool) {
	z := l.zoneRef(n)
	if z == nil || !l.completeZone(z) {
		return
	}
	nets := l.zoneCIDRs(z)
	for _, v := range l.items(n, "nodes") {
		if a := of[netip.Addr](v); !contains(nets, a) {
			l.errorf(v.at, "Address outside zone", "%s is not an address of %s.", a, z.Addr())
		}
	}
	if p.CIDR.IsValid() {
		inside := false
		for _, net := range nets {
			inside = inside || net.Contains(p.CIDR.Addr()) && net.Bits() <= p.CIDR.Bits()
		}
		if !inside {
			l.errorf(l.at(n, "cidr"), "Network outside zone", "%s is not part of %s.", p.CIDR, z.Addr())
		}
	}
}

// checkClusters holds what only all pools of a cluster together show.
func (l *loader) checkClusters() {
	if len(l.of("cluster")) == 0 {
		if len(l.diags) == 0 || !l.diags.HasErrors() {
			l.errorf(hcl.Range{}, "Missing cluster", "The specification has no cluster block.")
		}
		return
	}
	for _, n := range l.of("cluster") {
		c := n.object.(*Cluster)
		l.checkControlPlane(n, c)
		l.checkBalancer(n, c)
		l.checkManagedAPI(n, c)
	}
}

func loadBalancer(n *node) *node {
	if api := n.one("api"); api != nil {
		return api.one("load_balancer")
	}
	return nil
}

// checkBalancer holds that the load balancer can have its address: no network of the cluster's own, and with kube-vip,
// which announces it by ARP or neighbour discovery, one that the control plane's machines share.
func (l *loader) checkBalancer(n *node, c *Cluster) {
	b := loadBalancer(n)
	if b == nil || !c.API.LoadBalancer.Address.IsValid() {
		return
	}
	a := c.API.LoadBalancer.Address
	if net := n.one("network"); net != nil {
		for _, s := range append(l.spans(net, "pods", "pods"), l.spans(net, "services", "services")...) {
			if s.net.Contains(a) {
				l.errorf(l.at(b, "address"), "Address in cluster network", "%s is in %s, the network of the %s of %s, where no machine can have it. Write an address of the network in which the control plane stands.", a, s.net, s.what, c.Addr())
				return
			}
		}
	}
	if c.API.LoadBalancer.Kind != KubeVIP {
		return
	}
	for _, p := range c.NodePools {
		if p.Has(RoleControlPlane) && p.Zone != nil && !p.Zone.Internet() && l.completeZone(p.Zone) && !contains(l.zoneCIDRs(p.Zone), a) {
			l.errorf(l.at(b, "address"), "Address outside zone", "%s is not an address of %s, where %s stands: kube-vip announces it to the network of its node only. Write a free address of that zone, or kind = \"external\" for a load balancer of your own.", a, p.Zone.Addr(), p.Addr())
			return
		}
	}
}

func (l *loader) checkControlPlane(n *node, c *Cluster) {
	var control, etcd int
	var at hcl.Range
	bad := false
	for _, p := range l.of("node_pool") {
		pool := p.object.(*NodePool)
		if pool.Cluster != c {
			bad = bad || pool.Cluster == nil
			continue
		}
		v := l.get(p, "roles")
		bad = bad || v.isBad() || l.has(p, "roles") && v == nil || l.get(p, "nodes").isBad() || len(pool.Roles) > 0 && len(pool.Nodes) == 0
		if pool.Has(RoleControlPlane) {
			control += len(pool.Nodes)
		}
		if pool.Has(RoleEtcd) {
			etcd += len(pool.Nodes)
			at = l.at(p, "nodes")
		}
	}
	if bad || l.lost("node_pool") || c.Provisioner == Managed || l.etcdIsMixed(c) {
		return
	}
	switch {
	case control == 0:
		l.errorf(n.at, "Missing control plane", "%s has no node pool with roles = [\"control-plane\", \"etcd\"] and nodes. For a managed control plane write provisioner = \"managed\".", n.describe())
	case etcd%2 == 0:
		l.errorf(at, "Even number of members", "etcd would have %d members, which survive no more failures than %d but have more parts that fail. Write an odd number.", etcd, etcd-1)
	}
	if api := n.one("api"); control > 1 && api != nil && api.one("load_balancer") == nil {
		l.warnf(api.at, "No load balancer", "%d API servers share the endpoint %s. Without a load_balancer block, that name must lead to all of them, and drop those that fail.", control, c.API.Endpoint.Host)
	}
}

// etcdIsMixed reports pools that give only some API servers an etcd beside them, or none of them any: kubeadm sets etcd up
// beside each API server, or uses one that runs elsewhere.
func (l *loader) etcdIsMixed(c *Cluster) bool {
	var alone, beside, without *node
	for _, n := range l.of("node_pool") {
		switch p := n.object.(*NodePool); {
		case p.Cluster != c:
		case p.EtcdOnly():
			alone = n
		case p.Has(RoleEtcd):
			beside = n
		case p.Has(RoleControlPlane):
			without = n
		}
	}
	switch {
	case alone != nil && beside != nil:
		l.errorf(l.at(beside, "roles"), "Mixed etcd", "etcd runs beside each API server, or on machines of its own such as %s, not both. Write roles = [\"control-plane\"] here.", alone.addr)
	case beside != nil && without != nil:
		l.errorf(l.at(without, "roles"), "Mixed etcd", "etcd runs beside each API server or beside none, and it runs on %s. Write roles = [\"control-plane\", \"etcd\"] here.", beside.addr)
	case alone == nil && beside == nil && without != nil:
		l.errorf(l.at(without, "roles"), "Missing etcd", "No node pool of %s has the role \"etcd\". Write roles = [\"control-plane\", \"etcd\"], or declare a pool with roles = [\"etcd\"] for machines of its own.", c.Addr())
	default:
		return false
	}
	return true
}

// span is a network with the place that declares it.
type span struct {
	net   netip.Prefix
	what  string
	owner string // networks of one owner may repeat
	at    hcl.Range
}

func (l *loader) spans(n *node, name, what string) []span {
	var all []span
	for _, v := range l.items(n, name) {
		if p := of[netip.Prefix](v); p.IsValid() {
			all = append(all, span{p, what, string(n.addr), v.at})
		}
	}
	return all
}

// overlaps reports networks that overlap: of the second, with the name of the first.
func (l *loader) overlaps(all []span) {
	for i, b := range all {
		for _, a := range all[:i] {
			if a.net.Overlaps(b.net) {
				l.errorf(b.at, "Overlapping networks", "%s %s overlaps %s %s. Traffic between the two could not be told apart.", b.net, b.what, a.net, a.what)
				break
			}
		}
	}
}

// checkNetworks holds that every address has one meaning.
func (l *loader) checkNetworks() {
	var zones []span
	for _, n := range l.of("zone") {
		zones = append(zones, l.spans(n, "cidrs", "of "+string(n.addr))...)
	}
	l.overlaps(zones)
	for _, n := range l.of("cluster") {
		net := n.one("network")
		if net == nil {
			continue
		}
		all := zones[:len(zones):len(zones)]
		for _, f := range l.of("foreign_cluster") {
			all = append(all, l.spans(f, "cidrs", "of "+string(f.addr))...)
		}
		own := append(l.spans(net, "pods", "for the pods of "+string(n.addr)), l.spans(net, "services", "for the services of "+string(n.addr))...)
		for i, b := range own {
			l.overlaps(append(own[:i:i], b))
			for _, a := range all {
				if a.net.Overlaps(b.net) {
					l.errorf(b.at, "Overlapping networks", "%s %s overlaps %s %s. Traffic between the two could not be told apart.", b.net, b.what, a.net, a.what)
					break
				}
			}
		}
	}
	l.checkNodes()
}

// checkNodes holds that node names are unique in a cluster, and addresses everywhere.
func (l *loader) checkNodes() {
	addresses := map[netip.Addr]string{}
	names := map[string]string{}
	var elastic []span
	for _, n := range l.of("node_pool") {
		p := n.object.(*NodePool)
		if p.CIDR.IsValid() {
			elastic = append(elastic, span{p.CIDR, "of " + string(n.addr), "", l.at(n, "cidr")})
		}
	}
	l.overlaps(elastic)
	for _, n := range l.of("node_pool") {
		p := n.object.(*NodePool)
		for _, v := range l.items(n, "nodes") {
			a := of[netip.Addr](v)
			if first, ok := addresses[a]; ok {
				l.errorf(v.at, "Duplicate address", "%s is the address of %s already.", a, first)
			}
			addresses[a] = fmt.Sprintf("the node %q", v.key)
			for _, e := range elastic {
				if e.net.Contains(a) {
					l.errorf(v.at, "Duplicate address", "%s is in %s, the network of an elastic pool.", a, e.net)
				}
			}
			if p.Cluster == nil {
				continue
			}
			key := p.Cluster.Name + "/" + v.key
			if first, ok := names[key]; ok {
				l.errorf(v.keyAt, "Duplicate node", "There is a node %q in %s already.", v.key, first)
			}
			names[key] = string(n.addr)
		}
	}
	l.checkMachines(addresses, elastic)
}

// checkMachines holds that what stands beside the nodes has addresses of its own. A VPN's endpoint may be the address of
// a router that also leads elsewhere, and so may an external load balancer's, but neither is a node's.
func (l *loader) checkMachines(addresses map[netip.Addr]string, elastic []span) {
	check := func(b *node, name string, a netip.Addr, why string) {
		if !a.IsValid() {
			return
		}
		if addresses[a] != "" {
			l.errorf(l.at(b, name), "Duplicate address", "%s is the address of %s already. %s", a, addresses[a], why)
			return
		}
		for _, e := range elastic {
			if e.net.Contains(a) {
				l.errorf(l.at(b, name), "Duplicate address", "%s is in %s, the network of an elastic pool. %s", a, e.net, why)
				return
			}
		}
	}
	for _, n := range l.of("jump_box") {
		a := as[netip.Addr](l, n, "address")
		check(n, "address", a, "A jump box is a machine of its own.")
		if addresses[a] == "" {
			addresses[a] = string(n.addr)
		}
	}
	for _, n := range l.of("cluster") {
		c := n.object.(*Cluster)
		if b := loadBalancer(n); b != nil {
			a := c.API.LoadBalancer.Address
			check(b, "address", a, "The load balancer needs one of its own.")
			if c.API.LoadBalancer.Kind == KubeVIP && addresses[a] == "" {
				addresses[a] = "the load balancer of " + string(c.Addr())
			}
		}
	}
	for _, n := range l.of("vpn") {
		if a, err := netip.ParseAddr(n.object.(*VPN).Endpoint.Host); err == nil {
			check(n, "endpoint", a, "A VPN's server is a machine of its own, with its own firewall and ports: name that one.")
		}
	}
}

func (l *loader) checkNamespace(n *node) {
	s, at := n.object.(*Namespace), n.labelAt[0]
	if l.has(n, "name") {
		at = l.at(n, "name")
	}
	switch {
	case s.Name == "default":
		l.errorf(at, "Default namespace", "The namespace \"default\" is where things land by mistake; it stays empty (CIS 5.6.4). Choose another name.")
	case strings.HasPrefix(s.Name, "kube-"):
		l.errorf(at, "Reserved namespace", "%q: names that start with kube- belong to Kubernetes.", s.Name)
	}
	for _, m := range l.of("namespace") {
		if m == n {
			break
		}
		if other, ok := m.object.(*Namespace); ok && other.Name == s.Name && other.Cluster == s.Cluster && s.Cluster != nil {
			l.errorf(at, "Duplicate name", "%s and %s are both called %q in %s. Rename one of them.", m.addr, n.addr, s.Name, s.Cluster.Addr())
		}
	}
}
