package verify

import (
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// loosening is an edit of the policies about DNS names that opens something.
type loosening struct {
	change string
	path   string // of the edited file, or of a further one in a directory that has files
	after  string // what stands before the edit
	old    string // "": new is a further file
	new    string
	// control of the subject is no longer proved then. "": one that the specification cannot have; a finding alone is wanted.
	control model.ControlID
	subject model.Address
}

// try edits the tree of a specification for the network plugin. The finding is in the edited file or one of the others.
func (l loosening) try(t *testing.T, cni model.CNI, others ...string) {
	t.Helper()
	spec := namesSpec(cni)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	want := model.Hold{Control: l.control, Subject: l.subject}
	if before := Run(spec, clean, []*Check{networkPolicyCheck}); l.control != "" && !holds(before, want) || len(before.Findings) > 0 {
		t.Fatalf("before the change: proved %v, %v", holds(before, want), before.Findings)
	}
	files := maps.Clone(clean)
	if l.old == "" {
		list := path.Dir(l.path) + "/kustomization.yaml"
		files[l.path] = []byte(l.new)
		files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- "+path.Base(l.path)+"\n", 1))
	} else {
		head, text := "", string(files[l.path])
		if i := strings.Index(text, l.after); i > 0 {
			head, text = text[:i], text[i:]
		}
		if !strings.Contains(text, l.old) {
			t.Fatalf("no %q in\n%s", l.old, text)
		}
		files[l.path] = []byte(head + strings.Replace(text, l.old, l.new, 1))
	}
	result := Run(spec, files, []*Check{networkPolicyCheck})
	if holds(result, want) {
		t.Error("still proved")
	}
	if !slices.ContainsFunc(result.Findings, func(f Finding) bool {
		return f.Message != "" && f.Object != "" && slices.Contains(append(others, l.path), f.Path)
	}) {
		t.Errorf("no finding in %s: %v", l.path, result.Findings)
	}
}
