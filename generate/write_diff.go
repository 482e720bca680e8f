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
		if err := UnifiedDiff(w, from, c.old, to, c.new); err != nil {
			return err
		}
	}
	return nil
}

// UnifiedDiff writes how one text differs from another; nothing if they are the same.
func UnifiedDiff(w io.Writer, from string, old []byte, to string, new []byte) error {
	text := diff.Diff(from, old, to, new)
	// The first line, "diff a b", is no part of the unified format.
	if _, body, ok := bytes.Cut(text, []byte("\n")); ok {
		text = body
	}
	_, err := w.Write(text)
	return err
}
