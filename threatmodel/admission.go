package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// The functions of this file say which pods the API server refuses. A workload's own manifest binds its own pods; a pod
// that an attacker creates is bound by admission alone.

// asksFor reports whether a container of the workload declares it. Admission gives what one of them declares to every
// container of every pod that has the workload's account.
func asksFor(w *model.Workload, has func(model.Security) bool) bool {
	return slices.ContainsFunc(slices.Concat(w.Containers, w.InitContainers), func(c *model.Container) bool { return has(c.Security) })
}

// becomesRoot reports whether admission lets a process in pods of the workload's account be root: from the start, or by a
// program of the image that changes its user.
func becomesRoot(s model.Security) bool { return s.RunAsRoot || s.Escalation || s.Privileged }

// podGuards are the controls each of which keeps a pod of the workload from having something below the restricted level: its
// manifest, the label of its namespace, and the policy that holds each pod to the exceptions of its own workload, unless
// these give it what is asked for.
func podGuards(w *model.Workload, excepted bool, own ...model.ControlID) []model.Hold {
	var all []model.Hold
	for _, c := range own {
		all = append(all, hold(c, w))
	}
	all = append(all, hold(model.PodSecurityEnforced, w.Namespace))
	if !excepted {
		all = append(all, hold(model.ExceptionsConfined, w.Namespace.Cluster))
	}
	return all
}

// mountsAsRoot reports whether admission lets pods of the workload's account write to a directory of the node as root.
func mountsAsRoot(w *model.Workload) bool { return len(w.Host.Paths) > 0 && asksFor(w, becomesRoot) }

// refused are the controls each of which keeps the workload's account from using a right that leads to more rights: it does
// not hold it, or the API server refuses the request.
func refused(w *model.Workload, admission []model.ControlID) []model.Hold {
	all := by(hold(model.NoEscalation, w))
	for _, c := range admission {
		all = append(all, hold(c, w.Namespace.Cluster))
	}
	return all
}

// takesNode reports whether the exceptions of the workload are enough to take a node for whoever may create pods with its
// account: he chooses image, user and group, and mounts for writing what the workload mounts for reading.
func takesNode(w *model.Workload) bool {
	if asksFor(w, capability("SYS_ADMIN", "SYS_MODULE", "DAC_READ_SEARCH")) || w.Host.PID && asksFor(w, capability("SYS_PTRACE")) {
		return true
	}
	for p := range w.Host.Paths {
		reaches := func(file string) bool { return covers(p, file) }
		// The group of root, which the restricted level allows, may connect to the runtime.
		if slices.ContainsFunc(runtimeSockets, reaches) || asksFor(w, becomesRoot) && (sensitive(p) || slices.ContainsFunc(kernelHelpers, reaches)) {
			return true
		}
	}
	return false
}

// newPods calls f for each namespace and each pool on which a new pod of it can be made to run, with what it takes and what
// keeps the pod away from there; once for each way.
func (b *Builder) newPods(f func(n *model.Namespace, from *Position, p *model.NodePool, away []model.Hold)) {
	bound := b.bound()
	b.namespaces(func(n *model.Namespace) {
		for _, p := range n.Cluster.NodePools {
			declared := slices.ContainsFunc(n.Workloads, func(w *model.Workload) bool { return placedOn(w, p) })
			ways := keptAway(p, declared)
			for _, away := range ways {
				f(n, b.deploy(n), p, away)
			}
			if bound[n] && len(ways) > 1 {
				f(n, b.anyNode(n), p, nil)
			}
		}
	})
}

// exceptedPods is newPods for pods with the account of a workload whose exceptions are enough to take a node.
func (b *Builder) exceptedPods(f func(w *model.Workload, from *Position, p *model.NodePool, away []model.Hold)) {
	bound := b.bound()
	b.workloads(func(w *model.Workload) {
		if !takesNode(w) {
			return
		}
		for _, p := range w.Namespace.Cluster.NodePools {
			ways := keptAway(p, placedOn(w, p))
			for _, away := range ways {
				f(w, b.deploy(w.Namespace), p, away)
			}
			if bound[w.Namespace] && len(ways) > 1 {
				f(w, b.anyNode(w.Namespace), p, nil)
			}
		}
	})
}

// binders calls f for each workload that may create Bindings, and each namespace in which it may.
func (b *Builder) binders(f func(*model.Workload, *model.Namespace)) {
	b.granted(bindPods, func(w *model.Workload, all bool) {
		for _, n := range reachOf(w, all) {
			f(w, n)
		}
	})
}

// bound are the namespaces in which somebody may create Bindings.
func (b *Builder) bound() map[*model.Namespace]bool {
	found := map[*model.Namespace]bool{}
	b.binders(func(_ *model.Workload, n *model.Namespace) { found[n] = true })
	return found
}

// anyNode is the power to run pods of a namespace on nodes of one's choice, past the scheduler and its taints.
func (b *Builder) anyNode(n *model.Namespace) *Position {
	return b.position(Position{ID: string(n.Addr()) + "/any-node", Kind: KindRight, Lane: LaneNamespaces, Address: n.Addr(), Cluster: n.Cluster.Name, Group: n.Addr(),
		Title: "Pods of namespace " + n.Name + " on any node"})
}

// keptAway lists what keeps a pod from the nodes of a pool, a list for each way to them. To nodes that are for all there is
// one way, and nothing on it. Others have a taint. Whoever creates a pod writes its tolerations; the policy refuses them to
// accounts that are not declared there.
func keptAway(p *model.NodePool, declared bool) [][]model.Hold {
	taint, closed := taintOf(p)
	if !closed || declared {
		return [][]model.Hold{nil}
	}
	return [][]model.Hold{by(hold(model.PlacementEnforced, p.Cluster)), by(taint)}
}

// placedOn reports whether the specification lets the workload's account tolerate the taint of the pool.
func placedOn(w *model.Workload, p *model.NodePool) bool {
	return w.Pool == p || w.Pool != nil && w.Pool.Has(model.RoleControlPlane) && controlPlane(p)
}

// taintOf is the control that keeps shared workloads from a pool; false for pools that are for all.
func taintOf(p *model.NodePool) (model.Hold, bool) {
	switch {
	case controlPlane(p):
		return hold(model.ControlPlaneTaint, p), true
	case p.Dedicated:
		return hold(model.PoolDedicated, p), true
	}
	return model.Hold{}, false
}
