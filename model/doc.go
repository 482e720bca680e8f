// Package model turns a specification written in HCL into a checked, typed description of Kubernetes clusters.
//
// [Load] reads every specification file of a directory, resolves the references between blocks and checks what they
// say. It returns a [Spec] and all diagnostics at once; a Spec is usable only when the diagnostics hold no error.
// The package also owns the vocabulary that the generators and the threat model share without knowing each other:
// [Control], [Claim] and [Posture].
//
// Everything here is pure apart from the reading of the specification's own directory: no clock, no environment.
package model
