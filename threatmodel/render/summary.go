package render

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// Limits of a summary: what is cut off is counted.
const (
	maxStories  = 12
	maxFrontier = 20
	maxNames    = 4
	maxHelp     = 8
)

// summary is what text and Markdown both say about a report.
type summary struct {
	Assets   []assetRow
	Stories  []story // open paths, and the cheapest ones that take faults; cheapest first
	MoreOpen int     // stories left out
	Singles  []singleRow
	Frontier []*threatmodel.BlockedStep
	Blocked  int // blocked steps in all, each counted once
}

// assetRow is one asset with the attackers by the answer to how many faults must coincide.
type assetRow struct {
	ID    string
	Title string
	By    [len(answers)][]string // titles of attackers, in the order of answers
}

// answers are the columns in which the tolerances stand. They are different answers, and never mixed.
var answers = [...]struct {
	title string
	is    func(threatmodel.Tolerance) bool
}{
	{"Open today to", func(t threatmodel.Tolerance) bool {
		return t.Answer == threatmodel.AnswerOpen || t.Answer == threatmodel.AnswerHeld
	}},
	{"After 1 fault to", exactly(1)},
	{"After 2 faults to", exactly(2)},
	{"After 3 faults to", exactly(3)},
	{"Searched, none found", func(t threatmodel.Tolerance) bool { return t.Answer == threatmodel.AnswerAtLeast }},
	{"No modelled path for", func(t threatmodel.Tolerance) bool { return t.Answer == threatmodel.AnswerNone }},
}

func exactly(n int) func(threatmodel.Tolerance) bool {
	return func(t threatmodel.Tolerance) bool { return t.Answer == threatmodel.AnswerExact && t.Faults == n }
}

// story is one path that is open today or after faults.
type story struct {
	Asset     string
	Attackers []string
	Verdict   string
	Path      *threatmodel.Path
	From, To  string // ids of the first attacker and of the asset
}

// singleRow is one fault that alone opens assets to attackers.
type singleRow struct {
	Fault     string
	ID        string
	From, To  string // ids of the first attacker and asset
	Class     threatmodel.Fault
	Controls  []string // of the file, whose failure is what counts
	Holds     []string // the same with their subjects, as --without takes them
	Assets    []string
	Attackers []string
}

func summarise(r *threatmodel.Report) *summary {
	titles := map[string]string{}
	for _, p := range r.Positions {
		titles[p.ID] = p.Title
	}
	s := &summary{}
	stories := map[string]*story{}
	singles := map[string]*singleRow{}
	frontier := map[string]bool{}
	for i, id := range r.Assets {
		row := assetRow{ID: id, Title: titles[id]}
		for _, e := range r.Entries {
			a := e.Assets[i]
			for i, column := range answers {
				if column.is(a.Tolerance) {
					name := e.Profile.Title
					if a.Tolerance.Answer == threatmodel.AnswerAtLeast {
						name += " (" + a.Tolerance.String() + ")"
					}
					row.By[i] = append(row.By[i], name)
				}
			}
			if len(a.Paths) > 0 && !a.Tolerance.AtLeast(2) {
				collectStory(stories, titles[id], e, a)
			}
			for _, f := range a.Single {
				x := singles[f.ID]
				if x == nil {
					x = &singleRow{Fault: f.Title, ID: f.ID, From: e.Profile.ID, To: id, Class: f.Class}
					singles[f.ID] = x
				}
				for _, c := range f.Controls {
					x.Controls = appendNew(x.Controls, string(c.ID))
					x.Holds = appendNew(x.Holds, holdText(c))
				}
				if !slices.Contains(x.Assets, titles[id]) {
					x.Assets = append(x.Assets, titles[id])
				}
				if !slices.Contains(x.Attackers, e.Profile.Title) {
					x.Attackers = append(x.Attackers, e.Profile.Title)
				}
			}
		}
		s.Assets = append(s.Assets, row)
	}
	for _, e := range r.Entries {
		for _, b := range e.Blocked {
			if key := b.Step + b.Variant + b.Title; !frontier[key] {
				frontier[key] = true
				s.Blocked++
				if len(b.Faults) == 0 {
					s.Frontier = append(s.Frontier, b)
				}
			}
		}
	}
	slices.SortStableFunc(s.Frontier, func(a, b *threatmodel.BlockedStep) int { return cmp.Compare(a.Effort, b.Effort) })
	s.Frontier = s.Frontier[:min(len(s.Frontier), maxFrontier)]
	for _, x := range stories {
		s.Stories = append(s.Stories, *x)
	}
	slices.SortFunc(s.Stories, func(a, b story) int {
		return cmp.Or(cmp.Compare(len(a.Path.Faults), len(b.Path.Faults)), cmp.Compare(a.Path.Effort, b.Path.Effort), cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.Attackers[0], b.Attackers[0]),
			cmp.Compare(a.To, b.To), cmp.Compare(a.From, b.From))
	})
	s.MoreOpen = max(0, len(s.Stories)-maxStories)
	s.Stories = s.Stories[:len(s.Stories)-s.MoreOpen]
	for _, x := range singles {
		s.Singles = append(s.Singles, *x)
	}
	slices.SortFunc(s.Singles, func(a, b singleRow) int {
		return cmp.Or(-cmp.Compare(len(a.Assets), len(b.Assets)), cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.ID, b.ID))
	})
	return s
}

// collectStory joins attackers who take the same path.
func collectStory(stories map[string]*story, asset string, e *threatmodel.EntryReport, a *threatmodel.AssetReport) {
	p := a.Paths[0]
	key := asset
	for _, s := range p.Steps {
		key += "\x00" + s.Title
	}
	x := stories[key]
	if x == nil {
		x = &story{Asset: asset, Verdict: verdictText(a, p), Path: p, From: e.Profile.ID, To: a.Asset}
		stories[key] = x
	}
	x.Attackers = append(x.Attackers, e.Profile.Title)
}

// names joins names, the first few by name and the rest by number.
func names(list []string) string {
	text := ""
	for i, n := range list {
		if i == maxNames && len(list) > maxNames+1 {
			return fmt.Sprintf("%s and %d more", text, len(list)-maxNames)
		}
		if i > 0 {
			text += "; "
		}
		text += n
	}
	if text == "" {
		return "–"
	}
	return text
}
