package shapes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/model"
)

// ofNode is how many of the first numbers belong to users of the node, and how many users a pod has that has its own: what
// the kubelet does unless told otherwise.
// https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/#set-up-a-node-to-support-user-namespaces
const ofNode = 65536

// compareUsers compares who the users and groups of the pod are on the node: nobody, or themselves.
func (p *Pod) compareUsers(t *trial, r inside.Report) {
	own := p.ownUsers()
	same(t, "having users of its own, who are nobody on the node,", r.Namespaces["user"] != p.Node.Namespaces["user"], own || p.sandboxed())
	for of, ranges := range map[string][]inside.Range{"users": r.UsersMap, "groups": r.GroupsMap} {
		if !own {
			t.want(len(ranges) == 1 && ranges[0].Inside == ranges[0].Outside, "the %s are those of the node at %v, not themselves", of, ranges)
			continue
		}
		t.want(len(ranges) == 1 && ranges[0].Inside == 0 && ranges[0].Outside >= ofNode && ranges[0].Count == ofNode,
			"the %s are those of the node at %v, not %d from 0 whom the node does not know", of, ranges, ofNode)
	}
}

// ownUsers reports whether the pod has a user namespace: wherever the nodes of the workload, its volumes, its rights and
// the numbers of its users let it have one. Debian 12's kernel is older than 6.3; gVisor and Kata have kernels of their own.
func (p *Pod) ownUsers() bool {
	w := p.workload
	all := slices.Concat(w.Containers, w.InitContainers)
	for i, c := range all {
		if uid, gid := user(c, i); c.Security.Privileged || uid >= ofNode || gid >= ofNode {
			return false
		}
	}
	persistent := func(v *model.Volume) bool { return v.Kind == model.Persistent }
	unable := func(pool *model.NodePool) bool {
		return pool.OS == model.Debian12 || pool.Runtime != "" && pool.Runtime != model.Runc
	}
	return !slices.Contains(p.Missing, MissingUserNamespace) && !w.Host.Any() &&
		!slices.ContainsFunc(w.Volumes, persistent) && !slices.ContainsFunc(w.HostPools(), unable)
}

// Shared says which pods, that run on one node at the same time, share users of the node. Those whose users are the node's
// share them all, and are not meant. The reports are those of one container of each pod, by the pod's name.
func Shared(reports map[string]inside.Report) []string {
	var shared []string
	type taken struct {
		pod  string
		from inside.Range
	}
	for of, ranges := range map[string]func(inside.Report) []inside.Range{
		"users":  func(r inside.Report) []inside.Range { return r.UsersMap },
		"groups": func(r inside.Report) []inside.Range { return r.GroupsMap },
	} {
		var before []taken
		for _, pod := range slices.Sorted(maps.Keys(reports)) {
			for _, from := range ranges(reports[pod]) {
				if from.Inside == from.Outside {
					continue
				}
				for _, b := range before {
					if from.Outside < b.from.Outside+b.from.Count && b.from.Outside < from.Outside+from.Count {
						shared = append(shared, fmt.Sprintf("%s and %s share %s of the node", b.pod, pod, of))
					}
				}
				before = append(before, taken{pod, from})
			}
		}
	}
	slices.Sort(shared)
	return shared
}
