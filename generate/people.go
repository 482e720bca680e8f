package generate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// people gives teams their standing rights.
//
// The actions are ours and not Kubernetes' built-in view and edit roles: those aggregate the rights of every add-on
// that labels its roles (OWASP K02), and edit creates pods and reads Secrets.
var people = &Generator{
	Name: "people",
	Doc: `standing rights of teams, by namespace and for the cluster itself

"view" reads everything but Secrets. "operate" also restarts and scales: it deletes and evicts pods, whose controllers
make them again, and sets replicas. It cannot patch a Deployment, which a rolling restart by kubectl would need: who
patches a Deployment chooses its image. "deploy", a weakening, changes workloads past GitOps. Who inspects a cluster
reads what belongs to no namespace: nodes, volumes, classes, definitions, roles, policies. Nobody has standing
rights to exec, to Secrets, or to what stands in all namespaces; break-glass access is issued for hours, and leaves no
binding here.`,
	Controls: []model.ControlID{model.PeopleLeastPrivilege},
	Kinds:    objectKinds("rbac.authorization.k8s.io/v1", "ClusterRole", "ClusterRoleBinding", "RoleBinding"),
	Run:      runPeople,
}

var readVerbs = []string{"get", "list", "watch"}

// viewRules read what people need to find out why a workload does not work.
var viewRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: readVerbs, Resources: []string{
		"configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "pods/log", "pods/status",
		"resourcequotas", "resourcequotas/status", "serviceaccounts", "services",
	}},
	{APIGroups: []string{"apps"}, Verbs: readVerbs, Resources: []string{
		"controllerrevisions", "daemonsets", "deployments", "deployments/scale", "replicasets", "statefulsets", "statefulsets/scale",
	}},
	{APIGroups: []string{"autoscaling"}, Verbs: readVerbs, Resources: []string{"horizontalpodautoscalers"}},
	{APIGroups: []string{"batch"}, Verbs: readVerbs, Resources: []string{"cronjobs", "jobs"}},
	{APIGroups: []string{"discovery.k8s.io"}, Verbs: readVerbs, Resources: []string{"endpointslices"}},
	{APIGroups: []string{"events.k8s.io"}, Verbs: readVerbs, Resources: []string{"events"}},
	{APIGroups: []string{"gateway.networking.k8s.io"}, Verbs: readVerbs, Resources: []string{"gateways", "httproutes"}},
	{APIGroups: []string{"metrics.k8s.io"}, Verbs: readVerbs, Resources: []string{"pods"}},
	{APIGroups: []string{"networking.k8s.io"}, Verbs: readVerbs, Resources: []string{"ingresses", "networkpolicies"}},
	{APIGroups: []string{"policy"}, Verbs: readVerbs, Resources: []string{"poddisruptionbudgets"}},
	{APIGroups: []string{"rbac.authorization.k8s.io"}, Verbs: readVerbs, Resources: []string{"rolebindings", "roles"}},
}

var operateRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: []string{"delete"}, Resources: []string{"pods"}},
	{APIGroups: []string{""}, Verbs: []string{"create"}, Resources: []string{"pods/eviction"}},
	{APIGroups: []string{"apps"}, Verbs: []string{"patch", "update"}, Resources: []string{"deployments/scale", "statefulsets/scale"}},
}

var deployRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: []string{"create", "delete", "patch", "update"}, Resources: []string{"configmaps", "services"}},
	{APIGroups: []string{"apps"}, Verbs: []string{"create", "delete", "patch", "update"}, Resources: []string{"daemonsets", "deployments", "statefulsets"}},
	{APIGroups: []string{"autoscaling"}, Verbs: []string{"create", "delete", "patch", "update"}, Resources: []string{"horizontalpodautoscalers"}},
	{APIGroups: []string{"batch"}, Verbs: []string{"create", "delete", "patch", "update"}, Resources: []string{"cronjobs", "jobs"}},
	{APIGroups: []string{"policy"}, Verbs: []string{"create", "delete", "patch", "update"}, Resources: []string{"poddisruptionbudgets"}},
}

