package templates

import (
	"fmt"
	"strings"
)

// ShellDouble escapes a value for the inside of a POSIX double-quoted string.
func ShellDouble(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}

// ActionString encodes a value as a string literal of a GitHub Actions expression.
func ActionString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// UnitValue encodes a value of a systemd unit file: specifiers are not expanded and the line does not end.
func UnitValue(s string) string {
	return strings.NewReplacer("%", "%%", `\`, `\\`, "\r", " ", "\n", " ").Replace(s)
}

// JQString escapes a value for the inside of a string literal of a jq program that stands in single quotes of a shell
// command: quotes and backslashes become escapes of JSON.
func JQString(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r == '"' || r == '\'' || r == '\\' || r < ' ' || r == '`' {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
