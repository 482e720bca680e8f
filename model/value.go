package model

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// value is the checked value of an attribute, element or map entry.
type value struct {
	at    hcl.Range
	v     any     // string, int, bool, *ref, or what the parser of the type returns; nil for lists and maps
	list  []value // elements or entries, in declared order; entries with wrong values are left out
	key   string  // of a map entry
	keyAt hcl.Range
	bad   bool // an element or entry is wrong and was reported
}

// value returns the value of the attribute, evaluating it the first time; nil if it is missing, null or wrong.
func (l *loader) value(a *attr) *value {
	if a == nil {
		return nil
	}
	switch a.state {
	case running:
		l.errorf(a.expr.Range(), "Circular definition", "%s depends on itself. Break the circle with a literal value.", a.schema.Name)
		return nil
	case untouched:
		a.state = running
		if a.schema.Type.shape != anything {
			defer l.about(a.owner())()
			before := len(l.diags)
			a.value = l.fromExpr(a.expr, a.schema.Type, a.each)
			if a.guessed {
				l.diags = slices.Concat(l.diags[:before], slices.DeleteFunc(slices.Clone(l.diags[before:]), func(d *hcl.Diagnostic) bool {
					return d.Subject != nil && a.expr.Range().Overlaps(*d.Subject)
				}))
			}
			if a.value == null {
				a.value, a.null = nil, true
				if a.schema.Required {
					l.errorf(a.expr.Range(), "Missing "+a.schema.Name, "The value is null, but %s is needed: %s", a.schema.Name, sentence(a.schema.Doc))
				}
			}
		}
		a.state = done
	}
	return a.value
}

// null is what fromExpr returns for null: as if nothing were written.
var null = new(value)

// element is fromExpr for what is inside a list or map, where null has no meaning.
func (l *loader) element(expr hcl.Expression, t *Type, in *instance) *value {
	v := l.fromExpr(expr, t, in)
	if v == null {
		l.errorf(expr.Range(), "Missing value", "Found null where the type is: %s.", t.Name)
		return nil
	}
	return v
}

// fromExpr evaluates an expression and checks it against the type. Lists and maps that are written out are taken
// apart first, so that a wrong element has its own place and does not hide the others.
func (l *loader) fromExpr(expr hcl.Expression, t *Type, in *instance) *value {
	expr = l.unwrapped(expr)
	switch t.shape {
	case list:
		if exprs, diags := hcl.ExprList(expr); !diags.HasErrors() {
			v := &value{at: expr.Range()}
			for _, e := range exprs {
				v.add(l.element(e, t.elem, in))
			}
			return v
		}
	case mapping:
		if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
			return l.fromPairs(expr, pairs, t, in)
		}
	case scalar:
		if s, ok := bare(expr).(*hclsyntax.ScopeTraversalExpr); ok && len(s.Traversal) == 1 && root.blocks[s.Traversal.RootName()] == nil && !isValueRoot(s.Traversal.RootName()) {
			l.errorf(expr.Range(), "Missing quotes", "%s is a bare word. Write text in quotes: %q.", s.Traversal.RootName(), s.Traversal.RootName())
			return nil
		}
	case reference:
		if name, ok := l.traversal(expr, in); ok && !isValueRoot(name.RootName()) {
			r, ok := l.resolve(name)
			if !ok {
				return nil
			}
			return l.reference(r, t, expr.Range())
		}
	}
	v, ok := l.eval(expr, in)
	if !ok {
		return nil
	}
	if v.IsNull() {
		return null
	}
	return l.fromCty(v, t, expr.Range())
}

// traversal returns the names of a reference, also where a key in brackets is computed: workload.shop.api[each.key].
func (l *loader) traversal(expr hcl.Expression, in *instance) (hcl.Traversal, bool) {
	switch e := bare(expr).(type) {
	case *hclsyntax.ScopeTraversalExpr:
		return e.Traversal, true
	case *hclsyntax.ParenthesesExpr:
		return l.traversal(e.Expression, in)
	case *hclsyntax.RelativeTraversalExpr:
		t, ok := l.traversal(e.Source, in)
		return append(t[:len(t):len(t)], e.Traversal...), ok
	case *hclsyntax.IndexExpr:
		t, ok := l.traversal(e.Collection, in)
		if !ok || isValueRoot(t.RootName()) {
			return nil, false
		}
		key, ok := l.eval(e.Key, in)
		return append(t[:len(t):len(t)], hcl.TraverseIndex{Key: key, SrcRange: e.BracketRange}), ok
	}
	return nil, false
}

