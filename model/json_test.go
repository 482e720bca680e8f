package model_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

// specifications are the directories of all complete specifications of the repository.
func specifications(t *testing.T) []string {
	t.Helper()
	dirs := []string{"testdata/everything", "testdata/sketch"}
	for _, pattern := range []string{"../examples/*/main.bartizan.hcl", "../examples/*/*.bartizan.hcl"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if dir := filepath.Dir(f); dir != dirs[len(dirs)-1] {
				dirs = append(dirs, dir)
			}
		}
	}
	return dirs
}

// chosen are the options for a specification: with the first of its environments, if it has any.
func chosen(t *testing.T, dir string) model.Options {
	t.Helper()
	o := model.Options{Today: today}
	files, err := filepath.Glob(filepath.Join(dir, "environments", "*.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) > 0 {
		o.VarFiles = files[:1]
	}
	return o
}

// toJSON writes a file of native syntax in the JSON form.
func toJSON(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	converted, err := torture.ToJSON(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return converted
}

// rewrite copies a specification to a new directory, its native files changed by f, which gives the new name and text.
func rewrite(t *testing.T, dir string, f func(name string, text []byte) (string, []byte)) string {
	t.Helper()
	to := t.TempDir()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			continue
		}
		name := e.Name()
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".bartizan.hcl") {
			name, text = f(name, text)
		}
		if err := os.WriteFile(filepath.Join(to, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// What the native form cannot say, the JSON form must not: nothing could refer to such a local.
func TestLocalsOfTheJSONFormHaveNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{`a\nb`, `1a`, `a b`, ``, `${x}`} {
		if err := os.WriteFile(filepath.Join(dir, "x.bartizan.json"), []byte(`{"locals": {"`+name+`": 1}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if text := model.Load(dir, model.Options{}).Text(); !strings.Contains(text, "Error: Invalid name") {
			t.Errorf("%q: %s", name, text)
		}
	}
}

// The JSON form says exactly what the native form says.
func TestJSONMeansTheSame(t *testing.T) {
	for _, dir := range specifications(t) {
		o := chosen(t, dir)
		native := model.Load(dir, o)
		if native.HasErrors() {
			t.Fatalf("%s: %s", dir, native.Text())
		}
		json := model.Load(rewrite(t, dir, func(name string, text []byte) (string, []byte) {
			return strings.TrimSuffix(name, "hcl") + "json", toJSON(t, name, text)
		}), o)
		if json.HasErrors() {
			t.Errorf("%s: %s", dir, json.Text())
			continue
		}
		json.Spec.Inputs = native.Spec.Inputs // names of files as seen from the directory, which differs
		// Conditions are functions, which cannot be compared: ask them.
		for n, i := range native.Spec.Invariants {
			j := json.Spec.Invariants[n]
			for faults := range 4 {
				answer := model.Answers{
					Tolerance: func(model.Question) int { return faults },
					Callers:   func(q model.CallQuestion) ([]model.Peer, bool) { return nil, faults > 1 },
				}
				if i.Holds(answer) != j.Holds(answer) {
					t.Errorf("%s: %s: the JSON form judges %d faults in another way", dir, i.Addr(), faults)
				}
			}
			*i = model.Invariant{Name: i.Name, Message: i.Message, Asks: i.Asks, Calls: i.Calls}
			*j = model.Invariant{Name: j.Name, Message: j.Message, Asks: j.Asks, Calls: j.Calls}
		}
		if json.Spec != nil {
			json.Spec.Inputs = native.Spec.Inputs // seen from another directory
		}
		if !reflect.DeepEqual(native.Spec, json.Spec) {
			t.Errorf("%s: the JSON form means something else", dir)
		}
		if d := cmp.Diff(messages(native.Diagnostics), messages(json.Diagnostics)); d != "" {
			t.Errorf("%s: %s", dir, d)
		}
	}
}

func messages(diags hcl.Diagnostics) []string {
	var all []string
	for _, d := range diags {
		all = append(all, d.Summary+": "+d.Detail)
	}
	return all
}

// Wherever an escape stands in a JSON string, the place of what follows is right.
func TestPlacesInJSONStringsAreExact(t *testing.T) {
	for _, before := range []string{"", `\"`, `\\`, `\n`, `\u0041`, `\u00e9`, `\ud83d\ude00`, `é`, `😀`, `\/\t\"\n\n`} {
		text := "{\n \"namespace\": {\"a\": {\"owner\": \"" + before + "${team.sri}\"}}}"
		l := model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(text)})
		found := false
		for _, d := range l.Diagnostics {
			if d.Summary != "Unknown team" {
				continue
			}
			found = true
			if got := string(d.Subject.SliceBytes([]byte(text))); got != "sri" || d.Subject.Start.Line != 2 {
				t.Errorf("%s: marked is %q, line %d", before, got, d.Subject.Start.Line)
			}
		}
		if !found {
			t.Errorf("%s: no message about the team:\n%s", before, l.Text())
		}
	}
}
