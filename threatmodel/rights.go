package threatmodel

import (
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// right is a permission at the API server: any of the verbs on any of the resources in any of the API groups.
type right struct {
	groups, resources, verbs []string
	// objects are the names of the objects that matter, where not every one does. A rule that names others grants nothing
	// that leads further. Nil: any object will do.
	objects []string
	// before is the minor version of Kubernetes from which on the right is worth nothing; 0: it is in every version.
	before int
}

// unnamed as a right's objects says that rules which name their objects do not grant it.
var unnamed = []string{}

// of reports whether the rule grants the right, as the RBAC authorizer would: "*" matches everything, "*/exec" that
// subresource of everything, and a rule that names objects never allows requests that name none, which are creations and
// deletions of whole collections. Who may patch as well may create a named object by server-side apply.
//
// Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#referring-to-resources
func (r right) of(a *model.APIAccess) bool {
	if !matches(a.Groups, r.groups) {
		return false
	}
	for _, resource := range r.resources {
		_, sub, _ := strings.Cut(resource, "/")
		if !slices.Contains(a.Resources, "*") && !slices.Contains(a.Resources, resource) && (sub == "" || !slices.Contains(a.Resources, "*/"+sub)) {
			continue
		}
		for _, verb := range r.verbs {
			if matches(a.Verbs, []string{verb}) && (len(a.Names) == 0 || r.named(a, verb, sub)) {
				return true
			}
		}
	}
	return false
}

// named reports whether a rule that names its objects grants the verb on one that matters.
func (r right) named(a *model.APIAccess, verb, subresource string) bool {
	switch {
	case verb == "deletecollection", verb == "create" && subresource == "" && !matches(a.Verbs, []string{"patch"}):
		return false
	case r.objects == nil:
		return true
	}
	return slices.ContainsFunc(a.Names, func(n string) bool { return slices.Contains(r.objects, n) })
}

// matches reports whether a rule's list names one of the wanted values, or all.
func matches(list, wanted []string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return x == "*" || slices.Contains(wanted, x) })
}

// granted calls f for each workload whose declared rules grant all of the rights; all says whether in the whole cluster.
func (b *Builder) granted(rights []right, f func(w *model.Workload, all bool)) {
	b.workloads(func(w *model.Workload) {
		if found, all := holdsRights(w, rights); found {
			f(w, all)
		}
	})
}

func holdsRights(w *model.Workload, rights []right) (found, all bool) {
	all = true
	for _, r := range rights {
		here, everywhere := false, false
		for _, a := range w.APIAccess {
			if (r.before == 0 || w.Namespace.Cluster.Version.Minor < r.before) && r.of(a) {
				here = true
				everywhere = everywhere || a.Scope == model.ScopeCluster
			}
		}
		if !here {
			return false, false
		}
		all = all && everywhere
	}
	return true, all
}

// reachOf are the namespaces in which a rule of the workload's account counts.
func reachOf(w *model.Workload, all bool) []*model.Namespace {
	if all {
		return w.Namespace.Cluster.Namespaces
	}
	return []*model.Namespace{w.Namespace}
}
