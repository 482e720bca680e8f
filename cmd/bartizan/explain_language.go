package main

import (
	"fmt"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// languagePaths lists the paths of all blocks and attributes.
func languagePaths() []string {
	var paths []string
	var walk func(prefix string, blocks []*model.BlockType)
	walk = func(prefix string, blocks []*model.BlockType) {
		for _, b := range blocks {
			path := prefix + b.Name
			paths = append(paths, path)
			for _, a := range b.Attributes {
				paths = append(paths, path+"."+a.Name)
			}
			walk(path+".", b.Blocks)
		}
	}
	walk("", model.Schema)
	return paths
}

// attributeInfo is an attribute for machines.
type attributeInfo struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Doc      string `json:"doc"`
	Required bool   `json:"required"`
	Default  any    `json:"default,omitempty"`
	Derived  string `json:"derived,omitempty"`   // what holds where it is left out, in words
	Weak     string `json:"weak_when,omitempty"` // which values need an exception
	Gives    string `json:"weak_because,omitempty"`
}

func newAttributeInfo(a *model.Attribute) attributeInfo {
	i := attributeInfo{Name: a.Name, Type: a.Type.Name, Doc: a.Doc, Required: a.Required, Default: a.Default, Derived: a.Derived}
	if w := a.Weakening; w != nil {
		i.Weak, i.Gives = w.When(), w.Doc
	}
	return i
}

// omitted says what holds where the attribute is left out.
func (i attributeInfo) omitted() string {
	switch {
	case i.Required:
		return "required"
	case i.Default != nil:
		return fmt.Sprintf("default %v", i.Default)
	case i.Derived != "":
		return "default: " + i.Derived
	}
	return "optional"
}

func (i attributeInfo) print(p *printer, path string) {
	p.printf("%s  (%s; %s)\n", p.in(bold, path), i.Type, i.omitted())
	p.paragraph("    ", i.Doc)
	if i.Weak != "" {
		p.paragraph("    ", p.in(yellow, "Weakening")+" "+i.Weak+": "+i.Gives+" It needs an exception.")
	}
}

// explainBlock explains a block or an attribute by its path; nil if there is none.
func explainBlock(path string) *explanation {
	if a := model.LookupAttribute(path); a != nil {
		i := newAttributeInfo(a)
		return &explanation{i, func(p *printer) { i.print(p, path) }}
	}
	b := model.LookupBlock(path)
	if b == nil {
		return nil
	}
	attributes, blocks := []attributeInfo{}, []string{}
	for _, a := range b.Attributes {
		attributes = append(attributes, newAttributeInfo(a))
	}
	for _, c := range b.Blocks {
		blocks = append(blocks, c.Name)
	}
	data := map[string]any{"path": path, "header": header(b), "doc": b.Doc, "example": b.Example, "attributes": attributes, "blocks": blocks}
	return &explanation{data, func(p *printer) {
		p.printf("%s\n\n", p.in(bold, header(b)))
		p.paragraph("", b.Doc)
		if b.Weakening != nil {
			p.paragraph("", p.in(yellow, "Weakening")+" "+b.Weakening.When()+": "+b.Weakening.Doc+" It needs an exception.")
		}
		if b.Example != "" {
			p.line("")
			for line := range strings.SplitSeq(strings.Trim(b.Example, "\n"), "\n") {
				p.line("    " + line)
			}
		}
		p.line("")
		for _, i := range attributes {
			i.print(p, i.Name)
		}
		for _, c := range b.Blocks {
			p.printf("%s\n", p.in(bold, header(c)))
			p.paragraph("    ", c.Doc+" See \"bartizan explain "+path+"."+c.Name+"\".")
		}
	}}
}

// header is how the block begins: workload "NAMESPACE" "NAME" { … }.
func header(b *model.BlockType) string {
	text := b.Name
	for _, l := range b.Labels {
		text += fmt.Sprintf(" %q", l.Name)
	}
	return text + " { … }"
}

func explainLanguage() *explanation {
	type entry struct {
		Header string `json:"header"`
		Doc    string `json:"doc"`
	}
	var entries []entry
	for _, b := range model.Schema {
		entries = append(entries, entry{header(b), b.Doc})
	}
	return &explanation{entries, func(p *printer) {
		for _, e := range entries {
			p.line(p.in(bold, e.Header))
			p.paragraph("    ", e.Doc)
		}
	}}
}

// explainWeakenings lists every value that is weaker than the default.
func explainWeakenings() *explanation {
	type entry struct {
		Path string `json:"path"`
		When string `json:"when"`
		Doc  string `json:"doc"`
	}
	entries := []entry{}
	for _, w := range model.WeakPoints() {
		entries = append(entries, entry{w.Path, w.When, w.Doc})
	}
	return &explanation{entries, func(p *printer) {
		p.paragraph("", "Each of these values is weaker than the default. Using one takes an exception that names it, with a reason, an owner and an end.\n")
		p.line("")
		for _, e := range entries {
			p.printf("%s  %s\n", p.in(bold, e.Path), e.When)
			p.paragraph("    ", e.Doc)
		}
	}}
}
