package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

func newControls(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "controls",
		Short: "List the catalogue of controls",
		Long: `Controls lists everything that prevents, hinders or reveals an attack step: its id, layer, the kind of block it
protects, and how it is known to hold. "proved" means found in the bytes of the generated files, "attested" means stated
by a named person, because no file can prove it.

With --evidence the table says for each control which generator writes it, which check proves it, and which requirements
of published standards it satisfies.

With --source the list is the other way round: each challenge and measure that securing a cluster has, with the controls
that answer it, what writes and proves them, and the attack steps that are modelled for it.`,
		Example: "  bartizan controls --evidence --format markdown\n  bartizan controls --source",
		Args:    cobra.NoArgs,
	}
	evidence := cmd.Flags().Bool("evidence", false, "say who writes and who proves each control, and which standards ask for it")
	source := cmd.Flags().Bool("source", false, "list what must be covered, with the controls and the attack steps that answer it")
	cmd.MarkFlagsMutuallyExclusive("evidence", "source")
	format := formatFlag(cmd, "text", "json", "markdown")
	cmd.RunE = func(*cobra.Command, []string) error {
		infos := controlInfos()
		if *source {
			return printMeasures(s.out, format.value, measureInfos(infos))
		}
		if format.value == "json" {
			return s.out.json(infos)
		}
		header, rows := controlTable(infos, *evidence)
		if format.value == "markdown" {
			s.out.markdownTable(header, rows)
		} else {
			s.out.table(header, rows)
		}
		return nil
	}
	return cmd
}

// controlInfo is one control with what the other catalogues say about it.
type controlInfo struct {
	ID        model.ControlID `json:"id"`
	Layer     model.Layer     `json:"layer"`
	Subject   string          `json:"subject"` // kind of block
	Title     string          `json:"title"`
	Doc       string          `json:"doc,omitempty"`
	Evidence  string          `json:"evidence"`     // "proved" or "attested"
	Default   bool            `json:"kubeadm"`      // kubeadm does it without us
	Generated []string        `json:"generated_by"` // generators
	Proved    []string        `json:"proved_by"`    // checks
	Standards []string        `json:"standards"`
}

// Known says how it is known that the control holds.
func (i controlInfo) Known() string {
	if i.Evidence == "attested" {
		return "an attestation; no file can prove it"
	}
	return "proved from the bytes of the generated files"
}

// Requirements returns the requirements of published standards that the control satisfies, alone or with others.
func (i controlInfo) Requirements() []model.Standard {
	var all []model.Standard
	for _, id := range i.Standards {
		if st := model.LookupStandard(id); st != nil {
			all = append(all, *st)
		}
	}
	return all
}

func controlInfos() []controlInfo {
	infos := make([]controlInfo, 0, len(model.Controls))
	for _, c := range model.Controls {
		info := controlInfo{
			ID: c.ID, Layer: c.Layer, Subject: c.Subject, Title: c.Title, Doc: c.Doc, Evidence: "proved", Default: c.Default,
			Generated: []string{}, Proved: []string{}, Standards: list(c.Standards),
		}
		if c.Attested {
			info.Evidence = "attested"
		}
		for _, g := range generate.All {
			if slices.Contains(g.Controls, c.ID) {
				info.Generated = append(info.Generated, g.Name)
			}
		}
		for _, k := range verify.All {
			if slices.Contains(k.Controls, c.ID) {
				info.Proved = append(info.Proved, k.Name)
			}
		}
		infos = append(infos, info)
	}
	return infos
}

func controlTable(infos []controlInfo, evidence bool) (header []string, rows [][]string) {
	if !evidence {
		for _, i := range infos {
			rows = append(rows, []string{string(i.ID), layerName(i.Layer), i.Subject, i.Evidence, i.Title})
		}
		return []string{"CONTROL", "LAYER", "PROTECTS", "EVIDENCE", "WHAT HOLDS"}, rows
	}
	for _, i := range infos {
		proved := strings.Join(i.Proved, ", ")
		if i.Evidence == "attested" {
			proved = "attestation"
		}
		rows = append(rows, []string{string(i.ID), strings.Join(i.Generated, ", "), proved, strings.Join(i.Standards, ", ")})
	}
	return []string{"CONTROL", "WRITTEN BY", "PROVED BY", "STANDARDS"}, rows
}
