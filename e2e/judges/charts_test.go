//go:build e2e

package judges_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// chart is the component that has a chart.
func chart(t *testing.T, name string) build.Component {
	t.Helper()
	all := build.Charts()
	i := slices.IndexFunc(all, func(c build.Component) bool { return filepath.Base(c.Data[0]) == name })
	if i < 0 {
		t.Fatalf("no module has the chart %s", name)
	}
	return all[i]
}

// values are the arguments that name the file of values.
func values(t *testing.T, e example, i install) []string {
	t.Helper()
	switch {
	case i.values == "":
		return nil
	case !strings.Contains(i.values, "/"):
		return []string{"--values", filepath.Join("testdata", "installs", i.values)}
	}
	found, err := filepath.Glob(filepath.Join(e.tree, i.values))
	if err != nil || len(found) != 1 {
		t.Fatalf("the tree has %d files %s: %v", len(found), i.values, err)
	}
	return []string{"--values", found[0]}
}

// parts are the objects of a release: its manifest, or its hooks.
func (h *house) parts(t *testing.T, i install, what string) []judges.Object {
	t.Helper()
	text, err := h.run(t.Context(), h.helm, "kubernetes-admin", nil, "get", what, i.chart, "--namespace", i.namespace)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := judges.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// hookOf says when Helm makes an object.
func hookOf(t *testing.T, o judges.Object) string {
	t.Helper()
	var object struct {
		Metadata struct{ Annotations map[string]string }
	}
	if err := yaml.Unmarshal(o.YAML, &object); err != nil {
		t.Fatal(err)
	}
	return object.Metadata.Annotations["helm.sh/hook"]
}

// packaged is the chart as a package of its version.
func packaged(t *testing.T, h *house, c build.Component) string {
	t.Helper()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := b.Binaries(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	chart := t.TempDir()
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(dir, c.Data[0]))); err != nil {
		t.Fatal(err)
	}
	leaveOut(t, chart)
	args := []string{"package", chart, "--destination", t.TempDir()}
	if template, err := os.ReadFile(filepath.Join(chart, "Chart.template.yaml")); err == nil {
		// What its makers' release tool does.
		text := bytes.ReplaceAll(template, []byte("{{IS_PRERELEASE}}"), []byte("false"))
		if err := os.WriteFile(filepath.Join(chart, "Chart.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--version", c.Version, "--app-version", c.Version)
	}
	if _, err := h.run(t.Context(), h.helm, "kubernetes-admin", nil, args...); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(args[3], "*.tgz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("Helm made %v of %s: %v", files, c.Name, err)
	}
	return files[0]
}

// leaveOut takes those charts that others publish, and that this one can do without, off the dependencies of a chart: modules do not have
// them.
func leaveOut(t *testing.T, chart string) {
	t.Helper()
	file := filepath.Join(chart, "Chart.yaml")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var about map[string]any
	if err := yaml.Unmarshal(text, &about); err != nil {
		t.Fatal(err)
	}
	dependencies, _ := about["dependencies"].([]any)
	about["dependencies"] = slices.DeleteFunc(dependencies, func(d any) bool {
		_, err := os.Stat(filepath.Join(chart, "charts", fmt.Sprint(d.(map[string]any)["name"])))
		return err != nil
	})
	if text, err = yaml.Marshal(about); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(file, text, 0o644), os.RemoveAll(filepath.Join(chart, "Chart.lock"))); err != nil {
		t.Fatal(err)
	}
}
