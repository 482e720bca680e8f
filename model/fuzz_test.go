package model_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/rogpeppe/go-internal/txtar"
)

// maxFuzz bounds what one run of a target reads; longer inputs find nothing that shorter ones do not.
const maxFuzz = 64 << 10

// Whatever stands in a specification, of one file or two and of either syntax, and in the value of a variable, Load
// answers within its bounds with diagnostics and never panics; a Spec comes without errors only.
func FuzzLoad(f *testing.F) {
	add := func(name string) {
		if text, err := os.ReadFile(name); err == nil {
			f.Add(string(text), "", "")
		}
	}
	add("testdata/sketch/main.bartizan.hcl")
	add("testdata/everything/main.bartizan.hcl")
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		f.Fatal(err)
	}
	cases, _ := filepath.Glob("testdata/diagnostics/*.txtar")
	for i, c := range cases {
		a, err := txtar.ParseFile(c)
		if err != nil || len(a.Files) < 2 {
			continue
		}
		switch i % 6 { // "go test" runs every seed
		case 0:
			f.Add(string(base)+string(a.Files[0].Data), "", "")
		case 3:
			f.Add(string(a.Files[0].Data), string(base), "")
		}
	}
	f.Add(`{"namespace":{"a":{"owner":"${team.x}"}},"cluster":[{"b":{}},{"c":{"api":{}}}]}`, "", "")
	f.Add(`{"locals":{"a":"${[for x in var.v: \"${x}\"]}"},"variable":{"v":{"type":"list(string)","default":["b"]}}}`, string(base), `["a"]`)
	for i, c := range hostileInputs {
		// Every seed is run before the first new input; those that use up their steps take long.
		if text := c.text(); len(text) < 2000 && (c.want != tooMuch || i%8 == 0) {
			f.Add(text, "", "")
		}
	}
	f.Cleanup(model.LowerSteps())
	dir := f.TempDir()
	write := func(t *testing.T, name, text string) {
		for _, ext := range []string{".bartizan.hcl", ".bartizan.json"} {
			_ = os.Remove(filepath.Join(dir, name+ext)) // of the run before
		}
		ext := ".bartizan.hcl"
		if strings.HasPrefix(strings.TrimSpace(text), "{") {
			ext = ".bartizan.json"
		}
		if err := os.WriteFile(filepath.Join(dir, name+ext), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, text, other, value string) {
		if len(text)+len(other)+len(value) > maxFuzz {
			return
		}
		path, o := "-", model.Options{Today: today, Stdin: strings.NewReader(text), Vars: map[string]string{}}
		if value != "" {
			o.Environ = []string{"BARTIZAN_VAR_v=" + value} // unlike --var, no mistake where nothing declares it
		}
		if other != "" {
			path = dir
			write(t, "text", text)
			write(t, "other", other)
		}
		torture.Held(t, func() {
			l := model.Load(path, o)
			if l.HasErrors() != (l.Spec == nil) {
				t.Error("a Spec is there exactly if there are no errors")
			}
			if text := l.Text(); len(text) > 4<<20 || strings.Contains(text, "goroutine ") {
				t.Errorf("%d bytes of diagnostics: %.2000s", len(text), text)
			}
			_ = l.WriteJSON(io.Discard)
			if l.Spec == nil {
				return
			}
			for _, w := range l.Spec.Weakenings {
				if w.Exception == nil {
					t.Errorf("%s has no exception", w.Address)
				}
			}
		})
		if formatted, _ := model.Format("-", []byte(text)); formatted != nil {
			if again, _ := model.Format("-", formatted); string(again) != string(formatted) {
				t.Errorf("formatting twice differs: %q, %q", formatted, again)
			}
		}
	})
}
