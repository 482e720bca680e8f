package model

import (
	"slices"
	"strings"
)

// Claim says that a control holds for a subject because of a file of the output tree.
// Generators claim; verify proves the same triple from the file's bytes, or does not.
type Claim struct {
	Control ControlID
	Subject Address
	Path    string // slash-separated, relative to the root of the tree
	// Aux marks a file that the proof takes besides the one that holds the control: a unit that loads a firewall, a flag
	// that names a configuration. Only verify sets it.
	Aux bool
}

// Evidence is what is known about one control for one subject.
type Evidence struct {
	State       State
	Path        string       // of the file that proves it; of several, the first
	Also        []string     // the other files that the proof takes, sorted; each of them can undo it
	Attestation *Attestation // who stated it
}

// State is how far a control can be relied on. Only Proved and Default controls block a step of the attack graph;
// Attested ones do on request.
type State int

const (
	Absent   State = iota // neither proved nor attested
	Attested              // stated by a named team, see [Attestation]
	Default               // Kubernetes or the provisioner does it without us; used for the graph "before" only
	Proved                // found in the bytes of a file
)

func (s State) String() string {
	return [...]string{"absent", "attested", "default", "proved"}[s]
}

// Posture maps each control and subject to its evidence: the bridge between the proofs and the threat model.
type Posture map[Hold]Evidence

// Hold is a control for a subject.
type Hold struct {
	Control ControlID
	Subject Address
}

// Files are the files that the proof takes, sorted; without any, nothing in the tree proves the control.
func (e Evidence) Files() []string {
	if e.Path == "" {
		return nil
	}
	return append([]string{e.Path}, e.Also...)
}

// NewPosture joins proved claims and the specification's attestations. A proof outweighs an attestation. Where several
// files prove one control of one subject, all of them are needed.
func NewPosture(proved []Claim, attested []*Attestation) Posture {
	p := Posture{}
	for _, a := range attested {
		p[Hold{a.Control, a.Subject}] = Evidence{State: Attested, Attestation: a}
	}
	files := map[Hold][]Claim{}
	for _, c := range proved {
		h := Hold{c.Control, c.Subject}
		files[h] = append(files[h], c)
	}
	for h, list := range files {
		slices.SortFunc(list, func(a, b Claim) int { return strings.Compare(a.Path, b.Path) })
		main := max(0, slices.IndexFunc(list, func(c Claim) bool { return !c.Aux }))
		e := Evidence{State: Proved, Path: list[main].Path}
		for _, c := range list {
			if c.Path != e.Path && !slices.Contains(e.Also, c.Path) {
				e.Also = append(e.Also, c.Path)
			}
		}
		p[h] = e
	}
	return p
}
