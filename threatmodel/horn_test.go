package threatmodel

import (
	"math/rand/v2"
	"testing"
)

type clause struct {
	body   []int32
	head   int32
	weight int64
}

// naive is the reference: it applies all clauses until nothing changes.
func naive(facts int, clauses []clause, base []int32) (holds []bool, cost []int64) {
	holds, cost = make([]bool, facts), make([]int64, facts)
	for f := range cost {
		cost[f] = unreached
	}
	for _, f := range base {
		holds[f], cost[f] = true, 0
	}
	for changed := true; changed; {
		changed = false
		for _, c := range clauses {
			sum, all := c.weight, true
			seen := map[int32]bool{}
			for _, f := range c.body {
				all = all && holds[f]
				if !seen[f] {
					sum += cost[f]
				}
				seen[f] = true
			}
			if all && (!holds[c.head] || sum < cost[c.head]) {
				holds[c.head], cost[c.head], changed = true, sum, true
			}
		}
	}
	return holds, cost
}

// randomClauses makes a dense little graph: cycles, several clauses into one fact, repeated premises, empty bodies.
// Controls that undo themselves are clauses like any other here.
func randomClauses(r *rand.Rand) (facts int, clauses []clause, base []int32) {
	facts = 2 + r.IntN(14)
	for range r.IntN(3 * facts) {
		c := clause{head: int32(r.IntN(facts)), weight: []int64{0, 1, 3, 10}[r.IntN(4)]}
		for range min(r.IntN(5), 3) {
			c.body = append(c.body, int32(r.IntN(facts)))
		}
		if len(c.body) == 0 && r.IntN(4) > 0 {
			continue
		}
		clauses = append(clauses, c)
	}
	for f := range facts {
		if r.IntN(4) == 0 {
			base = append(base, int32(f))
		}
	}
	return facts, clauses, base
}

func TestFixedPointAgreesWithTheReference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		facts, clauses, base := randomClauses(r)
		h := newHorn(facts, len(clauses))
		for _, c := range clauses {
			h.add(c.body, c.head, c.weight)
		}
		h.finish()
		want, cost := naive(facts, clauses, base)
		got, d := h.close(base), h.cheapest(base, 0)
		for f := range facts {
			if got.holds[f] != want[f] {
				t.Fatalf("graph %d, fact %d: holds = %v, want %v", i, f, got.holds[f], want[f])
			}
			if d.cost[f] != cost[f] {
				t.Fatalf("graph %d, fact %d: cost = %d, want %d", i, f, d.cost[f], cost[f])
			}
			if want[f] {
				checkPlan(t, h, d, base, int32(f))
			}
		}
		extra := int32(r.IntN(facts))
		n := len(got.trail)
		got.extend([]int32{extra})
		more, _ := naive(facts, clauses, append(base, extra))
		for f := range facts {
			if got.holds[f] != more[f] {
				t.Fatalf("graph %d, fact %d after adding %d: holds = %v, want %v", i, f, extra, got.holds[f], more[f])
			}
		}
		got.retract(n)
		again := h.close(base)
		for f := range facts {
			if got.holds[f] != again.holds[f] {
				t.Fatalf("graph %d, fact %d: the retracted closure differs", i, f)
			}
		}
		for c := range clauses {
			if got.missing[c] != again.missing[c] {
				t.Fatalf("graph %d, clause %d: missing = %d after retracting, want %d", i, c, got.missing[c], again.missing[c])
			}
		}
	}
}

// A plan names only clauses whose bodies hold by then, and ends with the fact.
func checkPlan(t *testing.T, h *horn, d *derivation, base []int32, fact int32) {
	t.Helper()
	holds := map[int32]bool{}
	for _, f := range base {
		holds[f] = true
	}
	for _, c := range d.plan(fact, nil) {
		for _, f := range h.bodyOf(c) {
			if !holds[f] {
				t.Fatalf("clause %d of the plan for %d comes before its premise %d", c, fact, f)
			}
		}
		holds[h.heads[c]] = true
	}
	if !holds[fact] {
		t.Fatalf("the plan for %d does not reach it", fact)
	}
}
