package model

import (
	"fmt"
	"math/big"
	"reflect"

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
func isValueRoot(name string) bool { return name == "var" || name == "local" }

// eval evaluates an expression; problems are reported.
func (l *loader) eval(expr hcl.Expression) (cty.Value, bool) {
	ctx := l.functions()
	if vars := expr.Variables(); len(vars) > 0 {
		scope, ok := l.scope(vars)
		if !ok {
			return cty.DynamicVal, false
		}
		ctx = ctx.NewChild()
		ctx.Variables = scope
	}
	v, diags := expr.Value(ctx)
	if diags.HasErrors() && isJSON(expr.Range()) {
		diags = inJSON(expr, diags)
	}
	for _, d := range diags {
		d.Expression, d.EvalContext = nil, nil
	}
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		return cty.DynamicVal, false
	}
	v, _ = v.UnmarkDeep()
	return v, true
}

// tree holds the values of an expression's variables: either a value, or further names.
type tree map[string]any

// scope builds the variables that the traversals need, and no others.
func (l *loader) scope(vars []hcl.Traversal) (map[string]cty.Value, bool) {
	names := tree{}
	ok := true
	for _, t := range vars {
		path, v, good := l.lookup(t)
		if !good {
			ok = false
			continue
		}
		if clash := names.insert(path, v); clash {
			ok = false
			l.errorf(t.SourceRange(), "Mixed reference", "One expression names a thing and a part of it. Give one of them a name in a locals block.")
		}
	}
	if !ok {
		return nil, false
	}
	return names.object().AsValueMap(), true
}

// lookup returns the value of a traversal and the steps that lead to it.
func (l *loader) lookup(t hcl.Traversal) ([]step, cty.Value, bool) {
	if !isValueRoot(t.RootName()) {
		r, ok := l.resolve(t)
		if !ok {
			return nil, cty.DynamicVal, false
		}
		path, _ := steps(t)
		return path, cty.CapsuleVal(refType, r), true
	}
	attr, ok := hcl.TraverseAttr{}, false
	if len(t) > 1 {
		attr, ok = t[1].(hcl.TraverseAttr)
	}
	if !ok {
		l.errorf(t.SourceRange(), "Incomplete reference", "Write %s.NAME.", t.RootName())
		return nil, cty.DynamicVal, false
	}
	path := []step{{name: t.RootName()}, {name: attr.Name}}
	var v cty.Value
	if t.RootName() == "var" {
		v, ok = l.variable(attr)
	} else {
		v, ok = l.local(attr)
	}
	return path, v, ok
}

// insert enters a value at the path. It reports a clash with a value on or below the path.
func (t tree) insert(path []step, v cty.Value) (clash bool) {
	for i, s := range path {
		next, exists := t[s.name]
		if i == len(path)-1 {
			_, deeper := next.(tree)
			t[s.name] = v
			return deeper
		}
		if !exists {
			next = tree{}
			t[s.name] = next
		}
		below, ok := next.(tree)
		if !ok {
			return true
		}
		t = below
	}
	return false
}

func (t tree) object() cty.Value {
	m := make(map[string]cty.Value, len(t))
	for name, x := range t {
		switch x := x.(type) {
		case tree:
			m[name] = x.object()
		case cty.Value:
			m[name] = x
		}
	}
	return cty.ObjectVal(m)
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
		l.locals[name] = &localValue{attr: a}
	}
}

// local returns the value of local.NAME, evaluating it the first time. Only locals can depend on each other in a circle.
func (l *loader) local(name hcl.TraverseAttr) (cty.Value, bool) {
	v := l.locals[name.Name]
	if v == nil {
		var names []string
		for n := range l.locals {
			names = append(names, n)
		}
		l.errorf(name.SrcRange, "Unknown local", "There is no local %q.%s Define it in a locals block.", name.Name, didYouMean(name.Name, names))
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
		v.state = running
		v.value, v.ok = l.eval(v.attr.expr)
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
