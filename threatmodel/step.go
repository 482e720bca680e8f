package threatmodel

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// ATTACKVersion is the version of MITRE ATT&CK for Enterprise that the steps' technique ids are taken from.
const ATTACKVersion = "17.1"

// Step is one row of the catalogue of attack steps.
type Step struct {
	ID        string // "N-06"
	Layer     model.Layer
	Title     string   // plain words, as an order: "Run commands through the kubelet's API"
	Doc       string   // how the attack works and why it is possible
	ATTACK    []string // technique ids of [ATTACKVersion]
	Microsoft []string // names in Microsoft's threat matrix for Kubernetes; none where it has no such technique
	Sources   []string // where the step is described
	Coverage  []string // rows of coverage.md that name it
	Variants  []*Variant
}

// Variant is one way to take a step. It opens when all its premises hold and all its blockers are down.
// A control blocks a variant, never a step.
type Variant struct {
	Name   string // unique within the step: "anonymous"
	Effort Effort
	// Fault is what must be given before the variant can be taken at all; [NoFault] for most.
	Fault Fault
	// Remains says why no control blocks the variant, for people who read it on an open path. Required where a place of
	// the variant can have no blocker.
	Remains string
	// Expand adds an edge for each place of the specification where the variant exists.
	Expand func(*Builder)
	// Undo adds the edges that bring the control down for the subject. It is called for every hold that blocks anything,
	// whose control is listed in Undoes. A variant has either Expand or Undo.
	Undo   func(*Builder, model.Hold)
	Undoes []model.ControlID
}

// Effort is what a variant costs the attacker.
type Effort int

const (
	Intended   Effort = 0  // the intended use of what he holds
	PublicTool Effort = 1  // a public tool or one command
	Skill      Effort = 3  // skill and time
	Hard       Effort = 10 // a new vulnerability, theft, coercion
)

// Fault is the class of a fault that is neither an intended use nor a configuration that the specification describes.
type Fault string

const (
	NoFault       Fault = ""
	Vulnerability Fault = "V" // a vulnerability that nobody knows yet, in a named component
	Configuration Fault = "F" // a file that is wrong or missing, or a statement that is not so; no variant takes it by itself
	Theft         Fault = "T" // theft, coercion or an act of a named person or role
	TrustedBase   Fault = "B" // a breach of what the whole design trusts
)

// Steps is the catalogue of attack steps, in reading order.
var Steps = slices.Concat(
	networkSteps,
	imageSteps,
	podSteps,
	nodeSteps,
	machineSteps,
	configSteps,
	organisationSteps,
)

// LookupStep returns the step with the id, or nil.
func LookupStep(id string) *Step {
	for _, s := range Steps {
		if s.ID == id {
			return s
		}
	}
	return nil
}
