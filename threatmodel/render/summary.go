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

// assetRow is one asset with the attackers by verdict.
type assetRow struct {
	Title   string
	Open    []string
	Faults  []string
	Blocked []string
	None    int
}

// story is one path that is open today or after faults.
type story struct {
	Asset     string
	Attackers []string
	Verdict   string
	Path      *threatmodel.Path
}

// singleRow is one fault that alone opens assets to attackers.
type singleRow struct {
	Fault     string
	File      string
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
		row := assetRow{Title: titles[id]}
		for _, e := range r.Entries {
			a := e.Assets[i]
			switch a.Verdict {
			case threatmodel.OpenToday, threatmodel.HeldAtStart:
				row.Open = append(row.Open, e.Profile.Title)
			case threatmodel.NeedsFaults:
				row.Faults = append(row.Faults, fmt.Sprintf("%s (%d)", e.Profile.Title, len(a.Paths[0].Faults)))
			case threatmodel.Blocked:
				row.Blocked = append(row.Blocked, e.Profile.Title)
			default:
				row.None++
			}
			if a.Verdict == threatmodel.OpenToday || a.Verdict == threatmodel.NeedsFaults && len(a.Paths[0].Faults) == 1 {
				collectStory(stories, titles[id], e, a)
			}
			for _, f := range a.Single {
				name, file := faultName(f)
				x := singles[name]
				if x == nil {
					x = &singleRow{Fault: name, File: file}
					singles[name] = x
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
		return cmp.Or(cmp.Compare(len(a.Path.Faults), len(b.Path.Faults)), cmp.Compare(a.Path.Effort, b.Path.Effort), cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.Attackers[0], b.Attackers[0]))
	})
	s.MoreOpen = max(0, len(s.Stories)-maxStories)
	s.Stories = s.Stories[:len(s.Stories)-s.MoreOpen]
	for _, x := range singles {
		s.Singles = append(s.Singles, *x)
	}
	slices.SortFunc(s.Singles, func(a, b singleRow) int {
		return cmp.Or(-cmp.Compare(len(a.Assets), len(b.Assets)), cmp.Compare(a.Fault, b.Fault))
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
		x = &story{Asset: asset, Verdict: verdictText(a, p), Path: p}
		stories[key] = x
	}
	x.Attackers = append(x.Attackers, e.Profile.Title)
}

func faultName(f *threatmodel.Single) (name, file string) {
	if f.Control != nil {
		return fmt.Sprintf("%s of %s fails", f.Control.ID, f.Control.Subject), f.Control.Path
	}
	return f.Atom.Title, ""
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
