//go:build e2e

package network_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/network"
)

// trial is a connection that is tried, and what the specification says of it.
type trial struct {
	from, to *party
	at       network.Port
	want     verdict
}

func (x trial) String() string {
	return fmt.Sprintf("%s → %s %s", x.from.full(), x.to.full(), x.at)
}

func (p *party) full() string {
	if p.pod() {
		return p.namespace + "/" + p.name + " " + p.address.String()
	}
	return p.name
}

// most is how many connections of a cluster are tried. Where there are more, those that are declared and, chosen by chance
// with a fixed seed, some of the others.
const most = 120_000

// trials are the connections between all parties, and how many there are in all. Strangers do not speak to each other.
func trials(p *plan, parties []*party, outside []network.Port) (some []trial, all int) {
	var declared, others []trial
	for _, from := range parties {
		for _, to := range parties {
			if from.end == to.end || from.address.Is4() != to.address.Is4() {
				continue
			}
			ports := to.listens
			if !to.pod() {
				ports = outside
			}
			for _, at := range ports {
				x := trial{from, to, at, p.verdict(from, to, at)}
				if x.want == closed {
					others = append(others, x)
				} else {
					declared = append(declared, x)
				}
			}
		}
	}
	all = len(declared) + len(others)
	if all > most {
		r := rand.New(rand.NewPCG(20261121, 0))
		r.Shuffle(len(others), func(i, k int) { others[i], others[k] = others[k], others[i] })
		others = others[:max(0, most-len(declared))]
	}
	return append(declared, others...), all
}

// patience is how long an answer may take on a busy machine. The rules refuse by an answer, so only what is lost costs it.
const patience = 400 * time.Millisecond

func try(t *testing.T, some []trial, patience time.Duration) map[trial]network.Answer {
	t.Helper()
	probes := make([]network.Probe, len(some))
	for i, x := range some {
		probes[i] = network.Probe{By: x.from.end, From: x.from.address, To: x.to.address, Port: x.at}
	}
	got, err := network.Try(probes, patience)
	if err != nil {
		t.Fatal(err)
	}
	answers := make(map[trial]network.Answer, len(some))
	for i, x := range some {
		answers[x] = got[i]
	}
	return answers
}

// outcome counts what was seen.
type outcome struct {
	tried, open, refused, silent, elsewhere int
	differ                                  []difference
}

type difference struct {
	trial
	got network.Answer
}

func (d difference) String() string {
	want := "closed"
	if d.want == open {
		want = "open"
	}
	return fmt.Sprintf("%s: declared %s, really %s", d.trial, want, d.got)
}

// again is how often what differs is tried once more, each time with more patience: a machine with other work may lose a packet,
// or be slow to judge it.
const again = 3

// judge tries the connections and compares.
func judge(t *testing.T, some []trial) *outcome {
	t.Helper()
	o := &outcome{}
	asked := slices.Clone(some)
	asked = slices.DeleteFunc(asked, func(x trial) bool { return x.want == elsewhere })
	o.elsewhere = len(some) - len(asked)
	answers := try(t, asked, patience)
	differs := func(x trial) bool { return (answers[x] == network.Open) != (x.want == open) }
	for round := range again {
		var still []trial
		for _, x := range asked {
			if differs(x) {
				still = append(still, x)
			}
		}
		if len(still) == 0 {
			break
		}
		time.Sleep(300 * time.Millisecond)
		for x, a := range try(t, still, time.Duration(round+1)*patience) {
			if answers[x] != network.Open || a != network.Silent { // that it was open is not undone by a packet that is lost
				answers[x] = a
			}
		}
	}
	for _, x := range asked {
		o.tried++
		switch answers[x] {
		case network.Open:
			o.open++
		case network.Refused:
			o.refused++
		default:
			o.silent++
		}
		if differs(x) {
			o.differ = append(o.differ, difference{x, answers[x]})
		}
	}
	return o
}

// report fails the test for every difference, and prints the first ones.
func (o *outcome) report(t *testing.T, name string) {
	t.Helper()
	for i, d := range o.differ {
		if i == 20 {
			t.Errorf("%s: and %d more", name, len(o.differ)-i)
			return
		}
		t.Errorf("%s: %s", name, d)
	}
}
