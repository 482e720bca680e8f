package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v2"
	"mvdan.cc/sh/v3/syntax"
)

// reader takes a file apart by the rules of its language: into what gives it structure, and the texts in it, decoded. Of
// each text it keeps what change makes of it. Two files that differ in their texts only give the same tokens.
type reader func(text string, change func(string) string) ([]string, error)

// readerOf returns the reader of a file by its name, or nil.
func readerOf(name string) reader {
	switch base, ext := path.Base(name), path.Ext(name); {
	case ext == ".yaml" || ext == ".json":
		return readYAML
	case ext == ".sh":
		return readShell
	case ext == ".md":
		return readMarkdown
	case ext == ".dot":
		return readDOT
	case ext == ".svg":
		return readSVG
	case ext == ".mmd":
		return readMermaid
	case ext == ".service" || ext == ".timer":
		return readUnit
	case ext == ".nft":
		return readNFT
	case ext == ".txt" || base == "issue":
		return readText
	case ext == ".conf" || ext == ".rules" || base == "sshd_config" || base == "sudoers" || base == "CODEOWNERS":
		return readWords
	}
	return nil
}

func readYAML(text string, change func(string) string) ([]string, error) {
	var tokens []string
	d := yaml.NewDecoder(strings.NewReader(text))
	d.SetStrict(true)
	for n := 0; ; n++ {
		var doc any
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return tokens, nil
		} else if err != nil {
			return nil, err
		}
		more, err := values(fmt.Sprintf("document %d", n), doc, change)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, more...)
	}
}

// values lists what a decoded document holds. A text that is a file in another language is read as one.
func values(at string, v any, change func(string) string) ([]string, error) {
	var tokens []string
	switch x := v.(type) {
	case map[string]any:
		m := map[any]any{}
		for k, v := range x {
			m[k] = v
		}
		return values(at, m, change)
	case map[any]any:
		keys := map[string]any{}
		for k := range x {
			keys[fmt.Sprintf("%T %s", k, change(fmt.Sprint(k)))] = k
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			more, err := values(at+"."+key, x[keys[key]], change)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, more...)
		}
		if script, ok := x["content"].(string); ok { // cloud-init: the file is named beside
			if name, ok := x["path"].(string); ok {
				if read := readerOf(name); read != nil {
					more, err := read(script, change)
					if err != nil {
						return nil, fmt.Errorf("%s: %w", name, err)
					}
					tokens = append(slices.DeleteFunc(tokens, func(t string) bool { return strings.HasPrefix(t, at+".string content ") }), more...)
				}
			}
		}
		return append(tokens, at+" map"), nil
	case []any:
		for i := range x {
			more, err := values(at+"[]", x[i], change)
			if err != nil {
				return nil, err
			}
			tokens = append(tokens, more...)
		}
		return append(tokens, fmt.Sprintf("%s list of %d", at, len(x))), nil
	case string:
		if change(x) == "" && !strings.HasSuffix(at, "[]") {
			return nil, nil // what Kubernetes' types leave out
		}
		if strings.HasPrefix(x, "#!/") {
			script, err := readShell(x, change)
			return append(script, at+" script"), err
		}
		if list := []any(nil); strings.HasPrefix(x, "[") && json.Unmarshal([]byte(x), &list) == nil {
			return values(at, list, change) // a list in CEL, which is sorted by what was put in
		}
		return []string{fmt.Sprintf("%s = %q", at, change(x))}, nil
	}
	return []string{fmt.Sprintf("%s = %T %v", at, v, v)}, nil
}

// readShell lists the nodes of a script's syntax tree. The pieces of a word that are no expansions are one text.
func readShell(text string, change func(string) string) ([]string, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
	if err != nil {
		return nil, err
	}
	var tokens []string
	syntax.Walk(file, func(n syntax.Node) bool {
		switch x := n.(type) {
		case nil:
			return false
		case *syntax.Comment:
			return false
		case *syntax.Word:
			for _, piece := range pieces(x.Parts, false) {
				tokens = append(tokens, "word "+change(piece))
			}
			return true
		case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
			return true
		default:
			tokens = append(tokens, fmt.Sprintf("%T", n))
			return true
		}
	})
	return tokens, nil
}

// pieces joins the texts of a word, between its expansions.
func pieces(parts []syntax.WordPart, double bool) []string {
	all := []string{""}
	for _, part := range parts {
		switch x := part.(type) {
		case *syntax.Lit:
			all[len(all)-1] += unescaped(x.Value, double)
		case *syntax.SglQuoted:
			all[len(all)-1] += x.Value
		case *syntax.DblQuoted:
			inner := pieces(x.Parts, true)
			all[len(all)-1] += inner[0]
			all = append(all, inner[1:]...)
		default:
			all = append(all, "")
		}
	}
	return all
}

func unescaped(s string, double bool) string {
	if double {
		return regexp.MustCompile("\\\\([\\\\\"$`\n])").ReplaceAllString(s, "$1")
	}
	return regexp.MustCompile(`\\(.)`).ReplaceAllString(s, "$1")
}

