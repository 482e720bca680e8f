package threatmodel

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Cause is one fault that may happen: the unit in which fault tolerance is counted. Whatever hangs on it fails with it,
// so that two controls in one file are one fault.
type Cause struct {
	ID    string `json:"id"` // "F:clusters/shop/nodes/general/nftables.nft", "V:kernel@ubuntu-24.04"
	Class Fault  `json:"class"`
	Title string `json:"title"`
	// Path is the file that is wrong or missing; configuration faults only.
	Path string `json:"path,omitempty"`
	// Controls are those of the file that the attack needs to be down. They are filled in where a path is told.
	Controls []*Control `json:"controls,omitempty"`
}

// cause is a fault as the search sees it.
type cause struct {
	Cause
	kind  string  // faults of one kind are told as a family
	facts []int32 // what holds when it happens
}

// causesOf lists what may go wrong for the attacker, sorted by id: the files that prove controls, the statements that are
// believed, and the unknown vulnerabilities and thefts that are modelled for him.
func (a *analysis) causesOf(p *Profile) []*cause {
	if a.failures == nil {
		a.failures = a.controlFailures()
	}
	all := slices.Clone(a.failures)
	for _, atom := range a.g.Atoms {
		if p.suffers(atom) {
			kind, _, _ := strings.Cut(atom.ID, "@")
			all = append(all, &cause{Cause: Cause{ID: atom.ID, Class: atom.Class, Title: atom.Title}, kind: kind, facts: []int32{a.g.atomFact(atom)}})
		}
	}
	slices.SortFunc(all, func(x, y *cause) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// controlFailures lists the causes that bring controls down which are up. Controls that are down anyway cannot fail.
func (a *analysis) controlFailures() []*cause {
	byID := map[string]*cause{}
	controls := map[*cause][]string{}
	for _, h := range a.g.holds {
		if !a.up(h) {
			continue
		}
		x := a.hangsOn(h)
		if old := byID[x.ID]; old != nil {
			x = old
		} else {
			byID[x.ID] = x
		}
		x.facts = append(x.facts, a.g.holdFact(h))
		controls[x] = append(controls[x], string(h.Control))
	}
	all := []*cause{}
	for x, list := range controls {
		slices.Sort(list)
		x.kind = "F:" + strings.Join(slices.Compact(list), " ")
		all = append(all, x)
	}
	slices.SortFunc(all, func(x, y *cause) int { return cmp.Compare(x.ID, y.ID) })
	return all
}

// hangsOn is what brings a control down when it fails: its file, the statement, or nothing else but itself.
func (a *analysis) hangsOn(h model.Hold) *cause {
	x := &cause{Cause: Cause{Class: Configuration}}
	switch e := a.posture[h]; {
	case e.State == model.Attested && e.Attestation != nil:
		x.ID, x.Title = "F:"+string(e.Attestation.Addr()), "what attestation "+e.Attestation.Name+" states is not so"
	case e.Path != "":
		x.ID, x.Title, x.Path = "F:"+e.Path, e.Path+" is wrong or missing", e.Path
	default:
		x.ID, x.Title = "F:"+string(h.Control)+"@"+string(h.Subject), string(h.Control)+" of "+string(h.Subject)+" fails"
	}
	return x
}
