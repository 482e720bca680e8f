package verify

import (
	goflag "flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/bartizan-dev/bartizan/generate"
)

var update = goflag.Bool("update", false, "write golden files anew")

// rightsOf lists what every account, group and user of a cluster may do in each namespace, and in one that the tree says
// nothing about: a line for each object or resource with all verbs, sorted.
func rightsOf(o *Objects) []string {
	r := newRBAC(o)
	who := map[string]identity{}
	namespaces := map[string]bool{"default": true}
	account := func(namespace, name string) {
		who["account "+namespace+"/"+name] = accountIdentity(namespace, name)
	}
	for _, n := range Typed[*corev1.Namespace](o) {
		namespaces[n.Name] = true
		account(n.Name, "default")
	}
	for _, a := range Typed[*corev1.ServiceAccount](o) {
		account(a.Namespace, a.Name)
	}
	for _, g := range r.grants {
		for _, s := range g.subjects {
			switch s.Kind {
			case rbacv1.GroupKind:
				who["group "+s.Name] = groupIdentity(s.Name)
			case rbacv1.UserKind:
				who["user "+s.Name] = identity{user: s.Name, groups: []string{"system:authenticated"}}
			default:
				account(s.Namespace, s.Name)
			}
		}
	}
	var lines []string
	for name, id := range who {
		for namespace := range namespaces {
			verbs := map[string][]string{}
			for _, g := range r.of(id) {
				if g.namespace != "" && g.namespace != namespace {
					continue
				}
				for _, rule := range g.rules {
					for _, x := range rights(namespace, rule) {
						what := x.resource + x.url
						if x.group != "" {
							what += "." + x.group
						}
						if x.name != "" {
							what += fmt.Sprintf(" %q", x.name)
						}
						verbs[what] = append(verbs[what], x.verb)
					}
				}
			}
			for what, list := range verbs {
				slices.Sort(list)
				lines = append(lines, fmt.Sprintf("%s in %s: %s %s", name, namespace, strings.Join(slices.Compact(list), ","), what))
			}
			if len(verbs) == 0 {
				lines = append(lines, fmt.Sprintf("%s in %s: nothing", name, namespace))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// What the evaluator makes of an example stands in a file. The end-to-end test asks a real API server for the same of every
// account and group, so that the evaluator is held to it.
func TestRightsAreWhatTheAPIServerSays(t *testing.T) {
	const golden = "../../e2e/testdata/rights.txt"
	spec := loadExample(t, "../../examples/online-boutique")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	p := &Pass{Spec: spec, Files: set.Files(), cache: newCache()}
	got := rightsOf(p.Objects(spec.Clusters[0]))
	if *update {
		if err := os.WriteFile(golden, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.FromSlash(golden))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(slices.Collect(strings.Lines(string(text))), slices.Collect(strings.Lines(strings.Join(got, "\n")+"\n"))); d != "" {
		t.Errorf("-file +evaluator:\n%s", d)
	}
}