func (v *value) add(e *value) {
	if e == nil {
		v.bad = true
		return
	}
	v.list = append(v.list, *e)
	v.bad = v.bad || e.bad
}

func (l *loader) fromPairs(expr hcl.Expression, pairs []hcl.KeyValuePair, t *Type, in *instance) *value {
	v := &value{at: expr.Range()}
	lines := map[string]int{}
	for _, p := range pairs {
		at := p.Key.Range()
		k, ok := l.eval(p.Key, in)
		if !ok {
			v.bad = true
			continue
		}
		key, err := keyText(k)
		if err != nil {
			v.bad = true
			l.errorf(at, "Wrong key", "Keys of this map are text.")
			continue
		}
		if line, ok := lines[key]; ok {
			v.bad = true
			l.errorf(at, "Duplicate key", "%q stands at line %d already.", key, line)
			continue
		}
		lines[key] = at.Start.Line
		v.addEntry(l.key(key, t, at), l.element(p.Value, t.elem, in), key, at)
	}
	return v
}

// key checks the key of a map.
func (l *loader) key(key string, t *Type, at hcl.Range) bool {
	if _, p := t.key.parse(key); p != nil {
		l.problem(at, p)
		return false
	}
	return true
}

func (v *value) addEntry(keyOK bool, e *value, key string, at hcl.Range) {
	if !keyOK || e == nil {
		v.bad = true
		return
	}
	e.key, e.keyAt = key, at
	v.add(e)
}

// fromCty checks an evaluated value against the type.
func (l *loader) fromCty(v cty.Value, t *Type, at hcl.Range) *value {
	if v.IsNull() || !v.IsWhollyKnown() {
		l.errorf(at, "Missing value", "Found null where the type is: %s.", t.Name)
		return nil
	}
	ty := v.Type()
	if ty == cty.String && t.shape != reference {
		if remedy := l.forgotten(v.AsString(), at); remedy != "" {
			return l.unevaluated(v.AsString(), remedy, t, at)
		}
	}
	switch t.shape {
	case list:
		if ty.IsTupleType() || ty.IsListType() || ty.IsSetType() {
			out := &value{at: at}
			for it := v.ElementIterator(); it.Next(); {
				_, e := it.Element()
				out.add(l.fromCty(e, t.elem, at))
			}
			return out
		}
		if t.single {
			if e := l.fromCty(v, t.elem, at); e != nil {
				return &value{at: at, list: []value{*e}}
			}
			return nil
		}
	case mapping:
		if ty.IsObjectType() || ty.IsMapType() {
			out := &value{at: at}
			for it := v.ElementIterator(); it.Next(); { // sorted by key
				k, e := it.Element()
				key := k.AsString()
				out.addEntry(l.key(key, t, at), l.fromCty(e, t.elem, at), key, at)
			}
			return out
		}
	case reference:
		if r, ok := asRef(v); ok {
			return l.reference(r, t, at)
		}
		if ty == cty.String {
			example := exampleRef(t)
			if kind, _, ok := strings.Cut(v.AsString(), "."); ok && root.blocks[kind] != nil {
				example = v.AsString()
			}
			how := "Write it without quotes"
			if isJSON(at) {
				how = "In JSON a reference stands in ${…}"
			}
			l.errorf(at, "Not a reference", "%q is text, but a %s is needed. %s: %s.", v.AsString(), t.Name, how, asExpression(example, at))
			return nil
		}
	case integer:
		if n, ok := asNumber(v); ok {
			return l.integer(n, t, at)
		}
	case boolean:
		if ty == cty.Bool {
			return &value{at: at, v: v.True()}
		}
		if ty == cty.String && (v.AsString() == "true" || v.AsString() == "false") {
			return &value{at: at, v: v.AsString() == "true"}
		}
	case scalar:
		if s, ok := asText(v, t.convert); ok {
			return l.scalar(s, t, at)
		}
	}
	hint := ""
	if t.shape == scalar && v.Type() == cty.Number {
		hint = fmt.Sprintf(" Write it in quotes: %q.", numberText(v.AsBigFloat()))
	}
	if t.shape == list && (ty.IsObjectType() || ty.IsMapType()) {
		hint = " values(…) is the list of a map's values."
	}
	l.errorf(at, "Wrong type", "Found %s where the type is: %s.%s", friendly(v), t.Name, hint)
	return nil
}

