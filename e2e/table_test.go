//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// row is a check that has run.
type row struct {
	name, seen string
	err        error
	took       time.Duration
}

func (r row) String() string {
	result := "ok  "
	seen := r.seen
	if r.err != nil {
		result, seen = "FAIL", r.err.Error()
	}
	return fmt.Sprintf("%s %7.1fs  %s\n               %s", result, r.took.Seconds(), r.name, strings.ReplaceAll(seen, "\n", " "))
}

// printTable prints the result of each check and the sum, in one piece: other clusters print too.
func printTable(out io.Writer, cluster string, rows []row) {
	var failed int
	var took time.Duration
	w := &strings.Builder{}
	fmt.Fprintf(w, "\n%s\n%-6s %8s  %s\n", cluster, "result", "time", "what was proved")
	for _, r := range rows {
		result := "ok"
		if r.err != nil {
			result = "FAIL"
			failed++
		}
		took += r.took
		fmt.Fprintf(w, "%-6s %7.1fs  %s\n", result, r.took.Seconds(), r.name)
	}
	fmt.Fprintf(w, "%s: %d checks, %d failed, %s\n", cluster, len(rows), failed, took.Round(time.Second))
	io.WriteString(out, w.String())
}
