package threatmodel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// plan returns the clauses of a derivation of the fact in the order in which an attacker takes them, each once. The
// clause that leads to a fact is the cheapest one unless override names another. It returns nil if the overrides make
// the derivation run in a circle, and an empty slice for base facts.
func (d *derivation) plan(fact int32, override map[int32]int32) []int32 {
	const (
		open = 1
		done = 2
	)
	state := map[int32]int{}
	order := []int32{}
	var visit func(f int32) bool
	visit = func(f int32) bool {
		switch state[f] {
		case open:
			return false
		case done:
			return true
		}
		c, ok := override[f]
		if !ok {
			c = d.by[f]
		}
		if c < 0 {
			state[f] = done
			return true
		}
		state[f] = open
		for _, x := range d.h.bodyOf(c) {
			if !visit(x) {
				return false
			}
		}
		state[f] = done
		order = append(order, c)
		return true
	}
	if !visit(fact) {
		return nil
	}
	return order
}

// Limits of the search for further paths to one target.
const (
	maxPlans        = 400 // derivations looked at
	maxAlternatives = 12  // other clauses tried for each fact of a derivation
)

// paths returns derivations of the target, cheapest first. The first is the cheapest by tree-sum; further ones are found
// by exchanging the last step to one or more of the facts on the way.
func (a *analysis) paths(c *closure, d *derivation, target int32) []*Path {
	type candidate struct {
		cost     int64
		key      string
		clauses  []int32
		override map[int32]int32
	}
	seen := map[string]bool{}
	var queue []*candidate
	push := func(override map[int32]int32) {
		clauses := d.plan(target, override)
		if clauses == nil {
			return
		}
		x := &candidate{clauses: clauses, override: override}
		sorted := slices.Sorted(slices.Values(clauses))
		var key strings.Builder
		for _, i := range sorted {
			x.cost += d.h.weight[i]
			fmt.Fprintf(&key, "%d ", i)
		}
		x.key = key.String()
		if !seen[x.key] {
			seen[x.key] = true
			queue = append(queue, x)
		}
	}
	push(nil)
	var paths []*Path
	for len(queue) > 0 && len(paths) < a.options.Paths {
		slices.SortStableFunc(queue, func(x, y *candidate) int { return cmp.Compare(x.cost, y.cost) })
		best := queue[0]
		queue = queue[1:]
		paths = append(paths, a.path(c, best.clauses))
		for _, clause := range best.clauses {
			fact := d.h.heads[clause]
			tried := 0
			for _, other := range d.h.clausesInto(fact) {
				if other == clause || c.missing[other] > 0 {
					continue
				}
				if tried++; tried > maxAlternatives || len(seen) > maxPlans {
					break
				}
				override := map[int32]int32{fact: other}
				for f, o := range best.override {
					if f != fact {
						override[f] = o
					}
				}
				push(override)
			}
		}
	}
	return paths
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

// path tells the clauses as a story. Blockers that do not follow in the closure are in force: the step is blocked.
func (a *analysis) path(c *closure, clauses []int32) *Path {
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
			if !c.holds[a.g.holdFact(h)] {
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
		if e.Atom != nil && !slices.Contains(p.Faults, e.Atom) {
			p.Faults = append(p.Faults, e.Atom)
		}
		p.Effort += int(e.Variant.Effort)
		p.Steps = append(p.Steps, s)
	}
	return p
}