// readUnit reads a systemd unit: sections, and names with values, in which a specifier is %% where a percent sign is meant
// (systemd.syntax(7), systemd.unit(5)).
func readUnit(text string, change func(string) string) ([]string, error) {
	var tokens []string
	for _, line := range strings.Split(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		name, value, ok := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			tokens = append(tokens, line)
		case !ok:
			return nil, fmt.Errorf("%q is no assignment", line)
		default:
			value = strings.NewReplacer("%%", "%", `\\`, `\`).Replace(value)
			tokens = append(tokens, name+"="+oneLine(change(value)))
		}
	}
	return tokens, nil
}

// readNFT reads an nftables file: words, marks and strings. There are no escapes in strings (nft(8), "Lexical
// conventions"), so the writer changes what it cannot write.
func readNFT(text string, change func(string) string) ([]string, error) {
	var tokens []string
	for i, line := range strings.Split(text, "\n") {
		for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
			switch line[0] {
			case '#':
				line = ""
			case '"':
				inner, rest, ok := strings.Cut(line[1:], `"`)
				if !ok {
					return nil, fmt.Errorf("line %d: a string has no end", i+1)
				}
				inner = change(inner)
				inner = strings.Map(func(r rune) rune {
					if r == '"' {
						return '\''
					}
					return r
				}, inner)
				tokens = append(tokens, fmt.Sprintf("%q", inner[:min(len(inner), 120)]))
				line = rest
			case '{', '}', ';', ',':
				tokens = append(tokens, line[:1])
				line = line[1:]
			default:
				end := strings.IndexAny(line, " \t{};,\"")
				if end < 0 {
					end = len(line)
				}
				tokens = append(tokens, change(line[:end]))
				line = line[end:]
			}
		}
		tokens = append(tokens, "end of line")
	}
	return tokens, nil
}

// readWords reads a file in which a line is a statement of words, and "#" begins a comment: sshd_config, sysctl.d,
// WireGuard, auditd, sudoers, CODEOWNERS. Their values can hold no spaces.
func readWords(text string, change func(string) string) ([]string, error) {
	var tokens []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		for _, word := range strings.Fields(line) {
			tokens = append(tokens, change(word))
		}
		tokens = append(tokens, "end of line")
	}
	return tokens, nil
}

// readText reads text for people: its lines.
func readText(text string, change func(string) string) ([]string, error) {
	return []string{oneLine(change(text))}, nil
}

// oneLine is a text as it is seen where line ends and runs of spaces are one space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// compareFiles reads two trees by the languages of their files and says where they differ in more than the texts that
// were put in. It returns how many files of the second were read.
func compareFiles(base, got map[string][]byte, change func(string) string) (flaws []string, read int) {
	for _, name := range slices.Sorted(maps.Keys(base)) {
		other := change(name)
		text, ok := got[other]
		if !ok {
			flaws = append(flaws, fmt.Sprintf("%s: is not written", other))
			continue
		}
		if bytes.Equal(base[name], text) || strings.HasSuffix(name, ".lock") {
			continue
		}
		r := readerOf(name)
		if r == nil {
			flaws = append(flaws, fmt.Sprintf("%s: no reader of its language", name))
			continue
		}
		read++
		if err := compareFile(r, string(base[name]), string(text), change); err != nil {
			flaws = append(flaws, fmt.Sprintf("%s: %s", other, err))
		}
	}
	if len(got) != len(base) {
		flaws = append(flaws, fmt.Sprintf("%d files instead of %d", len(got), len(base)))
	}
	return flaws, read
}

// derived are digests of content, and ends of names that are made of one.
var derived = regexp.MustCompile(`\b[0-9a-f]{8,64}\b`)

// compareFile compares tokens in their order, or, where a list is sorted by what was put in, as sets.
func compareFile(r reader, base, got string, change func(string) string) error {
	want, err := r(base, change)
	if err != nil {
		return fmt.Errorf("without hostile values: %w", err)
	}
	have, err := r(got, func(s string) string { return s })
	if err != nil {
		return err
	}
	for _, tokens := range [][]string{want, have} {
		for i := range tokens {
			tokens[i] = derived.ReplaceAllString(tokens[i], "DIGEST")
		}
	}
	if slices.Equal(want, have) {
		return nil
	}
	left := slices.Clone(have)
	count := map[string]int{}
	for _, t := range want {
		count[t]++
	}
	var lost, extra []string
	for _, t := range left {
		if count[t]--; count[t] < 0 {
			extra = append(extra, t)
		}
	}
	for _, t := range want {
		if count[t] > 0 {
			count[t]--
			lost = append(lost, t)
		}
	}
	if len(lost)+len(extra) == 0 {
		return nil
	}
	if len(lost) > 0 && len(extra) > 0 { // a whole text can be a token
		a, b := lost[0], extra[0]
		same := 0
		for same < min(len(a), len(b)) && a[same] == b[same] {
			same++
		}
		lost[0], extra[0] = a[max(0, same-200):], b[max(0, same-200):]
	}
	return fmt.Errorf("%d tokens are lost, %d are new:\n  - %.700q\n  + %.700q", len(lost), len(extra), lost[:min(len(lost), 3)], extra[:min(len(extra), 3)])
}
