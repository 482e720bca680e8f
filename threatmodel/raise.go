package threatmodel

import (
	"cmp"
	"slices"
)

// Bounds of the search for additions.
const (
	maxRaise       = 2   // controls in one addition
	maxRaises      = 6   // additions that are told for each attacker and asset
	maxRaiseWorlds = 400 // fixed points for each attacker and asset
)

// Raise says which controls would have to be added so that an asset withstands one fault more.
type Raise struct {
	// Additions are the smallest ones, as many as were found; each is enough by itself. Empty: see Limit.
	Additions []*Addition `json:"additions,omitempty"`
	// Limit says why there is no addition.
	Limit RaiseLimit `json:"limit,omitempty"`
}

// RaiseLimit says why no addition was found.
type RaiseLimit string

const (
	// RaiseImpossible: all controls of the catalogue together are not enough; a step has none that would stop it.
	RaiseImpossible RaiseLimit = "impossible"
	// RaiseLarger: it takes more than two controls.
	RaiseLarger RaiseLimit = "larger"
	// RaiseUnknown: the search was cut off.
	RaiseUnknown RaiseLimit = "cut-off"
)

// Addition is a set of controls that are not in force.
type Addition struct {
	Controls []*Control `json:"controls"`
}

// raising is one search for the smallest additions after which none of the fault sets opens the target any more.
type raising struct {
	a      *analysis
	base   []int32 // what the attacker starts with, and the controls that are down
	facts  [][]int32
	target int32
	sets   []faultSet
	worlds int
	found  [][]int32
}

// raise searches additions by size. It is exact: whatever is enough must block the way that is found under what was
// added so far, so that trying each control of that way leaves nothing out.
func (a *analysis) raise(w *worlds, target int32, sets []faultSet) *Raise {
	s := &raising{a: a, base: w.given, facts: w.facts, target: target, sets: sets}
	if _, open := s.way(a.down); open {
		return &Raise{Limit: RaiseImpossible}
	}
	for size := 1; size <= maxRaise; size++ {
		s.try(nil, size)
		if s.worlds > maxRaiseWorlds {
			return &Raise{Limit: RaiseUnknown}
		}
		if len(s.found) > 0 {
			break
		}
	}
	if len(s.found) == 0 {
		return &Raise{Limit: RaiseLarger}
	}
	slices.SortFunc(s.found, slices.Compare)
	r := &Raise{}
	for _, set := range slices.CompactFunc(s.found, slices.Equal) {
		x := &Addition{}
		for _, f := range set {
			x.Controls = append(x.Controls, a.control(a.g.holds[int(f)-len(a.g.Positions)], nil))
		}
		r.Additions = append(r.Additions, x)
	}
	r.Additions = r.Additions[:min(len(r.Additions), maxRaises)]
	return r
}

// try adds to what was added one control of the way that is still open, until left more are added.
func (s *raising) try(added []int32, left int) {
	if s.worlds > maxRaiseWorlds {
		return
	}
	gaps, open := s.way(added)
	if !open {
		s.found = append(s.found, slices.Sorted(slices.Values(added)))
		return
	}
	if left == 0 {
		return
	}
	for _, f := range gaps {
		s.try(append(slices.Clone(added), f), left-1)
	}
}

// way finds one way that one of the fault sets opens although the added controls hold, and returns the controls that
// would have blocked it and are down.
func (s *raising) way(added []int32) (gaps []int32, open bool) {
	s.worlds++
	h := s.a.g.horn
	var base []int32
	for _, f := range s.base {
		if !slices.Contains(added, f) {
			base = append(base, f)
		}
	}
	c := h.close(base)
	n := len(c.trail)
	for _, set := range s.sets {
		set.each(func(faults []int32) bool {
			var facts []int32
			for _, f := range faults {
				facts = append(facts, s.facts[f]...)
			}
			c.extend(facts)
			if open = c.holds[s.target]; open {
				d := &derivation{h: h, by: c.by}
				for _, clause := range d.plan(s.target, nil) {
					for _, b := range s.a.g.Edges[clause].Blockers {
						f := s.a.g.holdFact(b)
						if c.by[f] < 0 && !s.a.up(b) && !slices.Contains(gaps, f) {
							gaps = append(gaps, f)
						}
					}
				}
			}
			c.retract(n)
			return open
		})
		if open {
			return gaps, true
		}
	}
	return nil, false
}

// each calls yield with every set that the merged one stands for, until it returns true.
func (s faultSet) each(yield func([]int32) bool) bool {
	var choose func(slots faultSet, set []int32) bool
	choose = func(slots faultSet, set []int32) bool {
		if len(slots) == 0 {
			return yield(set)
		}
		for _, f := range slots[0] {
			if choose(slots[1:], append(set, f)) {
				return true
			}
		}
		return false
	}
	return choose(s, nil)
}

// Help is an addition and the pairs of attacker and asset that would withstand one fault more because of it alone.
type Help struct {
	Controls []*Control `json:"controls"`
	Pairs    int        `json:"pairs"`
	Assets   []string   `json:"assets"`
	// Change is what to write into the specification, or to do, for each control.
	Change []string `json:"change"`
}

// helps ranks the additions of all pairs.
func helps(r *Report) []*Help {
	byKey := map[string]*Help{}
	for _, e := range r.Entries {
		for _, x := range e.Assets {
			if x.Raise == nil {
				continue
			}
			for _, add := range x.Raise.Additions {
				key := ""
				for _, c := range add.Controls {
					key += string(c.ID) + "@" + string(c.Subject) + " "
				}
				h := byKey[key]
				if h == nil {
					h = &Help{Controls: add.Controls}
					for _, c := range add.Controls {
						h.Change = append(h.Change, c.Change)
					}
					byKey[key] = h
				}
				h.Pairs++
				if !slices.Contains(h.Assets, x.Asset) {
					h.Assets = append(h.Assets, x.Asset)
				}
			}
		}
	}
	all := []*Help{}
	for _, h := range byKey {
		slices.Sort(h.Assets)
		all = append(all, h)
	}
	slices.SortFunc(all, func(x, y *Help) int {
		return cmp.Or(cmp.Compare(y.Pairs, x.Pairs), cmp.Compare(len(x.Controls), len(y.Controls)), slices.CompareFunc(x.Controls, y.Controls, func(c, d *Control) int {
			return cmp.Or(cmp.Compare(c.ID, d.ID), cmp.Compare(c.Subject, d.Subject))
		}))
	})
	return all
}
