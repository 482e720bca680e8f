package build_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

var update = flag.Bool("update", false, "resolve the components' modules anew; needs the module proxy")

func TestEveryComponentHasItsModuleFiles(t *testing.T) {
	known := map[string]bool{}
	for _, c := range build.All() {
		name := filepath.Join("modules", c.Name+"-"+c.Version)
		known[name+".mod"], known[name+".sum"] = true, true
		if *update {
			mod, sum, err := build.Resolve(t.Context(), c, os.Stderr)
			if err != nil {
				t.Fatal(err)
			}
			for suffix, data := range map[string][]byte{".mod": mod, ".sum": sum} {
				if err := os.WriteFile(name+suffix, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		mod, err := os.ReadFile(name + ".mod")
		if err != nil {
			t.Errorf("%s %s: %v", c.Name, c.Version, err)
			continue
		}
		for binary, pkg := range c.Packages {
			if ours := strings.HasPrefix(pkg, "./"); !ours && !strings.Contains(string(mod), pkg) {
				t.Errorf("%s.mod: nothing of %s, which is built from %s", name, binary, pkg)
			}
		}
		if !bytes.Contains(mod, []byte(c.Module+" "+c.Version)) {
			t.Errorf("%s.mod does not require %s %s", name, c.Module, c.Version)
		}
	}
	files, err := filepath.Glob("modules/*-v*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f] {
			t.Errorf("%s belongs to no component", f)
		}
	}
}
