package main

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// words are the terms of all rooms, in the order in which a newcomer meets them.
func words() []*model.Word {
	return slices.Concat(model.Words, generate.Words, threatmodel.Words, verify.Words)
}

// sayable is a term as people type it: in any case, with spaces or hyphens.
func sayable(term string) string {
	return strings.ToLower(strings.NewReplacer("-", " ", "_", " ").Replace(term))
}

// explainWords lists the terms.
func explainWords() *explanation {
	all := []wordInfo{}
	for _, w := range words() {
		all = append(all, wordInfo{w.Name, list(w.Also), w.Doc, list(w.See)})
	}
	return &explanation{all, func(p *printer) {
		for i, w := range all {
			if i > 0 {
				p.line("")
			}
			w.print(p)
		}
	}}
}

// wordInfo is a term for machines.
type wordInfo struct {
	Name string   `json:"word"`
	Also []string `json:"also"`
	Doc  string   `json:"doc"`
	See  []string `json:"see"`
}

func explainWord(term string) *explanation {
	for _, w := range words() {
		is := func(name string) bool {
			ending, isEnding := strings.CutPrefix(name, "*")
			return sayable(name) == sayable(term) || isEnding && strings.HasSuffix(term, ending)
		}
		if is(w.Name) || slices.ContainsFunc(w.Also, is) {
			i := wordInfo{w.Name, list(w.Also), w.Doc, list(w.See)}
			return &explanation{i, i.print}
		}
	}
	return nil
}

func (i wordInfo) print(p *printer) {
	p.printf("%s\n\n", p.in(bold, i.Name))
	p.paragraph("", i.Doc)
	p.line("")
	p.field("also", strings.Join(i.Also, ", "))
	p.field("see", strings.Join(i.See, ", "))
}

// kindInfo is a kind of Kubernetes objects: who writes it, and from what.
type kindInfo struct {
	Name       string         `json:"kind"`
	Versions   []string       `json:"api_versions"`
	Generators []writerOfKind `json:"generators"`
	Language   []string       `json:"language"` // attributes and blocks that choose it or speak of it
}

// writerOfKind is a generator that writes objects of a kind.
type writerOfKind struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	From  []string `json:"protects"` // kinds of blocks that its controls protect
}

// singular is the word as kinds are called, in lower case: "networkpolicies" are NetworkPolicy.
func singular(kind string) string {
	kind = strings.ToLower(kind)
	if stem, ok := strings.CutSuffix(kind, "ies"); ok {
		return stem + "y"
	}
	return strings.TrimSuffix(kind, "s")
}

// explainKind says what writes the kind, in any case, also as kubectl's plural.
func explainKind(name string) *explanation {
	i := kindInfo{Versions: []string{}, Generators: []writerOfKind{}}
	for _, g := range generate.All {
		writes := false
		for _, k := range g.Kinds {
			if strings.EqualFold(k.Name, name) || strings.ToLower(k.Name) == singular(name) {
				writes, i.Name = true, k.Name
				if !slices.Contains(i.Versions, k.APIVersion) {
					i.Versions = append(i.Versions, k.APIVersion)
				}
			}
		}
		if writes {
			title, _, _ := strings.Cut(g.Doc, "\n\n")
			i.Generators = append(i.Generators, writerOfKind{g.Name, title, subjects(g.Controls)})
		}
	}
	if i.Name == "" {
		return nil
	}
	i.Language = mentions(i.Name)
	return &explanation{i, i.print}
}

func (i kindInfo) print(p *printer) {
	p.printf("%s: a kind of object of %s\n\n", p.in(bold, i.Name), strings.Join(i.Versions, " and "))
	for _, g := range i.Generators {
		text := g.Name + ": " + g.Title
		if len(g.From) > 0 {
			text += "; its controls protect each " + strings.Join(g.From, ", ")
		}
		p.field("written by", text)
	}
	p.field("language", strings.Join(i.Language, ", "))
}

// subjects are the kinds of blocks that the controls protect, in the order of the controls, each once.
func subjects(controls []model.ControlID) []string {
	kinds := []string{}
	for _, id := range controls {
		if c := model.LookupControl(id); c != nil && !slices.Contains(kinds, c.Subject) {
			kinds = append(kinds, c.Subject)
		}
	}
	return kinds
}

// mentions are the blocks and attributes of the language that take the word as a value or speak of it.
func mentions(name string) []string {
	word := regexp.MustCompile(`\b` + regexp.QuoteMeta(name) + `s?\b`)
	paths := []string{}
	for _, path := range languagePaths() {
		if strings.HasPrefix(path, "profile.") {
			continue // a workload's
		}
		text := ""
		if a := model.LookupAttribute(path); a != nil {
			text = a.Doc + " " + strings.Join(a.Type.Values, " ")
		} else if b := model.LookupBlock(path); b != nil {
			text = b.Doc
		}
		if word.MatchString(text) {
			paths = append(paths, path)
		}
	}
	return paths
}

// explainInstead says what to write instead of a word of another tool.
func explainInstead(word string) *explanation {
	all := model.Instead(word)
	if len(all) == 0 {
		return nil
	}
	return &explanation{map[string]any{"word": word, "instead": all}, func(p *printer) {
		p.printf("%s: a word of other tools, which says nothing here\n\n", p.in(bold, word))
		for _, a := range all {
			if a.Path == "" {
				a.Path = "a file"
			}
			p.field("in "+a.Path, a.Do)
		}
	}}
}

// rule is a part of the program that is named in the catalogues: a generator, a check, or both under one name.
type rule struct {
	Name      string    `json:"name"`
	Generator *ruleInfo `json:"generator,omitempty"`
	Check     *ruleInfo `json:"check,omitempty"`
}

// rules lists generators and checks by name, generators first.
func rules() []*rule {
	var all []*rule
	known := map[string]*rule{}
	named := func(name string) *rule {
		if known[name] == nil {
			known[name] = &rule{Name: name}
			all = append(all, known[name])
		}
		return known[name]
	}
	for _, i := range generatorInfos() {
		named(i.Name).Generator = &i
	}
	for _, i := range checkInfos() {
		named(i.Name).Check = &i
	}
	return all
}

func (r *rule) print(p *printer) {
	if r.Generator != nil {
		p.printf("%s, a generator: %s\n\n", p.in(bold, r.Name), r.Generator.Title)
		r.Generator.print(p, "claims")
	}
	if r.Check != nil {
		if r.Generator != nil {
			p.line("")
		}
		p.printf("%s, a check: %s\n\n", p.in(bold, r.Name), r.Check.Title)
		r.Check.print(p, "proves")
	}
}

func (i *ruleInfo) print(p *printer, does string) {
	for text := range strings.SplitSeq(i.Body, "\n\n") {
		if text != "" {
			p.paragraph("", strings.ReplaceAll(text, "\n", " "))
			p.line("")
		}
	}
	var kinds []string
	for _, k := range i.Kinds {
		kinds = append(kinds, k.String())
	}
	p.field("writes", strings.Join(kinds, ", "))
	p.field(does, joined(i.Controls))
}
