package examples_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The estate shows a specification of three hundred workloads for two environments. Its trees are not committed: they are
// three thousand files that say nothing which the trees of the small examples do not say. What only the size shows is
// tested here: that everything is proved, and that a small change stays small.
const estate = "estate"

func generateEstate(t *testing.T, bartizan, spec, environment, out string) {
	t.Helper()
	run(t, bartizan, "generate", spec, "-o", out, "--var-file", filepath.Join(spec, "environments", environment+".vars.hcl"), "--today", today, "--unresolved-images")
}

func TestEstateIsProvedInBothEnvironments(t *testing.T) {
	bartizan := build(t)
	// The least number of workloads, so that the example stays as large as it says.
	for environment, least := range map[string]int{"staging": 80, "production": 300} {
		t.Run(environment, func(t *testing.T) {
			out := t.TempDir()
			generateEstate(t, bartizan, estate, environment, out)
			run(t, bartizan, "verify", out, "--spec", estate, "--var-file", filepath.Join(estate, "environments", environment+".vars.hcl"), "--today", today)
			workloads, err := filepath.Glob(filepath.Join(out, "clusters/estate/manifests/namespaces/*/apps/*/workload.yaml"))
			if err != nil || len(workloads) < least {
				t.Errorf("%d workloads, want at least %d (%v)", len(workloads), least, err)
			}
		})
	}
}

// Who adds a country reviews its files and those that speak with every country; who changes a line of one program reviews
// the files of that program, once for each country.
func TestSmallChangesOfTheEstateAreSmall(t *testing.T) {
	bartizan := build(t)
	before := t.TempDir()
	generateEstate(t, bartizan, estate, "staging", before)
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
			after := t.TempDir()
			generateEstate(t, bartizan, changed, "staging", after)
			under := func(path string, paths []string) bool {
				return slices.ContainsFunc(paths, func(p string) bool {
					return path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p)
				})
			}
			differing := differences(read(t, before), read(t, after))
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

// differences lists the files that are new, gone or different, apart from the threat model, which is about everything,
// and lock files.
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
	all = slices.DeleteFunc(all, func(path string) bool {
		return strings.HasPrefix(path, "threatmodel/") || filepath.Base(path) == ".bartizan.lock"
	})
	slices.Sort(all)
	return all
}
