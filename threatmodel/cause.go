package threatmodel

import (
	"cmp"
	"fmt"
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

// assume brings down what the faults with the ids bring down. It is called before anything is judged.
func (a *analysis) assume(ids []string) error {
	failed, happened := map[model.Hold]string{}, []int32{}
	for _, id := range ids {
		known := false
		for _, x := range a.g.Atoms {
			if x.ID == id {
				known = true
				happened = append(happened, a.g.atomFact(x))
			}
		}
		for _, h := range a.g.holds {
			if a.up(h) && slices.ContainsFunc(a.hangsOn(h), func(x *cause) bool { return x.ID == id }) {
				known = true
				failed[h] = id
			}
		}
		if !known {
			return fmt.Errorf("unknown fault %q", id)
		}
	}
	a.failed, a.happened = failed, happened
	return nil
}

// controlFailures lists the causes that bring controls down which are up. Controls that are down anyway cannot fail.
func (a *analysis) controlFailures() []*cause {
	byID := map[string]*cause{}
	controls := map[*cause][]string{}
	for _, h := range a.g.holds {
		if !a.up(h) {
			continue
		}
		for _, x := range a.hangsOn(h) {
			if old := byID[x.ID]; old != nil {
				x = old
			} else {
				byID[x.ID] = x
			}
			x.facts = append(x.facts, a.g.holdFact(h))
			controls[x] = append(controls[x], string(h.Control))
		}
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

// hangsOn lists what brings a control down, each by itself: its files, the statement, or nothing else but itself.
func (a *analysis) hangsOn(h model.Hold) []*cause {
	fault := func(id, title, path string) *cause {
		return &cause{Cause: Cause{ID: "F:" + id, Class: Configuration, Title: title, Path: path}}
	}
	e := a.posture[h]
	if e.State == model.Attested && e.Attestation != nil {
		return []*cause{fault(string(e.Attestation.Addr()), "what attestation "+e.Attestation.Name+" states is not so", "")}
	}
	var all []*cause
	for _, file := range e.Files() {
		all = append(all, fault(file, file+" is wrong or missing", file))
	}
	if all == nil {
		all = append(all, fault(string(h.Control)+"@"+string(h.Subject), string(h.Control)+" of "+string(h.Subject)+" fails", ""))
	}
	return all
}
