package render

import (
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

func TestBadges(t *testing.T) {
	for want, x := range map[string]threatmodel.Tolerance{
		"held from the start":            {Answer: threatmodel.AnswerHeld},
		"open today":                     {Answer: threatmodel.AnswerOpen},
		"no modelled path":               {Answer: threatmodel.AnswerNone},
		"≥ 4 faults, base 9":             {Answer: threatmodel.AnswerAtLeast, Faults: 4},
		"1 fault (1T), base 9":           {Answer: threatmodel.AnswerExact, Faults: 1, Pareto: []threatmodel.Mix{{T: 1}}},
		"2 faults (2F or 1F+1V), base 9": {Answer: threatmodel.AnswerExact, Faults: 2, Pareto: []threatmodel.Mix{{F: 2}, {F: 1, V: 1}, {V: 3}}},
	} {
		if got := badge(x, 9); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The badge below an asset of the overview is that of the drawn attacker who comes nearest.
func TestOverviewBadgesTheNearestAttacker(t *testing.T) {
	spec, posture := proved(t, "../../examples/online-boutique")
	r, err := threatmodel.Build(spec).Analyse(posture, threatmodel.Options{Faults: 2, From: []string{"internet", "published.workload.shop.frontend"}})
	if err != nil {
		t.Fatal(err)
	}
	badges := map[string]string{}
	for _, b := range Overview("x", r).boxes() {
		if strings.HasPrefix(b.ID, "asset.") && len(b.Lines) > 0 {
			badges[b.ID] = b.Lines[len(b.Lines)-1]
		}
	}
	if badges["asset.carts"] != "open today" || !strings.HasPrefix(badges["asset.card-payments"], "1 fault (1T), base ") {
		t.Errorf("badges %v: carts are what the published workload asks for, card payments take a theft", badges)
	}
}
