package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Judgement is an invariant of the specification with what the analysis says about it.
type Judgement struct {
	Invariant string      `json:"invariant"`
	Holds     bool        `json:"holds"`
	Message   string      `json:"message,omitempty"` // what the specification says where it does not hold
	Answers   []*Answered `json:"answers"`
}

// Answered is one question of an invariant.
type Answered struct {
	From      model.Address `json:"from"`
	To        model.Address `json:"to"`
	Attacker  string        `json:"attacker"` // id of the profile or position that From stands for
	Title     string        `json:"title"`
	Target    string        `json:"target"`
	Tolerance Tolerance     `json:"tolerance"`
	// Path is the nearest attack.
	Path *Path `json:"path,omitempty"`
}

// never is the number that conditions see where no modelled path exists: more than any number of faults.
const never = 1_000_000

// Judge evaluates the invariants of the specification. Each question has the whole budget. A lower bound counts as its
// number, so that a condition which asks for more faults than were searched does not hold: it is not known to be true.
func (g *Graph) Judge(posture model.Posture, o Options) ([]*Judgement, error) {
	all := []*Judgement{}
	known := map[model.Question]*Answered{}
	for _, i := range g.Spec.Invariants {
		j := &Judgement{Invariant: string(i.Addr())}
		for _, q := range i.Asks {
			x := known[q]
			if x == nil {
				var err error
				if x, err = g.answer(posture, o, q); err != nil {
					return nil, err
				}
				known[q] = x
			}
			j.Answers = append(j.Answers, x)
		}
		j.Holds = i.Holds(func(q model.Question) int {
			switch t := known[q].Tolerance; t.Answer {
			case AnswerNone:
				return never
			default:
				return t.Faults
			}
		})
		if !j.Holds {
			j.Message = i.Message
		}
		all = append(all, j)
	}
	return all, nil
}

func (g *Graph) answer(posture model.Posture, o Options, q model.Question) (*Answered, error) {
	x := &Answered{From: q.From, To: q.To, Attacker: g.attacker(q.From), Target: string(q.To)}
	if q.To.Kind() == "cluster" {
		x.Target += "/cluster-admin"
	}
	if x.Attacker == "" || g.byID[x.Target] == nil {
		// No step of the catalogue starts, or ends, there.
		x.Title, x.Tolerance.Answer = string(q.From), AnswerNone
		return x, nil
	}
	o.From, o.To, o.AssumeBreach, o.Paths, o.Frontier = []string{x.Attacker}, []string{x.Target}, nil, 1, 1
	r, err := g.Analyse(posture, o)
	if err != nil {
		return nil, err
	}
	e := r.Entries[0]
	x.Title, x.Tolerance = e.Profile.Title, e.Assets[0].Tolerance
	if len(e.Assets[0].Paths) > 0 {
		x.Path = e.Assets[0].Paths[0]
	}
	return x, nil
}

// attacker is the profile or position that a block stands for where a question starts at it; empty if nobody starts
// there.
func (g *Graph) attacker(from model.Address) string {
	id := string(from)
	if p := g.byID[id]; p != nil && p.Kind == KindZone && slices.ContainsFunc(g.Profiles, func(x *Profile) bool { return x.ID == "internet" && slices.Contains(x.Start, p) }) {
		return "internet"
	}
	switch from.Kind() {
	case "team":
		id = "device." + id
	case "pipeline":
		id = "ci." + id
	case "repository":
		id = "developer." + id
	case "node_pool":
		id = "machine." + id
	}
	if g.byID[id] != nil || slices.ContainsFunc(g.Profiles, func(x *Profile) bool { return x.ID == id }) {
		return id
	}
	return ""
}
