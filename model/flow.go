package model

import (
	"cmp"
	"slices"
	"sort"
)

// Flow is a declared connection to a port of a workload. It is the one source of network policies, host firewalls and
// the connectivity plan.
type Flow struct {
	From Peer
	To   *Port
	Via  *Expose // the publication that makes it; nil for calls and from
}

// Flows returns all declared connections to workloads of the cluster, each once, sorted by source, then destination.
func (c *Cluster) Flows() []Flow {
	type key struct {
		from, to Address
	}
	seen := map[key]bool{}
	var flows []Flow
	add := func(f Flow) {
		k := key{f.From.Addr(), f.To.Addr()}
		if !seen[k] {
			seen[k] = true
			flows = append(flows, f)
		}
	}
	for _, n := range c.Namespaces {
		for _, w := range n.Workloads {
			for _, e := range w.Exposes {
				add(Flow{From: e.Via, To: e.Port, Via: e})
			}
			for _, p := range w.Calls {
				add(Flow{From: w, To: p})
			}
			for _, p := range w.Ports {
				for _, from := range p.From {
					add(Flow{From: from, To: p})
				}
			}
		}
	}
	sort.Slice(flows, func(i, j int) bool {
		a, b := flows[i], flows[j]
		if a.From.Addr() != b.From.Addr() {
			return a.From.Addr() < b.From.Addr()
		}
		return a.To.Addr() < b.To.Addr()
	})
	return flows
}

// Callees returns the ports that each workload may connect to, sorted by address: those that it calls, and those whose from
// names it or its namespace. One declaration opens both ends of a connection.
func (c *Cluster) Callees() map[*Workload][]*Port {
	callees := map[*Workload][]*Port{}
	for _, f := range c.Flows() {
		switch from := f.From.(type) {
		case *Workload:
			callees[from] = append(callees[from], f.To)
		case *Namespace:
			for _, w := range from.Workloads {
				callees[w] = append(callees[w], f.To)
			}
		}
	}
	for w, ports := range callees {
		slices.SortFunc(ports, func(a, b *Port) int { return cmp.Compare(a.Addr(), b.Addr()) })
		callees[w] = slices.Compact(ports)
	}
	return callees
}

// Workloads returns all workloads of the cluster, sorted by namespace, then name.
func (c *Cluster) Workloads() []*Workload {
	var all []*Workload
	for _, n := range c.Namespaces {
		all = append(all, n.Workloads...)
	}
	return all
}
