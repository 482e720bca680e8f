package threatmodel

import (
	"bytes"
	"cmp"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

var update = flag.Bool("update", false, "write docs/published-attacks.md anew")

// published is one manifest of which a public source says what an attacker in its pod can do, and a specification of an
// equal workload. The rows lie in testdata/published; their comment has lines "key: value":
//
//	title    what is weak about it
//	source   where it is published, and which revision was read
//	base     the row that it is compared with: what that opens too is not the weakness's
//	cluster  the version of Kubernetes, where it matters
//	without  controls that our clusters have and the source's has not
//	shut     a variant that these controls keep shut, likewise; without any, they let the row open nothing
//	opens    a variant that must open, "STEP VARIANT: what the source says"
//	closed   a step or variant that must not open, likewise: a published negative
//	gives    a position that must be held in the end
//	keeps    a position that must not be held
//	cannot   why no specification says it; such a row has only a manifest
type published struct {
	name, title, source, base, cluster, cannot string

	without             []string
	opens, closed, shut []claim
	gives, keeps        []string
	manifest, spec      []byte
}

// claim is what a source says of a variant; with an empty variant, of all of the step.
type claim struct{ step, variant, says string }

func (c claim) String() string { return strings.TrimSpace(c.step + " " + c.variant) }

func (c claim) covers(v variantKey) bool {
	return c.step == v.step && (c.variant == "" || c.variant == v.variant)
}

type variantKey struct{ step, variant string }

func (k variantKey) String() string { return k.step + " " + k.variant }

func readPublished(t *testing.T) []*published {
	t.Helper()
	files, err := filepath.Glob("testdata/published/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no rows: %v", err)
	}
	var rows []*published
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		row := &published{name: strings.TrimSuffix(filepath.Base(file), ".txtar")}
		for line := range strings.Lines(string(a.Comment)) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
			if !ok {
				t.Fatalf("%s: %q is not a key with its value", file, line)
			}
			switch key {
			case "title":
				row.title = value
			case "source":
				row.source = value
			case "base":
				row.base = value
			case "cluster":
				row.cluster = value
			case "without":
				row.without = strings.Fields(value)
			case "cannot":
				row.cannot = value
			case "opens":
				row.opens = append(row.opens, readClaim(t, file, value))
			case "shut":
				row.shut = append(row.shut, readClaim(t, file, value))
			case "closed":
				row.closed = append(row.closed, readClaim(t, file, value))
			case "gives":
				row.gives = append(row.gives, value)
			case "keeps":
				row.keeps = append(row.keeps, value)
			default:
				t.Fatalf("%s: unknown key %q", file, key)
			}
		}
		for _, f := range a.Files {
			switch f.Name {
			case "manifest.yaml":
				row.manifest = f.Data
			case "spec.bartizan.hcl":
				row.spec = f.Data
			default:
				t.Fatalf("%s: unknown file %s", file, f.Name)
			}
		}
		if row.title == "" || row.source == "" || row.manifest == nil || (row.spec == nil) != (row.cannot != "") {
			t.Fatalf("%s: title, source, manifest and either a specification or the reason why there is none are required", file)
		}
		rows = append(rows, row)
	}
	return rows
}

// readClaim reads "STEP VARIANT: words"; the catalogue must have the variant.
func readClaim(t *testing.T, file, value string) claim {
	t.Helper()
	what, says, _ := strings.Cut(value, ": ")
	id, variant, _ := strings.Cut(what, " ")
	c := claim{id, variant, says}
	s := LookupStep(id)
	if s == nil || variant != "" && !slices.ContainsFunc(s.Variants, func(v *Variant) bool { return v.Name == variant }) || says == "" {
		t.Fatalf("%s: %q is not a variant of the catalogue with what is said of it", file, value)
	}
	return c
}

// tried is what an attacker in the pod of a row can do.
type tried struct {
	row   *published
	taken map[variantKey]bool // variants that he takes today
	held  map[string]bool     // ids of positions
	// start are the premises of edges of a variant whose blockers are down before he undoes any.
	start map[variantKey][][]string
}

// documents are the generators of texts for people.
var documents = []string{"access-guide", "connectivity", "coverage", "decisions", "exercises", "manifests-guide"}

// lab is the cluster of a row: its graph, and what the files of its specification prove.
type lab struct {
	graph   *Graph
	posture model.Posture
}

// newLab generates the tree of the row's specification and proves it.
func newLab(t *testing.T, row *published) *lab {
	t.Helper()
	dir := t.TempDir()
	base, err := os.ReadFile("testdata/published/base.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	if row.cluster != "" {
		base = bytes.Replace(base, []byte(`"1.36"`), []byte(`"`+row.cluster+`"`), 1)
	}
	for name, data := range map[string][]byte{"base.bartizan.hcl": base, "row.bartizan.hcl": row.spec} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	// Documents prove nothing, and there are many rows.
	set, err := generate.Run(l.Spec, slices.DeleteFunc(slices.Clone(generate.All), func(g *generate.Generator) bool { return slices.Contains(documents, g.Name) }))
	if err != nil {
		t.Fatal(err)
	}
	checkEquivalent(t, row.manifest, set.Files())
	return &lab{Build(l.Spec), model.NewPosture(verify.Run(l.Spec, set.Files(), verify.All).Proved, l.Spec.Attestations)}
}

