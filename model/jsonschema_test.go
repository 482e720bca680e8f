package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(model.JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json") // holds the schema against its own meta-schema too
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func decoded(t *testing.T, text []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// The schema takes every specification of the repository in its JSON form, and the diagnostic cases that Load takes.
func TestJSONSchemaTakesWhatLoadTakes(t *testing.T) {
	schema := compiledSchema(t)
	files := 0
	take := func(what string, text []byte) {
		files++
		if err := schema.Validate(decoded(t, text)); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, dir := range specifications(t) {
		rewrite(t, dir, func(name string, text []byte) (string, []byte) {
			converted := toJSON(t, name, text)
			take(filepath.Join(dir, name), converted)
			return name, converted
		})
	}
	for _, c := range diagnosticCases(t) {
		if c.native() {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			if l := c.load(t, true); l.HasErrors() {
				return
			}
			found, err := model.SpecFiles(".")
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range found {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				take(file, text)
			}
		})
	}
	if files < 15 {
		t.Errorf("%d files were held against the schema", files)
	}
}

// Every attribute of the language, misspelt, given a value of the wrong kind, or left out where it is required, is
// refused by the schema; and what it refuses, Load refuses too.
func TestJSONSchemaRefusesMutations(t *testing.T) {
	schema := compiledSchema(t)
	dir := "testdata/everything"
	text, err := os.ReadFile(filepath.Join(dir, "main.bartizan.hcl"))
	if err != nil {
		t.Fatal(err)
	}
	original := toJSON(t, "main", text)
	to := rewrite(t, dir, func(name string, text []byte) (string, []byte) { return "main.bartizan.json", original })
	file := filepath.Join(to, "main.bartizan.json")
	mutations, refused := 0, map[string]int{}
	for _, m := range mutate(decoded(t, original)) {
		mutations++
		changed, err := json.Marshal(m.doc())
		m.undo()
		if err != nil {
			t.Fatal(err)
		}
		bad := schema.Validate(decoded(t, changed)) != nil
		if m.must && !bad {
			t.Errorf("%s: the schema takes it", m.what)
		}
		if !bad {
			continue
		}
		refused[m.kind]++
		if mutations%4 != 0 {
			continue // loading takes long: every fourth, which are some of each kind
		}
		if err := os.WriteFile(file, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		if l := model.Load(to, model.Options{Today: today}); !l.HasErrors() {
			t.Errorf("%s: the schema refuses it, and Load takes it", m.what)
		}
	}
	t.Logf("%d mutations, refused: %v", mutations, refused)
	if refused["misspelt"] < 200 || refused["wrong kind"] < 150 || refused["left out"] < 30 {
		t.Errorf("%d mutations, refused: %v: too few to say anything", mutations, refused)
	}
}

// mutation is one change of a decoded document.
type mutation struct {
	kind, what string
	must       bool // the schema must refuse it
	doc        func() any
	undo       func()
}

// mutate lists changes of a specification: each attribute and block misspelt, of the wrong kind, left out.
func mutate(root any) []mutation {
	var all []mutation
	add := func(kind string, o map[string]any, path, key string, must bool, change func()) {
		old := o[key]
		all = append(all, mutation{
			kind: kind, what: fmt.Sprintf("%s: %s.%s", kind, path, key), must: must,
			doc: func() any { change(); return root },
			undo: func() {
				delete(o, key+"x")
				o[key] = old
			},
		})
	}
	var body func(o map[string]any, path string, b *model.BlockType, profile bool)
	var block func(v any, path string, b *model.BlockType, labels int, profile bool)
	block = func(v any, path string, b *model.BlockType, labels int, profile bool) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				block(e, path, b, labels, profile)
			}
		case map[string]any:
			if labels == 0 {
				body(v, path, b, profile)
				return
			}
			for key, e := range v {
				block(e, path+"."+key, b, labels-1, profile)
			}
		}
	}
	body = func(o map[string]any, path string, b *model.BlockType, profile bool) {
		profile = profile || b.Name == "profile" || o["profile"] != nil
		for _, a := range b.Attributes {
			if _, ok := o[a.Name]; !ok {
				continue
			}
			add("misspelt", o, path, a.Name, !b.Open, func() { o[a.Name+"x"] = o[a.Name]; delete(o, a.Name) })
			if a.Required {
				add("left out", o, path, a.Name, !profile, func() { delete(o, a.Name) })
			}
			if a.Type.Name == "expression" {
				continue // anything may stand there
			}
			add("wrong kind", o, path, a.Name, true, func() {
				if _, isMap := o[a.Name].(map[string]any); isMap {
					o[a.Name] = []any{map[string]any{}}
					return
				}
				o[a.Name] = map[string]any{"no": "such"}
			})
		}
		for _, c := range b.Blocks {
			if v, ok := o[c.Name]; ok {
				add("misspelt", o, path, c.Name, true, func() { o[c.Name+"x"] = o[c.Name]; delete(o, c.Name) })
				add("wrong kind", o, path, c.Name, true, func() { o[c.Name] = "text" })
				block(v, path+"."+c.Name, c, len(c.Labels), profile)
			}
		}
	}
	top := root.(map[string]any)
	for _, b := range model.Schema {
		if v, ok := top[b.Name]; ok {
			add("misspelt", top, "", b.Name, true, func() { top[b.Name+"x"] = top[b.Name]; delete(top, b.Name) })
			block(v, b.Name, b, len(b.Labels), false)
		}
	}
	slices.SortStableFunc(all, func(a, b mutation) int { return strings.Compare(a.what, b.what) })
	return all
}
