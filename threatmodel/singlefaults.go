package threatmodel

import "math/bits"

// singleFaults returns for each target that does not hold the numbers, in ascending order, of the faults after each of
// which alone it follows. It is exact. 64 faults are tried at once: the bits of a word say under which of them a fact
// follows, so that a round costs no more than one fixed point over the facts that they add.
func (c *closure) singleFaults(faults [][]int32, targets []int32) [][]int32 {
	found := make([][]int32, len(targets))
	relevant := c.leadsTo(targets)
	under := make([]uint64, c.h.facts)
	queued := make([]bool, c.h.facts)
	var touched, queue []int32
	gain := func(f int32, more uint64) {
		if more &^= under[f]; more == 0 || c.holds[f] || !relevant[f] {
			return
		}
		if under[f] == 0 {
			touched = append(touched, f)
		}
		under[f] |= more
		if !queued[f] {
			queued[f] = true
			queue = append(queue, f)
		}
	}
	for first := 0; first < len(faults); first += 64 {
		for i, facts := range faults[first:min(first+64, len(faults))] {
			for _, f := range facts {
				gain(f, 1<<i)
			}
		}
		for len(queue) > 0 {
			f := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			queued[f] = false
			for _, clause := range c.h.watchersOf(f) {
				all := under[f]
				for _, x := range c.h.bodyOf(clause) {
					if !c.holds[x] {
						all &= under[x]
					}
				}
				gain(c.h.heads[clause], all)
			}
		}
		for i, target := range targets {
			for w := under[target]; w != 0; w &= w - 1 {
				found[i] = append(found[i], int32(first+bits.TrailingZeros64(w)))
			}
		}
		for _, f := range touched {
			under[f] = 0
		}
		touched = touched[:0]
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
