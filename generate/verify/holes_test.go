package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"reflect"
	"regexp"
	"runtime/debug"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// judged is a tree with what verify says of it.
type judged struct {
	decode func([]byte) (Object, error) // of what was read before
	spec   *model.Spec
	files  map[string][]byte
	each   []*Result // of each check of All
	holds  map[model.Hold]bool
}

func judge(t testing.TB, dir string) *judged {
	t.Helper()
	spec := loadExample(t, dir)
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	j := &judged{spec: spec, files: set.Files(), holds: map[model.Hold]bool{}}
	known := map[string]Object{} // by document; no check writes to an object
	j.decode = func(doc []byte) (Object, error) {
		if o, ok := known[string(doc)]; ok {
			return o, nil
		}
		return newDecoder().object(doc)
	}
	for _, name := range slices.Sorted(maps.Keys(j.files)) {
		if docs, err := splitYAML(j.files[name]); err == nil && path.Ext(name) == ".yaml" {
			for _, doc := range docs {
				if o, err := newDecoder().object(doc); err == nil {
					known[string(doc)] = o
				}
			}
		}
	}
	j.each = j.run(j.files, All)
	for _, r := range j.each {
		for _, c := range r.Proved {
			j.holds[model.Hold{Control: c.Control, Subject: c.Subject}] = true
		}
	}
	for _, c := range spec.Clusters { // an edit that brings kube-proxy back brings what it is judged by too
		j.holds[model.Hold{Control: model.KubeProxyLocal, Subject: c.Addr()}] = true
	}
	return j
}

// run runs each check by itself.
func (j *judged) run(files map[string][]byte, checks []*Check) []*Result {
	c, each := &cache{decode: j.decode}, make([]*Result, len(checks))
	for i, check := range checks {
		each[i] = &Result{}
		check.Run(&Pass{Spec: j.spec, Files: files, check: check, result: each[i], cache: c})
	}
	return each
}

// kinds returns files of YAML and JSON with different base names.
func (j *judged) kinds() []string {
	seen := map[string]bool{}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(j.files)) {
		base, ext := path.Base(name), path.Ext(name)
		if (ext == ".yaml" || ext == ".json") && !seen[base] {
			seen[base] = true
			names = append(names, name)
		}
	}
	return names
}

// concerned returns the checks that say something else where the file is missing.
func (j *judged) concerned(name string) []*Check {
	without := maps.Clone(j.files)
	delete(without, name)
	var checks []*Check
	for i, r := range j.run(without, All) {
		if !reflect.DeepEqual(r, j.each[i]) {
			checks = append(checks, All[i])
		}
	}
	return checks
}

// with judges the tree with edits. They must not panic, nor prove what the generated tree does not prove.
func (j *judged) with(t *testing.T, what string, edits map[string][]byte, checks []*Check) {
	t.Helper()
	files := maps.Clone(j.files)
	maps.Copy(files, edits)
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: %v\n%s", what, r, debug.Stack())
		}
	}()
	for _, r := range j.run(files, checks) {
		for _, c := range r.Proved {
			if !j.holds[model.Hold{Control: c.Control, Subject: c.Subject}] {
				t.Errorf("%s: %s of %s is proved by %s", what, c.Control, c.Subject, c.Path)
			}
		}
	}
}

// nothing are values that stand for nothing, or for something of another kind than a reader expects.
var nothing = []any{nil, []any{}, map[string]any{}, "", []any{nil}, -1}

// headed matches the comments with which a file begins; some programs read them.
var headed = regexp.MustCompile(`^(#.*\n)*`)

// reshaped calls try with the file once for each of its values and each shape: the value is replaced by it, taken out, or
// a list gets one more element that is null. The values are those of YAML and JSON, in the order of their places.
func reshaped(t testing.TB, data []byte, shapes []any, try func(place string, data []byte)) {
	t.Helper()
	docs, err := splitYAML(data)
	if err != nil {
		t.Fatal(err)
	}
	trees := make([]any, len(docs))
	for i, doc := range docs {
		if err := yaml.Unmarshal(doc, &trees[i]); err != nil {
			t.Fatal(err)
		}
	}
	write := func(place string) {
		out := headed.FindString(string(data))
		for i, tree := range trees {
			text, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 {
				out += "---\n"
			}
			out += string(text) + "\n"
		}
		try(place, []byte(out))
	}
	write("rewritten")
	var visit func(place string, v any, set func(any))
	visit = func(place string, v any, set func(any)) {
		for _, s := range shapes {
			set(s)
			write(fmt.Sprintf("%s = %#v", place, s))
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for _, k := range slices.Sorted(maps.Keys(v)) {
				inner := v[k]
				delete(v, k)
				write(place + "." + k + " is missing")
				v[k] = inner
				visit(place+"."+k, inner, func(x any) { v[k] = x })
			}
		case []any:
			set(append(slices.Clone(v), nil))
			write(place + " has one more, which is null")
			set(v)
			for i := range v {
				visit(fmt.Sprintf("%s[%d]", place, i), v[i], func(x any) { v[i] = x })
			}
		}
	}
	for i := range trees {
		visit(fmt.Sprintf("document %d", i), trees[i], func(x any) { trees[i] = x })
	}
}

// Whatever value of a file is null, missing, empty or of another kind, verify answers with findings: it never panics,
// and never proves more. With BARTIZAN_TORTURE set, every value is tried in every shape by itself; otherwise some are null
// or missing, in all files at once.
func TestNoValueIsTakenForGranted(t *testing.T) {
	tried, kinds := 0, 0
	full := os.Getenv("BARTIZAN_TORTURE") != ""
	for _, dir := range []string{"../../model/testdata/sketch", "../../model/testdata/everything"} {
		j := judge(t, dir)
		many := make([]map[string][]byte, 12) // edits to be made at once
		for i := range many {
			many[i] = map[string][]byte{}
		}
		for _, name := range j.kinds() {
			kinds++
			checks, shapes, n := All, nothing[:1], 0
			if full {
				checks, shapes = j.concerned(name), nothing
			}
			reshaped(t, j.files[name], shapes, func(place string, data []byte) {
				switch n++; {
				case full:
					j.with(t, name+": "+place, map[string][]byte{name: data}, checks)
				case n%5 != 0 || n/5 >= len(many) || path.Base(name) == "kustomization.yaml": // which lists the others
					return
				default:
					many[n/5][name] = data
				}
				tried++
			})
		}
		for i, edits := range many {
			if !full {
				j.with(t, fmt.Sprintf("value %d of each file", 5*i), edits, All)
			}
		}
	}
	fmt.Printf("torture: %d values in %d kinds of files are null, missing, empty or of another kind\n", tried, kinds)
	if tried < kinds {
		t.Error("hardly anything was tried")
	}
}

// What a file says may be written in another way: the proofs are those of its values.
func TestRewrittenFilesProveTheSame(t *testing.T) {
	j := judge(t, "../../model/testdata/sketch")
	edited := maps.Clone(j.files)
	for name, data := range j.files {
		if path.Ext(name) == ".yaml" {
			reshaped(t, data, nil, func(place string, data []byte) {
				if place == "rewritten" {
					edited[name] = data
				}
			})
		}
	}
	for i, r := range j.run(edited, All) {
		if !reflect.DeepEqual(r.Proved, j.each[i].Proved) {
			t.Errorf("%s: %d proofs instead of %d: %+v", All[i].Name, len(r.Proved), len(j.each[i].Proved), r.Findings)
		}
	}
}
