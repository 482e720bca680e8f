package threatmodel

import (
	"github.com/bartizan-dev/bartizan/model"
)

// Graph is every attack step that a specification allows, whatever the controls are. It is never changed after [Build].
type Graph struct {
	Spec      *model.Spec
	Positions []*Position // in the order in which the catalogue reaches them
	Edges     []*Edge     // in the order of the catalogue
	Atoms     []*Atom     // faults that are not the failure of a control
	Profiles  []*Profile  // the attackers that are analysed unless others are asked for

	byID  map[string]*Position
	holds []model.Hold // every control and subject that blocks an edge
	hold  map[model.Hold]int32
	weak  map[model.Address][]*model.Weakening
	horn  *horn // one clause for each edge: positions, then holds, then atoms
}

// Edge is one variant of a step at one place.
type Edge struct {
	Step     *Step
	Variant  *Variant
	Title    string       // with names: "Steal the token of workload shop/cart"
	Premises []*Position  // all must be held
	To       *Position    // what is held afterwards; nil if the edge undoes a control
	Undoes   *model.Hold  // the control that is down afterwards; nil if the edge leads to a position
	Blockers []model.Hold // each alone prevents the edge
	Hinders  []model.Hold // make it slower or narrower
	Reveals  []model.Hold // make it visible
	Atom     *Atom        // the fault that it takes; nil for none
}

// Atom is one fault outside the configuration. Steps that share a cause share the atom: an unknown vulnerability of the
// kernel of a pool is paid for once.
type Atom struct {
	ID    string `json:"id"` // "V:kernel@node_pool.general"
	Class Fault  `json:"class"`
	Title string `json:"title"` // "unknown vulnerability in the kernel of pool general"
	// Routine says that people do it in their work: attackers who steal nothing more may wait for it.
	Routine bool `json:"-"`
	// Trust is for parts of the trusted base; nil for others.
	Trust *Trust `json:"trust,omitempty"`

	index int32
}

// Profile is an attacker: where he starts.
type Profile struct {
	ID    string      `json:"id"` // "internet", "published-workload.shop.frontend"
	Title string      `json:"title"`
	Doc   string      `json:"doc"`
	Start []*Position `json:"-"`
	// OneTheft says that what he starts with is all that he steals: no further theft is modelled for him.
	OneTheft bool `json:"-"`
}

// Position returns the position with the id, or nil.
func (g *Graph) Position(id string) *Position { return g.byID[id] }

// Assets returns the positions that are worth attacking: the built-in ones and those of the specification.
func (g *Graph) Assets() []*Position {
	var assets []*Position
	for _, p := range g.Positions {
		if p.Asset != "" {
			assets = append(assets, p)
		}
	}
	return assets
}

// Build makes the graph of a specification.
func Build(spec *model.Spec) *Graph {
	b := newBuilder(spec)
	b.expand(Steps)
	return b.finish()
}
