package render

// Widths in characters at which text is broken: the title of a box, the smaller lines below it, the subtitle and the note of a
// drawing. Narrow boxes keep a drawing with many of them narrow enough to be read.
const (
	titleWidth = 26
	lineWidth  = 34
	noteWidth  = 150

	subtitleWidth = 120
)

// wrap breaks text into lines at spaces and inside long words after a slash, hyphen or full stop.
func wrap(s string, width int) []string {
	var lines []string
	line, n := "", 0
	for _, word := range words(s, width) {
		w := len([]rune(word))
		if n > 0 && n+w > width && word != " " {
			lines = append(lines, line)
			line, n = "", 0
		}
		if n == 0 && word == " " {
			continue
		}
		line += word
		n += w
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}

// words splits text into words and single spaces, and long words into parts that end with a slash, hyphen or full stop.
func words(s string, width int) []string {
	var parts []string
	word := []rune{}
	flush := func() {
		if len(word) > 0 {
			parts = append(parts, string(word))
			word = word[:0]
		}
	}
	for _, r := range s {
		if r == ' ' || r == '\n' || r == '\t' {
			flush()
			parts = append(parts, " ")
			continue
		}
		word = append(word, r)
		if (r == '/' || r == '-' || r == '.') && len(word) > width/3 || len(word) == width {
			flush()
		}
	}
	flush()
	return parts
}
