package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
	"sigs.k8s.io/yaml"
)

// sameStructure reads two files by a parser of their language, which differ in one value, and says where they differ
// otherwise.
func sameStructure(name, base, got, word, value string) error {
	switch ext := path.Ext(name); {
	case ext == ".yaml" || ext == ".json":
		return sameYAML(base, got, word, value)
	case ext == ".sh":
		return sameShell(base, got, word, value)
	case ext == ".md":
		return sameMarkdown(base, got, word)
	default: // sshd_config, nftables, WireGuard, systemd, TOML, sysctl, PAM: a line is a statement
		return sameLines(base, got, word)
	}
}

// sameYAML compares documents key by key. A text may differ only where the harmless one holds the word: it then is the
// same text with the value, or holds a script or another language, which is compared as such.
func sameYAML(base, got, word, value string) error {
	split := func(s string) []string { return strings.Split("\n"+s, "\n---\n") }
	a, b := split(base), split(got)
	if len(a) != len(b) {
		return fmt.Errorf("%d documents, with a harmless value %d", len(b), len(a))
	}
	for i := range a {
		var x, y any
		if err := yaml.Unmarshal([]byte(a[i]), &x); err != nil {
			return err
		}
		if err := yaml.UnmarshalStrict([]byte(b[i]), &y); err != nil {
			return fmt.Errorf("does not parse: %w", err)
		}
		if err := sameValue("", x, y, word, value); err != nil {
			return err
		}
	}
	return nil
}

func sameValue(place string, a, b any, word, value string) error {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return fmt.Errorf("%s: %d keys became %T", place, len(x), b)
		}
		for _, k := range slices.Sorted(maps.Keys(x)) {
			key := k
			if _, ok := y[key]; !ok {
				key = strings.ReplaceAll(k, word, value)
			}
			v, ok := y[key]
			if !ok {
				return fmt.Errorf("%s: key %q is gone", place, k)
			}
			if err := sameValue(place+"."+k, x[k], v, word, value); err != nil {
				return err
			}
		}
		return nil
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return fmt.Errorf("%s: a list of %d became %T", place, len(x), b)
		}
		for i := range x {
			if err := sameValue(fmt.Sprintf("%s[%d]", place, i), x[i], y[i], word, value); err != nil {
				return err
			}
		}
		return nil
	case string:
		y, ok := b.(string)
		switch {
		case !ok:
			return fmt.Errorf("%s: text became %T: %v", place, b, b)
		case x == y, y == strings.ReplaceAll(x, word, value):
			return nil
		case derived.MatchString(x) && derived.MatchString(y):
			return nil // digests of content, and names that end in one
		case strings.HasPrefix(x, "#!") || strings.Contains(x, "\n"):
			return sameLines(x, y, word)
		case strings.Contains(strings.ToLower(x), strings.ToLower(word)) && encodedIn(y, value):
			return nil
		}
		return fmt.Errorf("%s: %q became %q", place, x, y)
	default:
		if fmt.Sprint(a) != fmt.Sprint(b) {
			return fmt.Errorf("%s: %v became %v", place, a, b)
		}
		return nil
	}
}

var derived = regexp.MustCompile(`(^|[-:])[0-9a-f]{8,64}$`)

// encodedIn reports whether the text holds the value as a string of JSON or CEL, or as escaped Markdown.
func encodedIn(text, value string) bool {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if e.Encode(value) != nil {
		return false
	}
	inner := strings.Trim(strings.TrimSpace(buf.String()), `"`)
	return strings.Contains(text, inner)
}

// sameShell compares the commands of two scripts: the same tree, in which only words that hold the harmless word differ.
func sameShell(base, got, word, value string) error {
	parse := func(s string) ([]string, error) {
		f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(s), "")
		if err != nil {
			return nil, err
		}
		var nodes []string
		syntax.Walk(f, func(n syntax.Node) bool {
			switch x := n.(type) {
			case nil, *syntax.Comment:
			case *syntax.Lit:
				nodes = append(nodes, "Lit "+x.Value)
			case *syntax.SglQuoted:
				nodes = append(nodes, "Quoted "+x.Value)
			default:
				nodes = append(nodes, fmt.Sprintf("%T", n))
			}
			return true
		})
		return nodes, nil
	}
	// A value with a quote is written in several pieces: the pieces of a word are joined before they are compared.
	join := func(s string) string { return strings.ReplaceAll(s, `'\''`, "\x01") }
	a, err := parse(join(base))
	if err != nil {
		return err
	}
	b, err := parse(join(got))
	if err != nil {
		return fmt.Errorf("does not parse: %w", err)
	}
	if len(a) != len(b) {
		return fmt.Errorf("%d nodes of a script, with a harmless value %d", len(b), len(a))
	}
	want := strings.ReplaceAll(value, "'", "\x01")
	for i := range a {
		if a[i] != b[i] && b[i] != strings.ReplaceAll(a[i], word, want) && !derived.MatchString(b[i]) {
			return fmt.Errorf("%q became %q", a[i], b[i])
		}
	}
	return nil
}

// sameLines compares files in which a line is a statement: as many lines, and only those that hold the word may differ.
func sameLines(base, got, word string) error {
	a, b := strings.FieldsFunc(base, lineEnd), strings.FieldsFunc(got, lineEnd)
	if len(a) != len(b) {
		return fmt.Errorf("%d lines, with a harmless value %d", len(b), len(a))
	}
	for i := range a {
		if a[i] != b[i] && !strings.Contains(strings.ToLower(a[i]), strings.ToLower(word)) && !derived.MatchString(strings.TrimSpace(a[i])) {
			return fmt.Errorf("%q became %q", a[i], b[i])
		}
	}
	return nil
}

func lineEnd(r rune) bool { return strings.ContainsRune("\n\r\u2028\u2029\u0085\v\f", r) }

// markdownActive are the characters that give Markdown structure, outside code spans and escapes.
var (
	markdownEscape  = regexp.MustCompile("\\\\[\\\\`*_{}\\[\\]#|~!<>()-]|&(?:lt|gt|amp|quot|#[0-9]+);")
	markdownCode    = regexp.MustCompile("(`+)[^\n]*?[^`\n](`+)")
	markdownSpecial = regexp.MustCompile("[<>*_\\[\\]|`]|https?://")
)

// sameMarkdown compares documents line by line: the marks that are left of a line without escapes and code spans are
// the same.
func sameMarkdown(base, got, word string) error {
	if err := sameLines(base, got, word); err != nil {
		return err
	}
	a, b := strings.FieldsFunc(base, lineEnd), strings.FieldsFunc(got, lineEnd)
	marks := func(line string) string {
		line = markdownEscape.ReplaceAllString(line, "")
		line = markdownCode.ReplaceAllString(line, "`")
		return strings.Join(markdownSpecial.FindAllString(line, -1), "")
	}
	for i := range a {
		if x, y := marks(a[i]), marks(b[i]); x != y {
			return fmt.Errorf("%q has the marks %q, %q has %q", a[i], x, b[i], y)
		}
	}
	return nil
}
