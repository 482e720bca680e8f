package verify

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/model"
)

// podResourcesCheck judges what containers are given.
var podResourcesCheck = &Check{
	Name: "podresources",
	Doc: `limits on every container, and secrets as files only

Limits bound what a container that mines or loops takes from its neighbours; a scratch volume without a size fills the
node's disk. A limit above the declared one does not count. Variables leak where files do not: to child processes,
crash reports and whoever may read the pod. The files hold what the declared entry of the declared store holds, and the
containers that the specification names see them.`,
	Controls: []model.ControlID{model.Limits, model.SecretsAsFiles},
	Run:      func(p *Pass) { judgePods(p, podResourceRules) },
}

var podResourceRules = []podRule{
	{
		control: model.Limits,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool {
				return c.Resources.CPULimit == "" || c.Resources.MemoryLimit == "" || c.Resources.EphemeralStorageLimit == ""
			})
		},
		judge: judgeLimits,
	},
	{
		control: model.SecretsAsFiles,
		given: func(w *model.Workload) bool {
			for _, s := range w.Secrets {
				if s.Env != "" {
					return false
				}
			}
			return true
		},
		judge: func(p *podCase) []flaw { return append(judgeSecretVariables(p), judgeStoredSecrets(p)...) },
		needs: storedSecretFiles,
	},
}

func judgeLimits(p *podCase) []flaw {
	var flaws []flaw
	for _, c := range p.containers() {
		var r model.Resources
		if d := declaredContainer(p.workload, c.Name); d != nil {
			r = d.Resources
		}
		for _, x := range []struct {
			name     corev1.ResourceName
			declared string
		}{
			{corev1.ResourceCPU, r.CPULimit},
			{corev1.ResourceMemory, r.MemoryLimit},
			{corev1.ResourceEphemeralStorage, r.EphemeralStorageLimit},
		} {
			at := fmt.Sprintf("%s.resources.limits[%q]", c.at, x.name)
			limit, ok := c.Resources.Limits[x.name]
			if !ok || limit.Sign() <= 0 {
				flaws = append(flaws, flaw{at, "The container has no limit."})
				continue
			}
			if declared, err := resource.ParseQuantity(x.declared); err == nil && limit.Cmp(declared) > 0 {
				flaws = append(flaws, flaw{at, fmt.Sprintf("The limit %s is above the declared %s.", &limit, x.declared)})
			}
		}
	}
	for _, v := range p.Spec.Volumes {
		if v.EmptyDir != nil && (v.EmptyDir.SizeLimit == nil || v.EmptyDir.SizeLimit.Sign() <= 0) {
			flaws = append(flaws, flaw{fmt.Sprintf("%s.volumes[%q].emptyDir.sizeLimit", p.at, v.Name), "The volume may grow without bounds."})
		}
	}
	return flaws
}

func judgeSecretVariables(p *podCase) []flaw {
	var flaws []flaw
	for _, c := range p.containers() {
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				flaws = append(flaws, flaw{fmt.Sprintf("%s.env[%q]", c.at, e.Name), "The variable holds a secret."})
			}
		}
		for _, e := range c.EnvFrom {
			if e.SecretRef != nil {
				flaws = append(flaws, flaw{c.at + ".envFrom", fmt.Sprintf("Every value of Secret %q becomes a variable.", e.SecretRef.Name)})
			}
		}
	}
	return flaws
}
