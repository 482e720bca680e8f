package model

import (
	"testing"

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
