package render

import (
	"fmt"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// badgeNote says what stands below assets.
const badgeNote = "Below an asset: how many faults must coincide before the nearest of these attackers is there, by kind: F a wrong or missing file, V an unknown vulnerability, T a theft or an insider's act; " +
	"and of how many trusted parts a breach is not counted (base)."

// badge is how many faults must coincide, in the fewest words: "1 fault (1T), base 9".
func badge(t threatmodel.Tolerance, base int) string {
	switch t.Answer {
	case threatmodel.AnswerHeld:
		return "held from the start"
	case threatmodel.AnswerOpen:
		return "open today"
	case threatmodel.AnswerNone:
		return "no modelled path"
	case threatmodel.AnswerAtLeast:
		return fmt.Sprintf("%s faults, base %d", t, base)
	}
	word := "faults"
	if t.Faults == 1 {
		word = "fault"
	}
	return fmt.Sprintf("%d %s (%s), base %d", t.Faults, word, t.Smallest(), base)
}

// badges gives the boxes of assets that are drawn the badge of the attacker who comes nearest, and reports whether there
// is one.
func (o *overview) badges(d *Drawing, r *threatmodel.Report, entries []*threatmodel.EntryReport) bool {
	boxes, any := map[string]*Box{}, false
	for _, b := range d.boxes() {
		boxes[b.ID] = b
	}
	for i, id := range r.Assets {
		p := o.positions[id]
		if p == nil {
			continue
		}
		at, title, _ := o.boxOf(p)
		b := boxes[at]
		if b == nil || title != p.Title {
			continue // not drawn, or in a box with others
		}
		nearest := entries[0].Assets[i].Tolerance
		for _, e := range entries[1:] {
			if t := e.Assets[i].Tolerance; t.Below(nearest) {
				nearest = t
			}
		}
		b.Lines, any = append(b.Lines, badge(nearest, len(r.TrustedBase))), true
	}
	return any
}
