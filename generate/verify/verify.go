// Package verify proves controls from the bytes of an output tree.
//
// A [Check] reads files and never asks the generator what it meant. Where the authority's own code is a library, the
// check calls it: pod security is judged by k8s.io/pod-security-admission, objects are decoded strictly into
// Kubernetes' API types. The same checks judge a tree that was just generated and one on disk that people have edited.
package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Check proves one property.
type Check struct {
	Name     string // file name of the check: "network-policy"
	Doc      string // title, blank line, body: the rule in words, with its source
	Controls []model.ControlID
	Run      func(*Pass)
}

// All lists the checks in reading order.
var All = slices.Concat(
	clusterChecks,
	nodeChecks,
	accessChecks,
	manifestChecks,
	pipelineChecks,
)

// Finding is something about the output that a person must look at.
type Finding struct {
	Control model.ControlID // empty: no single control
	Subject model.Address
	Path    string // file, relative to the root of the tree; empty if a file is missing altogether
	Object  string // place in the file: "NetworkPolicy/shop/default-deny: spec.policyTypes"; may be empty
	Message string // one sentence: what is wrong
}

// Result is what the checks saw.
type Result struct {
	Proved   []model.Claim // sorted, unique
	Findings []Finding     // sorted
}

// Pass is one run of one check.
type Pass struct {
	Spec   *model.Spec
	Files  map[string][]byte // the tree, by path
	check  *Check
	result *Result
	cache  *cache
}

// Prove records that the bytes at path give the subject the control.
func (p *Pass) Prove(control model.ControlID, subject model.Address, path string) {
	p.result.Proved = append(p.result.Proved, model.Claim{Control: control, Subject: subject, Path: path})
}

// needs records further files without which the proof does not stand.
func (p *Pass) needs(control model.ControlID, subject model.Address, paths ...string) {
	for _, path := range paths {
		p.result.Proved = append(p.result.Proved, model.Claim{Control: control, Subject: subject, Path: path, Aux: true})
	}
}

// Find records a finding.
func (p *Pass) Find(f Finding) { p.result.Findings = append(p.result.Findings, f) }

// cache holds what several checks derive from the same bytes.
type cache struct {
	decode  func(doc []byte) (Object, error)
	objects map[string]*Objects  // by name of the cluster
	hosts   map[string]*hostRead // by directory
	kubeadm []kubeadmFiles       // of each cluster that kubeadm makes; nil: not read yet
}

func newCache() *cache { return &cache{decode: newDecoder().object} }

// Run judges the tree.
func Run(spec *model.Spec, files map[string][]byte, checks []*Check) *Result {
	result := &Result{}
	c := newCache()
	for _, check := range checks {
		check.Run(&Pass{Spec: spec, Files: files, check: check, result: result, cache: c})
	}
	slices.SortFunc(result.Proved, func(a, b model.Claim) int {
		return cmp.Or(strings.Compare(string(a.Control)+"\x00"+string(a.Subject)+"\x00"+a.Path, string(b.Control)+"\x00"+string(b.Subject)+"\x00"+b.Path), order(a.Aux, b.Aux))
	})
	result.Proved = slices.CompactFunc(result.Proved, func(a, b model.Claim) bool {
		b.Aux = a.Aux // the file that holds the control comes first, and stands for itself where the proof takes it again
		return a == b
	})
	slices.SortFunc(result.Findings, func(a, b Finding) int {
		return strings.Compare(a.Path+"\x00"+a.Object+"\x00"+string(a.Control)+"\x00"+string(a.Subject)+"\x00"+a.Message,
			b.Path+"\x00"+b.Object+"\x00"+string(b.Control)+"\x00"+string(b.Subject)+"\x00"+b.Message)
	})
	result.Findings = slices.Compact(result.Findings)
	return result
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Unproved returns the claims that the checks did not prove for the same control and subject.
func (r *Result) Unproved(claims []model.Claim) []model.Claim {
	proved := map[model.Hold]bool{}
	for _, c := range r.Proved {
		proved[model.Hold{Control: c.Control, Subject: c.Subject}] = true
	}
	var missing []model.Claim
	for _, c := range claims {
		if !proved[model.Hold{Control: c.Control, Subject: c.Subject}] {
			missing = append(missing, c)
		}
	}
	return missing
}
