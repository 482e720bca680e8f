package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuoted is the most bytes of one value that a diagnostic quotes.
const maxQuoted = 1000

// quotable shortens long texts among the arguments of a diagnostic: nobody reads a megabyte in a terminal.
func quotable(args []any) []any {
	for i, a := range args {
		switch x := a.(type) {
		case string:
			args[i] = short(x)
		case Address:
			args[i] = Address(short(string(x)))
		case error:
			if text := x.Error(); len(text) > maxQuoted {
				args[i] = short(text)
			}
		}
	}
	return args
}

// short returns a text as it is quoted: the beginning of a long one, and how long it is.
func short(s string) string {
	if len(s) <= maxQuoted {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(s[:100], ""), len(s))
}

// invisible reports whether a rune cannot be seen in a line of text, or changes how the text around it is shown: control
// characters, line and paragraph separators, and format characters such as those that turn the direction of writing,
// with which a text can show the reader something else than it says (CVE-2021-42574). The two joiners stay: scripts and
// emoji need them.
func invisible(r rune) bool {
	const nonJoiner, joiner = '\u200c', '\u200d'
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) && r != nonJoiner && r != joiner || r == utf8.RuneError
}
