package model

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// What explain shows of a block or an attribute is a part of a specification that loads: each example is put in its
// place, and the whole is read as any other. Only what a weak value needs elsewhere may be missing: its exception, and a
// namespace that admits it.
func TestExamplesLoad(t *testing.T) {
	place := newPlace(t)
	// Where an example asks for more of the block at the top than its own example has.
	around := map[string]string{
		"workload.volume.class":        "workload \"shop\" \"cart\" {\n  kind = \"StatefulSet\"\n}",
		"cluster.admission.signatures": "addon \"policy-controller\" {\n  version   = \"v0.14.0\"\n  namespace = namespace.edge\n  owner     = team.sre\n}",
	}
	try := func(path, block string) {
		text := ExampleOf(path)
		if formatted := string(hclwrite.Format([]byte(text))); formatted != text {
			t.Errorf("%s: the example is not formatted:\n%s", path, formatted)
		}
		if problems := place.problems(t, block, around[path], text); problems != "" {
			t.Errorf("%s: the example does not load:\n%s\n%s", path, text, problems)
		}
	}
	walkSchema(func(path string, b *BlockType) {
		if b.Example == "" {
			t.Errorf("%s has no example", path)
			return
		}
		for _, a := range b.Attributes {
			if a.Example == "" && a.Written() == "" {
				t.Errorf("%s.%s has no example", path, a.Name)
				return
			}
		}
		if strings.HasPrefix(path, "profile.") {
			return // the same as a workload's
		}
		try(path, path)
		for _, a := range b.Attributes {
			if a != forEach || path == "asset" { // the same for every block; nothing refers to an asset
				try(path+"."+a.Name, path)
			}
		}
	})
}

// A test that cannot fail proves nothing: an example that is wrong in its place is found.
func TestExamplesThatDoNotLoadAreFound(t *testing.T) {
	place := newPlace(t)
	for path, wrong := range map[string]string{
		"node_pool.max":          "node_pool \"general\" {\n  max = 0\n}",
		"workload.schedule":      "workload \"shop\" \"cart\" {\n  schedule = \"0 3 * * *\"\n}",
		"workload.host.pid":      "workload \"shop\" \"cart\" {\n  host {\n    pids = true\n  }\n}",
		"workload.secret.from":   "workload \"shop\" \"cart\" {\n  secret \"redis-password\" {\n    from = secret_store.NAME\n  }\n}",
		"cluster.audit.log_days": "cluster \"main\" {\n  audit {\n    log_days = \"a month\"\n  }\n}",
	} {
		if place.problems(t, path[:strings.LastIndexByte(path, '.')], "", wrong) == "" {
			t.Errorf("%s: this loads:\n%s", path, wrong)
		}
	}
}

// place is the specification that examples are put into: the examples of all blocks that stand at the top of a file, each
// in a file of its own, and what they refer to.
type place struct{ dir string }

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t.TempDir()}
	for _, name := range []string{"cosign.pub", "cart.yaml", "around.bartizan.hcl"} {
		data, err := os.ReadFile(filepath.Join("testdata/shown", name))
		if err != nil {
			t.Fatal(err)
		}
		p.write(t, name, data)
	}
	for _, b := range Schema {
		p.write(t, b.Name+extHCL, []byte(b.Example+"\n"))
	}
	return p
}

func (p *place) write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// load returns what is wrong with the specification if the text stands in place of the kind's example, "" if nothing is.
func (p *place) load(t *testing.T, kind, text string) string {
	t.Helper()
	p.write(t, kind+extHCL, []byte(text))
	defer p.write(t, kind+extHCL, []byte(LookupBlock(kind).Example+"\n"))
	loaded := Load(p.dir, Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	var problems []string
	for _, d := range loaded.Diagnostics {
		if d.Severity == hcl.DiagError && d.Summary != "Weakening without exception" && d.Summary != "Refused by admission" {
			problems = append(problems, d.Summary+": "+d.Detail)
		}
	}
	return strings.Join(problems, "\n")
}

// problems returns what is wrong with the example in its place, "" if nothing is. The blocks around it are as their own
// examples show them, or have no more than they need, so that what excludes something of the example is not beside it.
// Last, it is a further block beside the one that the other examples are about.
func (p *place) problems(t *testing.T, path, around, example string) string {
	t.Helper()
	kind, _, nested := strings.Cut(path, ".")
	first := ""
	for _, c := range []struct{ bareTop, bareInner, beside bool }{{}, {bareTop: true}, {bareInner: true}, {bareTop: true, bareInner: true}, {beside: true}} {
		if c.bareInner && !nested {
			continue
		}
		f := hclwrite.NewEmptyFile()
		for outer := kind; ; {
			overlay(f.Body(), parseExample(t, ExampleOf(outer)))
			if outer == kind && c.bareTop || outer == path && nested && c.bareInner {
				strip(find(f.Body(), parseExample(t, ExampleOf(outer))), LookupBlock(outer))
			}
			if outer == path {
				break
			}
			next, _, _ := strings.Cut(path[len(outer)+1:], ".")
			outer += "." + next
		}
		overlay(f.Body(), parseExample(t, around))
		overlay(f.Body(), parseExample(t, example))
		text := string(f.Bytes())
		if c.beside {
			for _, b := range f.Body().Blocks() {
				if labels := b.Labels(); len(labels) > 0 {
					labels[len(labels)-1] += "-2"
					b.SetLabels(labels)
				}
			}
			text = LookupBlock(kind).Example + "\n" + string(f.Bytes())
		}
		problems := p.load(t, kind, text)
		if problems == "" {
			return ""
		}
		if first == "" {
			first = problems
		}
	}
	return first
}

func parseExample(t *testing.T, text string) *hclwrite.Body {
	t.Helper()
	f, diags := hclwrite.ParseConfig([]byte(text+"\n"), "example", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s\n%s", diags, text)
	}
	return f.Body()
}

// overlay adds to the body what the other has, which goes before.
func overlay(body, over *hclwrite.Body) {
	for name, a := range over.Attributes() {
		body.SetAttributeRaw(name, a.Expr().BuildTokens(nil))
	}
	for _, b := range over.Blocks() {
		if in := body.FirstMatchingBlock(b.Type(), b.Labels()); in != nil {
			overlay(in.Body(), b.Body())
			continue
		}
		overlay(body.AppendNewBlock(b.Type(), b.Labels()).Body(), b.Body())
	}
}

// find returns the block that the example, which is one block in others, names in the body.
func find(body, example *hclwrite.Body) *hclwrite.Block {
	b := example.Blocks()[0]
	in := body.FirstMatchingBlock(b.Type(), b.Labels())
	if len(b.Body().Attributes()) == 0 && len(b.Body().Blocks()) == 1 {
		return find(in.Body(), b.Body())
	}
	return in
}

// strip leaves a block with what is required.
func strip(b *hclwrite.Block, s *BlockType) {
	for name := range b.Body().Attributes() {
		if a := s.attributes[name]; a == nil || !a.Required && name != "image" {
			b.Body().RemoveAttribute(name)
		}
	}
	for _, c := range slices.Clone(b.Body().Blocks()) {
		if !s.blocks[c.Type()].Required {
			b.Body().RemoveBlock(c)
		}
	}
}
