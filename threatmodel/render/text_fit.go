package render

import "strings"

// Widths in characters: of a step's title, and of the smaller lines below it.
const (
	titleWidth = 44
	lineWidth  = 46
)

// shorten cuts text to the width of a title, at a word.
func shorten(s string) string {
	r := []rune(s)
	if len(r) <= titleWidth {
		return s
	}
	cut := string(r[:titleWidth-1])
	if i := strings.LastIndexByte(cut, ' '); i > titleWidth/2 {
		cut = cut[:i]
	}
	return cut + "…"
}

// wrap breaks text into lines at words.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case len([]rune(line))+1+len([]rune(word)) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
