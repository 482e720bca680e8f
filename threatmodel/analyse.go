package threatmodel

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Bounds of the search for sets of two and three faults. Single faults are always searched to the end.
const (
	defaultBudget = 40_000_000
	// criticalWeight is how many times the share of another asset a critical one gets of the budget.
	criticalWeight = 10
	// coneCost is what preparing one search costs for each edge of the graph, in combinations.
	coneCost = 20
)

// Analyse judges the graph under a posture. The error says which option names something that does not exist.
func (g *Graph) Analyse(posture model.Posture, o Options) (*Report, error) {
	o.Paths, o.Frontier = cmp.Or(o.Paths, 3), cmp.Or(o.Frontier, 200)
	o.Faults, o.Budget = min(cmp.Or(o.Faults, maxSetSize), maxSetSize), cmp.Or(o.Budget, defaultBudget)
	profiles, err := g.profiles(o)
	if err != nil {
		return nil, err
	}
	assets, err := g.targets(o)
	if err != nil {
		return nil, err
	}
	a, err := g.under(posture, o)
	if err != nil {
		return nil, err
	}
	a.assets, a.attackers = assets, len(profiles)
	a.report = &Report{
		ATTACK:         ATTACKVersion,
		TrustsAttested: o.TrustAttested,
		Size:           Size{Positions: len(g.Positions), Edges: len(g.Edges), Holds: len(g.holds)},
		TrustedBase:    append(g.trustedBase(), a.carriers()...),
	}
	if len(o.From) == 0 && len(o.AssumeBreach) == 0 {
		a.report.NotSearched = append(a.report.NotSearched,
			"Attackers who start inside are not also given what somebody on the internet may steal; combine them with --from and --assume-breach.")
	}
	for _, p := range assets {
		a.report.Assets = append(a.report.Assets, p.ID)
		a.named[p] = true
	}
	for _, p := range profiles {
		a.report.Entries = append(a.report.Entries, a.entry(p))
	}
	for p := range a.named {
		a.report.Positions = append(a.report.Positions, p)
	}
	if !o.Tolerances {
		a.report.Help = helps(a.report)
	}
	a.notSearched()
	slices.SortFunc(a.report.Positions, func(x, y *Position) int { return cmp.Compare(x.ID, y.ID) })
	return a.report, nil
}

// under starts an analysis of the graph under a posture: what is down and what has happened, whoever attacks.
func (g *Graph) under(posture model.Posture, o Options) (*analysis, error) {
	a := &analysis{g: g, posture: posture, options: o, named: map[*Position]bool{}, without: map[model.Hold]bool{}}
	for _, w := range o.Without {
		if model.LookupControl(w.Control) == nil {
			return nil, fmt.Errorf("unknown control %q", w.Control)
		}
		a.without[model.Hold{Control: w.Control, Subject: w.Subject}] = true
	}
	if err := a.assume(o.AssumeFaults); err != nil {
		return nil, err
	}
	for _, h := range g.holds {
		if !a.up(h) {
			a.down = append(a.down, g.holdFact(h))
		}
	}
	return a, nil
}

// analysis is one run of Analyse.
type analysis struct {
	g         *Graph
	posture   model.Posture
	options   Options
	without   map[model.Hold]bool
	failed    map[model.Hold]string // the assumed fault that brings a control down
	happened  []int32               // facts of the assumed faults that are not failures of controls
	assets    []*Position
	attackers int // how many are analysed
	report    *Report
	named     map[*Position]bool // positions that the report mentions

	down     []int32  // facts of the holds that are down whatever the attacker does
	failures []*cause // of the controls that are up; made when first asked for
}

// up reports whether a control blocks under the posture, before any step of the attacker.
func (a *analysis) up(h model.Hold) bool {
	if a.without[h] || a.without[model.Hold{Control: h.Control}] || a.failed[h] != "" {
		return false
	}
	switch a.posture[h].State {
	case model.Proved, model.Default:
		return true
	case model.Attested:
		return a.options.TrustAttested
	}
	return false
}

// suffers reports whether the analysis of the attacker considers the fault: never a breach of the trusted base.
func (p *Profile) suffers(a *Atom) bool {
	return a.Class == Vulnerability || a.Class == Theft && (a.Routine || !p.OneTheft)
}

// worlds are the fixed points of one attacker.
type worlds struct {
	today    *closure    // without any fault
	later    *closure    // after every modelled vulnerability and theft
	all      *closure    // after these and the failure of every control
	dToday   *derivation // the cheapest ways of today, where attacks are told …
	dLater   *derivation // … and of later
	dAll     *derivation // the ways that need the fewest controls to fail; made when first asked for
	given    []int32     // what he starts with, and controls that are down
	base     []int32     // these and every modelled vulnerability and theft
	starting map[int32]bool
	causes   []*cause
	facts    [][]int32 // of each cause
}

func (a *analysis) entry(p *Profile) *EntryReport {
	g := a.g
	r := &EntryReport{Profile: p}
	w := a.worlds(p)
	for _, s := range p.Start {
		r.Start = append(r.Start, s.ID)
		a.named[s] = true
	}
	for _, x := range g.Positions {
		if w.today.holds[x.index] {
			r.Held++
		}
		if w.later.holds[x.index] {
			r.HeldLater++
		}
	}
	if len(a.options.AssumeBreach) > 0 {
		for _, x := range g.Positions {
			if w.today.holds[x.index] && !w.starting[x.index] {
				r.Reaches = append(r.Reaches, x.ID)
				a.named[x] = true
			}
		}
	}
	targets := make([]int32, len(a.assets))
	for i, asset := range a.assets {
		targets[i] = asset.index
	}
	singles := w.today.singleFaults(w.facts, targets)
	for i, asset := range a.assets {
		r.Assets = append(r.Assets, a.asset(w, asset, singles[i]))
	}
	if !a.options.Tolerances {
		a.frontier(w, r)
	}
	return r
}

