package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

func newVerify(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify DIR --spec SPEC",
		Short: "Prove the controls from the files on disk",
		Long: `Verify reads the files in DIR, which people may have edited, and proves the controls of the specification from their
bytes alone. It names every file that drifted from the specification, every control that is lost by it, and what that
opens in the threat model.

Exit status: 0 if all controls are proved and nothing drifted, 1 otherwise. An edit that weakens nothing is drift too.`,
		Example: "  bartizan verify out --spec examples/online-boutique",
		Args:    cobra.ExactArgs(1),
	}
	var flags specFlags
	flags.add(cmd)
	path := cmd.Flags().String("spec", ".", "`SPEC` that the files were generated from: directory, file, or -")
	format := formatFlag(cmd, "text", "json")
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		spec, err := flags.load(s, []string{*path}, nil)
		if err != nil {
			return err
		}
		v, err := judge(spec, args[0])
		if err != nil {
			return err
		}
		if format.value == "json" {
			err = s.out.json(v)
		} else {
			v.print(s.out, args[0])
		}
		if err == nil && !v.clean() {
			err = errFound
		}
		return err
	}
	return cmd
}

// verdict is what verify saw.
type verdict struct {
	Claimed  int            `json:"controls_claimed"` // pairs of control and subject that the specification asks for
	Proved   int            `json:"controls_proved"`  // of these, proved from the bytes on disk
	Drift    []drift        `json:"drift"`            // files that are not what the specification says
	Lost     []lost         `json:"lost"`             // controls that are not proved
	Findings []findingEntry `json:"findings"`
	Opens    []opening      `json:"opens"`        // what all lost controls open together
	Unasked  []string       `json:"not_searched"` // what was left out, in full sentences
}

// drift is one file that differs.
type drift struct {
	Path string        `json:"path"`
	Kind generate.Kind `json:"kind"`
}

// lost is one control that is not proved, with what that opens.
type lost struct {
	Control model.ControlID `json:"control"`
	Subject model.Address   `json:"subject"`
	Path    string          `json:"path"` // of the file that should prove it
	Opens   []opening       `json:"opens"`
}

// opening is an asset that an attacker comes nearer to.
type opening struct {
	Attacker string `json:"attacker"`
	Asset    string `json:"asset"`
	Before   string `json:"before"` // fault tolerance with the control: "2 (1F+1V)"
	After    string `json:"after"`  // and without: "1 (1V)", "open"
}

type findingEntry struct {
	Control model.ControlID `json:"control,omitempty"`
	Subject model.Address   `json:"subject,omitempty"`
	Path    string          `json:"path,omitempty"`
	Object  string          `json:"object,omitempty"`
	Message string          `json:"message"`
}

func (v *verdict) clean() bool { return len(v.Drift)+len(v.Lost)+len(v.Findings) == 0 }

// maxOpenings is how many lost controls are analysed one by one; each costs an analysis of the whole graph.
const maxOpenings = 20

// judge compares the directory with the specification.
func judge(spec *model.Spec, dir string) (*verdict, error) {
	files, err := generate.ReadTree(dir)
	if err != nil {
		return nil, err
	}
	t, err := newTree(spec)
	if err != nil {
		return nil, err
	}
	changes, err := generate.Compare(t.set, dir, generate.WriteOptions{})
	if err != nil {
		return nil, err
	}
	result := verify.Run(spec, files, verify.All)
	missing := result.Unproved(t.set.Claims)
	v := &verdict{
		Claimed: holds(t.set.Claims), Proved: holds(t.set.Claims) - holds(missing),
		Drift: driftOf(t, files, changes), Lost: []lost{}, Findings: []findingEntry{}, Opens: []opening{}, Unasked: []string{},
	}
	for _, f := range result.Findings {
		v.Findings = append(v.Findings, findingEntry(f))
	}
	return v, v.weigh(t, missing)
}

