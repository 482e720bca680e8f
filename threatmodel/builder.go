package threatmodel

import (
	"fmt"

	"github.com/bartizan-dev/bartizan/model"
)

// Builder collects the graph while the catalogue is expanded over a specification.
type Builder struct {
	Spec *model.Spec

	g       *Graph
	atoms   map[string]*Atom
	pods    map[*model.Workload]*Position
	homes   map[model.Address]*model.Namespace                // see namespaceOf
	byRight map[string]map[*model.Namespace][]*model.Workload // see writers
	step    *Step
	variant *Variant
}

func newBuilder(spec *model.Spec) *Builder {
	return &Builder{
		Spec:  spec,
		atoms: map[string]*Atom{},
		pods:  map[*model.Workload]*Position{},
		g: &Graph{
			Spec: spec,
			byID: map[string]*Position{},
			hold: map[model.Hold]int32{},
			weak: bySubject(spec),
		},
	}
}

// Add adds an edge of the variant that is being expanded. Holds that block nothing because the step's premise is its own
// conclusion are dropped with the edge.
func (b *Builder) Add(e Edge) {
	e.Step, e.Variant = b.step, b.variant
	if (b.variant.Fault == NoFault) != (e.Atom == nil) || e.Atom != nil && e.Atom.Class != b.variant.Fault {
		panic(fmt.Sprintf("step %s, variant %s: the edge's atom is not of the variant's fault class", b.step.ID, b.variant.Name))
	}
	for _, p := range e.Premises {
		if p == e.To {
			return
		}
	}
	for _, h := range e.Blockers {
		b.holdIndex(h)
	}
	b.g.Edges = append(b.g.Edges, &e)
}

func (b *Builder) holdIndex(h model.Hold) int32 {
	i, ok := b.g.hold[h]
	if !ok {
		i = int32(len(b.g.holds))
		b.g.hold[h] = i
		b.g.holds = append(b.g.holds, h)
	}
	return i
}

// position returns the position with the id of p, adding p if it is new.
func (b *Builder) position(p Position) *Position {
	if old, ok := b.g.byID[p.ID]; ok {
		return old
	}
	p.index = int32(len(b.g.Positions))
	b.g.byID[p.ID] = &p
	b.g.Positions = append(b.g.Positions, &p)
	return &p
}

// atom returns the fault with the class and cause, adding it if it is new.
func (b *Builder) atom(class Fault, cause, title string) *Atom {
	id := string(class) + ":" + cause
	if old, ok := b.atoms[id]; ok {
		return old
	}
	a := &Atom{ID: id, Class: class, Title: title, index: int32(len(b.g.Atoms))}
	b.atoms[id] = a
	b.g.Atoms = append(b.g.Atoms, a)
	return a
}

// routine returns a fault that is nobody's theft: people do it now and then in their work.
func (b *Builder) routine(class Fault, cause, title string) *Atom {
	a := b.atom(class, cause, title)
	a.Routine = true
	return a
}

// expand runs the catalogue: first all steps to positions, then, for each control that blocks one of them, the steps
// that undo it. Blockers of the latter may be undone in their turn.
func (b *Builder) expand(steps []*Step) {
	undo := map[model.ControlID][]func(model.Hold){}
	for _, s := range steps {
		for _, v := range s.Variants {
			if v.Undo != nil {
				for _, c := range v.Undoes {
					undo[c] = append(undo[c], func(h model.Hold) {
						b.step, b.variant = s, v
						v.Undo(b, h)
					})
				}
				continue
			}
			b.step, b.variant = s, v
			v.Expand(b)
		}
	}
	for i := 0; i < len(b.g.holds); i++ {
		for _, run := range undo[b.g.holds[i].Control] {
			run(b.g.holds[i])
		}
	}
}

// finish turns the edges into clauses.
func (b *Builder) finish() *Graph {
	g := b.g
	g.Profiles = b.profiles()
	g.horn = newHorn(len(g.Positions)+len(g.holds)+len(g.Atoms), len(g.Edges))
	var body []int32
	for _, e := range g.Edges {
		body = body[:0]
		for _, p := range e.Premises {
			body = append(body, p.index)
		}
		for _, h := range e.Blockers {
			body = append(body, g.holdFact(h))
		}
		if e.Atom != nil {
			body = append(body, g.atomFact(e.Atom))
		}
		head := int32(0)
		if e.Undoes != nil {
			head = g.holdFact(*e.Undoes)
		} else {
			head = e.To.index
		}
		g.horn.add(body, head, int64(e.Variant.Effort))
	}
	g.horn.finish()
	return g
}

// holdFact is the fact "the control is down for the subject".
func (g *Graph) holdFact(h model.Hold) int32 { return int32(len(g.Positions)) + g.hold[h] }

// atomFact is the fact "the fault happens".
func (g *Graph) atomFact(a *Atom) int32 { return int32(len(g.Positions)+len(g.holds)) + a.index }
