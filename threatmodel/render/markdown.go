package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// Markdown writes the summary that is committed beside the files, with the overview as a Mermaid chart.
func Markdown(w io.Writer, title string, r *threatmodel.Report) error {
	s := summarise(r)
	md := templates.Markdown
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }

	p("# %s\n\n", md(title))
	p("Paths are possibilities under the catalogue of attack steps (MITRE ATT&CK %s), not probabilities. A step is blocked only\n", md(r.ATTACK))
	p("by a control that was proved from the bytes of a file; what is merely stated does not count")
	if r.TrustsAttested {
		p(" unless asked for, and here it\nwas asked for")
	}
	p(".\nProof is about files: a machine that does not run them is not covered.\n\n")
	if len(r.Invariants) > 0 {
		p("## Invariants\n\n")
		for _, j := range r.Invariants {
			p("- %s\n", md(invariantText(j)))
			for _, x := range j.Callers {
				p("  - %s\n", md(callersText(x)))
			}
			for _, x := range j.Answers {
				p("  - tolerance(%s, %s) is %s\n", md(string(x.From)), md(string(x.To)), md(toleranceText(x.Tolerance)))
				if x.Path != nil && !j.Holds {
					for _, step := range x.Path.Steps {
						p("    %d. %s (%s)%s\n", step.Number, md(step.Title), md(step.Step), md(stepNote(step)))
					}
				}
			}
		}
		p("\n")
	}
	p("## What is open to whom\n\n%s\n\n", md(toleranceNote(r)))
	head, rule := "| Asset |", "|---|"
	for _, x := range answers {
		head, rule = head+" "+x.title+" |", rule+"---|"
	}
	p("%s\n%s\n", head, rule)
	for _, a := range s.Assets {
		p("| %s |", md(a.Title))
		for _, list := range a.By {
			p(" %s |", md(names(list)))
		}
		p("\n")
	}
	p("\n## Overview\n\n```mermaid\n")
	if err := Mermaid(&b, Overview(title, r)); err != nil {
		return err
	}
	p("```\n\n## Paths that are open today or after one fault\n\n")
	if len(s.Stories) == 0 {
		p("None.\n\n")
	}
	for _, x := range s.Stories {
		p("### %s: %s\n\nFor: %s. Effort %d. Trace: %s\n\n", md(x.Asset), md(x.Verdict), md(names(x.Attackers)), x.Path.Effort, templates.MarkdownCode(trace(nil, x.From, x.To)))
		for _, step := range x.Path.Steps {
			p("%d. %s (%s)%s\n", step.Number, md(step.Title), md(step.Step), md(stepNote(step)))
		}
		p("\n%s\n\n", md(closing(x.Path)))
	}
	if s.MoreOpen > 0 {
		p("%d more such paths: see the JSON report.\n\n", s.MoreOpen)
	}
	if len(s.Singles) > 0 {
		p("## Single points of failure\n\nEach of these alone opens an asset that is closed today. The list is complete. `bartizan threatmodel --from ATTACKER --to ASSET --assume-fault FAULT` tells how.\n\n| Fault | Class | Controls that fail | Opens | To |\n|---|---|---|---|---|\n")
		for _, x := range s.Singles {
			p("| %s | %s | %s | %s | %s |\n", md(x.Fault), x.Class, md(strings.Join(x.Controls, ", ")), md(names(x.Assets)), md(names(x.Attackers)))
		}
		p("\n")
	}
	if len(r.Help) > 0 {
		p("## What would help most\n\nEach row alone lets so many pairs of attacker and asset withstand one fault more (%d of %d additions that were found).\n\n| Pairs | Control | How |\n|---|---|---|\n", min(len(r.Help), maxHelp), len(r.Help))
		for _, h := range r.Help[:min(len(r.Help), maxHelp)] {
			p("| %d | %s | %s |\n", h.Pairs, md(controlList(h.Controls)), md(strings.Join(h.Change, "; ")))
		}
		p("\n")
	}
	if len(r.Blast) > 0 {
		shown := r.Blast[:min(len(r.Blast), maxBlast)]
		p("## What falls with what\n\n%s The first %d of %d rows; `bartizan threatmodel --blast-radius` prints all.\n\n%s\n", blastNote, len(shown), len(r.Blast), blastTable(shown))
	}
	p("## What stops attackers first\n\nBlocked steps that attackers could try today, nearest first (%d of %d).\n\n| Step | Title | Blocked by | File |\n|---|---|---|---|\n", len(s.Frontier), s.Blocked)
	for _, x := range s.Frontier {
		var ids, files []string
		for _, c := range x.By {
			ids = append(ids, string(c.ID))
			files = appendNew(files, c.Path)
		}
		p("| %s | %s | %s | %s |\n", md(x.Step), md(x.Title), md(strings.Join(ids, ", ")), md(strings.Join(files, ", ")))
	}
	if len(r.Risks) > 0 {
		p("\n## Accepted risks\n\n| Weakening | Exception | Reason | Owner | End |\n|---|---|---|---|---|\n")
		for _, x := range r.Risks {
			p("| %s | %s | %s | %s | %s |\n", md(string(x.Weakening)), md(string(x.Exception)), md(x.Reason), md(x.Owner), riskEnd(x))
		}
	}
	p("\n## Trusted base\n\nThe whole design trusts these; what a breach of each opens is counted.\n\n| Trusted | Who answers for it | Why it is trusted | What makes it smaller, and what shows a breach | Steps that it opens |\n|---|---|---|---|---|\n")
	for _, t := range r.TrustedBase {
		p("| %s | %s | %s | %s | %d |\n", md(t.Atom.Title), md(t.Atom.Trust.Owner), md(t.Atom.Trust.Reason), md(t.Atom.Trust.Mitigation), t.Total)
	}
	if len(r.NotSearched) > 0 {
		p("\n## Not searched\n\n")
		for _, n := range r.NotSearched {
			p("- %s\n", md(n))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func appendNew(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	if s == "" {
		return list
	}
	return append(list, s)
}

// toleranceNote says what the numbers mean.
func toleranceNote(r *threatmodel.Report) string {
	return fmt.Sprintf("How many faults must coincide before an attacker reaches an asset: a file that is wrong or missing (F), an unknown vulnerability (V), a theft or an insider's act (T). "+
		"What hangs on one cause is one fault. Breaches of the trusted base (%d parts, listed below) are not counted.", len(r.TrustedBase))
}

// stepNote says what a step takes besides its premises.
func stepNote(s *threatmodel.StoryStep) string {
	switch {
	case len(s.By) > 0:
		var ids []string
		for _, c := range s.By {
			ids = append(ids, string(c.ID))
		}
		note := " – blocked by " + strings.Join(ids, ", ")
		if s.By[0].Path != "" {
			note += " in " + s.By[0].Path
		}
		return note
	case s.Fault != nil:
		return " – takes: " + s.Fault.Title
	}
	return ""
}

// closing says what would close a path.
func closing(p *threatmodel.Path) string {
	if len(p.Gaps) > 0 {
		var gaps []string
		for _, c := range p.Gaps {
			gaps = append(gaps, controlState(c))
		}
		return "Any one of these would close it: " + strings.Join(gaps, "; ") + "."
	}
	for _, s := range p.Steps {
		if len(s.By) > 0 {
			return "A control blocks it."
		}
	}
	for _, s := range p.Steps {
		if s.Remains != "" {
			return "No control of the catalogue closes it. " + s.Remains
		}
	}
	return "No control of the catalogue closes it."
}

func invariantText(j *threatmodel.Judgement) string {
	if j.Holds {
		return j.Invariant + " holds."
	}
	return j.Invariant + " does not hold: " + j.Message
}

// callersText says who may connect, and who of them is not meant to.
func callersText(x *threatmodel.Callers) string {
	list := func(all []model.Address) string {
		var text []string
		for _, a := range all {
			text = append(text, string(a))
		}
		return strings.Join(text, ", ")
	}
	switch {
	case x.Unknown != "":
		return "callers of " + string(x.To) + ": " + x.Unknown
	case len(x.Who) == 0:
		return "callers of " + string(x.To) + ": nobody"
	case len(x.Others) == 0:
		return "callers of " + string(x.To) + ": " + list(x.Who)
	}
	return "callers of " + string(x.To) + ": " + list(x.Who) + "; not meant to: " + list(x.Others)
}

// toleranceText is the tolerance where nothing around it says what is meant.
func toleranceText(t threatmodel.Tolerance) string {
	switch t.Answer {
	case threatmodel.AnswerNone:
		return "without a modelled path, whatever fails"
	case threatmodel.AnswerOpen, threatmodel.AnswerHeld:
		return "0: " + t.String() + " today"
	case threatmodel.AnswerAtLeast:
		return t.String() + ": fewer do not suffice, more were not searched"
	}
	return t.String()
}

func riskEnd(x *threatmodel.Risk) string {
	if x.Expired {
		return "expired on " + x.Expires
	}
	return "until " + x.Expires
}

// controlList names controls that are needed together.
func controlList(list []*threatmodel.Control) string {
	var text []string
	for _, c := range list {
		text = append(text, string(c.ID)+" of "+string(c.Subject))
	}
	return strings.Join(text, " and ")
}

// controlState names a control, its subject and why it does not hold.
func controlState(c *threatmodel.Control) string {
	text := fmt.Sprintf("%s of %s", c.ID, c.Subject)
	switch {
	case len(c.Weakenings) > 0:
		w := c.Weakenings[0]
		text += fmt.Sprintf(" (weakened by %s, accepted by %s)", w.Address, w.Exception)
	case c.State == "attested":
		text += fmt.Sprintf(" (only stated, by %s)", c.Attestation)
	default:
		text += " (" + c.State + ")"
	}
	return text
}
