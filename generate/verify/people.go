package verify

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// peopleCheck compares people's standing rights with the declared ones.
//
// The rule: "view" reads anything but Secrets; "operate" also deletes and evicts pods and sets replicas; both in the
// declared namespaces only, and neither has a right that leads to more. Who inspects a cluster reads, for the whole
// cluster, resources that belong to no namespace.
var peopleCheck = &Check{
	Name: "people",
	Doc: `teams hold the declared rights and no others

A binding to a person, or to a group that is no team's, takes the proof from every team: whoever it is, these are
standing rights that nobody declared. Groups come from the identity provider; who is in them no file shows.`,
	Controls: []model.ControlID{model.PeopleLeastPrivilege},
	Run:      runPeople,
}

var readVerbs = []string{"get", "list", "watch"}

// operateExtra is what "operate" may do besides reading.
var operateExtra = []right{
	{verb: "delete", resource: "pods"},
	{verb: "create", resource: "pods/eviction"},
	{verb: "patch", group: "apps", resource: "deployments/scale"},
	{verb: "update", group: "apps", resource: "deployments/scale"},
	{verb: "patch", group: "apps", resource: "statefulsets/scale"},
	{verb: "update", group: "apps", resource: "statefulsets/scale"},
}

// ofNoNamespace are the resources that belong to no namespace and hold no Secret, by API group: what is read of others for the
// whole cluster is read in every namespace.
var ofNoNamespace = map[string][]string{
	"":                             {"namespaces", "nodes", "persistentvolumes"},
	"admissionregistration.k8s.io": {"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations"},
	"apiextensions.k8s.io":         {"customresourcedefinitions"},
	"apiregistration.k8s.io":       {"apiservices"},
	"certificates.k8s.io":          {"certificatesigningrequests"},
	"cilium.io":                    {"ciliumclusterwidenetworkpolicies"},
	"flowcontrol.apiserver.k8s.io": {"flowschemas", "prioritylevelconfigurations"},
	"gateway.networking.k8s.io":    {"gatewayclasses"},
	"metrics.k8s.io":               {"nodes"},
	"networking.k8s.io":            {"ingressclasses"},
	"node.k8s.io":                  {"runtimeclasses"},
	"policy.networking.k8s.io":     {"clusternetworkpolicies"},
	"policy.sigstore.dev":          {"clusterimagepolicies"},
	"rbac.authorization.k8s.io":    {"clusterrolebindings", "clusterroles"},
	"scheduling.k8s.io":            {"priorityclasses"},
	"storage.k8s.io":               {"csidrivers", "csinodes", "storageclasses", "volumeattachments"},
}

func runPeople(p *Pass) {
	type verdict struct {
		sound bool
		path  string
		needs []string
	}
	verdicts := map[*model.Team]*verdict{}
	for _, t := range p.Spec.Teams {
		if t.Stands() && !deploys(t) {
			verdicts[t] = &verdict{sound: true}
		}
	}
	for _, c := range p.Spec.Clusters {
		objects := p.Objects(c)
		r := newRBAC(objects)
		strays := judgeStrangers(p, c, r)
		for _, t := range p.Spec.Teams {
			v := verdicts[t]
			if v == nil {
				continue
			}
			path, sound := judgeTeam(p, t, c, r)
			v.needs = append(v.needs, teamFiles(t, c, r)...)
			v.sound = v.sound && sound && !strays && objects.Complete
			if v.path == "" || path != "" && path < v.path {
				v.path = path
			}
		}
	}
	for _, t := range p.Spec.Teams {
		if v := verdicts[t]; v != nil && v.sound && v.path != "" {
			p.Prove(model.PeopleLeastPrivilege, t.Addr(), v.path)
			p.needs(model.PeopleLeastPrivilege, t.Addr(), v.needs...)
		}
	}
}

func deploys(t *model.Team) bool {
	return slices.ContainsFunc(t.Grants, func(g *model.Grant) bool { return g.Action == model.ActionDeploy })
}

// teamGroup is the team's group as the API server sees it; empty where logins are somebody else's.
func teamGroup(t *model.Team, c *model.Cluster) string {
	if c.Identity.OIDC == nil {
		return ""
	}
	return c.Identity.OIDC.GroupsPrefix + t.OIDCGroup
}

