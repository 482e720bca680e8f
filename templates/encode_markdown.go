package templates

import (
	"net/url"
	"strings"
)

// MarkdownText is text that is Markdown already: written by a generator, with every value in it encoded.
type MarkdownText string

// MarkdownCode encodes a value as a Markdown code span that is also safe in a table cell.
func MarkdownCode(s string) string {
	s = strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
	if s == "" {
		return ""
	}
	// In a GFM table a pipe ends the cell even inside a code span, unless escaped.
	s = strings.ReplaceAll(s, "|", `\|`)
	fence, longest, run := "`", 0, 0
	for _, r := range s {
		if r == '`' {
			run++
		} else {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest == 0 {
		return fence + s + fence
	}
	fence = strings.Repeat("`", longest+1)
	return fence + " " + s + " " + fence
}

// LinkPath encodes a slash-separated relative path as the destination of a Markdown link.
func LinkPath(s string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("(", "%28", ")", "%29").Replace(url.PathEscape(p))
	}
	return strings.Join(parts, "/")
}

// CodeBlock encodes a value as the inside of a Markdown code block that is fenced with three backticks: the fence
// cannot be closed from within.
func CodeBlock(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r", ""), "\n")
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimLeft(l, " \t"), "```") {
			lines[i] = "\u200b" + l
		}
	}
	return strings.Join(lines, "\n")
}
