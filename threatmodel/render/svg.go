package render

import (
	"bytes"
	"context"
	"fmt"
	"io"
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

// SVG lays the drawing out and writes it as SVG. Output is the same for the same drawing on every machine.
func SVG(w io.Writer, d *Drawing) error {
	if n := len(d.boxes()); n > MaxBoxes {
		return fmt.Errorf("drawing %q has %d boxes, more than %d: draw one asset or entry instead", d.Title, n, MaxBoxes)
	}
	var dot bytes.Buffer
	if err := DOT(&dot, d); err != nil {
		return err
	}
	layout.Lock()
	defer layout.Unlock()
	ctx := context.Background()
	gv, err := graphviz.New(ctx)
	if err != nil {
		return fmt.Errorf("graphviz: %w", err)
	}
	defer gv.Close()
	graph, err := graphviz.ParseBytes(dot.Bytes())
	if err != nil {
		return fmt.Errorf("graphviz: %w", err)
	}
	defer graph.Close()
	var out bytes.Buffer
	if err := gv.Render(ctx, graph, graphviz.SVG, &out); err != nil {
		return fmt.Errorf("graphviz: %w", err)
	}
	svg := bytes.ReplaceAll(out.Bytes(), []byte(`font-family="`+font+`"`), []byte(`font-family="Arial,Helvetica,Liberation Sans,sans-serif"`))
	_, err = w.Write(svg)
	return err
}
