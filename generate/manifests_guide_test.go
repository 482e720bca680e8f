package generate

import (
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"github.com/bartizan-dev/bartizan/model"
)

func TestManifestsGuideNamesWhatIsWritten(t *testing.T) {
	kinds := kindsBelow([]Artifact{
		{Path: "clusters/a/manifests/x/a.yaml", Data: []byte("apiVersion: v1\nkind: Secret\n---\napiVersion: cilium.io/v2\nkind: B\nspec:\n  apiVersion: argoproj.io/v1\n  kind: C\n")},
		{Path: "clusters/a/manifests/x/b.yaml", Data: []byte("apiVersion: apps/v1\nkind: D\n---\napiVersion: cilium.io/v2\nkind: A\n---\napiVersion: cilium.io/v2\nkind: B\n")},
		{Path: "clusters/a/manifests/x/README.md", Data: []byte("apiVersion: external-secrets.io/v1\nkind: E\n")},
		{Path: "clusters/ab/manifests/a.yaml", Data: []byte("apiVersion: gateway.networking.k8s.io/v1\nkind: F\n")},
	}, "clusters/a/manifests")
	if diff := cmp.Diff(map[string][]string{"v1": {"Secret"}, "apps/v1": {"D"}, "cilium.io/v2": {"A", "B"}}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	doc := manifestsDoc(kinds, &model.Cluster{})
	if !strings.Contains(doc, "- `cilium.io/v2` (A, B): Cilium") || strings.Contains(doc, "argoproj.io") || strings.Contains(doc, "apps/v1") || strings.Contains(doc, "quota") {
		t.Errorf("a cluster with one Cilium policy and no namespace:\n%s", doc)
	}
	if doc := manifestsDoc(nil, &model.Cluster{Namespaces: []*model.Namespace{{}}}); strings.Contains(doc, "CRDs") || !strings.Contains(doc, "object has been modified") {
		t.Errorf("a cluster with a namespace and none of the kinds:\n%s", doc)
	}
}

// ownKinds knows the kinds that Kubernetes has without any definition.
func ownKinds(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, nodev1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme, schedulingv1.AddToScheme,
	} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// allSpecifications reads every specification of the examples and of the tests, by directory.
func allSpecifications(t *testing.T) map[string]*model.Spec {
	t.Helper()
	specs := map[string]*model.Spec{}
	for _, pattern := range []string{"../examples/*/*.hcl", "testdata/*/*.hcl", "testdata/shapes/*/*.hcl", "../model/testdata/sketch/*.hcl", "../model/testdata/everything/*.hcl"} {
		files, err := filepath.Glob(pattern)
		if err != nil || files == nil {
			t.Fatalf("%s: no specification: %v", pattern, err)
		}
		for _, file := range files {
			dir := filepath.Dir(file)
			if specs[dir] != nil {
				continue
			}
			o := model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
			if values, _ := filepath.Glob(dir + "/environments/staging.vars.hcl"); values != nil {
				o.VarFiles = values
			}
			loaded := model.Load(dir, o)
			if loaded.HasErrors() {
				t.Fatal(loaded.Text())
			}
			specs[dir] = loaded.Spec
		}
	}
	return specs
}

var neededKinds = regexp.MustCompile("(?m)^- `([^`]+)` \\(([^)]+)\\): (.+)$")

// What must be in a cluster before the manifests is said in their README: each kind that Kubernetes does not have, and none
// that is not written. Every line of the table is needed by some specification.
func TestManifestsGuideNamesEveryKindThatKubernetesDoesNotHave(t *testing.T) {
	own := ownKinds(t)
	used := map[string]bool{}
	for name, spec := range allSpecifications(t) {
		set, err := Run(spec, All)
		if err != nil {
			t.Fatal(err)
		}
		files := set.Files()
		for _, c := range spec.Clusters {
			dir, want, got := ManifestsDir(c), map[string]bool{}, map[string]bool{}
			for _, file := range slices.Sorted(maps.Keys(files)) {
				if strings.HasPrefix(file, dir+"/") && filepath.Ext(file) == ".yaml" {
					foreignKinds(t, own, file, files[file], want)
				}
			}
			for _, line := range neededKinds.FindAllStringSubmatch(string(files[dir+"/README.md"]), -1) {
				for kind := range strings.SplitSeq(line[2], ", ") {
					got[line[1]+" "+kind] = true
					group, _, _ := strings.Cut(line[1], "/")
					used[group] = true
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: kinds in the manifests of %s and in their README (-manifests +README):\n%s", name, c.Name, diff)
			}
		}
	}
	for _, r := range customResources {
		if !used[r.group] {
			t.Errorf("no specification has a kind of %s", r.group)
		}
	}
}

// foreignKinds adds the kinds of the file's objects that Kubernetes does not have. kustomize reads its own files, which no
// cluster sees.
func foreignKinds(t *testing.T, own *runtime.Scheme, name string, data []byte, to map[string]bool) {
	t.Helper()
	d := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), 4096)
	for {
		var object struct {
			runtime.TypeMeta `json:",inline"`
		}
		err := d.Decode(&object)
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		gvk := object.GroupVersionKind()
		if gvk.Group == "" && gvk.Kind == "List" {
			t.Errorf("%s holds a List, of which the README names no kinds", name)
		}
		if gvk.Group != "kustomize.config.k8s.io" && gvk.Kind != "" && !own.Recognizes(gvk) {
			to[object.APIVersion+" "+object.Kind] = true
		}
	}
}
