package render

import (
	"regexp"
	"slices"

	"github.com/bartizan-dev/bartizan/templates"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// bare are words that every shell takes as they are.
var bare = regexp.MustCompile(`^[A-Za-z0-9._/:@+-]+$`)

func shellWord(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return templates.Shell(s)
}

// trace is the command that tells how one attacker comes to one asset, after faults if any are named: what a figure rests
// on, step by step, with the files and with what would close it. Asked are further arguments.
func trace(asked []string, from, to string, faults ...string) string {
	words := slices.Concat(asked, []string{"--from", from, "--to", to})
	for _, f := range faults {
		words = append(words, "--assume-fault", f)
	}
	command := "bartizan threatmodel"
	for _, w := range words {
		command += " " + shellWord(w)
	}
	return command
}

// traceable reports whether the attackers of the report are those that --from names: an assumed breach is none of them.
func traceable(r *threatmodel.Report) bool {
	return len(r.Entries) > 0 && r.Entries[0].Profile.ID != "assume-breach"
}
