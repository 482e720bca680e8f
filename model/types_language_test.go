package model

import (
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// What is decided without the scanner is decided as the scanner does.
func TestIdentifiersAreThoseOfTheScanner(t *testing.T) {
	texts := []string{"", "größe", "漢", "e\u0301", "a\xff", "\xff", "a b", "web-2_x", "a\u200d"}
	for first := range 256 {
		texts = append(texts, string([]byte{byte(first)}))
		for second := range 256 {
			texts = append(texts, string([]byte{byte(first), byte(second)}))
		}
	}
	for _, s := range texts {
		if got, want := isIdentifier(s), utf8.ValidString(s) && hclsyntax.ValidIdentifier(s); got != want {
			t.Errorf("%q: %t, by the scanner %t", s, got, want)
		}
	}
}