// driftOf lists the files that differ, without our bookkeeping, and those that nobody generated among the manifests,
// because whoever applies the directory applies them too.
func driftOf(t *tree, files map[string][]byte, changes []generate.Change) []drift {
	all := []drift{}
	known := map[string]bool{}
	for _, a := range t.set.Artifacts {
		known[a.Path] = true
	}
	for _, c := range changes {
		known[c.Path] = true
		if filepath.Base(c.Path) != generate.LockName {
			all = append(all, drift{c.Path, c.Kind})
		}
	}
	for path := range files {
		if parts := strings.Split(path, "/"); !known[path] && len(parts) > 3 && parts[0] == "clusters" && parts[2] == "manifests" {
			all = append(all, drift{path, generate.Foreign})
		}
	}
	slices.SortFunc(all, func(a, b drift) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// weigh says for each lost control what it opens, by itself.
func (v *verdict) weigh(t *tree, missing []model.Claim) error {
	if len(missing) == 0 {
		return nil
	}
	graph, options := threatmodel.Build(t.spec), threatmodel.Options{Faults: 2, Tolerances: true}
	before, err := graph.Analyse(t.posture(), options)
	if err != nil {
		return err
	}
	together := t.posture()
	for _, c := range missing {
		delete(together, model.Hold{Control: c.Control, Subject: c.Subject})
	}
	after, err := graph.Analyse(together, options)
	if err != nil {
		return err
	}
	v.Opens = openings(before, after)
	seen := map[model.Hold]bool{}
	for _, c := range missing {
		hold := model.Hold{Control: c.Control, Subject: c.Subject}
		if seen[hold] {
			continue
		}
		seen[hold] = true
		l := lost{c.Control, c.Subject, c.Path, []opening{}}
		if len(v.Lost) < maxOpenings {
			posture := t.posture()
			delete(posture, hold)
			after, err := graph.Analyse(posture, options)
			if err != nil {
				return err
			}
			l.Opens = openings(before, after)
		}
		v.Lost = append(v.Lost, l)
	}
	if n := len(v.Lost) - maxOpenings; n > 0 {
		v.Unasked = append(v.Unasked, fmt.Sprintf("What %s open alone was not searched: only the first %d were.", count(n, "lost control"), maxOpenings))
	}
	return nil
}

// openings lists the pairs of attacker and asset that withstand fewer faults than before.
func openings(before, after *threatmodel.Report) []opening {
	all := []opening{}
	for i, e := range after.Entries {
		for j, a := range e.Assets {
			was := before.Entries[i].Assets[j]
			if a.Tolerance.Below(was.Tolerance) {
				all = append(all, opening{e.Profile.ID, a.Asset, was.Tolerance.String(), a.Tolerance.String()})
			}
		}
	}
	return all
}

func (v *verdict) print(p *printer, dir string) {
	for _, d := range v.Drift {
		text := kindText[d.Kind].text
		if d.Kind == generate.Outdated {
			text = "not what the specification says now: generate again"
		}
		p.printf("%s: %s\n", printable(filepath.Join(dir, d.Path)), p.in(kindText[d.Kind].style, text))
	}
	for _, f := range v.Findings {
		p.printf("%s\n", findingText(verify.Finding(f)))
	}
	v.printLost(p)
	for _, n := range v.Unasked {
		p.line(n)
	}
	if v.clean() {
		p.printf("%s %s proved from the bytes in %s; nothing drifted.\n", p.in(green, "Clean:"), count(v.Proved, "control"), dir)
		return
	}
	p.printf("%d of %s proved; %s drifted; %s.\n", v.Proved, count(v.Claimed, "control"), count(len(v.Drift), "file"), count(len(v.Findings), "finding"))
}

// maxAlone is how many lost controls are told one by one. More are told by control, with what they open together.
const maxAlone = 6

func (v *verdict) printLost(p *printer) {
	opens := func(list []opening) {
		for i, o := range list {
			if i == 2*maxAlone {
				p.printf("  weakens: %d more pairs of attacker and asset\n", len(list)-i)
				return
			}
			p.printf("  weakens: %s → %s, fault tolerance %s (before: %s)\n", o.Attacker, o.Asset, o.After, o.Before)
		}
	}
	byControl := map[model.ControlID][]lost{}
	var order []model.ControlID
	for _, l := range v.Lost {
		if byControl[l.Control] == nil {
			order = append(order, l.Control)
		}
		byControl[l.Control] = append(byControl[l.Control], l)
	}
	for _, id := range order {
		all := byControl[id]
		more := ""
		if len(all) > 1 {
			more = fmt.Sprintf(" and %d more", len(all)-1)
		}
		p.printf("%s %s for %s%s (%s)\n", p.in(red, "lost:"), p.in(bold, string(id)), all[0].Subject, more, all[0].Path)
		if c := model.LookupControl(id); c != nil {
			p.printf("  no longer true: %s\n", c.Title)
		}
		if len(v.Lost) <= maxAlone {
			for _, l := range all {
				opens(l.Opens)
			}
		}
	}
	if len(v.Lost) > maxAlone {
		p.printf("All of these together:\n")
		opens(v.Opens)
	}
}
