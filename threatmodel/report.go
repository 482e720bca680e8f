package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Report is the result of an analysis, for people and machines. Positions are named by their ids.
type Report struct {
	// Asked are the arguments of the command, for people who ask on: "spec", "--trust-attested".
	Asked          []string       `json:"-"`
	ATTACK         string         `json:"attack_version"`
	TrustsAttested bool           `json:"trusts_attested"` // attested controls count as blocking
	Positions      []*Position    `json:"positions"`       // every position that the report names, sorted by id
	Assets         []string       `json:"assets"`          // what the paths lead to
	Entries        []*EntryReport `json:"entries"`         // one for each attacker, in the order of the profiles
	// Help are the additions after which pairs of attacker and asset withstand one fault more, best first.
	Help        []*Help    `json:"help"`
	TrustedBase []*Trusted `json:"trusted_base"` // what the whole design trusts, and what each part opens
	Size        Size       `json:"size"`
	// Blast is what falls with each position, where that was asked for; see [Graph.BlastRadius].
	Blast []*Blast `json:"blast_radius,omitempty"`
	// Invariants are those of the specification, where they were judged.
	Invariants []*Judgement `json:"invariants,omitempty"`
	// Risks are the weakenings that somebody has accepted.
	Risks []*Risk `json:"accepted_risks,omitempty"`
	// NotSearched says in full sentences what the analysis left out.
	NotSearched []string `json:"not_searched,omitempty"`
}

// Size counts the graph.
type Size struct {
	Positions int `json:"positions"`
	Edges     int `json:"edges"`
	Holds     int `json:"controls"` // pairs of control and subject that block something
}

// EntryReport is what one attacker can do.
type EntryReport struct {
	Profile *Profile `json:"profile"`
	Start   []string `json:"start"`
	Held    int      `json:"held"` // positions that he reaches today, his start included
	// HeldLater counts the positions that he reaches when all modelled vulnerabilities and thefts happen.
	HeldLater int `json:"held_later"`
	// Reaches are the positions that he reaches today, his start excluded; filled when a breach is assumed.
	Reaches []string       `json:"reaches,omitempty"`
	Assets  []*AssetReport `json:"assets"` // in the order of Report.Assets
	// Blocked are steps whose premises he holds today, and which controls stop them: the blocked frontier. They are
	// sorted by the effort of getting there, and cut off after Options.Frontier; BlockedTotal counts all.
	Blocked      []*BlockedStep `json:"blocked"`
	BlockedTotal int            `json:"blocked_total"`
}

// AssetReport is what one attacker can do to one asset.
type AssetReport struct {
	Asset   string  `json:"asset"`
	Verdict Verdict `json:"verdict"`
	// Tolerance is how many faults must coincide.
	Tolerance Tolerance `json:"tolerance"`
	// Paths are open paths, cheapest first. Where faults are needed, they are told for the smallest sets of faults, one
	// for each family.
	Paths []*Path `json:"paths,omitempty"`
	// Single are the single points of failure: the faults each of which alone opens the asset.
	Single []*Cause `json:"single_faults,omitempty"`
	// Raise is what would have to be added so that one fault more must coincide; nil if that was not searched.
	Raise *Raise `json:"raise,omitempty"`
}

// Verdict is how far an asset stands open to an attacker.
type Verdict string

const (
	HeldAtStart Verdict = "held"    // he starts there
	OpenToday   Verdict = "open"    // what he holds is enough
	NeedsFaults Verdict = "faults"  // unknown vulnerabilities or thefts suffice; how many faults it takes at least says the tolerance
	Blocked     Verdict = "blocked" // controls would have to fail too
	NoPath      Verdict = "none"    // no modelled path, even if every control failed
)

