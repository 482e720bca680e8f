package threatmodel

import "slices"

// hubClauses is in how many clauses a fact must be to be worth a hub.
const hubClauses = 32

// hub is a fact that is in many clauses, such as the network that every pod is in. It has as many sets, and to try each of
// them on each clause would take the square of the number of workloads. A set that may not grow is of use only where the
// other premises have parts of it as labels, so these clauses are looked up.
type hub struct {
	always []int32            // clauses without another premise, or where that is a hub too
	by     map[packed][]int32 // the others, by each label of their other premises
}

// hubs returns those facts, by number, that are in so many clauses.
func (c *cone) hubs(clauses int) []*hub {
	hubs := make([]*hub, c.facts)
	for f := range hubs {
		if len(c.watchers(int32(f))) >= clauses {
			hubs[f] = &hub{by: map[packed][]int32{}}
		}
	}
	for clause, body := range c.bodies {
		plain := slices.ContainsFunc(body, func(f int32) bool { return hubs[f] == nil })
		for _, f := range body {
			if h := hubs[f]; h != nil && !plain {
				h.always = append(h.always, int32(clause))
			}
		}
	}
	return hubs
}

// tellHubs files a clause under a label of one of its premises, which is not a hub, at those that are.
func (s *setSearch) tellHubs(clause int32, label packed) {
	for _, f := range s.cone.bodies[clause] {
		if h := s.hubs[f]; h != nil {
			h.by[label] = append(h.by[label], clause)
		}
	}
}

// joinAtHub joins a set that may not grow with the clauses of its fact.
func (s *setSearch) joinAtHub(h *hub, x labelled) {
	try := func(clauses []int32) {
		for _, clause := range clauses {
			s.join(clause, x.fact, x.set, s.cone.bodies[clause])
		}
	}
	try(h.always)
	try(h.by[x.set])
	x.set.subsets(func(part packed) bool {
		try(h.by[part])
		return false
	})
}
