package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// Text writes the report for a terminal: what is open to whom, how, and what would close it. Beside the name of an attacker,
// a position or a control stands the id that further questions take.
func Text(w io.Writer, r *threatmodel.Report) error {
	s := summarise(r)
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("%s\n\n", strings.Join(wrap(toleranceNote(r), noteWidth), "\n"))
	for _, j := range r.Invariants {
		p("%s\n", plain(invariantText(j)))
		for _, x := range j.Callers {
			p("  %s\n", plain(callersText(x)))
		}
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
	p("Attackers, with the ids that --from takes:\n")
	width := 0
	for _, e := range r.Entries {
		width = max(width, utf8.RuneCountInString(plain(e.Profile.ID)))
	}
	for _, e := range r.Entries {
		p("  %-*s  %s\n", width, plain(e.Profile.ID), plain(e.Profile.Title))
	}
	p("\nAssets, with the ids that --to takes:\n\n")
	for _, a := range s.Assets {
		p("%s\n", plain(named(a.Title, a.ID)))
		for i, list := range a.By {
			if len(list) > 0 {
				p("  %-21s %s\n", strings.ToLower(answers[i].title), plain(names(list)))
			}
		}
	}
	for _, x := range s.Stories {
		p("\n%s: %s\n  for %s, effort %d\n", plain(x.Asset), plain(x.Verdict), plain(names(x.Attackers)), x.Path.Effort)
		if traceable(r) {
			p("  trace %s\n", plain(trace(r.Asked, x.From, x.To)))
		}
		for _, step := range x.Path.Steps {
			p("  %2d. %-5s %s%s\n", step.Number, step.Step, plain(named(step.Title, step.To)), plain(stepNote(step)))
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
			if len(x.Holds) > 0 {
				p("     fails %s\n", plain(strings.Join(x.Holds, ", ")))
			}
			p("     opens %s\n     to    %s\n", plain(names(x.Assets)), plain(names(x.Attackers)))
			if traceable(r) {
				p("     trace %s\n", plain(trace(r.Asked, x.From, x.To, x.ID)))
			}
		}
	}
	if len(r.Help) > 0 {
		p("\nWhat would help most: pairs of attacker and asset that would withstand one fault more.\n")
		for _, h := range r.Help[:min(len(r.Help), maxHelp)] {
			p("  %3d  %s\n       %s\n", h.Pairs, plain(controlList(h.Controls)), plain(strings.Join(h.Change, "; ")))
		}
	}
	p("\nNearest blocked steps (%d of %d); --without takes a control, or CONTROL@SUBJECT:\n", len(s.Frontier), s.Blocked)
	for _, x := range s.Frontier {
		p("  %-5s %s\n        %s\n", x.Step, plain(x.Title), plain(blockedBy(x.By)))
	}
	if len(r.Risks) > 0 {
		p("\nAccepted risks:\n")
		for _, x := range r.Risks {
			p("  %s\n       %s: %s (team %s, %s)\n", plain(string(x.Weakening)), plain(string(x.Exception)), plain(x.Reason), plain(x.Owner), riskEnd(x))
		}
	}
	p("\nTrusted base, with the number of steps that a breach of each opens:\n")
	for _, t := range r.TrustedBase {
		p("  %5d  %s\n         %s\n         %s\n", t.Total, plain(t.Atom.Title), plain(t.Atom.Trust.Reason), plain(t.Atom.Trust.Mitigation))
	}
	for _, n := range r.NotSearched {
		p("\nNot searched: %s\n", plain(n))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// named is a title with the id of what it names, if it has one.
func named(title, id string) string {
	if id == "" {
		return title
	}
	return title + " [" + id + "]"
}

// holdText is a control with its subject, as --without takes it.
func holdText(c *threatmodel.Control) string { return string(c.ID) + "@" + string(c.Subject) }

// blockedBy names one of the controls that block a step, and its file.
func blockedBy(by []*threatmodel.Control) string {
	if len(by) == 0 {
		return ""
	}
	first := shown(by)
	text := "blocked by " + holdText(first)
	if len(by) > 1 {
		text += fmt.Sprintf(" and %d more", len(by)-1)
	}
	if first.Path != "" {
		text += " in " + first.Path
	}
	return text
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
