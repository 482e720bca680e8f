package model

import (
	"io"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Options are the ambient things that [Load] depends on.
type Options struct {
	Today    time.Time         // the date at which exceptions and attestations are judged; required
	Vars     map[string]string // --var name=value
	VarFiles []string          // --var-file, in order
	Environ  []string          // "BARTIZAN_VAR_name=value" entries are used, others ignored
	Stdin    io.Reader         // read where the path is "-"
	// AcceptExpired turns expired exceptions into warnings, so that a cluster can be rebuilt at night.
	AcceptExpired bool
}

// Load reads and checks a specification. The path is a directory, of which all *.bartizan.hcl and *.bartizan.json
// files are one specification, one such file, or "-" for standard input. All problems are reported in one run; the
// machine's (a file that cannot be read) are diagnostics too.
func Load(path string, o Options) *Loaded {
	l := newLoader(o)
	l.orStop(func() {
		l.read(path)
		// After a syntax error half a file is missing; what refers to it would be reported as unknown.
		if !l.diags.HasErrors() {
			l.understand()
		}
	})
	l.loaded.Diagnostics = tidy(l.loaded.placed(l.diags))
	if l.loaded.HasErrors() {
		l.loaded.Spec = nil
	}
	return l.loaded
}

func newLoader(o Options) *loader {
	return &loader{
		options: o,
		loaded:  &Loaded{sources: map[string]*source{}},
		locals:  map[string]*localValue{},
		inputs:  map[string]*input{},
		spec:    &Spec{},
		meter:   newMeter(),
	}
}

// body is a parsed file, in one of the two syntaxes.
type body struct {
	native *hclsyntax.Body
	json   hcl.Expression
}

// loader holds the state of one Load.
type loader struct {
	options Options
	loaded  *Loaded
	diags   hcl.Diagnostics
	dir     string // of the specification; "" for standard input
	bodies  []body
	top     []*node // blocks of all files, in order
	tree    branch  // names of blocks
	locals  map[string]*localValue
	inputs  map[string]*input
	context *hcl.EvalContext
	spec    *Spec
	meter   *meter
	taken   struct{ files, bytes, words int } // of the bounds, so far
	blocks  int                               // so far
	chain   int                               // values that wait for the one that is being evaluated
	tooLong bool                              // a chain is; once said is enough
	// badImages says that the file of digests could not be read.
	badImages bool
	unset     []string           // variables without a value
	homeless  []*node            // workloads that no pool can run
	kinds     map[string][]*node // blocks by kind, see of
	nodes     map[any]*node      // blocks by what they stand for
	subject   *node              // whose attributes are being judged, see about
	// unexpanded says that a for_each was not understood.
	unexpanded bool
}

// understand turns the parsed files into the model. Each stage works on what the stages before could make sense of, so
// that one mistake neither hides another nor causes one.
func (l *loader) understand() {
	for _, b := range l.bodies {
		file := &node{schema: root, attrs: map[string]*attr{}}
		if b.json != nil {
			l.decodeJSON(file, b.json)
		} else {
			l.decode(file, b.native)
		}
		l.top = append(l.top, file.children...)
	}
	l.addInternet()
	l.index()
	for _, n := range l.top {
		if n.schema == localsBlock {
			l.declareLocals(n)
		}
	}
	l.declareVariables()
	l.checkRepeated(&node{schema: root, children: l.top})
	l.expand()
	for _, n := range l.top {
		l.applyProfile(n)
	}
	for _, n := range l.top {
		l.checkNested(n)
		l.evaluate(n)
	}
	for _, name := range slices.Sorted(maps.Keys(l.locals)) {
		l.force(l.locals[name]) // an unused local may be wrong too
	}
	if l.unexpanded {
		return // a check of the whole would miss what could not be understood
	}
	l.build()
	l.loaded.Spec = l.spec
}

// evaluate forces all attributes, so that those which no code asks for in this specification are checked as well.
func (l *loader) evaluate(n *node) {
	for _, name := range slices.Sorted(maps.Keys(n.attrs)) {
		l.value(n.attrs[name])
	}
	for _, c := range n.children {
		l.evaluate(c)
	}
}

// addInternet declares the built-in zone.
func (l *loader) addInternet() {
	n := &node{schema: zoneBlock, labels: []string{InternetZone}, addr: "zone." + InternetZone, object: &Zone{Name: InternetZone}}
	l.tree.child("zone").child(InternetZone).node = n
	for _, t := range l.top {
		if t.schema == zoneBlock && !t.broken && t.labels[0] == InternetZone {
			t.broken = true
			l.errorf(t.at, "Reserved name", "zone.internet is built in: it is everything that no other zone contains. Give this zone another name.")
		}
	}
}
