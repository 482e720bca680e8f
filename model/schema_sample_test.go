package model

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2/hclparse"
)

// everyType calls f with the type of each attribute, and of the elements and keys inside it.
func everyType(f func(path string, t *Type)) {
	var inside func(path string, t *Type)
	inside = func(path string, t *Type) {
		if t == nil {
			return
		}
		f(path, t)
		inside(path, t.elem)
		inside(path, t.key)
	}
	var walk func(prefix string, blocks []*BlockType)
	walk = func(prefix string, blocks []*BlockType) {
		for _, b := range blocks {
			for _, a := range b.Attributes {
				inside(prefix+b.Name+"."+a.Name, a.Type)
			}
			walk(prefix+b.Name+".", b.Blocks)
		}
	}
	walk("", Schema)
}

func TestExamplesOfTypesAreTaken(t *testing.T) {
	everyType(func(path string, ty *Type) {
		if ty.Example != "" {
			if _, p := ty.parse(ty.Example); p != nil {
				t.Errorf("%s: %s", path, p.detail)
			}
		}
		if s := ty.Sample(); s != "" {
			if _, diags := hclparse.NewParser().ParseHCL([]byte("x = "+s+"\n"), path); diags.HasErrors() {
				t.Errorf("%s: %v", path, diags)
			}
		}
	})
}

func TestExamplesOfBlocksParse(t *testing.T) {
	var walk func(path string, blocks []*BlockType)
	walk = func(path string, blocks []*BlockType) {
		for _, b := range blocks {
			if _, diags := hclparse.NewParser().ParseHCL([]byte(b.Example+"\n"), path+b.Name); diags.HasErrors() {
				t.Errorf("%s%s: %v", path, b.Name, diags)
			}
			walk(path+b.Name+".", b.Blocks)
		}
	}
	walk("", Schema)
}

// What explain shows for an attribute is taken as its value: each is read in its block by the code that reads a
// specification. Only names that the example's specification does not have may be unknown.
func TestExamplesOfAttributesAreTaken(t *testing.T) {
	shown := 0
	walkSchema(func(path string, b *BlockType) {
		for _, a := range b.Attributes {
			p := path + "." + a.Name
			text := ExampleOf(p)
			if a.Type.shape == anything {
				if text != "" {
					t.Errorf("%s has an example", p)
				}
				continue
			}
			if text == "" {
				t.Errorf("%s has no example", p)
				continue
			}
			shown++
			l := newLoader(Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
			l.dir = "testdata/sketch"
			l.parse("example"+extHCL, []byte(text))
			if l.diags.HasErrors() {
				t.Errorf("%s: %s", p, l.diags)
				continue
			}
			file := &node{schema: root, attrs: map[string]*attr{}}
			l.decode(file, l.bodies[0].native)
			n := file
			for len(n.children) > 0 {
				n = n.children[0]
			}
			l.diags = nil // labels of the example are the schema's own words
			l.value(n.attrs[a.Name])
			if n.attrs[a.Name] == nil {
				t.Errorf("%s: the example does not set it:\n%s", p, text)
			}
			for _, d := range l.diags {
				if !strings.HasPrefix(d.Summary, "Unknown "+firstKind(a.Type)) || firstKind(a.Type) == "" {
					t.Errorf("%s: %s: %s\n%s", p, d.Summary, d.Detail, text)
				}
			}
		}
	})
	if shown < 150 {
		t.Errorf("%d attributes have an example", shown)
	}
}

// firstKind is the kind of block that the sample of a reference names, "" for other types.
func firstKind(t *Type) string {
	if len(t.Kinds) == 0 && t.shape != reference {
		return ""
	}
	kind, _, _ := strings.Cut(strings.Trim(t.Sample(), "["), ".")
	return strings.ReplaceAll(kind, "_", " ")
}
