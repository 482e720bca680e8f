package verify

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// podPlaceCheck judges on which nodes pods run, and under which runtime.
var podPlaceCheck = &Check{
	Name: "podplace",
	Doc: `workloads stay in their pool, and others out of it

A workload of a dedicated pool selects its nodes, and no other pod of the tree tolerates their taint or names a node
itself. A sandbox is a RuntimeClass whose handler is the sandboxed runtime of the pool.`,
	Controls: []model.ControlID{model.PoolIsolation, model.RuntimeSandbox},
	Run:      func(p *Pass) { judgePods(p, podPlaceRules) },
}

var podPlaceRules = []podRule{
	{
		control: model.PoolIsolation,
		given:   func(w *model.Workload) bool { return w.Pool != nil && w.Pool.Dedicated },
		judge:   judgePool,
	},
	{
		control: model.RuntimeSandbox,
		given:   func(w *model.Workload) bool { return w.Pool != nil && sandboxes[w.Pool.Runtime] != "" },
		judge:   judgeRuntime,
		needs: func(p *podCase) []string {
			class, _ := p.objects.One("node.k8s.io", "RuntimeClass", "", *p.Spec.RuntimeClassName)
			return []string{class.Path}
		},
	},
}

func judgePool(p *podCase) []flaw {
	var flaws []flaw
	pool := p.workload.Pool.Name
	if p.Spec.NodeSelector[generate.PoolLabel] != pool {
		flaws = append(flaws, flaw{p.at + ".nodeSelector", fmt.Sprintf("The pods may run outside pool %q.", pool)})
	}
	if p.Spec.NodeName != "" {
		flaws = append(flaws, flaw{p.at + ".nodeName", "A named node goes past the scheduler."})
	}
	for _, other := range p.cluster.intrudersOf(p.workload.Pool) {
		flaws = append(flaws, flaw{p.at, fmt.Sprintf("%s may run in pool %q as well.", other, pool)})
	}
	return flaws
}

// intrudersOf returns the sources of pods that may run in the pool and are no workload of it.
func (c *clusterPods) intrudersOf(pool *model.NodePool) []podSource {
	found, ok := c.intruders[pool]
	if !ok {
		for _, s := range c.placed {
			if (s.Spec.NodeName != "" || toleratesPool(s.Spec, pool.Name)) && !belongs(pool, s) {
				found = append(found, s)
			}
		}
		c.intruders[pool] = found
	}
	return found
}

// belongs reports whether the source is a workload that the specification puts into the pool.
func belongs(pool *model.NodePool, s podSource) bool {
	for _, n := range pool.Cluster.Namespaces {
		if n.Name != s.Namespace {
			continue
		}
		i, ok := slices.BinarySearchFunc(n.Workloads, s.Name, func(w *model.Workload, name string) int { return strings.Compare(w.Name, name) })
		return ok && generated(n.Workloads[i]) && kindOf(n.Workloads[i]) == s.GVK.Kind && n.Workloads[i].Pool == pool
	}
	return false
}

// toleratesPool reports whether the pod tolerates the pool's taint. A toleration without a key tolerates everything;
// the effect of an empty one is every effect.
func toleratesPool(spec *corev1.PodSpec, pool string) bool {
	for _, t := range spec.Tolerations {
		if t.Effect != "" && t.Effect != corev1.TaintEffectNoSchedule {
			continue
		}
		exists := t.Operator == corev1.TolerationOpExists
		if t.Key == "" && exists || t.Key == generate.DedicatedTaint && (exists || t.Value == pool) {
			return true
		}
	}
	return false
}

// sandboxes are the handlers of containerd that put a kernel or a machine between the pod and the node.
var sandboxes = map[model.Runtime]string{model.GVisor: "runsc", model.Kata: "kata"}

func judgeRuntime(p *podCase) []flaw {
	want := sandboxes[p.workload.Pool.Runtime]
	at := p.at + ".runtimeClassName"
	if p.Spec.RuntimeClassName == nil {
		return []flaw{{at, "The pods run under the node's ordinary runtime."}}
	}
	class, ok := p.objects.One("node.k8s.io", "RuntimeClass", "", *p.Spec.RuntimeClassName)
	if !ok || class.Value.(*nodev1.RuntimeClass).Handler != want {
		return []flaw{{at, fmt.Sprintf("The tree defines no RuntimeClass %q with handler %q.", *p.Spec.RuntimeClassName, want)}}
	}
	if p.Spec.NodeSelector[generate.PoolLabel] != p.workload.Pool.Name {
		return []flaw{{p.at + ".nodeSelector", "The pods may run where the runtime is not."}}
	}
	return nil
}
