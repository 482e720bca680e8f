package model

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
)

// nearest returns the candidate that was probably meant, or "".
func nearest(word string, candidates []string) string {
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

// didYouMean returns a sentence with the nearest candidate, with a space before it, or "".
func didYouMean(word string, candidates []string) string {
	if n := nearest(word, candidates); n != "" {
		return fmt.Sprintf(" Did you mean %q?", n)
	}
	return ""
}
