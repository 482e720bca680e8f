package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
)

// tree is the files of a specification with what their bytes prove.
type tree struct {
	spec   *model.Spec
	set    *generate.Set
	result *verify.Result
}

// newTree generates the tree in memory and proves it. An error is a bug or the machine: a claim of our own that the
// bytes do not bear out is never written.
func newTree(spec *model.Spec) (*tree, error) {
	return grow(spec, func(p *generate.Pass, t *tree) error { return writeSummary(p, t.posture()) })
}

// prove is newTree without the summary of the threat model, for those who analyse attacks themselves.
func prove(spec *model.Spec) (*tree, error) {
	return grow(spec, func(*generate.Pass, *tree) error { return nil })
}

// grow generates the tree, proves it, and lets the last generator add what rests on the proofs.
func grow(spec *model.Spec, last func(*generate.Pass, *tree) error) (*tree, error) {
	t := &tree{spec: spec}
	summary := &generate.Generator{
		Name: "threat-model",
		Doc:  "summarise the threat model\n\nIt runs last, because it needs what the other files prove.",
		Run: func(p *generate.Pass) error {
			t.result = verify.Run(spec, p.Files(), verify.All)
			return last(p, t)
		},
	}
	var err error
	if t.set, err = generate.Run(spec, append(slices.Clone(generate.All), summary)); err != nil {
		return nil, err
	}
	if missing := t.result.Unproved(t.set.Claims); len(missing) > 0 {
		return nil, fmt.Errorf("%s in the generated files (this is a bug in bartizan; nothing was written)\n%s%s",
			count(len(missing), "claim")+" could not be proved", claimList(missing), findingList(t.result.Findings))
	}
	return t, nil
}

// posture is what the files prove and people attest.
func (t *tree) posture() model.Posture { return model.NewPosture(t.result.Proved, t.spec.Attestations) }

// shownProblems is how many claims or findings an error names at most.
const shownProblems = 10

// claimList names claims, one on each line.
func claimList(claims []model.Claim) string {
	return shorten(claims, func(c model.Claim) string { return fmt.Sprintf("%s for %s (%s)", c.Control, c.Subject, c.Path) })
}

func findingList(findings []verify.Finding) string { return shorten(findings, findingText) }

// shorten writes the first of many things, one on each line, and how many there are beside them.
func shorten[T any](list []T, text func(T) string) string {
	var b strings.Builder
	for _, x := range list[:min(shownProblems, len(list))] {
		fmt.Fprintf(&b, "  %s\n", text(x))
	}
	if more := len(list) - shownProblems; more > 0 {
		fmt.Fprintf(&b, "  and %d more\n", more)
	}
	return b.String()
}

// findingText is "path: object: message".
func findingText(f verify.Finding) string {
	text := printable(f.Message)
	if f.Object != "" {
		text = printable(f.Object) + ": " + text
	}
	if f.Path != "" {
		text = printable(f.Path) + ": " + text
	}
	return text
}

// holds counts the pairs of control and subject.
func holds(claims []model.Claim) int {
	seen := map[model.Hold]bool{}
	for _, c := range claims {
		seen[model.Hold{Control: c.Control, Subject: c.Subject}] = true
	}
	return len(seen)
}

// unresolved returns the images of the specification that have no digest, as they are written, sorted.
func unresolved(spec *model.Spec) []string {
	var images []string
	for _, c := range spec.Clusters {
		for _, w := range c.Workloads() {
			for _, container := range slices.Concat(w.Containers, w.InitContainers) {
				if w.Manifests == model.ManifestsGenerate && container.Image.Digest == "" {
					images = append(images, container.Image.Written)
				}
			}
		}
	}
	slices.Sort(images)
	return slices.Compact(images)
}
