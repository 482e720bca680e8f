package threatmodel

import (
	"cmp"
	"fmt"
	"slices"
)

// singles finds every single fault that opens an asset which is not open today. A fault can do so only if it alone is
// missing from some clause; each such fault is tried by extending the fixed point and taking it back.
func (a *analysis) singles(w *worlds, r *EntryReport) {
	g := a.g
	byAsset := map[int32]*AssetReport{}
	for i, x := range a.assets {
		if !w.today.holds[x.index] {
			byAsset[x.index] = r.Assets[i]
		}
	}
	if len(byAsset) == 0 {
		return
	}
	tried := map[int32]bool{}
	n, work := len(w.today.trail), 0
	for c, e := range g.Edges {
		if w.today.missing[c] != 1 || w.today.holds[g.horn.heads[c]] {
			continue
		}
		f := a.missingFault(r.Profile, w.today, e)
		if f < 0 || tried[f] {
			continue
		}
		tried[f] = true
		if work > singlesBudget {
			a.report.NotSearched = append(a.report.NotSearched,
				fmt.Sprintf("The search for single faults of %q was cut off after %d steps of work.", r.Profile.Title, singlesBudget))
			break
		}
		w.today.extend([]int32{f})
		for _, x := range w.today.trail[n:] {
			if asset, ok := byAsset[x]; ok {
				asset.Single = append(asset.Single, a.single(f))
			}
		}
		work += len(w.today.trail) - n
		w.today.retract(n)
	}
	for _, asset := range byAsset {
		slices.SortFunc(asset.Single, compareSingles)
	}
}

// missingFault returns the fact of the fault that the edge lacks, or -1 if it lacks a position or a fault that is not
// considered.
func (a *analysis) missingFault(p *Profile, c *closure, e *Edge) int32 {
	if e.Atom != nil && !c.holds[a.g.atomFact(e.Atom)] {
		if !p.suffers(e.Atom) {
			return -1
		}
		return a.g.atomFact(e.Atom)
	}
	for _, h := range e.Blockers {
		if f := a.g.holdFact(h); !c.holds[f] {
			return f
		}
	}
	return -1
}

func (a *analysis) single(f int32) *Single {
	g := a.g
	if i := int(f) - len(g.Positions); i < len(g.holds) {
		return &Single{Control: a.control(g.holds[i], nil)}
	}
	return &Single{Atom: g.Atoms[int(f)-len(g.Positions)-len(g.holds)]}
}

func compareSingles(x, y *Single) int {
	key := func(s *Single) string {
		if s.Control != nil {
			return "1" + string(s.Control.ID) + "@" + string(s.Control.Subject)
		}
		return "0" + s.Atom.ID
	}
	return cmp.Compare(key(x), key(y))
}
