package threatmodel

import (
	"regexp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Carrier is a kind of generated file that brings other files to where they act. Wrong or missing, it takes with it whatever
// they prove, all at once. So it is no fault beside theirs but a part of the trusted base: one for each cluster.
type Carrier struct {
	ID    string // "machine-files"
	Title string // in the report, before the cluster's name
	// Files are the carriers, Carried what they bring. A carrier brings the files for which the groups "at" of both are
	// equal.
	Files, Carried *regexp.Regexp
	Trust          Trust
}

// Carriers are the kinds of files that carry others.
var Carriers = []*Carrier{
	{
		ID: "machine-files", Title: "the files that bring all others to the machines",
		Files:   regexp.MustCompile(`^(?P<at>clusters/[^/]+/(nodes|access)/.*)/(cloud-init.yaml|install.sh)$`),
		Carried: regexp.MustCompile(`^(?P<at>clusters/[^/]+/(nodes|access)/.*)/[^/]+$`),
		Trust: Trust{
			Owner:      "whoever approves changes of the tree, and whoever hands user data to machines",
			Reason:     "A machine gets its files by cloud-init.yaml or install.sh, all of them or none: what is left out there stands nowhere.",
			Mitigation: "bartizan verify compares every byte that they carry with the files beside them; run it from a pinned release before each merge, and kube-bench on the machines afterwards.",
		},
	},
	{
		ID: "object-lists", Title: "the lists of what is applied",
		Files:   regexp.MustCompile(`^(?P<at>clusters/[^/]+/manifests)/.*kustomization.yaml$`),
		Carried: regexp.MustCompile(`^(?P<at>clusters/[^/]+/manifests)/.*$`),
		Trust: Trust{
			Owner:      "whoever approves changes of the tree: CODEOWNERS asks the owners of the guards",
			Reason:     "What no kustomization.yaml names is not applied, and what one names besides is.",
			Mitigation: "bartizan verify follows them as Kustomize does and proves nothing about objects while one says anything else; a GitOps controller reports what it cannot build, and kubectl diff --kustomize shows what is missing.",
		},
	},
}

// Brings reports whether the file is a carrier of one of the others.
func (c *Carrier) Brings(file string, others ...string) bool {
	at, ok := carrierGroup(c.Files, file)
	return ok && slices.ContainsFunc(others, func(x string) bool {
		other, ok := carrierGroup(c.Carried, x)
		return ok && other == at
	})
}

// carrierGroup returns what the group "at" matches.
func carrierGroup(r *regexp.Regexp, file string) (string, bool) {
	m := r.FindStringSubmatch(file)
	if m == nil {
		return "", false
	}
	return m[r.SubexpIndex("at")], true
}

// carriers are the parts of the trusted base that carry files which prove controls, with the steps that are open once all
// that they carry is gone.
func (a *analysis) carriers() []*Trusted {
	var all []*Trusted
	for _, c := range a.g.Spec.Clusters {
		for _, x := range Carriers {
			gone := map[model.Hold]bool{}
			for _, h := range a.g.holds {
				gone[h] = a.up(h) && slices.ContainsFunc(a.posture[h].Files(), func(file string) bool {
					at, ok := carrierGroup(x.Carried, file)
					return ok && strings.HasPrefix(at+"/", "clusters/"+c.Name+"/")
				})
			}
			t := &Trusted{Atom: &Atom{ID: "B:" + x.ID + "@" + string(c.Addr()), Class: TrustedBase, Title: x.Title + " of cluster " + c.Name, Trust: &x.Trust}}
			for _, e := range a.g.Edges {
				stopped := slices.ContainsFunc(e.Blockers, a.up)
				if stopped && !slices.ContainsFunc(e.Blockers, func(h model.Hold) bool { return a.up(h) && !gone[h] }) {
					t.add(e.Title)
				}
			}
			if t.Total > 0 {
				all = append(all, t)
			}
		}
	}
	return all
}
