package threatmodel

import (
	"encoding/binary"
	"slices"
)

// cone is the part of the clauses that matters to one target under one closure: facts that hold are left out of the
// bodies, clauses whose head holds are left out altogether, and equal ones are kept once. Facts and faults are numbered
// anew.
type cone struct {
	target     int32
	facts      int
	heads      []int32
	start      []int32
	bodies     []int32
	watchStart []int32
	watch      []int32
	fault      []int32   // the number outside of each fault that matters
	faultFacts [][]int32 // the facts of each fault that matter
}

func (c *cone) body(clause int32) []int32   { return c.bodies[c.start[clause]:c.start[clause+1]] }
func (c *cone) watchers(fact int32) []int32 { return c.watch[c.watchStart[fact]:c.watchStart[fact+1]] }

// coneOf cuts out what the target depends on.
func (c *closure) coneOf(target int32, faults [][]int32) *cone {
	k := &cone{start: []int32{0}}
	number := map[int32]int32{target: 0}
	order := []int32{target}
	known := map[string]bool{}
	var body []int32
	var key []byte
	for i := 0; i < len(order); i++ {
		for _, clause := range c.h.clausesInto(order[i]) {
			body = body[:0]
			for _, f := range c.h.bodyOf(clause) {
				if !c.holds[f] {
					body = append(body, f)
				}
			}
			if slices.Contains(body, order[i]) {
				continue
			}
			slices.Sort(body)
			key = binary.LittleEndian.AppendUint32(key[:0], uint32(i))
			for _, f := range body {
				key = binary.LittleEndian.AppendUint32(key, uint32(f))
			}
			if known[string(key)] {
				continue
			}
			known[string(key)] = true
			for _, f := range body {
				n, ok := number[f]
				if !ok {
					n = int32(len(order))
					number[f] = n
					order = append(order, f)
				}
				k.bodies = append(k.bodies, n)
			}
			k.start = append(k.start, int32(len(k.bodies)))
			k.heads = append(k.heads, int32(i))
		}
	}
	k.facts = len(order)
	k.watchStart, k.watch = group(k.facts, func(yield func(fact, clause int32)) {
		for clause := range k.heads {
			for _, f := range k.body(int32(clause)) {
				yield(f, int32(clause))
			}
		}
	})
	for f, facts := range faults {
		var inside []int32
		for _, x := range facts {
			if n, ok := number[x]; ok {
				inside = append(inside, n)
			}
		}
		if len(inside) > 0 {
			k.fault = append(k.fault, int32(f))
			k.faultFacts = append(k.faultFacts, inside)
		}
	}
	return k
}
