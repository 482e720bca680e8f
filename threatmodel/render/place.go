package render

// Step adds a step between positions to the innermost lane that holds all of them, so that it is drawn where it
// happens. Several premises are a visible AND: all lead into the step's box.
func (d *Drawing) Step(step *Box, premises []string, to string) {
	for _, p := range premises {
		d.Edges = append(d.Edges, &Edge{From: p, To: step.ID, Mark: step.Mark})
	}
	ends := premises
	if to != "" {
		d.Edges = append(d.Edges, &Edge{From: step.ID, To: to, Mark: step.Mark})
		ends = append(append([]string{}, premises...), to)
	}
	if lane := innermost(d.Lanes, ends); lane != nil {
		lane.Boxes = append(lane.Boxes, step)
		return
	}
	d.Steps = append(d.Steps, step)
}

// innermost returns the deepest lane that holds all boxes with the ids, or nil.
func innermost(lanes []*Lane, ids []string) *Lane {
	for _, l := range lanes {
		if holdsAll(l, ids) {
			if inner := innermost(l.Lanes, ids); inner != nil {
				return inner
			}
			return l
		}
	}
	return nil
}

func holdsAll(l *Lane, ids []string) bool {
	for _, id := range ids {
		if !holds(l, id) {
			return false
		}
	}
	return true
}

func holds(l *Lane, id string) bool {
	for _, b := range l.Boxes {
		if b.ID == id {
			return true
		}
	}
	for _, inner := range l.Lanes {
		if holds(inner, id) {
			return true
		}
	}
	return false
}

// stagger sets the boxes that follow from the same box on two levels in turn, which makes a wide picture narrower.
func (d *Drawing) stagger() {
	children := map[string]int{}
	for _, e := range d.Edges {
		if n := children[e.From]; n > 0 {
			e.Levels = n % 3
		}
		children[e.From]++
	}
}
