package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// podNodeCheck judges whether pods find a node. It has no control: a pod that waits for ever is no attack, but nobody
// wants to learn it from the scheduler.
var podNodeCheck = &Check{
	Name: "podnode",
	Doc: `pods find a node, and none of an architecture that their images are not made for

A workload's nodeSelector and required node affinity, read by the scheduler's own library, fit a node of a pool that it may
run on. If the specification says for which architectures the images are made, they fit no node of another.`,
	Run: runPodNode,
}

func runPodNode(p *Pass) {
	for _, c := range p.Spec.Clusters {
		byNamespace := map[string][]podSource{}
		for _, s := range podSources(p.Objects(c)) {
			byNamespace[s.Namespace] = append(byNamespace[s.Namespace], s)
		}
		for _, w := range c.Workloads() {
			if !generated(w) {
				continue
			}
			source, found := declaredPods(w, byNamespace[w.Namespace.Name])
			if !found {
				continue // said by the checks of its controls
			}
			for _, f := range judgeNode(c, w, source) {
				p.Find(Finding{Subject: w.Addr(), Path: source.Path, Object: source.At(f.at), Message: f.message})
			}
		}
	}
}

func judgeNode(c *model.Cluster, w *model.Workload, source podSource) []flaw {
	if source.Spec.NodeName != "" {
		return []flaw{{source.at + ".nodeName", "A named node goes past the scheduler."}}
	}
	wanted := nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: *source.Spec})
	fits := func(p *model.NodePool, a model.Arch) bool {
		ok, err := wanted.Match(nodeOf(p, a))
		return ok && err == nil // what the scheduler cannot read fits no node
	}
	pools := w.HostPools()
	somewhere := len(pools) == 0 // no worker pool is described
	for _, p := range pools {
		for _, a := range architecturesOf(p) {
			somewhere = somewhere || fits(p, a)
		}
	}
	if !somewhere {
		return []flaw{{source.at + ".affinity", "No node of the pools that the pods may run on fits their nodeSelector and affinity."}}
	}
	if len(w.Arch) == 0 {
		return nil
	}
	// Whatever a pool is said to be, the machine may be another one: its kubelet writes the label.
	for _, p := range c.NodePools {
		for _, a := range []model.Arch{model.AMD64, model.ARM64} {
			if !slices.Contains(w.Arch, a) && fits(p, a) {
				return []flaw{{source.at + ".affinity", fmt.Sprintf("The pods may run on %s nodes, and their images are not made for these.", a)}}
			}
		}
	}
	return nil
}

// architecturesOf are those that nodes of the pool may have.
func architecturesOf(p *model.NodePool) []model.Arch {
	if p.Arch != "" {
		return []model.Arch{p.Arch}
	}
	return []model.Arch{model.AMD64, model.ARM64}
}

// nodeOf is a node of the pool with the labels that the kubelet, kubeadm and the tree's scripts give it.
func nodeOf(p *model.NodePool, a model.Arch) *corev1.Node {
	labels := map[string]string{
		corev1.LabelArchStable: string(a), corev1.LabelOSStable: "linux", corev1.LabelHostname: "node", generate.PoolLabel: p.Name,
	}
	if p.Has(model.RoleControlPlane) {
		labels[generate.ControlPlaneTaint] = "" // kubeadm gives the label the name of the taint
	}
	for k, v := range p.Labels {
		labels[k] = v
	}
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node", Labels: labels}}
}
