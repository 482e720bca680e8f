package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// inputs loads a small specification whose values come from outside of it: from variables, from files, from what
// for_each is given.
type inputs struct {
	t    *testing.T
	text string
	dir  string

	tried, refused, accepted, trees, read int
}

func newInputs(t *testing.T) *inputs {
	t.Helper()
	text, err := os.ReadFile("starter/main.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	const line = "workload \"hello\" \"api\" {\n"
	all := strings.Replace(string(text), line, line+"  env = { MOTTO = TEXT }\n", 1)
	if all == string(text) {
		t.Fatalf("the starter does not say %q", line)
	}
	all += `
pipeline "ci" {
  kind    = "github-actions"
  scanner = "trivy"
  builds  = registry.main
}
attestation "idp" {
  control   = "idp-mfa"
  subject   = cluster.main
  by        = team.security
  evidence  = TEXT
  review_by = "2027-06-30"
}
`
	return &inputs{t: t, text: all, dir: t.TempDir()}
}

const variable = "variable \"text\" { type = string }\n"

// load reads the specification with an expression for its texts, more blocks, and other files: those without a
// directory stand in that of the specification.
func (in *inputs) load(text, more string, other map[string]string, o model.Options) *model.Loaded {
	in.t.Helper()
	dir := filepath.Join(in.dir, "spec")
	if err := os.RemoveAll(dir); err != nil {
		in.t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		in.t.Fatal(err)
	}
	files := map[string]string{"main.bartizan.hcl": strings.ReplaceAll(in.text, "TEXT", text) + more}
	for name, data := range other {
		files[name] = data
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			in.t.Fatal(err)
		}
	}
	o.Today = today
	l := model.Load(dir, o)
	if err := spoken(l); err != nil {
		in.t.Errorf("%s with %.100q: %v", text, other, err)
	}
	in.tried++
	if l.HasErrors() {
		in.refused++
	} else {
		in.accepted++
	}
	return l
}

// routes are the ways by which a text comes into a specification.
func (in *inputs) routes(value string) map[string]func() *model.Loaded {
	set := "text = " + torture.Quote(value) + "\n"
	object := `{"text": ` + jsonString(value) + "}"
	given := filepath.Join(in.dir, "given.vars.hcl")
	return map[string]func() *model.Loaded{
		"--var": func() *model.Loaded {
			return in.load("var.text", variable, nil, model.Options{Vars: map[string]string{"text": value}})
		},
		"environment": func() *model.Loaded {
			return in.load("var.text", variable, nil, model.Options{Environ: []string{"BARTIZAN_VAR_text=" + value}})
		},
		"--var-file": func() *model.Loaded {
			if err := os.WriteFile(given, []byte(set), 0o600); err != nil {
				in.t.Fatal(err)
			}
			return in.load("var.text", variable, nil, model.Options{VarFiles: []string{given}})
		},
		"file of variables": func() *model.Loaded {
			return in.load("var.text", variable, map[string]string{"a.auto.vars.hcl": set}, model.Options{})
		},
		"file of variables, JSON": func() *model.Loaded {
			return in.load("var.text", variable, map[string]string{"a.auto.vars.json": object}, model.Options{})
		},
		"file()": func() *model.Loaded {
			return in.load(`file("text.txt")`, "", map[string]string{"text.txt": value}, model.Options{})
		},
		"value of for_each": func() *model.Loaded {
			old := in.text
			defer func() { in.text = old }()
			in.text = strings.NewReplacer("= { MOTTO = TEXT", "= { MOTTO = local.text", "evidence  = TEXT", "evidence = each.value\n  for_each = { one = "+torture.Quote(value)+" }").Replace(old)
			return in.load("", "locals { text = "+torture.Quote(value)+" }\n", nil, model.Options{})
		},
	}
}

