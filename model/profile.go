package model

import "slices"

// applyProfile fills in what a workload leaves out from its profile, once. Attributes are taken whole; blocks that both
// have, by type and labels, are filled in turn. A weakening in a profile so becomes one of each workload that uses it.
func (l *loader) applyProfile(n *node) {
	if n.schema != workloadBlock || n.filled {
		return
	}
	n.filled = true // before the evaluation, which may come back here
	v := l.value(n.attribute("profile"))
	if v == nil {
		return
	}
	if p := v.v.(*ref).node; p != nil {
		n.profiles = append(n.profiles, p)
		fill(n, p)
	}
}

func fill(n, from *node) {
	for name, a := range from.attrs {
		if n.attrs[name] == nil {
			n.attrs[name] = a
		}
	}
	for _, c := range from.children {
		if own := n.find(c.schema, c.labels); own != nil {
			fill(own, c)
			continue
		}
		n.children = append(n.children, c.copyUnder(n, func(a *attr) *attr { return a }))
	}
	n.readdress()
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