func (a *analysis) worlds(p *Profile) *worlds {
	g := a.g
	w := &worlds{starting: map[int32]bool{}, causes: a.causesOf(p)}
	base := slices.Concat(a.down, a.happened)
	for _, s := range p.Start {
		base = append(base, s.index)
		w.starting[s.index] = true
	}
	later := slices.Clone(base)
	for _, x := range w.causes {
		w.facts = append(w.facts, x.facts)
		if x.Class != Configuration {
			later = append(later, x.facts...)
		}
	}
	w.given = base
	w.today = g.horn.close(base)
	w.later = g.horn.close(later)
	every := slices.Clone(later)
	for _, h := range g.holds {
		every = append(every, g.holdFact(h))
	}
	w.all = g.horn.close(every)
	w.base = later
	if !a.options.Tolerances {
		w.dToday = g.horn.cheapest(base, 0)
		w.dLater = g.horn.cheapest(later, 0)
	}
	return w
}

func (a *analysis) asset(w *worlds, asset *Position, singles []int32) *AssetReport {
	r := &AssetReport{Asset: asset.ID}
	tell := !a.options.Tolerances
	switch f := asset.index; {
	case w.starting[f]:
		r.Verdict, r.Tolerance.Answer = HeldAtStart, AnswerHeld
	case w.today.holds[f]:
		r.Verdict, r.Tolerance.Answer = OpenToday, AnswerOpen
		if !tell {
			break
		}
		r.Paths = a.paths(w.today, w.dToday, f, nil, a.options.Paths)
		r.Raise = a.raise(w, f, []faultSet{{}})
	case !w.all.holds[f]:
		r.Verdict, r.Tolerance.Answer = NoPath, AnswerNone
	default:
		r.Verdict = Blocked
		if w.later.holds[f] {
			r.Verdict = NeedsFaults
		}
		var sets []faultSet
		r.Tolerance, sets = a.tolerance(w, f, singles)
		if !tell {
			break
		}
		a.tellFaults(w, r, f, sets)
		if r.Tolerance.Answer == AnswerExact && r.Tolerance.Searched >= r.Tolerance.Faults {
			r.Raise = a.raise(w, f, slices.DeleteFunc(sets, func(s faultSet) bool { return len(s) > r.Tolerance.Faults }))
		}
	}
	return r
}

// effort is the size of the sets that are searched for a target, and its share of the budget. Where the share does not
// even pay for the preparation, only single faults are searched.
func (a *analysis) effort(target int32) (size, share int) {
	total := 0
	for _, p := range a.assets {
		total += weight(p)
	}
	share = a.options.Budget / max(1, total*a.attackers) * weight(a.g.Positions[target])
	if share < coneCost*len(a.g.Edges) {
		return 1, 0
	}
	return a.options.Faults, share
}

func weight(p *Position) int {
	if p.Asset == model.SensitivityCritical {
		return criticalWeight
	}
	return 1
}

// notSearched says of how many pairs not all sets of faults were looked at.
func (a *analysis) notSearched() {
	cut := map[int]int{}
	for _, e := range a.report.Entries {
		for _, x := range e.Assets {
			if n := x.Tolerance.Searched; n > 0 && n < a.options.Faults {
				cut[n]++
			}
		}
	}
	for _, n := range slices.Sorted(maps.Keys(cut)) {
		a.report.NotSearched = append(a.report.NotSearched, fmt.Sprintf(
			"For %s sets of more than %s were not searched to the end: they take more than their share of the budget of %d combinations, of which critical assets get the most. Ask about one attacker and one asset, or raise the budget.",
			plural(cut[n], "pair of attacker and asset", "pairs of attacker and asset"), plural(n, "fault", "faults"), a.options.Budget))
	}
	a.report.NotSearched = append(a.report.NotSearched, fmt.Sprintf("Sets of more than %d faults, and breaches of the trusted base, are not searched.", a.options.Faults))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (a *analysis) id(p *Position) string {
	if p == nil {
		return ""
	}
	a.named[p] = true
	return p.ID
}

func (a *analysis) ids(list []*Position) []string {
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = a.id(p)
	}
	return ids
}

// control describes a hold. With a closure, a control that should block but is down there is called undone.
func (a *analysis) control(h model.Hold, c *closure) *Control {
	e := a.posture[h]
	x := &Control{ID: h.Control, Subject: h.Subject, State: e.State.String(), Path: e.Path, Also: e.Also}
	if m := model.LookupControl(h.Control); m != nil {
		x.Title = m.Title
	}
	if e.Attestation != nil {
		x.Attestation = e.Attestation.Name
	}
	switch {
	case a.without[h] || a.without[model.Hold{Control: h.Control}] || a.failed[h] != "":
		x.State = StateWithout
	case c != nil && a.up(h) && c.holds[a.g.holdFact(h)]:
		x.State = StateUndone
	}
	if !a.up(h) {
		x.Weakenings = a.g.weakenings(h)
		x.Change = a.change(x)
	}
	return x
}