// A hostile text from outside means what it means where it is written: whether it comes from the command line, the
// environment, a file of variables, file() or for_each, it is refused or arrives as the same text.
func TestHostileInputsMeanWhatTheyMeanInTheText(t *testing.T) {
	in := newInputs(t)
	harmless := in.tree(in.routes("hq1x")["--var"]())
	for name, value := range chosen() {
		literal := in.load(torture.Quote(value), "", nil, model.Options{})
		for route, load := range in.routes(value) {
			l := load()
			switch {
			case l.HasErrors() && (route == "--var" || route == "environment"): // what the workflow says again is one line without expressions
				if !literal.HasErrors() && !strings.Contains(value, "${{") && !strings.ContainsFunc(value, unicode.IsControl) {
					t.Errorf("%s by %s is refused:\n%.500s", name, route, l.Text())
				}
			case l.HasErrors() != literal.HasErrors():
				t.Errorf("%s by %s: refused is %t, as a literal %t\n%.500s", name, route, l.HasErrors(), literal.HasErrors(), l.Text())
			case l.HasErrors():
			case route != "value of for_each" && !sameLoaded(literal, l), // there the attestation has another name
				l.Spec.Attestations[0].Evidence != literal.Spec.Attestations[0].Evidence:
				t.Errorf("%s by %s is another text", name, route)
			case route == "--var": // which is said again in the pipeline, that generates the tree anew
				in.compare(name, harmless, in.tree(l), strings.NewReplacer("hq1x", value).Replace)
			}
		}
	}
	in.report("texts from outside")
}

// A key of for_each is part of names: of blocks, of files, of objects.
func TestHostileKeysAreRefusedOrName(t *testing.T) {
	in := newInputs(t)
	load := func(key string) *model.Loaded {
		old := in.text
		defer func() { in.text = old }()
		in.text = strings.NewReplacer("workload \"hello\" \"api\" {\n", "workload \"hello\" \"api\" {\n  for_each = { "+torture.Quote(key)+" = 1 }\n",
			"workload.hello.api", "workload.hello.api["+torture.Quote(key)+"]").Replace(in.text)
		return in.load("each.key", "", nil, model.Options{})
	}
	in.text = strings.Replace(in.text, "evidence  = TEXT", "evidence = \"x\"", 1)
	harmless := in.tree(load("hq1x"))
	for name, value := range chosen() {
		if l := load(value); !l.HasErrors() {
			in.compare(name, harmless, in.tree(l), strings.NewReplacer("hq1x", value).Replace)
		}
	}
	in.report("keys of for_each")
}

// The file of digests is written by a pipeline: what it says of images that are not in the specification changes nothing,
// and nothing but a digest is one.
func TestHostileDigestsAreRefused(t *testing.T) {
	in := newInputs(t)
	without := in.load(`"x"`, "", nil, model.Options{})
	for name, value := range chosen() {
		key := in.load(`"x"`, "", map[string]string{"images.bartizan.json": "{" + jsonString(value) + `: "sha256:` + strings.Repeat("0", 64) + `"}`}, model.Options{})
		if !key.HasErrors() && !sameLoaded(key, without) {
			t.Errorf("the image %s changes the specification", name)
		}
		for _, digest := range []string{value, "sha256:" + value, "sha256:" + strings.Repeat("0", 64) + value} {
			text := `{"registry.example.com/hello/api:v1.0.0": ` + jsonString(digest) + "}"
			if l := in.load(`"x"`, "", map[string]string{"images.bartizan.json": text}, model.Options{}); !l.HasErrors() && digest != "sha256:"+strings.Repeat("0", 64) && digest != "sha256:"+strings.Repeat("a", 64) {
				t.Errorf("the digest %s is accepted", name)
			}
		}
	}
	in.report("files of digests")
}

// Names of files mean something too: to a terminal that a diagnostic is shown on, to the workflow that is given a file of
// variables. Names that no file can have are refused by the system.
func TestHostileNamesOfFiles(t *testing.T) {
	in := newInputs(t)
	given := func(name string) *model.Loaded {
		file := filepath.Join(in.dir, name+".vars.hcl")
		if os.WriteFile(file, []byte("text = \"x\"\n"), 0o600) != nil {
			return nil
		}
		defer os.Remove(file)
		return in.load("var.text", variable, nil, model.Options{VarFiles: []string{file}})
	}
	base := given("hq1x")
	harmless := in.tree(base)
	for name, value := range chosen() {
		// file() of a name: what is not there is refused, as is what is not below the specification.
		if l := in.load("file("+torture.Quote(value)+")", "", nil, model.Options{}); !l.HasErrors() {
			t.Errorf("file() of %s is accepted", name)
		}
		if strings.ContainsAny(value, "/\x00") {
			continue
		}
		if l := given(value); l != nil && !l.HasErrors() {
			pairs := []string{"hq1x.vars.hcl", value + ".vars.hcl", "-hq1x", "", ", hq1x", "", "generated/hq1x", "generated", "_HQ1X", ""}
			if e := l.Spec.Inputs.Environment(); e != "" { // of which names of files and variables are made
				pairs = []string{pairs[0], pairs[1], "hq1x", e, "HQ1X", strings.ToUpper(strings.ReplaceAll(e, "-", "_"))}
			}
			in.compare(name, harmless, in.tree(l), strings.NewReplacer(pairs...).Replace)
		}
		in.commands(name, value)
	}
	in.report("names of files")
}

