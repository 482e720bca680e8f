//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/bartizan-dev/bartizan/e2e/shapes"
	"github.com/bartizan-dev/bartizan/model"
)

// corners is a specification with the shapes of pods that no example has.
const corners = "e2e/shapes/testdata/corners"

// shapeChecks start a pod of each shape that is found in the generated pod templates of every example, by the object that
// makes it, in the generated namespace, and ask each of its containers what it finds. They leave nothing of the tree that
// was applied before, so they come last.
func shapeChecks(t *testing.T) []check {
	t.Helper()
	specs, err := filepath.Glob("../examples/*/*.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, file := range specs {
		dirs = append(dirs, strings.TrimPrefix(filepath.Dir(file), "../"))
	}
	var checks []check
	met := map[string]bool{}
	var last *stage // the one of corners, with a pod to break
	for _, dir := range append(slices.Compact(dirs), corners) {
		checks = append(checks, check{"Pods of every shape of " + filepath.Base(dir) + " find themselves confined as declared", func(ctx context.Context, e *env) (string, error) {
			s, err := newStage(ctx, e, dir)
			if err != nil {
				return "", err
			}
			last = s
			return s.tryShapes(ctx, met)
		}})
	}
	ofLast := func(run func(context.Context, *stage) (string, error)) func(context.Context, *env) (string, error) {
		return func(ctx context.Context, _ *env) (string, error) {
			if last == nil {
				return "", errors.New("there is nothing to break")
			}
			return run(ctx, last)
		}
	}
	return append(checks,
		check{"Every break of a pod is noticed from inside", ofLast(checkBreaks)},
		check{"A pod that writes more to the disk than it may is ended", ofLast(checkFloods)})
}

// tried is a pod that ran.
type tried struct {
	controller           *shapes.Controller
	missing              []shapes.Missing
	alike                int
	containers, compared int
	wrong                []string
}

// tryShapes starts a pod of each shape that was not met before, pool after pool, because the node can stand in one pool at
// a time.
func (s *stage) tryShapes(ctx context.Context, met map[string]bool) (string, error) {
	all, err := shapes.Read(s.manifests)
	if err != nil {
		return "", err
	}
	if err := s.complete(all); err != nil {
		return "", err
	}
	distinct, err := shapes.Distinct(all)
	if err != nil {
		return "", err
	}
	byPool := map[string][]*tried{}
	known := 0
	for _, shape := range distinct {
		if met[shape.Key] {
			known++
			continue
		}
		met[shape.Key] = true
		c := shape.Controllers[0]
		pool := c.Template.Spec.NodeSelector[poolLabel]
		byPool[pool] = append(byPool[pool], &tried{controller: c, alike: len(shape.Controllers) - 1})
	}
	if len(byPool) > 0 {
		if err := s.open(ctx); err != nil {
			return "", err
		}
	}
	var results []*tried
	var errs []error
	for _, pool := range slices.Sorted(maps.Keys(byPool)) {
		errs = append(errs, s.tryPool(ctx, pool, byPool[pool]))
		results = append(results, byPool[pool]...)
	}
	return summary(len(all), known, results), errors.Join(append(errs, judged(results)...)...)
}

// complete makes sure that no pod template was overlooked.
func (s *stage) complete(all []*shapes.Controller) error {
	found := map[string]bool{}
	for _, c := range all {
		found[c.Namespace+"/"+c.Name] = true
	}
	for name, w := range s.workloads {
		if w.Manifests == model.ManifestsGenerate && !found[name] {
			return fmt.Errorf("the tree has no object that makes the pods of %s", name)
		}
	}
	return nil
}

func judged(results []*tried) []error {
	var errs []error
	for _, r := range results {
		for _, w := range r.wrong {
			errs = append(errs, fmt.Errorf("%s/%s: %s", r.controller.Namespace, r.controller.Name, w))
		}
	}
	return errs
}

// summary prints a table of the pods, and says the sums.
func summary(all, known int, results []*tried) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "pod of\tkind\talike\tcontainers\tcompared\tdiffer\twithout")
	containers, compared := 0, 0
	for _, r := range results {
		c := r.controller
		var without []string
		for _, m := range r.missing {
			without = append(without, string(m))
		}
		fmt.Fprintf(w, "%s/%s\t%s\t%d\t%d\t%d\t%d\t%s\n", c.Namespace, c.Name, c.Kind, r.alike, r.containers, r.compared, len(r.wrong), strings.Join(without, ", "))
		containers += r.containers
		compared += r.compared
	}
	w.Flush()
	os.Stdout.WriteString(text.String())
	return fmt.Sprintf("%d pod templates, %d shapes, %d of them met before; started %d pods with %d containers: %d comparisons", all, known+len(results), known, len(results), containers, compared)
}
