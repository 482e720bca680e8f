package model_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
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
			if c.native() {
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

// says reports whether the line stands in the head of the case.
func (c *diagnosticCase) says(line string) bool {
	return strings.Contains("\n"+string(c.archive.Comment), "\n"+line+"\n")
}

// native reports whether the mistake cannot be made in JSON.
func (c *diagnosticCase) native() bool { return c.says("native") }

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

// One mistake causes one message, in both forms. A line "mistakes N" in the head of a case says that it makes more.
func TestOneMistakeOneMessage(t *testing.T) {
	for _, c := range diagnosticCases(t) {
		made := 1
		for line := range strings.Lines(string(c.archive.Comment)) {
			if n, ok := strings.CutPrefix(line, "mistakes "); ok {
				made, _ = strconv.Atoi(strings.TrimSpace(n))
			}
		}
		for _, f := range c.archive.Files {
			if n := strings.Count("\n"+string(f.Data), "\nError: ") + strings.Count("\n"+string(f.Data), "\nWarning: "); strings.HasPrefix(f.Name, "want") && n > 0 && n != made {
				t.Errorf("%s: %d mistakes, but %s has %d messages", c.name, made, f.Name, n)
			}
		}
	}
}

// Many mistakes in one specification cause exactly the messages that each causes alone.
func TestManyMistakesAsManyMessages(t *testing.T) {
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"base.bartizan.hcl": base, "cosign.pub": key, "images.bartizan.json": []byte(images)}
	taken := map[string]bool{}
	var want []string
	for _, c := range diagnosticCases(t) {
		if len(c.archive.Files) < 2 || c.archive.Files[0].Name != "case.bartizan.hcl" || strings.HasPrefix(c.archive.Files[1].Name, "case") ||
			bytes.Contains(c.archive.Comment, []byte("\nreplace ")) || bytes.Contains(c.archive.Comment, []byte("\nvar")) || bytes.Contains(c.archive.Comment, []byte("\nenviron ")) {
			continue
		}
		blocks := headers(c.archive.Files[0].Data)
		if slices.ContainsFunc(blocks, func(b string) bool {
			return taken[b] || strings.HasPrefix(b, "node_pool ") || strings.HasPrefix(b, "gitops ")
		}) {
			continue // another case has a block of this name; pools are judged together, as one control plane, and so are namespaces that are deployed
		}
		name := "case-" + c.name + ".bartizan.hcl"
		for _, b := range blocks {
			taken[b] = true
		}
		files[name] = c.archive.Files[0].Data
		alone := c.load(t, false)
		for _, d := range alone.Diagnostics {
			want = append(want, strings.ReplaceAll(said(d), "case.bartizan.hcl", name))
		}
	}
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, d := range model.Load(".", model.Options{Today: today}).Diagnostics {
		got = append(got, said(d))
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	t.Logf("%d mistakes in %d files", len(want), len(files)-2)
	if len(want) < 20 {
		t.Errorf("only %d mistakes fit in one specification", len(want))
	}
}

// said is the place of a message and what it is about; its details may name what else there is.
func said(d *hcl.Diagnostic) string {
	if d.Subject == nil {
		return d.Summary
	}
	return d.Subject.String() + ": " + d.Summary
}

var header = regexp.MustCompile(`(?m)^(\w+)((?: "[^"]*")*) \{|^  (\w+) += `)

// headers lists the blocks of a file by their headers, and the names in its locals blocks.
func headers(text []byte) []string {
	var all []string
	inLocals := false
	for _, m := range header.FindAllStringSubmatch(string(text), -1) {
		switch {
		case m[1] != "":
			if inLocals = m[1] == "locals"; !inLocals {
				all = append(all, m[1]+m[2])
			}
		case inLocals:
			all = append(all, "local "+m[3])
		}
	}
	return all
}
