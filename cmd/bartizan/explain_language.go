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
	Sample   string `json:"example,omitempty"`    // a value as it is written
	Context  string `json:"in_context,omitempty"` // the attribute in its block
	Doc      string `json:"doc"`
	Required bool   `json:"required"`
	Default  any    `json:"default,omitempty"`
	Derived  string `json:"derived,omitempty"`   // what holds where it is left out, in words
	Weak     string `json:"weak_when,omitempty"` // which values need an exception
	Gives    string `json:"weak_because,omitempty"`
}

func newAttributeInfo(a *model.Attribute) attributeInfo {
	i := attributeInfo{Name: a.Name, Type: a.Type.Name, Sample: a.Type.Sample(), Doc: a.Doc, Required: a.Required, Default: a.Default, Derived: a.Derived}
	if a.Default != nil {
		i.Sample = "" // the default shows how it is written
	}
	if w := a.Weakening; w != nil {
		i.Weak, i.Gives = w.When(), w.Doc
	}
	if f := a.Needs; f != nil {
		i.Doc += fmt.Sprintf(" Needs Kubernetes 1.%d.", f.Since)
	}
	return i
}

// Omitted says what holds where the attribute is left out.
func (i attributeInfo) Omitted() string {
	switch {
	case i.Required:
		return "required"
	case i.Default != nil:
		if text, ok := i.Default.(string); ok {
			return fmt.Sprintf("default %q", text)
		}
		return fmt.Sprintf("default %v", i.Default)
	case i.Derived != "":
		return "default: " + i.Derived
	}
	return "optional"
}

func (i attributeInfo) print(p *printer, path string) {
	p.printf("%s  (%s; %s)\n", p.in(bold, path), i.Type, i.Omitted())
	p.paragraph("    ", i.Doc)
	if i.Weak != "" {
		p.paragraph("    ", p.in(yellow, "Weakening")+" "+i.Weak+": "+i.Gives+" It needs an exception.")
	}
}

// explainBlock explains a block or an attribute by its path; nil if there is none.
func explainBlock(path string) *explanation {
	if a := model.LookupAttribute(path); a != nil {
		i := newAttributeInfo(a)
		example := model.ExampleOf(path)
		i.Context = example
		return &explanation{i, func(p *printer) {
			i.print(p, path)
			if example != "" {
				p.line("")
				for line := range strings.Lines(example) {
					p.line("    " + strings.TrimSuffix(line, "\n"))
				}
			}
		}}
	}
	b := model.LookupBlock(path)
	if b == nil {
		return nil
	}
	info := newBlockInfo(b, path)
	attributes, blocks := []attributeInfo{}, []string{}
	for _, a := range b.Attributes {
		attributes = append(attributes, newAttributeInfo(a))
	}
	for _, c := range b.Blocks {
		blocks = append(blocks, c.Name)
	}
	data := map[string]any{"path": path, "header": info.Header, "doc": info.Doc, "example": info.Example, "attributes": attributes, "blocks": blocks}
	return &explanation{data, func(p *printer) {
		p.printf("%s\n\n", p.in(bold, info.Header))
		p.paragraph("", info.Doc)
		for _, l := range info.Labels {
			p.paragraph("", l.Name+" is "+l.Type+".")
		}
		if info.Weak != "" {
			p.paragraph("", p.in(yellow, "Weakening")+" "+info.Weak+": "+info.Gives+" It needs an exception.")
		}
		if info.Example != "" {
			p.line("")
			for line := range strings.SplitSeq(info.Example, "\n") {
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

// blockInfo is a block without what is inside it.
type blockInfo struct {
	Path    string
	Header  string
	Labels  []labelInfo // those whose name does not say what they take
	Doc     string
	Example string
	Needed  bool // the enclosing block cannot do without it
	Weak    string
	Gives   string
}

// labelInfo says what a label takes.
type labelInfo struct{ Name, Type string }

func newBlockInfo(b *model.BlockType, path string) blockInfo {
	i := blockInfo{Path: path, Header: header(b), Doc: b.Doc, Example: model.ExampleOf(path), Needed: b.Required}
	for _, l := range b.Labels {
		if len(l.Type.Values) > 0 {
			i.Labels = append(i.Labels, labelInfo{l.Name, l.Type.Name})
		}
	}
	if w := b.Weakening; w != nil {
		i.Weak, i.Gives = w.When(), w.Doc
	}
	return i
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
