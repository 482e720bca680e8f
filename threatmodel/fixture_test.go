package threatmodel

import (
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// fixture is the specimen, hardened: what a test needs weak, it weakens.
type fixture = specimen

func newFixture() *fixture { return newSpecimen() }

// proved is the posture in which every control holds for every subject, apart from those that a file cannot prove and
// those in without ("control" or "control@subject").
func (f *fixture) proved(without ...string) model.Posture {
	p := model.Posture{}
	for _, c := range model.Controls {
		for _, a := range subjects(f.spec, c.Subject) {
			p[model.Hold{Control: c.ID, Subject: a}] = model.Evidence{State: model.Proved, Path: fmt.Sprintf("files/%s/%s.yaml", a, c.ID)}
		}
	}
	for h, e := range p {
		if slices.Contains(without, string(h.Control)) || slices.Contains(without, string(h.Control)+"@"+string(h.Subject)) {
			delete(p, h)
			continue
		}
		if model.LookupControl(h.Control).Attested {
			e.State, e.Path, e.Attestation = model.Attested, "", &model.Attestation{Name: string(h.Control)}
			p[h] = e
		}
	}
	return p
}

// subjects are the addresses of a specification's blocks of one kind.
func subjects(s *model.Spec, kind string) []model.Address {
	var all []model.Address
	add := func(a addressed) {
		if a.Addr().Kind() == kind {
			all = append(all, a.Addr())
		}
	}
	for _, c := range s.Clusters {
		add(c)
		for _, p := range c.NodePools {
			add(p)
		}
		for _, n := range c.Namespaces {
			add(n)
			for _, w := range n.Workloads {
				add(w)
			}
		}
	}
	for _, x := range s.VPNs {
		add(x)
	}
	for _, x := range s.JumpBoxes {
		add(x)
	}
	for _, x := range s.Registries {
		add(x)
	}
	for _, x := range s.Repositories {
		add(x)
	}
	for _, x := range s.Pipelines {
		add(x)
	}
	for _, x := range s.GitOps {
		add(x)
	}
	for _, x := range s.Backups {
		add(x)
	}
	for _, x := range s.Teams {
		add(x)
	}
	for _, x := range s.Gateways {
		add(x)
	}
	for _, x := range s.Meshes {
		add(x)
	}
	return all
}
