// Package shapes finds the distinct pods among generated manifests, makes them run from a stand-in for their images, and
// compares what a process in each container found with what the specification promises. The promise is read from the
// specification alone: what is generated from it is what is judged.
package shapes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// Controller is an object that makes pods.
type Controller struct {
	Namespace, Name, Kind string
	// Dir is the directory of its file, which holds what else belongs to the workload.
	Dir string
	// Object is the object; Template and Claims point into it.
	Object   runtime.Object
	Template *corev1.PodTemplateSpec
	// Claims are the claim templates of a StatefulSet.
	Claims []corev1.PersistentVolumeClaim
}

// Read returns the controllers of the directory manifests of a cluster, sorted by namespace and name.
func Read(manifests string) ([]*Controller, error) {
	files, err := filepath.Glob(filepath.Join(manifests, "namespaces/*/apps/*/workload.yaml"))
	if err != nil {
		return nil, err
	}
	var all []*Controller
	for _, file := range files {
		c, err := read(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func read(file string) (*Controller, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(text, []byte("\n---")) {
		return nil, fmt.Errorf("more than one object")
	}
	var meta metav1.PartialObjectMetadata
	if err := yaml.Unmarshal(text, &meta); err != nil {
		return nil, err
	}
	c := &Controller{Namespace: meta.Namespace, Name: meta.Name, Kind: meta.Kind, Dir: filepath.Dir(file)}
	switch meta.Kind {
	case "Deployment":
		o := &appsv1.Deployment{}
		c.Object, c.Template = o, &o.Spec.Template
	case "StatefulSet":
		o := &appsv1.StatefulSet{}
		c.Object, c.Template = o, &o.Spec.Template
	case "DaemonSet":
		o := &appsv1.DaemonSet{}
		c.Object, c.Template = o, &o.Spec.Template
	case "Job":
		o := &batchv1.Job{}
		c.Object, c.Template = o, &o.Spec.Template
	case "CronJob":
		o := &batchv1.CronJob{}
		c.Object, c.Template = o, &o.Spec.JobTemplate.Spec.Template
	default:
		return nil, fmt.Errorf("%s does not make pods", meta.Kind)
	}
	if err := yaml.UnmarshalStrict(text, c.Object); err != nil {
		return nil, err
	}
	if set, ok := c.Object.(*appsv1.StatefulSet); ok {
		c.Claims = set.Spec.VolumeClaimTemplates
	}
	return c, nil
}

// Shape is what pods of several controllers have in common.
type Shape struct {
	// Key is the normal form; see Normal.
	Key         string
	Controllers []*Controller
}

// Distinct returns the shapes of the controllers, each where it is first met.
func Distinct(all []*Controller) ([]*Shape, error) {
	var shapes []*Shape
	for _, c := range all {
		key, err := Normal(c)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(shapes, func(s *Shape) bool { return s.Key == key })
		if i < 0 {
			i = len(shapes)
			shapes = append(shapes, &Shape{Key: key})
		}
		shapes[i].Controllers = append(shapes[i].Controllers, c)
	}
	return shapes, nil
}
