package threatmodel

import (
	"cmp"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// frontier lists the edges whose premises the attacker holds, today or later, and that controls block.
func (a *analysis) frontier(w *worlds, r *EntryReport) {
	g := a.g
	type candidate struct {
		edge  int
		cost  int64
		later bool
	}
	var found []candidate
	for i, e := range g.Edges {
		if w.today.holds[g.horn.heads[i]] || e.Atom != nil && !r.Profile.suffers(e.Atom) {
			continue
		}
		x := candidate{edge: i}
		reached := true
		for _, p := range e.Premises {
			switch {
			case w.today.holds[p.index]:
				x.cost += w.dToday.cost[p.index]
			case w.later.holds[p.index]:
				x.cost += w.dLater.cost[p.index]
				x.later = true
			default:
				reached = false
			}
		}
		if e.Atom != nil {
			x.cost += failure // what needs no fault besides comes first
		}
		if reached && len(w.inForce(g, e, x.later)) > 0 {
			found = append(found, x)
		}
	}
	r.BlockedTotal = len(found)
	slices.SortStableFunc(found, func(x, y candidate) int {
		if x.later != y.later {
			if x.later {
				return 1
			}
			return -1
		}
		return cmp.Compare(x.cost, y.cost)
	})
	for _, c := range found[:min(len(found), a.options.Frontier)] {
		r.Blocked = append(r.Blocked, a.blocked(w, c.edge, c.cost%failure, c.later))
	}
}

// inForce are the controls that block the edge, today or after every modelled vulnerability and theft.
func (w *worlds) inForce(g *Graph, e *Edge, later bool) []model.Hold {
	world := w.today
	if later {
		world = w.later
	}
	var up []model.Hold
	for _, h := range e.Blockers {
		if !world.holds[g.holdFact(h)] {
			up = append(up, h)
		}
	}
	return up
}

func (a *analysis) blocked(w *worlds, edge int, cost int64, later bool) *BlockedStep {
	e := a.g.Edges[edge]
	s := &BlockedStep{Step: e.Step.ID, Variant: e.Variant.Name, Layer: e.Step.Layer, Title: e.Title, Effort: int(cost), Fault: e.Atom}
	s.Premises, s.To = a.ids(e.Premises), a.id(e.To)
	if e.Undoes != nil {
		s.Undoes = a.control(*e.Undoes, nil)
	}
	by := w.inForce(a.g, e, later)
	for _, h := range e.Blockers {
		if slices.Contains(by, h) {
			s.By = append(s.By, a.control(h, nil))
		} else {
			s.Missing = append(s.Missing, a.control(h, w.later))
		}
	}
	if later {
		for _, p := range e.Premises {
			for _, c := range w.dLater.plan(p.index, nil) {
				if x := a.g.Edges[c].Atom; x != nil && !slices.Contains(s.Faults, x) && !slices.Contains(a.happened, a.g.atomFact(x)) {
					s.Faults = append(s.Faults, x)
				}
			}
		}
	}
	return s
}
