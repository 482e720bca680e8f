package threatmodel

import (
	"encoding/binary"
	"slices"
)

const (
	// wideSpread is how many facts a batch of faults must open for a position before it is worth to look whether it opens
	// the same for others.
	wideSpread = 1000
	// maxSpreads bounds how many spreads are kept: each takes a word for every fact.
	maxSpreads = 32
)

// shared returns under which faults of a batch each fact follows for a position whose own facts stand on the trail from n on,
// or nil if that must be found anew. Positions of one kind, such as the pods of a pool, open the same nodes by the same
// fault, and from there on everything is alike: to follow it for each of them takes the square of their number.
//
// The first facts that the position and the faults open together decide what follows without the position's own facts.
// That is kept. It is all that follows, if no clause with one of the position's own facts adds to it.
func (r *radius) shared(i int32, n int) []uint64 {
	gained := slices.Clone(r.today.trail[n:])
	if len(gained) > wideSpread {
		return nil
	}
	for _, f := range gained {
		r.own[f] = true
	}
	defer func() {
		for _, f := range gained {
			r.own[f] = false
		}
	}()
	root := gained[0]
	r.today.retract(n)
	defer r.today.extend([]int32{root})

	r.search.try(r.batches[i])
	defer r.search.clear()
	first := map[int32]uint64{}
	r.joint(gained, r.search.under, func(f int32, more uint64) { first[f] |= more })
	heads := make([]int32, 0, len(first))
	for f := range first {
		heads = append(heads, f)
	}
	slices.Sort(heads)
	var key []byte
	for _, f := range heads {
		key = binary.LittleEndian.AppendUint32(key, uint32(f))
		key = binary.LittleEndian.AppendUint64(key, first[f])
	}
	under := r.spreads[i][string(key)]
	if under == nil {
		if r.kept == maxSpreads {
			return nil
		}
		for _, f := range heads {
			r.search.gain(f, first[f])
		}
		r.search.run()
		under = slices.Clone(r.search.under)
		r.spreads[i][string(key)] = under
		r.kept++
	}
	alone := true
	r.joint(gained, under, func(int32, uint64) { alone = false })
	if !alone {
		return nil
	}
	return under
}

// joint yields what clauses with one of the position's own facts add to what follows under the faults of a batch.
func (r *radius) joint(gained []int32, under []uint64, yield func(f int32, more uint64)) {
	h := r.today.h
	for _, g := range gained {
		for _, clause := range h.watchersOf(g) {
			head := h.heads[clause]
			if r.today.holds[head] || r.own[head] || !r.search.relevant[head] {
				continue
			}
			all := ^under[head]
			for _, x := range h.bodyOf(clause) {
				if !r.today.holds[x] && !r.own[x] {
					all &= under[x]
				}
			}
			if all != 0 {
				yield(head, all)
			}
		}
	}
}
