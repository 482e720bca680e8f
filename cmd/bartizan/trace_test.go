package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// A path: its figure, for whom, and the command.
	tracedPath = regexp.MustCompile(`(?m)^(\S.*: .*)\n  for (.*), effort (\d+)\n  trace bartizan (.*)$`)
	// A single fault: what it opens, and the command.
	tracedFault = regexp.MustCompile(`(?m)^  [FVT]  (.*)\n(?:     fails .*\n)?     opens (.*)\n     to    (.*)\n     trace bartizan (.*)$`)
)

// Every figure of the report that a command stands beside is what the command says: a path has the same words and the same
// effort; after a single fault the asset is open to the attacker.
func TestTracesGiveTheFiguresThatTheyStandBeside(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	ask := func(args ...string) string {
		t.Helper()
		var out, messages bytes.Buffer
		if status := run(args, strings.NewReader(""), &out, &messages); status != exitClean {
			t.Fatalf("bartizan %v: status %d: %s", args, status, messages.String())
		}
		return out.String()
	}
	ask("init", dir)
	report := ask("threatmodel", dir, "--today", "2026-11-21")
	paths, faults := tracedPath.FindAllStringSubmatch(report, -1), tracedFault.FindAllStringSubmatch(report, -1)
	if n := strings.Count(report, " trace "); len(paths)+len(faults) != n || len(paths) < 5 || len(faults) < 5 {
		t.Fatalf("%d paths and %d faults, and %d commands:\n%s", len(paths), len(faults), n, report)
	}
	for _, m := range paths {
		answer := ask(shellWords(m[4])...)
		found := false
		for _, x := range tracedPath.FindAllStringSubmatch(answer, -1) {
			found = found || x[1] == m[1] && x[3] == m[3] && strings.HasPrefix(m[2], x[2])
		}
		if !found {
			t.Errorf("%q, effort %s: bartizan %s says\n%s", m[1], m[3], m[4], answer)
		}
	}
	for _, m := range faults {
		asset, _, _ := strings.Cut(m[2], ";")
		answer := ask(shellWords(m[4])...)
		if !strings.Contains(answer, "\n"+asset+": open today.\n") {
			t.Errorf("%s opens %s: bartizan %s says\n%s", m[1], asset, m[4], answer)
		}
	}
}

// shellWords splits a command as a shell does that knows single quotes only.
func shellWords(command string) []string {
	var all []string
	for i, part := range strings.Split(command, "'") {
		if i%2 == 1 {
			all = append(all, part)
		} else {
			all = append(all, strings.Fields(part)...)
		}
	}
	return all
}
