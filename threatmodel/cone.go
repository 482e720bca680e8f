package threatmodel

import (
	"encoding/binary"
	"slices"
)

// cone is the part of the clauses that matters to one target under one closure: facts that hold are left out of the
// bodies, clauses whose head holds are left out altogether, and what cannot be told apart is merged. Facts and faults are
// numbered anew; the target is fact 0.
type cone struct {
	facts      int
	heads      []int32
	bodies     [][]int32 // ascending
	watchStart []int32
	watch      []int32
	alike      [][]int32 // the numbers outside of the faults that each fault stands for, ascending
	faultFacts [][]int32 // the facts of each fault
}

func (c *cone) watchers(fact int32) []int32 { return c.watch[c.watchStart[fact]:c.watchStart[fact+1]] }

// coneOf cuts out what the target depends on.
func (c *closure) coneOf(target int32, faults [][]int32) *cone {
	number := make([]int32, c.h.facts) // plus one
	number[target] = 1
	order := []int32{target}
	k := &cone{}
	for i := 0; i < len(order); i++ {
	clauses:
		for _, clause := range c.h.clausesInto(order[i]) {
			body := make([]int32, 0, len(c.h.bodyOf(clause)))
			for _, f := range c.h.bodyOf(clause) {
				if c.holds[f] {
					continue
				}
				if f == order[i] {
					continue clauses
				}
				body = append(body, f)
			}
			for j, f := range body {
				if number[f] == 0 {
					order = append(order, f)
					number[f] = int32(len(order))
				}
				body[j] = number[f] - 1
			}
			k.heads, k.bodies = append(k.heads, int32(i)), append(k.bodies, body)
		}
	}
	k.facts = len(order)
	class := k.merge()
	k.watchStart, k.watch = group(k.facts, func(yield func(fact, clause int32)) {
		for clause, body := range k.bodies {
			for _, f := range body {
				yield(f, int32(clause))
			}
		}
	})
	known := map[string]int{}
	for f, facts := range faults {
		var inside []int32
		for _, x := range facts {
			if n := number[x]; n > 0 {
				inside = append(inside, class[n-1])
			}
		}
		if len(inside) == 0 {
			continue
		}
		slices.Sort(inside)
		inside = slices.Compact(inside)
		key := encode(inside)
		i, ok := known[key]
		if !ok {
			i = len(k.alike)
			known[key] = i
			k.alike, k.faultFacts = append(k.alike, nil), append(k.faultFacts, inside)
		}
		k.alike[i] = append(k.alike[i], int32(f))
	}
	return k
}

// merge replaces facts that lead to the same by one of them, until no two do: if for each clause with x in its body there
// is the same clause with y instead, and the other way round, then it does not matter which of the two holds. Faults that
// bring the same facts are alike then: no minimal set has two of them, and each can stand for the other. So the labels of
// a place that every workload leads to do not grow with the number of workloads, and no answer changes. It returns what
// each fact was replaced by.
func (k *cone) merge() []int32 {
	class := make([]int32, k.facts)
	for f := range class {
		class[f] = int32(f)
	}
	var key []byte // used again for each: a key is copied only where it is new
	for merged := true; merged; {
		merged = false
		k.rename(class)
		entries := make(map[string]int32, len(k.bodies)) // clauses without one of their premises
		leads := make([][]int32, k.facts)
		for i, body := range k.bodies {
			for j, f := range body {
				key = appendKey(appendKey(appendKey(key[:0], k.heads[i]), body[:j]...), body[j+1:]...)
				n, ok := entries[string(key)]
				if !ok {
					n = int32(len(entries))
					entries[string(key)] = n
				}
				leads[f] = append(leads[f], n)
			}
		}
		first := map[string]int32{}
		renamed := make([]int32, k.facts)
		for f := range renamed {
			renamed[f] = int32(f)
			if f == 0 || len(leads[f]) == 0 {
				continue
			}
			slices.Sort(leads[f])
			key = appendKey(key[:0], leads[f]...)
			if x, ok := first[string(key)]; ok {
				renamed[f], merged = x, true
			} else {
				first[string(key)] = int32(f)
			}
		}
		if merged {
			for f := range class {
				class[f] = renamed[class[f]]
			}
		}
	}
	return class
}

// rename puts the classes into the clauses and drops what is said twice or says nothing.
func (k *cone) rename(class []int32) {
	known := make(map[string]bool, len(k.bodies))
	kept := 0
	var key []byte
	for i, body := range k.bodies {
		head := class[k.heads[i]]
		for j, f := range body {
			body[j] = class[f]
		}
		slices.Sort(body)
		body = slices.Compact(body)
		if slices.Contains(body, head) {
			continue
		}
		key = appendKey(appendKey(key[:0], head), body...)
		if known[string(key)] {
			continue
		}
		known[string(key)] = true
		k.heads[kept], k.bodies[kept] = head, body
		kept++
	}
	k.heads, k.bodies = k.heads[:kept], k.bodies[:kept]
}

func encode(list []int32) string { return string(appendKey(make([]byte, 0, 4*len(list)), list...)) }

func appendKey(key []byte, list ...int32) []byte {
	for _, f := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(f))
	}
	return key
}
