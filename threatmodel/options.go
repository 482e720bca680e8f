package threatmodel

import (
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Options are the questions that an analysis answers. The zero value asks the usual ones.
type Options struct {
	TrustAttested bool
	// AssumeBreach are ids of positions that the attacker holds from the start. Without From, one attacker is analysed,
	// who holds them and nothing else; with From, they are added to each.
	AssumeBreach []string
	// AssumeFaults are ids of faults that have happened, as reports name them: a file that is wrong or missing, an unknown
	// vulnerability, a theft, a breach of the trusted base.
	AssumeFaults []string
	Without      []Without // controls that are treated as down
	From         []string  // ids of profiles or positions to start from; empty: all profiles
	To           []string  // ids of positions to reach; empty: all assets
	Paths        int       // at most so many for each attacker and asset; 0: 3
	Frontier     int       // at most so many blocked steps for each attacker; 0: 200
	Faults       int       // sets of so many faults are searched, 1 to 3; 0: 3
	Budget       int       // combinations of faults looked at in all; 0: 40 million
	// Tolerances asks only for the verdicts and how many faults are withstood: no attack is told, nothing is proposed, and
	// no bound from above is given. It takes a small part of the time.
	Tolerances bool
}

// Without names a control that is treated as down, for one subject or, with an empty Subject, for all.
type Without struct {
	Control model.ControlID
	Subject model.Address
}

// profiles are the attackers that are analysed.
func (g *Graph) profiles(o Options) ([]*Profile, error) {
	var breached []*Position
	for _, id := range o.AssumeBreach {
		p := g.byID[id]
		if p == nil {
			return nil, fmt.Errorf("unknown position %q", id)
		}
		breached = append(breached, p)
	}
	var chosen []*Profile
	for _, id := range o.From {
		if i := slices.IndexFunc(g.Profiles, func(p *Profile) bool { return p.ID == id }); i >= 0 {
			chosen = append(chosen, g.Profiles[i])
		} else if p := g.byID[id]; p != nil {
			chosen = append(chosen, &Profile{ID: id, Title: p.Title, Start: []*Position{p}})
		} else {
			return nil, fmt.Errorf("unknown attacker or position %q", id)
		}
	}
	switch {
	case len(o.From) == 0 && len(breached) == 0:
		return g.Profiles, nil
	case len(o.From) == 0:
		p := &Profile{ID: "assume-breach", Title: "An attacker who holds: ", Doc: "What falls if this position is taken.", Start: breached}
		for i, b := range breached {
			if i > 0 {
				p.Title += "; "
			}
			p.Title += b.Title
		}
		return []*Profile{p}, nil
	}
	if len(breached) > 0 {
		for i, p := range chosen {
			q := *p
			q.Start = slices.Concat(p.Start, breached)
			chosen[i] = &q
		}
	}
	return chosen, nil
}

// targets are the positions that they try to reach.
func (g *Graph) targets(o Options) ([]*Position, error) {
	if len(o.To) == 0 {
		return g.Assets(), nil
	}
	var targets []*Position
	for _, id := range o.To {
		p := g.byID[id]
		if p == nil {
			return nil, fmt.Errorf("unknown position %q", id)
		}
		targets = append(targets, p)
	}
	return targets, nil
}
