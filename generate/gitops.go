package generate

import (
	"fmt"
	"path"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// gitOps tells a controller what to apply, and as whom.
var gitOps = &Generator{
	Name: "gitops",
	Doc: `a GitOps controller that acts with one account for each namespace

The controller impersonates an account for each part of the tree. The account of a namespace's workloads may change
workloads there and nothing else: no roles, no network policies, no other namespace. Guards and platform are applied by
an account of their own, which holds the rights to do so and is part of the trusted base. A change of an application
repository therefore cannot loosen what guards it. What is deleted in Git is deleted in the cluster, except what holds
data: namespaces and claims, which no account of the controller may delete. The repository is expected to hold the tree at its root, on branch
main; its credentials, and the keys of its signers, are Secrets that people make by hand.
https://fluxcd.io/flux/installation/configuration/multitenancy/
https://argo-cd.readthedocs.io/en/stable/operator-manual/app-sync-using-impersonation/`,
	Controls: []model.ControlID{model.GitOpsPerNamespace},
	Kinds: slices.Concat(
		objectKinds("v1", "ServiceAccount"), rightsKinds, clusterRightsKinds,
		objectKinds("source.toolkit.fluxcd.io/v1", "GitRepository"), objectKinds("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
		objectKinds("argoproj.io/v1alpha1", "AppProject", "Application"),
	),
	Run: runGitOps,
}

func runGitOps(p *Pass) error {
	for _, g := range p.Spec.GitOps {
		for _, c := range p.Spec.Clusters {
			namespaces := slices.DeleteFunc(slices.Clone(g.Deploys), func(n *model.Namespace) bool { return n.Cluster != c })
			if len(namespaces) == 0 {
				continue
			}
			if err := writeGitOps(p, g, c, namespaces); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeGitOps(p *Pass, g *model.GitOps, c *model.Cluster, namespaces []*model.Namespace) error {
	dir := GitOpsDir(c, g)
	p.Directory(Directory{
		Path:  dir,
		Title: "GitOps controller " + g.Name,
		Doc: fmt.Sprintf("What %s applies, and as whom. Install the controller in namespace %q, make the Secrets that `source.yaml` names, then apply this directory once by hand: "+
			"`kubectl apply -k .`. From then on the controller applies the rest of the tree.", g.Kind, g.Namespace()),
	})
	objects := fluxObjects
	if g.Kind == model.ArgoCD {
		objects = argoObjects
	}
	source, parts := objects(g, c, namespaces)
	if err := p.YAML(Artifact{Path: path.Join(dir, "source.yaml"), Doc: "the repository, or the projects that bound what may come from it", Where: "the cluster, once"}, source...); err != nil {
		return err
	}
	if err := p.YAML(Artifact{Path: path.Join(dir, "parts.yaml"), Doc: "the parts of the tree, in their order, each with its account", Where: "the cluster, once"}, parts...); err != nil {
		return err
	}
	if g.Privileges == model.PrivilegesClusterAdmin {
		return nil
	}
	if err := writeGitOpsAccounts(p, g, c, namespaces); err != nil {
		return err
	}
	p.Claim(model.GitOpsPerNamespace, g.Addr(), path.Join(dir, "parts.yaml"))
	return nil
}

func gitOpsMeta(g *model.GitOps, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:      name,
		Namespace: g.Namespace(),
		Labels:    map[string]string{labelName: name, labelPartOf: g.Name, labelManagedBy: managedBy},
	}
}

var manageVerbs = []string{"create", "delete", "get", "list", "patch", "update", "watch"}

// keepVerbs are those on what holds data: no controller deletes it.
var keepVerbs = []string{"create", "get", "list", "patch", "update", "watch"}

// appRules are the rights on what generators write below apps/.
var appRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: manageVerbs, Resources: []string{"configmaps", "services"}},
	{APIGroups: []string{""}, Verbs: keepVerbs, Resources: []string{"persistentvolumeclaims"}},
	{APIGroups: []string{"apps"}, Verbs: manageVerbs, Resources: []string{"daemonsets", "deployments", "statefulsets"}},
	{APIGroups: []string{"autoscaling"}, Verbs: manageVerbs, Resources: []string{"horizontalpodautoscalers"}},
	{APIGroups: []string{"batch"}, Verbs: manageVerbs, Resources: []string{"cronjobs", "jobs"}},
	{APIGroups: []string{"external-secrets.io"}, Verbs: manageVerbs, Resources: []string{"externalsecrets"}},
	{APIGroups: []string{"policy"}, Verbs: manageVerbs, Resources: []string{"poddisruptionbudgets"}},
	{APIGroups: []string{"secrets-store.csi.x-k8s.io"}, Verbs: manageVerbs, Resources: []string{"secretproviderclasses"}},
	// Flux waits until a workload is ready, and asks as this account: a Deployment's state includes that of its
	// ReplicaSets and pods (github.com/fluxcd/cli-utils, pkg/kstatus/polling/statusreaders). Argo CD asks as itself.
	{APIGroups: []string{""}, Verbs: readVerbs, Resources: []string{"pods"}},
	{APIGroups: []string{"apps"}, Verbs: readVerbs, Resources: []string{"replicasets"}},
}

// guardRules are the rights on what generators write below platform/ and guard/. Who may write roles and bindings may
// give itself everything: the account is as strong as cluster-admin, and separate so that nothing else is.
var guardRules = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Verbs: keepVerbs, Resources: []string{"namespaces"}},
	{APIGroups: []string{""}, Verbs: manageVerbs, Resources: []string{"limitranges", "resourcequotas", "serviceaccounts"}},
	{APIGroups: []string{"admissionregistration.k8s.io"}, Verbs: manageVerbs, Resources: []string{"validatingadmissionpolicies", "validatingadmissionpolicybindings"}},
	{APIGroups: []string{"cilium.io"}, Verbs: manageVerbs, Resources: []string{"ciliumclusterwidenetworkpolicies", "ciliumnetworkpolicies"}},
	{APIGroups: []string{"crd.antrea.io"}, Verbs: manageVerbs, Resources: []string{"networkpolicies"}},
	{APIGroups: []string{"external-secrets.io"}, Verbs: manageVerbs, Resources: []string{"externalsecrets", "secretstores"}},
	{APIGroups: []string{"gateway.networking.k8s.io"}, Verbs: manageVerbs, Resources: []string{"gateways", "httproutes"}},
	{APIGroups: []string{"k8s.ovn.org"}, Verbs: manageVerbs, Resources: []string{"egressfirewalls"}},
	{APIGroups: []string{"networking.gke.io"}, Verbs: manageVerbs, Resources: []string{"fqdnnetworkpolicies"}},
	{APIGroups: []string{"networking.k8s.aws"}, Verbs: manageVerbs, Resources: []string{"applicationnetworkpolicies", "clusternetworkpolicies"}},
	{APIGroups: []string{"networking.k8s.io"}, Verbs: manageVerbs, Resources: []string{"ingresses", "networkpolicies"}},
	{APIGroups: []string{"node.k8s.io"}, Verbs: manageVerbs, Resources: []string{"runtimeclasses"}},
	{APIGroups: []string{"policy.networking.k8s.io"}, Verbs: manageVerbs, Resources: []string{"clusternetworkpolicies"}},
	{APIGroups: []string{"policy.sigstore.dev"}, Verbs: manageVerbs, Resources: []string{"clusterimagepolicies"}},
	{APIGroups: []string{"projectcalico.org"}, Verbs: manageVerbs, Resources: []string{"networkpolicies"}},
	{APIGroups: []string{"rbac.authorization.k8s.io"}, Verbs: append([]string{"bind", "escalate"}, manageVerbs...), Resources: []string{"clusterrolebindings", "clusterroles", "rolebindings", "roles"}},
	{APIGroups: []string{"scheduling.k8s.io"}, Verbs: manageVerbs, Resources: []string{"priorityclasses"}},
	{APIGroups: []string{"security.istio.io"}, Verbs: manageVerbs, Resources: []string{"authorizationpolicies", "peerauthentications"}},
}

