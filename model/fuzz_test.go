package model_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/rogpeppe/go-internal/txtar"
)

// Whatever stands in a specification, Load answers with diagnostics and never panics; a Spec comes without errors only.
func FuzzLoad(f *testing.F) {
	add := func(name string) {
		if text, err := os.ReadFile(name); err == nil {
			f.Add(string(text))
		}
	}
	add("testdata/sketch/main.bartizan.hcl")
	add("testdata/everything/main.bartizan.hcl")
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		f.Fatal(err)
	}
	cases, _ := filepath.Glob("testdata/diagnostics/*.txtar")
	for _, c := range cases {
		if a, err := txtar.ParseFile(c); err == nil && len(a.Files) > 1 {
			f.Add(string(base) + string(a.Files[0].Data))
		}
	}
	f.Add(`{"namespace":{"a":{"owner":"${team.x}"}},"cluster":[{"b":{}},{"c":{"api":{}}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		l := model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(text)})
		if l.HasErrors() != (l.Spec == nil) {
			t.Error("a Spec is there exactly if there are no errors")
		}
		_ = l.Text()
		if l.Spec != nil {
			for _, w := range l.Spec.Weakenings {
				if w.Exception == nil {
					t.Errorf("%s has no exception", w.Address)
				}
			}
		}
		if formatted, _ := model.Format("-", []byte(text)); formatted != nil {
			if again, _ := model.Format("-", formatted); string(again) != string(formatted) {
				t.Errorf("formatting twice differs: %q, %q", formatted, again)
			}
		}
	})
}
