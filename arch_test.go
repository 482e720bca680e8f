package bartizan_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/bartizan-dev/bartizan"

// mayImport is the import table of our own packages: a package may import those named, and no others.
var mayImport = map[string][]string{
	"internal/torture":   {}, // of tests only
	"model":              {},
	"templates":          {},
	"generate":           {"model", "templates"},
	"generate/verify":    {"generate", "model"},
	"threatmodel":        {"model"},
	"threatmodel/render": {"threatmodel", "threatmodel/render/cachedir", "model", "templates"},
	// A room of its own, because Go must initialise it before go-graphviz: see its package comment.
	"threatmodel/render/cachedir": {},
	"cmd/bartizan":                {"*"},
	// The end-to-end test judges the program by what it writes: it uses the binary, none of its packages.
	"e2e/build":     {},
	"e2e/lab":       {},
	"e2e/cluster":   {"e2e/lab"},
	"e2e/inside":    {},
	"e2e/probe":     {"e2e/inside"},
	"e2e/breaks":    {},
	"e2e/judges":    {"e2e/build"},
	"e2e/apiserver": {"e2e/build"},
	"e2e/network":   {"e2e/build", "e2e/apiserver"},
	// What a specification promises is the model's to say; what was made of it is judged, and not asked.
	"e2e/shapes": {"e2e/inside", "model"},
}

// onlyFrom lists packages of others that only some rooms may import, by prefix of the import path.
var onlyFrom = map[string][]string{
	"github.com/hashicorp/hcl/v2":   {"model", "cmd/bartizan", "internal/torture"},
	"github.com/zclconf/go-cty":     {"model", "internal/torture"},
	"k8s.io/api/":                   {"generate", "generate/verify", "e2e/apiserver", "e2e/shapes"},
	"k8s.io/pod-security-admission": {"generate/verify"},
	"sigs.k8s.io/yaml":              {"generate", "generate/verify", "e2e/breaks", "e2e/judges", "e2e/shapes"},
	"github.com/goccy/go-graphviz":  {"threatmodel/render"},
	"github.com/google/cel-go":      {}, // tests alone: it would double the binary
	"github.com/spf13/cobra":        {"cmd/bartizan"},
	"mvdan.cc/sh/v3":                {"generate/verify"},
}

// The table is read with go/parser and not with go list: a cached go list passed after the rule was broken.
func TestRoomsImportOnlyWhatTheTableAllows(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		room := filepath.ToSlash(filepath.Dir(file))
		allowed, ok := mayImport[room]
		if !ok {
			t.Errorf("%s: room %q is not in the import table", file, room)
			return nil
		}
		seen[room] = true
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			checkImport(t, file, room, imported, allowed)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range mayImport {
		if !seen[room] {
			t.Errorf("room %q of the import table has no files", room)
		}
	}
}

func checkImport(t *testing.T, file, room, imported string, allowed []string) {
	t.Helper()
	if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
		for _, a := range allowed {
			if a == "*" || a == ours {
				return
			}
		}
		t.Errorf("%s: %s may not import %s", file, room, ours)
		return
	}
	for prefix, rooms := range onlyFrom {
		if imported != strings.TrimSuffix(prefix, "/") && !strings.HasPrefix(imported, strings.TrimSuffix(prefix, "/")+"/") {
			continue
		}
		found := false
		for _, r := range rooms {
			found = found || r == room
		}
		if !found {
			t.Errorf("%s: only %s may import %s", file, path.Join(rooms...), imported)
		}
	}
}
