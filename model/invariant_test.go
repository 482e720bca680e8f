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
		{`tolerance(zone.internet, [workload.shop.web, workload.shop.store][tolerance(team.sre, cluster.main)]) >= 0`, []model.Question{{From: "team.sre", To: "cluster.main"}}, []int{1}, false},
		{`alltrue([for w in values(workload.shop) : tolerance(zone.internet, w) > 0])`, []model.Question{{From: "zone.internet", To: "workload.shop.store"}, {From: "zone.internet", To: "workload.shop.web"}}, []int{1, 1}, true},
		{`alltrue([for name, w in workload.shop : tolerance(zone.internet, w) > 0 if name != "web"])`, []model.Question{{From: "zone.internet", To: "workload.shop.store"}}, []int{0}, false},
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
			holds := i.Holds(model.Answers{Tolerance: func(q model.Question) int {
				for n, asked := range i.Asks {
					if asked == q {
						return test.answers[n]
					}
				}
				t.Errorf("%v was not announced", q)
				return 0
			}})
			if holds != test.holds || i.Message != "Too near." || i.Addr() != "invariant.far" {
				t.Errorf("holds %v, %q, %s", holds, i.Message, i.Addr())
			}
		})
	}
}

func TestInvariantsAskWhoMayConnect(t *testing.T) {
	const before = `
workload "shop" "worker" {
  for_each = { eu = 1, us = 2 }
  image    = "registry.example.com/shop/worker:v1"
  calls    = [workload.shop.store.port.redis]
}
invariant "near" {
  condition     = `
	tests := []struct {
		condition string
		asks      []model.CallQuestion
		holds     bool
	}{
		{`called_only_by(workload.shop.store, workload.shop.web, workload.shop.worker["eu"], workload.shop.worker["us"])`,
			[]model.CallQuestion{{To: "workload.shop.store", Only: []model.Address{"workload.shop.web", `workload.shop.worker["eu"]`, `workload.shop.worker["us"]`}}}, true},
		{`called_only_by(workload.shop.store.port.redis, values(workload.shop.worker), workload.shop.web)`,
			[]model.CallQuestion{{To: "workload.shop.store.port.redis", Only: []model.Address{"workload.shop.web", `workload.shop.worker["eu"]`, `workload.shop.worker["us"]`}}}, true},
		{`called_only_by(workload.shop.store, namespace.shop)`, []model.CallQuestion{{To: "workload.shop.store", Only: []model.Address{"namespace.shop"}}}, true},
		{`called_only_by(workload.shop.store, values(workload.shop))`,
			[]model.CallQuestion{{To: "workload.shop.store", Only: []model.Address{"workload.shop.store", "workload.shop.web", `workload.shop.worker["eu"]`, `workload.shop.worker["us"]`}}}, true},
		{`called_only_by(workload.shop.store, workload.shop.web, workload.shop.web)`, []model.CallQuestion{{To: "workload.shop.store", Only: []model.Address{"workload.shop.web"}}}, false},
		{`called_only_by(workload.shop.store)`, []model.CallQuestion{{To: "workload.shop.store"}}, false},
		{`!called_only_by(workload.shop.store)`, []model.CallQuestion{{To: "workload.shop.store"}}, true},
		{`called_only_by(workload.shop.web, zone.internet)`, []model.CallQuestion{{To: "workload.shop.web", Only: []model.Address{"zone.internet"}}}, true},
	}
	for _, test := range tests {
		t.Run(test.condition, func(t *testing.T) {
			l := loadAll(t, before+test.condition+"\n  error_message = \"Too near.\"\n}\n")
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			i := l.Spec.Invariants[0]
			if d := cmp.Diff(test.asks, i.Calls); d != "" {
				t.Fatal(d)
			}
			callers := func(q model.CallQuestion) ([]model.Peer, bool) {
				var from []model.Peer
				for _, f := range l.Spec.Clusters[0].Flows() {
					if f.To.Addr() == q.To || f.To.Workload.Addr() == q.To {
						from = append(from, f.From)
					}
				}
				return from, true
			}
			if got := i.Holds(model.Answers{Callers: callers}); got != test.holds {
				t.Errorf("holds: %v", got)
			}
			// What nobody knows holds in no form.
			if i.Holds(model.Answers{Callers: func(model.CallQuestion) ([]model.Peer, bool) { return nil, false }}) {
				t.Error("holds although nobody knows who may connect")
			}
		})
	}
}
