package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// What the quick form tries: of the pairs of field and value one in so many, and of the accepted ones one in so many.
const (
	quickLoads = 80
	quickTrees = 4
)

// everything is a specification that uses every block and attribute of the language.
const everything = "../../model/testdata/everything"

// placement is one place of the specification that a value can be put into.
type placement struct {
	name       string // "workload.env value"
	start, end int    // bytes of the literal, quotes included
	line       int
	label      bool
}

// elsewhere reports whether what is wrong with the value shows where it is used: with a variable where it is read, with
// a name, or the keys that make one, where it is referred to.
func (p placement) elsewhere() bool {
	return p.label || strings.HasPrefix(p.name, "variable.") || strings.HasSuffix(p.name, ".for_each")
}

// harmless are values of which at least one fits each kind of text; the first that is accepted stands for the field.
var harmless = []string{"harmlessq", "harmlessq.example.com", "/harmlessq", "https://harmlessq.example.com", "harmlessq.example.com:6443", "harmlessq/app:v1", "HARMLESSQ", "@harmlessq/team", "harmlessq:"}

// placements finds a place for every label and attribute of the schema. What the specification nowhere uses is an
// error: a new field cannot be forgotten here.
func placements(t *testing.T, text []byte) []placement {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(text, "main.bartizan.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var all []placement
	done := map[*model.Attribute]bool{}
	labels := map[*model.BlockType]bool{}
	place := func(name string, r hcl.Range, label bool) {
		all = append(all, placement{name, r.Start.Byte, r.End.Byte, r.Start.Line, label})
	}
	var walk func(prefix string, body *hclsyntax.Body, types []*model.BlockType)
	walk = func(prefix string, body *hclsyntax.Body, types []*model.BlockType) {
		for _, b := range body.Blocks {
			i := slices.IndexFunc(types, func(ty *model.BlockType) bool { return ty.Name == b.Type })
			if i < 0 {
				continue
			}
			ty, path := types[i], prefix+b.Type
			if !labels[ty] {
				labels[ty] = true
				for n, r := range b.LabelRanges {
					place(path+" "+ty.Labels[n].Name, r, true)
				}
			}
			for _, a := range ty.Attributes {
				if x := b.Body.Attributes[a.Name]; x != nil && !done[a] {
					done[a] = true
					key, value := literals(x.Expr)
					place(path+"."+a.Name, value, false)
					if key.End.Byte > 0 {
						place(path+"."+a.Name+" key", key, false)
					}
				}
			}
			walk(path+".", b.Body, ty.Blocks)
		}
	}
	walk("", file.Body.(*hclsyntax.Body), model.Schema)
	var missing func(path string, types []*model.BlockType)
	missing = func(path string, types []*model.BlockType) {
		for _, b := range types {
			if len(b.Labels) > 0 && !labels[b] && path != "profile." {
				t.Errorf("no place for the labels of %s%s", path, b.Name)
			}
			for _, a := range b.Attributes {
				if !done[a] {
					t.Errorf("no place for %s%s.%s", path, b.Name, a.Name)
				}
			}
			missing(path+b.Name+".", b.Blocks)
		}
	}
	missing("", model.Schema)
	return all
}

// literals returns the places of the first key of a map that is text and of the first text in the expression; where
// there is none, that of the whole expression.
func literals(x hclsyntax.Expression) (key, value hcl.Range) {
	if m, ok := x.(*hclsyntax.ObjectConsExpr); ok && len(m.Items) > 0 {
		_, value = literals(m.Items[0].ValueExpr)
		return m.Items[0].KeyExpr.Range(), value
	}
	if l, ok := x.(*hclsyntax.TupleConsExpr); ok && len(l.Exprs) > 0 {
		_, value = literals(l.Exprs[0])
		return key, value
	}
	return key, x.Range()
}

// injection loads the specification with values in one place.
type injection struct {
	t    *testing.T
	dir  string
	text []byte
}

func (in injection) load(p placement, value string) *model.Loaded {
	text := slices.Concat(in.text[:p.start], []byte(torture.Quote(value)), in.text[p.end:])
	if err := os.WriteFile(filepath.Join(in.dir, "main.bartizan.hcl"), text, 0o600); err != nil {
		in.t.Fatal(err)
	}
	return model.Load(in.dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
}

// files generates the tree in memory, which includes the proof of every claim, and the threat model's summary.
func (in injection) files(l *model.Loaded) (map[string][]byte, error) {
	t, err := newTree(l.Spec)
	if err != nil {
		return nil, err
	}
	return t.set.Files(), nil
}

// Every hostile value in every field of the language is refused with a diagnostic at its line, or reaches each file of
// the tree such that a parser of the file's language finds the same structure as with a harmless value, and the value
// itself. BARTIZAN_TORTURE=1 tries them all, otherwise a sample.
func TestHostileValuesAreRefusedOrEncoded(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(everything, "main.bartizan.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	in := injection{t, t.TempDir(), text}
	if err := os.CopyFS(in.dir, os.DirFS(everything)); err != nil {
		t.Fatal(err)
	}
	full := os.Getenv("BARTIZAN_TORTURE") != ""
	fields, values := placements(t, text), torture.Values()
	tried, refused, accepted, judged, files := 0, 0, 0, 0, 0
	for i, p := range fields {
		var base map[string][]byte
		word := ""
		for n, name := range torture.Names() {
			value := values[name]
			if !full && (i+n)%quickLoads != 0 {
				continue
			}
			tried++
			l := in.load(p, value)
			if l.HasErrors() {
				refused++
				if !slices.ContainsFunc(l.Diagnostics, func(d *hcl.Diagnostic) bool {
					return d.Subject != nil && d.Subject.Start.Line <= p.line && p.line <= d.Subject.End.Line || name == "not utf-8" || name == "surrogate"
				}) && !p.elsewhere() {
					t.Errorf("%s = %s: no diagnostic at line %d:\n%.600s", p.name, name, p.line, l.Text())
				}
				continue
			}
			if len(l.Text()) > 64<<10 {
				t.Errorf("%s = %s: %d bytes of warnings", p.name, name, len(l.Text()))
			}
			if accepted++; !full && accepted%quickTrees != 0 {
				continue
			}
			if base == nil {
				base, word = in.baseline(p)
			}
			if base == nil {
				continue // no harmless value fits: an enumeration, of which the value is a member
			}
			out, err := in.files(l)
			if err != nil {
				t.Errorf("%s = %s: %.600s", p.name, name, err)
				continue
			}
			judged++
			files += len(out)
			for _, flaw := range compareTrees(base, out, word, value) {
				t.Errorf("%s = %s: %.600s", p.name, name, flaw)
			}
		}
	}
	fmt.Printf("injection: %d fields × %d values: %d loaded, %d refused, %d accepted, of these %d trees with %d files read back\n",
		len(fields), len(values), tried, refused, accepted, judged, files)
	if judged == 0 || refused == 0 {
		t.Error("nothing was judged")
	}
}

// baseline is the tree with a harmless value in the place, and that value.
func (in injection) baseline(p placement) (map[string][]byte, string) {
	for _, word := range harmless {
		if l := in.load(p, word); !l.HasErrors() {
			if files, err := in.files(l); err == nil {
				return files, word
			}
		}
	}
	return nil, ""
}

// compareTrees compares the files of two trees that differ in one value, by the parser of each file's language.
func compareTrees(base, out map[string][]byte, word, value string) []string {
	var flaws []string
	if diff := symmetric(base, out); len(diff) > 0 && !strings.EqualFold(word, value) {
		for _, name := range diff {
			if !strings.Contains(strings.ToLower(name), strings.ToLower(word)) && !strings.Contains(name, value) {
				flaws = append(flaws, name+": is in one tree only")
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(base)) {
		if got, ok := out[name]; ok && string(got) != string(base[name]) {
			if err := sameStructure(name, string(base[name]), string(got), word, value); err != nil {
				flaws = append(flaws, name+": "+err.Error())
			}
		}
	}
	return flaws
}

func symmetric(a, b map[string][]byte) []string {
	var only []string
	for name := range a {
		if _, ok := b[name]; !ok {
			only = append(only, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			only = append(only, name)
		}
	}
	slices.Sort(only)
	return only
}
