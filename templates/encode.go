package templates

import "strings"

// Shell quotes a value as one POSIX shell word.
func Shell(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// markdown escapes every character that CommonMark or its table and HTML extensions give a meaning.
var markdown = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "{", `\{`, "}", `\}`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;",
	"&", "&amp;", "#", `\#`, "|", `\|`, "~", `\~`, "!", `\!`, "\r", " ", "\n", " ",
)

// Markdown escapes a value as plain text in a paragraph or table cell.
func Markdown(s string) string { return markdown.Replace(s) }
