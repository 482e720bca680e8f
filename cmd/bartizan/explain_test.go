package main

import (
	"slices"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// What is listed, suggested or referred to has an explanation.
func TestEveryIDIsExplained(t *testing.T) {
	for _, id := range explainable() {
		if len(lookup(id)) == 0 {
			t.Errorf("%q is listed and not explained", id)
		}
	}
	for _, w := range words() {
		for _, see := range w.See {
			if len(lookup(see)) == 0 {
				t.Errorf("%q refers to %q, which is not explained", w.Name, see)
			}
		}
	}
}

// A term has one explanation, whatever case it is typed in.
func TestTermsAreUniqueAndWhole(t *testing.T) {
	of := map[string]string{}
	for _, w := range words() {
		if w.Doc == "" || len(w.See) == 0 {
			t.Errorf("%q has no explanation, or leads nowhere", w.Name)
		}
		for _, name := range append([]string{w.Name}, w.Also...) {
			if other := of[sayable(name)]; other != "" {
				t.Errorf("%q is a form of %q and of %q", name, other, w.Name)
			}
			of[sayable(name)] = w.Name
		}
	}
}

func TestWhatOutputSaysIsExplained(t *testing.T) {
	terms := []string{
		"tolerance", "fault", "Single points of failure", "trusted base", "effort", "attacker", "position", "Open today", "No modelled path",
		"Searched, none found", "Nearest blocked steps", "Accepted risks", "What would help most", "not searched", "lost", "weakens", "drifted", "finding",
		"images.bartizan.json", "production.vars.hcl", "main.bartizan.hcl", ".bartizan.lock", "taints", "nodeSelector", "storage-class",
		threatmodel.StateUndone, threatmodel.StateWithout, model.Absent.String(), model.Attested.String(), model.Default.String(), model.Proved.String(),
		string(threatmodel.Configuration), string(threatmodel.Vulnerability), string(threatmodel.Theft),
		"CronJob", "deployments", "NetworkPolicy", "networkpolicies", "ingress", "network-policy",
	}
	for _, term := range terms {
		if len(lookup(term)) == 0 {
			t.Errorf("%q is not explained", term)
		}
	}
	for _, term := range []string{"", "s", "*", ".hcl", "kubelet.yaml", "widgets"} {
		if len(lookup(term)) > 0 {
			t.Errorf("%q is explained", term)
		}
	}
}

func TestKindsAreExplainedByWhatWritesThem(t *testing.T) {
	for _, tt := range []struct {
		kind, name  string
		generators  []string
		language    string
		apiVersions int
	}{
		{"NetworkPolicy", "NetworkPolicy", []string{"network-policy"}, "", 3},
		{"cronjob", "CronJob", []string{"workload", "workload-patch"}, "workload.schedule", 1},
		{"Kustomization", "Kustomization", []string{"gitops", "kustomization"}, "", 2},
		{"PersistentVolumeClaim", "PersistentVolumeClaim", []string{"workload"}, "", 1},
	} {
		e := explainKind(tt.kind)
		if e == nil {
			t.Errorf("%s is not explained", tt.kind)
			continue
		}
		i := e.data.(kindInfo)
		var generators []string
		for _, g := range i.Generators {
			generators = append(generators, g.Name)
		}
		slices.Sort(generators)
		if i.Name != tt.name || !slices.Equal(generators, tt.generators) || len(i.Versions) != tt.apiVersions || tt.language != "" && !slices.Contains(i.Language, tt.language) {
			t.Errorf("%s: %+v", tt.kind, i)
		}
	}
	for _, g := range generate.All {
		for _, k := range g.Kinds {
			if explainKind(k.Name) == nil {
				t.Errorf("%s is written and not explained", k)
			}
		}
	}
}
