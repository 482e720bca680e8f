package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bartizan-dev/bartizan/internal/torture"
	"github.com/bartizan-dev/bartizan/model"
)

// place is one place of a specification that takes a text, with everything that repeats the text.
type place struct {
	name  string // "workload.env", "workload NAME", "workload.env key", "workload.for_each key"
	spots []spot
	line  int // of the first spot
	named bool
}

// spot is a range of bytes, and what a text becomes there.
type spot struct {
	start, end int
	as         form
}

type form int

const (
	literal   form = iota // a string literal; also the key of a map, and a label
	step                  // a name in a reference: .web or ["web"]
	part                  // a name in an address that stands in quotes: "zone.web"
	repeating             // the line for_each = { "web" = 1 }
	instance              // ["web"], after a reference
	quotedKey             // [\"web\"], after an address that stands in quotes
	attribute             // the line "web": 1; in the JSON form only, where a name may be any text
)

// write is the text that stands in the spot, in native syntax.
func (s spot) write(value string) string {
	quoted := torture.Quote(value)
	switch s.as {
	case step, instance:
		return "[" + quoted + "]"
	case part:
		return quoted[1 : len(quoted)-1]
	case repeating:
		return "\nfor_each = { " + quoted + " = 1 }"
	case quotedKey:
		return `[\"` + strings.ReplaceAll(quoted[1:len(quoted)-1], `\`, `\\`) + `\"]`
	case attribute:
		return "\n" + value + " = 1"
	}
	return quoted
}

// spread puts every block's attributes on lines of their own, so that lines can be added to all of them.
func spread(t *testing.T, text []byte) []byte {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(text, "main.bartizan.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var edits []edit
	var walk func(b *hclsyntax.Body)
	walk = func(body *hclsyntax.Body) {
		for _, b := range body.Blocks {
			if b.OpenBraceRange.Start.Line == b.CloseBraceRange.Start.Line {
				edits = append(edits, edit{b.OpenBraceRange.End.Byte, b.OpenBraceRange.End.Byte, "\n"},
					edit{b.CloseBraceRange.Start.Byte, b.CloseBraceRange.Start.Byte, "\n"})
			}
			walk(b.Body)
		}
	}
	walk(file.Body.(*hclsyntax.Body))
	return apply(text, edits)
}

// edit replaces a range of bytes.
type edit struct {
	start, end int
	text       string
}

func apply(text []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return a.start - b.start })
	var buf bytes.Buffer
	at := 0
	for _, e := range edits {
		buf.Write(text[at:e.start])
		buf.WriteString(e.text)
		at = e.end
	}
	buf.Write(text[at:])
	return buf.Bytes()
}

// survey finds the places of a specification.
type survey struct {
	file *hclsyntax.Body
	// places are all that there are of each name, in the order of the text.
	places map[string][]*place
	names  []string
}

