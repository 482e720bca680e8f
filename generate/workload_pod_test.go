package generate

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// A pod gets a user namespace wherever it can start in one, and nowhere else.
func TestUserNamespaces(t *testing.T) {
	for _, e := range []struct {
		name string
		edit func(w *model.Workload, pool *model.NodePool)
		want bool
	}{
		{"a pod of the restricted level", func(*model.Workload, *model.NodePool) {}, true},
		{"root", func(w *model.Workload, _ *model.NodePool) { w.Containers[0].Security.RunAsRoot = true }, true},
		{"the last user", func(w *model.Workload, _ *model.NodePool) { w.Containers[0].Security.User = 65535 }, true},
		{"Debian 13", func(_ *model.Workload, p *model.NodePool) { p.OS = model.Debian13 }, true},
		{"a user beyond", func(w *model.Workload, _ *model.NodePool) { w.Containers[0].Security.User = 65536 }, false},
		{"a group beyond", func(w *model.Workload, _ *model.NodePool) { w.Containers[0].Security.Group = 70000 }, false},
		{"a user beyond of an init container", func(w *model.Workload, _ *model.NodePool) {
			w.InitContainers = []*model.Container{{Name: "init", Security: model.Security{User: 70000}}}
		}, false},
		{"privileged", func(w *model.Workload, _ *model.NodePool) { w.Containers[0].Security.Privileged = true }, false},
		{"the network of the node", func(w *model.Workload, _ *model.NodePool) { w.Host.Network = true }, false},
		{"a persistent volume", func(w *model.Workload, _ *model.NodePool) { w.Volumes = []*model.Volume{{Kind: model.Persistent}} }, false},
		{"Debian 12", func(_ *model.Workload, p *model.NodePool) { p.OS = model.Debian12 }, false},
		{"gVisor", func(_ *model.Workload, p *model.NodePool) { p.Runtime = model.GVisor }, false},
	} {
		t.Run(e.name, func(t *testing.T) {
			c := &model.Cluster{Name: "c"}
			pool := &model.NodePool{Name: "general", Cluster: c, OS: model.Ubuntu2404, Runtime: model.Runc}
			n := &model.Namespace{Name: "shop", Cluster: c}
			w := &model.Workload{Name: "web", Namespace: n, Pool: pool, Containers: []*model.Container{{Name: "web"}}}
			c.NodePools, c.Namespaces, n.Workloads = []*model.NodePool{pool}, []*model.Namespace{n}, []*model.Workload{w}
			e.edit(w, pool)
			if got := userNamespace(w); got != e.want {
				t.Errorf("%v", got)
			}
		})
	}
}
