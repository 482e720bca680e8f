package threatmodel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Answer is one of the answers to how many faults an asset withstands. They are never mixed.
type Answer string

const (
	AnswerHeld    Answer = "held"     // the attacker starts there
	AnswerOpen    Answer = "open"     // open today, without any fault
	AnswerExact   Answer = "exact"    // so many faults suffice, and no fewer do
	AnswerAtLeast Answer = "at-least" // fewer do not suffice; more were not searched
	AnswerNone    Answer = "none"     // no modelled path, even with every modelled fault
)

// Tolerance is how many faults have to coincide before an attacker reaches an asset: configuration faults, unknown
// vulnerabilities, and thefts or insiders' acts, outside the trusted base.
type Tolerance struct {
	Answer Answer `json:"answer"`
	// Faults is 0 for what is held or open, the size of the smallest set for [AnswerExact], a lower bound for
	// [AnswerAtLeast], and 0 without meaning for [AnswerNone].
	Faults int `json:"faults"`
	// AtMost bounds an [AnswerAtLeast] from above, by one way that was found.
	AtMost int `json:"at_most,omitempty"`
	// Searched is the size up to which all minimal sets were found.
	Searched int `json:"searched,omitempty"`
	// Pareto are the mixes of fault classes that suffice, as far as they were searched: of no mix is there one with fewer
	// of every class.
	Pareto []Mix `json:"pareto,omitempty"`
	// Sets counts the minimal sets that were found; Families group them, smaller sets first.
	Sets     int       `json:"sets,omitempty"`
	Families []*Family `json:"families,omitempty"`
}

// Mix counts the faults of a set by class.
type Mix struct {
	F int `json:"f"` // configuration faults
	V int `json:"v"` // unknown vulnerabilities
	T int `json:"t"` // thefts, coercion, insiders' acts
}

func (m Mix) String() string {
	var parts []string
	for _, x := range []struct {
		n     int
		class Fault
	}{{m.F, Configuration}, {m.V, Vulnerability}, {m.T, Theft}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d%s", x.n, x.class))
		}
	}
	return strings.Join(parts, "+")
}

func (m Mix) within(o Mix) bool { return m.F <= o.F && m.V <= o.V && m.T <= o.T }

// Family is all minimal sets that take the same kinds of faults.
type Family struct {
	Size    int       `json:"size"`
	Sets    int       `json:"sets"`
	Members []*Member `json:"members"` // one for each fault of a set
	Example []*Cause  `json:"example"` // one of the sets
}

// Member is the choice that a family leaves for one of its faults.
type Member struct {
	Class  Fault    `json:"class"`
	Title  string   `json:"title"`
	Count  int      `json:"count"`
	Causes []string `json:"causes"` // ids of the first ones
}

// memberIDs bounds Member.Causes; Count counts all.
const memberIDs = 12

// String is the short form: "open", "2 (1F+1V)", "≥ 4", "no path".
func (t Tolerance) String() string {
	switch t.Answer {
	case AnswerHeld:
		return "held"
	case AnswerOpen:
		return "open"
	case AnswerAtLeast:
		return fmt.Sprintf("≥ %d", t.Faults)
	case AnswerNone:
		return "no path"
	}
	return fmt.Sprintf("%d (%s)", t.Faults, t.Smallest())
}

// Smallest are the mixes of as few faults as suffice: "2F or 1F+1V".
func (t Tolerance) Smallest() string {
	var mixes []string
	for _, m := range t.Pareto {
		if m.F+m.V+m.T == t.Faults {
			mixes = append(mixes, m.String())
		}
	}
	return strings.Join(mixes, " or ")
}

// Below reports whether the asset is weaker than it was under o.
func (t Tolerance) Below(o Tolerance) bool { return t.rank() < o.rank() }

// AtLeast reports whether it is certain that n faults do not suffice but for the n-th.
func (t Tolerance) AtLeast(n int) bool { return t.rank() >= n }

func (t Tolerance) rank() int {
	switch t.Answer {
	case AnswerHeld:
		return -1
	case AnswerNone:
		return 1 << 20
	}
	return t.Faults
}

