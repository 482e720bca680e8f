package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// weakeningKind is the kind of references to attributes, keys and elements, which only exceptions take.
const weakeningKind = "weakening"

// familyKind is the kind of references to a block with for_each as a whole, which only expressions over its instances
// take.
const familyKind = "family"

// ref is what a reference names. It never carries the thing's values, so blocks may refer to each other in any order.
type ref struct {
	addr Address
	kind string // of block; "port"; weakeningKind or familyKind
	node *node  // the block; for ports the workload; nil for weakenings
	port string // name
}

// object returns the model value of a referenced block or port, or nil.
func (r *ref) object() any {
	if r.kind == "port" {
		if p := r.node.names[r.port]; p != nil {
			return p
		}
		return nil
	}
	if r.node == nil {
		return nil
	}
	return r.node.object
}

// branch is a level of the tree of names: kind, then the labels.
type branch struct {
	children map[string]*branch
	node     *node
}

func (b *branch) child(name string) *branch {
	if b.children == nil {
		b.children = map[string]*branch{}
	}
	c := b.children[name]
	if c == nil {
		c = &branch{}
		b.children[name] = c
	}
	return c
}

// index enters the blocks of the files in the tree of names. Of repeated names the first counts.
func (l *loader) index() {
	for _, n := range l.top {
		if len(n.labels) != len(n.schema.Labels) {
			continue // reported; a name of another length leads nowhere
		}
		b := l.tree.child(n.schema.Name)
		for _, label := range n.labels {
			b = b.child(label)
		}
		if b.node == nil {
			b.node = n
		}
	}
}

// steps are the names of a traversal with their places.
type step struct {
	name  string
	at    hcl.Range
	index bool // in brackets
}

func steps(t hcl.Traversal) ([]step, bool) {
	var s []step
	for _, part := range t {
		switch p := part.(type) {
		case hcl.TraverseRoot:
			s = append(s, step{name: p.Name, at: p.SrcRange})
		case hcl.TraverseAttr:
			at := p.SrcRange
			if at.End.Byte-at.Start.Byte == len(p.Name)+1 { // without the dot
				at.Start.Byte++
				at.Start.Column++
			}
			s = append(s, step{name: p.Name, at: at})
		case hcl.TraverseIndex:
			key, err := keyText(p.Key)
			if err != nil {
				return nil, false
			}
			s = append(s, step{name: key, at: p.SrcRange, index: true})
		default:
			return nil, false
		}
	}
	return s, true
}

func keyText(key cty.Value) (string, error) {
	if key.IsNull() || !key.IsKnown() {
		return "", fmt.Errorf("no key")
	}
	switch key.Type() {
	case cty.String:
		return key.AsString(), nil
	case cty.Number:
		return numberText(key.AsBigFloat()), nil
	}
	return "", fmt.Errorf("no key")
}

// resolve follows a traversal through the tree of names. It reports at most one problem, at the step that is wrong.
func (l *loader) resolve(t hcl.Traversal) (*ref, bool) {
	path, ok := steps(t)
	if !ok {
		l.errorf(t.SourceRange(), "Invalid reference", "References are names joined by dots, such as workload.shop.cart.port.grpc.")
		return nil, false
	}
	schema := root.blocks[path[0].name]
	if schema == nil || len(schema.Labels) == 0 || schema.Name == "variable" {
		l.errorf(path[0].at, "Unknown name", "%s begins no reference.%s", strconvQuote(path[0].name), l.suggestRoot(path[0].name))
		return nil, false
	}
	if len(path) <= len(schema.Labels) {
		form := schema.Name
		for _, label := range schema.Labels {
			form += "." + label.Name
		}
		l.errorf(t.SourceRange(), "Incomplete reference", "%q is not the whole name. Write %s.", join2(path), form)
		return nil, false
	}
	b := l.tree.children[schema.Name]
	for i := range schema.Labels {
		s := path[1+i]
		if b == nil || b.children[s.name] == nil {
			l.unknownName(schema, path[:2+i], b)
			return nil, false
		}
		b = b.children[s.name]
	}
	n, rest := b.node, path[len(schema.Labels)+1:]
	if !n.broken && n.repeats() {
		if len(rest) == 0 {
			return &ref{addr: n.addr, kind: familyKind, node: n}, true
		}
		if !rest[0].index {
			l.noKey(n, rest, t.SourceRange())
			return nil, false
		}
		if n, rest = l.instanceOf(n, rest[0]), rest[1:]; n == nil {
			return nil, false
		}
	}
	if len(rest) == 0 {
		return &ref{addr: n.addr, kind: schema.Name, node: n}, true
	}
	return l.resolveInside(n, rest)
}

func strconvQuote(s string) string { return fmt.Sprintf("%q", s) }

func join2(path []step) string {
	var names []string
	for _, s := range path {
		names = append(names, s.name)
	}
	return strings.Join(names, ".")
}

// suggestRoot names the kind that was probably meant, or says what a reference looks like.
func (l *loader) suggestRoot(name string) any {
	kinds := []string{"var", "local"}
	for _, b := range Schema {
		if len(b.Labels) > 0 && b.Name != "variable" {
			kinds = append(kinds, b.Name)
		}
	}
	if s := didYouMean(name, kinds); s != "" {
		return s
	}
	return " Write text in quotes, and references from the kind of block on: workload.shop.cart, var.name, local.name."
}

