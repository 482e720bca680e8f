package threatmodel

import "math/bits"

// batch is how many faults are tried at once: the bits of a word say under which of them a fact follows.
const batch = 64

// singles tries single faults on a closure, a batch at a time, so that a batch costs no more than one fixed point over the
// facts that its faults add.
type singles struct {
	c        *closure
	relevant []bool
	under    []uint64 // by fact: the faults of the batch under which it follows; 0 for facts that hold anyway
	queued   []bool
	touched  []int32 // facts with a bit
	queue    []int32
}

// newSingles prepares the search. Relevant are the facts that matter: those that leadsTo marks in this closure or a
// smaller one.
func (c *closure) newSingles(relevant []bool) *singles {
	return &singles{c: c, relevant: relevant, under: make([]uint64, c.h.facts), queued: make([]bool, c.h.facts)}
}

func (s *singles) gain(f int32, more uint64) {
	if more &^= s.under[f]; more == 0 || s.c.holds[f] || !s.relevant[f] {
		return
	}
	if s.under[f] == 0 {
		s.touched = append(s.touched, f)
	}
	s.under[f] |= more
	if !s.queued[f] {
		s.queued[f] = true
		s.queue = append(s.queue, f)
	}
}

// try fills under and touched for at most 64 faults. They must be cleared before the next batch.
func (s *singles) try(faults [][]int32) {
	for i, facts := range faults {
		for _, f := range facts {
			s.gain(f, 1<<i)
		}
	}
	for len(s.queue) > 0 {
		f := s.queue[len(s.queue)-1]
		s.queue = s.queue[:len(s.queue)-1]
		s.queued[f] = false
		for _, clause := range s.c.h.watchersOf(f) {
			all := s.under[f]
			for _, x := range s.c.h.bodyOf(clause) {
				if !s.c.holds[x] {
					all &= s.under[x]
				}
			}
			s.gain(s.c.h.heads[clause], all)
		}
	}
}

func (s *singles) clear() {
	for _, f := range s.touched {
		s.under[f] = 0
	}
	s.touched = s.touched[:0]
}

// singleFaults returns for each target that does not hold the numbers, in ascending order, of the faults after each of
// which alone it follows. It is exact.
func (c *closure) singleFaults(faults [][]int32, targets []int32) [][]int32 {
	found := make([][]int32, len(targets))
	s := c.newSingles(c.leadsTo(targets))
	for first := 0; first < len(faults); first += batch {
		s.try(faults[first:min(first+batch, len(faults))])
		for i, target := range targets {
			for w := s.under[target]; w != 0; w &= w - 1 {
				found[i] = append(found[i], int32(first+bits.TrailingZeros64(w)))
			}
		}
		s.clear()
	}
	return found
}

// leadsTo marks the facts that a target may depend on.
func (c *closure) leadsTo(targets []int32) []bool {
	relevant := make([]bool, c.h.facts)
	var stack []int32
	mark := func(f int32) {
		if !relevant[f] && !c.holds[f] {
			relevant[f] = true
			stack = append(stack, f)
		}
	}
	for _, t := range targets {
		mark(t)
	}
	for len(stack) > 0 {
		f := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, clause := range c.h.clausesInto(f) {
			for _, x := range c.h.bodyOf(clause) {
				mark(x)
			}
		}
	}
	return relevant
}
