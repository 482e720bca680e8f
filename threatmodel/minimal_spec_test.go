package threatmodel

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// part is one thing of the specimen that can be taken out of it, with all that names it.
type part struct {
	name string
	take func(*specimen)
}

// parts are in the order in which they are taken out: what others stand on comes after them.
var parts = slices.Concat([]part{
	{"an account with rights", func(f *specimen) { f.each(func(w *model.Workload) { w.APIAccess = nil }) }},
	{"a neighbour with an account", func(f *specimen) { f.pay.APIAccess = nil }},
	{"a secret of a workload", func(f *specimen) { f.cart.Secrets = nil }},
	{"a privileged container", func(f *specimen) { f.cart.Containers[0].Security.Privileged = false }},
	{"a second container", func(f *specimen) { f.cart.Containers = f.cart.Containers[:1]; f.cart.Volumes = nil }},
	{"a volume of two containers", func(f *specimen) { f.cart.Volumes = nil }},
	{"a port of the node", func(f *specimen) { f.cart.Host.Ports = nil }},
	{"declared egress", func(f *specimen) { f.cart.Egress = nil }},
	{"a port with sources", func(f *specimen) { f.pay.Ports[0].From = nil }},
	{"a declared call", func(f *specimen) { f.each(func(w *model.Workload) { w.Calls = nil }) }},
	{"a published host name", func(f *specimen) { f.frontend.Exposes = nil }},
	{"a gateway", func(f *specimen) { f.frontend.Exposes, f.spec.Gateways = nil, nil }},
	{"an asset of a workload", func(f *specimen) { f.spec.Assets = nil }},
	{"a mesh", func(f *specimen) { f.spec.Meshes = nil }},
	{"an add-on", func(f *specimen) { f.spec.AddOns = nil }},
	{"a foreign cluster", func(f *specimen) { f.spec.ForeignClusters = nil }},
	{"a backup", func(f *specimen) { f.spec.Backups = nil }},
	{"a GitOps controller", func(f *specimen) { f.spec.GitOps = nil }},
	{"a pipeline", func(f *specimen) { f.spec.Pipelines = nil }},
	{"a pipeline of a repository", func(f *specimen) { f.pipeline.Repository = nil }},
	{"a repository", func(f *specimen) { f.spec.GitOps, f.spec.Repositories, f.pipeline.Repository = nil, nil, nil }},
	{"a registry", func(f *specimen) {
		f.pipeline.Builds, f.spec.Registries = nil, nil
		f.each(func(w *model.Workload) { w.Containers[0].Image.Registry = nil })
	}},
	{"a grant to a team", func(f *specimen) { f.sre.Grants = nil }},
	{"emergency access", func(f *specimen) { f.sre.BreakGlass = nil }},
	{"SSH to nodes", func(f *specimen) { f.control.SSHFrom, f.general.SSHFrom = nil, nil }},
	{"SSH that is opened on request", func(f *specimen) { f.control.SSH = model.SSHAlways }},
	{"a declared source of the API", func(f *specimen) { f.cluster.API.ReachableFrom = nil }},
	{"a source of the jump box", func(f *specimen) { f.jump.ReachableFrom = nil }},
	{"a jump box", func(f *specimen) {
		f.jump.ReachableFrom, f.spec.JumpBoxes, f.cluster.API.ReachableFrom, f.control.SSHFrom, f.general.SSHFrom, f.pay.Ports[0].From = nil, nil, nil, nil, nil, nil
	}},
	{"a VPN", func(f *specimen) { f.spec.VPNs, f.jump.ReachableFrom = nil, nil }},
	{"a zone of nodes", func(f *specimen) { f.spec.Zones = f.spec.Zones[:1] }},
	{"teams", func(f *specimen) { f.spec.Teams = nil }},
	{"machines of one's own", func(f *specimen) { f.control.Physical = nil }},
	{"a sandboxed runtime", func(f *specimen) { f.payments.Runtime = "" }},
	{"a workload on a pool of its own", func(f *specimen) { f.pay.Pool = nil }},
	{"a dedicated pool", func(f *specimen) { f.pay.Pool = nil; f.pools(f.payments) }},
	{"a shared pool", func(f *specimen) { f.pools(f.general) }},
	{"a managed control plane", func(f *specimen) { f.cluster.Provisioner = model.Kubeadm }},
	{"a control-plane pool", func(f *specimen) { f.pools(f.control) }},
}, workloadParts())

func workloadParts() []part {
	var all []part
	for _, name := range []string{"shop/frontend", "shop/cart", "vault/pay", "vault/operator"} {
		all = append(all, part{"workload " + name, func(f *specimen) { f.drop(name) }})
	}
	return all
}

