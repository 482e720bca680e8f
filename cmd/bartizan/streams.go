package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

// streams is everything ambient that a command may use: results go to out, messages to err.
type streams struct {
	in       io.Reader
	out, err *printer
	environ  []string
	now      func() time.Time
}

func newStreams(in io.Reader, out, err io.Writer, environ []string) *streams {
	// https://no-color.org: set and not empty, whatever the value.
	plain := slices.ContainsFunc(environ, func(e string) bool {
		return strings.HasPrefix(e, "NO_COLOR=") && e != "NO_COLOR=" || e == "TERM=dumb"
	})
	return &streams{
		in:      in,
		out:     &printer{w: out, color: !plain && terminal(out)},
		err:     &printer{w: err, color: !plain && terminal(err)},
		environ: environ,
		now:     time.Now,
	}
}

// terminal reports whether the writer is a character device.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
