package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// font is one whose widths Graphviz knows. With a list of families it would measure Times and text would leave its box;
// SVG adds the fallbacks afterwards.
const font = "Arial"

// Font sizes in points. The smallest must be at least 10 px on screen when a drawing is shown 1,600 px wide.
const (
	sizeTitle = 20
	sizeLane  = 14
	sizeBox   = 13
	sizeLine  = 11
)

// DOT writes the drawing in Graphviz' language. The text is deterministic: its order is the drawing's.
func DOT(w io.Writer, d *Drawing) error {
	p := &dotPrinter{edges: d.Edges}
	p.line("digraph threatmodel {")
	p.depth++
	p.line("graph [%s]", attributes(
		"rankdir", "TB", "newrank", "true", "compound", "true", "splines", "true", "nodesep", "0.2", "ranksep", "0.45",
		"fontname", font, "fontsize", fmt.Sprint(sizeTitle), "labelloc", "t", "labeljust", "l", "bgcolor", "white", "pad", "0.3",
	)+", label="+heading(d))
	p.line("node [%s]", attributes("fontname", font, "fontsize", fmt.Sprint(sizeBox), "margin", "0.14,0.08", "height", "0.3"))
	p.line("edge [%s]", attributes("fontname", font, "fontsize", fmt.Sprint(sizeLine), "arrowsize", "0.7"))
	for _, l := range d.Lanes {
		p.lane(l, 0)
	}
	for _, b := range d.Steps {
		p.box(b)
	}
	for _, e := range d.Edges {
		p.edge(e)
	}
	p.depth--
	p.line("}")
	_, err := w.Write(p.buf.Bytes())
	return err
}

type dotPrinter struct {
	buf   bytes.Buffer
	depth int
	edges []*Edge // of the drawing
}

func (p *dotPrinter) line(format string, args ...any) {
	p.buf.WriteString(strings.Repeat("  ", p.depth))
	fmt.Fprintf(&p.buf, format, args...)
	p.buf.WriteByte('\n')
}

var laneFills = []string{"#F8FAFC", "#EEF2F6", "#E4E9EF"}

func (p *dotPrinter) lane(l *Lane, level int) {
	p.line("subgraph %s {", quote("cluster_"+l.ID))
	p.depth++
	// Ways run downwards: a label stands where none enters or leaves, or else beside the middle.
	at, title := "t", l.Title
	if enters, leaves := p.crosses(l); !leaves {
		at = "b"
	} else if enters {
		title = roomy(title)
	}
	p.line("graph [%s, label=%s]", attributes(
		"style", "dashed,filled,rounded", "color", "#7B8794", "fillcolor", laneFills[min(level, len(laneFills)-1)],
		"labelloc", at, "labeljust", "l", "margin", "14", "penwidth", "1.5",
	), fmt.Sprintf(`<<FONT POINT-SIZE="%d"><B>%s</B></FONT>>`, sizeLane, escapeXML(title)))
	for _, b := range l.Boxes {
		p.box(b)
	}
	for _, inner := range l.Lanes {
		p.lane(inner, level+1)
	}
	p.depth--
	p.line("}")
}

func (p *dotPrinter) box(b *Box) {
	k := looks[b.Mark]
	p.line("%s [%s, label=%s]", quote(b.ID), attributes(
		"shape", k.shape, "style", k.style, "fillcolor", k.fill, "color", k.line, "fontcolor", k.ink, "penwidth", k.width,
	), label(b.Title, sizeBox, b.Lines, sizeLine))
}

func (p *dotPrinter) edge(e *Edge) {
	k := looks[e.Mark]
	p.line("%s -> %s [%s]", quote(e.From), quote(e.To), attributes(
		"color", k.line, "style", k.lineStyle, "penwidth", k.width, "minlen", fmt.Sprint(1+e.Levels),
	))
}

