package model

import (
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
)

// listener is a range of ports that belongs to something on a node. A range without a protocol belongs to it in all.
type listener struct {
	NodePort
	what string
}

// taken returns the ports of the pool's nodes that are none of a workload's or, but for the API server itself, of the
// API server's. Sources: kubernetes.io, Ports and Protocols; kubeadm's cmd/kubeadm/app/constants (health checks,
// metrics of etcd and kube-proxy); NodePorts for the network plugin.
func (p *NodePool) taken() []listener {
	all := []listener{
		{NodePort{TCP, 10248, 10248}, "the kubelet"},
		{NodePort{TCP, 10250, 10250}, "the kubelet"},
		{NodePort{TCP, 10249, 10249}, "kube-proxy"},
		{NodePort{TCP, 10256, 10256}, "kube-proxy"},
		{NodePort{"", 30000, 32767}, "Services of type NodePort"},
	}
	for _, n := range p.Cluster.Network.NodePorts() {
		if n.First > 0 {
			all = append(all, listener{n, fmt.Sprintf("the network plugin %s", p.Cluster.Network.CNI)})
		}
	}
	if p.Cluster.Network.CNI == Cilium {
		for _, port := range ciliumPorts {
			all = append(all, listener{NodePort{TCP, port, port}, "the network plugin cilium"})
		}
	}
	if len(p.SSHFrom) > 0 {
		all = append(all, listener{NodePort{TCP, 22, 22}, "sshd"})
	}
	if p.Has(RoleControlPlane) {
		all = append(all, listener{NodePort{TCP, 10257, 10257}, "the controller manager"}, listener{NodePort{TCP, 10259, 10259}, "the scheduler"})
	}
	if p.Has(RoleEtcd) {
		all = append(all, listener{NodePort{TCP, 2379, 2381}, "etcd"})
	}
	return all
}

// ciliumPorts are those that Cilium takes on a node besides the ones that other nodes connect to, with the values that are
// written here: Hubble, mutual authentication and profiling are off. Sources: Cilium, System Requirements, Firewall Rules;
// the chart's defaults operator.prometheus, envoy.prometheus and operator-api-serve-addr.
var ciliumPorts = []int{
	9234, // operator: health and API
	9878, // envoy: health
	9879, // agent: health
	9890, // agent: gops
	9891, // operator: gops
	9963, // operator: metrics
	9964, // envoy: metrics
}

// owner returns to whom a port belongs, or "".
func owner(all []listener, protocol Protocol, port int) string {
	for _, t := range all {
		if t.First <= port && port <= t.Last && (t.Protocol == "" || t.Protocol == protocol) {
			return t.what
		}
	}
	return ""
}

// checkPorts holds that two programs of a node do not need one port.
func (l *loader) checkPorts() {
	for _, n := range l.of("cluster") {
		c := n.object.(*Cluster)
		l.checkAPIPort(n, c)
		l.checkHostPorts(c)
	}
}

// checkAPIPort holds that the API servers can listen on the port of the endpoint.
func (l *loader) checkAPIPort(n *node, c *Cluster) {
	b := n.one("api")
	if b == nil || c.Provisioner == Managed {
		return
	}
	for _, p := range c.NodePools {
		if !p.Has(RoleControlPlane) {
			continue
		}
		if who := owner(p.taken(), TCP, c.API.BindPort()); who != "" {
			l.errorf(l.at(b, "endpoint"), "Port taken", "Each API server listens on the endpoint's port, but %d/TCP belongs to %s on the nodes of %s. Write endpoint = %q.",
				c.API.BindPort(), who, p.Addr(), net.JoinHostPort(c.API.Endpoint.Host, strconv.Itoa(6443)))
			return
		}
	}
}

// hostPort is a port of its node that a workload takes.
type hostPort struct {
	protocol Protocol
	number   int
	n        *node
	w        *Workload
	at       hcl.Range
}

// checkHostPorts holds that what workloads open on their nodes is free there, and that the nodes suffice: on each, one
// pod can have the port. The scheduler counts the ports of pods on the host network like host ports.
func (l *loader) checkHostPorts(c *Cluster) {
	var earlier []hostPort
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		if w.Namespace.Cluster != c {
			continue
		}
		for _, h := range l.hostPorts(n, w) {
			if l.hostPortFree(c, h) && !l.crowded(c, h, earlier) {
				earlier = append(earlier, h)
			}
		}
	}
}

