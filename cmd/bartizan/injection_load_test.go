package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// assignment puts texts into places.
type assignment map[*place]string

// apart reports whether the place has no byte in common with those of the assignment.
func (p *place) apart(a assignment) bool {
	for other := range a {
		for _, x := range other.spots {
			for _, y := range p.spots {
				if x.start < y.end && y.start < x.end || x == y {
					return false
				}
			}
		}
	}
	return true
}

// injector loads a specification with texts in some of its places.
type injector struct {
	t    *testing.T
	dir  string // a copy of the specification
	text []byte
	// moved are the edits that move what workloads have into profiles.
	moved []edit
}

func newInjector(t *testing.T, spec string) *injector {
	t.Helper()
	in := &injector{t: t, dir: t.TempDir()}
	if err := os.CopyFS(in.dir, os.DirFS(spec)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(in.dir, "main.bartizan.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	in.text = spread(t, text)
	in.move()
	return in
}

// replace makes other choices in the specification.
func (in *injector) replace(t *testing.T, choices [][2]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(in.dir, "main.bartizan.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range choices {
		if !bytes.Contains(text, []byte(c[0])) {
			t.Errorf("the specification does not say %s", c[0])
		}
		text = bytes.ReplaceAll(text, []byte(c[0]), []byte(c[1]))
	}
	in.text, in.moved = spread(t, text), nil
	in.move()
}

// move finds the edits that make a profile of each workload.
func (in *injector) move() {
	file, diags := hclsyntax.ParseConfig(in.text, "main.bartizan.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		in.t.Fatal(diags)
	}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type == "workload" {
			name := b.Labels[0] + "-" + b.Labels[1]
			in.moved = append(in.moved,
				edit{b.TypeRange.Start.Byte, b.LabelRanges[1].End.Byte, fmt.Sprintf("profile %q", name)},
				edit{b.CloseBraceRange.End.Byte, b.CloseBraceRange.End.Byte, fmt.Sprintf("\nworkload %q %q {\n  profile = profile.%s\n}\n", b.Labels[0], b.Labels[1], name)})
		}
	}
}

// repeats reports whether the value stands in the line of the place already: in a list it would be one entry with that.
func (in *injector) repeats(p *place, value string) bool {
	lines := bytes.Split(in.text, []byte("\n"))
	return bytes.Contains(lines[p.line-1], []byte(torture.Quote(value)))
}

// native loads the specification in native syntax.
func (in *injector) native(a assignment) *model.Loaded {
	return in.load("main.bartizan.hcl", apply(in.text, in.edits(a)))
}

// profiles loads the specification with all that workloads have in profiles; nil where the places are in the headers of
// workloads.
func (in *injector) profiles(a assignment) *model.Loaded {
	edits := in.edits(a)
	for _, e := range edits {
		for _, m := range in.moved {
			if e.start >= m.start && e.start < m.end {
				return nil
			}
		}
	}
	for p := range a {
		if p.name == "workload.for_each key" {
			return nil
		}
	}
	return in.load("main.bartizan.hcl", apply(in.text, slices.Concat(edits, in.moved)))
}

func (in *injector) edits(a assignment) []edit {
	var edits []edit
	for p, value := range a {
		for _, s := range p.spots {
			edits = append(edits, edit{s.start, s.end, s.write(value)})
		}
	}
	slices.SortFunc(edits, func(a, b edit) int { return a.start - b.start })
	return edits
}

// json loads the specification in the JSON form. The places are found again by marks.
func (in *injector) json(a assignment) *model.Loaded {
	var edits []edit
	var pairs []string
	n := 0
	for p, value := range a {
		mark := fmt.Sprintf("MARK%dEND", n)
		n++
		quoted := torture.Quote(value)
		inner := quoted[1 : len(quoted)-1]
		text := value
		if !strings.Contains(p.name, " ") || strings.HasSuffix(p.name, " key") { // all but labels and names are templates
			text = strings.NewReplacer("${", "$${", "%{", "%%{").Replace(value)
		}
		pairs = append(pairs, `"`+mark+`"`, jsonString(text), `[\"`+mark+`\"]`, jsonInner(`["`+inner+`"]`),
			`[\\\"`+mark+`\\\"]`, jsonInner(`[\"`+strings.ReplaceAll(inner, `\`, `\\`)+`\"]`), mark, jsonInner(inner))
		for _, s := range p.spots {
			edits = append(edits, edit{s.start, s.end, s.write(mark)})
		}
	}
	text, err := torture.ToJSON("main.bartizan.hcl", apply(in.text, edits))
	if err != nil {
		in.t.Fatal(err)
	}
	return in.load("main.bartizan.json", []byte(strings.NewReplacer(pairs...).Replace(string(text))))
}

// jsonString writes a JSON string; bytes that are not UTF-8 stay as they are.
func jsonString(s string) string { return `"` + jsonInner(s) + `"` }

func jsonInner(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ':
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

var today = time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)

// load reads the file as the whole specification, and judges what is said about it.
func (in *injector) load(name string, text []byte) *model.Loaded {
	for _, file := range []string{"main.bartizan.hcl", "main.bartizan.json"} {
		if err := os.RemoveAll(filepath.Join(in.dir, file)); err != nil {
			in.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(in.dir, name), text, 0o600); err != nil {
		in.t.Fatal(err)
	}
	return model.Load(in.dir, model.Options{Today: today})
}

// spoken says what is wrong with the words about a specification: they must not drive a terminal, nor fill it, and the
// form for machines must be one.
func spoken(l *model.Loaded) error {
	var text, data bytes.Buffer
	if err := l.WriteText(&text, false, 100); err != nil {
		return err
	}
	if err := l.WriteJSON(&data); err != nil {
		return err
	}
	if !utf8.Valid(text.Bytes()) {
		return fmt.Errorf("the text is not UTF-8")
	}
	if i := strings.IndexFunc(text.String(), unseen); i >= 0 {
		return fmt.Errorf("the text holds %q", text.String()[i:min(i+20, text.Len())])
	}
	for _, d := range l.Diagnostics {
		if n := len(d.Summary) + len(d.Detail); n > 8<<10 {
			return fmt.Errorf("a message is %d bytes: %.300s: %.300s", n, d.Summary, d.Detail)
		}
	}
	if n := len(l.Diagnostics)*8<<10 + 1; text.Len() > n || data.Len() > n {
		return fmt.Errorf("%d messages are %d bytes of text and %d of JSON", len(l.Diagnostics), text.Len(), data.Len())
	}
	var report struct {
		Valid       bool
		Diagnostics []struct{ Detail, Summary string }
	}
	if err := json.Unmarshal(data.Bytes(), &report); err != nil {
		return err
	}
	if report.Valid == l.HasErrors() || len(report.Diagnostics) != len(l.Diagnostics) {
		return fmt.Errorf("the JSON has %d messages of %d", len(report.Diagnostics), len(l.Diagnostics))
	}
	return nil
}

// unseen reports whether a terminal obeys the rune, or shows other text because of it.
func unseen(r rune) bool {
	return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// blamed reports whether an error stands at the line of the place.
func blamed(l *model.Loaded, p *place) bool {
	return slices.ContainsFunc(l.Diagnostics, func(d *hcl.Diagnostic) bool {
		return d.Severity == hcl.DiagError && d.Subject != nil && d.Subject.Start.Line <= p.line && p.line <= d.Subject.End.Line
	})
}

// sameLoaded reports whether two specifications mean the same, wherever they stand. Conditions are functions and are left out.
func sameLoaded(a, b *model.Loaded) bool {
	if a.HasErrors() || b.HasErrors() {
		return a.HasErrors() == b.HasErrors()
	}
	specs := [2]model.Spec{*a.Spec, *b.Spec}
	for n := range specs {
		specs[n].Inputs, specs[n].Invariants = model.Inputs{}, nil
		for _, i := range []*model.Spec{a.Spec, b.Spec}[n].Invariants {
			specs[n].Invariants = append(specs[n].Invariants, &model.Invariant{Name: i.Name, Message: i.Message, Asks: i.Asks})
		}
	}
	return reflect.DeepEqual(specs[0], specs[1])
}
