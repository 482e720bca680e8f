package threatmodel

import (
	"cmp"
	"slices"
)

// told is how many minimal sets are turned into stories to find the ones with the least effort, and how many single
// faults say which controls the attack needs down; the others name the file only.
const told = 40

// tellFaults tells how the smallest sets of faults open the asset, and names its single points of failure. Where no set
// was found, one way tells what would suffice, so that the tolerance has an upper bound.
func (a *analysis) tellFaults(w *worlds, r *AssetReport, target int32, sets []faultSet) {
	if len(sets) == 0 {
		if w.dAll == nil {
			w.dAll = a.nearMisses(w)
		}
		p := a.path(w.later, w.dAll.plan(target, nil), nil)
		a.nameFaults(p, nil)
		r.Paths, r.Tolerance.AtMost = []*Path{p}, len(p.Faults)
		return
	}
	seen := map[string]bool{}
	for i, set := range sets {
		if len(set) > r.Tolerance.Faults {
			break
		}
		for n, alike := range byKind(w.causes, set) {
			kinds := ""
			for _, slot := range alike {
				kinds += w.causes[slot[0]].kind + "\x00"
			}
			tell := !seen[kinds] || len(set) == 1 && i+n < told
			if tell {
				p := a.after(w, target, alike.example())
				if !seen[kinds] {
					seen[kinds] = true
					r.Paths = append(r.Paths, p)
				}
				if len(set) == 1 {
					r.Single = append(r.Single, p.Faults...)
				}
				fillExample(r, p)
			}
			if len(set) == 1 {
				rest := alike[0]
				if tell {
					rest = rest[1:]
				}
				for _, f := range rest {
					c := w.causes[f].Cause
					r.Single = append(r.Single, &c)
				}
			}
		}
	}
	slices.SortFunc(r.Single, func(x, y *Cause) int { return cmp.Compare(x.ID, y.ID) })
	slices.SortStableFunc(r.Paths, func(x, y *Path) int {
		return cmp.Or(cmp.Compare(len(x.Faults), len(y.Faults)), cmp.Compare(x.Effort, y.Effort))
	})
	r.Paths = r.Paths[:min(len(r.Paths), a.options.Paths)]
}

// after tells the path that is open after a set of faults.
func (a *analysis) after(w *worlds, target int32, set []int32) *Path {
	failed := map[int32]*cause{}
	var facts []int32
	for _, f := range set {
		facts = append(facts, w.facts[f]...)
		if w.causes[f].Class == Configuration {
			for _, x := range w.facts[f] {
				failed[x] = w.causes[f]
			}
		}
	}
	n := len(w.today.trail)
	w.today.extend(facts)
	d := &derivation{h: a.g.horn, by: slices.Clone(w.dToday.by)}
	for _, f := range w.today.trail[n:] {
		d.by[f] = w.today.by[f]
	}
	p := a.paths(w.today, d, target, failed, 1)[0]
	w.today.retract(n)
	a.nameFaults(p, failed)
	return p
}

// nameFaults adds to the path's faults the failures of the controls that block its steps. Controls that share a cause
// are one fault. Failed says which of its files a control lost; where it does not, the first stands for all.
func (a *analysis) nameFaults(p *Path, failed map[int32]*cause) {
	byID := map[string]*Cause{}
	for _, s := range p.Steps {
		for _, c := range s.By {
			x := a.hangsOn(c.hold())[0].Cause
			if f := failed[a.g.holdFact(c.hold())]; f != nil {
				x = f.Cause
			}
			if byID[x.ID] == nil {
				byID[x.ID] = &x
				p.Faults = append(p.Faults, &x)
			}
			named := byID[x.ID]
			if !slices.ContainsFunc(named.Controls, func(o *Control) bool { return o.hold() == c.hold() }) {
				named.Controls = append(named.Controls, c)
			}
		}
	}
}

// fillExample lets the family that the path is an example of say which controls fail.
func fillExample(r *AssetReport, p *Path) {
	for _, f := range r.Tolerance.Families {
		same := len(f.Example) == len(p.Faults)
		for _, e := range f.Example {
			same = same && slices.ContainsFunc(p.Faults, func(c *Cause) bool { return c.ID == e.ID })
		}
		if !same {
			continue
		}
		for i, e := range f.Example {
			for _, c := range p.Faults {
				if c.ID == e.ID {
					f.Example[i] = c
				}
			}
		}
	}
}
