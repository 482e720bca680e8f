package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
	"github.com/bartizan-dev/bartizan/threatmodel"
	"github.com/bartizan-dev/bartizan/threatmodel/render"
)

// reportFormats are the formats of a threat model; the first is for terminals.
var reportFormats = []string{"text", "json", "markdown", "dot", "svg", "mermaid"}

// maxStories is how many assets get a drawing of their own.
const maxStories = 24

// drawer writes a drawing in one format, to files with its ending.
type drawer struct {
	format, ext string
	draw        func(io.Writer, *render.Drawing) error
}

var drawers = []drawer{
	{"dot", ".dot", render.DOT},
	{"svg", ".svg", render.SVG},
	{"mermaid", ".mmd", render.Mermaid},
}

func reportTitle(spec *model.Spec) string {
	var names []string
	for _, c := range spec.Clusters {
		names = append(names, c.Name)
	}
	return "Threat model of " + strings.Join(names, ", ")
}

// printReport prints the report in one format. Of drawings it is the overview, or, where the question is about one
// attacker and one asset, their story.
func printReport(s *streams, format, title string, r *threatmodel.Report) error {
	switch format {
	case "text":
		s.out.printf("%s\n%s\n\n", s.out.in(bold, title), verdicts(r))
		return render.Text(s.out, r)
	case "json":
		return render.JSON(s.out, r)
	case "markdown":
		return render.Markdown(s.out, title, r)
	}
	drawing, err := render.FittedOverview(title, r)
	if err != nil {
		return err
	}
	if len(r.Entries) == 1 && len(r.Assets) == 1 {
		if t := stories(r); len(t) == 1 {
			drawing = t[0].draw(r)
		}
	}
	i := slices.IndexFunc(drawers, func(d drawer) bool { return d.format == format })
	return drawers[i].draw(s.out, drawing)
}

// story is the attack that comes nearest to one asset.
type story struct {
	entry *threatmodel.EntryReport
	asset *threatmodel.AssetReport
	path  *threatmodel.Path
}

func (s story) draw(r *threatmodel.Report) *render.Drawing {
	return render.Story(r, s.entry, s.asset, s.path)
}

// rank orders verdicts from the worst.
var rank = map[threatmodel.Verdict]int{threatmodel.OpenToday: 0, threatmodel.NeedsFaults: 1, threatmodel.Blocked: 2}

// stories chooses for each asset the attacker who comes nearest and his cheapest path, in the order of the report.
func stories(r *threatmodel.Report) []story {
	var all []story
	for i := range r.Assets {
		var best *story
		for _, e := range r.Entries {
			a := e.Assets[i]
			if _, ok := rank[a.Verdict]; !ok || len(a.Paths) == 0 {
				continue
			}
			s := &story{e, a, a.Paths[0]}
			if best == nil || nearer(s, best) {
				best = s
			}
		}
		if best != nil {
			all = append(all, *best)
		}
	}
	return all
}

func nearer(a, b *story) bool {
	return cmp.Or(
		cmp.Compare(rank[a.asset.Verdict], rank[b.asset.Verdict]),
		cmp.Compare(len(a.path.Faults), len(b.path.Faults)),
		cmp.Compare(a.path.Effort, b.path.Effort),
	) < 0
}

// reportSet is the reports and drawings as a tree, with a drawing of the whole.
func reportSet(title string, r *threatmodel.Report, overview *render.Drawing, formats []string) (*generate.Set, error) {
	set := &generate.Set{}
	add := func(name string, write func(io.Writer) error) error {
		var buf bytes.Buffer
		if err := write(&buf); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		set.Artifacts = append(set.Artifacts, generate.Artifact{Path: name, Mode: 0o644, Data: buf.Bytes()})
		return nil
	}
	texts := []struct {
		format, name string
		write        func(io.Writer) error
	}{
		{"text", "report.txt", func(w io.Writer) error { return render.Text(w, r) }},
		{"json", "report.json", func(w io.Writer) error { return render.JSON(w, r) }},
		{"markdown", "report.md", func(w io.Writer) error { return render.Markdown(w, title, r) }},
	}
	for _, t := range texts {
		if slices.Contains(formats, t.format) {
			if err := add(t.name, t.write); err != nil {
				return nil, err
			}
		}
	}
	told := stories(r)
	left := max(len(told)-maxStories, 0)
	told = told[:len(told)-left]
	for _, d := range drawers {
		if !slices.Contains(formats, d.format) {
			continue
		}
		if err := add("overview"+d.ext, func(w io.Writer) error { return d.draw(w, overview) }); err != nil {
			return nil, err
		}
		for _, s := range told {
			if err := add(s.file()+d.ext, func(w io.Writer) error { return d.draw(w, s.draw(r)) }); err != nil {
				return nil, err
			}
		}
	}
	if slices.Contains(formats, "svg") {
		if err := add("drawings.md", func(w io.Writer) error { return album(w, title, r, told, left) }); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// file is the name of the story's drawing, without ending: letters, digits, dots and hyphens only.
func (s story) file() string {
	return "story-" + strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '.' || c == '-' || c == '_' {
			return c
		}
		return '-'
	}, strings.ToLower(s.asset.Asset))
}

// album shows all drawings on one page.
func album(w io.Writer, title string, r *threatmodel.Report, told []story, left int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n![Overview](overview.svg)\n", templates.Markdown(title))
	titles := map[string]string{}
	for _, p := range r.Positions {
		titles[p.ID] = p.Title
	}
	for _, s := range told {
		fmt.Fprintf(&b, "\n## %s\n\nThe attacker who comes nearest: %s.\n\n![%s](%s.svg)\n",
			templates.Markdown(cmp.Or(titles[s.asset.Asset], s.asset.Asset)), templates.Markdown(s.entry.Profile.Title),
			templates.Markdown(s.asset.Asset), s.file())
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n%d further assets are not drawn; draw one with `bartizan threatmodel --to ID --format svg`.\n", left)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeSummary adds the threat model's summary to the tree of files.
func writeSummary(p *generate.Pass, posture model.Posture) error {
	// It is committed: the nearest blocked steps and paths only, so that a small change is a small diff.
	graph, o := threatmodel.Build(p.Spec), threatmodel.Options{Paths: 1, Frontier: 12}
	report, err := graph.Analyse(posture, o)
	if err != nil {
		return err
	}
	if report.Invariants, err = graph.Judge(posture, o); err != nil {
		return err
	}
	if report.Blast, err = graph.BlastRadius(posture, o); err != nil {
		return err
	}
	p.Directory(generate.Directory{
		Path:  "threatmodel",
		Title: "Threat model",
		Doc:   "What an attacker could do to this cluster, under the files of this tree. `bartizan threatmodel -o` draws it.",
	})
	var text, data bytes.Buffer
	if err := render.Markdown(&text, reportTitle(p.Spec), report); err != nil {
		return err
	}
	if err := render.SummaryJSON(&data, report); err != nil {
		return err
	}
	p.File(generate.Artifact{Path: "threatmodel/summary.md", Data: text.Bytes(), Doc: "Summary for people", Where: "reviews"})
	p.File(generate.Artifact{Path: "threatmodel/summary.json", Data: data.Bytes(), Doc: "The same for machines", Where: "CI"})
	return nil
}
