package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// accountsCheck compares the rights of service accounts with the declared ones.
var accountsCheck = &Check{
	Name: "accounts",
	Doc: `service accounts hold the declared rights, and none that lead to more

All bindings of the tree are evaluated, those to groups of accounts and to everybody included; a role that the tree
does not define counts as cluster-admin. The rights that lead to more are those of the catalogue of escalations
(https://kubernetes.io/docs/concepts/security/rbac-good-practices/). Where a file of the cluster cannot be read, nothing
is proved: it may hold a binding.`,
	Controls: []model.ControlID{model.LeastPrivilege, model.NoEscalation, model.DefaultAccountEmpty},
	Run:      runAccounts,
}

func runAccounts(p *Pass) {
	for _, c := range p.Spec.Clusters {
		objects := p.Objects(c)
		rights := newRBAC(objects)
		strays := strayGrants(p.Spec, c, rights)
		for _, s := range strays {
			p.Find(Finding{Path: s.grant.binding.Path, Object: s.grant.binding.At("subjects"), Message: fmt.Sprintf("The binding gives rights to %s, whom nothing declares.", s.who)})
		}
		for _, n := range c.Namespaces {
			stray := slices.ContainsFunc(strays, func(s strayGrant) bool { return s.namespace == n.Name })
			judgeDefaultAccount(p, n, objects, rights)
			for _, w := range n.Workloads {
				judgeAccount(p, w, objects, rights, stray)
			}
		}
	}
}

// declaredRights are what the specification gives a workload.
func declaredRights(w *model.Workload) []right {
	var all []right
	for _, a := range w.APIAccess {
		namespace := w.Namespace.Name
		if a.Scope == model.ScopeCluster {
			namespace = ""
		}
		all = append(all, rights(namespace, rbacv1.PolicyRule{Verbs: a.Verbs, APIGroups: a.Groups, Resources: a.Resources, ResourceNames: a.Names})...)
	}
	return all
}

func judgeAccount(p *Pass, w *model.Workload, objects *Objects, r *rbac, stray bool) {
	account, ok := objects.One("", "ServiceAccount", w.Namespace.Name, w.Name)
	if !ok {
		p.Find(Finding{Control: model.LeastPrivilege, Subject: w.Addr(), Path: namespacePath(p, w.Namespace), Message: fmt.Sprintf("The tree does not define the account %q exactly once.", w.Name)})
		return
	}
	if !objects.Complete {
		return // the files that cannot be read are findings already
	}
	id := accountIdentity(w.Namespace.Name, w.Name)
	declared := declaredRights(w)
	least, escalates := !stray, slices.ContainsFunc(w.APIAccess, func(a *model.APIAccess) bool { return a.Escalation() != nil })
	given := !escalates
	var held []right
	for _, g := range r.of(id) {
		if g.open != "" {
			p.Find(Finding{Control: model.LeastPrivilege, Subject: w.Addr(), Path: g.binding.Path, Object: g.binding.At("roleRef"), Message: "The rights have no bound: " + g.open + "."})
			least = false
		}
		var own []right
		for _, rule := range g.rules {
			own = append(own, rights(g.namespace, rule)...)
			if e := escalation(rule, g.namespace); e != nil && given {
				p.Find(Finding{Control: model.NoEscalation, Subject: w.Addr(), Path: g.binding.Path, Object: g.binding.String(), Message: fmt.Sprintf("The account %s (%s).", e.Doc, e.Step)})
				escalates = true
			}
		}
		for _, x := range beyond(own, declared) {
			p.Find(Finding{Control: model.LeastPrivilege, Subject: w.Addr(), Path: g.binding.Path, Object: g.binding.String(), Message: fmt.Sprintf("Nothing declares that the account may %s.", x)})
			least = false
		}
		held = append(held, own...)
	}
	for _, x := range beyond(declared, held) {
		p.Find(Finding{Control: model.LeastPrivilege, Subject: w.Addr(), Path: account.Path, Object: account.String(), Message: fmt.Sprintf("The account may not %s, as is declared.", x)})
		least = false
	}
	if least {
		p.Prove(model.LeastPrivilege, w.Addr(), account.Path)
		for _, g := range r.of(id) {
			p.needs(model.LeastPrivilege, w.Addr(), g.files()...)
		}
	}
	if given && !escalates {
		p.Prove(model.NoEscalation, w.Addr(), account.Path)
	}
}

