package render

import (
	"fmt"
	"io"
	"strings"
)

// Mermaid writes the drawing as a Mermaid flowchart, which Git hosts draw inside Markdown.
func Mermaid(w io.Writer, d *Drawing) error {
	var b strings.Builder
	b.WriteString("flowchart TB\n")
	ids := map[string]string{}
	for i, box := range d.boxes() {
		ids[box.ID] = fmt.Sprintf("n%d", i)
	}
	lanes := 0
	var lane func(l *Lane, indent string)
	box := func(x *Box, indent string) {
		text := mermaidText(x.Title)
		for _, line := range x.Lines {
			text += "<br/>" + mermaidText(line)
		}
		open, end := `["`, `"]`
		switch looks[x.Mark].shape {
		case "octagon":
			open, end = `{{"`, `"}}`
		case "cylinder":
			open, end = `[("`, `")]`
		}
		fmt.Fprintf(&b, "%s%s%s%s%s:::%s\n", indent, ids[x.ID], open, text, end, x.Mark)
	}
	lane = func(l *Lane, indent string) {
		fmt.Fprintf(&b, "%ssubgraph l%d[\"%s\"]\n", indent, lanes, mermaidText(l.Title))
		lanes++
		for _, x := range l.Boxes {
			box(x, indent+"  ")
		}
		for _, inner := range l.Lanes {
			lane(inner, indent+"  ")
		}
		fmt.Fprintf(&b, "%send\n", indent)
	}
	for _, l := range d.Lanes {
		lane(l, "  ")
	}
	for _, x := range d.Steps {
		box(x, "  ")
	}
	for _, e := range d.Edges {
		arrow := "-->"
		switch looks[e.Mark].lineStyle {
		case "dashed", "dotted":
			arrow = "-.->"
		default:
			if e.Mark == MarkOpen {
				arrow = "==>"
			}
		}
		fmt.Fprintf(&b, "  %s %s %s\n", ids[e.From], arrow, ids[e.To])
	}
	for _, m := range d.Legend {
		k := looks[m]
		style := ""
		if k.lineStyle != "solid" {
			style = ",stroke-dasharray:4 3"
		}
		fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:%s,color:%s,stroke-width:%spx%s\n", m, k.fill, k.line, k.ink, k.width, style)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// mermaidText encodes text for a quoted Mermaid label: everything but letters, digits and harmless punctuation becomes a
// numeric entity, which Mermaid writes as #N;.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < 0x20 || r == 0x7f || bidi(r):
			b.WriteString("#65533;")
		case r == ' ' || r == '.' || r == ',' || r == '-' || r == '/' || r == '_' || r == '·' || r == '…' || r == ':' || r == '(' || r == ')' ||
			r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0x7f:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
