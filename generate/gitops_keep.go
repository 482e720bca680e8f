package generate

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Annotations by which a controller leaves an object in the cluster when its file goes.
// https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-reconciliation-of-resources
// https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources
const (
	FluxKeepKey   = "kustomize.toolkit.fluxcd.io/prune"
	FluxKeepValue = "disabled"
	ArgoKeepKey   = "argocd.argoproj.io/sync-options"
	ArgoKeepValue = "Prune=false,Delete=false"
)

// kept returns the annotations of what holds data in a namespace: the claims, and the namespace itself, with which
// everything in it would go. The controllers delete everything else whose file goes.
func kept(s *model.Spec, n *model.Namespace) map[string]string {
	var annotations map[string]string
	for _, g := range s.GitOps {
		if !slices.Contains(g.Deploys, n) {
			continue
		}
		if annotations == nil {
			annotations = map[string]string{}
		}
		if g.Kind == model.ArgoCD {
			annotations[ArgoKeepKey] = ArgoKeepValue
		} else {
			annotations[FluxKeepKey] = FluxKeepValue
		}
	}
	return annotations
}
