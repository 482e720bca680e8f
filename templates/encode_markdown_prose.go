package templates

import (
	"regexp"
	"strings"
)

// webAddress finds https addresses in prose; punctuation at the end belongs to the sentence.
var webAddress = regexp.MustCompile(`https://[A-Za-z0-9._~:/?#@!$&*+;=%-]*[A-Za-z0-9/]`)

// MarkdownProse escapes one paragraph of plain text. Of Markdown only code spans in single backticks keep their meaning;
// https addresses become links. The result is one line, also safe in a table cell.
func MarkdownProse(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	var b strings.Builder
	for i, part := range strings.Split(s, "`") {
		if i%2 == 0 || strings.Count(s, "`")%2 != 0 {
			if i > 0 && strings.Count(s, "`")%2 != 0 {
				b.WriteString("\\`")
			}
			b.WriteString(linked(part))
			continue
		}
		b.WriteString(MarkdownCode(part))
	}
	return noBlock(b.String())
}

// MarkdownParagraphs escapes paragraphs of plain text that are separated by blank lines, each as [MarkdownProse] does.
func MarkdownParagraphs(s string) string {
	var paragraphs []string
	for _, p := range strings.Split(s, "\n\n") {
		if p = MarkdownProse(p); p != "" {
			paragraphs = append(paragraphs, p)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// linked escapes text and makes its https addresses autolinks.
func linked(s string) string {
	var b strings.Builder
	for {
		at := webAddress.FindStringIndex(s)
		if at == nil {
			b.WriteString(markdown.Replace(s))
			return b.String()
		}
		b.WriteString(markdown.Replace(s[:at[0]]) + "<" + s[at[0]:at[1]] + ">")
		s = s[at[1]:]
	}
}

// MarkdownAnchor returns the fragment of the heading with the text, as GitHub and GitLab make it: lower case, spaces
// as hyphens, and nothing but letters, digits, hyphens and underscores.
func MarkdownAnchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		case r == ' ':
			return '-'
		}
		return -1
	}, heading)
}
