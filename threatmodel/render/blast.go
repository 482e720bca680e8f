package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/bartizan-dev/bartizan/templates"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// maxBlast is how many rows of the table of blast radii a report of everything shows.
const maxBlast = 15

const blastNote = "What an attacker reaches who takes this and has nothing else: at once, and after one fault more, which is a file that is wrong or missing, an unknown vulnerability or a theft, outside the trusted base. " +
	"Each row is exact. A critical asset counts ten times as much as another; the greatest damage is first."

// BlastText writes what falls with each position for a terminal, the greatest damage first.
func BlastText(w io.Writer, all []*threatmodel.Blast) error {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format, args...) }
	p("%s\n", strings.Join(wrap(blastNote, noteWidth), "\n"))
	for _, x := range all {
		p("\n%s\n", strings.Join(wrap(plain(taken(x, true)), noteWidth), "\n"))
		if len(x.Falls)+len(x.AfterOne) == 0 {
			p("  no asset falls, not after one fault either\n")
			continue
		}
		p("  at once         %s\n  one fault more  %s\n", plain(titles(x.Falls)), plain(titles(x.AfterOne)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// BlastMarkdown writes the same as a table.
func BlastMarkdown(w io.Writer, title string, all []*threatmodel.Blast) error {
	_, err := fmt.Fprintf(w, "# %s: what falls with what\n\n%s\n\n%s", templates.Markdown(title), blastNote, blastTable(all))
	return err
}

func blastTable(all []*threatmodel.Blast) string {
	md := templates.Markdown
	var b strings.Builder
	b.WriteString("| If this is taken | falls at once | after one fault more |\n|---|---|---|\n")
	for _, x := range all {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", md(taken(x, false)), md(titles(x.Falls)), md(titles(x.AfterOne)))
	}
	return b.String()
}

// taken names the positions of a row, with ids if asked for.
func taken(x *threatmodel.Blast, ids bool) string {
	var list []string
	for _, p := range x.Positions {
		title := p.Title
		if ids {
			title = named(title, p.ID)
		}
		list = append(list, title)
	}
	if len(list) == 1 {
		return list[0]
	}
	return fmt.Sprintf("Any of %d: %s", len(list), names(list))
}

func titles(list []threatmodel.Named) string {
	var text []string
	for _, x := range list {
		text = append(text, x.Title)
	}
	if len(text) <= 1 {
		return names(text)
	}
	return fmt.Sprintf("%d: %s", len(text), names(text))
}
