package model

import (
	"cmp"
	"maps"
	"slices"
)

// outbound is a port on which a workload leaves the cluster.
type outbound struct {
	protocol Protocol
	port     int
}

// destinations lists where a workload may connect outside of the cluster, by port, in the words of the specification. Nodes and API
// servers are none: the policies of workloads with names leave these out by themselves.
func destinations(w *Workload) map[outbound]map[string]bool {
	all := map[outbound]map[string]bool{}
	add := func(protocol Protocol, port int, to string) {
		at := outbound{cmp.Or(protocol, TCP), port}
		if all[at] == nil {
			all[at] = map[string]bool{}
		}
		all[at][to] = true
	}
	for _, e := range w.Egress {
		for _, name := range e.FQDNs {
			add(e.Protocol, e.Port, name)
		}
		for _, p := range e.CIDRs {
			add(e.Protocol, e.Port, p.String())
		}
		for _, z := range e.Zones {
			add(e.Protocol, e.Port, string(z.Addr()))
		}
	}
	return all
}

// shared are the destinations of all pods of a namespace outside of the cluster, on one port.
type shared struct {
	sorted []string
	of     map[string]*Workload // the first workload that declares it
}

// checkSharedNames holds that the firewall of a namespace opens nothing to a workload that it does not declare: OVN-Kubernetes has
// names for all pods of a namespace together, so that on a port of names each of them reaches what any of them may.
// https://ovn-kubernetes.io/features/network-security-controls/egress-firewall/
func (l *loader) checkSharedNames() {
	own := map[*Workload]map[outbound]map[string]bool{}
	all := map[*Namespace]map[outbound]*shared{}
	for _, w := range objects[*Workload](l, "workload") {
		if w.Host.Network || w.Namespace == nil || w.Namespace.Cluster == nil || w.Namespace.Cluster.Network.CNI != OVNKubernetes {
			continue
		}
		own[w] = destinations(w)
		if all[w.Namespace] == nil {
			all[w.Namespace] = map[outbound]*shared{}
		}
		for at, some := range own[w] {
			if all[w.Namespace][at] == nil {
				all[w.Namespace][at] = &shared{of: map[string]*Workload{}}
			}
			for to := range some {
				if first := all[w.Namespace][at].of; first[to] == nil || w.Name < first[to].Name {
					first[to] = w
				}
			}
		}
	}
	for _, ports := range all {
		for _, x := range ports {
			x.sorted = slices.Sorted(maps.Keys(x.of))
		}
	}
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		if own[w] == nil {
			continue
		}
		for _, b := range n.all("egress") {
			if len(l.items(b, "fqdns")) == 0 {
				continue
			}
			at := outbound{cmp.Or(as[Protocol](l, b, "protocol"), TCP), as[int](l, b, "port")}
			x := all[w.Namespace][at]
			if x == nil {
				continue // the block has mistakes
			}
			lacks := func(to string) bool { return !own[w][at][to] }
			i := slices.IndexFunc(x.sorted, lacks)
			if i < 0 {
				continue
			}
			other := x.of[x.sorted[i]]
			if other.Name < w.Name && len(own[other][at]) < len(x.sorted) && callsNames(other, at) {
				continue // it is told of the same
			}
			l.errorf(l.at(b, "fqdns"), "Names shared by a namespace", "OVN-Kubernetes holds names for all pods of a namespace together: %s could also reach %s, which %s declares on port %d. Give both the same destinations on this port, or put one into a namespace of its own.", n.describe(), x.sorted[i], other.Addr(), at.port)
		}
	}
}

// callsNames reports whether the workload connects to names on the port.
func callsNames(w *Workload, at outbound) bool {
	return slices.ContainsFunc(w.Egress, func(e *Egress) bool {
		return len(e.FQDNs) > 0 && outbound{cmp.Or(e.Protocol, TCP), e.Port} == at
	})
}
