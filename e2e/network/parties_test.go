//go:build e2e

package network_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/model"
)

// undeclared is a port that no example declares.
const undeclared = 4444

// pods are the pods of a cluster: of each workload and gateway, of the cluster's DNS, and some that nothing declares and that stand
// where a declaration comes near: in each namespace a pod with labels of its own, and in a namespace of nobody's pods with the
// labels of some that may call others.
func pods(by network.Enforcer, c *model.Cluster, spec *model.Spec) []*party {
	var all []*party
	add := func(p *party) { all = append(all, p) }
	workloads := c.Workloads()
	for _, w := range workloads {
		if w.Host.Network {
			continue
		}
		// Two of each tell a pod's neighbour from itself.
		for i := range max(1, min(2, 60/len(workloads))) {
			add(&party{name: fmt.Sprintf("%s-%d", w.Name, i), namespace: w.Namespace.Name, labels: w.Selector, workload: w, listens: portsOf(w)})
		}
	}
	for _, g := range spec.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == c && len(g.Selector) > 0 {
			add(&party{name: "gateway-" + g.Name, namespace: g.Namespace.Name, labels: g.Selector, gateway: g,
				listens: []network.Port{{Protocol: "TCP", Number: httpsOf(g)}}})
		}
	}
	add(&party{name: "coredns", namespace: "kube-system", labels: map[string]string{"k8s-app": "kube-dns"}, dns: true,
		listens: []network.Port{{Protocol: "TCP", Number: 53}, {Protocol: "TCP", Number: 9153}}})
	add(&party{name: "other", namespace: "kube-system", labels: map[string]string{"k8s-app": "other"},
		listens: []network.Port{{Protocol: "TCP", Number: 53}}})
	for _, n := range c.Namespaces {
		add(&party{name: "stray", namespace: n.Name, labels: map[string]string{"app": "stray"}, listens: []network.Port{{Protocol: "TCP", Number: 8080}}})
	}
	callees, impostors := c.Callees(), map[string]bool{}
	for _, p := range slices.Clone(all) {
		name := "impostor"
		switch {
		case p.gateway != nil:
			name += "-" + p.gateway.Name
		case p.workload != nil && len(callees[p.workload]) > 0:
			name += "-" + p.namespace + "-" + p.workload.Name
		default:
			continue
		}
		if !impostors[name] && len(impostors) < 10 {
			impostors[name] = true
			add(&party{name: name, namespace: "default", labels: p.labels})
		}
	}
	for _, p := range all {
		p.listens = tried(by, p.listens)
	}
	for i, family := range c.Network.Pods {
		address := family.Addr()
		for range 10 {
			address = address.Next()
		}
		for _, p := range all {
			if i > 0 {
				p.other = &party{}
				*p.other = *p
				p = p.other
			}
			p.address = address
			address = address.Next()
		}
	}
	return all
}

func portsOf(w *model.Workload) []network.Port {
	var ports []network.Port
	for _, p := range w.Ports {
		ports = append(ports, portOf(p.Protocol, p.Number))
	}
	return ports
}

// tried are the ports that are tried where some are declared: each with every protocol that the controller filters, and one that
// is not declared.
func tried(by network.Enforcer, ports []network.Port) []network.Port {
	protocols := []string{"TCP", "UDP"}
	if by == network.KubeNetworkPolicies {
		protocols = append(protocols, "SCTP")
	}
	set := map[network.Port]bool{}
	for _, p := range append(slices.Clone(ports), network.Port{Number: undeclared}) {
		for _, protocol := range protocols {
			set[network.Port{Protocol: protocol, Number: p.Number}] = true
		}
	}
	return slices.SortedFunc(maps.Keys(set), func(a, b network.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
	})
}

// strangers are addresses outside of the cluster: of every zone, node pool, jump box and foreign cluster, the API servers, the
// metadata services, the internet, and those on both sides of every border of a declared range.
func strangers(c *model.Cluster, spec *model.Spec) []*party {
	names := map[netip.Addr]string{}
	add := func(name string, a netip.Addr) {
		if !slices.ContainsFunc(c.Network.Pods, func(p netip.Prefix) bool { return p.Addr().Is4() == a.Is4() }) {
			return // no pod has an address of its family
		}
		if names[a] != "" || a.IsMulticast() || a.IsLoopback() || a.IsUnspecified() || a.Is4() && (a.As4()[0] == 0 || a.As4()[0] >= 224) {
			return
		}
		if slices.ContainsFunc(slices.Concat(c.Network.Pods, c.Network.Services), func(p netip.Prefix) bool { return p.Contains(a) }) {
			return
		}
		names[a] = name + " " + a.String()
	}
	add("internet", netip.MustParseAddr("8.8.8.8"))
	add("internet", netip.MustParseAddr("1.1.1.1"))
	add("internet", netip.MustParseAddr("2001:4860:4860::8888"))
	for _, m := range model.MetadataAddresses {
		add("metadata", m.Addr())
	}
	for _, a := range c.APIServers() {
		add("API server", a.Addr())
	}
	for _, p := range c.NodePools {
		for _, r := range p.CIDRs()[:1] {
			add(string(p.Addr()), first(r))
		}
	}
	for _, j := range spec.JumpBoxes {
		for _, r := range j.CIDRs() {
			add(string(j.Addr()), first(r))
		}
	}
	for _, f := range spec.ForeignClusters {
		for _, r := range f.CIDRs {
			add(string(f.Addr()), first(r))
		}
	}
	for _, z := range spec.Zones {
		for _, r := range z.CIDRs {
			add(string(z.Addr()), last(r))
		}
	}
	border := func(name string, r netip.Prefix) {
		for _, a := range []netip.Addr{r.Masked().Addr().Prev(), r.Masked().Addr(), last(r), last(r).Next()} {
			if a.IsValid() {
				add("beside "+name, a)
			}
		}
	}
	for _, w := range c.Workloads() {
		for _, e := range w.Egress {
			for _, b := range c.EgressBlocks(spec, e) {
				border("egress "+e.Name, b.CIDR)
				for _, x := range b.Except {
					border("egress "+e.Name, x)
				}
			}
		}
	}
	var all []*party
	for _, a := range slices.SortedFunc(maps.Keys(names), netip.Addr.Compare) {
		all = append(all, &party{name: names[a], address: a})
	}
	return all
}

// outsidePorts are the ports that are tried at strangers: those that something declares out there, and what attackers ask for.
func outsidePorts(by network.Enforcer, c *model.Cluster) []network.Port {
	ports := []network.Port{{Number: 22}, {Number: 53}, {Number: 80}, {Number: 443}, {Number: 10250}, {Number: c.APIPort()}}
	for _, w := range c.Workloads() {
		for _, e := range w.Egress {
			ports = append(ports, network.Port{Number: e.Port})
		}
		if w.Host.Network {
			ports = append(ports, portsOf(w)...)
		}
	}
	return tried(by, ports)
}

func first(p netip.Prefix) netip.Addr {
	if p.IsSingleIP() {
		return p.Addr()
	}
	return p.Masked().Addr().Next()
}

// last is the last address of a range.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < 8*len(b); i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
