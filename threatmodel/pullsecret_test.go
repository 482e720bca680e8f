package threatmodel

import (
	"slices"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// A declared credential is stolen from the namespaces that pull with it, and from no other.
func TestAPullSecretLiesWhereItIsUsed(t *testing.T) {
	l := model.Load("../examples/astronomy-shop", model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	pushes := func() (premises []string) {
		for _, e := range Build(l.Spec).Edges {
			if e.Step.ID != "I-05" {
				continue
			}
			for _, p := range e.Premises {
				premises = append(premises, p.ID)
			}
			if !slices.ContainsFunc(e.Blockers, func(h model.Hold) bool { return h.Control == model.RegistryPullOnly }) {
				t.Errorf("%s: a credential that cannot push pushes", e.Title)
			}
		}
		slices.Sort(premises)
		return premises
	}
	if got, want := pushes(), []string{"cluster.astronomy/secrets"}; !slices.Equal(got, want) {
		t.Errorf("without a pull secret: %q, not %q", got, want)
	}
	for _, r := range l.Spec.Registries {
		if r.Name == "demo" { // the one that the pipeline pushes to
			r.PullSecret = &model.PullSecret{}
		}
	}
	if got, want := pushes(), []string{"namespace.data/secrets", "namespace.shop/secrets"}; !slices.Equal(got, want) {
		t.Errorf("with a pull secret: %q, not %q", got, want)
	}
}
