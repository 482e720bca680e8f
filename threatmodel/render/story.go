package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// laneTitles are the trust boundaries of a story; those marked inside lie within the cluster.
var laneTitles = []struct {
	lane   threatmodel.Lane
	title  string
	inside bool
}{
	{threatmodel.LaneOutside, "Outside", false},
	{threatmodel.LanePeople, "People and devices", false},
	{threatmodel.LaneWayIn, "Way in", false},
	{threatmodel.LaneSupplyChain, "Supply chain", false},
	{threatmodel.LaneNamespaces, "Namespaces", true},
	{threatmodel.LaneNodes, "Nodes", true},
	{threatmodel.LaneControlPlane, "Control plane", true},
	{threatmodel.LaneData, "Data", true},
}

// Story draws one path of one attacker to one asset: every step with its number, the control and file that stop it, or
// the fault that it takes.
func Story(r *threatmodel.Report, e *threatmodel.EntryReport, a *threatmodel.AssetReport, p *threatmodel.Path) *Drawing {
	positions := map[string]*threatmodel.Position{}
	for _, x := range r.Positions {
		positions[x.ID] = x
	}
	asset := positions[a.Asset]
	d := &Drawing{Title: asset.Title, Subtitle: e.Profile.Title + ": " + verdictText(a, p)}
	marks := map[string]Mark{}
	reached := true
	for _, s := range p.Steps {
		for _, id := range s.Premises {
			if marks[id] == "" {
				marks[id] = MarkEntry
			}
		}
		reached = reached && s.Fault == nil && len(s.By) == 0
		switch {
		case s.To == "":
		case reached:
			marks[s.To] = MarkHeld
		default:
			marks[s.To] = MarkSafe
		}
	}
	marks[a.Asset] = MarkAsset
	if a.Verdict == threatmodel.OpenToday || a.Verdict == threatmodel.HeldAtStart {
		marks[a.Asset] = MarkLost
	}
	d.Lanes = storyLanes(positions, marks)
	for _, b := range d.boxes() {
		if b.ID == a.Asset {
			b.Lines = append(b.Lines, badge(a.Tolerance, len(r.TrustedBase)))
		}
	}
	for _, s := range p.Steps {
		box := &Box{ID: fmt.Sprintf("step %d", s.Number), Title: fmt.Sprintf("%d · %s  %s", s.Number, s.Step, s.Title)}
		box.Mark, box.Lines = stepLook(s)
		premises := s.Premises
		for _, earlier := range p.Steps[:s.Number-1] {
			if earlier.Undoes != nil && slices.ContainsFunc(s.Missing, func(c *threatmodel.Control) bool {
				return c.ID == earlier.Undoes.ID && c.Subject == earlier.Undoes.Subject
			}) {
				premises = append(slices.Clone(premises), fmt.Sprintf("step %d", earlier.Number))
			}
		}
		d.Step(box, premises, s.To)
	}
	d.Legend = d.marks()
	return d
}

// stepLook says how a step of a story is drawn, and what stands below its title.
func stepLook(s *threatmodel.StoryStep) (Mark, []string) {
	switch {
	case len(s.By) > 0:
		return MarkBlocked, stoppers(s.By)
	case s.Fault != nil:
		return MarkFault, []string{"takes: " + s.Fault.Title}
	case slices.ContainsFunc(s.Missing, func(c *threatmodel.Control) bool { return c.State == "attested" }):
		var ids []string
		for _, c := range s.Missing {
			if c.State == "attested" {
				ids = append(ids, string(c.ID)+" stated by "+c.Attestation)
			}
		}
		return MarkAttested, ids
	case len(s.Missing) > 0:
		var ids []string
		for _, c := range s.Missing {
			ids = append(ids, string(c.ID)+" ("+c.State+")")
		}
		return MarkOpen, []string{"would be blocked by " + strings.Join(ids, ", ")}
	}
	return MarkOpen, nil
}

// verdictText says in one sentence how far the asset stands open, and what the path takes.
func verdictText(a *threatmodel.AssetReport, p *threatmodel.Path) string {
	t := a.Tolerance
	switch t.Answer {
	case threatmodel.AnswerHeld:
		return "held from the start."
	case threatmodel.AnswerOpen:
		return "open today."
	case threatmodel.AnswerExact:
		return fmt.Sprintf("%s must coincide: %s.", count(t.Faults, "fault", "faults"), faultList(p))
	case threatmodel.AnswerAtLeast:
		return fmt.Sprintf("at least %s must coincide; this path takes %d.", count(t.Faults, "fault", "faults"), len(p.Faults))
	}
	return "no modelled path, even with every modelled fault."
}

// faultList names the faults of a path: the file of a control in short form.
func faultList(p *threatmodel.Path) string {
	var list []string
	for _, f := range p.Faults {
		if f.Path != "" {
			list = append(list, shortPath(f.Path)+" is wrong or missing")
		} else {
			list = append(list, f.Title)
		}
	}
	return strings.Join(list, "; ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// storyLanes builds the trust boundaries around the positions of a story.
func storyLanes(positions map[string]*threatmodel.Position, marks map[string]Mark) []*Lane {
	var ids []string
	for id := range marks {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var lanes []*Lane
	cluster := &Lane{ID: "Cluster", Title: "Cluster"}
	for _, t := range laneTitles {
		l := &Lane{ID: t.title, Title: t.title}
		for _, id := range ids {
			if p := positions[id]; p != nil && p.Lane == t.lane {
				l.Boxes = append(l.Boxes, &Box{ID: id, Title: p.Title, Mark: marks[id]})
			}
		}
		switch {
		case len(l.Boxes) == 0:
		case t.inside:
			cluster.Lanes = append(cluster.Lanes, l)
		default:
			lanes = append(lanes, l)
		}
	}
	if len(cluster.Lanes) > 0 {
		lanes = append(lanes, cluster)
	}
	return lanes
}