// inspectRules read what belongs to no namespace. Each resource is named: bound for the whole cluster, a resource of
// namespaces would be read in all of them.
var inspectRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: readVerbs, Resources: []string{"namespaces", "nodes", "persistentvolumes"}},
	{APIGroups: []string{"admissionregistration.k8s.io"}, Verbs: readVerbs, Resources: []string{
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
	}},
	{APIGroups: []string{"apiextensions.k8s.io"}, Verbs: readVerbs, Resources: []string{"customresourcedefinitions"}},
	{APIGroups: []string{"apiregistration.k8s.io"}, Verbs: readVerbs, Resources: []string{"apiservices"}},
	{APIGroups: []string{"certificates.k8s.io"}, Verbs: readVerbs, Resources: []string{"certificatesigningrequests"}},
	{APIGroups: []string{"cilium.io"}, Verbs: readVerbs, Resources: []string{"ciliumclusterwidenetworkpolicies"}},
	{APIGroups: []string{"flowcontrol.apiserver.k8s.io"}, Verbs: readVerbs, Resources: []string{"flowschemas", "prioritylevelconfigurations"}},
	{APIGroups: []string{"gateway.networking.k8s.io"}, Verbs: readVerbs, Resources: []string{"gatewayclasses"}},
	{APIGroups: []string{"metrics.k8s.io"}, Verbs: readVerbs, Resources: []string{"nodes"}},
	{APIGroups: []string{"networking.k8s.io"}, Verbs: readVerbs, Resources: []string{"ingressclasses"}},
	{APIGroups: []string{"node.k8s.io"}, Verbs: readVerbs, Resources: []string{"runtimeclasses"}},
	{APIGroups: []string{"policy.networking.k8s.io"}, Verbs: readVerbs, Resources: []string{"clusternetworkpolicies"}},
	{APIGroups: []string{"policy.sigstore.dev"}, Verbs: readVerbs, Resources: []string{"clusterimagepolicies"}},
	{APIGroups: []string{"rbac.authorization.k8s.io"}, Verbs: readVerbs, Resources: []string{"clusterrolebindings", "clusterroles"}},
	{APIGroups: []string{"scheduling.k8s.io"}, Verbs: readVerbs, Resources: []string{"priorityclasses"}},
	{APIGroups: []string{"storage.k8s.io"}, Verbs: readVerbs, Resources: []string{"csidrivers", "csinodes", "storageclasses", "volumeattachments"}},
}

// actionRules are the rights of each action.
var actionRules = map[model.Action][]rbacv1.PolicyRule{
	model.ActionView:    viewRules,
	model.ActionOperate: slices.Concat(viewRules, operateRules),
	model.ActionDeploy:  slices.Concat(viewRules, operateRules, deployRules),
}

func runPeople(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		if err := writeActions(p, c); err != nil {
			return err
		}
		for _, n := range c.Namespaces {
			if err := writeTeams(p, n); err != nil {
				return err
			}
		}
	}
	claimTeams(p)
	return nil
}

// actionRole is the name of the ClusterRole with an action's rights. It is bound in namespaces only.
func actionRole(a model.Action) string { return "bartizan:" + string(a) }

// inspectRole is the name of the ClusterRole that reads what belongs to no namespace. It is bound for the cluster.
const inspectRole = "bartizan:inspect"

func writeActions(p *Pass, c *model.Cluster) error {
	var roles []any
	for _, action := range []model.Action{model.ActionView, model.ActionOperate, model.ActionDeploy} {
		if !actionUsed(p.Spec, c, action) {
			continue
		}
		meta := clusterMeta(c, actionRole(action))
		meta.Labels[labelName] = "people"
		roles = append(roles, &rbacv1.ClusterRole{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"),
			ObjectMeta: meta,
			Rules:      actionRules[action],
		})
	}
	if inspectors := inspections(p.Spec, c); inspectors != nil {
		meta := clusterMeta(c, inspectRole)
		meta.Labels[labelName] = "people"
		roles = append(roles, &rbacv1.ClusterRole{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: meta, Rules: inspectRules})
		roles = append(roles, inspectors...)
	}
	if len(roles) == 0 {
		return nil
	}
	return p.YAML(Artifact{
		Path:  peopleOf(c),
		Doc:   "what people's actions mean, which namespaces bind to teams, and which teams read what belongs to no namespace",
		Where: "the cluster",
	}, roles...)
}

