package threatmodel

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

// The reference implementations of this file are written to be obviously right, not fast: a naive fixed point, and every
// subset tried.

// follows reports whether the target follows when the faults of the set happen.
func follows(facts int, clauses []clause, base []int32, faults [][]int32, set []int32, target int32) bool {
	base = slices.Clone(base)
	for _, f := range set {
		base = append(base, faults[f]...)
	}
	holds, _ := naive(facts, clauses, base)
	return holds[target]
}

// combinations returns every set of at most size of the numbers below n, smaller sets first, each in ascending order.
func combinations(n, size int) [][]int32 {
	var all [][]int32
	for k := 1; k <= size; k++ {
		var choose func(from int32, set []int32)
		choose = func(from int32, set []int32) {
			if len(set) == k {
				all = append(all, slices.Clone(set))
				return
			}
			for i := from; i < int32(n); i++ {
				choose(i+1, append(set, i))
			}
		}
		choose(0, nil)
	}
	return all
}

// minimal keeps the sets that satisfy and none of whose proper subsets does; sets come smaller ones first.
func minimal(sets [][]int32, satisfies func([]int32) bool) [][]int32 {
	var kept [][]int32
	for _, s := range sets {
		covers := func(t []int32) bool {
			for _, x := range t {
				if !slices.Contains(s, x) {
					return false
				}
			}
			return true
		}
		if !slices.ContainsFunc(kept, covers) && satisfies(s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// attackGraph is a random graph of the shape that the catalogue gives: positions, controls that are facts when they are
// down, faults that bring several of them down at once, and steps that undo the very controls that block them.
type attackGraph struct {
	facts   int
	clauses []clause
	base    []int32
	faults  [][]int32
	target  int32
}

func randomAttackGraph(r *rand.Rand) *attackGraph {
	positions, controls, atoms := 3+r.IntN(8), 1+r.IntN(7), r.IntN(4)
	g := &attackGraph{facts: positions + controls + atoms, base: []int32{0}, target: int32(positions - 1)}
	control := func() int32 { return int32(positions + r.IntN(controls)) }
	for range 2 + r.IntN(4*positions) {
		c := clause{weight: 1, body: []int32{int32(r.IntN(positions))}, head: int32(1 + r.IntN(positions-1))}
		for r.IntN(3) == 0 {
			c.body = append(c.body, int32(r.IntN(positions)))
		}
		for r.IntN(2) == 0 {
			c.body = append(c.body, control())
		}
		if atoms > 0 && r.IntN(4) == 0 {
			c.body = append(c.body, int32(positions+controls+r.IntN(atoms)))
		}
		if r.IntN(5) == 0 {
			c.head = control() // undoes a control, at times one that blocks it
		}
		g.clauses = append(g.clauses, c)
	}
	for a := range atoms {
		g.faults = append(g.faults, []int32{int32(positions + controls + a)})
	}
	files := map[int][]int32{}
	for c := range controls {
		switch r.IntN(6) {
		case 0:
			g.base = append(g.base, int32(positions+c)) // absent
		case 1, 2:
			files[r.IntN(2)] = append(files[r.IntN(2)], int32(positions+c))
		default:
			g.faults = append(g.faults, []int32{int32(positions + c)})
		}
	}
	for i := range 2 {
		if len(files[i]) > 0 {
			g.faults = append(g.faults, files[i])
		}
	}
	return g
}

// twin adds copies of a fact and of a fault that brings it, with the same ways on: a workload like another.
func (g *attackGraph) twin(r *rand.Rand) {
	for range 1 + r.IntN(3) {
		f := r.IntN(len(g.faults))
		old := g.faults[f]
		var twins []int32
		for _, x := range old {
			y := int32(g.facts)
			g.facts++
			twins = append(twins, y)
			for _, c := range g.clauses {
				if i := slices.Index(c.body, x); i >= 0 {
					c.body = slices.Clone(c.body)
					c.body[i] = y
					g.clauses = append(g.clauses, c)
				}
			}
		}
		g.faults = append(g.faults, twins)
	}
}

func (g *attackGraph) horn() *horn {
	h := newHorn(g.facts, len(g.clauses))
	for _, c := range g.clauses {
		h.add(c.body, c.head, c.weight)
	}
	h.finish()
	return h
}

// expand lists every set that merged ones stand for.
func expand(merged []faultSet) [][]int32 {
	var all [][]int32
	for _, m := range merged {
		sets := [][]int32{nil}
		for _, alike := range m {
			var longer [][]int32
			for _, s := range sets {
				for _, f := range alike {
					longer = append(longer, append(slices.Clone(s), f))
				}
			}
			sets = longer
		}
		for _, s := range sets {
			slices.Sort(s)
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b []int32) int { return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a, b)) })
	return all
}

// Reading merged sets as if nothing had been merged, they agree with a search that knows of no merging. A third of the
// graphs have workloads that are alike, as real clusters do, and facts are hubs in as few as one to four clauses.
func TestFaultSetsAgreeWithTheReference(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	bySize, mergedSets := map[int]int{}, 0
	for i := range 6_000 {
		g := randomAttackGraph(r)
		if i%3 == 0 && len(g.faults) > 0 {
			g.twin(r)
		}
		c := g.horn().close(g.base)
		if c.holds[g.target] {
			bySize[0]++
			continue
		}
		want := minimal(combinations(len(g.faults), maxSetSize), func(set []int32) bool {
			return follows(g.facts, g.clauses, g.base, g.faults, set, g.target)
		})
		for size := 1; size <= maxSetSize; size++ {
			wantSize := slices.DeleteFunc(slices.Clone(want), func(s []int32) bool { return len(s) > size })
			merged, complete := c.minimalSetsWith(1+i%4, g.target, g.faults, size, 1<<40)
			got := expand(merged)
			mergedSets += len(got) - len(merged)
			if complete != size {
				t.Fatalf("graph %d: complete up to %d, want %d", i, complete, size)
			}
			if d := gocmp.Diff(fmt.Sprint(wantSize), fmt.Sprint(got)); d != "" {
				t.Fatalf("graph %d, sets of at most %d faults (-want +got):\n%s", i, size, d)
			}
		}
		for _, s := range want {
			bySize[len(s)]++
		}
		// A search that stops early claims no more than it found out.
		merged, complete := c.minimalSets(g.target, g.faults, maxSetSize, 1+r.IntN(60))
		got := expand(merged)
		for _, s := range want {
			if len(s) <= complete && !slices.ContainsFunc(got, func(x []int32) bool { return slices.Equal(x, s) }) {
				t.Fatalf("graph %d: cut off, says that all sets up to %d are found, lacks %v", i, complete, s)
			}
		}
		for _, s := range got {
			if !slices.ContainsFunc(want, func(x []int32) bool { return slices.Equal(x, s) }) && len(s) <= complete+1 {
				t.Fatalf("graph %d: cut off, found %v, which is no minimal set", i, s)
			}
		}
	}
	for size := 0; size <= maxSetSize; size++ {
		if bySize[size] < 100 {
			t.Errorf("only %d sets of %d faults were compared: the graphs are too easy", bySize[size], size)
		}
	}
	if mergedSets < 500 {
		t.Errorf("only %d sets were merged into others", mergedSets)
	}
	t.Log(bySize, mergedSets)
}

func TestSingleFaultsAgreeWithTheReference(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 2_000 {
		g := randomAttackGraph(r)
		// More than fit into a word, so that the search takes several rounds.
		for len(g.faults) > 0 && len(g.faults) < 70 && i%3 == 0 {
			g.faults = append(g.faults, g.faults[r.IntN(len(g.faults))])
		}
		c := g.horn().close(g.base)
		var targets []int32
		for f := range g.facts {
			targets = append(targets, int32(f))
		}
		got := c.singleFaults(g.faults, targets)
		for _, target := range targets {
			var want []int32
			for f := range g.faults {
				if !c.holds[target] && follows(g.facts, g.clauses, g.base, g.faults, []int32{int32(f)}, target) {
					want = append(want, int32(f))
				}
			}
			if d := gocmp.Diff(fmt.Sprint(want), fmt.Sprint(got[target])); d != "" {
				t.Fatalf("graph %d, target %d (-want +got):\n%s", i, target, d)
			}
		}
	}
}

// Additions of controls agree with trying every set of controls that are down.
func TestAdditionsAgreeWithTheReference(t *testing.T) {
	f := newFixture()
	g := Build(f.spec)
	r := rand.New(rand.NewPCG(7, 8))
	full, additions, larger := f.proved(), 0, 0
	attackers := []string{"internet", "published.workload.shop.frontend", "stolen-password", "foreign_cluster.legacy", "device.team.security"}
	for i := range 12 {
		posture := model.Posture{}
		for _, h := range g.holds {
			if r.IntN(25) > 0 && full[h].State == model.Proved {
				posture[h] = full[h]
			}
		}
		o := Options{From: attackers[i%len(attackers) : i%len(attackers)+1], Faults: 1 + i%2, Paths: 1}
		report, err := g.Analyse(posture, o)
		if err != nil {
			t.Fatal(err)
		}
		var down []model.Hold
		for _, h := range g.holds {
			if posture[h].State == model.Absent {
				down = append(down, h)
			}
		}
		// One control at a time is tried for every pair: what helps is exactly what was found.
		helps, only := map[string]map[model.Hold]bool{}, o
		only.Tolerances = true
		for _, h := range down {
			posture[h] = model.Evidence{State: model.Proved, Path: "added/" + string(h.Control) + "@" + string(h.Subject)}
			after, err := g.Analyse(posture, only)
			if err != nil {
				t.Fatal(err)
			}
			delete(posture, h)
			for j, x := range after.Entries[0].Assets {
				was := report.Entries[0].Assets[j]
				if was.Tolerance.Below(x.Tolerance) {
					if helps[x.Asset] == nil {
						helps[x.Asset] = map[model.Hold]bool{}
					}
					helps[x.Asset][h] = true
				}
			}
		}
		for _, x := range report.Entries[0].Assets {
			if x.Raise == nil || x.Raise.Limit == RaiseUnknown {
				continue
			}
			want := helps[x.Asset]
			if len(want) == 0 {
				larger++
				if len(x.Raise.Additions) > 0 && len(x.Raise.Additions[0].Controls) == 1 {
					t.Errorf("posture %d, %s: %v is said to help and does not", i, x.Asset, x.Raise.Additions[0].Controls[0])
				}
				continue
			}
			additions += len(want)
			if len(x.Raise.Additions) != min(len(want), maxRaises) {
				t.Errorf("posture %d, %s (%s): %d additions, want %d: %v", i, x.Asset, x.Tolerance, len(x.Raise.Additions), len(want), want)
			}
			for _, add := range x.Raise.Additions {
				if len(add.Controls) != 1 || !want[add.Controls[0].hold()] {
					t.Errorf("posture %d, %s: %v does not help", i, x.Asset, add.Controls)
				}
			}
		}
	}
	if additions < 10 || larger < 5 {
		t.Errorf("only %d additions and %d pairs without one were compared", additions, larger)
	}
}
