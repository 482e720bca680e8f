package model

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// The accessors of this file read attributes of a decoded block. The attribute must be in the schema of the block:
// anything else is a bug, which the tests find.

// attribute returns the attribute as written, or nil.
func (n *node) attribute(name string) *attr {
	if n.schema.attributes[name] == nil {
		panic(fmt.Sprintf("model: block %s has no attribute %s", n.schema.Name, name))
	}
	return n.attrs[name]
}

// has reports whether the attribute is written and not null, right or wrong.
func (l *loader) has(n *node, name string) bool {
	a := n.attribute(name)
	if a == nil {
		return false
	}
	return l.value(a) != nil || !a.null
}

// get returns the value of the attribute, or its default, or nil.
func (l *loader) get(n *node, name string) *value {
	a := n.attribute(name)
	if v := l.value(a); v != nil {
		return v
	}
	return n.schema.attributes[name].def
}

// at returns the place of the attribute's value, or of the block's header where it is left out.
func (l *loader) at(n *node, name string) hcl.Range {
	if a := n.attribute(name); a != nil {
		return a.expr.Range()
	}
	return n.at
}

// as returns the attribute's value, its default, or the zero value. Use it for everything but lists and maps.
func as[T any](l *loader, n *node, name string) T {
	var zero T
	v := l.get(n, name)
	if v == nil {
		return zero
	}
	return of[T](*v)
}

// of returns what a value holds: for references, the model value that is named.
func of[T any](v value) T {
	x := v.v
	if r, ok := x.(*ref); ok {
		if o, ok := any(r).(T); ok {
			return o
		}
		x = r.object()
	}
	t, _ := x.(T)
	return t
}

// items returns the elements of a list or the entries of a map; nil if it is left out.
func (l *loader) items(n *node, name string) []value {
	v := l.get(n, name)
	if v == nil {
		return nil
	}
	return v.list
}

// listOfT returns the elements of a list that hold a T.
func each[T any](l *loader, n *node, name string) []T {
	var all []T
	for _, v := range l.items(n, name) {
		if r, ok := v.v.(*ref); ok {
			o, ok := r.object().(T)
			if ok {
				all = append(all, o)
			}
			continue
		}
		if t, ok := v.v.(T); ok {
			all = append(all, t)
		}
	}
	return all
}

// table returns the entries of a map whose values hold a T; nil if there are none.
func table[T any](l *loader, n *node, name string) map[string]T {
	items := l.items(n, name)
	if len(items) == 0 {
		return nil
	}
	m := make(map[string]T, len(items))
	for _, e := range items {
		if t, ok := e.v.(T); ok {
			m[e.key] = t
		}
	}
	return m
}
