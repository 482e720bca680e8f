package model

import "slices"

// checkAddOns warns of add-ons whose pods can neither reach anybody nor be reached: every namespace denies what no workload in it
// declares.
func (l *loader) checkAddOns() {
	for _, n := range l.of("addon") {
		a := n.object.(*AddOn)
		if a.Namespace == nil || slices.ContainsFunc(a.Namespace.Workloads, func(w *Workload) bool { return !w.Host.Network }) {
			continue
		}
		l.warnf(l.at(n, "namespace"), "Add-on without traffic", "%s denies all traffic that nothing declares, and has no workload on the pod network: by these files the pods of %s reach nobody, and nobody reaches them, a webhook of theirs among it. Declare the programs as workloads with manifests = \"external\", which leaves their objects to the chart, or let the chart bring its network policies.", a.Namespace.Addr(), a.Addr())
	}
}
