package threatmodel

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Judgement is an invariant of the specification with what the analysis says about it.
type Judgement struct {
	Invariant string      `json:"invariant"`
	Holds     bool        `json:"holds"`
	Message   string      `json:"message,omitempty"` // what the specification says where it does not hold
	Answers   []*Answered `json:"answers"`
	Callers   []*Callers  `json:"callers,omitempty"`
}

// Callers is the answer to who may connect.
type Callers struct {
	To     model.Address   `json:"to"`
	Only   []model.Address `json:"only"`             // whom the invariant lets connect
	Who    []model.Address `json:"callers"`          // who may, sorted; empty if nobody knows
	Others []model.Address `json:"others,omitempty"` // of these, who is not in Only
	// Unknown says why nobody knows.
	Unknown string `json:"unknown,omitempty"`

	peers []model.Peer
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
		calls := map[model.Address]*Callers{}
		for _, q := range i.Calls {
			x := g.callers(posture, o, q)
			calls[q.To] = x
			j.Callers = append(j.Callers, x)
		}
		j.Holds = i.Holds(model.Answers{
			Tolerance: func(q model.Question) int {
				switch t := known[q].Tolerance; t.Answer {
				case AnswerNone:
					return never
				default:
					return t.Faults
				}
			},
			Callers: func(q model.CallQuestion) ([]model.Peer, bool) { return calls[q.To].peers, calls[q.To].Unknown == "" },
		})
		if !j.Holds {
			j.Message = i.Message
		}
		all = append(all, j)
	}
	return all, nil
}

// callers says who may connect to a port or workload: the declared sources, where the files are proved to let in nobody else.
// What shares a node's network has the node's addresses, so with such a source its pools may connect too. Kubelets probe the
// pods of their node in any case, and are not listed.
func (g *Graph) callers(posture model.Posture, o Options, q model.CallQuestion) *Callers {
	x := &Callers{To: q.To, Only: slices.Clone(q.Only), Who: []model.Address{}}
	for _, c := range g.Spec.Clusters {
		for _, f := range c.Flows() {
			if f.To.Addr() != q.To && f.To.Workload.Addr() != q.To {
				continue
			}
			x.peers = append(x.peers, f.From)
			if w, ok := f.From.(*model.Workload); ok && w.Host.Network {
				for _, p := range w.HostPools() {
					x.peers = append(x.peers, p)
				}
			}
		}
		for _, w := range c.Workloads() {
			if at := w.Addr(); at == q.To || strings.HasPrefix(string(q.To), string(at)+".port.") {
				x.Unknown = unguarded(posture, o, w)
			}
		}
	}
	slices.SortFunc(x.peers, func(a, b model.Peer) int { return cmp.Compare(a.Addr(), b.Addr()) })
	x.peers = slices.CompactFunc(x.peers, func(a, b model.Peer) bool { return a.Addr() == b.Addr() })
	if x.Unknown == "" {
		x.Who, x.Others = addresses(x.peers), addresses(q.Others(x.peers))
	}
	return x
}

// unguarded says why others than the declared sources may connect to the workload; "" if the files keep them away.
func unguarded(posture model.Posture, o Options, w *model.Workload) string {
	h := model.Hold{Control: model.IngressExact, Subject: w.Addr()}
	without := slices.ContainsFunc(o.Without, func(x Without) bool {
		return x.Control == h.Control && (x.Subject == "" || x.Subject == h.Subject)
	})
	switch {
	case without:
		return string(h.Control) + " of " + string(h.Subject) + " is left out"
	case len(w.Host.Ports) > 0:
		return string(h.Subject) + " has ports of its nodes, which no network policy guards"
	case posture[h].State != model.Proved:
		return string(h.Control) + " of " + string(h.Subject) + " is " + posture[h].State.String() + ": who else may connect is not known"
	}
	return ""
}

func addresses(peers []model.Peer) []model.Address {
	all := []model.Address{}
	for _, p := range peers {
		all = append(all, p.Addr())
	}
	return all
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
