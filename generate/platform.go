package generate

import (
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// platform writes the classes that workloads name.
var platform = &Generator{
	Name: "platform",
	Doc: `priority classes, and runtime classes of sandboxed pools

Workloads name one of three priorities. The runtime classes name the handlers that the node files configure in
containerd.`,
	Kinds: slices.Concat(objectKinds("scheduling.k8s.io/v1", "PriorityClass"), objectKinds("node.k8s.io/v1", "RuntimeClass")),
	Run:   runPlatform,
}

// priorities are the values of the priority classes. System classes start at two billion.
var priorities = []struct {
	priority model.Priority
	value    int32
	doc      string
}{
	{model.PriorityLow, -100, "may wait, and goes first when a node is short of memory"},
	{model.PriorityNormal, 0, "what is not said otherwise"},
	{model.PriorityCritical, 1000, "may displace other workloads when capacity is short"},
}

func priorityClass(p model.Priority) string {
	if p == "" {
		p = model.PriorityNormal
	}
	return "bartizan-" + string(p)
}

func runPlatform(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		p.Directory(Directory{
			Path:  PlatformDir(c),
			Title: "Platform of cluster " + c.Name,
			Doc:   "Objects that belong to no namespace: policies, people's rights, classes. They are applied first, by the platform's own identity: `kubectl apply -k .`",
		})
		var classes []any
		for _, x := range priorities {
			classes = append(classes, &schedulingv1.PriorityClass{
				TypeMeta:         typeMeta("scheduling.k8s.io/v1", "PriorityClass"),
				ObjectMeta:       clusterMeta(c, priorityClass(x.priority)),
				Value:            x.value,
				GlobalDefault:    x.priority == model.PriorityNormal,
				Description:      "Bartizan: " + x.doc,
				PreemptionPolicy: new(preemption(x.priority)),
			})
		}
		if err := p.YAML(Artifact{Path: path.Join(PlatformDir(c), "priorities.yaml"), Doc: "priorities that workloads name", Where: "the cluster"}, classes...); err != nil {
			return err
		}
		if err := writeRuntimeClasses(p, c); err != nil {
			return err
		}
	}
	return nil
}

// preemption lets critical workloads alone displace others.
func preemption(p model.Priority) corev1.PreemptionPolicy {
	if p == model.PriorityCritical {
		return corev1.PreemptLowerPriority
	}
	return corev1.PreemptNever
}

// runtimeHandlers are the names of the runtimes in containerd's configuration.
var runtimeHandlers = map[model.Runtime]string{
	model.GVisor: "runsc",
	model.Kata:   "kata",
}

// runtimeClass is the name of the pool's RuntimeClass; empty for runc.
func runtimeClass(p *model.NodePool) string {
	if p == nil || runtimeHandlers[p.Runtime] == "" {
		return ""
	}
	return string(p.Runtime)
}

func writeRuntimeClasses(p *Pass, c *model.Cluster) error {
	var classes []any
	for _, r := range []model.Runtime{model.GVisor, model.Kata} {
		if !slices.ContainsFunc(c.NodePools, func(pool *model.NodePool) bool { return pool.Runtime == r }) {
			continue
		}
		classes = append(classes, &nodev1.RuntimeClass{
			TypeMeta:   typeMeta("node.k8s.io/v1", "RuntimeClass"),
			ObjectMeta: clusterMeta(c, string(r)),
			Handler:    runtimeHandlers[r],
		})
	}
	if len(classes) == 0 {
		return nil
	}
	return p.YAML(Artifact{Path: path.Join(PlatformDir(c), "runtimes.yaml"), Doc: "sandboxed runtimes that workloads name", Where: "the cluster"}, classes...)
}
