package model_test

import (
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
)

func TestInvariantsAskAndJudge(t *testing.T) {
	const assets = `
asset "orders" {
  for_each = { eu = workload.shop.store, us = workload.shop.web }
  held_by  = [each.value]
}
locals { far = 2 }
invariant "far" {
  condition     = `
	questions := []model.Question{{From: "zone.internet", To: `asset.orders["eu"]`}, {From: "zone.internet", To: `asset.orders["us"]`}}
	tests := []struct {
		condition string
		asks      []model.Question
		answers   []int
		holds     bool
	}{
		{`tolerance(zone.internet, asset.orders["eu"]) >= local.far`, questions[:1], []int{2}, true},
		{`tolerance(zone.internet, asset.orders["eu"]) >= local.far`, questions[:1], []int{1}, false},
		{`alltrue([for a in asset.orders : tolerance(zone.internet, a) > 0])`, questions, []int{1, 1}, true},
		{`alltrue([for a in asset.orders : tolerance(zone.internet, a) > 0])`, questions, []int{1, 0}, false},
		{`tolerance(zone.internet, asset.orders["us"]) > 5 ? true : tolerance(zone.internet, asset.orders["eu"]) == 3`, questions, []int{3, 1}, true},
		{`tolerance(team.sre, cluster.main) > 0 && anytrue([tolerance(workload.shop.web, workload.shop.store) > 1])`, []model.Question{{From: "team.sre", To: "cluster.main"}, {From: "workload.shop.web", To: "workload.shop.store"}}, []int{1, 2}, true},
		{`tolist([false, true])[tolerance(team.sre, cluster.main)]`, []model.Question{{From: "team.sre", To: "cluster.main"}}, []int{1}, true},
		{`tolist([false, true])[tolerance(team.sre, cluster.main)]`, []model.Question{{From: "team.sre", To: "cluster.main"}}, []int{2}, false},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			l := loadAll(t, assets+test.condition+"\n  error_message = \"Too near.\"\n}\n")
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			i := l.Spec.Invariants[0]
			if d := cmp.Diff(test.asks, i.Asks); d != "" {
				t.Fatal(d)
			}
			holds := i.Holds(func(q model.Question) int {
				for n, asked := range i.Asks {
					if asked == q {
						return test.answers[n]
					}
				}
				t.Errorf("%v was not announced", q)
				return 0
			})
			if holds != test.holds || i.Message != "Too near." || i.Addr() != "invariant.far" {
				t.Errorf("holds %v, %q, %s", holds, i.Message, i.Addr())
			}
		})
	}
}
