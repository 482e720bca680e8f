package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A value that came from a profile, or from a block with for_each, is wrong for one workload and right for another. The
// diagnostic shows the line that holds the value, and says for which block it was used.

// use is a block for which something written elsewhere, or for several blocks at once, was judged.
type use struct {
	addr Address
	at   hcl.Range // header of the block; none where the diagnostic shows the block itself
}

// extra is what a diagnostic knows besides its words.
type extra struct {
	hidden     bool // the source text must not be shown
	uses       []use
	suggestion suggestion // the name that was probably meant
	remedy     string     // text to add to the specification
}

func extraOf(d *hcl.Diagnostic) extra {
	e, _ := d.Extra.(extra)
	return e
}

// about makes n the block that diagnostics are about, until the returned function is called.
func (l *loader) about(n *node) (done func()) {
	before := l.subject
	l.subject = n
	return func() { l.subject = before }
}

// owner is the instance that the attribute belongs to, or nil.
func (a *attr) owner() *node {
	if a.each == nil {
		return nil
	}
	return a.each.self
}

// inUse adds for which block something is wrong, where its place does not say so.
func (l *loader) inUse(d *hcl.Diagnostic) *hcl.Diagnostic {
	n := l.subject
	if n == nil || d.Subject == nil {
		return d
	}
	e := extraOf(d)
	if n.each != nil && within(n.span, *d.Subject) {
		e.uses = []use{{addr: n.addr}}
	}
	for _, p := range n.profiles {
		if within(p.span, *d.Subject) {
			e.uses = []use{{n.addr, n.at}}
		}
	}
	d.Extra = e
	return d
}

// within reports whether a place is inside another.
func within(outer, r hcl.Range) bool {
	return r.Filename == outer.Filename && outer.Start.Byte <= r.Start.Byte && r.Start.Byte < outer.End.Byte
}

// join adds the uses of a diagnostic that says the same, each block once.
func (e *extra) join(other extra) {
	for _, u := range other.uses {
		if !slices.ContainsFunc(e.uses, func(x use) bool { return x.addr == u.addr }) {
			e.uses = append(e.uses, u)
		}
	}
}

// shownUses is how many blocks a diagnostic names at most.
const shownUses = 3

// usedBy names the blocks in one line, "" if there are none.
func (e extra) usedBy() string {
	if len(e.uses) == 0 {
		return ""
	}
	var names []string
	for _, u := range e.uses[:min(shownUses, len(e.uses))] {
		name := string(u.addr)
		if u.at.Filename != "" {
			name += fmt.Sprintf(" (%s line %d)", u.at.Filename, u.at.Start.Line)
		}
		names = append(names, name)
	}
	s := "for " + strings.Join(names, ", ")
	if more := len(e.uses) - shownUses; more > 0 {
		s += " and " + plural(more, "other", "others")
	}
	return s
}
