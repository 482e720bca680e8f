package model_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

// images pins all images of the base specification, so that no case shows the warning about them.
const images = `{
  "registry.example.com/shop/web:v1": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  "registry.example.com/shop/store:v1": "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
}
`

// Each file of testdata/diagnostics is one mistake and what is said about it. Its files join or replace those of the
// base specification; a line "replace OLD => NEW" in its head changes the base. "want" is the text in full: one mistake
// must cause no second message. "want-json" is what is said if the same specification is written in JSON, unless a line
// "native" says that the mistake cannot be made there.
func TestDiagnostics(t *testing.T) {
	for _, c := range diagnosticCases(t) {
		t.Run(c.name, func(t *testing.T) {
			native := c.load(t, false)
			c.compare(t, "want", native)
			if strings.Contains("\n"+string(c.archive.Comment), "\nnative\n") {
				c.write(t)
				return
			}
			json := c.load(t, true)
			c.compare(t, "want-json", json)
			c.write(t)
			if d := cmp.Diff(summaries(native), summaries(json)); d != "" {
				t.Errorf("JSON has other problems:\n%s", d)
			}
		})
	}
}

// diagnosticCase is one file of testdata/diagnostics.
type diagnosticCase struct {
	name, path string
	archive    *txtar.Archive
	base, key  []byte
	changed    bool
}

func diagnosticCases(t *testing.T) []*diagnosticCase {
	t.Helper()
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	paths, _ := filepath.Glob("testdata/diagnostics/*.txtar")
	if len(paths) == 0 {
		t.Fatal("no cases")
	}
	var cases []*diagnosticCase
	for _, p := range paths {
		full, err := filepath.Abs(p)
		if err != nil {
			t.Fatal(err)
		}
		archive, err := txtar.ParseFile(full)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, &diagnosticCase{name: strings.TrimSuffix(filepath.Base(p), ".txtar"), path: full, archive: archive, base: base, key: key})
	}
	return cases
}

// load loads the specification of the case from the working directory, which it makes.
func (c *diagnosticCase) load(t *testing.T, json bool) *model.Loaded {
	t.Helper()
	t.Chdir(t.TempDir())
	write := func(name string, data []byte) {
		if base, ok := strings.CutSuffix(name, ".bartizan.hcl"); ok && json {
			name, data = base+".bartizan.json", toJSON(t, name, data)
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("base.bartizan.hcl", replaced(t, c.base, c.archive.Comment))
	write("cosign.pub", c.key)
	write("images.bartizan.json", []byte(images))
	for _, f := range c.archive.Files {
		if f.Name != "want" && f.Name != "want-json" {
			write(f.Name, f.Data)
		}
	}
	l := model.Load(".", options(c.archive.Comment))
	if l.HasErrors() != (l.Spec == nil) {
		t.Error("a Spec is there exactly if there are no errors")
	}
	return l
}

// compare holds the messages against the file of the case, or notes them with -update.
func (c *diagnosticCase) compare(t *testing.T, file string, l *model.Loaded) {
	t.Helper()
	want := slices.IndexFunc(c.archive.Files, func(f txtar.File) bool { return f.Name == file })
	switch {
	case *update && want < 0:
		c.archive.Files = append(c.archive.Files, txtar.File{Name: file, Data: []byte(l.Text())})
	case *update:
		c.archive.Files[want].Data = []byte(l.Text())
	case want < 0:
		t.Fatalf("no %s: run with -update", file)
	default:
		if d := cmp.Diff(string(c.archive.Files[want].Data), l.Text()); d != "" {
			t.Errorf("run with -update if this is right:\n%s", d)
		}
	}
}

func (c *diagnosticCase) write(t *testing.T) {
	t.Helper()
	if !*update {
		return
	}
	if err := os.WriteFile(c.path, txtar.Format(c.archive), 0o600); err != nil {
		t.Fatal(err)
	}
}

// summaries lists what was said, without the places.
func summaries(l *model.Loaded) []string {
	var all []string
	for _, d := range l.Diagnostics {
		all = append(all, d.Summary)
	}
	slices.Sort(all)
	return all
}

// replaced applies the "replace" lines of a case's head. "\n" in them is a line end.
func replaced(t *testing.T, base, head []byte) []byte {
	t.Helper()
	for line := range strings.Lines(string(head)) {
		rule, ok := strings.CutPrefix(strings.TrimSpace(line), "replace ")
		if !ok {
			continue
		}
		old, with, ok := strings.Cut(strings.ReplaceAll(rule, `\n`, "\n"), "=>")
		old, with = strings.Trim(old, " "), strings.Trim(with, " ")
		if !ok || bytes.Count(base, []byte(old)) != 1 {
			t.Fatalf("%q stands %d times in the base", old, bytes.Count(base, []byte(old)))
		}
		base = bytes.Replace(base, []byte(old), []byte(with), 1)
	}
	return base
}

// options reads the lines "var NAME=VALUE", "environ NAME=VALUE" and "accept-expired" of a case's head.
func options(head []byte) model.Options {
	o := model.Options{Today: today, Vars: map[string]string{}}
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSpace(line)
		if v, ok := strings.CutPrefix(line, "var "); ok {
			name, value, _ := strings.Cut(v, "=")
			o.Vars[name] = value
		}
		if v, ok := strings.CutPrefix(line, "environ "); ok {
			o.Environ = append(o.Environ, v)
		}
		if v, ok := strings.CutPrefix(line, "var-file "); ok {
			o.VarFiles = append(o.VarFiles, v)
		}
		o.AcceptExpired = o.AcceptExpired || line == "accept-expired"
	}
	return o
}
