package torture

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// hostile are values that mean something in one of the languages that are written, by name.
var hostile = map[string]string{
	"double quote":       `a"b`,
	"single quote":       `a'b`,
	"both quotes":        `'"; x = "'`,
	"newline":            "a\nb: c\n---\nd",
	"carriage return":    "a\rb",
	"tab":                "a\tb",
	"crlf":               "a\r\nPermitRootLogin yes\r\n",
	"line separator":     "a\u2028b\u2029c\u0085d",
	"nul":                "a\x00b",
	"escape sequence":    "a\x1b[2Jb\x07",
	"bidi":               "a\u202eb\u2066c\u200fd",
	"zero width":         "a\u200bb\ufeffc",
	"not utf-8":          "a\xff\xfeb",
	"surrogate":          "a\xed\xa0\x80b",
	"go template":        "{{ .Spec }}{{`x`}}",
	"hcl template":       "${file(\"/etc/passwd\")}%{ if true }x%{ endif }",
	"actions expression": "${{ secrets.TOKEN }}",
	"command":            "$(touch /tmp/pwned)",
	"variable":           "$HOME${IFS}$$",
	"backticks":          "`touch /tmp/pwned`",
	"shell end":          "'; touch /tmp/pwned; '",
	"shell and":          "a && touch /tmp/pwned || b | c > /tmp/d &",
	"here document":      "EOF\ntouch /tmp/pwned\n",
	"bartizan here":      "BARTIZAN\ntouch /tmp/pwned\n",
	"script end":         "</script><script>alert(1)</script>",
	"html":               "<img src=x onerror=alert(1)>&amp;&#60;",
	"comment end":        "--><x/><!--",
	"cdata end":          "]]>",
	"svg":                `"><a xlink:href="javascript:alert(1)">x</a>`,
	"markdown link":      "[x](javascript:alert(1)) ![y](http://e.example/z.png)",
	"markdown structure": "# x\n\n| a | b |\n|---|---|\n> q\n- l\n```\ncode\n",
	"markdown table":     "a | b \\| c",
	"markdown emphasis":  "*a* _b_ ~~c~~ ***",
	"mermaid":            "x\"]; click x call alert(1); y[\"",
	"dot":                "\" ]; evil [label=\"x\" URL=\"javascript:1\"]; // \\",
	"nft":                `x" accept comment "y`,
	"nft end":            "x }\n} ; flush ruleset",
	"sshd":               "x\nMatch all\n PermitRootLogin yes",
	"systemd":            "x %H %n ; ExecStart=/bin/sh\n[Service]\nUser=root",
	"wireguard":          "x\n[Peer]\nAllowedIPs = 0.0.0.0/0",
	"toml":               "x\"\n[plugins]\nprivileged = true\n",
	"backslash":          `a\b\n\`,
	"percent":            "%s%n%d%%",
	"parent directory":   "../../../../tmp/pwned",
	"absolute path":      "/etc/passwd",
	"dot dot":            "..",
	"single dot":         ".",
	"windows path":       `C:\pwned\..\x`,
	"device name":        "con",
	"leading hyphen":     "-rf",
	"long option":        "--privileged=true",
	"yaml yes":           "yes",
	"yaml null":          "~",
	"yaml number":        "0x1F",
	"yaml octal":         "0o17",
	"yaml sexagesimal":   "22:22",
	"yaml float":         ".inf",
	"yaml date":          "2026-11-21",
	"yaml anchor":        "&a *a",
	"yaml tag":           "!!binary x",
	"yaml merge":         "<<",
	"yaml comment":       "a #b",
	"yaml mapping":       "a: b",
	"yaml flow":          "{a: [b, c]}",
	"yaml block":         "|-\n  x",
	"yaml document":      "---",
	"yaml directive":     "%YAML 1.1",
	"yaml indicator":     "- @x ? !",
	"json":               `{"a":"\u0000"}`,
	"cel":                `' || true || '`,
	"cel double":         `" || true || "`,
	"regular expression": "^(a+)+$.*[",
	"jq":                 `") | env | ("`,
	"glob":               "*",
	"space":              " ",
	"leading space":      " a ",
	"empty":              "",
	"unicode":            "é\u0301漢字🦀",
	"compatibility":      "ｃａｒｔ．ﬁ",
	"upper case":         "CART",
	"latin look-alike":   "саrt",
	"long":               strings.Repeat("a", 1<<20),
	"long lines":         strings.Repeat("a\n", 1<<19),
	"long label":         strings.Repeat("a", 64),
	"long path":          strings.Repeat("a/", 3000) + "a",
}

// Values returns the hostile values by name.
func Values() map[string]string { return maps.Clone(hostile) }

// Names returns the names of the hostile values, sorted.
func Names() []string { return slices.Sorted(maps.Keys(hostile)) }

// Quote writes text as a string literal of HCL's native syntax. Bytes that are not UTF-8 stay as they are.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case (c == '$' || c == '%') && i+1 < len(s) && s[i+1] == '{':
			b.WriteByte(c)
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
