package threatmodel

import (
	"cmp"
	"slices"
)

// exchange reaches a fact by another clause than the cheapest.
type exchange struct{ fact, clause int32 }

// plan returns the clauses of a derivation of the fact in the order in which an attacker takes them, each once. The
// clause that leads to a fact is the cheapest one unless an exchange names another. It returns nil if the exchanges make
// the derivation run in a circle, and an empty slice for base facts.
func (d *derivation) plan(fact int32, exchanges []exchange) []int32 {
	if d.state == nil {
		d.state = make([]uint8, d.h.facts)
	}
	order, ok := d.visit(fact, exchanges, []int32{})
	for _, f := range d.visited {
		d.state[f] = 0
	}
	d.visited = d.visited[:0]
	if !ok {
		return nil
	}
	return order
}

// visit appends to the order what leads to the fact.
func (d *derivation) visit(f int32, exchanges []exchange, order []int32) ([]int32, bool) {
	const (
		open = 1
		done = 2
	)
	switch d.state[f] {
	case open:
		return order, false
	case done:
		return order, true
	}
	d.visited = append(d.visited, f)
	c := d.by[f]
	for _, x := range exchanges {
		if x.fact == f {
			c = x.clause
		}
	}
	if c < 0 {
		d.state[f] = done
		return order, true
	}
	d.state[f] = open
	for _, x := range d.h.bodyOf(c) {
		var ok bool
		if order, ok = d.visit(x, exchanges, order); !ok {
			return order, false
		}
	}
	d.state[f] = done
	return append(order, c), true
}

// Limits of the search for further paths to one target.
const (
	maxPlans        = 400 // derivations looked at
	maxExpanded     = 24  // derivations that are varied
	maxAlternatives = 12  // other clauses tried for each fact of a derivation
)

// candidate is one derivation of a target.
type candidate struct {
	cost      int64   // steps that take a fault first, then effort, each step counted once
	clauses   []int32 // in order
	sorted    []int32
	exchanges []exchange // of different facts
}

// paths returns derivations of the target: those with fewer faults first, then the cheaper ones. The search starts at
// the cheapest by tree-sum and exchanges the last step to one or more of the facts on the way, because a way that is
// dearer as a tree may be cheaper once the steps that it shares are counted once.
//
// Facts in failed are controls that block but are assumed to fail.
func (a *analysis) paths(c *closure, d *derivation, target int32, failed map[int32]*cause, limit int) []*Path {
	seen := map[string]bool{}
	var found []*candidate
	var atoms []*Atom
	push := func(exchanges []exchange) {
		clauses := d.plan(target, exchanges)
		if clauses == nil {
			return
		}
		x := &candidate{clauses: clauses, exchanges: exchanges, sorted: slices.Sorted(slices.Values(clauses))}
		if key := encode(x.sorted); seen[key] {
			return
		} else {
			seen[key] = true
		}
		atoms = atoms[:0]
		for _, i := range clauses {
			x.cost += d.h.weight[i]
			if atom := a.g.Edges[i].Atom; atom != nil && !slices.Contains(atoms, atom) {
				atoms = append(atoms, atom)
				x.cost += failure
			}
		}
		found = append(found, x)
	}
	push(nil)
	for next := 0; next < len(found) && next < maxExpanded; next++ {
		// What is varied next is the best that has not been.
		slices.SortStableFunc(found[next:], func(x, y *candidate) int { return cmp.Compare(x.cost, y.cost) })
		for _, clause := range found[next].clauses {
			a.vary(c, d, found[next], clause, func(exchanges []exchange) {
				if len(seen) < maxPlans {
					push(exchanges)
				}
			})
		}
	}
	slices.SortStableFunc(found, func(x, y *candidate) int { return cmp.Compare(x.cost, y.cost) })
	var chosen []*candidate
	var paths []*Path
	for _, x := range found {
		// A path that does all of another and more tells nothing new.
		if len(paths) < limit && !slices.ContainsFunc(chosen, func(y *candidate) bool { return includes(x.sorted, y.sorted) }) {
			chosen = append(chosen, x)
			paths = append(paths, a.path(c, x.clauses, failed))
		}
	}
	return paths
}

// vary proposes to reach the head of one clause of a derivation by each other clause that holds.
func (a *analysis) vary(c *closure, d *derivation, x *candidate, clause int32, propose func([]exchange)) {
	fact, tried := d.h.heads[clause], 0
	for _, other := range d.h.clausesInto(fact) {
		if other == clause || c.missing[other] > 0 {
			continue
		}
		if tried++; tried > maxAlternatives {
			return
		}
		exchanges := []exchange{{fact, other}}
		for _, e := range x.exchanges {
			if e.fact != fact {
				exchanges = append(exchanges, e)
			}
		}
		propose(exchanges)
	}
}

// includes reports whether the sorted list a has all of the sorted list b.
func includes(a, b []int32) bool {
	i := 0
	for _, x := range a {
		if i < len(b) && b[i] == x {
			i++
		}
	}
	return i == len(b)
}

// failure is the price of a control's failure in the search for near misses: more than any effort, so that the number of
// failures decides first.
const failure = 10_000

// nearMisses returns the derivations of all facts that need the fewest controls to fail, by tree-sum.
func (a *analysis) nearMisses(w *worlds) *derivation {
	var up []int32
	for _, h := range a.g.holds {
		if f := a.g.holdFact(h); !w.later.holds[f] {
			up = append(up, f)
		}
	}
	return a.g.horn.cheapest(w.base, failure, up...)
}

// path tells the clauses as a story. Blockers that do not follow in the closure, or are assumed to fail, are in force:
// the step is blocked.
func (a *analysis) path(c *closure, clauses []int32, failed map[int32]*cause) *Path {
	p := &Path{Steps: []*StoryStep{}}
	gaps := map[string]bool{}
	for i, clause := range clauses {
		e := a.g.Edges[clause]
		s := &StoryStep{
			Number: i + 1, Step: e.Step.ID, Variant: e.Variant.Name, Layer: e.Step.Layer, Title: e.Title,
			Effort: e.Variant.Effort, Fault: e.Atom, Premises: a.ids(e.Premises), To: a.id(e.To), Remains: e.Variant.Remains,
		}
		if e.Undoes != nil {
			s.Undoes = a.control(*e.Undoes, c)
		}
		for _, h := range e.Blockers {
			if f := a.g.holdFact(h); !c.holds[f] || failed[f] != nil {
				s.By = append(s.By, a.control(h, nil))
				continue
			}
			x := a.control(h, c)
			s.Missing = append(s.Missing, x)
			if key := string(h.Control) + "@" + string(h.Subject); x.State != StateUndone && !gaps[key] {
				gaps[key] = true
				p.Gaps = append(p.Gaps, x)
			}
		}
		for _, h := range e.Hinders {
			if a.up(h) {
				s.Hinders = append(s.Hinders, a.control(h, nil))
			}
		}
		for _, h := range e.Reveals {
			if a.up(h) {
				s.Reveals = append(s.Reveals, a.control(h, nil))
			}
		}
		if x := e.Atom; x != nil && !slices.Contains(a.happened, a.g.atomFact(x)) && !slices.ContainsFunc(p.Faults, func(c *Cause) bool { return c.ID == x.ID }) {
			p.Faults = append(p.Faults, &Cause{ID: x.ID, Class: x.Class, Title: x.Title})
		}
		p.Effort += int(e.Variant.Effort)
		p.Steps = append(p.Steps, s)
	}
	return p
}
