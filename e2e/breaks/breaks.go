// Package breaks breaks configuration files: it finds everything in the bytes of a YAML file that can be broken, and makes
// the broken file. Tests use it to see that somebody notices, whatever stands in the files.
package breaks

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// File is a YAML file, taken apart.
type File struct {
	Docs []any // as maps, lists, texts, numbers and truth values
}

// Parse reads a file whose documents are separated by lines of "---".
func Parse(data []byte) (*File, error) {
	f := &File{}
	for _, text := range bytes.Split(bytes.TrimPrefix(data, []byte("---\n")), []byte("\n---\n")) {
		var doc any
		if err := yaml.Unmarshal(text, &doc); err != nil {
			return nil, err
		}
		f.Docs = append(f.Docs, doc)
	}
	return f, nil
}

// Spot is one thing in a file that can be broken: a flag of a component, a field, or an entry of a list.
type Spot struct {
	Doc  int    // number of the document in the file
	Path []any  // names of fields and indexes of lists, from the document's root
	ID   string // "ClusterConfiguration apiServer.extraArgs.profiling"; indexes of other lists are "[]"
	Flag bool   // it is an entry {name, value} of a list of flags
	// Name and Value are a flag's; otherwise Value is what stands there.
	Name  string
	Value any
}

// Spots returns all spots of the file, in order.
func (f *File) Spots() []Spot {
	var all []Spot
	for i, doc := range f.Docs {
		kind, _ := At(doc, "kind").(string)
		walk(doc, Spot{Doc: i, ID: kind + " ", Value: doc}, func(s Spot) { all = append(all, s) })
	}
	return all
}

func walk(node any, at Spot, visit func(Spot)) {
	below := func(key, value any, id string) {
		s := Spot{Doc: at.Doc, Path: append(slices.Clone(at.Path), key), ID: at.ID + id, Value: value}
		if m, ok := value.(map[string]any); ok && len(m) == 2 {
			name, named := m["name"].(string)
			text, valued := m["value"].(string)
			if _, list := key.(int); list && named && valued {
				s.Flag, s.Name, s.Value, s.ID = true, name, text, at.ID+"."+name
			}
		}
		visit(s)
		if !s.Flag {
			walk(value, s, visit)
		}
	}
	dot := "."
	if len(at.Path) == 0 {
		dot = ""
	}
	switch n := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(n)) {
			below(key, n[key], dot+key)
		}
	case []any:
		for i, value := range n {
			below(i, value, "[]")
		}
	}
}

// At returns what stands at the path, or nil.
func At(node any, path ...any) any {
	for _, key := range path {
		switch n := node.(type) {
		case map[string]any:
			node = n[key.(string)]
		case []any:
			node = n[key.(int)]
		}
	}
	return node
}

// With returns the bytes of the file with the edit made at the spot. The file itself stays as it is.
func (f *File) With(s Spot, e Edit) ([]byte, error) {
	var out bytes.Buffer
	for i, doc := range f.Docs {
		if i > 0 {
			out.WriteString("---\n")
		}
		if i == s.Doc {
			doc = editAt(copied(doc), s.Path, e)
		}
		text, err := yaml.Marshal(doc)
		if err != nil {
			return nil, err
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

func copied(node any) any {
	switch n := node.(type) {
	case map[string]any:
		m := make(map[string]any, len(n))
		for key, value := range n {
			m[key] = copied(value)
		}
		return m
	case []any:
		l := make([]any, len(n))
		for i, value := range n {
			l[i] = copied(value)
		}
		return l
	}
	return node
}

func editAt(node any, path []any, e Edit) any {
	if len(path) == 1 {
		return e(node, path[0])
	}
	switch n := node.(type) {
	case map[string]any:
		n[path[0].(string)] = editAt(n[path[0].(string)], path[1:], e)
	case []any:
		n[path[0].(int)] = editAt(n[path[0].(int)], path[1:], e)
	}
	return node
}

// Edit changes what stands at the key of a map or the index of a list, and returns the map or list.
type Edit func(parent, key any) any

// Break is one way to break a spot.
type Break struct {
	How  string // "removed", "weakened", "misspelt" or "bad value"
	Edit Edit
	// Name and Value are what a broken flag is then; a removed one has no name.
	Name, Value string
}

// Breaks returns the ways to break the spot.
func (s Spot) Breaks() []Break {
	all := []Break{{How: "removed", Edit: remove}}
	if s.Flag {
		flag := func(how, name, value string) {
			all = append(all, Break{how, set(map[string]any{"name": name, "value": value}), name, value})
		}
		flag("misspelt", s.Name+"s", s.Value.(string))
		flag("bad value", s.Name, "@")
		if weak, ok := s.weakened().(string); ok {
			flag("weakened", s.Name, weak)
		}
		return all
	}
	bad := "many" // where a number, a truth value, a list or a map is wanted
	if _, text := s.Value.(string); text {
		bad = "@"
	}
	all = append(all, Break{How: "bad value", Edit: set(bad)})
	if weak := s.weakened(); weak != nil {
		all = append(all, Break{How: "weakened", Edit: set(weak)})
	}
	if name, ok := s.Path[len(s.Path)-1].(string); ok {
		all = append(all, Break{How: "misspelt", Edit: func(parent, _ any) any {
			m := parent.(map[string]any)
			m[name+"s"] = m[name]
			delete(m, name)
			return m
		}})
	}
	return all
}

func set(value any) Edit {
	return func(parent, key any) any {
		switch p := parent.(type) {
		case map[string]any:
			p[key.(string)] = value
		case []any:
			p[key.(int)] = value
		}
		return parent
	}
}

func remove(parent, key any) any {
	switch p := parent.(type) {
	case map[string]any:
		delete(p, key.(string))
	case []any:
		return slices.Delete(p, key.(int), key.(int)+1)
	}
	return parent
}

// weakened returns a value that undoes what the spot's is for, or nil.
func (s Spot) weakened() any {
	for name, weak := range insecure {
		if strings.HasSuffix(s.ID, "."+name) || strings.HasSuffix(s.ID, " "+name) {
			return weak
		}
	}
	switch v := s.Value.(type) {
	case bool:
		return !v
	case string:
		switch {
		case v == "true":
			return "false"
		case v == "false":
			return "true"
		case strings.HasPrefix(v, "/"):
			return "/tmp/elsewhere"
		}
	}
	return nil
}