func (f *specimen) each(do func(*model.Workload)) {
	for _, n := range f.cluster.Namespaces {
		for _, w := range n.Workloads {
			do(w)
		}
	}
}

func (f *specimen) pools(without *model.NodePool) {
	f.cluster.NodePools = slices.DeleteFunc(slices.Clone(f.cluster.NodePools), func(p *model.NodePool) bool { return p == without })
}

// drop takes a workload out of the specification.
func (f *specimen) drop(called string) {
	gone := func(w *model.Workload) bool { return name(w) == called }
	for _, n := range f.cluster.Namespaces {
		n.Workloads = slices.DeleteFunc(slices.Clone(n.Workloads), gone)
		for _, w := range n.Workloads {
			w.Calls = slices.DeleteFunc(slices.Clone(w.Calls), func(p *model.Port) bool { return gone(p.Workload) })
		}
	}
	for _, a := range f.spec.Assets {
		a.HeldBy = slices.DeleteFunc(slices.Clone(a.HeldBy), gone)
	}
}

// shrinker knows which variants exist in the specimens without some of their parts. Many variants ask for the same parts.
type shrinker struct {
	specimens []func() *specimen
	known     map[string]map[*Variant]bool
}

// without are the variants that exist in the specimen m without the parts.
func (s *shrinker) without(m int, without ...int) map[*Variant]bool {
	key := fmt.Sprint(m, without)
	if exist, ok := s.known[key]; ok {
		return exist
	}
	f := s.specimens[m]()
	for _, i := range without {
		parts[i].take(f)
	}
	exist := map[*Variant]bool{}
	for _, e := range Build(f.spec).Edges {
		exist[e.Variant] = true
	}
	s.known[key] = exist
	return exist
}

// smallest are the parts that can be taken out of the specimen all together while the variant exists.
func (s *shrinker) smallest(m int, v *Variant) []int {
	var out []int
	for i := range parts {
		if s.without(m, i)[v] {
			out = append(out, i)
		}
	}
	if s.without(m, out...)[v] {
		return out
	}
	out = nil // some stand for each other
	for i := range parts {
		if s.without(m, i)[v] && s.without(m, append(slices.Clone(out), i)...)[v] {
			out = append(out, i)
		}
	}
	return out
}

// For every variant there is a specification in which it exists and from which nothing can be taken away: whatever is
// taken out ends it. Where controls block it, each alone ends it too, see
// TestEveryVariantExistsAndIsBlockedByEachOfItsControls. What each needs stands in testdata/variants.txt, to be read.
func TestEveryVariantHasAMinimalSpecification(t *testing.T) {
	small := &shrinker{[]func() *specimen{newSpecimen, weakSpecimen, pushingSpecimen, scopedSpecimen, managedSpecimen}, map[string]map[*Variant]bool{}}
	ways := Ways()
	var page strings.Builder
	page.WriteString("# What each variant needs, in the smallest specification in which it exists, and the controls each of which ends it.\n# Written by \"go test ./threatmodel -run MinimalSpecification -update\".\n")
	for _, s := range Steps {
		for _, v := range s.Variants {
			m := 0
			for m < len(small.specimens) && !small.without(m)[v] {
				m++
			}
			if m == len(small.specimens) {
				t.Errorf("%s %s: exists in no specimen", s.ID, v.Name)
				continue
			}
			out := small.smallest(m, v)
			var needs []string
			for i, p := range parts {
				if slices.Contains(out, i) {
					continue
				}
				if small.without(m, append(slices.Clone(out), i)...)[v] {
					t.Errorf("%s %s: exists without %s too", s.ID, v.Name, p.name)
				}
				needs = append(needs, p.name)
			}
			if len(needs) == 0 {
				needs = []string{"a cluster"}
			}
			fmt.Fprintf(&page, "%s %s: %s", s.ID, v.Name, strings.Join(needs, ", "))
			var ends []string
			for _, w := range ways[v] {
				for _, b := range w.Blockers {
					if !slices.Contains(ends, string(b.Control)) {
						ends = append(ends, string(b.Control))
					}
				}
			}
			if len(ends) > 0 {
				fmt.Fprintf(&page, "; or %s", strings.Join(ends, ", "))
			}
			page.WriteString("\n")
		}
	}
	const file = "testdata/variants.txt"
	if *update {
		if err := os.WriteFile(file, []byte(page.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(string(committed), page.String()); d != "" {
		t.Errorf("%s differs: run with -update\n%s", file, d)
	}
}
