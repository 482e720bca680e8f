package model

import (
	"io"
	"time"
)

// Options are the ambient things that [Load] depends on.
type Options struct {
	Today    time.Time         // the date at which exceptions and attestations are judged; required
	Vars     map[string]string // -var name=value
	VarFiles []string          // -var-file, in order
	Environ  []string          // "BARTIZAN_VAR_name=value" entries are used, others ignored
	Stdin    io.Reader         // read where the path is "-"
	// AcceptExpired turns expired exceptions into warnings, so that a cluster can be rebuilt at night.
	AcceptExpired bool
}

// Load reads and checks a specification. The path is a directory, of which all *.bartizan.hcl and *.bartizan.json
// files are one specification, one such file, or "-" for standard input. All problems are reported in one run; the
// machine's (a file that cannot be read) are diagnostics too.
func Load(path string, o Options) *Loaded {
	l := &loader{options: o, loaded: &Loaded{sources: map[string]*source{}}}
	l.read(path)
	l.loaded.Diagnostics = tidy(l.diags)
	return l.loaded
}
