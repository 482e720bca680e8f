//go:build e2e

// Package e2e runs what Bartizan writes on real components and looks at what they do. "make e2e" runs it; each check is a
// struct literal in the list of its file.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
)

// check is one thing that is proved on a running cluster.
type check struct {
	// name is a sentence that is true if the check passes. It is also the name of the test.
	name string
	// run returns what was seen, in a few words, or why the sentence is not true.
	run func(ctx context.Context, e *env) (seen string, err error)
}

// env is what a check looks at.
type env struct {
	*cluster.Cluster
	site *site
}

// boutique is the first example.
var boutique = declared{
	spec: "examples/online-boutique", cluster: "boutique", release: "v1.36.4",
	endpoint: "api.boutique.example.internal", endpointIP: "10.20.0.10",
	collector: "audit.example.internal",
	machines: []machine{
		{control, "cp-1", "10.20.0.11"}, {other(0), "cp-2", "10.20.0.12"}, {other(1), "cp-3", "10.20.0.13"}, {worker, "gen-1", "10.20.0.21"},
		{jump, "bastion", "10.20.9.10"}, {stranger, "stranger", "10.20.7.7"}, {collector, "collector", "10.20.8.10"},
	},
}

// The first example comes up, and does what its files say.
func TestCluster(t *testing.T) {
	runChecks(t, boutique, startChecks, apiChecks, dataChecks, treeChecks, admissionChecks, benchChecks, growthChecks)
}

// The first example, made for the newest version of Kubernetes, comes up with that version. Then the pods of all examples
// take turns on its node: it is the cluster that is ready first.
func TestNewestVersion(t *testing.T) {
	newest := boutique
	newest.release = "v1.37.1"
	newest.machines = slices.DeleteFunc(slices.Clone(newest.machines), func(m machine) bool { return m.name == "cp-2" || m.name == "cp-3" })
	newest.machines = append(newest.machines, machine{sandbox, "pay-1", "10.20.0.31"})
	runChecks(t, newest, startChecks, apiChecks, dataChecks, treeChecks, sandboxChecks, shapeChecks(t))
}

// A cluster whose etcd has machines of its own comes up, and they are closed.
func TestExternalEtcd(t *testing.T) {
	runChecks(t, declared{
		spec: "generate/testdata/shapes/external-etcd", cluster: "main", release: "v1.36.4",
		endpoint: "api.example.internal", endpointIP: "10.0.0.10", collector: "logs.example.internal",
		machines: []machine{
			{control, "cp-1", "10.0.0.11"}, {member(0), "etcd-1", "10.0.0.41"}, {member(1), "etcd-2", "10.0.0.42"}, {member(2), "etcd-3", "10.0.0.43"},
			{jump, "bastion", "10.0.9.10"}, {stranger, "stranger", "10.0.7.7"}, {collector, "collector", "10.0.8.10"},
		},
	}, etcdStartChecks, etcdChecks)
}

// runChecks brings the machines of the specification up and runs the lists of checks on them in order. One that fails does
// not keep the next from running, except in the first list: without a cluster there is nothing to look at. Clusters wait
// for themselves most of the time, so they run beside each other.
func runChecks(t *testing.T, d declared, checks ...[]check) {
	t.Parallel()
	// An interrupt ends the checks, not the clean-up after them.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	var rows []row
	parent := t.Name()
	t.Cleanup(func() { printTable(os.Stdout, t.Name(), rows) })
	s := newSite(t, ctx, d)
	e := &env{Cluster: s.cluster, site: s}
	for i, list := range checks {
		for _, c := range list {
			start := time.Now()
			t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
				seen, err := c.run(ctx, e)
				rows = append(rows, row{name: c.name, seen: seen, err: err, took: time.Since(start)})
				fmt.Printf("%s\n%s\n", parent, rows[len(rows)-1])
				if err != nil {
					t.Error(err)
				}
			})
			if ctx.Err() != nil {
				t.Fatal("interrupted")
			}
			if i == 0 && t.Failed() {
				t.Fatal("there is no cluster to look at")
			}
		}
	}
}