// try lets the attacker start in the workload lab/subject.
func (l *lab) try(row *published, without []string) *tried {
	g, posture := l.graph, maps.Clone(l.posture)
	maps.DeleteFunc(posture, func(h model.Hold, _ model.Evidence) bool { return slices.Contains(without, string(h.Control)) })
	var facts []int32
	for _, h := range g.holds {
		if posture[h].State != model.Proved && posture[h].State != model.Default {
			facts = append(facts, g.holdFact(h))
		}
	}
	c := g.horn.close(append(facts, g.Position("workload.lab.subject").index))
	r := &tried{row: row, taken: map[variantKey]bool{}, held: map[string]bool{}, start: map[variantKey][][]string{}}
	for _, p := range g.Positions {
		if c.holds[p.index] {
			r.held[p.ID] = true
		}
	}
	for i, e := range g.Edges {
		if c.missing[i] > 0 {
			continue
		}
		k := variantKey{e.Step.ID, e.Variant.Name}
		r.taken[k] = true
		if slices.ContainsFunc(e.Blockers, func(h model.Hold) bool { return !slices.Contains(facts, g.holdFact(h)) }) {
			continue
		}
		var ids []string
		for _, p := range e.Premises {
			ids = append(ids, p.ID)
		}
		r.start[k] = append(r.start[k], ids)
	}
	return r
}

// beyond are the variants that the row opens and its base does not; direct says that only those count that are open from
// the start, with what the base gives already: they are the weakness's own, and not what follows.
func (r *tried) beyond(base *tried, direct bool) []variantKey {
	var all []variantKey
	for k := range r.taken {
		if base.taken[k] {
			continue
		}
		if direct && !slices.ContainsFunc(r.start[k], func(ids []string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return !base.held[id] })
		}) {
			continue
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b variantKey) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.variant, b.variant))
	})
	return all
}

// What public sources say of manifests, the engine says of equal specifications: nothing is missed, and nothing is
// said to open that no source says.
func TestPublishedAttacks(t *testing.T) {
	rows := readPublished(t)
	byName, labs, results := map[string]*published{}, map[string]*lab{}, map[string]*tried{}
	for _, row := range rows {
		byName[row.name] = row
	}
	result := func(t *testing.T, name string) *tried {
		if results[name] == nil {
			if byName[name] == nil {
				t.Fatalf("there is no row %q", name)
			}
			labs[name] = newLab(t, byName[name])
			results[name] = labs[name].try(byName[name], byName[name].without)
		}
		return results[name]
	}
	expressed := 0
	for _, row := range rows {
		if row.cannot != "" {
			continue
		}
		expressed++
		t.Run(row.name, func(t *testing.T) {
			r, base := result(t, row.name), &tried{}
			if row.base != "" {
				base = result(t, row.base)
			}
			opened := r.beyond(base, false)
			for _, c := range row.opens {
				if !slices.ContainsFunc(opened, c.covers) {
					t.Errorf("missed: %s, of which the source says: %s\nopened: %v", c, c.says, opened)
				}
			}
			for _, v := range r.beyond(base, true) {
				if row.base != "" && !slices.ContainsFunc(row.opens, func(c claim) bool { return c.covers(v) }) {
					t.Errorf("%s is said to open, and the row does not say so by its source", v)
				}
			}
			for _, c := range row.closed {
				for v := range r.taken {
					if c.covers(v) {
						t.Errorf("false hit: %s, of which the source says: %s", v, c.says)
					}
				}
			}
			for _, id := range row.gives {
				if !r.held[id] {
					t.Errorf("does not lead to %s", id)
				}
			}
			for _, id := range row.keeps {
				if r.held[id] {
					t.Errorf("leads to %s", id)
				}
			}
			if len(row.without) == 0 {
				return
			}
			for _, v := range labs[row.name].try(row, nil).beyond(base, false) {
				if row.shut == nil || slices.ContainsFunc(row.shut, func(c claim) bool { return c.covers(v) }) {
					t.Errorf("%s opens although our clusters have %v", v, row.without)
				}
			}
		})
	}
	if expressed < 30 {
		t.Errorf("only %d rows, want at least 30", expressed)
	}
	if t.Failed() {
		return
	}
	page := publishedPage(rows, results)
	file := "../docs/published-attacks.md"
	if *update {
		if err := os.WriteFile(file, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, page) {
		t.Errorf("%s differs: go test ./threatmodel -run PublishedAttacks -update\n%s", file, gocmp.Diff(string(committed), string(page)))
	}
}
