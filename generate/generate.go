// Package generate turns a specification into the files that harden its clusters.
//
// A [Generator] writes the artifacts of one concern and claims the controls that they implement. [Run] calls all of
// them and returns the complete tree in memory; [Write] brings it to disk. Nothing here is believed: package verify
// proves each claim from the bytes.
package generate

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Artifact is one file of the output tree.
type Artifact struct {
	Path  string      // slash-separated, relative to the root of the tree
	Mode  fs.FileMode // 0644, or 0755 for scripts
	Data  []byte
	Doc   string // one sentence for the README of its directory: what the file is for
	Where string // where it is used, for the README: "cp-1, once", "each node of the pool", "the cluster"
}

// Directory describes one directory of the tree in its README.
type Directory struct {
	Path  string
	Title string
	Doc   string // Markdown: what the files are for, in which order they are applied, on which machine
}

// Set is a complete output tree.
type Set struct {
	Artifacts   []Artifact // sorted by path; READMEs included
	Directories []Directory
	Claims      []model.Claim // sorted
}

// Generator writes the files of one concern.
type Generator struct {
	Name     string // file name of the generator: "network-policy"
	Doc      string // title, blank line, body
	Controls []model.ControlID
	Kinds    []ObjectKind      // of the objects that it writes
	Run      func(*Pass) error // an error is a bug or the machine, never the user's input
}

// All lists the generators in reading order: from the control plane to the documents.
var All = slices.Concat(
	clusterGenerators,
	nodeGenerators,
	accessGenerators,
	manifestGenerators,
	pipelineGenerators,
	docsGenerators,
)

// Pass is one run of one generator.
type Pass struct {
	Spec      *model.Spec
	Claims    []model.Claim // made by the generators before this one
	generator *Generator
	set       *Set
}

// File adds an artifact.
func (p *Pass) File(a Artifact) {
	if a.Mode == 0 {
		a.Mode = 0o644
	}
	p.set.Artifacts = append(p.set.Artifacts, a)
}

// YAML adds an artifact made of Kubernetes objects, one YAML document each.
func (p *Pass) YAML(a Artifact, objects ...any) error {
	data, err := YAML(objects...)
	if err == nil {
		err = p.generator.writes(data)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", a.Path, err)
	}
	a.Data = data
	p.File(a)
	return nil
}

// Paths returns the paths of all artifacts below dir that the generators before this one wrote, sorted.
func (p *Pass) Paths(dir string) []string {
	var paths []string
	for _, a := range p.set.Artifacts {
		if strings.HasPrefix(a.Path, dir+"/") {
			paths = append(paths, a.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// Files returns the bytes of what the generators before this one wrote, by path.
func (p *Pass) Files() map[string][]byte { return p.set.Files() }

// Directory adds the description of a directory.
func (p *Pass) Directory(d Directory) { p.set.Directories = append(p.set.Directories, d) }

// Claim says that the file at path gives the subject the control.
func (p *Pass) Claim(control model.ControlID, subject model.Address, path string) {
	p.set.Claims = append(p.set.Claims, model.Claim{Control: control, Subject: subject, Path: path})
}

// Run calls the generators in order and returns the tree that they write.
func Run(spec *model.Spec, generators []*Generator) (*Set, error) {
	set := &Set{}
	for _, g := range generators {
		if err := g.Run(&Pass{Spec: spec, Claims: slices.Clone(set.Claims), generator: g, set: set}); err != nil {
			return nil, fmt.Errorf("generator %s: %w", g.Name, err)
		}
	}
	if err := set.writeReadmes(); err != nil {
		return nil, fmt.Errorf("directory descriptions: %w", err)
	}
	if err := set.finish(generators); err != nil {
		return nil, err
	}
	return set, nil
}

// finish sorts the set and refuses what only a bug can cause: two artifacts at one path, a path outside the tree, an
// undeclared claim.
func (s *Set) finish(generators []*Generator) error {
	var declared []model.ControlID
	for _, g := range generators {
		declared = append(declared, g.Controls...)
	}
	slices.SortFunc(s.Artifacts, func(a, b Artifact) int { return strings.Compare(a.Path, b.Path) })
	for i, a := range s.Artifacts {
		if !fs.ValidPath(a.Path) {
			return fmt.Errorf("artifact %q: path leaves the tree", a.Path)
		}
		if i > 0 && s.Artifacts[i-1].Path == a.Path {
			return fmt.Errorf("artifact %q: written twice", a.Path)
		}
	}
	slices.SortFunc(s.Claims, compareClaims)
	s.Claims = slices.Compact(s.Claims)
	for _, c := range s.Claims {
		if !slices.Contains(declared, c.Control) {
			return fmt.Errorf("claim %s for %s: no generator declares this control", c.Control, c.Subject)
		}
	}
	return nil
}

func compareClaims(a, b model.Claim) int {
	if c := strings.Compare(string(a.Control), string(b.Control)); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.Subject), string(b.Subject)); c != 0 {
		return c
	}
	return strings.Compare(a.Path, b.Path)
}

// Files returns the bytes of the tree by path.
func (s *Set) Files() map[string][]byte {
	files := make(map[string][]byte, len(s.Artifacts))
	for _, a := range s.Artifacts {
		files[a.Path] = a.Data
	}
	return files
}
