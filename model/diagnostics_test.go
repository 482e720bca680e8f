package model_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
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
// must cause no second message.
func TestDiagnostics(t *testing.T) {
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob("testdata/diagnostics/*.txtar")
	if len(names) == 0 {
		t.Fatal("no cases")
	}
	for _, name := range names {
		full, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(full)
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			write := func(name string, data []byte) {
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write("base.bartizan.hcl", replaced(t, base, archive.Comment))
			write("cosign.pub", key)
			write("images.bartizan.json", []byte(images))
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
				} else {
					write(f.Name, f.Data)
				}
			}
			l := model.Load(".", options(archive.Comment))
			got := l.Text()
			if *update {
				if want < 0 {
					archive.Files = append(archive.Files, txtar.File{Name: "want"})
					want = len(archive.Files) - 1
				}
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(full, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want < 0 {
				t.Fatal("no want")
			}
			if d := cmp.Diff(string(archive.Files[want].Data), got); d != "" {
				t.Errorf("run with -update if this is right:\n%s", d)
			}
			if l.HasErrors() != (l.Spec == nil) {
				t.Error("a Spec is there exactly if there are no errors")
			}
		})
	}
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
