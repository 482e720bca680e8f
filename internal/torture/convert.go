package torture

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// object is a JSON object whose keys keep their order, and may be repeated.
type object struct{ pairs []pair }

type pair struct {
	key   string
	value any
}

// find returns the first value of the key, or nil.
func (o *object) find(key string) *any {
	for i := range o.pairs {
		if o.pairs[i].key == key {
			return &o.pairs[i].value
		}
	}
	return nil
}

func (o *object) add(key string, v any) { o.pairs = append(o.pairs, pair{key, v}) }

// below returns the object under the key, which is made if need be.
func (o *object) below(key string) *object {
	if v := o.find(key); v != nil {
		return (*v).(*object)
	}
	c := &object{}
	o.add(key, c)
	return c
}

func (o *object) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, p := range o.pairs {
		if i > 0 {
			buf.WriteByte(',')
		}
		for j, v := range []any{p.key, p.value} {
			if j > 0 {
				buf.WriteByte(':')
			}
			b, err := marshal(v)
			if err != nil {
				return nil, err
			}
			buf.Write(b)
		}
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(buf.Bytes()), err
}

// ToJSON writes a specification's file of native syntax in the JSON form, as a person would.
func ToJSON(name string, text []byte) ([]byte, error) {
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	compact, err := marshal(bodyJSON(file.Body.(*hclsyntax.Body), text))
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := json.Indent(&buf, compact, "", "  "); err != nil {
		return nil, err
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

func bodyJSON(b *hclsyntax.Body, text []byte) *object {
	o := &object{}
	attributes := make([]*hclsyntax.Attribute, 0, len(b.Attributes))
	for _, a := range b.Attributes {
		attributes = append(attributes, a)
	}
	slices.SortFunc(attributes, func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
	for _, a := range attributes {
		o.add(a.Name, exprJSON(a.Expr, text))
	}
	for _, block := range b.Blocks {
		at, key := o, block.Type
		for _, label := range block.Labels {
			at, key = at.below(key), label
		}
		inner := bodyJSON(block.Body, text)
		if a := block.Body.Attributes["type"]; a != nil && block.Type == "variable" {
			*inner.find("type") = string(a.Expr.Range().SliceBytes(text)) // a type constraint is no expression
		}
		old := at.find(key)
		if old == nil {
			at.add(key, inner)
		} else if list, ok := (*old).([]any); ok {
			*old = append(list, inner)
		} else {
			*old = []any{*old, inner}
		}
	}
	return o
}

func exprJSON(e hclsyntax.Expression, text []byte) any {
	switch e := e.(type) {
	case *hclsyntax.TupleConsExpr:
		list := []any{}
		for _, x := range e.Exprs {
			list = append(list, exprJSON(x, text))
		}
		return list
	case *hclsyntax.ObjectConsExpr:
		o := &object{}
		for _, item := range e.Items {
			key, ok := exprJSON(item.KeyExpr, text).(string)
			if !ok {
				return "${" + string(e.Range().SliceBytes(text)) + "}"
			}
			o.add(key, exprJSON(item.ValueExpr, text))
		}
		return o
	case *hclsyntax.ObjectConsKeyExpr:
		if name := hcl.ExprAsKeyword(e.Wrapped); name != "" && !e.ForceNonLiteral {
			return name
		}
		return exprJSON(e.Wrapped, text)
	}
	v, diags := e.Value(nil)
	if !diags.HasErrors() && v.IsWhollyKnown() {
		switch {
		case v.IsNull():
			return nil
		case v.Type() == cty.String:
			return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(v.AsString())
		case v.Type() == cty.Bool:
			return v.True()
		case v.Type() == cty.Number:
			return json.Number(v.AsBigFloat().Text('f', -1))
		}
	}
	return fmt.Sprintf("${%s}", e.Range().SliceBytes(text))
}
