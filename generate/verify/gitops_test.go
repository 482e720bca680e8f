package verify

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

func gitOpsSpec(kind model.GitOpsKind) *model.Spec {
	spec := manifestSpec()
	platform := &model.Repository{Name: "platform", URL: "https://git.example.com/platform", SignedCommits: true}
	spec.Repositories = []*model.Repository{platform}
	spec.GitOps = []*model.GitOps{{Name: "main", Kind: kind, Source: platform, Branch: "main", Path: "generated/production", Deploys: spec.Clusters[0].Namespaces, Privileges: model.PrivilegesPerNamespace}}
	return spec
}

const (
	partsFile  = "gitops/main/parts.yaml"
	sourceFile = "gitops/main/source.yaml"
	gitOpsRole = "namespaces/shop/guard/gitops.main.yaml"
)

func TestClaimsOfGitOpsAreProved(t *testing.T) {
	for _, kind := range []model.GitOpsKind{model.Flux, model.ArgoCD} {
		spec := gitOpsSpec(kind)
		set, files := manifestTree(t, spec)
		result := Run(spec, files, ownChecks)
		for _, f := range result.Findings {
			t.Errorf("%s: finding: %+v", kind, f)
		}
		for _, c := range result.Unproved(set.Claims) {
			t.Errorf("%s: claimed, not proved: %+v", kind, c)
		}
	}
}

// Flux asks for the state of a Deployment's ReplicaSets and pods as the account that applied it. Refused, it reports a
// failed health check for ever.
func TestFluxSeesWhatItWaitsFor(t *testing.T) {
	spec := gitOpsSpec(model.Flux)
	_, files := manifestTree(t, spec)
	r := newRBAC((&Pass{Spec: spec, Files: files, result: &Result{}, cache: newCache()}).Objects(spec.Clusters[0]))
	id := accountIdentity("flux-system", "apps-shop")
	for _, q := range []request{{group: "apps", resource: "replicasets"}, {resource: "pods"}} {
		q.namespace, q.verb = "shop", "list"
		if !r.allowed(id, q) {
			t.Errorf("may not list %s", q.resource)
		}
		q.verb = "create"
		if r.allowed(id, q) {
			t.Errorf("may create %s", q.resource)
		}
	}
}

func TestEditsOfGitOpsAreFound(t *testing.T) {
	edit := func(name, file, old, new string) treeEdit {
		return treeEdit{name: name, control: model.GitOpsPerNamespace, subject: "gitops.main", file: file, old: old, new: new}
	}
	wider := []treeEdit{
		edit("writes roles", gitOpsRole, "  - services\n", "  - services\n  - serviceaccounts\n"),
		edit("writes policies", gitOpsRole, "  - policy\n", "  - networking.k8s.io\n"),
		edit("writes pods", gitOpsRole, "  - pods\n  verbs:\n", "  - pods\n  verbs:\n  - create\n"),
		edit("deletes claims", gitOpsRole, "  - persistentvolumeclaims\n  verbs:\n", "  - persistentvolumeclaims\n  verbs:\n  - delete\n"),
		edit("wildcard", gitOpsRole, "  - services\n", "  - '*'\n"),
		{name: "another namespace", control: model.GitOpsPerNamespace, subject: "gitops.main", add: "namespaces/shop/guard/x.yaml",
			content: binding("RoleBinding", "{name: x, namespace: mon}", "kind: ClusterRole, name: edit", "{kind: ServiceAccount, name: apps-shop, namespace: flux-system}, {kind: ServiceAccount, name: apps-shop, namespace: argocd}")},
	}
	runMutations(t, gitOpsSpec(model.Flux), append(wider,
		edit("acts as itself", partsFile, "  serviceAccountName: apps-shop\n", ""),
		edit("acts as another", partsFile, "serviceAccountName: apps-shop", "serviceAccountName: guard"),
		edit("applies more", partsFile, "path: ./generated/production/clusters/prod/manifests/namespaces/shop/apps", "path: ./generated/production/clusters/prod"),
		edit("another environment", partsFile, "./generated/production/clusters/prod/manifests/platform", "./generated/staging/clusters/prod/manifests/platform"),
		edit("patches", partsFile, "  prune: true", "  prune: true\n  patches: [{patch: x}]"),
		edit("other namespace", partsFile, "  prune: true", "  prune: true\n  targetNamespace: kube-system"),
		edit("other repository", sourceFile, "https://git.example.com/platform", "https://git.example.org/platform"),
		edit("other branch", sourceFile, "branch: main", "branch: fix"),
		edit("a namespace goes with its file", "namespaces/shop/guard/namespace.yaml", "kustomize.toolkit.fluxcd.io/prune: disabled", "kustomize.toolkit.fluxcd.io/prune: enabled"),
		treeEdit{name: "a claim goes with its file", control: model.GitOpsPerNamespace, subject: "gitops.main", add: "namespaces/shop/guard/x.yaml",
			content: "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: x, namespace: shop}\nspec: {}\n"},
		edit("unsigned", sourceFile, "mode: HEAD", "mode: Tag"),
		treeEdit{name: "undeclared part", control: model.GitOpsPerNamespace, subject: "gitops.main", add: "gitops/main/x.yaml",
			content: "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: x, namespace: flux-system}\nspec: {path: ./x}\n"},
		treeEdit{name: "undeclared release", control: model.GitOpsPerNamespace, subject: "gitops.main", add: "namespaces/shop/guard/x.yaml",
			content: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x, namespace: shop}\nspec: {}\n"},
	))
	runMutations(t, gitOpsSpec(model.ArgoCD), append(wider,
		edit("acts as itself", sourceFile, "  - defaultServiceAccount: argocd:apps-shop\n    namespace: shop\n    server: https://kubernetes.default.svc\n", "  []\n"),
		edit("acts as another", sourceFile, "argocd:apps-shop", "argocd:guard"),
		edit("a namespace goes with its file", "namespaces/shop/guard/namespace.yaml", "Prune=false,Delete=false", "Delete=false"),
		edit("other project", partsFile, "project: apps-shop", "project: default"),
		edit("reaches more", sourceFile, "  - namespace: shop", "  - namespace: '*'"),
		edit("applies more", partsFile, "path: generated/production/clusters/prod/manifests/namespaces/shop/apps", "path: generated/production/clusters"),
		edit("cluster kinds", sourceFile, "clusterResourceWhitelist: []", "clusterResourceWhitelist: [{group: '*', kind: '*'}]"),
	))
}
