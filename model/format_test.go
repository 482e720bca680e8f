package model

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/rogpeppe/go-internal/txtar"
)

func TestFormat(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"x.bartizan.hcl", "zone \"a\" {\n cidrs=[ \"10.0.0.0/8\" ]\n}\n", "zone \"a\" {\n  cidrs = [\"10.0.0.0/8\"]\n}\n"},
		{"-", "a=1\n", "a = 1\n"},
		{"x.bartizan.json", `{"zone":{"a":{}}}`, "{\n  \"zone\": {\n    \"a\": {}\n  }\n}\n"},
		{"x.bartizan.hcl", "zone \"a\" {\n", ""},
	}
	for _, tt := range tests {
		got, loaded := Format(tt.name, []byte(tt.in))
		if string(got) != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
		if again, _ := Format(tt.name, got); got != nil && string(again) != string(got) {
			t.Errorf("%q: formatted twice is %q", tt.in, again)
		}
		if (got == nil) != loaded.HasErrors() {
			t.Errorf("%q: %s", tt.in, loaded.Text())
		}
	}
}

// Whatever the layout, formatting changes nothing but space: every token stays, comments among them; a second run finds
// nothing to do; and how a line was spaced before does not matter.
func TestFormatChangesSpaceOnly(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/*/*.hcl", "testdata/diagnostics/*.txtar", "../examples/*/*.bartizan.hcl", "../cmd/bartizan/starter/*.hcl"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	tried := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range sources(file, text) {
			want, loaded := Format("-", text)
			if loaded.HasErrors() {
				continue // the case is about the syntax
			}
			if d := cmp.Diff(words(text), words(want)); d != "" {
				t.Fatalf("%s: a token was changed: %s", file, d)
			}
			if again, _ := Format("-", want); !bytes.Equal(again, want) {
				t.Fatalf("%s: a second run finds something to do", file)
			}
			for range 20 {
				messy := respace(text, chance)
				if !bytes.Equal(messy, want) {
					tried++
				}
				got, loaded := Format("-", messy)
				if loaded.HasErrors() {
					t.Fatalf("%s: the test broke the text:\n%s", file, loaded.Text())
				}
				if !bytes.Equal(want, got) {
					t.Fatalf("%s: the layout depends on the space before: %s", file, cmp.Diff(string(want), string(got)))
				}
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d texts had anything to format", tried)
	}
}

// sources returns the files of native syntax in a file.
func sources(name string, text []byte) [][]byte {
	if !strings.HasSuffix(name, ".txtar") {
		return [][]byte{text}
	}
	var all [][]byte
	for _, f := range txtar.Parse(text).Files {
		if strings.HasSuffix(f.Name, ".hcl") {
			all = append(all, f.Data)
		}
	}
	return all
}

// respace changes the space between the tokens of each line, outside of strings.
func respace(text []byte, chance *rand.Rand) []byte {
	tokens, _ := hclsyntax.LexConfig(text, "x", hcl.InitialPos)
	var out []byte
	last, nesting := 0, 0
	for _, token := range tokens {
		between := text[last:token.Range.Start.Byte]
		if nesting == 0 && chance.IntN(2) == 0 && (len(between) > 0 || token.Range.Start.Column == 1) && token.Type != hclsyntax.TokenEOF {
			between = []byte("  \t "[:1+chance.IntN(4)])
		}
		out = append(append(out, between...), token.Bytes...)
		last = token.Range.End.Byte
		switch token.Type {
		case hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			nesting++
		case hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			nesting--
		}
	}
	return out
}

// words lists the tokens of a text.
func words(text []byte) []string {
	tokens, _ := hclsyntax.LexConfig(text, "x", hcl.InitialPos)
	var all []string
	for _, token := range tokens {
		all = append(all, string(token.Bytes))
	}
	return all
}
