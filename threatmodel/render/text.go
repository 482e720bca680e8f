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
	p("%s\n\n", strings.Join(wrap(toleranceNote(r), noteWidth), "\n"))
	for _, j := range r.Invariants {
		p("%s\n", plain(invariantText(j)))
		for _, x := range j.Answers {
			p("  tolerance(%s, %s) is %s\n", plain(string(x.From)), plain(string(x.To)), plain(toleranceText(x.Tolerance)))
			if x.Path != nil && !j.Holds {
				for _, step := range x.Path.Steps {
					p("    %2d. %-5s %s%s\n", step.Number, step.Step, plain(step.Title), plain(stepNote(step)))
				}
			}
		}
	}
	if len(r.Invariants) > 0 {
		p("\n")
	}
	for _, a := range s.Assets {
		p("%s\n", plain(a.Title))
		for i, list := range a.By {
			if len(list) > 0 {
				p("  %-21s %s\n", strings.ToLower(answers[i].title), plain(names(list)))
			}
		}
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
		p("\nSingle points of failure, each of which alone opens an asset that is closed today; the list is complete:\n")
		for _, x := range s.Singles {
			p("  %s  %s\n", x.Class, plain(x.Fault))
			if len(x.Controls) > 0 {
				p("     fails %s\n", plain(strings.Join(x.Controls, ", ")))
			}
			p("     opens %s\n     to    %s\n", plain(names(x.Assets)), plain(names(x.Attackers)))
		}
	}
	if len(r.Help) > 0 {
		p("\nWhat would help most: pairs of attacker and asset that would withstand one fault more.\n")
		for _, h := range r.Help[:min(len(r.Help), maxHelp)] {
			p("  %3d  %s\n       %s\n", h.Pairs, plain(controlList(h.Controls)), plain(strings.Join(h.Change, "; ")))
		}
	}
	p("\nNearest blocked steps (%d of %d):\n", len(s.Frontier), s.Blocked)
	for _, x := range s.Frontier {
		p("  %-5s %s\n        %s\n", x.Step, plain(x.Title), plain(strings.Join(stoppers(x.By), ", ")))
	}
	if len(r.Risks) > 0 {
		p("\nAccepted risks:\n")
		for _, x := range r.Risks {
			p("  %s\n       %s: %s (team %s, %s)\n", plain(string(x.Weakening)), plain(string(x.Exception)), plain(x.Reason), plain(x.Owner), riskEnd(x))
		}
	}
	p("\nTrusted base, with the number of steps that a breach of each opens:\n")
	for _, t := range r.TrustedBase {
		p("  %5d  %s\n", t.Total, plain(t.Atom.Title))
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
