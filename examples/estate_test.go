package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

// The estate shows a specification of three hundred workloads for two environments. Its trees are not committed: they are
// three thousand files that say nothing which the trees of the small examples do not say. What only the size shows is
// tested here: that everything is proved, and that a small change stays small.
const estate = "estate"

// values is the file of variables of an environment.
func values(spec, environment string) string {
	return filepath.Join(spec, "environments", environment+".vars.hcl")
}

func TestEstateIsProvedInBothEnvironments(t *testing.T) {
	bartizan := build(t)
	// The least number of workloads, so that the example stays as large as it says.
	for environment, least := range map[string]int{"staging": 80, "production": 300} {
		t.Run(environment, func(t *testing.T) {
			out := t.TempDir()
			run(t, bartizan, "generate", estate, "-o", out, "--var-file", values(estate, environment), "--today", today, "--unresolved-images")
			if environment == "staging" {
				run(t, bartizan, "verify", out, "--spec", estate, "--var-file", values(estate, environment), "--today", today)
			} else {
				proved(t, load(t, estate, values(estate, environment)), out)
			}
			workloads, err := filepath.Glob(filepath.Join(out, "clusters/estate/manifests/namespaces/*/apps/*/workload.yaml"))
			if err != nil || len(workloads) < least {
				t.Errorf("%d workloads, want at least %d (%v)", len(workloads), least, err)
			}
		})
	}
}

// proved fails unless the bytes on disk prove everything that is claimed and nothing is found in them. The command does the
// same, and then compares the threat model too, which takes longer than all the rest.
func proved(t *testing.T, spec *model.Spec, dir string) {
	t.Helper()
	files, err := generate.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	result := verify.Run(spec, files, verify.All)
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("claimed, not proved: %+v", c)
	}
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
}

// Who adds a country reviews its files and those that speak with every country; who changes a line of one program reviews
// the files of that program, once for each country.
func TestSmallChangesOfTheEstateAreSmall(t *testing.T) {
	before := tree(t, estate, values(estate, "staging"))
	const namespaces = "clusters/estate/manifests/namespaces/"
	tests := []struct {
		name, file, old, new string
		allowed              []string // a path that ends with a slash stands for all files below it
		untouched            []string // none of these may change
	}{
		{
			name: "one more country", file: "environments/staging.vars.hcl",
			old: "  no = {", new: "  se = { parcels = 1 }\n  no = {",
			allowed: []string{
				namespaces + "country-se/", namespaces + "insight/apps/extract-se/", namespaces + "README.md", namespaces + "kustomization.yaml",
				namespaces + "insight/", namespaces + "customers/", namespaces + "partners/", namespaces + "money/", namespaces + "edge/",
				"clusters/estate/manifests/platform/", "clusters/estate/access/", "clusters/estate/cluster/", "clusters/estate/nodes/",
				"docs/", "pipeline/", "CODEOWNERS", "README.md", "clusters/estate/manifests/",
			},
			untouched: []string{namespaces + "country-dk/", namespaces + "country-no/", namespaces + "customers/apps/", namespaces + "partners/apps/", namespaces + "money/apps/"},
		},
		{
			name: "a program's image", file: "countries.bartizan.hcl",
			old: "parcels/depot-gateway:2026.44.1", new: "parcels/depot-gateway:2026.46.0",
			allowed: []string{
				namespaces + "country-dk/apps/depot-gateway/workload.yaml", namespaces + "country-no/apps/depot-gateway/workload.yaml",
				"clusters/estate/manifests/platform/", "docs/",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := t.TempDir()
			if err := os.CopyFS(changed, os.DirFS(estate)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(changed, test.file)
			text, err := os.ReadFile(file)
			if err != nil || bytes.Count(text, []byte(test.old)) != 1 {
				t.Fatalf("%q stands %d times in %s (%v)", test.old, bytes.Count(text, []byte(test.old)), test.file, err)
			}
			if err := os.WriteFile(file, bytes.Replace(text, []byte(test.old), []byte(test.new), 1), 0o600); err != nil {
				t.Fatal(err)
			}
			under := func(path string, paths []string) bool {
				return slices.ContainsFunc(paths, func(p string) bool {
					return path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)
				})
			}
			differing := differences(before, tree(t, changed, values(changed, "staging")))
			if len(differing) == 0 {
				t.Fatal("nothing changed")
			}
			for _, path := range differing {
				if !under(path, test.allowed) || under(path, test.untouched) {
					t.Errorf("%s changed", path)
				}
			}
		})
	}
}

// differences lists the files that are new, gone or different.
func differences(old, now map[string][]byte) []string {
	var all []string
	for path := range now {
		if _, ok := old[path]; !ok {
			all = append(all, path)
		}
	}
	for path, data := range old {
		if !bytes.Equal(data, now[path]) {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	return all
}
