package model

import (
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// refType carries references through expressions, lists and locals.
var refType = cty.CapsuleWithOps("reference", reflect.TypeFor[ref](), &cty.CapsuleOps{
	GoString:     func(v any) string { return fmt.Sprintf("ref(%q)", v.(*ref).addr) },
	TypeGoString: func(reflect.Type) string { return "refType" },
	HashKey:      func(v any) string { return string(v.(*ref).addr) },
	RawEquals:    func(a, b any) bool { return a.(*ref).addr == b.(*ref).addr },
	Equals:       func(a, b any) cty.Value { return cty.BoolVal(a.(*ref).addr == b.(*ref).addr) },
})

// isValueRoot reports whether names below the root are values and not references.
func isValueRoot(name string) bool { return name == "var" || name == "local" || name == "each" }

// eval evaluates an expression; problems are reported. The instance is the one that each.key and each.value speak of,
// or nil.
func (l *loader) eval(written hcl.Expression, in *instance) (cty.Value, bool) {
	expr, diags := l.native(written)
	if diags.HasErrors() {
		l.diags = append(l.diags, diags...)
		return cty.DynamicVal, false
	}
	ctx := l.functions()
	if vars := expr.Variables(); len(vars) > 0 {
		names, ok := l.scope(vars, in)
		if !ok {
			return cty.DynamicVal, false
		}
		ctx = ctx.NewChild()
		ctx.Variables = names.value().AsValueMap()
	}
	v, diags := l.compute(expr, ctx)
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
		l.diags = append(l.diags, l.inUse(d))
	}
	if diags.HasErrors() {
		return cty.DynamicVal, false
	}
	v, _ = v.UnmarkDeep()
	return v, true
}

// tree holds what an expression can name: at each name a value, further names, or, where a reference has parts that can
// be named too, both.
type tree struct {
	own   cty.Value // cty.NilVal: none
	names map[string]*tree
}

func (t *tree) at(path ...string) *tree {
	for _, name := range path {
		if t.names == nil {
			t.names = map[string]*tree{}
		}
		if t.names[name] == nil {
			t.names[name] = &tree{}
		}
		t = t.names[name]
	}
	return t
}

// self is the name under which an object of names holds the reference to the thing itself. No attribute is called so.
const self = ""

// value returns what the tree is in expressions.
func (t *tree) value() cty.Value {
	if len(t.names) == 0 && t.own != cty.NilVal {
		return t.own
	}
	m := make(map[string]cty.Value, len(t.names)+1)
	for name, x := range t.names {
		m[name] = x.value()
	}
	if t.own != cty.NilVal {
		m[self] = t.own
	}
	return cty.ObjectVal(m)
}

// asRef returns the reference that a value is, with or without names of its parts.
func asRef(v cty.Value) (*ref, bool) {
	if v.IsNull() || !v.IsKnown() {
		return nil, false
	}
	if v.Type().IsObjectType() && v.Type().HasAttribute(self) {
		v = v.GetAttr(self)
	}
	if v.Type() != refType {
		return nil, false
	}
	return v.EncapsulatedValue().(*ref), true
}

// scope builds the variables that the traversals need, and no others.
func (l *loader) scope(vars []hcl.Traversal, in *instance) (*tree, bool) {
	names := &tree{}
	ok := true
	for _, t := range vars {
		ok = l.lookup(t, in, names) && ok
	}
	return names, ok
}

// lookup enters the value of a traversal.
func (l *loader) lookup(t hcl.Traversal, in *instance, names *tree) bool {
	if !isValueRoot(t.RootName()) {
		if workloads, ok := l.namespaceOf(t); ok {
			return l.enterNamespace(workloads, names.at(t.RootName(), t[1].(hcl.TraverseAttr).Name))
		}
		r, ok := l.resolve(t)
		if !ok {
			return false
		}
		path, _ := steps(t)
		at := names
		for _, s := range path {
			at = at.at(s.name)
		}
		if r.kind == familyKind {
			return l.enterFamily(r.node, at)
		}
		at.own = cty.CapsuleVal(refType, r)
		return true
	}
	attr, ok := hcl.TraverseAttr{}, false
	if len(t) > 1 {
		attr, ok = t[1].(hcl.TraverseAttr)
	}
	if !ok {
		l.errorf(t.SourceRange(), "Incomplete reference", "Write %s.%s.", t.RootName(), map[bool]string{true: "key or each.value", false: "NAME"}[t.RootName() == "each"])
		return false
	}
	var v cty.Value
	switch t.RootName() {
	case "var":
		v, ok = l.variable(attr)
	case "local":
		v, ok = l.local(attr)
	case "each":
		v, ok = l.eachOf(attr, t, in)
	}
	names.at(t.RootName(), attr.Name).own = v
	return ok
}

