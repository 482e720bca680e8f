package threatmodel

import (
	"fmt"
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

func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		f := large(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Build(f.spec)
			}
		})
	}
}

func BenchmarkAnalyse(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		f := large(n)
		g, posture := Build(f.spec), f.proved()
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Analyse(posture, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
