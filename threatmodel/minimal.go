package threatmodel

import (
	"cmp"
	"math/bits"
	"slices"
)

// maxSetSize is the largest size of fault sets that can be searched: so many fit into a packed set.
const maxSetSize = 3

// packed is a set of at most maxSetSize numbers below packedLimit-1, sorted in ascending order from the low bits; an
// empty place is 0, so that a number is stored plus one.
type packed uint64

const (
	packedBits  = 21
	packedLimit = 1 << packedBits
	packedMask  = packedLimit - 1
)

func pack(n int32) packed { return packed(n) + 1 }

func (s packed) size() int { return (bits.Len64(uint64(s)) + packedBits - 1) / packedBits }

func (s packed) members() []int32 {
	var list []int32
	for ; s != 0; s >>= packedBits {
		list = append(list, int32(s&packedMask)-1)
	}
	return list
}

// union returns the union of two sets, and false if it has more than limit members.
func union(a, b packed, limit int) (packed, bool) {
	var u packed
	n := 0
	for a != 0 || b != 0 {
		x, y := a&packedMask, b&packedMask
		switch {
		case y == 0 || x != 0 && x < y:
			a >>= packedBits
		case x == 0 || y < x:
			x = y
			b >>= packedBits
		default:
			a >>= packedBits
			b >>= packedBits
		}
		if n == limit {
			return 0, false
		}
		u |= x << (n * packedBits)
		n++
	}
	return u, true
}

// subsets calls yield with every non-empty proper subset of the set until it returns true, and reports whether it did.
func (s packed) subsets(yield func(packed) bool) bool {
	a, b, c := s&packedMask, s>>packedBits&packedMask, s>>(2*packedBits)
	switch {
	case b == 0:
		return false
	case c == 0:
		return yield(a) || yield(b)
	}
	return yield(a) || yield(b) || yield(c) ||
		yield(a|b<<packedBits) || yield(a|c<<packedBits) || yield(b|c<<packedBits)
}

// labelled is the fact that a set of faults reaches.
type labelled struct {
	fact int32
	set  packed
}

// labels holds pairs of facts and sets by open addressing; Go's own map would take three times the memory.
type labels struct {
	facts []int32 // plus one; 0 is a free place
	sets  []packed
	used  int
	// Most questions are about facts without a label of that size: bit n is set where a fact has one of n faults.
	sizes []uint8
}

func newLabels(facts int) *labels {
	return &labels{facts: make([]int32, 1024), sets: make([]packed, 1024), sizes: make([]uint8, facts)}
}

func (l *labels) place(fact int32, s packed) int {
	h := uint64(s)*0x9E3779B97F4A7C15 ^ uint64(fact)*0xC2B2AE3D27D4EB4F
	h ^= h >> 29
	i := int(h & uint64(len(l.facts)-1))
	for l.facts[i] != 0 && (l.facts[i] != fact+1 || l.sets[i] != s) {
		i = (i + 1) & (len(l.facts) - 1)
	}
	return i
}

func (l *labels) has(fact int32, s packed) bool {
	return l.sizes[fact]>>s.size()&1 != 0 && l.facts[l.place(fact, s)] != 0
}

// dominated reports whether a proper subset of the set is a label of the fact.
func (l *labels) dominated(fact int32, s packed) bool {
	if l.sizes[fact]&(1<<s.size()-1) == 0 {
		return false
	}
	return s.subsets(func(t packed) bool { return l.has(fact, t) })
}

func (l *labels) add(fact int32, s packed) {
	if 3*l.used > 2*len(l.facts) {
		old := *l
		l.facts, l.sets = make([]int32, 2*len(old.facts)), make([]packed, 2*len(old.facts))
		for i, f := range old.facts {
			if f != 0 {
				j := l.place(f-1, old.sets[i])
				l.facts[j], l.sets[j] = f, old.sets[i]
			}
		}
	}
	i := l.place(fact, s)
	l.facts[i], l.sets[i] = fact+1, s
	l.sizes[fact] |= 1 << s.size()
	l.used++
}

// setSearch enumerates the minimal sets of faults that make one fact follow, by the size of the sets: when all of one
// size have been taken from the queue, the labels of that size are final, because a clause never makes a set smaller.
type setSearch struct {
	cone   *cone
	size   int
	seen   *labels
	final  [][]packed // labels of each fact whose turn has come, smaller sets first
	hubs   []*hub     // of the facts that are in many clauses; nil for others
	queues [maxSetSize + 1][]labelled
	work   int
}