func writeGitOpsAccounts(p *Pass, g *model.GitOps, c *model.Cluster, namespaces []*model.Namespace) error {
	controller := g.Namespace()
	role := gitOpsMeta(g, "bartizan:gitops:"+g.Name)
	role.Namespace = ""
	role.Labels[labelName] = g.Name
	objects := []any{
		account(gitOpsMeta(g, g.GuardAccount())),
		&rbacv1.ClusterRole{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "ClusterRole"), ObjectMeta: role, Rules: guardRules},
		&rbacv1.ClusterRoleBinding{
			TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
			ObjectMeta: role,
			Subjects:   []rbacv1.Subject{accountSubject(controller, g.GuardAccount())},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		},
	}
	for _, n := range namespaces {
		objects = append(objects, account(gitOpsMeta(g, g.AppsAccount(n))))
		meta := namespaceMeta(n, "gitops:"+g.Name)
		meta.Labels[labelName] = g.Name
		err := p.YAML(Artifact{
			Path:  path.Join(GuardDir(n), "gitops."+g.Name+".yaml"),
			Doc:   "what the GitOps controller may do here, as the account that applies the workloads",
			Where: "the cluster",
		},
			&rbacv1.Role{TypeMeta: typeMeta("rbac.authorization.k8s.io/v1", "Role"), ObjectMeta: meta, Rules: appRules},
			&rbacv1.RoleBinding{
				TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"),
				ObjectMeta: meta,
				Subjects:   []rbacv1.Subject{accountSubject(controller, g.AppsAccount(n))},
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
			})
		if err != nil {
			return err
		}
	}
	return p.YAML(Artifact{
		Path:  path.Join(GitOpsDir(c, g), "accounts.yaml"),
		Doc:   "the accounts that the controller acts as, and what the one for guards may do",
		Where: "the cluster, once",
	}, objects...)
}
