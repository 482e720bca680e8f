// Package render turns an attack graph and its analysis into text, JSON, Markdown, Mermaid, DOT and SVG.
//
// A picture goes through three hands: a view ([Overview], [Story]) chooses what to show and returns a [Drawing]; [DOT]
// writes it as Graphviz text, which is the golden form; [SVG] lets Graphviz lay that text out.
package render

// Drawing is a picture of boxes inside trust boundaries, before any layout.
type Drawing struct {
	Title    string
	Subtitle string
	Note     string  // below the legend
	Lanes    []*Lane // in reading order
	Steps    []*Box  // between the lanes: a step with several premises is a visible AND
	Edges    []*Edge // in drawing order; later ones lie on top
	Legend   []Mark  // the marks that the picture uses, in reading order
}

// Lane is a trust boundary with what lies inside.
type Lane struct {
	ID    string
	Title string
	Boxes []*Box
	Lanes []*Lane
}

// Box is a place or thing that an attacker may hold, or a step between two of them.
type Box struct {
	ID    string
	Title string
	Lines []string // smaller text below the title
	Mark  Mark
}

// Edge joins a position with a step, or a step with a position. Edges carry no text: text stands in boxes, which
// Graphviz never lets overlap.
type Edge struct {
	From, To string // box ids
	Mark     Mark
	Levels   int // how many levels further down than usual To is drawn
}

// Mark gives a box or an edge its meaning; each has one colour and one line style, so that the picture is readable
// without colours too.
type Mark string

const (
	MarkEntry    Mark = "entry"    // where an attacker starts
	MarkHeld     Mark = "held"     // a position that he reaches today
	MarkSafe     Mark = "safe"     // a position that he does not reach
	MarkAsset    Mark = "asset"    // worth attacking, not reached
	MarkLost     Mark = "lost"     // worth attacking, and reached
	MarkOpen     Mark = "open"     // a step that nothing blocks
	MarkFault    Mark = "fault"    // a step that nothing blocks, but that takes an unknown vulnerability or a theft
	MarkBlocked  Mark = "blocked"  // a step that a proved control blocks
	MarkAttested Mark = "attested" // a step that only a stated control blocks
)

// allMarks lists the marks in the order of a legend.
var allMarks = []Mark{MarkEntry, MarkHeld, MarkSafe, MarkAsset, MarkLost, MarkOpen, MarkFault, MarkBlocked, MarkAttested}

// marks returns the marks that the drawing uses.
func (d *Drawing) marks() []Mark {
	used := map[Mark]bool{}
	for _, b := range d.boxes() {
		used[b.Mark] = true
	}
	var marks []Mark
	for _, m := range allMarks {
		if used[m] {
			marks = append(marks, m)
		}
	}
	return marks
}

// boxes returns all boxes, steps included.
func (d *Drawing) boxes() []*Box {
	all := append([]*Box{}, d.Steps...)
	var add func([]*Lane)
	add = func(lanes []*Lane) {
		for _, l := range lanes {
			all = append(all, l.Boxes...)
			add(l.Lanes)
		}
	}
	add(d.Lanes)
	return all
}

// look is how a mark is drawn.
type look struct {
	legend          string
	shape, style    string // of a box
	fill, line, ink string // colours
	width           string // of the outline or the line, in points
	lineStyle       string // of an edge
	cell            string // of its cell in the legend
}

// The palette is that of Okabe and Ito, which people with colour-vision deficiencies can tell apart
// (https://jfly.uni-koeln.de/color/).
var looks = map[Mark]look{
	MarkEntry:    {"attacker starts here", "octagon", "filled", "#FDE7D3", "#D55E00", "#1F2933", "2", "solid", "SOLID"},
	MarkHeld:     {"reached today", "box", "rounded,filled", "#FBE3D6", "#D55E00", "#1F2933", "2", "solid", "ROUNDED"},
	MarkSafe:     {"not reached", "box", "rounded,filled", "#FFFFFF", "#9AA5B1", "#3E4C59", "1", "solid", "ROUNDED"},
	MarkAsset:    {"asset, not reached", "cylinder", "filled", "#E3F1FA", "#0072B2", "#1F2933", "2", "solid", "SOLID"},
	MarkLost:     {"asset, reached today", "cylinder", "filled", "#D55E00", "#8A3B00", "#FFFFFF", "2", "solid", "SOLID"},
	MarkOpen:     {"open step", "box", "filled", "#FFFFFF", "#D55E00", "#A34700", "2.5", "solid", "SOLID"},
	MarkFault:    {"step that takes an unknown vulnerability or a theft", "box", "filled,rounded", "#FFF9E5", "#E69F00", "#7A5400", "2", "solid", "ROUNDED"},
	MarkBlocked:  {"step blocked by a proved control", "box", "filled,dashed", "#F5F7FA", "#7B8794", "#52606D", "1", "dashed", "DASHED"},
	MarkAttested: {"step that only a stated control would block", "box", "filled,dotted", "#FFFFFF", "#CC79A7", "#8C3D6B", "1.5", "dotted", "DOTTED"},
}
