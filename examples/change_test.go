package examples_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A small change of a specification is a small change of its tree: only the files that the line is about differ, apart
// from the threat model, which is about everything.
func TestOneLineOfTheSpecificationChangesOnlyItsFiles(t *testing.T) {
	const spec = "online-boutique"
	before := tree(t, spec)
	shop := "clusters/boutique/manifests/namespaces/shop/"
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{
			name: "one more replica", old: "replicas = 3\n\n  port \"http\"", new: "replicas = 4\n\n  port \"http\"",
			want: []string{shop + "apps/frontend/workload.yaml"},
		},
		{
			name: "one more call", old: "calls         = [workload.shop.redis-cart.port.redis]",
			new: "calls         = [workload.shop.redis-cart.port.redis, workload.shop.emailservice.port.grpc]",
			want: []string{
				shop + "guard/networkpolicy-allow-cartservice.yaml",
				shop + "guard/networkpolicy-allow-emailservice.yaml",
				"docs/connectivity.md",
				"docs/exercises/compromised-image.md",
				"docs/exercises/remote-code-execution.md",
				"docs/exercises/ssrf.md",
			},
		},
		{
			name: "one more node", old: `gen-3 = "10.20.0.23"`, new: `gen-3 = "10.20.0.23", gen-4 = "10.20.0.24"`,
			want: []string{
				"clusters/boutique/access/jump-box/bastion/", "clusters/boutique/cluster/", "clusters/boutique/nodes/", "docs/",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			changed := t.TempDir()
			edits := 0
			for _, file := range specFiles(t, spec) {
				data, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				edits += strings.Count(string(data), test.old)
				data = []byte(strings.Replace(string(data), test.old, test.new, 1))
				if err := os.WriteFile(filepath.Join(changed, filepath.Base(file)), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if edits != 1 {
				t.Fatalf("the line to change stands %d times in the specification", edits)
			}
			got := differences(before, tree(t, changed))
			// A wanted path that ends with a slash stands for any files below it.
			unexpected := slices.DeleteFunc(slices.Clone(got), func(path string) bool {
				return slices.ContainsFunc(test.want, func(w string) bool {
					return path == w || strings.HasSuffix(w, "/") && strings.HasPrefix(path, w)
				})
			})
			if len(got) == 0 || len(unexpected) > 0 {
				t.Errorf("changed files:\n%s", cmp.Diff(test.want, got))
			}
		})
	}
}

func specFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.bartizan.*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}
