package templates

import "strings"

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
