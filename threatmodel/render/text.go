package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// Text writes the report for a terminal: what is open to whom, how, and what would close it.
func Text(w io.Writer, r *threatmodel.Report) error {
	s := summarise(r)
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	for _, a := range s.Assets {
		p("%s\n", plain(a.Title))
		p("  open today to         %s\n", plain(names(a.Open)))
		p("  open after faults to  %s\n", plain(names(a.Faults)))
		p("  blocked for           %s\n", plain(names(a.Blocked)))
	}
	for _, x := range s.Stories {
		p("\n%s: %s\n  for %s, effort %d\n", plain(x.Asset), plain(x.Verdict), plain(names(x.Attackers)), x.Path.Effort)
		for _, step := range x.Path.Steps {
			p("  %2d. %-5s %s%s\n", step.Number, step.Step, plain(step.Title), plain(stepNote(step)))
		}
		p("      %s\n", plain(closing(x.Path)))
	}
	if s.MoreOpen > 0 {
		p("\n%d more such paths: see --format json\n", s.MoreOpen)
	}
	if len(s.Singles) > 0 {
		p("\nSingle faults, each of which opens an asset that is closed today:\n")
		for _, x := range s.Singles {
			p("  %s\n    opens %s\n    to    %s\n", plain(x.Fault), plain(names(x.Assets)), plain(names(x.Attackers)))
		}
	}
	p("\nNearest blocked steps (%d of %d):\n", len(s.Frontier), s.Blocked)
	for _, x := range s.Frontier {
		p("  %-5s %s\n        %s\n", x.Step, plain(x.Title), plain(strings.Join(stoppers(x.By), ", ")))
	}
	for _, n := range r.NotSearched {
		p("\nNot searched: %s\n", plain(n))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain removes what a terminal would obey.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 || bidi(r) {
			return '\uFFFD'
		}
		return r
	}, s)
}
