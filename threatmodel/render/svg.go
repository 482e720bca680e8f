package render

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"github.com/goccy/go-graphviz"

	// Before go-graphviz is initialised, it must be kept out of a directory that others can write to.
	_ "github.com/bartizan-dev/bartizan/threatmodel/render/cachedir"
)

// MaxBoxes is the largest drawing that is laid out. Graphviz' time grows faster than the drawing, and the embedded
// Graphviz ignores deadlines, so the size is the only brake. Views keep far below it.
const MaxBoxes = 600

// layout serialises Graphviz: the embedded module is global and not safe for concurrent use.
var layout sync.Mutex

// maxWidth is the width in points at which the smallest text is 10 px high when the picture is shown 1,600 px wide.
const maxWidth = 1600 * sizeLine / 10

// SVG lays the drawing out and writes it as SVG. Output is the same for the same drawing on every machine.
func SVG(w io.Writer, d *Drawing) error {
	svg, err := layOut(d)
	if err != nil {
		return err
	}
	_, err = w.Write(svg)
	return err
}

var viewBox = regexp.MustCompile(`viewBox="0\.00 0\.00 ([0-9.]+) `)

// layoutWidth returns the width of the laid-out drawing in points.
func layoutWidth(d *Drawing) (float64, error) {
	svg, err := layOut(d)
	if err != nil {
		return 0, err
	}
	m := viewBox.FindSubmatch(svg)
	if m == nil {
		return 0, errors.New("graphviz: picture without a viewBox")
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

func layOut(d *Drawing) ([]byte, error) {
	if n := len(d.boxes()); n > MaxBoxes {
		return nil, fmt.Errorf("drawing %q has %d boxes, more than %d: draw one asset or entry instead", d.Title, n, MaxBoxes)
	}
	var dot bytes.Buffer
	if err := DOT(&dot, d); err != nil {
		return nil, err
	}
	layout.Lock()
	defer layout.Unlock()
	ctx := context.Background()
	gv, err := graphviz.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	defer gv.Close()
	graph, err := graphviz.ParseBytes(dot.Bytes())
	if err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	defer graph.Close()
	var out bytes.Buffer
	if err := gv.Render(ctx, graph, graphviz.SVG, &out); err != nil {
		return nil, fmt.Errorf("graphviz: %w", err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte(`font-family="`+font+`"`), []byte(`font-family="Arial,Helvetica,Liberation Sans,sans-serif"`)), nil
}
