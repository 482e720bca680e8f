// Package judges lets the scanners that users run judge a generated tree. Each is built from its own module at a fixed
// version, or found where programs are, runs without a network, and is read by its machine-readable output. What a judge finds is a fault of the tree,
// or a contradiction with a reason in testdata/contradictions.txt.
package judges

import (
	"context"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// Judge is a program that judges the objects of a tree.
type Judge struct {
	// Name is also the name of the program.
	Name string
	// Component is what the program is built from, unless it is OnPath.
	Component build.Component
	// OnPath is a judge that cannot be built from the module proxy. It judges where its program is installed.
	OnPath bool
	// Version are the arguments with which a program on the path prints its version.
	Version []string
	// Judges reports whether the judge has checks for an object. It must then have judged it.
	Judges func(Object) bool
	// Weak is a check that an object of testdata/weak.yaml must fail.
	Weak string
	// Run runs the program.
	Run func(ctx context.Context, c *Court) (*Report, error)
}

// All are the judges, by the time that their programs take to build.
func All() []*Judge {
	return []*Judge{kubeconform, kubeScore, kubesec, kubeLinter, polaris, trivy, kyverno}
}

// Court is what a judge works with.
type Court struct {
	// Tree is what is judged.
	Tree *Tree
	// Dir is the directory of the judge's component, in which its program has the judge's name.
	Dir string
	// Schemas is a directory of JSON schemas, see WriteSchemas.
	Schemas string
}

// Report is what a judge says of a tree.
type Report struct {
	// Judged are the ids of the objects that at least one check looked at.
	Judged map[string]bool
	// Passed is the number of checks that passed, once for each object.
	Passed int
	// Failed are the others.
	Failed []Finding
}

// Finding is a check that an object failed.
type Finding struct {
	// Check is the judge's name of it.
	Check string
	// Object is the object's id.
	Object string
	// Text is what the judge says.
	Text string
}

func newReport() *Report { return &Report{Judged: map[string]bool{}} }

// verdict adds what a check says of an object.
func (r *Report) verdict(object, check string, passed bool, text string) {
	r.Judged[object] = true
	if passed {
		r.Passed++
		return
	}
	r.Failed = append(r.Failed, Finding{Check: check, Object: object, Text: text})
}

// kinds makes the function Judges of a judge that knows some kinds.
func kinds(names ...string) func(Object) bool {
	known := map[string]bool{}
	for _, name := range names {
		known[name] = true
	}
	return func(o Object) bool { return known[o.Kind] }
}
