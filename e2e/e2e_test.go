//go:build e2e

// Package e2e runs what Bartizan writes on real components and looks at what they do. "make e2e" runs it; each check is a
// struct literal in the list of its file.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/signal"
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

// checks are run in this order. One that fails does not keep the next from running, except in the first list: without a
// cluster there is nothing to look at.
var checks = [][]check{
	startChecks,
	apiChecks,
	dataChecks,
	treeChecks,
	benchChecks,
	growthChecks,
}

// env is what a check looks at.
type env struct {
	*cluster.Cluster
	site *site
}

func TestCluster(t *testing.T) {
	// An interrupt ends the checks, not the clean-up after them.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	t.Cleanup(stop)
	var rows []row
	t.Cleanup(func() { printTable(os.Stdout, rows) })
	s := newSite(t, ctx)
	e := &env{Cluster: s.cluster, site: s}
	for i, list := range checks {
		for _, c := range list {
			start := time.Now()
			t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
				seen, err := c.run(ctx, e)
				rows = append(rows, row{name: c.name, seen: seen, err: err, took: time.Since(start)})
				fmt.Println(rows[len(rows)-1])
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