// hostPorts returns the ports that the workload takes from its nodes.
func (l *loader) hostPorts(n *node, w *Workload) []hostPort {
	var all []hostPort
	b := n.one("host")
	if b == nil {
		return nil
	}
	add := func(protocol Protocol, number int, at hcl.Range) {
		if number > 0 && !slices.ContainsFunc(all, func(h hostPort) bool { return h.protocol == protocol && h.number == number }) {
			all = append(all, hostPort{protocol, number, n, w, at})
		}
	}
	if w.Host.Network {
		for _, p := range w.Ports {
			add(p.Protocol, p.Number, l.portAt(n, p))
		}
	}
	for _, v := range l.items(b, "ports") {
		number, protocol := of[int](v), TCP // what no container declares is opened for TCP
		if i := slices.IndexFunc(w.Ports, func(p *Port) bool { return p.Number == number }); i >= 0 {
			protocol = w.Ports[i].Protocol
		}
		add(protocol, number, v.at)
	}
	return all
}

// portAt is where the number of a port stands.
func (l *loader) portAt(n *node, p *Port) hcl.Range {
	for _, b := range append([]*node{n}, n.all("container")...) {
		for _, v := range l.items(b, "ports") {
			if v.key == p.Name {
				return v.at
			}
		}
		for _, x := range b.all("port") {
			if !x.broken && x.labels[0] == p.Name {
				return l.at(x, "number")
			}
		}
	}
	return n.at
}

// hostPortFree reports a port that belongs to something else on a node where the workload may run.
func (l *loader) hostPortFree(c *Cluster, h hostPort) bool {
	for _, p := range c.NodePools {
		if !p.Runs(h.w) {
			continue
		}
		who := owner(p.taken(), h.protocol, h.number)
		if who == "" && p.Has(RoleControlPlane) && h.protocol == TCP && h.number == c.API.BindPort() {
			who = "the API server"
		}
		if who != "" {
			l.errorf(h.at, "Port taken", "%d/%s belongs to %s on the nodes of %s, whose address %s would share. Choose another port.", h.number, h.protocol, who, p.Addr(), h.n.describe())
			return false
		}
	}
	return true
}

// crowded reports a port for which there are too few nodes: beside an earlier workload that has it on each of them, or
// because more pods want it than there are nodes.
func (l *loader) crowded(c *Cluster, h hostPort, earlier []hostPort) bool {
	pools, nodes := c.places(h.w)
	pods := h.w.atLeast()
	for _, e := range earlier {
		if e.protocol != h.protocol || e.number != h.number {
			continue
		}
		others, _ := c.places(e.w)
		switch {
		case e.w.Kind == DaemonSet && among(pools, others), h.w.Kind == DaemonSet && among(others, pools):
			l.errorf(h.at, "Port taken", "%s takes %d/%s on every node where %s could run. Choose another port, or another pool for one of the two.", e.n.describe(), h.number, h.protocol, h.n.describe())
			return true
		case e.w.Kind != DaemonSet && h.w.Kind != DaemonSet && among(others, pools):
			pods += e.w.atLeast()
		}
	}
	if h.w.Kind != DaemonSet && nodes > 0 && pods > nodes {
		l.errorf(h.at, "Too few nodes", "A node has %d/%s only once, but %d pods need it and %s may run them. Choose fewer replicas, or leave the node's port alone: a Service leads to any number of pods.", h.number, h.protocol, pods, count(nodes, "node"))
		return true
	}
	return false
}

// places returns the pools that may run the workload and how many nodes they have at most; 0 if that is not known.
func (c *Cluster) places(w *Workload) (pools []*NodePool, nodes int) {
	for _, p := range c.NodePools {
		if !p.Runs(w) {
			continue
		}
		pools = append(pools, p)
		nodes += max(len(p.Nodes), p.Max)
		if len(p.Nodes) == 0 && p.Max == 0 {
			return pools, 0
		}
	}
	return pools, nodes
}

// among reports whether there are inner pools and all of them are among the outer ones.
func among(inner, outer []*NodePool) bool {
	for _, p := range inner {
		if !slices.Contains(outer, p) {
			return false
		}
	}
	return len(inner) > 0
}

// atLeast is how many pods of the workload always run. Those of jobs end, and their ports are free again.
func (w *Workload) atLeast() int {
	switch {
	case w.Kind == Job || w.Kind == CronJob:
		return 0
	case w.Scaling != nil:
		return w.Scaling.Min
	}
	return w.Replicas
}
