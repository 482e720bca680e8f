package generate

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// Labels of every object, as https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ has
// them, and one of our own.
const (
	labelName      = "app.kubernetes.io/name"
	labelInstance  = "app.kubernetes.io/instance"
	labelVersion   = "app.kubernetes.io/version"
	labelComponent = "app.kubernetes.io/component"
	labelPartOf    = "app.kubernetes.io/part-of"
	labelManagedBy = "app.kubernetes.io/managed-by"
	labelOwner     = "bartizan.dev/owner" // the team's name
)

const managedBy = "bartizan"

// typeMeta returns the two fields that say what an object is. Without them a typed value encodes to a document that
// no API server accepts.
func typeMeta(apiVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}
}

// clusterMeta names a cluster-scoped object of the platform.
func clusterMeta(c *model.Cluster, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:   name,
		Labels: map[string]string{labelName: name, labelPartOf: c.Name, labelManagedBy: managedBy},
	}
}

// namespaceMeta names an object of a namespace that belongs to no single workload.
func namespaceMeta(n *model.Namespace, name string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Name:      name,
		Namespace: n.Name,
		Labels:    map[string]string{labelName: name, labelPartOf: n.Name, labelManagedBy: managedBy},
	}
	if n.Owner != nil {
		m.Labels[labelOwner] = n.Owner.Name
	}
	return m
}

// workloadMeta names an object of a workload.
func workloadMeta(w *model.Workload, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: w.Namespace.Name, Labels: workloadLabels(w)}
}

// workloadLabels are the labels of a workload's objects. They contain no version: an upgrade changes the pod template
// alone.
func workloadLabels(w *model.Workload) map[string]string {
	labels := map[string]string{
		labelName:      w.Name,
		labelInstance:  w.Name,
		labelComponent: w.Name,
		labelPartOf:    w.Namespace.Name,
		labelManagedBy: managedBy,
	}
	if o := w.Namespace.Owner; o != nil {
		labels[labelOwner] = o.Name
	}
	return labels
}

// podLabels are the labels of a workload's pods: those of its objects, and whatever its selector asks for.
func podLabels(w *model.Workload) map[string]string {
	labels := workloadLabels(w)
	maps.Copy(labels, w.Selector)
	return labels
}
