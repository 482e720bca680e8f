package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// forEach is the attribute of a block that stands for several.
var forEach = &Attribute{
	Name: "for_each", Type: anyType, Derived: "one block",
	Example: `for_each = toset(["eu", "us"])`,
	Doc:     "A map, a set of texts, or a block that has for_each itself: the block stands for one of each key. Inside, each.key and each.value are the key and its value.",
}

// repeatable gives for_each to all blocks that have an address. A profile and a variable need none: both are values for
// other blocks to use.
func repeatable(blocks []*BlockType) []*BlockType {
	for _, b := range blocks {
		if len(b.Labels) > 0 && b != profileBlock && b != variableBlock {
			b.Attributes = append([]*Attribute{forEach}, b.Attributes...)
		}
	}
	return blocks
}

// instance is what sets one of the blocks apart that a block with for_each stands for.
type instance struct {
	of    *node  // the block as written
	self  *node  // the one of the key
	key   string // a DNS label
	value cty.Value
}

// family is the block with for_each as written: it is never built, only its instances are.
type family struct {
	state   evalState
	ok      bool // for_each was understood
	keys    []string
	members map[string]*node
}

// repeats reports whether the block has for_each.
func (n *node) repeats() bool {
	return n.schema.attributes[forEach.Name] == forEach && n.attribute("for_each") != nil
}

// expand replaces each block that has for_each by its instances, sorted by key.
func (l *loader) expand() {
	var top []*node
	for _, n := range l.top {
		if n.broken || !n.repeats() {
			top = append(top, n)
			continue
		}
		f := l.family(n)
		if len(f.keys) == 0 {
			l.checkNested(n) // nothing stands for it
		}
		for _, key := range f.keys {
			top = append(top, f.members[key])
		}
	}
	l.top = top
	l.checkInstanceNames()
}

// family evaluates for_each of the block, once.
func (l *loader) family(n *node) *family {
	if n.family == nil {
		n.family = &family{members: map[string]*node{}}
	}
	f := n.family
	switch f.state {
	case running:
		l.unexpanded = true
		l.errorf(n.attribute("for_each").expr.Range(), "Circular definition", "The keys of %s depend on themselves. Break the circle with literal keys.", n.addr)
		return &family{}
	case done:
		return f
	}
	leave, ok := l.deeper(n.attribute("for_each").expr.Range())
	if !ok {
		l.unexpanded = true
		return &family{}
	}
	defer leave()
	f.state = running
	values, ok := l.keys(n)
	f.state, f.ok = done, ok
	if !ok {
		l.unexpanded = true
		return f
	}
	for key, v := range values {
		f.keys = append(f.keys, key)
		f.members[key] = l.member(n, key, v)
	}
	slices.Sort(f.keys)
	return f
}

// keys evaluates for_each to the keys and their values.
func (l *loader) keys(n *node) (map[string]cty.Value, bool) {
	expr := n.attribute("for_each").expr
	at := expr.Range()
	v, ok := l.eval(expr, nil)
	if !ok {
		return nil, false
	}
	ty := v.Type()
	if r, ok := asRef(v); ok {
		l.errorf(at, "Nothing to repeat over", "%s is one %s. for_each takes a map, a set of texts, or a block that has for_each itself.", r.addr, r.kind)
		return nil, false
	}
	switch {
	case v.IsNull():
		l.errorf(at, "Missing value", "for_each is null. Write {} or toset([]) where there shall be no %s.", n.schema.Name)
		return nil, false
	case ty.IsTupleType() || ty.IsListType():
		l.errorf(at, "List without keys", "for_each is a list, whose elements change their numbers when one before them goes. Give each a lasting name: toset([…]) for texts, or a map.")
		return nil, false
	case ty.IsSetType() && ty.ElementType() != cty.String && v.LengthInt() > 0:
		l.errorf(at, "Wrong key", "The elements of the set are not texts, so they cannot be names. Write texts, or a map.")
		return nil, false
	case !ty.IsSetType() && !ty.IsObjectType() && !ty.IsMapType():
		l.errorf(at, "Nothing to repeat over", "Found %s. for_each takes a map, a set of texts, or a block that has for_each itself.", friendly(v))
		return nil, false
	}
	if n := v.LengthInt(); n > limitKeys.Most {
		l.errorf(at, "Too many keys", "for_each has %d keys; the most is %d.", n, limitKeys.Most)
		return nil, false
	}
	values := map[string]cty.Value{}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if ty.IsSetType() {
			key = value
		}
		if key.IsNull() {
			l.errorf(at, "Wrong key", "A key of for_each is null. Keys are texts.")
			ok = false
			continue
		}
		values[key.AsString()] = value
		ok = l.checkKey(n, key.AsString(), at) && ok
	}
	return values, ok
}

