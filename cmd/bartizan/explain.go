package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

func newExplain(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain WORD",
		Short: "Explain a word that you meet: in a specification, a file, a report",
		Long: `Explain prints what Bartizan knows about one thing:

    a control           default-deny
    an attack step      N-06
    a block             workload, cluster.api
    an attribute        workload.host.pid
    a requirement       CIS-1.12-1.2.1
    a word of a report  tolerance, trusted base, proved
    a file              images.bartizan.json
    a Kubernetes kind   NetworkPolicy: what writes it, and from what
    another tool's word taints: what to write instead
    a generator, check  network-policy
    weakenings          every value of the language that is weaker than the default
    language            every block that may stand at the top of a file
    words               every term

What has several meanings is explained in each; with --format json that is a list. "bartizan controls" and
"bartizan steps" list the ids.`,
		Example: "  bartizan explain default-deny\n  bartizan explain single point of failure",
		Args:    cobra.MinimumNArgs(1),
	}
	format := formatFlag(cmd, "text", "json")
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return toCompletions(explainable()), cobra.ShellCompDirectiveNoFileComp
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		word := strings.Join(args, " ")
		meanings := lookup(word)
		if len(meanings) == 0 {
			return fmt.Errorf("nothing is called %q%s", word, alike(word, explainable()))
		}
		if format.value == "json" {
			if len(meanings) == 1 {
				return s.out.json(meanings[0].data)
			}
			var all []any
			for _, e := range meanings {
				all = append(all, e.data)
			}
			return s.out.json(all)
		}
		for i, e := range meanings {
			if i > 0 {
				s.out.line("")
			}
			e.print(s.out)
		}
		return nil
	}
	return cmd
}

// explanation is one thing explained, for people and for machines.
type explanation struct {
	data  any
	print func(*printer)
}

// lookup finds everything that the word names: what stands in specifications first, then what is met in reports, then the
// program's own parts.
func lookup(word string) []*explanation {
	var all []*explanation
	add := func(e *explanation) {
		if e != nil {
			all = append(all, e)
		}
	}
	switch word {
	case "weakenings":
		add(explainWeakenings())
	case "language":
		add(explainLanguage())
	case "words":
		add(explainWords())
	}
	add(explainBlock(word))
	for _, i := range controlInfos() {
		if string(i.ID) == word {
			add(&explanation{i, i.print})
		}
	}
	if step := threatmodel.LookupStep(strings.ToUpper(word)); step != nil {
		i := newStepInfo(step)
		add(&explanation{i, i.print})
	}
	if st := model.LookupStandard(word); st != nil {
		add(explainStandard(st))
	}
	add(explainWord(word))
	add(explainKind(word))
	add(explainInstead(word))
	for _, r := range rules() {
		if r.Name == word {
			add(&explanation{r, r.print})
		}
	}
	return all
}

// alike names the ids that contain the word, or the nearest one.
func alike(word string, ids []string) string {
	var found []string
	for _, id := range ids {
		if strings.Contains(strings.ToLower(id), strings.ToLower(word)) {
			found = append(found, id)
		}
	}
	// What is called just so comes first, and a workload's before the same in a profile.
	slices.SortStableFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(a, word), distance(b, word)), cmp.Compare(strings.Count(a, "."), strings.Count(b, ".")))
	})
	switch n := len(found); {
	case n == 0:
		return suggest(word, ids)
	case n > 8:
		return fmt.Sprintf("; ids that contain it: %s and %d more", strings.Join(found[:8], ", "), n-8)
	}
	return "; ids that contain it: " + strings.Join(found, ", ")
}

// distance ranks ids for a word that several contain.
func distance(id, word string) int {
	switch {
	case !strings.HasSuffix(id, "."+word):
		return 2
	case strings.HasPrefix(id, "profile."):
		return 1
	}
	return 0
}

