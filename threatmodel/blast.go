package threatmodel

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Blast is what falls if a position falls: the assets that its new owner reaches who has nothing else. Positions of one
// kind from which the same falls are told together.
type Blast struct {
	Kind      Kind    `json:"kind"`
	Positions []Named `json:"positions"` // sorted by id; each alone is enough
	// Falls are the assets that are reached without any further fault, AfterOne those that one fault more opens: a file
	// that is wrong, an unknown vulnerability, a theft, outside the trusted base. Both are exact; critical ones come first.
	Falls    []Named `json:"falls"`
	AfterOne []Named `json:"after_one_fault"`
	Damage   Damage  `json:"damage"`
}

// Named is a position by its id and title.
type Named struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Damage weighs assets: a critical one counts ten times as much as another.
type Damage struct {
	Now      int `json:"now"`
	AfterOne int `json:"after_one_fault"` // of what falls only then
}

// blastKinds are the kinds of positions that fall as a whole: code, machines, credentials, people. Others are what
// follows from them.
var blastKinds = []Kind{KindDevice, KindPerson, KindCredential, KindIdentity, KindHost, KindWorkload, KindContainer, KindNode, KindStore, KindService}

// BlastRadius tells for each position what falls with it, the greatest damage first; last are those with which nothing
// falls. Two further faults and more are not searched. The error says which option names something that does not exist.
func (g *Graph) BlastRadius(posture model.Posture, o Options) ([]*Blast, error) {
	assets, err := g.targets(o)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(assets, func(x, y *Position) int {
		return cmp.Or(cmp.Compare(weight(y), weight(x)), cmp.Compare(x.ID, y.ID))
	})
	a, err := g.under(posture, o)
	if err != nil {
		return nil, err
	}
	radius := newRadius(g.horn.close(slices.Concat(a.down, a.happened)), a.causesOf(&Profile{}), assets)
	byKey := map[string]*Blast{}
	var all []*Blast
	for _, p := range g.Positions {
		if !slices.Contains(blastKinds, p.Kind) || radius.today.holds[p.index] {
			continue
		}
		x := &Blast{Kind: p.Kind, Falls: []Named{}, AfterOne: []Named{}}
		radius.of(p, func(asset *Position, now bool) {
			if now {
				x.Falls = append(x.Falls, Named{asset.ID, asset.Title})
				x.Damage.Now += weight(asset)
			} else {
				x.AfterOne = append(x.AfterOne, Named{asset.ID, asset.Title})
				x.Damage.AfterOne += weight(asset)
			}
		})
		key := fmt.Sprintf("%q %q %q", p.Kind, x.Falls, x.AfterOne)
		if byKey[key] == nil {
			byKey[key] = x
			all = append(all, x)
		}
		byKey[key].Positions = append(byKey[key].Positions, Named{p.ID, p.Title})
	}
	for _, x := range all {
		slices.SortFunc(x.Positions, func(a, b Named) int { return cmp.Compare(a.ID, b.ID) })
	}
	slices.SortFunc(all, func(x, y *Blast) int {
		return cmp.Or(cmp.Compare(y.Damage.Now, x.Damage.Now), cmp.Compare(y.Damage.AfterOne, x.Damage.AfterOne), cmp.Compare(x.Positions[0].ID, y.Positions[0].ID))
	})
	return all, nil
}

// radius finds what falls with one position after the other.
type radius struct {
	today   *closure // without any position
	assets  []*Position
	batches [][][]int32 // the facts of the faults, so many at a time as are tried at once
	search  *singles
	// touched says of each fact, in ascending order, which batches have a fault under which it follows, and alone of each
	// asset whether some fault opens it to whoever holds nothing.
	touched [][]int32
	alone   []bool
}

func newRadius(today *closure, causes []*cause, assets []*Position) *radius {
	r := &radius{today: today, assets: assets, touched: make([][]int32, today.h.facts), alone: make([]bool, len(assets))}
	targets := make([]int32, len(assets))
	for i, x := range assets {
		targets[i] = x.index
	}
	var faults [][]int32
	for _, c := range causes {
		faults = append(faults, c.facts)
	}
	r.batches = slices.Collect(slices.Chunk(faults, batch))
	r.search = today.newSingles(today.leadsTo(targets))
	for i, faults := range r.batches {
		r.search.try(faults)
		for _, f := range r.search.touched {
			r.touched[f] = append(r.touched[f], int32(i))
		}
		for k, x := range assets {
			r.alone[k] = r.alone[k] || r.search.under[x.index] != 0
		}
		r.search.clear()
	}
	return r
}

// of yields the assets, other than the position itself, that fall with it now or after one fault more.
func (r *radius) of(p *Position, yield func(asset *Position, now bool)) {
	n := len(r.today.trail)
	r.today.extend([]int32{p.index})
	after := slices.Clone(r.alone)
	for _, i := range r.concerned(r.today.trail[n:]) {
		r.search.try(r.batches[i])
		for k, x := range r.assets {
			after[k] = after[k] || r.search.under[x.index] != 0
		}
		r.search.clear()
	}
	for k, x := range r.assets {
		switch {
		case x == p:
		case r.today.holds[x.index]:
			yield(x, true)
		case after[k]:
			yield(x, false)
		}
	}
	r.today.retract(n)
}

// concerned are the batches with a fault that opens more together with the gained facts than both open by themselves: it
// must bring all that is missing from a clause with a gained fact. The others need not be tried again.
func (r *radius) concerned(gained []int32) []int32 {
	var all []int32
	h := r.today.h
	for _, f := range gained {
		for _, clause := range h.watchersOf(f) {
			if head := h.heads[clause]; r.today.missing[clause] == 0 || r.today.holds[head] || !r.search.relevant[head] {
				continue
			}
			var common []int32
			for first, body := true, h.bodyOf(clause); len(body) > 0; body = body[1:] {
				if r.today.holds[body[0]] {
					continue
				}
				batches := r.touched[body[0]]
				if first {
					common, first = slices.Clone(batches), false
					continue
				}
				common = slices.DeleteFunc(common, func(i int32) bool {
					_, found := slices.BinarySearch(batches, i)
					return !found
				})
			}
			all = append(all, common...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
