package generate

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// quantities parses Kubernetes quantities and keeps the first error. The model has checked them: an error is a bug.
type quantities struct {
	err error
}

func (q *quantities) parse(s string) resource.Quantity {
	v, err := resource.ParseQuantity(s)
	if err != nil && q.err == nil {
		q.err = fmt.Errorf("quantity %q: %w", s, err)
	}
	return v
}

// list makes a resource list; resources with an empty quantity are left out.
func (q *quantities) list(of map[corev1.ResourceName]string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for name, s := range of {
		if s != "" {
			list[name] = q.parse(s)
		}
	}
	return list
}
