package generate

import (
	"bytes"
	"io"

	"github.com/rogpeppe/go-internal/diff"
)

// Diff writes the changes as a unified diff: a line with + is in the generated tree, one with - in the directory.
func Diff(w io.Writer, changes []Change) error {
	for _, c := range changes {
		from, to := "a/"+c.Path, "b/"+c.Path
		if c.old == nil {
			from = "/dev/null"
		}
		if c.new == nil {
			to = "/dev/null"
		}
		text := diff.Diff(from, c.old, to, c.new)
		// The first line, "diff a b", is no part of the unified format.
		if _, body, ok := bytes.Cut(text, []byte("\n")); ok {
			text = body
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}