// checkKey holds that a key, alone and in the name that it makes, is one that Kubernetes takes.
func (l *loader) checkKey(n *node, key string, at hcl.Range) bool {
	if what := looksSecret(key); what != "" {
		l.secretf(at, "A key of for_each looks like %s. Keys become names, which stand in every file. No secret belongs in a specification.", what)
		return false
	}
	if _, p := parseDNSLabel(key); p != nil {
		l.errorf(at, "Invalid key", "The key of for_each becomes part of a name. %s", p.detail)
		return false
	}
	if _, p := n.schema.Labels[len(n.labels)-1].Type.parse(n.instanceName(key, l.namesItself(n))); p != nil {
		l.errorf(at, "Invalid key", "The key %q and the label make a name that is none. %s", key, p.detail)
		return false
	}
	return true
}

// namesItself reports whether the block's instances need no key in their names: those of a workload whose namespace
// has for_each stand in a namespace of their own each.
func (l *loader) namesItself(n *node) bool {
	if n.schema != workloadBlock {
		return false
	}
	b := l.tree.child("namespace").children[n.labels[0]]
	return b != nil && b.node.repeats()
}

// instanceName is the name of the instance in Kubernetes and in files.
func (n *node) instanceName(key string, bare bool) string {
	label := n.labels[len(n.labels)-1]
	if bare {
		return label
	}
	return label + "-" + key
}

// member makes the instance of the key.
func (l *loader) member(n *node, key string, v cty.Value) *node {
	in := &instance{of: n, key: key, value: v}
	self := l.copyUnder(n, nil, func(a *attr) *attr {
		return &attr{schema: a.schema, name: a.name, expr: a.expr, each: in}
	})
	delete(self.attrs, forEach.Name)
	in.self = self
	self.each = in
	self.title = n.instanceName(key, l.namesItself(n))
	self.addr = element(n.addr, key)
	self.readdress()
	return self
}

// copyUnder copies the block and those inside it; the function copies the attributes.
func (l *loader) copyUnder(n, parent *node, copyAttr func(*attr) *attr) *node {
	l.countBlock(n.at)
	c := &node{schema: n.schema, labels: n.labels, labelAt: n.labelAt, at: n.at, span: n.span, parent: parent, meant: n.meant, broken: n.broken, unread: n.unread, attrs: map[string]*attr{}}
	for name, a := range n.attrs {
		c.attrs[name] = copyAttr(a)
	}
	for _, child := range n.children {
		c.children = append(c.children, l.copyUnder(child, c, copyAttr))
	}
	return c
}

// readdress derives the addresses of the nested blocks from the block's own.
func (n *node) readdress() {
	for _, c := range n.children {
		c.addr = n.addr + Address("."+c.schema.Name)
		for _, label := range c.labels {
			c.addr = join(c.addr, label)
		}
		c.readdress()
	}
}

// checkInstanceNames holds that no instance gets the name of another block of its kind.
func (l *loader) checkInstanceNames() {
	first := map[string]*node{}
	for _, n := range l.top {
		if n.broken || len(n.labels) == 0 {
			continue
		}
		key := strings.Join(append([]string{n.schema.Name}, n.labels[:len(n.labels)-1]...), ".") + "." + n.name()
		if n.schema == workloadBlock && n.each != nil && l.namesItself(n.each.of) {
			key += "." + n.each.key
		}
		if other := first[key]; other == nil {
			first[key] = n
		} else if n.each != nil || other.each != nil {
			n.broken = true
			l.errorf(n.at, "Duplicate name", "%s and %s are both called %q. Rename one of them.", other.addr, n.addr, n.name())
		}
	}
}

// noKey reports a reference to a block with for_each that does not say which of its instances it means.
func (l *loader) noKey(n *node, rest []step, at hcl.Range) {
	f := l.family(n)
	if !f.ok {
		return // reported there
	}
	if len(f.keys) == 0 {
		l.errorf(at, "No instance", "%s has for_each without any key, so there is none of it.", n.addr)
		return
	}
	inside := ""
	for _, s := range rest {
		inside = string(join(Address(inside), s.name))
	}
	all := fmt.Sprintf(", or all of them: values(%s)", n.addr)
	switch {
	case len(rest) > 0 && rest[0].name == "port":
		all += "[*]" + inside
	case len(rest) > 0:
		all = "" // exceptions name each weakening
	}
	l.errorf(at, "Which instance", "%s has for_each and stands for %s. Name one, such as %s%s%s.", n.addr, count(len(f.keys), "instance"), element(n.addr, f.keys[0]), inside, all)
}

// instanceOf returns the instance of the key, or reports that there is none.
func (l *loader) instanceOf(n *node, key step) *node {
	f := l.family(n)
	if !f.ok {
		return nil // reported there
	}
	if m := f.members[key.name]; m != nil {
		return m
	}
	var hint any = didYouMean(key.name, f.keys)
	if hint == suggestion("") && len(f.keys) > 0 && len(f.keys) <= 8 {
		hint = fmt.Sprintf(" There is %s.", either(quoteAll(f.keys)))
	}
	l.errorf(key.at, "Unknown key", "for_each of %s has no key %q.%s", n.addr, key.name, hint)
	return nil
}
