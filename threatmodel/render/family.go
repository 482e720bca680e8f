package render

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// family is all steps between the same boxes that have the same mark. The first, the cheapest, stands for them.
type family struct {
	from  []string
	to    string
	mark  Mark
	step  string
	title string
	lines []string
	more  int
	cost  int
}

func (f *family) box(i int) *Box {
	lines := f.lines
	if f.more > 0 {
		lines = append(slices.Clone(lines), fmt.Sprintf("and %d more", f.more))
	}
	return &Box{ID: fmt.Sprintf("step %d", i), Title: f.step + "  " + f.title, Lines: lines, Mark: f.mark}
}

// openFamilies returns the steps of the cheapest paths that no control blocks, whole paths only, until the sheet is full:
// first those that are open today, then those that take the fewest faults.
func (o *overview) openFamilies(entries []*threatmodel.EntryReport, limit int) (families []*family, paths, shown int) {
	type found struct {
		path  *threatmodel.Path
		start []string
	}
	var all []found
	for _, e := range entries {
		for _, asset := range e.Assets {
			for _, p := range asset.Paths {
				if p.Unblocked() {
					all = append(all, found{p, e.Start})
					break
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		return cmp.Or(cmp.Compare(len(a.path.Faults), len(b.path.Faults)), cmp.Compare(a.path.Effort, b.path.Effort))
	})
	seen := map[string]*family{}
	for _, f := range all {
		trial, inner := map[string]*family{}, maps.Clone(o.inner)
		for key, x := range seen {
			copied := *x
			trial[key] = &copied
		}
		for _, s := range f.path.Steps {
			x := &family{step: s.Step, title: s.Title, cost: s.Number}
			x.mark, x.lines = stepLook(s)
			o.add(trial, x, s.Premises, s.To)
		}
		if len(trial) > limit {
			o.inner = inner
			continue
		}
		seen = trial
		shown++
		o.markReached(f.path, f.start)
	}
	for _, x := range seen {
		families = append(families, x)
	}
	slices.SortFunc(families, compareFamilies)
	return families, len(all), shown
}

// markReached marks what the attacker holds on the path before it takes a fault.
func (o *overview) markReached(p *threatmodel.Path, start []string) {
	held := map[string]bool{}
	for _, id := range start {
		held[id] = true
	}
	for _, s := range p.Steps {
		reached := s.Fault == nil && s.To != ""
		for _, id := range s.Premises {
			reached = reached && held[id]
		}
		if reached {
			held[s.To] = true
			o.mark(s.To, MarkHeld)
		}
	}
}

// blockedFamilies returns what stops attackers where they stand today, cheapest first, apart from steps between boxes
// that an open step joins already.
func (o *overview) blockedFamilies(entries []*threatmodel.EntryReport, open []*family) []*family {
	seen := map[string]*family{}
	for _, e := range entries {
		for _, b := range e.Blocked {
			if b.To == "" || len(b.Faults) > 0 {
				continue
			}
			f := &family{mark: MarkBlocked, step: b.Step, title: b.Title, cost: b.Effort, lines: stoppers(b.By)}
			o.add(seen, f, b.Premises, b.To)
		}
	}
	for _, f := range open {
		delete(seen, f.key())
	}
	var families []*family
	for _, f := range seen {
		families = append(families, f)
	}
	slices.SortFunc(families, compareFamilies)
	return families
}

func compareFamilies(a, b *family) int {
	return cmp.Or(cmp.Compare(a.cost, b.cost), slices.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.step, b.step))
}

func (f *family) key() string { return strings.Join(f.from, "|") + ">" + f.to }

// add joins a step to its family. A step inside one box is not drawn; the fault that it takes is told in the box.
func (o *overview) add(families map[string]*family, f *family, premises []string, to string) {
	for _, id := range premises {
		if p := o.positions[id]; p != nil {
			box, _, _ := o.boxOf(p)
			if !slices.Contains(f.from, box) {
				f.from = append(f.from, box)
			}
		}
	}
	slices.Sort(f.from)
	p := o.positions[to]
	if p == nil || len(f.from) == 0 {
		return
	}
	f.to, _, _ = o.boxOf(p)
	if slices.Contains(f.from, f.to) {
		if len(f.from) == 1 {
			if line := f.step + " " + strings.Join(f.lines, " "); f.mark == MarkFault && !slices.Contains(o.inner[f.to], line) {
				o.inner[f.to] = append(slices.Clip(o.inner[f.to]), line)
			}
			return
		}
		f.from = slices.DeleteFunc(f.from, func(id string) bool { return id == f.to })
	}
	key := f.key()
	old := families[key]
	switch {
	case old == nil:
		families[key] = f
	case old.step == f.step && old.title == f.title:
	case f.cost < old.cost:
		f.more = old.more + 1
		families[key] = f
	default:
		old.more++
	}
}

// stoppers are the lines of a blocked step: the first control that blocks it, and its file.
func stoppers(by []*threatmodel.Control) []string {
	if len(by) == 0 {
		return nil
	}
	first := shown(by)
	line := "blocked by " + string(first.ID)
	if len(by) > 1 {
		line += fmt.Sprintf(" and %d more", len(by)-1)
	}
	if first.Path == "" {
		return []string{line}
	}
	return []string{line, shortPath(first.Path)}
}

// shown is the control that is named of several which block a step: the first that a file proves.
func shown(by []*threatmodel.Control) *threatmodel.Control {
	for _, c := range by {
		if c.Path != "" {
			return c
		}
	}
	return by[0]
}

// shortPath drops the directories that every path of a cluster shares.
func shortPath(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 2 && parts[0] == "clusters" {
		parts = parts[2:]
	}
	if len(parts) > 3 {
		return "…/" + path.Join(parts[len(parts)-3:]...)
	}
	return path.Join(parts...)
}
