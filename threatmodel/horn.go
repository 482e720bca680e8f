package threatmodel

import (
	"container/heap"
	"slices"
)

// horn is a set of propositional Horn clauses: a clause's head holds when all of its body holds. Facts and clauses are
// numbered from 0. Bodies and watch lists lie in flat arrays, so that a million clauses stay cheap.
type horn struct {
	facts  int
	heads  []int32
	weight []int64
	start  []int32 // of the clause's body; one more than clauses
	body   []int32

	watchStart []int32 // of the fact's clauses; one more than facts
	watch      []int32 // clauses in whose body the fact is
	intoStart  []int32 // of the clauses whose head is the fact
	into       []int32
}

func newHorn(facts, clauses int) *horn {
	return &horn{
		facts:  facts,
		heads:  make([]int32, 0, clauses),
		weight: make([]int64, 0, clauses),
		start:  make([]int32, 1, clauses+1),
		body:   make([]int32, 0, 2*clauses),
	}
}

// add adds a clause; repeated facts of the body count once.
func (h *horn) add(body []int32, head int32, weight int64) {
	from := len(h.body)
	for _, f := range body {
		if !slices.Contains(h.body[from:], f) {
			h.body = append(h.body, f)
		}
	}
	h.start = append(h.start, int32(len(h.body)))
	h.heads = append(h.heads, head)
	h.weight = append(h.weight, weight)
}

// finish builds the watch lists; no clause may be added afterwards.
func (h *horn) finish() {
	h.watchStart, h.watch = group(h.facts, func(yield func(fact, clause int32)) {
		for c := range h.heads {
			for _, f := range h.bodyOf(int32(c)) {
				yield(f, int32(c))
			}
		}
	})
	h.intoStart, h.into = group(h.facts, func(yield func(fact, clause int32)) {
		for c, f := range h.heads {
			yield(f, int32(c))
		}
	})
}

// group sorts pairs by their first member, keeping their order, and returns where each group starts.
func group(n int, pairs func(yield func(key, value int32))) (start, values []int32) {
	start = make([]int32, n+1)
	pairs(func(key, _ int32) { start[key+1]++ })
	for i := range n {
		start[i+1] += start[i]
	}
	values = make([]int32, start[n])
	next := slices.Clone(start[:n])
	pairs(func(key, value int32) {
		values[next[key]] = value
		next[key]++
	})
	return start, values
}

func (h *horn) bodyOf(c int32) []int32      { return h.body[h.start[c]:h.start[c+1]] }
func (h *horn) watchersOf(f int32) []int32  { return h.watch[h.watchStart[f]:h.watchStart[f+1]] }
func (h *horn) clausesInto(f int32) []int32 { return h.into[h.intoStart[f]:h.intoStart[f+1]] }

// closure is a least fixed point that can be extended by further facts and taken back to an earlier state.
type closure struct {
	h       *horn
	holds   []bool
	missing []int32 // facts of each clause's body that do not hold
	trail   []int32 // facts in the order in which they came to hold
	by      []int32 // the clause that each of them came to hold by; -1 for facts that were given
}

// close returns the least fixed point of the base facts.
func (h *horn) close(base []int32) *closure {
	base = slices.Clone(base)
	c := &closure{h: h, holds: make([]bool, h.facts), missing: make([]int32, len(h.heads)), by: make([]int32, h.facts)}
	for i := range h.heads {
		c.missing[i] = h.start[i+1] - h.start[i]
		if c.missing[i] == 0 {
			base = append(base, h.heads[i])
		}
	}
	c.extend(base)
	return c
}

// extend adds facts and all that follows. The facts that are new are at the end of the trail.
func (c *closure) extend(facts []int32) {
	next := len(c.trail)
	for _, f := range facts {
		c.hold(f, -1)
	}
	for ; next < len(c.trail); next++ {
		for _, clause := range c.h.watchersOf(c.trail[next]) {
			if c.missing[clause]--; c.missing[clause] == 0 {
				c.hold(c.h.heads[clause], clause)
			}
		}
	}
}

func (c *closure) hold(f, by int32) {
	if !c.holds[f] {
		c.holds[f], c.by[f] = true, by
		c.trail = append(c.trail, f)
	}
}

// retract takes the closure back to the state in which the trail had the length n.
func (c *closure) retract(n int) {
	for _, f := range c.trail[n:] {
		c.holds[f] = false
		for _, clause := range c.h.watchersOf(f) {
			c.missing[clause]++
		}
	}
	c.trail = c.trail[:n]
}

// unreached is the cost of a fact that does not follow.
const unreached = int64(-1)

// costLimit is where costs stop growing: a tree-sum may double with each AND.
const costLimit = int64(1) << 40

// derivation is the cheapest way to each fact, by Knuth's generalisation of Dijkstra's algorithm to AND/OR graphs. The
// cost of a clause is its weight plus the sum over its body, so premises that share steps are counted more than once.
type derivation struct {
	h    *horn
	cost []int64 // of each fact, or unreached
	by   []int32 // the clause that the cheapest way ends with; -1 for base facts and unreached ones

	state   []uint8 // of each fact while plan runs, and 0 afterwards; made when first needed
	visited []int32 // facts whose state is not 0
}

// cheapest returns the cheapest derivation of all facts that follow from the base, which costs nothing, and from the
// priced facts, which cost price each. Among equal costs the clause with the lower number wins.
func (h *horn) cheapest(base []int32, price int64, priced ...int32) *derivation {
	d := &derivation{h: h, cost: make([]int64, h.facts), by: make([]int32, h.facts)}
	missing := make([]int32, len(h.heads))
	sum := make([]int64, len(h.heads))
	done := make([]bool, h.facts)
	for f := range d.cost {
		d.cost[f], d.by[f] = unreached, -1
	}
	var q costHeap
	offer := func(f int32, cost int64, by int32) {
		if old := d.cost[f]; done[f] || old != unreached && (old < cost || old == cost && (d.by[f] < 0 || d.by[f] < by)) {
			return
		}
		d.cost[f], d.by[f] = cost, by
		heap.Push(&q, costed{cost, f})
	}
	for c := range h.heads {
		missing[c], sum[c] = h.start[c+1]-h.start[c], h.weight[c]
		if missing[c] == 0 {
			offer(h.heads[c], sum[c], int32(c))
		}
	}
	for _, f := range base {
		offer(f, 0, -1)
	}
	for _, f := range priced {
		offer(f, price, -1)
	}
	for len(q) > 0 {
		top := heap.Pop(&q).(costed)
		if done[top.fact] {
			continue
		}
		done[top.fact] = true
		for _, c := range h.watchersOf(top.fact) {
			sum[c] = min(sum[c]+top.cost, costLimit)
			if missing[c]--; missing[c] == 0 {
				offer(h.heads[c], sum[c], c)
			}
		}
	}
	return d
}

type costed struct {
	cost int64
	fact int32
}

type costHeap []costed

func (q costHeap) Len() int { return len(q) }
func (q costHeap) Less(i, j int) bool {
	return q[i].cost < q[j].cost || q[i].cost == q[j].cost && q[i].fact < q[j].fact
}
func (q costHeap) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *costHeap) Push(x any)   { *q = append(*q, x.(costed)) }
func (q *costHeap) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}
