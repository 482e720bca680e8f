package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// However short or long the names of a specification are, what is claimed is proved: an encoder breaks long lines, and a
// reader of lines or words would lose them.
func TestNamesOfEveryLength(t *testing.T) {
	const dir = "../../model/testdata/sketch"
	for name, rename := range map[string]func(string) string{
		"long":  func(name string) string { return name + strings.Repeat("-long", 5) },
		"short": shortNames(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			work := t.TempDir()
			if err := os.CopyFS(work, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			files, _ := filepath.Glob(filepath.Join(work, "*.hcl"))
			if n := renameLabels(t, files, rename); n < 80 {
				t.Fatalf("only %d names and references were renamed", n)
			}
			l := model.Load(work, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			set, err := generate.Run(l.Spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			result := Run(l.Spec, set.Files(), All)
			for _, f := range result.Findings {
				t.Errorf("finding: %+v", f)
			}
			for _, c := range result.Unproved(set.Claims) {
				t.Errorf("claimed, not proved: %+v", c)
			}
		})
	}
}

// shortNames gives each name one of at most two letters.
func shortNames() func(string) string {
	given := map[string]string{}
	return func(name string) string {
		if given[name] == "" {
			n := len(given)
			given[name] = string(rune('a'+n%26)) + strings.Repeat("b", min(1, n/26)) + strings.Repeat("c", max(0, n/26-1))
		}
		return given[name]
	}
}

// renameLabels renames what has a label in the files, and each reference to it. It returns how many places it changed.
func renameLabels(t *testing.T, files []string, rename func(string) string) int {
	t.Helper()
	declared := map[string]bool{}
	parsed := map[string]*hclsyntax.Body{}
	text := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		f, diags := hclsyntax.ParseConfig(data, file, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		text[file], parsed[file] = data, f.Body.(*hclsyntax.Body)
		eachBlock(parsed[file], func(b *hclsyntax.Block) {
			for _, label := range b.Labels {
				declared[label] = true
			}
		})
	}
	n := 0
	for _, file := range files {
		var edits []edit
		eachBlock(parsed[file], func(b *hclsyntax.Block) {
			for i, r := range b.LabelRanges {
				edits = append(edits, edit{r.Start.Byte + 1, r.End.Byte - 1, rename(b.Labels[i])})
			}
		})
		hclsyntax.VisitAll(parsed[file], func(node hclsyntax.Node) hcl.Diagnostics {
			if reference, ok := node.(*hclsyntax.ScopeTraversalExpr); ok {
				for _, step := range reference.Traversal[1:] {
					a, ok := step.(hcl.TraverseAttr)
					if ok && a.Name == "port" {
						break
					}
					if ok && declared[a.Name] {
						edits = append(edits, edit{a.SrcRange.End.Byte - len(a.Name), a.SrcRange.End.Byte, rename(a.Name)})
					}
				}
			}
			return nil
		})
		slices.SortFunc(edits, func(a, b edit) int { return b.from - a.from })
		data := text[file]
		for _, e := range slices.Compact(edits) {
			data = slices.Replace(data, e.from, e.to, []byte(e.text)...)
		}
		n += len(edits)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// edit replaces bytes of a file.
type edit struct {
	from, to int
	text     string
}

// eachBlock calls f for the blocks whose labels are free: a role is one of a few words, and ports have at most 15 letters.
func eachBlock(body *hclsyntax.Body, f func(*hclsyntax.Block)) {
	for _, b := range body.Blocks {
		if b.Type != "can" && b.Type != "port" {
			f(b)
		}
		eachBlock(b.Body, f)
	}
}