// commands gives the name to commands, for a specification with a mistake and for the directory to write to.
func (in *inputs) commands(name, value string) {
	around := in.t.TempDir()
	spec, out := filepath.Join(around, "spec", value), filepath.Join(around, "out")
	if value == "." || value == ".." || os.MkdirAll(spec, 0o700) != nil || os.WriteFile(filepath.Join(spec, value+".bartizan.hcl"), []byte("x {"), 0o600) != nil {
		return // no file can be called that
	}
	if err := os.Mkdir(out, 0o700); err != nil {
		in.t.Fatal(err)
	}
	for _, args := range [][]string{
		{"validate", spec}, {"validate", "--format", "json", spec}, {"fmt", "--check", spec}, {"verify", spec}, {"validate", filepath.Join(spec, "no", value)},
		{"generate", filepath.Join(in.dir, "spec"), "-o", filepath.Join(out, value), "--check", "--unresolved-images"}, {"validate", "--var-file", filepath.Join(spec, "no", value), spec},
		{"explain", value}, {"validate", "--var", value + "=" + value, spec},
	} {
		var said, wrong bytes.Buffer
		if code := run(args, strings.NewReader(""), &said, &wrong); code == 0 {
			in.t.Errorf("%s: %q succeeds", name, args[0])
		}
		in.tried++
		in.refused++
		machine := args[1] == "--format" // whose JSON holds names as they are
		if machine && !json.Valid(said.Bytes()) {
			in.t.Errorf("%s: no JSON is written: %.200s", name, said.String())
		} else if machine {
			said.Reset()
		}
		for _, text := range []string{said.String(), wrong.String()} {
			if i := strings.IndexFunc(text, unseen); i >= 0 || !utf8.ValidString(text) {
				i = max(i, 0)
				in.t.Errorf("%s: %q says %q", name, args[0], text[max(0, i-40):min(len(text), i+40)])
			}
		}
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		in.t.Errorf("%s: --check writes %v, %v", name, entries, err)
	}
}

// chosen are the hostile values; without BARTIZAN_TORTURE some of them.
func chosen() map[string]string {
	values := torture.Values()
	if os.Getenv("BARTIZAN_TORTURE") != "" {
		return values
	}
	some := map[string]string{}
	for _, name := range []string{"newline", "escape sequence", "bidi", "nul", "not utf-8", "hcl template", "actions expression", "parent directory", "leading hyphen", "long label", "long", "yaml yes", "empty"} {
		some[name] = values[name]
	}
	some["combined"] = combined[1]
	return some
}

// tree generates with what was loaded.
func (in *inputs) tree(l *model.Loaded) map[string][]byte {
	in.t.Helper()
	if l.HasErrors() {
		in.t.Fatal(l.Text())
	}
	all, err := files(l)
	if err != nil {
		in.t.Errorf("%q: %v", l.Spec.Inputs, err)
	}
	in.trees++
	return all
}

func (in *inputs) compare(name string, harmless, got map[string][]byte, change func(string) string) {
	in.t.Helper()
	flaws, read := compareFiles(harmless, got, change)
	in.read += read
	for _, flaw := range flaws {
		in.t.Errorf("%s: %s", name, flaw)
	}
}

func (in *inputs) report(what string) {
	fmt.Printf("torture: injection, %s: %d tried, %d refused, %d accepted; %d trees, of which %d files hold values and were read back\n",
		what, in.tried, in.refused, in.accepted, in.trees, in.read)
	if in.refused == 0 {
		in.t.Error("nothing was refused")
	}
}
