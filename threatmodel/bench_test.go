package threatmodel

import (
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// large is a fixture with n workloads in namespaces of ten, each of which calls two others.
func large(n int) *fixture {
	f := newFixture()
	var all []*model.Workload
	for i := 0; i < n; i += 10 {
		ns := &model.Namespace{Name: fmt.Sprintf("ns-%04d", i/10), Cluster: f.cluster, Owner: f.sre, PodSecurity: model.Restricted}
		f.cluster.Namespaces = append(f.cluster.Namespaces, ns)
		for j := range 10 {
			w := f.workload(ns, fmt.Sprintf("w%d", j))
			for k := 1; k <= 2 && k <= len(all); k++ {
				w.Calls = append(w.Calls, all[len(all)-k].Ports[0])
			}
			all = append(all, w)
		}
	}
	f.gitops.Deploys = f.cluster.Namespaces
	return f
}

// BenchmarkScale prints what each part of the analysis takes over specifications of growing size: CPU time, which a busy
// machine does not change. Triples of one asset grow with the square of the workloads and are left out above 1,000.
func BenchmarkScale(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as in the program, not as in the other tests
	for b.Loop() {
		fmt.Fprintf(os.Stderr, "\n| workloads | positions | steps | build | single faults of all assets | blast radius of all positions | pairs, one asset | triples, one asset |\n|---|---|---|---|---|---|---|---|\n")
		for _, n := range []int{100, 1000, 10_000} {
			f := large(n)
			var g *Graph
			build := cpuTime(func() { g = Build(f.spec) })
			posture := f.proved()
			analyse := func(o Options) string {
				return cpuTime(func() {
					if _, err := g.Analyse(posture, o); err != nil {
						b.Fatal(err)
					}
				})
			}
			blast := cpuTime(func() {
				if _, err := g.BlastRadius(posture, Options{}); err != nil {
					b.Fatal(err)
				}
			})
			one := Options{From: []string{"internet"}, To: []string{"cluster.shop/secrets"}, Faults: 2, Budget: math.MaxInt}
			singles, pairs, triples := analyse(Options{Faults: 1}), analyse(one), "–"
			if n <= 1000 {
				one.Faults = 3
				triples = analyse(one)
			}
			fmt.Fprintf(os.Stderr, "| %d | %d | %d | %s | %s | %s | %s | %s |\n", n, len(g.Positions), len(g.Edges), build, singles, blast, pairs, triples)
		}
	}
}

// cpuTime is what the work takes of all processors, in seconds.
func cpuTime(work func()) string {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return 0
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	start := used()
	work()
	return fmt.Sprintf("%.2f s", float64(used()-start)/1e9)
}
