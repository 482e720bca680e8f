package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCataloguesFitATerminal(t *testing.T) {
	for _, args := range [][]string{{"controls"}, {"controls", "--source"}, {"steps"}} {
		var out, messages strings.Builder
		if status := run(args, strings.NewReader(""), &out, &messages); status != exitClean {
			t.Fatalf("%v: exit status %d: %s", args, status, messages.String())
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > tableWidth {
				t.Errorf("%v: %d columns: %s", args, n, line)
			}
		}
	}
}

func TestTableWrapsAtSpaces(t *testing.T) {
	var out strings.Builder
	p := &printer{w: &out}
	long := strings.TrimSpace(strings.Repeat("eight888 ", 16))
	p.table([]string{"ID", "TEXT"}, [][]string{{"a-long-identifier", long}, {"b", "short"}})
	want := "ID                 TEXT\n" +
		"a-long-identifier  " + strings.TrimSpace(strings.Repeat("eight888 ", 11)) + "\n" +
		"                   " + strings.TrimSpace(strings.Repeat("eight888 ", 5)) + "\n" +
		"b                  short\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
