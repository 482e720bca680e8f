package model

// Claim says that a control holds for a subject because of a file of the output tree.
// Generators claim; verify proves the same triple from the file's bytes, or does not.
type Claim struct {
	Control ControlID
	Subject Address
	Path    string // slash-separated, relative to the root of the tree
}

// Evidence is what is known about one control for one subject.
type Evidence struct {
	State       State
	Path        string       // of the file that proves it
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

// NewPosture joins proved claims and the specification's attestations. A proof outweighs an attestation.
func NewPosture(proved []Claim, attested []*Attestation) Posture {
	p := Posture{}
	for _, a := range attested {
		p[Hold{a.Control, a.Subject}] = Evidence{State: Attested, Attestation: a}
	}
	for _, c := range proved {
		h := Hold{c.Control, c.Subject}
		// Several files may prove one claim; the first by path is shown.
		if e := p[h]; e.State != Proved || c.Path < e.Path {
			p[h] = Evidence{State: Proved, Path: c.Path}
		}
	}
	return p
}