// enterFamily enters all instances of a block with for_each, and the ports of each.
func (l *loader) enterFamily(n *node, at *tree) bool {
	f := l.family(n)
	l.spend(n.at, stepsEach*len(f.keys))
	for _, key := range f.keys {
		l.enterInstance(f.members[key], at.at(key))
	}
	return f.ok
}

// namespaceOf returns the workloads of a declared namespace, by label, where the traversal is workload.NAMESPACE and names no
// single one.
func (l *loader) namespaceOf(t hcl.Traversal) (map[string]*branch, bool) {
	if t.RootName() != workloadBlock.Name || len(t) != 2 {
		return nil, false
	}
	name, ok := t[1].(hcl.TraverseAttr)
	if !ok || l.tree.child("namespace").children[name.Name] == nil {
		return nil, false
	}
	if of := l.tree.child(workloadBlock.Name).children[name.Name]; of != nil {
		return of.children, true
	}
	return nil, true
}

// enterNamespace enters all workloads of a namespace: under their labels, those of a block with for_each under their
// addresses.
func (l *loader) enterNamespace(workloads map[string]*branch, at *tree) bool {
	all := true
	for _, label := range slices.Sorted(maps.Keys(workloads)) {
		n := workloads[label].node
		l.spend(n.at, stepsEach)
		if n.broken || !n.repeats() {
			l.enterInstance(n, at.at(label))
			continue
		}
		f := l.family(n)
		l.spend(n.at, stepsEach*len(f.keys))
		for _, key := range f.keys {
			l.enterInstance(f.members[key], at.at(string(f.members[key].addr)))
		}
		all = all && f.ok
	}
	return all
}

func (l *loader) enterInstance(m *node, at *tree) {
	at.own = cty.CapsuleVal(refType, &ref{addr: m.addr, kind: m.schema.Name, node: m})
	if m.schema != workloadBlock {
		return
	}
	l.applyProfile(m)
	for _, p := range l.portNames(m) {
		at.at("port", p).own = cty.CapsuleVal(refType, m.portRef(p))
	}
}

// eachOf returns each.key or each.value.
func (l *loader) eachOf(name hcl.TraverseAttr, t hcl.Traversal, in *instance) (cty.Value, bool) {
	switch {
	case in == nil:
		l.errorf(t.SourceRange(), "No instance", "each.%s is known only in blocks with for_each, not in their for_each, in locals or in profiles.", name.Name)
	case name.Name == "key":
		return cty.StringVal(in.key), true
	case name.Name == "value":
		return in.value, true
	default:
		l.errorf(name.SrcRange, "Unknown name", "each has no %q.%s There is each.key and each.value.", name.Name, didYouMean(name.Name, []string{"key", "value"}))
	}
	return cty.DynamicVal, false
}

// localValue is an entry of a locals block.
type localValue struct {
	attr  *attr
	state evalState
	value cty.Value
	ok    bool
}

// declareLocals collects the entries of all locals blocks.
func (l *loader) declareLocals(n *node) {
	for name, a := range n.attrs {
		if first := l.locals[name]; first != nil {
			l.errorf(a.name, "Duplicate local", "local.%s is defined in %s, line %d already.", name, first.attr.name.Filename, first.attr.name.Start.Line)
			continue
		}
		if !isIdentifier(name) { // the JSON form takes any text for a key
			l.errorf(a.name, "Invalid name", "%q is not a name of letters, digits, _ and -, starting with a letter.", name)
			continue
		}
		l.locals[name] = &localValue{attr: a}
	}
}

// local returns the value of local.NAME, evaluating it the first time. Only locals can depend on each other in a circle.
func (l *loader) local(name hcl.TraverseAttr) (cty.Value, bool) {
	v := l.locals[name.Name]
	if v == nil {
		l.errorf(name.SrcRange, "Unknown local", "There is no local %q.%s Define it in a locals block.", name.Name, didYouMeanKey(name.Name, l.locals))
		return cty.DynamicVal, false
	}
	if v.state == running {
		l.errorf(name.SrcRange, "Circular definition", "local.%s depends on itself. Break the circle with a literal value.", name.Name)
		return cty.DynamicVal, false
	}
	return l.force(v)
}

func (l *loader) force(v *localValue) (cty.Value, bool) {
	if v.state == untouched {
		leave, ok := l.deeper(v.attr.expr.Range())
		if !ok {
			v.state = done
			return cty.DynamicVal, false
		}
		defer leave()
		v.state = running
		v.value, v.ok = l.eval(v.attr.expr, nil)
		v.state = done
	}
	return v.value, v.ok
}

// numberText writes a number for people; very large and small ones in scientific notation.
func numberText(n *big.Float) string {
	if e := n.MantExp(nil); e > 128 || e < -128 {
		return n.Text('g', 6)
	}
	return n.Text('f', -1)
}
