package main

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// tableWidth is what a table takes at most. It does not follow the terminal: the same catalogue prints the same lines.
const tableWidth = 118

// table writes rows in aligned columns under a header. Cells that do not fit are wrapped at spaces: what names the row
// stands in its first line.
func (p *printer) table(header []string, rows [][]string) {
	widths := columnWidths(append([][]string{header}, rows...))
	write := func(row []string, s style) {
		cells, height := make([][]string, len(row)), 1
		for i, cell := range row {
			cells[i] = wrap(cell, widths[i])
			height = max(height, len(cells[i]))
		}
		for n := range height {
			var b strings.Builder
			for i, lines := range cells {
				text := ""
				if n < len(lines) {
					text = lines[n]
				}
				b.WriteString(text + strings.Repeat(" ", 2+max(0, widths[i]-utf8.RuneCountInString(text))))
			}
			p.line(p.in(s, strings.TrimRight(b.String(), " ")))
		}
	}
	write(header, bold)
	for _, row := range rows {
		write(row, plain)
	}
}

// columnWidths gives each column what its widest cell takes, and takes from the widest columns until the table fits. No
// column becomes narrower than its longest word.
func columnWidths(rows [][]string) []int {
	widths, least := make([]int, len(rows[0])), make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			for _, word := range strings.Fields(cell) {
				least[i] = max(least[i], utf8.RuneCountInString(word))
			}
		}
	}
	for {
		total := 2 * (len(widths) - 1)
		for _, w := range widths {
			total += w
		}
		if total <= tableWidth {
			return widths
		}
		widest := -1
		for i, w := range widths {
			if w > least[i] && (widest < 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return widths
		}
		widths[widest]--
	}
}

// wrap breaks text at spaces into lines of at most width columns; longer words stand alone.
func wrap(text string, width int) []string {
	lines := []string{""}
	for _, word := range strings.Fields(text) {
		last := len(lines) - 1
		switch {
		case lines[last] == "":
			lines[last] = word
		case utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, word)
		default:
			lines[last] += " " + word
		}
	}
	return slices.Clip(lines)
}
