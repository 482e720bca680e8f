package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bartizan-dev/bartizan/templates"
)

// printer is the only way to the outside. Colours: red for what is open or refused, yellow for what needs a look,
// green for what is added or proved, bold for what is named; everything is readable without them.
type printer struct {
	w     io.Writer
	color bool
	fail  error // the first error of w; later output is dropped
}

// style is an SGR code.
type style string

const (
	plain  style = ""
	bold   style = "1"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	faint  style = "2"
)

// Write lets renderers print directly.
func (p *printer) Write(b []byte) (int, error) {
	if p.fail != nil {
		return 0, p.fail
	}
	n, err := p.w.Write(b)
	p.fail = err
	return n, err
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *printer) line(s string) { fmt.Fprintln(p, s) }

// in returns the text in a style, if colours are on.
func (p *printer) in(s style, text string) string {
	if !p.color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// json writes a value for machines.
func (p *printer) json(v any) error {
	enc := json.NewEncoder(p)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// markdownTable writes rows as a Markdown table. Cells are plain text.
func (p *printer) markdownTable(header []string, rows [][]string) {
	write := func(row []string) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = templates.Markdown(cell)
		}
		p.line("| " + strings.Join(cells, " | ") + " |")
	}
	write(header)
	p.line("|" + strings.Repeat(" --- |", len(header)))
	for _, row := range rows {
		write(row)
	}
}

// paragraph writes text wrapped at 100 columns, each line indented. Lines that begin with white space are kept.
func (p *printer) paragraph(indent, text string) { p.hanging(indent, indent, text) }

// hanging writes text as paragraph does, with another indent for the lines after the first.
func (p *printer) hanging(first, rest, text string) {
	const width = 100
	indent := first
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			p.line(indent + line)
			continue
		}
		for _, l := range wrap(line, width-utf8.RuneCountInString(rest)) {
			p.line(strings.TrimRight(indent+l, " "))
			indent = rest
		}
	}
}

// printable replaces control characters of text that comes from files, so that none reaches the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// count writes "1 file", "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "y") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
