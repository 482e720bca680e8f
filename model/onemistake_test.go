package model

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// edit replaces a part of the text.
type edit struct {
	what       string
	start, end int
	with       string
	renamed    string // the name that was changed where it is declared: each place that uses it names what is not there
}

// mistakes are the edits of a good specification that make one mistake each: a misspelt attribute, block, label or
// reference, a required attribute that is missing, a value of another kind.
func mistakes(t *testing.T, text []byte) []edit {
	t.Helper()
	f, diags := hclsyntax.ParseConfig(text, "good", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var all []edit
	add := func(r hcl.Range, with, what string, args ...any) {
		all = append(all, edit{fmt.Sprintf("line %d: ", r.Start.Line) + fmt.Sprintf(what, args...), r.Start.Byte, r.End.Byte, with, ""})
	}
	// Without its second letter a name is near to what was meant.
	misspelt := func(name string) string { return name[:1] + name[min(2, len(name)):] + "z" }
	var walk func(b *hclsyntax.Body, s *BlockType)
	walk = func(b *hclsyntax.Body, s *BlockType) {
		for name, a := range b.Attributes {
			if s.Open {
				continue
			}
			schema := s.attributes[name]
			add(a.NameRange, misspelt(name), "attribute %s misspelt", name)
			if schema.Required {
				add(a.SrcRange, "", "%s left out", name)
			}
			wrong := `{ wrong = "?" }`
			if schema.Type.shape == mapping {
				wrong = `["?"]`
			}
			if schema.Type.shape != anything {
				add(a.Expr.Range(), wrong, "%s = %s", name, wrong)
			}
			if vars := a.Expr.Variables(); len(vars) > 0 {
				last := vars[0][len(vars[0])-1].SourceRange()
				if vars[0].RootName() != "each" && text[last.End.Byte-1] != ']' {
					add(hcl.Range{Start: last.End, End: last.End}, "zz", "a reference in %s misspelt", name)
				}
			}
		}
		for _, c := range b.Blocks {
			schema := s.blocks[c.Type]
			add(c.TypeRange, misspelt(c.Type), "block %s misspelt", c.Type)
			if len(c.LabelRanges) > 0 {
				add(c.LabelRanges[0], `"No Name!"`, "a label of %s that is no name", c.Type)
				all[len(all)-1].renamed = c.Labels[0]
			}
			walk(c.Body, schema)
		}
	}
	walk(f.Body.(*hclsyntax.Body), root)
	slices.SortFunc(all, func(a, b edit) int { return a.start*10 + len(a.what) - b.start*10 - len(b.what) })
	return all
}

// One mistake, wherever it is made, is one message: people mend the first and lose trust in the rest. Messages that quote
// the same word are about the same thing: each place that names what is not there.
func TestAnyOneMistakeIsOneMessage(t *testing.T) {
	place := newPlace(t)
	texts := map[string][]byte{}
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	texts["base"] = base
	around, err := os.ReadFile("testdata/shown/around.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range Schema {
		around = append(around, "\n"+b.Example+"\n"...)
	}
	texts["examples"] = around
	made := 0
	for name, text := range texts {
		for _, e := range mistakes(t, text) {
			made++
			bad := string(text[:e.start]) + e.with + string(text[e.end:])
			file := place.dir + "/one" + extHCL
			place.write(t, "one"+extHCL, []byte(bad))
			loaded := Load(file, Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			var said []string
			causes := map[string]bool{}
			for _, d := range loaded.Diagnostics {
				if d.Severity == hcl.DiagError && (e.renamed == "" || !strings.HasPrefix(d.Summary, "Unknown ") || !strings.Contains(d.Detail, strconv.Quote(e.renamed))) {
					cause := d.Summary
					if i := strings.IndexByte(d.Detail, '"'); i >= 0 {
						word, _, _ := strings.Cut(d.Detail[i+1:], `"`)
						cause += word
					}
					if !causes[cause] {
						said = append(said, fmt.Sprintf("line %d: %s: %s", d.Subject.Start.Line, d.Summary, d.Detail))
					}
					causes[cause] = true
				}
			}
			if len(said) > 1 {
				t.Errorf("%s, %s:\n\t%s", name, e.what, strings.Join(said, "\n\t"))
			}
		}
	}
	if made < 450 {
		t.Errorf("%d mistakes made", made)
	}
	t.Logf("%d mistakes made", made)
}
