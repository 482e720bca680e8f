package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

var (
	readVerbs  = []string{"get", "list", "watch"}
	writeVerbs = []string{"create", "update", "patch"}
)

// granted calls f for each workload whose declared rules grant one of the verbs on one of the resources in one of the
// API groups; all says whether in the whole cluster. Rules that name their objects grant nothing beyond them.
func (b *Builder) granted(groups, resources, verbs []string, f func(w *model.Workload, all bool)) {
	b.workloads(func(w *model.Workload) {
		found, all := false, false
		for _, r := range w.APIAccess {
			if len(r.Names) == 0 && matches(r.Groups, groups) && matches(r.Resources, resources) && matches(r.Verbs, verbs) {
				found = true
				all = all || r.Scope == model.ScopeCluster
			}
		}
		if found {
			f(w, all)
		}
	})
}

// matches reports whether a rule's list names one of the wanted values, or all.
func matches(list, wanted []string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return x == "*" || slices.Contains(wanted, x) })
}

// reachOf are the namespaces in which a rule of the workload's account counts.
func reachOf(w *model.Workload, all bool) []*model.Namespace {
	if all {
		return w.Namespace.Cluster.Namespaces
	}
	return []*model.Namespace{w.Namespace}
}
