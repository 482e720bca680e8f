package generate

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// accounts gives each workload a service account and exactly the rights that it declares.
var accounts = &Generator{
	Name: "account",
	Doc: `a service account for each workload, with the declared rights and nothing else

Rights stand in a Role of the workload's namespace; only rules with scope = "cluster", a weakening, become a
ClusterRole. The account mounts no token by itself: pods that declare api_access mount a short-lived one.
https://kubernetes.io/docs/concepts/security/rbac-good-practices/`,
	Controls: []model.ControlID{model.LeastPrivilege, model.NoEscalation},
	Kinds:    slices.Concat(objectKinds("v1", "ServiceAccount"), rightsKinds, clusterRightsKinds),
	Run:      runAccounts,
}

// accountName is the name of the workload's service account.
func accountName(w *model.Workload) string { return w.Name }

func account(meta metav1.ObjectMeta) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     typeMeta("v1", "ServiceAccount"),
		ObjectMeta:                   meta,
		AutomountServiceAccountToken: new(false),
	}
}

func runAccounts(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, w := range c.Workloads() {
			file := path.Join(GuardDir(w.Namespace), "account."+w.Name+".yaml")
			objects := []any{account(workloadMeta(w, accountName(w)))}
			if rules := rulesOf(w, model.ScopeNamespace); len(rules) > 0 {
				objects = append(objects, workloadRole(w, rules)...)
			}
			err := p.YAML(Artifact{Path: file, Doc: "account and rights of workload " + w.Name, Where: "the cluster"}, objects...)
			if err != nil {
				return err
			}
			if rules := rulesOf(w, model.ScopeCluster); len(rules) > 0 {
				err := p.YAML(Artifact{
					Path:  path.Join(PlatformDir(c), "account."+w.Namespace.Name+"."+w.Name+".yaml"),
					Doc:   "cluster-wide rights of workload " + w.Namespace.Name + "/" + w.Name,
					Where: "the cluster",
				}, workloadClusterRole(w, rules)...)
				if err != nil {
					return err
				}
			}
			p.Claim(model.LeastPrivilege, w.Addr(), file)
			if !slices.ContainsFunc(w.APIAccess, func(a *model.APIAccess) bool { return a.Escalation() != nil }) {
				p.Claim(model.NoEscalation, w.Addr(), file)
			}
		}
	}
	return nil
}

// rulesOf returns the declared rules of one scope, in declared order.
func rulesOf(w *model.Workload, scope model.Scope) []rbacv1.PolicyRule {
	var rules []rbacv1.PolicyRule
	for _, a := range w.APIAccess {
		if (a.Scope == model.ScopeCluster) != (scope == model.ScopeCluster) {
			continue
		}
		rules = append(rules, rbacv1.PolicyRule{
			Verbs:         a.Verbs,
			APIGroups:     a.Groups,
			Resources:     a.Resources,
			ResourceNames: a.Names,
		})
	}
	return rules
}

func workloadRole(w *model.Workload, rules []rbacv1.PolicyRule) []any {
	meta := workloadMeta(w, w.Name)
	return []any{
		&rbacv1.Role{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta, Rules: rules},
		&rbacv1.RoleBinding{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"),
			ObjectMeta: meta,
			Subjects:   []rbacv1.Subject{accountSubject(w.Namespace.Name, accountName(w))},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: w.Name},
		},
	}
}

func workloadClusterRole(w *model.Workload, rules []rbacv1.PolicyRule) []any {
	// A colon cannot stand in the name of a namespace or workload, so no two workloads share a role.
	meta := workloadMeta(w, "bartizan:"+w.Namespace.Name+":"+w.Name)
	meta.Namespace = ""
	return []any{
		&rbacv1.ClusterRole{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: meta, Rules: rules},
		&rbacv1.ClusterRoleBinding{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
			ObjectMeta: meta,
			Subjects:   []rbacv1.Subject{accountSubject(w.Namespace.Name, accountName(w))},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: meta.Name},
		},
	}
}

func accountSubject(namespace, name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: name}
}
