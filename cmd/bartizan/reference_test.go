package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var update = flag.Bool("update", false, "rewrite the committed documents")

const docs = "../../docs"

func TestCommittedReferenceIsThatOfTheCatalogues(t *testing.T) {
	documents, err := reference()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := writeDocuments(docs, documents); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range documents {
		committed, err := os.ReadFile(filepath.Join(docs, d.name))
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(string(committed), string(d.text)); diff != "" {
			t.Errorf("docs/%s is not what the catalogues say: run make docs: %s", d.name, diff)
		}
	}
}

// documentation returns the text of each document in docs.
func documentation(t *testing.T) map[string]string {
	names, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d documents: %v", len(names), err)
	}
	texts := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	return texts
}

func TestIndexNamesEveryDocument(t *testing.T) {
	texts := documentation(t)
	for name := range texts {
		if name != "README.md" && !strings.Contains(texts["README.md"], "]("+name+")") {
			t.Errorf("docs/README.md does not link to %s", name)
		}
	}
}

var (
	markdownLink    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	markdownHeading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	markdownFence   = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
)

func TestLinksOfTheDocumentsLeadSomewhere(t *testing.T) {
	texts := documentation(t)
	anchors := map[string][]string{}
	for name, text := range texts {
		for _, m := range markdownHeading.FindAllStringSubmatch(markdownFence.ReplaceAllString(text, ""), -1) {
			anchor := templates.MarkdownAnchor(strings.ReplaceAll(m[1], `\`, ""))
			if slices.Contains(anchors[name], anchor) {
				t.Errorf("%s: two headings have the anchor %s", name, anchor)
			}
			anchors[name] = append(anchors[name], anchor)
		}
	}
	for name, text := range texts {
		for _, m := range markdownLink.FindAllStringSubmatch(markdownFence.ReplaceAllString(text, ""), -1) {
			file, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(file, "://") {
				continue
			}
			if file == "" {
				file = name
			}
			if _, err := os.Stat(filepath.Join(docs, file)); err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			} else if anchor != "" && !slices.Contains(anchors[file], anchor) {
				t.Errorf("%s: %s has no heading for the link %s", name, file, m[1])
			}
		}
	}
}

func TestExamplesOfTheDocumentsUseTheLanguage(t *testing.T) {
	for name, text := range documentation(t) {
		for _, m := range markdownFence.FindAllStringSubmatch(text, -1) {
			if m[1] != "hcl" {
				continue
			}
			file, diags := hclsyntax.ParseConfig([]byte(m[2]), name, hcl.InitialPos)
			if diags.HasErrors() {
				t.Errorf("%v in\n%s", diags, m[2])
				continue
			}
			body := file.Body.(*hclsyntax.Body)
			for _, b := range body.Blocks {
				if model.LookupBlock(b.Type) != nil { // others stand inside a block that the text names
					usesLanguage(t, name, b.Type, b.Body)
				}
			}
		}
	}
}

func usesLanguage(t *testing.T, name, path string, body *hclsyntax.Body) {
	if path == "locals" {
		return
	}
	for a := range body.Attributes {
		if model.LookupAttribute(path+"."+a) == nil {
			t.Errorf("%s: an example uses the attribute %s.%s, which does not exist", name, path, a)
		}
	}
	for _, b := range body.Blocks {
		if model.LookupBlock(path+"."+b.Type) == nil {
			t.Errorf("%s: an example uses the block %s.%s, which does not exist", name, path, b.Type)
			continue
		}
		usesLanguage(t, name, path+"."+b.Type, b.Body)
	}
}
