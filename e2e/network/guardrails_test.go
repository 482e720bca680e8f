//go:build e2e

package network_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/judges"
	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/model"
)

// Guard rails hold where every namespace has opened everything: of metadata addresses, nodes and API servers pods reach what
// they declare, and all the rest of the world. Each guard rail that is taken away is missed by a packet.
func TestGuardRailsHoldWhereNamespacesOpenEverything(t *testing.T) {
	spec := load(t, "testdata/dual")
	c := spec.Clusters[0]
	objects := manifests(t, spec, c)
	r := newRig(t, network.KubeNetworkPolicies, spec, c, objects)
	some, _ := trials(newPlan(network.KubeNetworkPolicies, spec, c), r.parties, r.outside)
	some = slices.DeleteFunc(some, func(x trial) bool { return !x.from.pod() || x.to.pod() && x.from.workload == nil })
	rails := newRails(spec, c)
	held := 0
	for i := range some {
		if some[i].want = rails.verdict(some[i]); some[i].want == closed {
			held++
		}
	}
	var policies []judges.Object
	for _, n := range append(c.Namespaces, &model.Namespace{Name: "default"}) {
		policies = append(policies, opened(n.Name))
	}
	r.enforce(t, policies)
	free := judge(t, free(some))
	free.report(t, "without guard rails")

	guards := slices.DeleteFunc(slices.Clone(objects), func(o judges.Object) bool {
		return !isClusterPolicy(o) || !strings.HasPrefix(o.Name, "guard-rails.")
	})
	r.enforce(t, append(slices.Clone(policies), guards...))
	whole := judge(t, some)
	whole.report(t, "with guard rails")
	fmt.Printf("guard rails: %d connections tried where every namespace is open: %d to metadata, nodes and API servers closed, %d open, %d disagreements\n",
		whole.tried, held, whole.open, len(whole.differ))
	if held == 0 || whole.open == 0 {
		t.Error("the test sees nothing")
	}
	for i, gone := range guards {
		r.enforce(t, append(slices.Clone(policies), slices.Delete(slices.Clone(guards), i, i+1)...))
		got := judge(t, some)
		fmt.Printf("  without %-40s %5d connections differ\n", gone.Name, len(got.differ))
		if len(got.differ) == 0 {
			t.Errorf("no packet misses %s", gone.ID())
		}
	}
}

// opened is a policy that opens all pods of a namespace for everything.
func opened(namespace string) judges.Object {
	return judges.Object{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: namespace, Name: "open", YAML: fmt.Appendf(nil, `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open, namespace: %s}
spec: {podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}
`, namespace)}
}

// rails says from the model alone what guard rails leave open.
type rails struct {
	*plan
	nodes []netip.Prefix
}

func newRails(s *model.Spec, c *model.Cluster) *rails {
	r := &rails{plan: newPlan(network.KubeNetworkPolicies, s, c)}
	for _, p := range c.NodePools {
		r.nodes = append(r.nodes, p.CIDRs()...)
	}
	for _, a := range c.APIServers() {
		r.nodes = append(r.nodes, netip.PrefixFrom(a.Addr(), a.Addr().BitLen()))
	}
	return r
}

func (r *rails) verdict(x trial) verdict {
	inside := func(ranges []netip.Prefix) bool {
		return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(x.to.address) })
	}
	switch {
	case x.from.namespace == "kube-system", x.to.pod():
		return open
	case inside(model.MetadataAddresses), r.guarded[x.from.namespace] && inside(r.nodes):
		if x.from.workload == nil {
			return closed
		}
		return r.leaves(x.from, x.to, x.at)
	}
	return open
}