// tolerance judges one asset that is not open today and that some fault opens. Singles are the faults that alone suffice.
func (a *analysis) tolerance(w *worlds, target int32, singles []int32) (Tolerance, []faultSet) {
	var sets []faultSet
	for _, f := range singles {
		sets = append(sets, faultSet{{f}})
	}
	t := Tolerance{Answer: AnswerExact, Searched: 1}
	if size, budget := a.effort(target); size > 1 {
		if more, complete := w.today.minimalSets(target, w.facts, size, budget); complete >= 1 {
			sets, t.Searched = more, complete
		}
	}
	if len(sets) == 0 {
		t.Answer, t.Faults = AnswerAtLeast, t.Searched+1
		return t, nil
	}
	t.Faults = len(sets[0])
	for _, s := range sets {
		t.Sets += s.count()
	}
	t.Pareto = pareto(w.causes, sets)
	t.Families = families(w.causes, sets)
	return t, sets
}

// pareto returns the mixes of classes of which no other is within, fewest faults first.
func pareto(causes []*cause, sets []faultSet) []Mix {
	mixes := map[Mix]bool{}
	for _, s := range sets {
		var choose func(slots faultSet, m Mix)
		choose = func(slots faultSet, m Mix) {
			if len(slots) == 0 {
				mixes[m] = true
				return
			}
			classes := map[Fault]bool{} // faults that are alike may be of different classes
			for _, f := range slots[0] {
				if c := causes[f].Class; !classes[c] {
					classes[c] = true
					choose(slots[1:], m.plus(c))
				}
			}
		}
		choose(s, Mix{})
	}
	var best []Mix
	for m := range mixes {
		dominated := false
		for o := range mixes {
			dominated = dominated || o != m && o.within(m)
		}
		if !dominated {
			best = append(best, m)
		}
	}
	slices.SortFunc(best, func(x, y Mix) int {
		return cmp.Or(cmp.Compare(x.F+x.V+x.T, y.F+y.V+y.T), cmp.Compare(y.F, x.F), cmp.Compare(y.V, x.V))
	})
	return best
}

func (m Mix) plus(class Fault) Mix {
	switch class {
	case Configuration:
		m.F++
	case Vulnerability:
		m.V++
	default:
		m.T++
	}
	return m
}

// families groups minimal sets by the kinds of their faults.
func families(causes []*cause, sets []faultSet) []*Family {
	type group struct {
		family  *Family
		members []map[int32]bool
	}
	groups := map[string]*group{}
	var order []*group
	for _, set := range sets {
		for _, s := range byKind(causes, set) {
			slices.SortFunc(s, func(x, y []int32) int {
				return cmp.Or(cmp.Compare(causes[x[0]].kind, causes[y[0]].kind), cmp.Compare(x[0], y[0]))
			})
			key := ""
			for _, alike := range s {
				key += causes[alike[0]].kind + "\x00"
			}
			x := groups[key]
			if x == nil {
				x = &group{family: &Family{Size: len(s)}}
				for _, alike := range s {
					x.members = append(x.members, map[int32]bool{})
					c := causes[alike[0]].Cause
					x.family.Example = append(x.family.Example, &c)
				}
				groups[key] = x
				order = append(order, x)
			}
			x.family.Sets += s.count()
			for i, alike := range s {
				for _, f := range alike {
					x.members[i][f] = true
				}
			}
		}
	}
	var all []*Family
	for _, x := range order {
		for i, m := range x.members {
			e := x.family.Example[i]
			member := &Member{Class: e.Class, Title: e.Title, Count: len(m)}
			for f := range m {
				member.Causes = append(member.Causes, causes[f].ID)
			}
			slices.Sort(member.Causes)
			member.Causes = member.Causes[:min(len(member.Causes), memberIDs)]
			x.family.Members = append(x.family.Members, member)
		}
		all = append(all, x.family)
	}
	slices.SortStableFunc(all, func(x, y *Family) int { return cmp.Or(cmp.Compare(x.Size, y.Size), -cmp.Compare(x.Sets, y.Sets)) })
	return all
}

// byKind splits a set so that the faults of each slot are of one kind.
func byKind(causes []*cause, set faultSet) []faultSet {
	split := []faultSet{nil}
	for _, alike := range set {
		kinds := map[string][]int32{}
		var order []string
		for _, f := range alike {
			k := causes[f].kind
			if kinds[k] == nil {
				order = append(order, k)
			}
			kinds[k] = append(kinds[k], f)
		}
		var longer []faultSet
		for _, s := range split {
			for _, k := range order {
				longer = append(longer, append(slices.Clone(s), kinds[k]))
			}
		}
		split = longer
	}
	return split
}
