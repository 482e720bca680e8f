package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// applyProfile fills in what a workload or profile leaves out from the profiles that it names, once. A weakening in a
// profile so becomes one of each workload that uses it.
//
// What stands nearer goes first: the block's own, then its profiles, then theirs. Attributes are taken whole; blocks that
// both have, by type and labels, are filled in turn. Profiles that stand side by side must not contradict each other,
// since nobody could see which of them counts: what two of them say differently, the block must say itself.
func (l *loader) applyProfile(n *node) {
	if n.schema != workloadBlock && n.schema != profileBlock || n.filled != untouched {
		return
	}
	leave, ok := l.deeper(n.at)
	if !ok {
		n.filled = done
		return
	}
	defer leave()
	n.filled = running // before the evaluation, which may come back here
	defer func() { n.filled = done }()
	f := filler{l: l, own: n.written(), from: map[*attr]*node{}}
	for _, v := range l.items(n, "profile") {
		p := v.v.(*ref).node
		if p.filled == running {
			l.errorf(v.at, "Circular definition", "%s builds on itself. Leave one of its profiles out.", p.addr)
			continue
		}
		l.applyProfile(p)
		f.profiles, f.places = append(f.profiles, p), append(f.places, v.at)
	}
	for i, p := range f.profiles {
		// A profile that another one builds on is in that one.
		if !slices.ContainsFunc(f.profiles, func(other *node) bool { return slices.Contains(other.profiles, p) }) {
			f.fill(n, i, p, "")
		}
		n.profiles = append(append(n.profiles, p), p.profiles...)
	}
	n.readdress()
}

// written lists the attributes of the block and of those inside it, by path, that it sets itself.
func (n *node) written() map[string]bool {
	all := map[string]bool{}
	var walk func(n *node, path string)
	walk = func(n *node, path string) {
		for name := range n.attrs {
			all[path+name] = true
		}
		for _, c := range n.children {
			walk(c, path+c.header()+".")
		}
	}
	walk(n, "")
	return all
}

// header tells the block from others inside the same block.
func (n *node) header() string {
	return strings.Join(append([]string{n.schema.Name}, n.labels...), " ")
}

// filler fills one block from its profiles.
type filler struct {
	l        *loader
	profiles []*node
	places   []hcl.Range     // where the block names them
	own      map[string]bool // attributes that the block sets itself
	from     map[*attr]*node // the profile that has filled in each other attribute
}

// fill fills in from the part of the ith profile that stands at the path.
func (f *filler) fill(n *node, i int, from *node, path string) {
	for name, a := range from.attrs {
		if name == "profile" && path == "" {
			continue
		}
		there := n.attrs[name]
		switch {
		case there == nil:
			n.attrs[name] = a
			f.from[a] = f.profiles[i]
		case there != a && !f.own[path+name]:
			f.l.errorf(f.places[i], "Profiles disagree", "%s and %s both set %s. Say in %s which value is meant.", f.from[there].addr, f.profiles[i].addr, setting(path+name), n.top().describe())
		}
	}
	for _, c := range from.children {
		if c.broken {
			continue
		}
		inside := path + c.header() + "."
		if own := n.find(c.schema, c.labels); own != nil {
			f.fill(own, i, c, inside)
			continue
		}
		n.children = append(n.children, f.l.copyUnder(c, n, func(a *attr) *attr {
			f.from[a] = f.profiles[i]
			return a
		}))
	}
}

// setting writes the path of an attribute as people read it: readiness probe paths become probe "readiness" period.
func setting(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts[:len(parts)-1] {
		kind, labels, labelled := strings.Cut(p, " ")
		if labelled {
			kind = fmt.Sprintf("%s %q", kind, labels)
		}
		parts[i] = kind
	}
	return strings.Join(parts, " ")
}

// find returns the nested block of the type with the labels, or nil.
func (n *node) find(s *BlockType, labels []string) *node {
	for _, c := range n.children {
		if c.schema == s && slices.Equal(c.labels, labels) {
			return c
		}
	}
	return nil
}
