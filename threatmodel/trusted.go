package threatmodel

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
		if len(t.Opens) < trustedTitles {
			t.Opens = append(t.Opens, e.Title)
		}
		t.Total++
	}
	return all
}

// trustedTitles bounds what the report lists for each part of the trusted base; Total counts all.
const trustedTitles = 20
