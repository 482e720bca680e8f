package verify

import (
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// statement is one statement of the top level of a shell script: a command, a loop, a function.
type statement struct {
	text string // on one line, as the parser prints it, without comments
	line uint
}

// topStatements takes a script of /bin/sh apart. Two scripts with the same statements do the same, however they are
// indented and commented.
func topStatements(data []byte) ([]statement, error) {
	if !strings.HasPrefix(string(data), "#!/bin/sh\n") {
		return nil, fmt.Errorf("it is no script of /bin/sh")
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(string(data)), "")
	if err != nil {
		return nil, fmt.Errorf("it is no shell script: %w", err)
	}
	all := make([]statement, len(file.Stmts))
	for i, s := range file.Stmts {
		all[i] = statement{printedStatement(s), s.Pos().Line()}
	}
	return all, nil
}

// printedStatement returns a statement on one line; "" if it cannot be printed.
func printedStatement(s *syntax.Stmt) string {
	var text strings.Builder
	if err := syntax.NewPrinter(syntax.SingleLine(true)).Print(&text, s); err != nil {
		return ""
	}
	return strings.TrimSpace(text.String())
}

// sameStatements compares the statements with those expected, in order.
func sameStatements(got []statement, want []string) error {
	for i, s := range got {
		switch {
		case i >= len(want):
			return fmt.Errorf("line %d: %q is not expected", s.line, s.text)
		case s.text != want[i]:
			got, wanted := apart(s.text, want[i])
			return fmt.Errorf("line %d: %q stands where %q is expected", s.line, got, wanted)
		}
	}
	if len(got) < len(want) {
		return fmt.Errorf("%q is missing", want[len(got)])
	}
	return nil
}

// apart returns two texts that differ from a little before they do; short ones as they are.
func apart(a, b string) (string, string) {
	const around, short = 40, 160
	if len(a) < short && len(b) < short {
		return a, b
	}
	same := 0
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	cut := func(s string) string {
		from, to := max(0, same-around), min(len(s), same+2*around)
		text := s[from:to]
		if from > 0 {
			text = "…" + text
		}
		if to < len(s) {
			text += "…"
		}
		return text
	}
	return cut(a), cut(b)
}
