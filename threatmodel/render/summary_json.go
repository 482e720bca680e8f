package render

import (
	"encoding/json"
	"io"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// summaryFile is the summary for machines: small enough to be committed and to be read as a diff.
type summaryFile struct {
	ATTACK  string              `json:"attack_version"`
	Assets  []assetSummary      `json:"assets"`
	Paths   []pathSummary       `json:"paths"`   // that are open today or after one fault, cheapest first
	Blocked []blockedSummary    `json:"blocked"` // the steps that attackers could try today, nearest first
	Trusted []*threatmodel.Atom `json:"trusted_base"`
	Singles []map[string]any    `json:"single_faults"`
}

type assetSummary struct {
	ID       string                         `json:"id"`
	Title    string                         `json:"title"`
	Verdicts map[string]threatmodel.Verdict `json:"verdicts"` // by attacker
	// Tolerance is by attacker: "held", "open", "1 (1F or 1T)", "≥ 4", "no path".
	Tolerance map[string]string `json:"tolerance"`
}

type pathSummary struct {
	Asset     string   `json:"asset"`
	Attackers []string `json:"attackers"`
	Effort    int      `json:"effort"`
	Faults    []string `json:"faults,omitempty"`
	Steps     []string `json:"steps"`
	Closed    []string `json:"closed_by"` // controls each of which would close the path
}

type blockedSummary struct {
	Step  string        `json:"step"`
	Title string        `json:"title"`
	By    []blockerFile `json:"by"`
}

type blockerFile struct {
	Control model.ControlID `json:"control"`
	Subject model.Address   `json:"subject"`
	Path    string          `json:"path,omitempty"` // file that proves it
}

// SummaryJSON writes the summary for machines: verdicts of every attacker and asset, the paths that no control blocks, and
// the controls that stop attackers first, with their files. [JSON] writes everything.
func SummaryJSON(w io.Writer, r *threatmodel.Report) error {
	s := summarise(r)
	out := summaryFile{ATTACK: r.ATTACK, Paths: []pathSummary{}, Blocked: []blockedSummary{}, Singles: []map[string]any{}}
	for i, id := range r.Assets {
		a := assetSummary{ID: id, Title: s.Assets[i].Title, Verdicts: map[string]threatmodel.Verdict{}, Tolerance: map[string]string{}}
		for _, e := range r.Entries {
			x := e.Assets[i]
			a.Verdicts[e.Profile.ID] = x.Verdict
			a.Tolerance[e.Profile.ID] = x.Tolerance.String()
		}
		out.Assets = append(out.Assets, a)
	}
	for _, x := range s.Stories {
		p := pathSummary{Asset: x.Asset, Attackers: x.Attackers, Effort: x.Path.Effort, Closed: []string{}}
		for _, f := range x.Path.Faults {
			p.Faults = append(p.Faults, f.Title)
		}
		for _, step := range x.Path.Steps {
			p.Steps = append(p.Steps, step.Step+" "+step.Title)
		}
		for _, c := range x.Path.Gaps {
			p.Closed = append(p.Closed, controlState(c))
		}
		out.Paths = append(out.Paths, p)
	}
	for _, b := range s.Frontier {
		x := blockedSummary{Step: b.Step, Title: b.Title}
		for _, c := range b.By {
			x.By = append(x.By, blockerFile{c.ID, c.Subject, c.Path})
		}
		out.Blocked = append(out.Blocked, x)
	}
	for _, x := range s.Singles {
		out.Singles = append(out.Singles, map[string]any{"fault": x.Fault, "class": x.Class, "controls": x.Controls, "opens": x.Assets, "to": x.Attackers})
	}
	for _, t := range r.TrustedBase {
		out.Trusted = append(out.Trusted, t.Atom)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
