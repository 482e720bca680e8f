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
