package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// The JSON form follows the JSON syntax of HCL (github.com/hashicorp/hcl/blob/main/json/spec.md): labels are nested
// keys, several blocks of one header are a list, a body may be a list of objects that are joined, and a property named
// "//" is a comment. It is read here and not by HCL's own body, whose messages know neither our blocks nor what is near.

// property is one key of a JSON object with its value.
type property struct {
	name  string
	at    hcl.Range // of the key, with its quotes
	value hcl.Expression
}

// properties returns the keys of an object, or of all objects of a list, without comments. What else stands there is
// reported as not being what.
func (l *loader) properties(expr hcl.Expression, what string) []property {
	if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		all := make([]property, 0, len(pairs))
		for _, p := range pairs {
			key, _ := p.Key.Value(nil) // without a context: as it stands
			if name := key.AsString(); name != "//" {
				all = append(all, property{name, p.Key.Range(), p.Value})
			}
		}
		return all
	}
	if parts, diags := hcl.ExprList(expr); !diags.HasErrors() {
		var all []property
		for _, part := range parts {
			if _, diags := hcl.ExprMap(part); diags.HasErrors() {
				l.notObject(part, what)
				continue
			}
			all = append(all, l.properties(part, what)...)
		}
		return all
	}
	if !isNull(expr) {
		l.notObject(expr, what)
	}
	return nil
}

func (l *loader) notObject(expr hcl.Expression, what string) {
	l.errorf(expr.Range(), "Object expected", "Found %s where %s stands. Write an object, { … }.", jsonKind(expr), what)
}

// jsonKind describes a value of JSON for people.
func jsonKind(expr hcl.Expression) string {
	v, diags := expr.Value(nil)
	if diags.HasErrors() {
		return "something else"
	}
	return friendly(v)
}

// isNull reports whether null is written, in either syntax.
func isNull(expr hcl.Expression) bool {
	v, diags := expr.Value(nil)
	return !diags.HasErrors() && v.IsNull()
}

// isJSON reports whether the place is in a file of the JSON form.
func isJSON(at hcl.Range) bool { return strings.HasSuffix(at.Filename, ".json") }

// decodeJSON turns a JSON body into the node's attributes and children. Only the schema tells one from the other.
func (l *loader) decodeJSON(n *node, body hcl.Expression) {
	what := "the specification"
	if n.schema != root {
		what = "the block " + n.describe()
	}
	for _, p := range l.properties(body, what) {
		s := n.schema.blocks[p.name]
		switch {
		case s != nil:
			l.jsonBlocks(n, s, p.at, nil, nil, p.value)
		case n.schema.attributes[p.name] == nil && n.schema.blocks[nearest(p.name, n.schema.names())] != nil || n.schema == root:
			if s := l.unknownBlock(n, p.name, p.at); s != nil {
				l.jsonBlocks(n, s, p.at, nil, nil, p.value)
			}
		case n.attrs[p.name] != nil && !n.attrs[p.name].guessed:
			l.errorf(p.at, "Duplicate attribute", "%q stands at line %d already. Leave one of them out.", p.name, n.attrs[p.name].name.Start.Line)
		default:
			l.part(hcl.RangeBetween(p.at, p.value.Range()), n, p.name)
			l.addAttribute(n, p.name, p.at, p.value)
		}
	}
	l.checkHeader(n)
}

// jsonBlocks adds the blocks of a type: below one key for each label stands an object, or a list of them.
func (l *loader) jsonBlocks(n *node, s *BlockType, at hcl.Range, labels []string, labelAt []hcl.Range, value hcl.Expression) {
	if len(labels) < len(s.Labels) {
		what := fmt.Sprintf("%s of a block %s", s.Labels[len(labels)].Name, s.Name)
		for _, p := range l.properties(value, what) {
			if len(labels) == len(s.Labels)-1 && s.attributes[p.name] != nil && !isBody(p.value) {
				l.errorf(p.at, "Missing label", "%q is an attribute of the block, but its key %s is missing. In JSON each label is a key: %s.", p.name, s.Labels[len(labels)].Name, jsonHeader(s))
				return // the other attributes make the same mistake
			}
			l.jsonBlocks(n, s, p.at, append(labels[:len(labels):len(labels)], p.name), append(labelAt[:len(labelAt):len(labelAt)], p.at), p.value)
		}
		return
	}
	bodies, diags := hcl.ExprList(value)
	if diags.HasErrors() {
		if isNull(value) {
			return
		}
		bodies = []hcl.Expression{value}
	}
	for _, body := range bodies {
		c := l.addBlock(n, s, labels, labelAt, at)
		c.span = body.Range()
		if len(bodies) == 1 {
			c.span = hcl.RangeBetween(at, body.Range())
		}
		l.part(c.span, c, "")
		if !isBody(body) {
			l.notObject(body, "the block "+c.describe())
			c.broken, c.unread = true, true
			continue
		}
		l.decodeJSON(c, body)
	}
}

// isBody reports whether a value may be the body of a block: an object, a list of objects, or null.
func isBody(expr hcl.Expression) bool {
	parts, diags := hcl.ExprList(expr)
	if diags.HasErrors() {
		parts = []hcl.Expression{expr}
	}
	for _, p := range parts {
		if _, diags := hcl.ExprMap(p); diags.HasErrors() && !isNull(p) {
			return false
		}
	}
	return true
}