func (l *loader) unknownName(schema *BlockType, path []step, b *branch) {
	last := path[len(path)-1]
	var names []string
	if b != nil && len(b.children) <= maxCandidates { // among more no guess is made
		for _, name := range slices.Sorted(maps.Keys(b.children)) {
			if n := b.children[name].node; n == nil || !n.broken {
				names = append(names, name)
			}
		}
	}
	what := strings.ReplaceAll(schema.Name, "_", " ")
	where := ""
	if len(schema.Labels) == 2 && len(path) == 2 {
		l.errorf(last.at, "Unknown "+what, "There is no %s in a namespace %q.%s", what, last.name, didYouMean(last.name, names))
		return
	}
	if len(path) == 3 {
		where = fmt.Sprintf(" in the namespace %q", path[1].name)
	}
	var hint any = didYouMean(last.name, names)
	if hint == suggestion("") && len(names) > 0 && len(names) <= 8 {
		hint = fmt.Sprintf(" There is %s.", either(quoteAll(names)))
	}
	l.errorf(last.at, "Unknown "+what, "There is no %s %q%s.%s", what, last.name, where, hint)
}

func quoteAll(names []string) []string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return quoted
}

// resolveInside follows the steps after a block: to a port of a workload, or, for exceptions, along the schema to an
// attribute, key, element or labelled block.
func (l *loader) resolveInside(n *node, path []step) (*ref, bool) {
	l.applyProfile(n)
	if n.schema.Name == "workload" && path[0].name == "port" {
		if len(path) == 1 {
			l.errorf(path[0].at, "Incomplete reference", "Write port.NAME.%s", didYouMeanPort(l.portNames(n)))
			return nil, false
		}
		known := l.portNames(n)
		if !slices.Contains(known, path[1].name) {
			if l.portsUnclear(n) {
				return nil, false
			}
			if len(known) == 0 {
				l.errorf(path[1].at, "Unknown port", "%s has no port at all. Give it one: ports = { %s = 8080 }.", n.describe(), path[1].name)
			} else {
				var hint any = didYouMean(path[1].name, known)
				if hint == suggestion("") {
					hint = didYouMeanPort(known)
				}
				l.errorf(path[1].at, "Unknown port", "%s has no port %q.%s", n.describe(), path[1].name, hint)
			}
			return nil, false
		}
		if len(path) == 2 {
			return n.portRef(path[1].name), true
		}
	}
	return l.resolveSetting(n.schema, n.addr, path)
}

// portsUnclear reports whether ports of the workload are wrong, so that what they are called is not known.
func (l *loader) portsUnclear(n *node) bool {
	for _, c := range append([]*node{n}, n.all("container")...) {
		if a := c.attrs["ports"]; a != nil && (l.value(a) == nil && !a.null || l.value(a).isBad()) {
			return true
		}
	}
	return false
}

// portRef refers to a port of the workload.
func (n *node) portRef(name string) *ref {
	return &ref{addr: join(n.addr+".port", name), kind: "port", node: n, port: name}
}

func didYouMeanPort(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" There is %s.", either(quoteAll(names)))
}

func (l *loader) resolveSetting(schema *BlockType, addr Address, path []step) (*ref, bool) {
	for i := 0; i < len(path); i++ {
		s := path[i]
		if a := schema.attributes[s.name]; a != nil {
			addr += Address("." + s.name)
			rest := path[i+1:]
			if len(rest) == 1 && (a.Type.shape == list || a.Type.shape == mapping) {
				return &ref{addr: element(addr, rest[0].name), kind: weakeningKind}, true
			}
			if len(rest) > 0 {
				l.errorf(rest[0].at, "Unknown name", "%q has nothing inside that could be named.", addr)
				return nil, false
			}
			return &ref{addr: addr, kind: weakeningKind}, true
		}
		b := schema.blocks[s.name]
		if b == nil {
			l.errorf(s.at, "Unknown name", "%s has no attribute or block %q.%s", a(schema.Name), s.name, didYouMean(s.name, schema.names()))
			return nil, false
		}
		addr += Address("." + s.name)
		if len(b.Labels) > 0 {
			if i++; i >= len(path) {
				l.errorf(s.at, "Incomplete reference", "Write %s.%s.", s.name, b.Labels[0].Name)
				return nil, false
			}
			addr = join(addr, path[i].name)
		}
		schema = b
	}
	return &ref{addr: addr, kind: weakeningKind}, true
}

// element names a key of a map or an element of a list: paths["/"].
func element(a Address, key string) Address { return a + Address(fmt.Sprintf("[%q]", key)) }

// portNames returns the names of all ports of a workload's containers, sorted.
func (l *loader) portNames(n *node) []string {
	var names []string
	add := func(c *node) {
		if v := l.value(c.attrs["ports"]); v != nil {
			for _, e := range v.list {
				names = append(names, e.key)
			}
		}
		for _, p := range c.children {
			if p.schema.Name == "port" && len(p.labels) == 1 {
				names = append(names, p.labels[0])
			}
		}
	}
	add(n)
	for _, c := range n.children {
		if c.schema.Name == "container" {
			add(c)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
