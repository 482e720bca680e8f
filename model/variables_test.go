package model_test

import (
	"os"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// Each source of a variable goes before those above it, and what was chosen from outside is remembered.
func TestPrecedenceOfVariables(t *testing.T) {
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	spec := strings.Replace(string(base), `oidc_group = "sre"`, "oidc_group = var.group", 1) +
		"variable \"group\" {\n  type    = string\n  default = \"default\"\n}\n"
	files := map[string]string{
		"spec/base.bartizan.hcl": spec,
		"spec/cosign.pub":        string(key),
		"given.vars.hcl":         `group = "file"`,
		"later.vars.json":        `{"//": "by a program", "group": "later file"}`,
	}
	var o model.Options
	o.Today = today
	steps := []struct {
		want   string
		change func()
	}{
		{"default", func() {}},
		{"environment", func() { o.Environ = []string{"BARTIZAN_VAR_group=environment", "BARTIZAN_VAR_other=x"} }},
		{"auto json", func() { files["spec/a.auto.vars.json"] = `{"group": "auto json"}` }},
		{"auto hcl", func() { files["spec/b.auto.vars.hcl"] = `group = "auto hcl"` }},
		{"file", func() { o.VarFiles = []string{"given.vars.hcl"} }},
		{"later file", func() { o.VarFiles = append(o.VarFiles, "later.vars.json") }},
		{"command line", func() { o.Vars = map[string]string{"group": "command line"} }},
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("spec", 0o700); err != nil {
		t.Fatal(err)
	}
	var l *model.Loaded
	for _, s := range steps {
		s.change()
		for name, text := range files {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l = model.Load("spec", o)
		if l.HasErrors() {
			t.Fatalf("%s: %s", s.want, l.Text())
		}
		if got := l.Spec.Teams[0].OIDCGroup; got != s.want {
			t.Errorf("the value is %q, want %q", got, s.want)
		}
	}
	in := l.Spec.Inputs
	if len(in.VarFiles) != 2 || in.VarFiles[0] != "../given.vars.hcl" || in.VarFiles[1] != "../later.vars.json" {
		t.Errorf("files are remembered as %q", in.VarFiles)
	}
	if len(in.Vars) != 1 || in.Vars[0] != (model.Var{Name: "group", Text: "command line"}) {
		t.Errorf("values are remembered as %q", in.Vars)
	}
	if got := in.Environment(); got != "later" {
		t.Errorf("the environment is called %q", got)
	}
}

func TestValuesOfVariables(t *testing.T) {
	const head = `variable "v" { type = `
	tests := []struct {
		name, declared, text string
		want                 string // of the message; "" where the value is taken
	}{
		{"text stands as it is", "string", `a "b" ${c}`, ""},
		{"a number", "number", "3", ""},
		{"a list", "list(string)", `["a"]`, ""},
		{"an object with a default", "object({ a = string, b = optional(number, 2) })", `{ a = "x" }`, ""},
		{"a list without quotes", "list(string)", "a,b", `Write it as it stands in a specification, for example ["a", "b"]`},
		{"an object without an attribute", "object({ a = string })", "{}", `attribute "a" is required`},
		{"an expression of a runner", "string", "${{ inputs.x }}", `without "${{"`},
		{"two lines", "string", "a\nb", "in one line"},
		{"a secret", "string", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "looks like a token of GitHub"},
	}
	for _, tt := range tests {
		l := model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(head + tt.declared + " }\n"), Vars: map[string]string{"v": tt.text}})
		text := l.Text()
		if tt.want != "" && !strings.Contains(text, tt.want) || tt.want == "" && strings.Contains(text, "variable") {
			t.Errorf("%s: %s", tt.name, text)
		}
		if strings.Contains(text, "ghp_") {
			t.Errorf("%s: the message shows the secret", tt.name)
		}
	}
}
