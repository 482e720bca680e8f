package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// js is a JSON schema, draft 2020-12 (json-schema.org/draft/2020-12). encoding/json sorts its keys.
type js = map[string]any

// JSONSchema returns the JSON schema of the JSON form, for editors and for programs that write specifications. It is
// never stricter than [Load], which knows more: what the schema refuses, Load refuses too.
func JSONSchema() []byte {
	g := schemaWriter{defs: js{
		"expression": js{
			"description": "A template that is evaluated: references, variables and functions stand in ${…}.",
			"type":        "string", "pattern": `[$%]\{`,
		},
		"reference": js{
			"description": "The address of a block in ${…}, for example ${workload.shop.cart}.",
			"type":        "string", "pattern": `^\s*\$\{[\s\S]*\}\s*$`,
		},
	}}
	properties := js{"//": comment}
	for _, b := range Schema {
		properties[b.Name] = g.block(b, b.Name, b == profileBlock)
	}
	file := js{"type": "object", "properties": properties, "additionalProperties": false}
	g.defs["file"] = file
	schema := js{
		"$schema":     "https://json-schema.org/draft/2020-12/schema",
		"title":       "Bartizan specification",
		"description": "A file *" + extJSON + ": the JSON form of Bartizan's language.",
		"anyOf":       []any{refTo("file"), js{"type": "array", "items": refTo("file")}},
		"$defs":       g.defs,
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(schema); err != nil {
		panic(err) // maps, lists and text are always encoded
	}
	return buf.Bytes()
}

// comment is the value of the property "//".
var comment = js{"description": "A comment."}

func refTo(name string) js { return js{"$ref": "#/$defs/" + name} }

func alternatives(schemas ...any) js { return js{"anyOf": schemas} }

// schemaWriter collects the definitions of blocks.
type schemaWriter struct{ defs js }

// block returns the schema of what stands under the name of a block: a key for each label, then a body, a list of
// bodies, or null. A partial block may lack what it needs, because a profile or a workload gives it.
func (g *schemaWriter) block(b *BlockType, path string, partial bool) any {
	name := path
	if partial && b != profileBlock {
		name += "-partial"
	}
	if _, ok := g.defs[name]; !ok {
		g.defs[name] = js{} // before its own blocks, which may hold it again
		g.defs[name] = g.body(b, path, partial)
	}
	body := refTo(name)
	if b == workloadBlock && !partial {
		g.block(b, path, true)
		body = js{"if": js{"required": []string{"profile"}}, "then": refTo(name + "-partial"), "else": refTo(name)}
	}
	schema := alternatives(body, js{"type": "array", "items": body}, js{"type": "null"})
	for i := len(b.Labels) - 1; i >= 0; i-- {
		keys := js{"type": "object", "properties": js{"//": comment}, "additionalProperties": schema}
		if pattern := b.Labels[i].Type.names(); pattern != nil {
			keys["propertyNames"] = alternatives(js{"const": "//"}, pattern)
		}
		schema = alternatives(keys, js{"type": "array", "items": keys}, js{"type": "null"})
	}
	schema["description"] = b.Doc
	return schema
}

// names returns the schema of names of the type, or nil if any name may stand there.
func (t *Type) names() any {
	switch {
	case len(t.Values) > 0:
		return js{"enum": t.Values}
	case t == labelType:
		return js{"pattern": dnsLabel.String(), "maxLength": 63}
	}
	return nil
}

func (g *schemaWriter) body(b *BlockType, path string, partial bool) any {
	if b.Open {
		return js{"type": "object"}
	}
	properties := js{"//": comment}
	required := []string{}
	for _, a := range b.Attributes {
		properties[a.Name] = a.schema()
		if a.Required && !partial {
			required = append(required, a.Name)
		}
	}
	for _, c := range b.Blocks {
		properties[c.Name] = g.block(c, path+"."+c.Name, partial)
		if c.Required && !partial {
			required = append(required, c.Name)
		}
	}
	body := js{"type": "object", "description": b.Doc, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		body["required"] = required
	}
	return body
}

func (a *Attribute) schema() js {
	schema := a.Type.schema()
	if !a.Required {
		schema = alternatives(schema, js{"type": "null"})
	}
	doc := a.Doc
	if a.Derived != "" {
		doc += " Left out: " + a.Derived + "."
	}
	if w := a.Weakening; w != nil {
		doc += fmt.Sprintf(" Weakening %s: %s It needs an exception.", w.When(), w.Doc)
	}
	schema["description"] = doc
	if a.Default != nil {
		schema["default"] = a.Default
	}
	return schema
}

// schema returns the schema of a value of the type, or of the expression that gives it.
func (t *Type) schema() js {
	text := js{"type": "string"}
	expression := refTo("expression")
	switch t.shape {
	case integer:
		return alternatives(js{"type": "integer", "minimum": t.min, "maximum": t.max}, js{"type": "string", "pattern": `^[+-]?[0-9]+$`}, expression)
	case boolean:
		return alternatives(js{"type": "boolean"}, js{"enum": []string{"true", "false"}}, expression)
	case reference:
		return refTo("reference")
	case list:
		items := js{"type": "array", "items": t.elem.schema()}
		if t.single {
			return alternatives(items, t.elem.schema(), expression)
		}
		return alternatives(items, expression)
	case mapping:
		return alternatives(js{"type": "object", "additionalProperties": t.elem.schema()}, expression)
	case scalar:
		switch {
		case len(t.Values) > 0:
			return alternatives(js{"enum": t.Values}, expression)
		case t.convert:
			return js{"type": []string{"string", "number", "boolean"}}
		}
		if t.Example != "" && !strings.Contains(t.Example, "${") {
			text["examples"] = []string{t.Example}
		}
		return text
	}
	return js{}
}
