package templates

import (
	"regexp"
	"strings"
)

// Shell quotes a value as one POSIX shell word.
func Shell(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// markdown escapes every character that CommonMark or its table and HTML extensions give a meaning.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "{", `\{`, "}", `\}`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;",
	"&", "&amp;", "#", `\#`, "|", `\|`, "~", `\~`, "!", `\!`, "\r", " ", "\n", " ",
)

// blockMark is what makes a block of a line that begins with it: of a list, or, as the whole line, a rule or the underline
// of a heading. More spaces than one before it would make code (CommonMark 0.31, 4 and 5.2).
var blockMark = regexp.MustCompile(`^ *(?:(-+|\++|=+)( |$)|([0-9]{1,9})([.)])( |$))`)

// Markdown escapes a value as plain text in a table cell or a paragraph, at its beginning too.
func Markdown(s string) string { return noBlock(markdown.Replace(s)) }

// noBlock escapes the mark with which the line would begin another block than a paragraph.
func noBlock(s string) string {
	m := blockMark.FindStringSubmatchIndex(s)
	switch {
	case m == nil:
	case m[2] >= 0: // before the mark
		s = s[:m[2]] + `\` + s[m[2]:]
	case m[8] >= 0: // between the number and what makes it one of a list
		s = s[:m[8]] + `\` + s[m[8]:]
	}
	if strings.HasPrefix(s, "    ") {
		return strings.TrimLeft(s, " ")
	}
	return s
}