// Control is a control for a subject and what is known about it.
type Control struct {
	ID      model.ControlID `json:"control"`
	Subject model.Address   `json:"subject"`
	Title   string          `json:"title"`
	State   string          `json:"state"`          // "proved", "attested", "default", "absent", [StateUndone], [StateWithout]
	Path    string          `json:"path,omitempty"` // the file that proves it; of several, the first
	Also    []string        `json:"also,omitempty"` // the other files that the proof takes
	// Attestation is the name of the attestation that states it.
	Attestation string `json:"attestation,omitempty"`
	// Weakenings are the values of the specification because of which the control is absent, with their exceptions.
	Weakenings []*Weakening `json:"weakenings,omitempty"`
	// Change is what would bring the control where it is not in force.
	Change string `json:"change,omitempty"`
}

func (c *Control) hold() model.Hold { return model.Hold{Control: c.ID, Subject: c.Subject} }

// Further states of a control, besides those of [model.State].
const (
	StateUndone  = "undone"  // it would block, but the attacker undoes it on the way
	StateWithout = "without" // the analysis was asked to do without it, or to assume that it fails
)

// Weakening is a value of the specification that opens a step.
type Weakening struct {
	Address   model.Address `json:"address"`
	Exception model.Address `json:"exception,omitempty"`
	Reason    string        `json:"reason,omitempty"`
}

// Path is one way from an attacker's start to an asset: a derivation in the AND/OR graph, told in order.
type Path struct {
	Effort int `json:"effort"` // the sum over its steps, each counted once; an upper bound of the cheapest when premises share steps
	// Faults are what it takes, each once: vulnerabilities and thefts in the order in which they happen, then the
	// failures of controls.
	Faults []*Cause     `json:"faults,omitempty"`
	Steps  []*StoryStep `json:"steps"`
	// Gaps are the controls each of which would close this path if it held, apart from those that the attacker undoes on
	// the way. Empty: no control of the catalogue stops any step of the path.
	Gaps []*Control `json:"gaps,omitempty"`
}

// Unblocked reports whether no control in force blocks a step of the path.
func (p *Path) Unblocked() bool {
	return !slices.ContainsFunc(p.Steps, func(s *StoryStep) bool { return len(s.By) > 0 })
}

// StoryStep is one step of a path.
type StoryStep struct {
	Number   int         `json:"number"` // from 1
	Step     string      `json:"step"`
	Variant  string      `json:"variant"`
	Layer    model.Layer `json:"layer"`
	Title    string      `json:"title"`
	Effort   Effort      `json:"effort"`
	Fault    *Atom       `json:"fault,omitempty"`
	Premises []string    `json:"premises"` // more than one: all are needed
	To       string      `json:"to,omitempty"`
	Undoes   *Control    `json:"undoes,omitempty"`
	// By are controls in force that block the step: all would have to fail. Only near misses have any.
	By []*Control `json:"by,omitempty"`
	// Missing are the controls that would block the step and do not; Remains says why there is none.
	Missing []*Control `json:"missing,omitempty"`
	Remains string     `json:"remains,omitempty"`
	Hinders []*Control `json:"hinders,omitempty"` // in force, but they only make it harder
	Reveals []*Control `json:"reveals,omitempty"` // in force, and they show it
}

// BlockedStep is a step that an attacker could take were it not for controls.
type BlockedStep struct {
	Step     string      `json:"step"`
	Variant  string      `json:"variant"`
	Layer    model.Layer `json:"layer"`
	Title    string      `json:"title"`
	Premises []string    `json:"premises"`
	To       string      `json:"to,omitempty"`
	Undoes   *Control    `json:"undoes,omitempty"`
	By       []*Control  `json:"by"`                // in force: each alone is enough
	Missing  []*Control  `json:"missing,omitempty"` // would also block it, and are not in force
	Effort   int         `json:"effort"`            // of reaching the premises
	Faults   []*Atom     `json:"faults,omitempty"`  // that reaching the premises takes; empty: they are held today
	Fault    *Atom       `json:"fault,omitempty"`   // that the step itself takes
}

// Trusted is one part of the trusted base.
type Trusted struct {
	Atom  *Atom    `json:"atom"`
	Opens []string `json:"opens"` // titles of the first steps that it opens
	Total int      `json:"total"` // steps that it opens
}