// jsonHeader is how the block begins in JSON: "workload": { "NAMESPACE": { "NAME": { … } } }.
func jsonHeader(s *BlockType) string {
	text := "{ … }"
	for i := len(s.Labels) - 1; i >= 0; i-- {
		text = fmt.Sprintf("{ %q: %s }", s.Labels[i].Name, text)
	}
	return fmt.Sprintf("%q: %s", s.Name, text)
}

// native returns the expression of native syntax that means the same, with the meter around it. A string of JSON is a
// template; the places inside it are where they would be without escapes, see placed.
func (l *loader) native(expr hcl.Expression) (hclsyntax.Expression, hcl.Diagnostics) {
	if e, ok := expr.(hclsyntax.Expression); ok {
		return e, nil
	}
	e, diags := fromJSON(expr)
	if diags.HasErrors() {
		return nil, diags
	}
	return l.meter.around(e), nil
}

// fromJSON translates an expression of HCL's JSON syntax. Its nesting is bounded since the file was read.
func fromJSON(expr hcl.Expression) (hclsyntax.Expression, hcl.Diagnostics) {
	at := expr.Range()
	if parts, diags := hcl.ExprList(expr); !diags.HasErrors() {
		list := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: at}
		var all hcl.Diagnostics
		for _, part := range parts {
			e, diags := fromJSON(part)
			list.Exprs, all = append(list.Exprs, e), append(all, diags...)
		}
		return list, all
	}
	if pairs, diags := hcl.ExprMap(expr); !diags.HasErrors() {
		object := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: at}
		var all hcl.Diagnostics
		lines := map[string]int{}
		for _, p := range pairs {
			key, inKey := fromJSON(p.Key)
			value, inValue := fromJSON(p.Value)
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{KeyExpr: key, ValueExpr: value})
			all = append(append(all, inKey...), inValue...)
			name, _ := p.Key.Value(nil) // without a context: as it stands
			if line, twice := lines[name.AsString()]; twice {
				place := p.Key.Range()
				all = append(all, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Duplicate key", Detail: fmt.Sprintf("%q stands at line %d already.", name.AsString(), line), Subject: &place})
			}
			lines[name.AsString()] = p.Key.Range().Start.Line
		}
		return object, all
	}
	v, diags := expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
		return &hclsyntax.LiteralValueExpr{Val: v, SrcRange: at}, diags
	}
	return template(v.AsString(), at)
}

// template parses what stands in a string of JSON.
func template(text string, at hcl.Range) (hclsyntax.Expression, hcl.Diagnostics) {
	start := hcl.Pos{Line: at.Start.Line, Column: at.Start.Column + 1, Byte: at.Start.Byte + 1}
	tokens, _ := hclsyntax.LexTemplate([]byte(text), at.Filename, start)
	if at, beyond := judge(tokens); beyond != nil {
		return nil, beyond.at(at)
	}
	e, diags := hclsyntax.ParseTemplate([]byte(text), at.Filename, start)
	if diags.HasErrors() {
		return nil, digits(tokens, diags)
	}
	return e, nil
}

// unwrapped returns the expression inside a JSON string that is nothing but "${…}", so that it is treated like the same
// expression of native syntax.
func (l *loader) unwrapped(expr hcl.Expression) hcl.Expression {
	if _, native := expr.(hclsyntax.Expression); native {
		return expr
	}
	v, bad := expr.Value(nil)
	if bad.HasErrors() || v.IsNull() || v.Type() != cty.String || !strings.HasPrefix(v.AsString(), "${") {
		return expr
	}
	e, diags := l.native(expr)
	if diags.HasErrors() {
		return expr
	}
	if wrap, ok := bare(e).(*hclsyntax.TemplateWrapExpr); ok {
		return wrap.Wrapped
	}
	return expr
}

// maxForgotten is the longest text that is looked at for a forgotten "${…}".
const maxForgotten = 200

// forgotten says how to write what was probably meant by a text which names a value of the specification or calls a
// function, or "": in JSON, and in quotes, an expression is only text.
func (l *loader) forgotten(text string, at hcl.Range) string {
	if len(text) > maxForgotten {
		return ""
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), at.Filename, at.Start)
	if diags.HasErrors() {
		return ""
	}
	switch e := expr.(type) {
	case *hclsyntax.FunctionCallExpr:
		if _, known := l.functions().Functions[e.Name]; !known {
			return ""
		}
	case *hclsyntax.ScopeTraversalExpr:
		if len(e.Traversal) < 2 {
			return ""
		}
		second, ok := e.Traversal[1].(hcl.TraverseAttr)
		if !ok || !isValueRoot(e.Traversal.RootName()) || e.Traversal.RootName() == "var" && l.inputs[second.Name] == nil || e.Traversal.RootName() == "local" && l.locals[second.Name] == nil {
			return ""
		}
	default:
		return ""
	}
	if isJSON(at) {
		return "To have it evaluated, write " + asExpression(text, at)
	}
	return "To have it evaluated, write it without quotes: " + text
}

// asExpression writes an expression as it must stand at the place: bare, or in "${…}" in JSON.
func asExpression(text string, at hcl.Range) string {
	if !isJSON(at) {
		return text
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode("${" + text + "}"); err != nil {
		panic(err) // a string is always encoded
	}
	return strings.TrimSpace(buf.String())
}
