package model_test

import (
	"net/netip"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// A pool opens what its role needs: the API server and etcd on control-plane nodes, never on workers.
func TestInboundFollowsTheRole(t *testing.T) {
	c := &model.Cluster{
		Name: "c", Provisioner: model.Kubeadm, API: model.API{Endpoint: model.HostPort{Host: "api", Port: 6443}},
		Network: model.Network{Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}, CNI: model.Cilium},
	}
	zone := &model.Zone{Name: "nodes", CIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}
	control := &model.NodePool{
		Name: "control", Cluster: c, Zone: zone, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd},
		Nodes: []model.Node{{Name: "cp", Address: netip.MustParseAddr("10.0.0.1")}},
	}
	worker := &model.NodePool{Name: "worker", Cluster: c, Zone: zone, CIDR: netip.MustParsePrefix("10.0.0.64/26")}
	c.NodePools = []*model.NodePool{control, worker}

	uses := func(p *model.NodePool) map[model.HostUse]int {
		n := map[model.HostUse]int{}
		for _, f := range p.Inbound() {
			n[f.Use]++
		}
		return n
	}
	if got := uses(control); got[model.UseAPI] != 3 || got[model.UseEtcd] != 1 || got[model.UseKubelet] != 1 {
		t.Errorf("control plane: %v", got)
	}
	if got := uses(worker); got[model.UseAPI] != 0 || got[model.UseEtcd] != 0 || got[model.UseKubelet] != 1 || got[model.UseSSH] != 0 {
		t.Errorf("worker: %v", got)
	}
}
