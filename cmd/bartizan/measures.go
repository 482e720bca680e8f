package main

import (
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// measureInfo is one challenge or measure with what answers it in the other catalogues.
type measureInfo struct {
	ID        string            `json:"id"`
	Layer     model.Layer       `json:"layer,omitempty"`
	Title     string            `json:"title"`
	Controls  []model.ControlID `json:"controls"`
	Generated []string          `json:"generated_by"` // generators that write the controls
	Proved    []string          `json:"proved_by"`    // checks that prove them
	Attested  []model.ControlID `json:"attested"`     // controls that no file proves
	Steps     []string          `json:"steps"`        // attack steps that are modelled for it
	Elsewhere string            `json:"elsewhere,omitempty"`
}

func measureInfos(controls []controlInfo) []measureInfo {
	byID := map[model.ControlID]controlInfo{}
	for _, c := range controls {
		byID[c.ID] = c
	}
	var infos []measureInfo
	for _, m := range model.Measures {
		i := measureInfo{ID: m.ID, Layer: m.Layer, Title: m.Title, Controls: list(m.Controls), Elsewhere: m.Elsewhere,
			Generated: []string{}, Proved: []string{}, Attested: []model.ControlID{}, Steps: []string{}}
		for _, id := range m.Controls {
			i.Generated = append(i.Generated, byID[id].Generated...)
			i.Proved = append(i.Proved, byID[id].Proved...)
			if byID[id].Evidence == "attested" {
				i.Attested = append(i.Attested, id)
			}
		}
		slices.Sort(i.Generated)
		slices.Sort(i.Proved)
		i.Generated, i.Proved = slices.Compact(i.Generated), slices.Compact(i.Proved)
		for _, s := range threatmodel.Steps {
			if slices.Contains(s.Coverage, m.ID) {
				i.Steps = append(i.Steps, s.ID)
			}
		}
		infos = append(infos, i)
	}
	return infos
}

func printMeasures(p *printer, format string, infos []measureInfo) error {
	switch format {
	case "json":
		return p.json(infos)
	case "markdown":
		var rows [][]string
		for _, i := range infos {
			rows = append(rows, []string{i.ID, i.Title, joinIDs(i.Controls), strings.Join(i.Generated, ", "), strings.Join(i.Proved, ", "), strings.Join(i.Steps, ", "), i.Elsewhere})
		}
		p.markdownTable([]string{"ID", "WHAT MUST BE COVERED", "CONTROLS", "WRITTEN BY", "PROVED BY", "ATTACK STEPS", "BESIDES"}, rows)
	default:
		for n, i := range infos {
			if n > 0 {
				p.line("")
			}
			p.printf("%s  %s\n", p.in(bold, i.ID), i.Title)
			for _, row := range [][2]string{
				{"controls", joinIDs(i.Controls)}, {"written by", strings.Join(i.Generated, ", ")}, {"proved by", strings.Join(i.Proved, ", ")},
				{"attested", joinIDs(i.Attested)}, {"attack steps", strings.Join(i.Steps, ", ")}, {"besides", i.Elsewhere},
			} {
				if row[1] != "" {
					p.paragraph("    ", row[0]+": "+row[1])
				}
			}
		}
	}
	return nil
}

func joinIDs(ids []model.ControlID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return strings.Join(texts, ", ")
}
