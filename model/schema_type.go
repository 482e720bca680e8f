package model

import (
	"fmt"
	"slices"
	"strings"
)

// Type is what the value of an attribute must be.
type Type struct {
	Name   string   // for people: "CIDR", "list of CIDRs"
	Values []string // of an enumeration
	Kinds  []string // of blocks that a reference may name
	// Example is a text that the type takes, for people; "" where the name says enough.
	Example string

	shape    shape
	elem     *Type // of lists and maps
	key      *Type // of maps
	min, max int   // of integers
	single   bool  // a list that may be written as one value
	convert  bool  // numbers and bools are taken as text
	secret   bool  // looks like a secret, but is public
	parse    func(string) (any, *problem)
}

// shape is how a type is written.
type shape int

const (
	scalar  shape = iota // text, parsed by parse
	integer              // a whole number between min and max
	boolean
	reference
	list
	mapping
	anything // read by code of its own
)

// problem is what is wrong with a value.
type problem struct {
	summary, detail string
	near            suggestion
}

func bad(summary, format string, args ...any) *problem {
	return &problem{summary, fmt.Sprintf(format, quotable(args)...), suggested(args)}
}

// textType returns a type whose values are strings that pass the parser.
func textType[T any](name string, parse func(string) (T, *problem)) *Type {
	return &Type{Name: name, shape: scalar, parse: func(s string) (any, *problem) { return parse(s) }}
}

func number(min, max int) *Type {
	return &Type{Name: fmt.Sprintf("whole number from %d to %d", min, max), shape: integer, min: min, max: max}
}

// anyType is for expressions that are not plain values.
var anyType = &Type{Name: "expression", shape: anything}

var boolType = &Type{Name: "true or false", shape: boolean}

// enum returns a type with the given values.
func enum[T ~string](values ...T) *Type {
	t := &Type{Name: "one of", shape: scalar}
	for _, v := range values {
		t.Values = append(t.Values, string(v))
	}
	t.Name = oneOf(t.Values)
	t.parse = func(s string) (any, *problem) {
		if slices.Contains(t.Values, s) {
			return T(s), nil
		}
		return nil, bad("Unknown value", "%q is not %s.%s", s, t.Name, didYouMean(s, t.Values))
	}
	return t
}

// oneOf joins quoted values: "a", "b" or "c".
func oneOf(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = fmt.Sprintf("%q", v)
	}
	return either(quoted)
}

// either joins words: a, b or c.
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// to returns a type that takes a reference to a block of one of the kinds.
func to(kinds ...string) *Type {
	return &Type{Name: "reference to a " + either(kinds), shape: reference, Kinds: kinds}
}

func listOf(elem *Type) *Type {
	return &Type{Name: "list: " + elem.Name, shape: list, elem: elem, Kinds: elem.Kinds, Values: elem.Values}
}

// oneOrMore is a list that may also be written as one value.
func oneOrMore(elem *Type) *Type {
	return &Type{Name: elem.Name + ", or a list", shape: list, elem: elem, single: true, Kinds: elem.Kinds}
}

func mapOf(key, elem *Type) *Type {
	return &Type{Name: "map: " + key.Name + " to " + elem.Name, shape: mapping, key: key, elem: elem}
}

// constant turns a default of the schema into a value. A default that does not fit is a bug.
func (t *Type) constant(d any) *value {
	switch x := d.(type) {
	case int, bool:
		return &value{v: x}
	case string:
		v, p := t.parse(x)
		if p != nil {
			panic("schema: " + p.detail)
		}
		return &value{v: v}
	}
	panic(fmt.Sprintf("schema: default %v", d))
}
