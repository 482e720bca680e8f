package model

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// elsewhere says what to do instead of what other tools know under the name, in snake, kebab or camel case; "" if nothing is
// known of it.
func (b *BlockType) elsewhere(name string) string {
	var snake strings.Builder
	for i, r := range strings.ReplaceAll(name, "-", "_") {
		if unicode.IsUpper(r) && i > 0 {
			snake.WriteByte('_')
		}
		snake.WriteRune(unicode.ToLower(r))
	}
	return b.Elsewhere[snake.String()]
}

// Advice says what to write in a block instead of what other tools know under some name.
type Advice struct {
	Path string `json:"path"` // of the block, such as "workload.volume"; "" at the top of a file
	Do   string `json:"do"`
}

// Instead returns what to write instead of a word of Kubernetes or Terraform, in reading order; what a profile shares with
// workloads once.
func Instead(word string) []Advice {
	var all []Advice
	seen := map[*BlockType]bool{}
	var walk func(path string, b *BlockType)
	walk = func(path string, b *BlockType) {
		if do := b.elsewhere(word); do != "" {
			all = append(all, Advice{path, do})
		}
		for _, c := range b.Blocks {
			if seen[c] || path == "" && c == profileBlock {
				continue
			}
			seen[c] = true
			walk(strings.TrimPrefix(path+"."+c.Name, "."), c)
		}
	}
	walk("", root)
	return all
}

// OtherWords lists the words that [Instead] knows, sorted.
func OtherWords() []string {
	words := map[string]bool{}
	var walk func(b *BlockType)
	walk = func(b *BlockType) {
		for w := range b.Elsewhere {
			words[w] = true
		}
		for _, c := range b.Blocks {
			walk(c)
		}
	}
	walk(root)
	return slices.Sorted(maps.Keys(words))
}
