package threatmodel

// Comparison is what a change of the specification does to attackers.
type Comparison struct {
	Weaker   []*Shift `json:"weaker"`   // pairs that withstand fewer faults than before
	Stronger []*Shift `json:"stronger"` // pairs that withstand more
	// Vanished and Appeared are attackers and assets that only the old, or only the new specification has: pairs with them
	// cannot be compared.
	Vanished []string `json:"vanished,omitempty"`
	Appeared []string `json:"appeared,omitempty"`
}

// Shift is one pair of attacker and asset whose fault tolerance differs.
type Shift struct {
	Attacker string    `json:"attacker"`
	Asset    string    `json:"asset"`
	Was      Tolerance `json:"was"`
	Is       Tolerance `json:"is"`
	Path     *Path     `json:"path,omitempty"` // the nearest attack where it got weaker
}

// Compare compares two analyses that were asked the same.
func Compare(before, after *Report) *Comparison {
	c := &Comparison{Weaker: []*Shift{}, Stronger: []*Shift{}}
	type pair struct{ attacker, asset string }
	was := map[pair]*AssetReport{}
	old, now := map[string]bool{}, map[string]bool{}
	for _, e := range before.Entries {
		old[e.Profile.ID] = true
		for _, a := range e.Assets {
			old[a.Asset] = true
			was[pair{e.Profile.ID, a.Asset}] = a
		}
	}
	note := func(id string) {
		if !now[id] && !old[id] {
			c.Appeared = append(c.Appeared, id)
		}
		now[id] = true
	}
	for _, e := range after.Entries {
		note(e.Profile.ID)
		for _, a := range e.Assets {
			note(a.Asset)
			w := was[pair{e.Profile.ID, a.Asset}]
			if w == nil {
				continue
			}
			s := &Shift{Attacker: e.Profile.ID, Asset: a.Asset, Was: w.Tolerance, Is: a.Tolerance}
			switch {
			case a.Tolerance.Below(w.Tolerance):
				if len(a.Paths) > 0 {
					s.Path = a.Paths[0]
				}
				c.Weaker = append(c.Weaker, s)
			case w.Tolerance.Below(a.Tolerance):
				c.Stronger = append(c.Stronger, s)
			}
		}
	}
	gone := map[string]bool{}
	for _, e := range before.Entries {
		for _, id := range append([]string{e.Profile.ID}, before.Assets...) {
			if !now[id] && !gone[id] {
				gone[id] = true
				c.Vanished = append(c.Vanished, id)
			}
		}
	}
	return c
}
