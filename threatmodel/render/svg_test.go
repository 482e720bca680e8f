package render

import (
	"bytes"
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// rect is the bounding box of a drawn box, in points.
type rect struct {
	id             string
	x0, y0, x1, y1 float64
}

func (a rect) overlaps(b rect) bool {
	return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1
}

var number = regexp.MustCompile(`-?[0-9.]+,-?[0-9.]+`)

// measured is what a test reads back from a picture.
type measured struct {
	width    float64 // of the viewBox
	boxes    []rect
	smallest float64 // font size
	texts    []string
}

// measure parses the picture as a browser would and returns its boxes.
func measure(t *testing.T, svg []byte) measured {
	t.Helper()
	m := measured{smallest: 1000}
	dec := xml.NewDecoder(bytes.NewReader(svg))
	var node bool
	var current rect
	var text strings.Builder
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			return m
		}
		if err != nil {
			t.Fatalf("picture is not well-formed XML: %v", err)
		}
		switch el := tok.(type) {
		case xml.StartElement:
			attr := map[string]string{}
			for _, a := range el.Attr {
				attr[a.Name.Local] = a.Value
			}
			switch {
			case el.Name.Local == "svg":
				m.width, _ = strconv.ParseFloat(strings.Fields(attr["viewBox"])[2], 64)
			case el.Name.Local == "g":
				node = attr["class"] == "node"
				current = rect{id: attr["id"], x0: 1e9, y0: 1e9, x1: -1e9, y1: -1e9}
			case node && (el.Name.Local == "polygon" || el.Name.Local == "path"):
				for _, pair := range number.FindAllString(attr["points"]+attr["d"], -1) {
					xs, ys, _ := strings.Cut(pair, ",")
					x, _ := strconv.ParseFloat(xs, 64)
					y, _ := strconv.ParseFloat(ys, 64)
					current.x0, current.x1 = min(current.x0, x), max(current.x1, x)
					current.y0, current.y1 = min(current.y0, y), max(current.y1, y)
				}
			case el.Name.Local == "text":
				size, err := strconv.ParseFloat(attr["font-size"], 64)
				if err != nil {
					t.Fatalf("text without size: %v", err)
				}
				m.smallest = min(m.smallest, size)
				text.Reset()
			}
		case xml.CharData:
			text.Write(el)
		case xml.EndElement:
			switch {
			case el.Name.Local == "g" && node:
				m.boxes = append(m.boxes, current)
				node = false
			case el.Name.Local == "text":
				m.texts = append(m.texts, text.String())
			}
		}
	}
}

// checkReadable holds a picture to the rules of an architect's meeting: no two boxes overlap, and no text is smaller
// than 10 px when the picture is shown 1,600 px wide.
func checkReadable(t *testing.T, d *Drawing) measured {
	t.Helper()
	var svg bytes.Buffer
	if err := SVG(&svg, d); err != nil {
		t.Fatal(err)
	}
	m := measure(t, svg.Bytes())
	for i, a := range m.boxes {
		for _, b := range m.boxes[i+1:] {
			if a.overlaps(b) {
				t.Errorf("%s: boxes %s and %s overlap", d.Title, a.id, b.id)
			}
		}
	}
	if px := m.smallest * 1600 / m.width; px < 10 {
		t.Errorf("%s: smallest text is %.1f px at 1600 px width (drawing is %.0f pt wide)", d.Title, px, m.width)
	}
	return m
}

func TestHostileTextStaysText(t *testing.T) {
	hostile := []string{
		`</FONT></TD><TD>`, `"];x[label="`, `\N\G\l`, "a\nb", "<script>alert(1)</script>", "]]>", "&amp;", "\x00\x1b[31m", "\u202Eevil", `>]; }`, `'`,
	}
	for _, h := range hostile {
		d := &Drawing{Title: h, Subtitle: h, Lanes: []*Lane{{ID: h, Title: h, Boxes: []*Box{{ID: h, Title: h, Lines: []string{h}, Mark: MarkHeld}, {ID: h + "2", Title: "x", Mark: MarkSafe}}}}}
		d.Step(&Box{ID: "step" + h, Title: h, Mark: MarkOpen}, []string{h}, h+"2")
		m := checkReadable(t, d)
		if len(m.boxes) != 3 {
			t.Errorf("%q: %d boxes drawn, want 3", h, len(m.boxes))
		}
		if strings.ContainsAny(h, "\x00\u202E\n") {
			continue // these characters are replaced
		}
		n := 0
		for _, s := range m.texts {
			if strings.TrimSpace(s) == strings.TrimSpace(h) {
				n++
			}
		}
		if n != 6 {
			t.Errorf("%q: appears %d times as text, want 6: %q", h, n, m.texts)
		}
	}
}

func TestDrawingTooLargeIsRefused(t *testing.T) {
	l := &Lane{ID: "l"}
	for i := range MaxBoxes + 1 {
		l.Boxes = append(l.Boxes, &Box{ID: strconv.Itoa(i), Title: "x", Mark: MarkSafe})
	}
	if err := SVG(io.Discard, &Drawing{Lanes: []*Lane{l}}); err == nil || !strings.Contains(err.Error(), "601 boxes") {
		t.Errorf("got %v", err)
	}
}