// escalation returns the first escalation that the rule makes possible in the namespace, or everywhere if that is empty;
// nil for none.
func escalation(rule rbacv1.PolicyRule, namespace string) *model.Escalation {
	for i := range model.Escalations {
		e := &model.Escalations[i]
		if e.NamesSuffice && len(rule.ResourceNames) > 0 || e.Everywhere && namespace != "" || !oneOf(rule.APIGroups, e.Group) {
			continue
		}
		for _, resource := range e.Resources {
			for _, verb := range e.Verbs {
				some := resource == "*" && len(rule.Resources) > 0
				if oneOf(rule.Verbs, verb) && (some || (right{verb: verb, group: e.Group, resource: resource}).within(rule)) {
					return e
				}
			}
		}
	}
	return nil
}

// within reports whether the rule grants the right for some name.
func (r right) within(rule rbacv1.PolicyRule) bool {
	unnamed := rule
	unnamed.ResourceNames = nil
	return slices.ContainsFunc(rights("", unnamed), func(x right) bool { return x.includes(r) })
}

func judgeDefaultAccount(p *Pass, n *model.Namespace, objects *Objects, r *rbac) {
	account, ok := objects.One("", "ServiceAccount", n.Name, "default")
	if !ok || !isFalse(account.Value.(*corev1.ServiceAccount).AutomountServiceAccountToken) {
		p.Find(Finding{Control: model.DefaultAccountEmpty, Subject: n.Addr(), Path: account.Path, Object: "ServiceAccount/" + n.Name + "/default", Message: "The account is missing, or lets pods mount its token."})
		return
	}
	empty := objects.Complete
	for _, g := range r.of(accountIdentity(n.Name, "default")) {
		p.Find(Finding{Control: model.DefaultAccountEmpty, Subject: n.Addr(), Path: g.binding.Path, Object: g.binding.String(), Message: "The default account gets rights."})
		empty = false
	}
	for _, s := range Typed[*corev1.Secret](objects) {
		if s.Namespace == n.Name && s.Typed.Type == corev1.SecretTypeServiceAccountToken {
			p.Find(Finding{Control: model.DefaultAccountEmpty, Subject: n.Addr(), Path: s.Path, Object: s.String(), Message: "A token that never expires."})
			empty = false
		}
	}
	if empty {
		p.Prove(model.DefaultAccountEmpty, n.Addr(), account.Path)
	}
}

// strayGrant is a right of somebody whom the specification does not know.
type strayGrant struct {
	grant     grant
	who       string
	namespace string // of the account
}

// strayGrants returns the bindings to accounts that belong to no workload and no controller. Groups of accounts are
// judged as strangers among people, and by what they give to each account.
func strayGrants(spec *model.Spec, c *model.Cluster, r *rbac) []strayGrant {
	known := knownAccounts(spec, c)
	var strays []strayGrant
	for _, g := range r.grants {
		for _, s := range g.subjects {
			if s.Kind != rbacv1.ServiceAccountKind {
				continue
			}
			namespace := s.Namespace
			if namespace == "" {
				namespace = g.namespace
			}
			if who := namespace + "/" + s.Name; !known[who] {
				strays = append(strays, strayGrant{g, "the account " + who, namespace})
			}
		}
	}
	return strays
}

// knownAccounts are the accounts that the specification explains, by namespace and name.
func knownAccounts(spec *model.Spec, c *model.Cluster) map[string]bool {
	known := map[string]bool{}
	for _, n := range c.Namespaces {
		known[n.Name+"/default"] = true // judged by itself
		for _, w := range n.Workloads {
			known[n.Name+"/"+w.Name] = true
		}
	}
	for _, g := range spec.GitOps {
		for _, who := range gitOpsAccounts(g, c) {
			known[who] = true
		}
	}
	return known
}
