package model

import (
	"fmt"
	"maps"
	"slices"

	"github.com/agext/levenshtein"
)

// Among more names, and for longer ones, no guess is made: it takes time with the product of both.
const (
	maxCandidates = 5_000
	maxWord       = 100
)

// nearest returns the candidate that was probably meant, or "".
func nearest(word string, candidates []string) string {
	if len(candidates) > maxCandidates || len(word) > maxWord {
		return ""
	}
	best, distance := "", len(word)/3+2
	sorted := slices.Clone(candidates)
	slices.Sort(sorted)
	for _, c := range sorted {
		// Candidates of a very different length cannot win; skipping them keeps large specifications fast.
		if d := len(c) - len(word); d >= distance || -d >= distance {
			continue
		}
		if d := levenshtein.Distance(word, c, nil); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// suggestion is the name that was probably meant, or "". In messages it is a sentence with a space before it.
type suggestion string

func (s suggestion) String() string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", string(s))
}

// didYouMean suggests the nearest candidate.
func didYouMean(word string, candidates []string) suggestion {
	return suggestion(nearest(word, candidates))
}

// didYouMeanKey suggests the nearest key. The keys are not even listed where there are too many for a guess: each problem would list
// them again.
func didYouMeanKey[V any](word string, keys map[string]V) suggestion {
	if len(keys) > maxCandidates {
		return ""
	}
	return didYouMean(word, slices.Collect(maps.Keys(keys)))
}

// suggested returns the suggestion among the arguments of a message.
func suggested(args []any) suggestion {
	for _, a := range args {
		if s, ok := a.(suggestion); ok {
			return s
		}
	}
	return ""
}
