//go:build e2e

package verify

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// A real API server is given the accounts, roles and bindings of each example, and asked what every account, group and user
// may do in each namespace. It must say what our evaluator makes of the files.
func TestRightsOfExamplesAreWhatARealAPIServerSays(t *testing.T) {
	for name, files := range map[string][]string{
		"online-boutique": nil, "minimal": nil, "astronomy-shop": nil, "platform": nil,
		"estate": {"../../examples/estate/environments/staging.vars.hcl"},
	} {
		t.Run(name, func(t *testing.T) {
			l := model.Load("../../examples/"+name, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), VarFiles: files})
			if l.HasErrors() {
				t.Fatal(l.Text())
			}
			set, err := generate.Run(l.Spec, generate.All)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range l.Spec.Clusters {
				compareRights(t, name, (&Pass{Spec: l.Spec, Files: set.Files(), result: &Result{}, cache: newCache()}).Objects(c))
			}
		})
	}
}

func compareRights(t *testing.T, name string, o *Objects) {
	t.Helper()
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	s, err := apiserver.Start(t.Context(), &build.Builder{Cache: cache, Log: os.Stderr}, "v1.36.4", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	// Namespaces first: those of the tree and those that others bring.
	granting := []string{"ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"}
	namespaces := map[string]bool{}
	for _, x := range o.All {
		switch {
		case x.GVK.Kind == "Namespace":
			namespaces[x.Name] = true
		case x.Namespace != "" && slices.Contains(granting, x.GVK.Kind):
			namespaces[x.Namespace] = true
		}
	}
	for n := range namespaces {
		applyTo(t, s, "v1", "Namespace", "", n, map[string]any{"metadata": map[string]any{"name": n}})
	}
	for _, x := range o.All {
		if slices.Contains(granting, x.GVK.Kind) {
			applyTo(t, s, x.GVK.GroupVersion().String(), x.GVK.Kind, x.Namespace, x.Name, x.Value)
		}
	}
	want := rightsOf(o)
	subjects, where, err := apiserver.Subjects(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := apiserver.Rights(t.Context(), s.Review, subjects, where)
	if err != nil {
		t.Fatal(err)
	}
	different := apiserver.Differences(got, want)
	for _, d := range different[:min(len(different), 20)] {
		t.Error(d)
	}
	fmt.Printf("API server   %s: %d accounts, groups and users in %d namespaces: %d lines of rights, %d differ\n", name, len(subjects), len(where), len(got), len(different))
}

func applyTo(t *testing.T, s *apiserver.Server, apiVersion, kind, namespace, name string, value any) {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{}
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	object["apiVersion"], object["kind"] = apiVersion, kind
	if text, err = json.Marshal(object); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), apiVersion, kind, namespace, name, text); err != nil {
		t.Fatalf("%s/%s: %v", kind, name, err)
	}
}
