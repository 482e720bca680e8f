package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// checkNodeSize holds that the nodes of a pool are large enough to be nodes.
func (l *loader) checkNodeSize(n *node, p *NodePool) {
	if p.Cluster == nil || p.Cluster.Provisioner == Managed {
		return
	}
	least := keptBack().plus(size{1, 1})
	why := fmt.Sprintf("Nothing is left for pods: the kubelet, the runtime and the system keep %s CPUs and %s of memory.", cpuText(keptBack().cpu), memoryText(keptBack().memory))
	if p.Has(RoleControlPlane) {
		least, why = sizeOf(controlPlaneCPU, controlPlaneMemory), "kubeadm sets up no control plane on less than "+controlPlaneCPU+" CPUs and "+controlPlaneMemory+" of memory."
	}
	has := sizeOf(p.CPU, p.Memory)
	for _, c := range []struct {
		name       string
		has, least int64
	}{{"cpu", has.cpu, least.cpu}, {"memory", has.memory, least.memory}} {
		if c.has > 0 && c.has < c.least {
			l.errorf(l.at(n, c.name), "Node too small", "%s", why)
		}
	}
}

// crowd is workloads about which the same is to be said.
type crowd struct {
	first  *node
	at     hcl.Range
	others int
}

// describe names the first of the workloads and counts the others.
func (c *crowd) describe() string {
	if c.others == 0 {
		return c.first.describe()
	}
	return c.first.describe() + " and " + plural(c.others, "other", "others")
}

// crowds collects workloads by what is to be said about them, in the order of the first.
type crowds struct {
	order []string
	of    map[string]*crowd
}

func (c *crowds) add(why string, n *node, at hcl.Range) {
	if known := c.of[why]; known != nil {
		known.others++
		return
	}
	if c.of == nil {
		c.of = map[string]*crowd{}
	}
	c.order = append(c.order, why)
	c.of[why] = &crowd{first: n, at: at}
}

// checkCapacity holds that some node can take the pods of each workload, as far as the size and the architecture of the
// nodes are known. One pool that is too small for many is one message.
func (l *loader) checkCapacity() {
	var nowhere, mixed crowds
	for _, n := range l.of("workload") {
		w := n.object.(*Workload)
		if n.broken || w.Namespace.Cluster == nil {
			continue
		}
		pools := w.HostPools()
		if len(pools) == 0 {
			continue // reported
		}
		var reasons []string
		at := n.at
		for _, p := range pools {
			reason, attribute := refuses(p, w)
			if reason != "" {
				reasons = append(reasons, reason)
			}
			if attribute != "" {
				at = l.at(n, attribute)
			}
		}
		switch {
		case len(reasons) == len(pools):
			nowhere.add(strings.Join(reasons, "; "), n, at)
		case len(w.Arch) == 0 && w.Manifests != ManifestsExternal:
			if apart := architectures(pools); apart != "" {
				mixed.add(apart, n, n.at)
			}
		}
	}
	for _, why := range nowhere.order {
		c := nowhere.of[why]
		remedy := "Ask for less, or declare a node_pool with larger nodes."
		if c.at != c.first.at {
			remedy = "Make the images for these nodes too, or declare a node_pool of another architecture."
		}
		l.errorf(c.at, "No pool", "No pool can run %s: %s. %s", c.describe(), why, remedy)
	}
	for _, why := range mixed.order {
		c := mixed.of[why]
		l.warnf(c.at, "Mixed architectures", "%s may run on %s. Say for which of them the images are made, for example arch = [\"amd64\"]; a profile can say it for many.", capital(c.describe()), why)
	}
}

// refuses says why no node of the pool can run the workload, and which attribute of the workload says so; "" if one can,
// or if what is known of the pool does not tell.
func refuses(p *NodePool, w *Workload) (reason, attribute string) {
	if p.Arch != "" && len(w.Arch) > 0 && !slices.Contains(w.Arch, p.Arch) {
		return fmt.Sprintf("its images are made for %s, and the nodes of %s are %s", joinArch(w.Arch), p.Addr(), p.Arch), "arch"
	}
	left, asks := p.allocatable(), w.podSize()
	switch {
	case left.cpu > 0 && asks.cpu > left.cpu:
		return fmt.Sprintf("its pods ask for %s CPUs, and a node of %s has %s left of %s", cpuText(asks.cpu), p.Addr(), cpuText(left.cpu), p.CPU), ""
	case left.memory > 0 && asks.memory > left.memory:
		return fmt.Sprintf("its pods ask for %s of memory, and a node of %s has %s left of %s", memoryText(asks.memory), p.Addr(), memoryText(left.memory), p.Memory), ""
	}
	return "", ""
}

func joinArch(all []Arch) string {
	texts := make([]string, len(all))
	for i, a := range all {
		texts[i] = string(a)
	}
	return strings.Join(texts, " and ")
}

// architectures names pools of which at least two are known to differ; "" if none do.
func architectures(pools []*NodePool) string {
	var texts []string
	found := map[Arch]bool{}
	for _, p := range pools {
		if p.Arch != "" {
			found[p.Arch] = true
			texts = append(texts, fmt.Sprintf("%s (%s)", p.Addr(), p.Arch))
		}
	}
	if len(found) < 2 {
		return ""
	}
	return strings.Join(texts, " and ")
}
