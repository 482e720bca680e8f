package verify

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// keeps judges whether a deleted file leaves what holds data.
//
// The rule: Flux leaves an object with the annotation kustomize.toolkit.fluxcd.io/prune: disabled in the cluster, Argo CD
// one with Prune=false among argocd.argoproj.io/sync-options, and with Delete=false also when the Application goes.
func (j *gitOpsJudge) keeps() {
	for _, o := range Typed[*corev1.Namespace](j.objects) {
		if j.deploys(o.Name) {
			j.keep(o.Object, o.Typed.ObjectMeta)
		}
	}
	for _, o := range Typed[*corev1.PersistentVolumeClaim](j.objects) {
		if j.deploys(o.Namespace) {
			j.keep(o.Object, o.Typed.ObjectMeta)
		}
	}
}

func (j *gitOpsJudge) deploys(namespace string) bool {
	return slices.ContainsFunc(j.namespaces, func(n *model.Namespace) bool { return n.Name == namespace })
}

func (j *gitOpsJudge) keep(o Object, meta metav1.ObjectMeta) {
	key, value := generate.FluxKeepKey, generate.FluxKeepValue
	if j.gitops.Kind == model.ArgoCD {
		key, value = generate.ArgoKeepKey, generate.ArgoKeepValue
	}
	if meta.Annotations[key] != value {
		j.find(o, "metadata.annotations", "The controller would delete this, and the data in it, with its file: the annotation %s is not %q.", key, value)
	}
}
