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

// newPods calls f for each namespace and each pool on which a new pod of it can be made to run, with what keeps the pod
// away from there; once for each way.
func (b *Builder) newPods(f func(n *model.Namespace, p *model.NodePool, away []model.Hold)) {
	b.namespaces(func(n *model.Namespace) {
		for _, p := range n.Cluster.NodePools {
			declared := slices.ContainsFunc(n.Workloads, func(w *model.Workload) bool { return placedOn(w, p) })
			for _, away := range keptAway(p, declared) {
				f(n, p, away)
			}
		}
	})
}

// exceptedPods is newPods for pods with the account of a workload whose exceptions are enough to take a node.
func (b *Builder) exceptedPods(f func(w *model.Workload, p *model.NodePool, away []model.Hold)) {
	b.workloads(func(w *model.Workload) {
		if !takesNode(w) {
			return
		}
		for _, p := range w.Namespace.Cluster.NodePools {
			for _, away := range keptAway(p, placedOn(w, p)) {
				f(w, p, away)
			}
		}
	})
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