// unevaluated reports text that was probably meant to be evaluated. Where any text will do it is taken as it stands.
func (l *loader) unevaluated(text, remedy string, t *Type, at hcl.Range) *value {
	if t.shape == scalar {
		if v, p := t.parse(text); p == nil {
			l.warnf(at, "Not evaluated", "%q is only text here. %s.", text, remedy)
			return &value{at: at, v: v}
		}
	}
	l.errorf(at, "Not evaluated", "%q is only text, but the type is: %s. %s.", text, t.Name, remedy)
	return nil
}

func (l *loader) integer(n *big.Float, t *Type, at hcl.Range) *value {
	i, accuracy := n.Int64()
	if accuracy != big.Exact || i < int64(t.min) || i > int64(t.max) {
		l.errorf(at, "Number out of range", "%s is not a whole number from %d to %d.", numberText(n), t.min, t.max)
		return nil
	}
	return &value{at: at, v: int(i)}
}

func (l *loader) scalar(s string, t *Type, at hcl.Range) *value {
	if !t.secret {
		if what := looksSecret(s); what != "" {
			l.secretf(at, "This looks like %s. No secret belongs in a specification: keep it in a secret_store and name it with a secret block. If it is real, replace it now: it has been written down.", what)
			return nil
		}
	}
	v, p := t.parse(s)
	if p != nil {
		l.problem(at, p)
		return nil
	}
	return &value{at: at, v: v}
}

// reference checks the kind of what a reference names.
func (l *loader) reference(r *ref, t *Type, at hcl.Range) *value {
	if r.kind == familyKind {
		l.noKey(r.node, nil, at)
		return nil
	}
	ok := len(t.Kinds) == 0 && r.kind != weakeningKind && r.kind != "port"
	for _, k := range t.Kinds {
		// A labelled block such as can "deploy" or a port may be named as a weakening too.
		ok = ok || k == r.kind || k == weakeningKind
	}
	if !ok {
		what := "a " + r.kind
		if r.kind == weakeningKind {
			what = "an attribute"
		}
		l.errorf(at, "Wrong kind", "%s is %s, but a %s is needed.", r.addr, what, t.Name)
		return nil
	}
	return &value{at: at, v: r}
}

func exampleRef(t *Type) string {
	if len(t.Kinds) == 0 || t.Kinds[0] == weakeningKind {
		return "workload.shop.cart"
	}
	if slices.Contains(t.Kinds, "port") {
		return "workload.NAMESPACE.NAME.port.PORT"
	}
	example := t.Kinds[0]
	for _, label := range LookupBlock(example).Labels {
		example += "." + label.Name
	}
	return example
}

func asNumber(v cty.Value) (*big.Float, bool) {
	switch v.Type() {
	case cty.Number:
		return v.AsBigFloat(), true
	case cty.String:
		if _, err := strconv.Atoi(v.AsString()); err == nil { // a variable from the command line
			n, _, err := big.ParseFloat(v.AsString(), 10, 64, big.ToNearestEven)
			return n, err == nil
		}
	}
	return nil, false
}

func asText(v cty.Value, convert bool) (string, bool) {
	switch {
	case v.Type() == cty.String:
		return v.AsString(), true
	case convert && v.Type() == cty.Number:
		return numberText(v.AsBigFloat()), true
	case convert && v.Type() == cty.Bool:
		return strconv.FormatBool(v.True()), true
	}
	return "", false
}

// friendly describes a value for people: the text "abc", the number 7, a list, a map.
func friendly(v cty.Value) string {
	t := v.Type()
	if r, ok := asRef(v); ok {
		return "the reference " + string(r.addr)
	}
	switch {
	case t == cty.String:
		return fmt.Sprintf("the text %q", v.AsString())
	case t == cty.Number:
		return "the number " + numberText(v.AsBigFloat())
	case t == cty.Bool:
		return strconv.FormatBool(v.True())
	case t.IsTupleType() || t.IsListType() || t.IsSetType():
		return "a list"
	case t.IsObjectType() || t.IsMapType():
		return "a map"
	}
	return "something else"
}
