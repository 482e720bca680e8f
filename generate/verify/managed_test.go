package verify

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Nothing is written for somebody else's control plane, and each control of a cluster is claimed by a file or attested
// by somebody, or the warning names it as missing: exactly one of the three.
func TestManagedControlPlaneIsAttestedOrMissing(t *testing.T) {
	l := model.Load("../testdata/managed", model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	missing := unattested(t, l)
	set, err := generate.Run(l.Spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	c := l.Spec.Clusters[0]
	for _, a := range set.Artifacts {
		if strings.HasPrefix(a.Path, generate.ControlPlaneDir(c)+"/") || path.Base(a.Path) == "kubeadm-config.yaml" {
			t.Errorf("%s is written", a.Path)
		}
	}
	result := Run(l.Spec, set.Files(), All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	claimed := func(id model.ControlID) bool {
		return slices.ContainsFunc(set.Claims, func(x model.Claim) bool { return x.Control == id && x.Subject == c.Addr() })
	}
	attested := func(id model.ControlID) bool {
		return slices.ContainsFunc(l.Spec.Attestations, func(a *model.Attestation) bool { return a.Control == id && a.Subject == c.Addr() })
	}
	listed := 0
	for _, x := range model.Controls {
		if x.Subject != "cluster" || x.Attested {
			continue // nobody's files show it, whoever runs the control plane
		}
		if x.ID == model.SignaturesEnforced {
			continue // only for a cluster that asks for signatures, which is no matter of the control plane
		}
		states := 0
		for _, is := range []bool{claimed(x.ID), attested(x.ID), slices.Contains(missing, string(x.ID))} {
			if is {
				states++
			}
		}
		if states != 1 {
			t.Errorf("%s: claimed %v, attested %v, named as missing %v", x.ID, claimed(x.ID), attested(x.ID), slices.Contains(missing, string(x.ID)))
		}
		if slices.Contains(missing, string(x.ID)) {
			listed++
		}
	}
	if listed != len(missing) {
		t.Errorf("the warning names %d controls, but only %d are a cluster's", len(missing), listed)
	}
}

// unattested returns the controls that the warning about the control plane names.
func unattested(t *testing.T, l *model.Loaded) []string {
	t.Helper()
	for _, d := range l.Diagnostics {
		if d.Summary == "Control plane not attested" {
			first, _, _ := strings.Cut(d.Detail, ". For each")
			_, names, ok := strings.Cut(first, "counts them as absent: ")
			if !ok {
				t.Fatalf("no list in %q", d.Detail)
			}
			return strings.Split(names, ", ")
		}
	}
	t.Fatalf("no warning: %s", l.Text())
	return nil
}