// heading is the drawing's label: title, subtitle and legend. Standing in the label, the legend is above the picture and
// never moves a box.
func heading(d *Drawing) string {
	const columns = 4
	var b strings.Builder
	text := func(size int, open, s, end string) {
		if s != "" {
			fmt.Fprintf(&b, `<TR><TD ALIGN="LEFT" COLSPAN="%d"><FONT POINT-SIZE="%d">%s%s%s</FONT></TD></TR>`, columns, size, open, escapeXML(s), end)
		}
	}
	b.WriteString(`<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="6">`)
	text(sizeTitle, "<B>", d.Title, "</B>")
	for _, line := range wrap(d.Subtitle, subtitleWidth) {
		text(sizeBox, "", line, "")
	}
	for i, m := range d.Legend {
		if i%columns == 0 {
			b.WriteString("<TR>")
		}
		k := looks[m]
		fmt.Fprintf(&b, `<TD BORDER="2" COLOR="%s" BGCOLOR="%s" STYLE="%s" CELLPADDING="4"><FONT POINT-SIZE="%d" COLOR="%s">%s</FONT></TD>`,
			k.line, k.fill, k.cell, sizeLine, k.ink, escapeXML(k.legend))
		if i%columns == columns-1 || i == len(d.Legend)-1 {
			b.WriteString("</TR>")
		}
	}
	for _, line := range wrap(d.Note, noteWidth) {
		text(sizeLine, "", line, "")
	}
	b.WriteString("</TABLE>>")
	return b.String()
}

// attributes writes name=value pairs.
func attributes(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		parts = append(parts, pairs[i]+"="+quote(pairs[i+1]))
	}
	return strings.Join(parts, ", ")
}

// quote writes a DOT string. Only ids and constant attributes are quoted; text for people goes through label. Other
// characters than the harmless ones are written as their code point, so that two ids stay two.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		if r < 0x20 || r == '"' || r == '\\' || r == '%' || r > 0x7e {
			fmt.Fprintf(&b, "%%%X;", r)
			continue
		}
		b.WriteRune(r)
	}
	b.WriteByte('"')
	return b.String()
}

// label writes an HTML-like label: a bold title, then smaller lines, both broken at words.
func label(title string, titleSize int, lines []string, lineSize int) string {
	var parts []string
	for _, t := range wrap(title, titleWidth) {
		parts = append(parts, fmt.Sprintf(`<FONT POINT-SIZE="%d"><B>%s</B></FONT>`, titleSize, escapeXML(t)))
	}
	for _, line := range lines {
		for _, l := range wrap(line, lineWidth) {
			parts = append(parts, fmt.Sprintf(`<FONT POINT-SIZE="%d">%s</FONT>`, lineSize, escapeXML(l)))
		}
	}
	return "<" + strings.Join(parts, "<BR/>") + ">"
}

// crosses reports whether an edge of the drawing enters the lane, and whether one leaves it.
func (p *dotPrinter) crosses(l *Lane) (enters, leaves bool) {
	for _, e := range p.edges {
		from, to := holds(l, e.From), holds(l, e.To)
		enters, leaves = enters || to && !from, leaves || from && !to
	}
	return enters, leaves
}

// roomy gives a label as much room to its right as it takes, so that a way to the middle of a narrow lane passes beside it.
func roomy(title string) string {
	const noBreak, perLetter = "\u00a0", 2 // a space is half as wide as a letter, or less
	return title + strings.Repeat(noBreak, perLetter*utf8.RuneCountInString(title))
}

// escapeXML encodes text for Graphviz' HTML-like labels. Characters that XML 1.0 forbids become U+FFFD, and so do the
// ones that change the direction of text, because a drawing must not lie.
func escapeXML(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\\':
			b.WriteString(`\\`) // Graphviz replaces \N, \G and others in HTML-like labels too
		case r == '\n' || r == '\t':
			b.WriteByte(' ')
		case r < 0x20 || r == 0x7f || r == 0xfffe || r == 0xffff || bidi(r):
			b.WriteRune('\uFFFD')
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// bidi reports whether the character reorders the text around it.
func bidi(r rune) bool {
	return r == 0x200e || r == 0x200f || r == 0x061c || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
