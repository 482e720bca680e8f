package model

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/bartizan-dev/bartizan/internal/torture"
)

// maxFuzz bounds what one run of a target reads; longer inputs find nothing that shorter ones do not.
const maxFuzz = 64 << 10

// stringTypes are the types of all text in the language, with the name of one place that uses each.
func stringTypes() map[*Type]string {
	types := map[*Type]string{}
	add := func(place string, t *Type) {
		for _, t := range []*Type{t, t.elem, t.key} {
			if t != nil && t.parse != nil {
				types[t] = place
			}
		}
	}
	walkSchema(func(path string, b *BlockType) {
		for _, l := range b.Labels {
			add(path+"."+l.Name, l.Type)
		}
		for _, a := range b.Attributes {
			add(path+"."+a.Name, a.Type)
		}
	})
	return types
}

// Every parser of a piece of text answers with a value or a problem of two sentences, on any bytes. What all but free
// text accept holds no control character and fits a line.
func FuzzTypes(f *testing.F) {
	for t := range stringTypes() {
		f.Add(t.Example)
		for _, v := range t.Values {
			f.Add(v)
		}
	}
	for _, s := range torture.Values() {
		f.Add(s[:min(len(s), maxFuzz)])
	}
	types := stringTypes()
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > maxFuzz {
			return
		}
		torture.Bounded(t, len(text)*len(types), func() {
			for ty, place := range types {
				_, p := ty.parse(text)
				switch {
				case p != nil && (p.summary == "" || p.detail == ""):
					t.Errorf("%s refuses %q without a word", place, text)
				case p == nil && !utf8.ValidString(text):
					t.Errorf("%s takes %q, which is not UTF-8", place, text)
				case p == nil && ty != publicKey && strings.ContainsAny(text, "\x00\u0085\u2028\u2029"):
					t.Errorf("%s takes %q, which YAML does not give back", place, text)
				case p == nil && ty != argType && ty != contentType && ty != publicKey && strings.ContainsAny(text, "\x00\n\r\t\x1b\u2028\u202e"):
					t.Errorf("%s takes %q", place, text)
				}
			}
			_ = looksSecret(text)
			_ = secretNamed(text, text)
			_ = random(text)
		})
	})
}

// The file of digests is read by code of its own, beside the language.
func FuzzImages(f *testing.F) {
	f.Add([]byte(`{"registry.example.com/shop/cart:v1": "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`))
	f.Add([]byte(`{"a:1": {"b": []}, "a:1": null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > maxFuzz {
			return
		}
		torture.Bounded(t, len(data), func() {
			l := newLoader(Options{})
			for image, digest := range l.parseImages("images.bartizan.json", data) {
				if !l.diags.HasErrors() && !imageDigest.MatchString(digest) {
					t.Errorf("%q has the digest %q", image, digest)
				}
			}
			l.loaded.Diagnostics = tidy(l.diags)
			_ = l.loaded.Text()
		})
	})
}

// Values of variables come from outside the specification: the command line, the environment, files of both syntaxes.
func FuzzVariables(f *testing.F) {
	f.Add("a", "3", "n = 3\nl = [1, 2]\no = { a = \"x\" }\n")
	f.Add("[]", "null", `{"n": 3, "l": ["1"], "o": {"a": "x"}}`)
	f.Add("{a = 1}", "1e999", "s = \"${upper(\"x\")}\"\n")
	const spec = `
variable "s" { type = string }
variable "n" { type = number }
variable "l" { type = list(string) }
variable "o" { type = object({ a = optional(string, "d"), b = optional(list(number)) }) }
variable "any" { default = 1 }
`
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text, other, file string) {
		if len(text)+len(other)+len(file) > maxFuzz {
			return
		}
		torture.Bounded(t, len(text)+len(other)+len(file), func() {
			name := filepath.Join(dir, "x.tfvars")
			if strings.HasPrefix(strings.TrimSpace(file), "{") {
				name = filepath.Join(dir, "x.json")
			}
			if err := os.WriteFile(name, []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			l := Load("-", Options{
				Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), Stdin: strings.NewReader(spec), VarFiles: []string{name},
				Vars:    map[string]string{"s": text, "o": text, "l": text},
				Environ: []string{"BARTIZAN_VAR_n=" + other, "BARTIZAN_VAR_any=" + text},
			})
			_ = l.Text()
		})
	})
}
