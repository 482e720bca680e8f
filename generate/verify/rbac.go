package verify

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// rbac answers who may do what, as the API server's RBAC authorizer would with the objects of a tree.
//
// The rules: https://kubernetes.io/docs/reference/access-authn-authz/rbac/. Rights only add up. A binding to a role that
// the tree does not define counts as a binding to everything: cluster-admin is such a role.
type rbac struct {
	grants []grant
	// byName holds the indices of the grants that name a user, group or account. Every identity has few names, and a
	// cluster has many grants.
	byName map[string][]int
}

// grant is one binding with the rules of its role.
type grant struct {
	binding   Object
	role      string // the file of the role; empty if the tree has none
	namespace string // empty: cluster-wide
	subjects  []rbacv1.Subject
	rules     []rbacv1.PolicyRule
	// open says why the rules may become more than the tree shows; empty if they cannot.
	open string
}

// files are those without which the rights would be others.
func (g grant) files() []string {
	if g.role == "" {
		return []string{g.binding.Path}
	}
	return []string{g.binding.Path, g.role}
}

// identity is who asks: a user name and the groups that authentication adds.
type identity struct {
	user   string
	groups []string
}

// accountIdentity is a service account.
func accountIdentity(namespace, name string) identity {
	return identity{
		user:   "system:serviceaccount:" + namespace + ":" + name,
		groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
}

// groupIdentity is any person of a group.
func groupIdentity(group string) identity {
	return identity{groups: []string{group, "system:authenticated"}}
}

// request is a request to the API. Namespace is empty for cluster-scoped resources and for requests across all
// namespaces; name is empty where the request names no object.
type request struct {
	verb, group, resource, subresource, name, namespace string
}

// everything is the rule of cluster-admin.
var everything = []rbacv1.PolicyRule{
	{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
	{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
}

// newRBAC reads the roles and bindings of a cluster.
func newRBAC(o *Objects) *rbac {
	r := &rbac{byName: map[string][]int{}}
	for _, b := range Typed[*rbacv1.RoleBinding](o) {
		r.add(o, b.Object, b.Namespace, b.Typed.RoleRef, b.Typed.Subjects)
	}
	for _, b := range Typed[*rbacv1.ClusterRoleBinding](o) {
		r.add(o, b.Object, "", b.Typed.RoleRef, b.Typed.Subjects)
	}
	return r
}

func (r *rbac) add(o *Objects, binding Object, namespace string, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
	g := grant{binding: binding, namespace: namespace, subjects: subjects, rules: everything}
	switch role, ok := o.One(rbacv1.GroupName, ref.Kind, roleNamespace(ref, namespace), ref.Name); {
	case ref.APIGroup != rbacv1.GroupName || !ok:
		g.open = fmt.Sprintf("the tree does not define the %s %q", ref.Kind, ref.Name)
	default:
		g.role = role.Path
		switch v := role.Value.(type) {
		case *rbacv1.Role:
			g.rules = v.Rules
		case *rbacv1.ClusterRole:
			g.rules = v.Rules
			if v.AggregationRule != nil {
				// The controller replaces the role's own rules by those of all roles that carry the labels.
				g.rules = aggregated(o, v.AggregationRule)
				g.open = fmt.Sprintf("every add-on can add to the aggregated %s", role)
			}
		}
	}
	for _, s := range subjects {
		name := g.key(s)
		r.byName[name] = append(r.byName[name], len(r.grants))
	}
	r.grants = append(r.grants, g)
}

func roleNamespace(ref rbacv1.RoleRef, namespace string) string {
	if ref.Kind == "ClusterRole" {
		return ""
	}
	return namespace
}

func aggregated(o *Objects, rule *rbacv1.AggregationRule) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, role := range Typed[*rbacv1.ClusterRole](o) {
		if slices.ContainsFunc(rule.ClusterRoleSelectors, func(s metav1.LabelSelector) bool {
			selector, err := metav1.LabelSelectorAsSelector(&s)
			return err != nil || selector.Matches(labels.Set(role.Typed.Labels))
		}) {
			rules = append(rules, role.Typed.Rules...)
		}
	}
	return rules
}

// of returns the grants that reach the identity, in the order of the tree.
func (r *rbac) of(id identity) []grant {
	var found []int
	if id.user != "" {
		found = append(found, r.byName["user "+id.user]...)
	}
	for _, group := range id.groups {
		found = append(found, r.byName["group "+group]...)
	}
	found = append(found, r.byName[""]...)
	slices.Sort(found)
	var grants []grant
	for _, i := range slices.Compact(found) {
		grants = append(grants, r.grants[i])
	}
	return grants
}

// key is the name under which a subject is found. An account is a user with a long name; a subject of a kind that does
// not exist reaches everybody, because whoever wrote it meant somebody.
func (g grant) key(s rbacv1.Subject) string {
	switch s.Kind {
	case rbacv1.UserKind:
		return "user " + s.Name
	case rbacv1.GroupKind:
		return "group " + s.Name
	case rbacv1.ServiceAccountKind:
		namespace := s.Namespace
		if namespace == "" {
			namespace = g.namespace
		}
		return "user system:serviceaccount:" + namespace + ":" + s.Name
	}
	return ""
}

// allowed reports whether the identity may make the request.
func (r *rbac) allowed(id identity, q request) bool {
	if slices.Contains(id.groups, "system:masters") {
		return true // before any authorizer is asked
	}
	for _, g := range r.of(id) {
		if g.namespace != "" && g.namespace != q.namespace {
			continue
		}
		if slices.ContainsFunc(g.rules, func(rule rbacv1.PolicyRule) bool { return ruleAllows(rule, q) }) {
			return true
		}
	}
	return false
}

// ruleAllows follows RuleAllows of the API server's authorizer.
func ruleAllows(rule rbacv1.PolicyRule, q request) bool {
	return oneOf(rule.Verbs, q.verb) && oneOf(rule.APIGroups, q.group) && ruleResource(rule.Resources, q.resource, q.subresource) &&
		(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, q.name))
}

// oneOf reports whether the list has the value or a wildcard.
func oneOf(list []string, value string) bool {
	return slices.Contains(list, "*") || slices.Contains(list, value)
}

// ruleResource reports whether the resources of a rule include one. "*" includes subresources, "pods" does not, and
// "*/log" is that subresource of everything.
func ruleResource(resources []string, resource, subresource string) bool {
	full := resource
	if subresource != "" {
		full += "/" + subresource
	}
	return slices.ContainsFunc(resources, func(r string) bool {
		return r == "*" || r == full || subresource != "" && r == "*/"+subresource
	})
}

// right is one verb on one resource, as a rule grants it: every field may be a wildcard.
type right struct {
	namespace string // empty: cluster-wide
	verb      string
	group     string
	resource  string // with the subresource behind a slash
	name      string // empty: all
	url       string // of a request for no resource
}

func (r right) String() string {
	if r.url != "" {
		return r.verb + " " + r.url
	}
	s := r.verb + " " + r.resource
	if r.group != "" {
		s += "." + r.group
	}
	if r.name != "" {
		s += fmt.Sprintf(" %q", r.name)
	}
	if r.namespace == "" {
		return s + " in the whole cluster"
	}
	return s + " in namespace " + r.namespace
}

// rights takes a rule apart.
func rights(namespace string, rule rbacv1.PolicyRule) []right {
	var all []right
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	for _, verb := range rule.Verbs {
		for _, url := range rule.NonResourceURLs {
			all = append(all, right{namespace: namespace, verb: verb, url: url})
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, name := range names {
					all = append(all, right{namespace: namespace, verb: verb, group: group, resource: resource, name: name})
				}
			}
		}
	}
	return all
}

// includes reports whether who holds r may do all that s allows.
func (r right) includes(s right) bool {
	wild := func(a, b string) bool { return a == "*" || a == b }
	if (r.url == "") != (s.url == "") || r.namespace != "" && r.namespace != s.namespace || !wild(r.verb, s.verb) {
		return false
	}
	if r.url != "" {
		return r.url == s.url || strings.HasSuffix(r.url, "*") && strings.HasPrefix(s.url, strings.TrimSuffix(r.url, "*"))
	}
	if !wild(r.group, s.group) || r.name != "" && r.name != s.name {
		return false
	}
	resource, sub, _ := strings.Cut(s.resource, "/")
	return ruleResource([]string{r.resource}, resource, sub)
}

// beyond returns the rights that none of the others include.
func beyond(some, others []right) []right {
	return slices.DeleteFunc(slices.Clone(some), func(s right) bool {
		return slices.ContainsFunc(others, func(o right) bool { return o.includes(s) })
	})
}