// faultSet is minimal sets of faults that differ only in which of several faults that are alike happens: one set for each
// choice of one fault from each slot.
type faultSet [][]int32

// count is how many sets it stands for.
func (s faultSet) count() int {
	n := 1
	for _, alike := range s {
		n *= len(alike)
	}
	return n
}

// example is the first of the sets.
func (s faultSet) example() []int32 {
	var set []int32
	for _, alike := range s {
		set = append(set, alike[0])
	}
	return set
}

// minimalSets returns the minimal sets of at most size faults after which the target follows, given that it does not
// follow without any. A fault makes all its facts hold at once. The search stops when it has looked at budget
// combinations; all sets up to the size complete have been found. Smaller sets come first, then those with the faults of
// lower numbers.
func (c *closure) minimalSets(target int32, faults [][]int32, size, budget int) (sets []faultSet, complete int) {
	return c.minimalSetsWith(hubClauses, target, faults, size, budget)
}

// minimalSetsWith is minimalSets, with hubs from so many clauses.
func (c *closure) minimalSetsWith(clauses int, target int32, faults [][]int32, size, budget int) (sets []faultSet, complete int) {
	cone := c.coneOf(target, faults)
	if len(cone.alike) >= packedLimit-1 {
		return nil, 0
	}
	s := &setSearch{cone: cone, size: min(size, maxSetSize), seen: newLabels(cone.facts), final: make([][]packed, cone.facts), hubs: cone.hubs(clauses)}
	for f, facts := range cone.faultFacts {
		for _, x := range facts {
			s.offer(x, pack(int32(f)))
		}
	}
	for complete < s.size && s.level(complete+1, budget) {
		complete++
	}
	for _, p := range s.final[0] {
		var set faultSet
		for _, f := range p.members() {
			set = append(set, cone.alike[f])
		}
		slices.SortFunc(set, func(a, b []int32) int { return cmp.Compare(a[0], b[0]) })
		sets = append(sets, set)
	}
	slices.SortFunc(sets, func(a, b faultSet) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), slices.Compare(a.example(), b.example()))
	})
	return sets, complete
}

// level takes all sets of one size from the queue. It reports whether the budget sufficed.
func (s *setSearch) level(n, budget int) bool {
	for i := 0; i < len(s.queues[n]); i++ {
		if s.work > budget {
			return false
		}
		x := s.queues[n][i]
		if s.seen.dominated(x.fact, x.set) || s.useless(x.fact, x.set) {
			continue
		}
		s.final[x.fact] = append(s.final[x.fact], x.set)
		if x.fact == 0 {
			continue
		}
		if h := s.hubs[x.fact]; h != nil && n == s.size {
			s.joinAtHub(h, x)
			continue
		}
		for _, clause := range s.cone.watchers(x.fact) {
			s.join(clause, x.fact, x.set, s.cone.bodies[clause])
			if s.hubs[x.fact] == nil {
				s.tellHubs(clause, x.set)
			}
		}
	}
	s.queues[n] = nil
	return true
}

// useless reports whether the set, or a part of it, reaches the target anyway.
func (s *setSearch) useless(fact int32, set packed) bool {
	return fact != 0 && (s.seen.has(0, set) || s.seen.dominated(0, set))
}

// join offers to the clause's head the union of the set with every choice of labels of the rest of its body.
func (s *setSearch) join(clause, from int32, set packed, rest []int32) {
	s.work++
	for len(rest) > 0 && rest[0] == from {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		s.offer(s.cone.heads[clause], set)
		return
	}
	y, rest := rest[0], rest[1:]
	if set.size() == s.size {
		// Only a part of the set can be a label that adds nothing.
		if s.seen.has(y, set) || s.seen.dominated(y, set) {
			s.join(clause, from, set, rest)
		}
		return
	}
	for _, other := range s.final[y] {
		s.work++
		if u, ok := union(set, other, s.size); ok {
			s.join(clause, from, u, rest)
		}
	}
}

func (s *setSearch) offer(fact int32, set packed) {
	if s.seen.has(fact, set) || s.seen.dominated(fact, set) || s.useless(fact, set) {
		return
	}
	s.seen.add(fact, set)
	n := set.size()
	s.queues[n] = append(s.queues[n], labelled{fact, set})
}
