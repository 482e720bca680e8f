//go:build e2e

package network_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/model"
)

// specifications are those whose clusters are tried, each with a file of its variables or none, and with the controllers that
// filter there: the examples, one with every kind of end that a connection may have, and one with IPv6, SCTP and guard rails.
var specifications = []struct {
	dir, vars string
	by        []network.Enforcer
}{
	{"testdata/kinds", "", []network.Enforcer{network.KubeRouter}},
	{"testdata/dual", "", []network.Enforcer{network.KubeNetworkPolicies}},
	{"../../examples/minimal", "", []network.Enforcer{network.KubeRouter, network.KubeNetworkPolicies}},
	{"../../examples/online-boutique", "", []network.Enforcer{network.KubeRouter}},
	{"../../examples/astronomy-shop", "", []network.Enforcer{network.KubeRouter}},
	{"../../examples/platform", "", []network.Enforcer{network.KubeRouter, network.KubeNetworkPolicies}},
	{"../../examples/estate", "staging", []network.Enforcer{network.KubeRouter}},
	{"../../examples/estate", "production", []network.Enforcer{network.KubeRouter}},
}

func TestMain(m *testing.M) {
	if os.Geteuid() != 0 {
		fmt.Fprintln(os.Stderr, "network namespaces need root")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// Between the pods of every specification, and between them and addresses outside, those connections can be opened that the
// specification declares, and no others. First without any policy, so that what is closed afterwards was open before; then
// with the policies as they are generated; then with those for a network plugin that has no objects of its own, so that
// everything that a NetworkPolicy can say is said by one.
func TestPodsReachWhatIsDeclaredAndNothingElse(t *testing.T) {
	row("specification", "controller", "plugin", "pods", "strangers", "tried of all", "open", "refused", "silent", "elsewhere", "disagreements")
	for _, x := range specifications {
		name := filepath.Base(x.dir)
		var vars []string
		if x.vars != "" {
			name += " " + x.vars
			vars = []string{filepath.Join(x.dir, "environments", x.vars+".vars.hcl")}
		}
		for _, by := range x.by {
			t.Run(strings.ReplaceAll(name, " ", "-")+"/"+string(by), func(t *testing.T) {
				spec := load(t, x.dir, vars...)
				for _, c := range spec.Clusters {
					tryCluster(t, by, name, spec, c)
				}
			})
		}
	}
}

func tryCluster(t *testing.T, by network.Enforcer, name string, spec *model.Spec, c *model.Cluster) {
	objects := manifests(t, spec, c)
	r := newRig(t, by, spec, c, objects)
	for i, cni := range slices.Compact([]model.CNI{c.Network.CNI, model.Calico}) {
		c.Network.CNI = cni
		p := newPlan(by, spec, c)
		some, all := trials(p, r.parties, r.outside)
		if i == 0 {
			judged(t, r, name, "none", free(some), all)
		}
		r.enforce(t, manifests(t, spec, c))
		p.covered(t, some)
		judged(t, r, name, string(cni), some, all)
	}
}

// free is what is seen where no policy is.
func free(some []trial) []trial {
	all := slices.Clone(some)
	for i := range all {
		all[i].want = open
	}
	return all
}

// judged tries the connections and prints what was seen.
func judged(t *testing.T, r *rig, name, plugin string, some []trial, all int) {
	t.Helper()
	o := judge(t, some)
	inside := 0
	for _, p := range r.parties {
		if p.pod() {
			inside++
		}
	}
	row(name, string(r.by), plugin, inside, len(r.parties)-inside, fmt.Sprintf("%d/%d", o.tried, all), o.open, o.refused, o.silent, o.elsewhere, len(o.differ))
	o.report(t, name+", "+plugin)
	if o.open == 0 {
		t.Errorf("%s, %s: nothing is open: the test sees nothing", name, plugin)
	}
}

// covered holds the plan to the declarations: each flow between pods is tried, as one that is open.
func (p *plan) covered(t *testing.T, some []trial) {
	t.Helper()
	type key struct {
		from model.Peer
		to   *model.Workload
		at   network.Port
	}
	seen := map[key]bool{}
	for _, x := range some {
		if x.want == closed || x.to.workload == nil {
			continue
		}
		if x.from.workload != nil {
			seen[key{x.from.workload, x.to.workload, x.at}] = true
		}
		if x.from.gateway != nil {
			seen[key{x.from.gateway, x.to.workload, x.at}] = true
		}
	}
	flows, without, names := 0, 0, 0
	for _, f := range p.cluster.Flows() {
		switch from := f.From.(type) {
		case *model.Workload:
			if from.Host.Network || f.To.Workload.Host.Network {
				continue
			}
		case *model.Gateway:
			if len(from.Selector) == 0 {
				without++
				continue
			}
		default:
			continue
		}
		flows++
		if !seen[key{f.From, f.To.Workload, portOf(f.To.Protocol, f.To.Number)}] {
			t.Errorf("%s → %s is declared and was not tried as open", f.From.Addr(), f.To.Addr())
		}
	}
	for _, w := range p.cluster.Workloads() {
		for _, e := range w.Egress {
			names += len(e.FQDNs)
		}
	}
	fmt.Printf("  %d declared flows between pods are tried; left out: %d from gateways that have no pods, %d names outside\n", flows, without, names)
}

func addresses(parties []*party) []netip.Addr {
	var all []netip.Addr
	for _, p := range parties {
		all = append(all, p.address)
	}
	return all
}