// newSurvey finds a place for every label, attribute and key that the specification uses. If it is to be whole, what it
// nowhere uses of the schema is an error, so that a new word of the language cannot be forgotten here.
func newSurvey(t *testing.T, text []byte, whole bool) *survey {
	t.Helper()
	file, diags := hclsyntax.ParseConfig(text, "main.bartizan.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := &survey{file: file.Body.(*hclsyntax.Body), places: map[string][]*place{}}
	s.blocks("", nil, s.file, model.Schema)
	s.add(&place{name: "attribute of a file", spots: []spot{{0, 0, attribute}}})
	var missing func(path string, types []*model.BlockType)
	missing = func(path string, types []*model.BlockType) {
		for _, b := range types {
			if b.Name == "profile" {
				continue // the form with profiles moves all that workloads have into profiles
			}
			for _, l := range b.Labels {
				if name := path + b.Name + " " + l.Name; s.places[name] == nil {
					t.Errorf("no place for %s", name)
				}
			}
			for _, a := range b.Attributes {
				if name := path + b.Name + "." + a.Name; s.places[name] == nil && s.places[name+" key"] == nil {
					t.Errorf("no place for %s", name)
				}
			}
			missing(path+b.Name+".", b.Blocks)
		}
	}
	if whole {
		missing("", model.Schema)
	}
	return s
}

func (s *survey) add(p *place) {
	if s.places[p.name] == nil {
		s.names = append(s.names, p.name)
	}
	s.places[p.name] = append(s.places[p.name], p)
}

// blocks adds the places of the blocks. The path names the blocks around them, with their labels.
func (s *survey) blocks(prefix string, path []string, body *hclsyntax.Body, types []*model.BlockType) {
	for _, b := range body.Blocks {
		i := slices.IndexFunc(types, func(ty *model.BlockType) bool { return ty.Name == b.Type })
		if i < 0 {
			continue
		}
		ty, name := types[i], prefix+b.Type
		here := append(slices.Clone(path), b.Type)
		for n, r := range b.LabelRanges {
			here = append(here, b.Labels[n])
			label := &place{name: name + " " + ty.Labels[n].Name, spots: []spot{at(r, literal)}, line: r.Start.Line, named: true}
			label.spots = append(label.spots, s.references(here, false)...)
			if b.Type == "namespace" { // its workloads repeat the name
				label.spots = append(label.spots, s.references([]string{"workload", b.Labels[n]}, false)...)
				for _, w := range body.Blocks {
					if w.Type == "workload" && w.Labels[0] == b.Labels[n] {
						label.spots = append(label.spots, at(w.LabelRanges[0], literal))
					}
				}
			}
			s.add(label)
		}
		inside := b.OpenBraceRange.End.Byte
		for _, a := range ty.Attributes {
			if a.Name == "for_each" {
				each := &place{name: name + ".for_each key", line: b.OpenBraceRange.Start.Line + 1, named: true}
				each.spots = append([]spot{{inside, inside, repeating}}, s.references(here, true)...)
				if b.Body.Attributes[a.Name] == nil {
					s.add(each)
				}
			}
		}
		s.add(&place{name: name + " attribute", spots: []spot{{inside, inside, attribute}}, line: b.OpenBraceRange.Start.Line + 1})
		for _, a := range ty.Attributes {
			if x := b.Body.Attributes[a.Name]; x != nil {
				key, value := literals(x.Expr)
				s.add(&place{name: name + "." + a.Name, spots: []spot{at(value, literal)}, line: value.Start.Line})
				if key.End.Byte > 0 {
					s.add(&place{name: name + "." + a.Name + " key", spots: []spot{at(key, literal)}, line: key.Start.Line, named: true})
				}
			}
		}
		s.blocks(name+".", here, b.Body, ty.Blocks)
	}
}

func at(r hcl.Range, as form) spot { return spot{r.Start.Byte, r.End.Byte, as} }

// references finds what names the block with the path: where its last name stands, or the place after it.
func (s *survey) references(path []string, after bool) []spot {
	var spots []spot
	address := strings.Join(path, ".")
	hclsyntax.VisitAll(s.file, func(n hclsyntax.Node) hcl.Diagnostics {
		x, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return nil
		}
		for i, one := range x.Traversal {
			switch p := one.(type) {
			case hcl.TraverseRoot:
				if p.Name != path[0] {
					return nil
				}
			case hcl.TraverseAttr:
				if i < len(path) && p.Name != path[i] {
					return nil
				}
				if i == len(path)-1 && after {
					spots = append(spots, spot{p.SrcRange.End.Byte, p.SrcRange.End.Byte, instance})
				} else if i == len(path)-1 {
					spots = append(spots, at(p.SrcRange, step))
				}
			case hcl.TraverseIndex:
				if i < len(path) {
					return nil
				}
			}
		}
		return nil
	})
	hclsyntax.VisitAll(s.file, func(n hclsyntax.Node) hcl.Diagnostics {
		x, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return nil
		}
		for _, one := range x.Traversal {
			p, ok := one.(hcl.TraverseIndex)
			if !ok || p.Key.GoString() != fmt.Sprintf("cty.StringVal(%q)", address) {
				continue
			}
			end := p.SrcRange.End.Byte - len(`"]`)
			if after {
				spots = append(spots, spot{end, end, quotedKey})
			} else {
				spots = append(spots, spot{end - len(path[len(path)-1]), end, part})
			}
		}
		return nil
	})
	return spots
}

// literals returns the places of the first key of a map that is text and of the first text in the expression; where
// there is none, that of the whole expression.
func literals(x hclsyntax.Expression) (key, value hcl.Range) {
	if m, ok := x.(*hclsyntax.ObjectConsExpr); ok && len(m.Items) > 0 {
		_, value = literals(m.Items[0].ValueExpr)
		return m.Items[0].KeyExpr.Range(), value
	}
	if l, ok := x.(*hclsyntax.TupleConsExpr); ok && len(l.Exprs) > 0 {
		_, value = literals(l.Exprs[0])
		return key, value
	}
	return key, x.Range()
}
