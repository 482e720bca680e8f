package threatmodel

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// A swapped image is refused by its signature only where its registry has keys, the cluster asks, and it asks in that namespace.
func TestSignaturesStopASwappedImageOnlyWhereTheyAreAskedFor(t *testing.T) {
	blocked := func(change func(*model.Spec)) bool {
		l := model.Load("../generate/testdata/addons", model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
		if l.HasErrors() {
			t.Fatal(l.Text())
		}
		change(l.Spec)
		edges := 0
		all := true
		for _, e := range Build(l.Spec).Edges {
			if e.Step.ID == "I-03" && strings.Contains(e.Title, "web") {
				edges++
				all = all && slices.ContainsFunc(e.Blockers, func(h model.Hold) bool { return h.Control == model.SignaturesEnforced })
			}
		}
		if edges == 0 {
			t.Fatal("no image can be swapped")
		}
		return all
	}
	if !blocked(func(*model.Spec) {}) {
		t.Error("signatures that are asked for stop nothing")
	}
	for rule, change := range map[string]func(*model.Spec){
		"the cluster does not ask":       func(s *model.Spec) { s.Clusters[0].Admission.Signatures = "" },
		"the controller's own namespace": func(s *model.Spec) { s.AddOns[0].Namespace = s.Clusters[0].Namespaces[0] },
		"a registry without keys": func(s *model.Spec) {
			for _, r := range s.Registries {
				r.SignedBy = nil
			}
		},
	} {
		if blocked(change) {
			t.Errorf("%s, and yet a signature stops the image", rule)
		}
	}
}