// peopleOf is the file with what people may do in the whole cluster, and what their actions mean.
func peopleOf(c *model.Cluster) string { return path.Join(PlatformDir(c), "people.yaml") }

// inspections bind the role of those who inspect the cluster to each team that does.
func inspections(spec *model.Spec, c *model.Cluster) []any {
	if c.Identity.OIDC == nil {
		return nil // a managed cluster whose logins its provider arranges: there is no group to name
	}
	var bindings []any
	for _, t := range spec.Teams {
		if !slices.Contains(t.Inspects, c) {
			continue
		}
		meta := clusterMeta(c, "bartizan:team:"+t.Name+":inspect")
		meta.Labels[labelName] = "people"
		bindings = append(bindings, &rbacv1.ClusterRoleBinding{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
			ObjectMeta: meta,
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: c.Identity.OIDC.GroupsPrefix + t.OIDCGroup}},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: inspectRole},
		})
	}
	return bindings
}

func actionUsed(spec *model.Spec, c *model.Cluster, action model.Action) bool {
	for _, t := range spec.Teams {
		for _, g := range t.Grants {
			if g.Action == action && slices.ContainsFunc(g.In, func(n *model.Namespace) bool { return n.Cluster == c }) {
				return true
			}
		}
	}
	return false
}

func peopleFile(n *model.Namespace) string { return path.Join(GuardDir(n), "people.yaml") }

func writeTeams(p *Pass, n *model.Namespace) error {
	oidc := n.Cluster.Identity.OIDC
	var bindings []any
	for _, t := range p.Spec.Teams {
		for _, action := range actionsIn(t, n) {
			if oidc == nil {
				continue // a managed cluster whose logins its provider arranges: there is no group to name
			}
			meta := namespaceMeta(n, fmt.Sprintf("team:%s:%s", t.Name, action))
			meta.Labels[labelName] = "people"
			bindings = append(bindings, &rbacv1.RoleBinding{
				TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"),
				ObjectMeta: meta,
				Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: oidc.GroupsPrefix + t.OIDCGroup}},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: actionRole(action)},
			})
		}
	}
	if len(bindings) == 0 {
		return nil
	}
	return p.YAML(Artifact{Path: peopleFile(n), Doc: "which teams may do what here", Where: "the cluster"}, bindings...)
}

// actionsIn returns the team's actions in the namespace, sorted, each once.
func actionsIn(t *model.Team, n *model.Namespace) []model.Action {
	var actions []model.Action
	for _, g := range t.Grants {
		if slices.Contains(g.In, n) {
			actions = append(actions, g.Action)
		}
	}
	slices.SortFunc(actions, func(a, b model.Action) int { return strings.Compare(string(a), string(b)) })
	return slices.Compact(actions)
}

// claimTeams claims the control for teams whose grants are without weakening and all of whose groups have a name.
func claimTeams(p *Pass) {
	for _, t := range p.Spec.Teams {
		var files []string
		sound := true
		for _, g := range t.Grants {
			for _, n := range g.In {
				files = append(files, peopleFile(n))
				sound = sound && g.Action != model.ActionDeploy && n.Cluster.Identity.OIDC != nil
			}
		}
		for _, c := range t.Inspects {
			files = append(files, peopleOf(c))
			sound = sound && c.Identity.OIDC != nil
		}
		if sound && len(files) > 0 {
			p.Claim(model.PeopleLeastPrivilege, t.Addr(), slices.Min(files))
		}
	}
}
