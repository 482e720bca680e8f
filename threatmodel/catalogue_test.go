package threatmodel

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// coverage lists the rows of the project's source documents for which there must be attack steps.
var coverage = []string{
	"P1", "P2", "P4", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "W1", "W2", "W3", "W4", "W5", "W6", "W8", "W9",
	"I1", "I2", "I3", "I4", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "D1", "D2", "D3", "D4", "D5", "D6", "O1", "O2",
}

// uncovered are rows without a step of their own, with the reason.
var uncovered = map[string]string{
	"P1": "defence in depth is what the analysis measures, not a step",
}

func TestCatalogueIsComplete(t *testing.T) {
	technique := regexp.MustCompile(`^T\d{4}(\.\d{3})?$`)
	ids, rows, layers := map[string]bool{}, map[string]bool{}, map[model.Layer]int{}
	for _, s := range Steps {
		if ids[s.ID] {
			t.Errorf("%s: the id is used twice", s.ID)
		}
		ids[s.ID] = true
		layers[s.Layer]++
		if s.Title == "" || s.Doc == "" || len(s.Sources) == 0 || len(s.Coverage) == 0 || len(s.Variants) == 0 {
			t.Errorf("%s: title, doc, sources, coverage and variants are required", s.ID)
		}
		if len(s.ATTACK) == 0 {
			t.Errorf("%s: no ATT&CK technique", s.ID)
		}
		for _, a := range s.ATTACK {
			if !technique.MatchString(a) {
				t.Errorf("%s: %q is no technique id", s.ID, a)
			}
		}
		for _, r := range s.Coverage {
			if !slices.Contains(coverage, r) {
				t.Errorf("%s: unknown coverage row %q", s.ID, r)
			}
			rows[r] = true
		}
		names := map[string]bool{}
		for _, v := range s.Variants {
			if v.Name == "" || names[v.Name] {
				t.Errorf("%s: variant name %q is empty or used twice", s.ID, v.Name)
			}
			names[v.Name] = true
			if (v.Expand == nil) == (v.Undo == nil) {
				t.Errorf("%s, %s: a variant has either Expand or Undo", s.ID, v.Name)
			}
			for _, c := range v.Undoes {
				if model.LookupControl(c) == nil {
					t.Errorf("%s, %s: unknown control %q", s.ID, v.Name, c)
				}
			}
		}
	}
	for _, l := range model.Layers {
		if layers[l] == 0 {
			t.Errorf("layer %q has no step", l)
		}
	}
	for _, r := range coverage {
		if !rows[r] && uncovered[r] == "" {
			t.Errorf("coverage row %s has no step", r)
		}
	}
	t.Logf("%d steps: %v", len(Steps), layers)
}

// unused are numbers that never were an attack.
var unused = []string{"C-08", "D-12", "D-14"}

// A number without a step was merged, or is no step for a reason that stands in [TakenElsewhere].
func TestNumbersWithoutAStepAreExplained(t *testing.T) {
	explained, last := map[string]bool{}, map[string]int{}
	for _, e := range TakenElsewhere {
		if LookupStep(e.ID) != nil || explained[e.ID] || e.Title == "" || e.Why == "" {
			t.Errorf("%s: title and reason are required, and a number that neither a step nor another attack has", e.ID)
		}
		explained[e.ID] = true
		for _, id := range e.Steps {
			if LookupStep(id) == nil {
				t.Errorf("%s: unknown step %q", e.ID, id)
			}
		}
	}
	for _, s := range Steps {
		letter, number, _ := strings.Cut(s.ID, "-")
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		last[letter] = max(last[letter], n)
	}
	for letter, n := range last {
		for i := 1; i <= n; i++ {
			if id := fmt.Sprintf("%s-%02d", letter, i); LookupStep(id) == nil && !explained[id] && !slices.Contains(unused, id) {
				t.Errorf("%s: neither a step, nor explained", id)
			}
		}
	}
}

// Every edge of the fixture is sound: titled, with known controls whose subjects are of the right kind, and with a
// reason where nothing blocks it.
func TestEdgesAreSound(t *testing.T) {
	f := newFixture()
	sidecar(f.cart)
	g := Build(f.spec)
	check := func(e *Edge, h model.Hold) {
		switch c := model.LookupControl(h.Control); {
		case c == nil:
			t.Errorf("%s, %s: unknown control %q", e.Step.ID, e.Variant.Name, h.Control)
		case c.Subject != h.Subject.Kind():
			t.Errorf("%s, %s: control %s is for a %s, not for %s", e.Step.ID, e.Variant.Name, h.Control, c.Subject, h.Subject)
		case !slices.Contains(subjects(f.spec, c.Subject), h.Subject):
			t.Errorf("%s, %s: no subject %s", e.Step.ID, e.Variant.Name, h.Subject)
		}
	}
	for _, e := range g.Edges {
		if e.Title == "" || len(e.Premises) == 0 || (e.To == nil) == (e.Undoes == nil) {
			t.Errorf("%s, %s: incomplete edge %+v", e.Step.ID, e.Variant.Name, e)
		}
		if len(e.Blockers) == 0 && e.Variant.Remains == "" {
			t.Errorf("%s, %s: nothing blocks %q and the variant does not say why", e.Step.ID, e.Variant.Name, e.Title)
		}
		for _, h := range slices.Concat(e.Blockers, e.Hinders, e.Reveals) {
			check(e, h)
		}
	}
	for _, p := range g.Positions {
		if p.Title == "" || p.Kind == "" || !slices.Contains(Lanes, p.Lane) {
			t.Errorf("incomplete position %+v", p)
		}
	}
}

// What the language calls an escalation because it opens the network, the graph knows as a way to undo network policies.
func TestRightsOnNetworkPoliciesUndoThem(t *testing.T) {
	tried := 0
	for _, e := range model.Escalations {
		if e.Doc != "opens the network" || strings.HasSuffix(e.Group, "istio.io") { // a mesh's policies stand beside network policies
			continue
		}
		for _, r := range e.Resources {
			for _, verb := range e.Verbs {
				tried++
				w := &model.Workload{Name: "w", Namespace: &model.Namespace{Cluster: &model.Cluster{}}, APIAccess: []*model.APIAccess{
					{Groups: []string{e.Group}, Resources: []string{r}, Verbs: []string{verb}, Scope: model.ScopeCluster}}}
				some, _ := holdsRights(w, changePolicies)
				all, _ := holdsRights(w, changeGuardRails)
				if !some && !all {
					t.Errorf("%s %s.%s undoes nothing", verb, r, e.Group)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d rights were tried", tried)
	}
}
