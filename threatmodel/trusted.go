package threatmodel

// Trust says why a part of the trusted base is trusted, and what can be done about it.
type Trust struct {
	Owner      string `json:"owner"`      // who answers for it
	Reason     string `json:"reason"`     // why nothing stands against a breach of it
	Mitigation string `json:"mitigation"` // what makes it smaller, and what shows a breach
}

// trusted returns the breach of a part of the trusted base.
func (b *Builder) trusted(cause, title string, t Trust) *Atom {
	a := b.atom(TrustedBase, cause, title)
	a.Trust = &t
	return a
}

// trustedBase lists what breaches of the trusted base open.
func (g *Graph) trustedBase() []*Trusted {
	byAtom := map[*Atom]*Trusted{}
	var all []*Trusted
	for _, e := range g.Edges {
		if e.Atom == nil || e.Atom.Class != TrustedBase {
			continue
		}
		t := byAtom[e.Atom]
		if t == nil {
			t = &Trusted{Atom: e.Atom}
			byAtom[e.Atom] = t
			all = append(all, t)
		}
		t.add(e.Title)
	}
	return all
}

// add counts a step that the breach opens.
func (t *Trusted) add(title string) {
	if len(t.Opens) < trustedTitles {
		t.Opens = append(t.Opens, title)
	}
	t.Total++
}

// trustedTitles bounds what the report lists for each part of the trusted base; Total counts all.
const trustedTitles = 20
