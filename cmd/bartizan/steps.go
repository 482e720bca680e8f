package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

func newSteps(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "steps",
		Short: "List the catalogue of attack steps",
		Long: `Steps lists the attack steps that the threat model knows, by layer, with their MITRE ATT&CK techniques. A step may
have several variants: a control blocks a variant, never a whole step.
"bartizan explain STEP" tells of each variant from where it leads where, and which controls block it; so does the
format json.`,
		Example: "  bartizan steps --layer network",
		Args:    cobra.NoArgs,
	}
	format := formatFlag(cmd, "text", "json", "markdown")
	layer := &choice{value: "all", allowed: append([]string{"all"}, layerNames()...)}
	cmd.Flags().Var(layer, "layer", "only this layer: the first word of "+strings.Join(layerNames(), ", "))
	cmd.RunE = func(*cobra.Command, []string) error {
		infos := slices.DeleteFunc(stepInfos(), func(i stepInfo) bool {
			return layer.value != "all" && layerName(i.Layer) != layer.value
		})
		if format.value == "json" {
			return s.out.json(infos)
		}
		header, rows := []string{"STEP", "LAYER", "WHAT THE ATTACKER DOES", "ATT&CK", "VARIANTS"}, [][]string{}
		for _, i := range infos {
			rows = append(rows, []string{i.ID, layerName(i.Layer), i.Title, strings.Join(i.ATTACK, ", "), strings.Join(i.variantNames(), ", ")})
		}
		if format.value == "markdown" {
			s.out.markdownTable(header, rows)
		} else {
			s.out.table(header, rows)
		}
		return nil
	}
	return cmd
}

// layerName is the first word of a layer, to be typed.
func layerName(l model.Layer) string {
	name, _, _ := strings.Cut(string(l), " ")
	return name
}

func layerNames() []string {
	var names []string
	for _, l := range model.Layers {
		names = append(names, layerName(l))
	}
	return names
}

// stepInfo is one step for machines.
type stepInfo struct {
	ID        string        `json:"id"`
	Layer     model.Layer   `json:"layer"`
	Title     string        `json:"title"`
	Doc       string        `json:"doc,omitempty"`
	ATTACK    []string      `json:"attack"`
	Microsoft []string      `json:"microsoft"`
	Sources   []string      `json:"sources"`
	Variants  []variantInfo `json:"variants"`
}

// technique is a technique of MITRE ATT&CK with the path of its page there.
type technique struct{ ID, Path string }

// Techniques returns the techniques of the step. The page of the sub-technique T1552.005 is T1552/005.
func (i stepInfo) Techniques() []technique {
	var all []technique
	for _, id := range i.ATTACK {
		all = append(all, technique{id, strings.ReplaceAll(id, ".", "/")})
	}
	return all
}

type variantInfo struct {
	Name    string             `json:"name"`
	Effort  threatmodel.Effort `json:"effort"` // 0 intended use, 1 public tool, 3 skill, 10 new vulnerability or theft
	Fault   threatmodel.Fault  `json:"fault,omitempty"`
	Remains string             `json:"remains,omitempty"` // why no control blocks it
	Undoes  []model.ControlID  `json:"undoes,omitempty"`  // controls that are down once it is taken
	Ways    []threatmodel.Way  `json:"ways"`              // from where it leads where, and what stops it
}

// ways are read off the catalogue once.
var ways = sync.OnceValue(threatmodel.Ways)

// Cost says what the variant costs the attacker.
func (v variantInfo) Cost() string {
	words := map[threatmodel.Effort]string{
		threatmodel.Intended: "intended use", threatmodel.PublicTool: "a public tool", threatmodel.Skill: "skill and time", threatmodel.Hard: "hard",
	}
	return fmt.Sprintf("%d (%s)", v.Effort, words[v.Effort])
}

// Takes names the fault that the variant takes besides effort, "" for none.
func (v variantInfo) Takes() string {
	switch v.Fault {
	case threatmodel.Vulnerability:
		return "an unknown vulnerability"
	case threatmodel.Theft:
		return "theft, coercion or an insider"
	case threatmodel.TrustedBase:
		return "a breach of the trusted base"
	}
	return ""
}

func stepInfos() []stepInfo {
	infos := []stepInfo{}
	for _, step := range threatmodel.Steps {
		infos = append(infos, newStepInfo(step))
	}
	return infos
}

func newStepInfo(step *threatmodel.Step) stepInfo {
	info := stepInfo{
		ID: step.ID, Layer: step.Layer, Title: step.Title, Doc: step.Doc,
		ATTACK: list(step.ATTACK), Microsoft: list(step.Microsoft), Sources: list(step.Sources), Variants: []variantInfo{},
	}
	for _, v := range step.Variants {
		info.Variants = append(info.Variants, variantInfo{v.Name, v.Effort, v.Fault, v.Remains, v.Undoes, ways()[v]})
	}
	return info
}

func (i stepInfo) variantNames() []string {
	var names []string
	for _, v := range i.Variants {
		names = append(names, v.Name)
	}
	return slices.Clip(names)
}

// joined writes a list of controls as words.
func joined(ids []model.ControlID) string {
	var text strings.Builder
	for i, id := range ids {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(string(id))
	}
	return text.String()
}