// explainable lists every id.
func explainable() []string {
	ids := append([]string{"weakenings", "language", "words"}, controlIDs()...)
	for _, step := range threatmodel.Steps {
		ids = append(ids, step.ID)
	}
	for _, st := range model.Standards {
		ids = append(ids, st.ID)
	}
	for _, w := range words() {
		ids = append(ids, w.Name)
		ids = append(ids, w.Also...)
	}
	for _, g := range generate.All {
		for _, k := range g.Kinds {
			ids = append(ids, k.Name)
		}
	}
	for _, r := range rules() {
		ids = append(ids, r.Name)
	}
	ids = append(ids, model.OtherWords()...)
	ids = append(ids, languagePaths()...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// field prints "name: value", wrapped, if there is a value.
func (p *printer) field(name, value string) {
	if value != "" {
		p.hanging("  ", "      ", p.in(faint, name+":")+" "+value)
	}
}

func (i controlInfo) print(p *printer) {
	p.printf("%s: %s\n\n", p.in(bold, string(i.ID)), i.Title)
	if i.Doc != "" {
		p.paragraph("", i.Doc)
		p.line("")
	}
	p.field("layer", string(i.Layer))
	p.field("protects", "each "+i.Subject)
	p.field("evidence", i.Known())
	if i.Default {
		p.field("by default", "a cluster made by kubeadm has it without us")
	}
	p.field("written by", strings.Join(i.Generated, ", "))
	p.field("proved by", strings.Join(i.Proved, ", "))
	for _, id := range i.Standards {
		text := id
		if st := model.LookupStandard(id); st != nil {
			text += " (" + st.Source + ": " + st.Title + ")"
		}
		p.field("standard", text)
	}
}

func (i stepInfo) print(p *printer) {
	p.printf("%s: %s\n\n", p.in(bold, i.ID), i.Title)
	if i.Doc != "" {
		p.paragraph("", i.Doc)
		p.line("")
	}
	p.field("layer", string(i.Layer))
	p.field("MITRE ATT&CK "+threatmodel.ATTACKVersion, strings.Join(i.ATTACK, ", "))
	p.field("Microsoft threat matrix", strings.Join(i.Microsoft, ", "))
	for _, v := range i.Variants {
		text := v.Name + ", effort " + v.Cost()
		if takes := v.Takes(); takes != "" {
			text += ", takes " + takes
		}
		p.field("variant", text)
		for _, w := range v.Ways {
			p.hanging("      ", "        ", w.String()+".")
		}
		if len(v.Undoes) > 0 {
			p.paragraph("      ", "Brings down "+joined(v.Undoes)+".")
		}
		if v.Remains != "" {
			p.paragraph("      ", "No control blocks it: "+v.Remains)
		}
	}
	for _, source := range i.Sources {
		p.field("source", source)
	}
}

// explainStandard says which controls satisfy a requirement, and what was decided where standards contradict.
func explainStandard(st *model.Standard) *explanation {
	controls := []string{}
	for _, c := range model.Controls {
		if slices.Contains(c.Standards, st.ID) {
			controls = append(controls, string(c.ID))
		}
	}
	note := st.Note()
	data := map[string]any{"id": st.ID, "source": st.Source, "title": st.Title, "automatable": st.Automatable, "controls": controls,
		"place": note.Place, "people": note.People, "absent": note.Absent, "decision": note.Decision, "deviation": note.Deviation}
	return &explanation{data, func(p *printer) {
		p.printf("%s: %s\n\n", p.in(bold, st.ID), st.Title)
		p.field("source", st.Source)
		if !st.Automatable {
			p.field("by", "people; files cannot satisfy it")
		}
		p.field("satisfied by", cmp.Or(strings.Join(controls, ", "), "no control of the catalogue"))
		p.field("decision", note.Decision)
		p.field("deviation", note.Deviation)
		p.field("place", note.Place)
		p.field("people", note.People)
		p.field("not applicable", note.Absent)
	}}
}