// judgeStrangers reports bindings to people and groups that are no team's.
func judgeStrangers(p *Pass, c *model.Cluster, r *rbac) bool {
	found := false
	for _, g := range r.grants {
		for _, s := range g.subjects {
			known := s.Kind == rbacv1.ServiceAccountKind || s.Kind == rbacv1.GroupKind && slices.ContainsFunc(p.Spec.Teams, func(t *model.Team) bool {
				return s.Name == teamGroup(t, c)
			})
			if known {
				continue
			}
			found = true
			p.Find(Finding{
				Control: model.PeopleLeastPrivilege,
				Subject: c.Addr(),
				Path:    g.binding.Path,
				Object:  g.binding.At("subjects"),
				Message: fmt.Sprintf("The binding gives rights to the %s %q, which is no team.", s.Kind, s.Name),
			})
		}
	}
	return found
}

// judgeTeam compares the team's rights in one cluster. The path is that of its first binding.
func judgeTeam(p *Pass, t *model.Team, c *model.Cluster, r *rbac) (path string, sound bool) {
	sound = true
	group := teamGroup(t, c)
	if group == "" {
		return "", len(grantedIn(t, c)) == 0 && !slices.Contains(t.Inspects, c)
	}
	find := func(g grant, message string, args ...any) {
		sound = false
		p.Find(Finding{Control: model.PeopleLeastPrivilege, Subject: t.Addr(), Path: g.binding.Path, Object: g.binding.String(), Message: fmt.Sprintf(message, args...)})
	}
	for _, g := range r.of(groupIdentity(group)) {
		if path == "" || g.binding.Path < path {
			path = g.binding.Path
		}
		if g.open != "" {
			find(g, "The rights have no bound: %s.", g.open)
		}
		for _, rule := range g.rules {
			if e := escalation(rule, g.namespace); e != nil {
				find(g, "The team %s (%s).", e.Doc, e.Step)
			}
			for _, x := range rights(g.namespace, rule) {
				if !teamMay(t, c, x) {
					find(g, "Nothing declares that the team may %s.", x)
				}
			}
		}
	}
	for _, n := range grantedIn(t, c) {
		if !r.allowed(groupIdentity(group), request{verb: "get", resource: "pods", namespace: n.Name}) {
			sound = false
			p.Find(Finding{Control: model.PeopleLeastPrivilege, Subject: t.Addr(), Path: namespacePath(p, n), Message: fmt.Sprintf("The team does not see the pods of namespace %q, as is declared.", n.Name)})
		}
	}
	if slices.Contains(t.Inspects, c) && !r.allowed(groupIdentity(group), request{verb: "get", resource: "nodes"}) {
		sound = false
		p.Find(Finding{Control: model.PeopleLeastPrivilege, Subject: t.Addr(), Path: path, Message: fmt.Sprintf("The team does not see the nodes of cluster %q, as is declared.", c.Name)})
	}
	return path, sound
}

// teamFiles are the files that say what the team may do in the cluster.
func teamFiles(t *model.Team, c *model.Cluster, r *rbac) []string {
	group := teamGroup(t, c)
	if group == "" {
		return nil
	}
	var all []string
	for _, g := range r.of(groupIdentity(group)) {
		all = append(all, g.files()...)
	}
	return all
}

// namespacePath is the file that defines the namespace; empty if none does.
func namespacePath(p *Pass, n *model.Namespace) string {
	o, _ := p.Objects(n.Cluster).One("", "Namespace", "", n.Name)
	return o.Path
}

// grantedIn returns the namespaces of the cluster in which the team may do anything.
func grantedIn(t *model.Team, c *model.Cluster) []*model.Namespace {
	var all []*model.Namespace
	for _, g := range t.Grants {
		for _, n := range g.In {
			if n.Cluster == c && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// teamMay reports whether one of the team's grants explains the right.
func teamMay(t *model.Team, c *model.Cluster, x right) bool {
	if x.namespace == "" && x.url == "" {
		return slices.Contains(t.Inspects, c) && slices.Contains(readVerbs, x.verb) && slices.Contains(ofNoNamespace[x.group], x.resource)
	}
	return slices.ContainsFunc(t.Grants, func(g *model.Grant) bool {
		if x.url != "" || !slices.ContainsFunc(g.In, func(n *model.Namespace) bool { return n.Cluster == c && n.Name == x.namespace }) {
			return false
		}
		if slices.Contains(readVerbs, x.verb) && x.resource != "*" && x.group != "*" {
			return true // Secrets and the like are escalations
		}
		bare := x
		bare.namespace, bare.name = "", ""
		return g.Action == model.ActionOperate && slices.Contains(operateExtra, bare)
	})
}
