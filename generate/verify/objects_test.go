package verify

import (
	"maps"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

const listOf = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"

var smallTree = map[string]string{
	"clusters/c/manifests/platform/kustomization.yaml": listOf + "- a.yaml\n",
	"clusters/c/manifests/platform/a.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n" +
		"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: cart\n  namespace: shop\n",
}

func objectsOf(tree map[string]string, edit map[string]string) *Objects {
	files := map[string][]byte{}
	for f, s := range tree {
		files[f] = []byte(s)
	}
	for f, s := range edit {
		files[f] = []byte(s)
	}
	p := &Pass{Spec: &model.Spec{}, Files: files, cache: newCache()}
	return p.Objects(&model.Cluster{Name: "c"})
}

func TestObjectsAreReadThroughKustomizations(t *testing.T) {
	o := objectsOf(smallTree, nil)
	if !o.Complete || len(o.problems) > 0 {
		t.Fatalf("problems: %v", o.problems)
	}
	if _, ok := o.One("", "ServiceAccount", "shop", "cart"); !ok || len(o.All) != 2 {
		t.Errorf("objects: %v", o.All)
	}
}

// Each edit hides an object from a careless reader, or changes what is applied.
func TestUnsafeFilesAreNotRead(t *testing.T) {
	const k, a = "clusters/c/manifests/platform/kustomization.yaml", "clusters/c/manifests/platform/a.yaml"
	role := "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x, namespace: shop}\n"
	for name, edit := range map[string]map[string]string{
		"document marker with a comment":    {a: smallTree[a] + "--- # next\n" + role},
		"document marker with content":      {a: smallTree[a] + "--- {kind: Role}\n"},
		"end marker":                        {a: smallTree[a] + "...\n" + role},
		"carriage return as line break":     {a: smallTree[a] + "\r---\r" + role},
		"line separator":                    {a: smallTree[a] + "# \u2028---\u2028" + role},
		"byte order mark":                   {a: "\ufeff" + smallTree[a]},
		"directive":                         {a: "%YAML 1.2\n---\n" + smallTree[a]},
		"unknown field":                     {a: smallTree[a] + "automountServiceAccountTokens: false\n"},
		"field in another case":             {a: smallTree[a] + "AutomountServiceAccountToken: false\n"},
		"repeated field":                    {a: smallTree[a] + "kind: ServiceAccount\n"},
		"list of objects":                   {a: "apiVersion: v1\nkind: List\nitems: []\n"},
		"typed list":                        {a: "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBindingList\nitems: []\n"},
		"old version of a known group":      {a: strings.Replace(role, "/v1\n", "/v1beta1\n", 1)},
		"missing namespace":                 {a: strings.Replace(role, ", namespace: shop", "", 1)},
		"namespace on a cluster-wide kind":  {a: "apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n"},
		"generated name":                    {a: strings.Replace(role, "name: x", "generateName: x", 1)},
		"object twice":                      {a: smallTree[a] + "---\n" + smallTree[a]},
		"kustomization with patches":        {k: smallTree[k] + "patches:\n- path: p.yaml\n"},
		"kustomization with a generator":    {k: smallTree[k] + "generators: [g.yaml]\n"},
		"kustomization with a name prefix":  {k: smallTree[k] + "namePrefix: x-\n"},
		"kustomization in another case":     {k: smallTree[k] + "Patches:\n- path: p.yaml\n"},
		"kustomization with a remote base":  {k: smallTree[k] + "- https://example.com/x.yaml\n"},
		"kustomization that leaves":         {k: smallTree[k] + "- ../x.yaml\n"},
		"kustomization that lists nothing":  {k: smallTree[k] + "- missing\n"},
		"second kustomization":              {"clusters/c/manifests/platform/kustomization.yml": smallTree[k]},
		"kustomization in two documents":    {k: smallTree[k] + "---\n" + smallTree[k]},
		"kustomization is a component":      {k: strings.Replace(smallTree[k], "kind: Kustomization", "kind: Component", 1)},
		"file listed twice":                 {k: smallTree[k] + "- a.yaml\n"},
		"kustomization under another name":  {"clusters/c/manifests/gitops/x/Kustomization": listOf},
		"directory without a kustomization": {k: smallTree[k] + "- sub\n", "clusters/c/manifests/platform/sub/b.yaml": role},
	} {
		t.Run(name, func(t *testing.T) {
			o := objectsOf(smallTree, edit)
			if o.Complete || len(o.problems) == 0 {
				t.Errorf("read as complete: %v", o.All)
			}
		})
	}
}

func TestFilesThatNothingAppliesAreReported(t *testing.T) {
	edit := maps.Clone(smallTree)
	edit["clusters/c/manifests/platform/b.yaml"] = "apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n"
	o := objectsOf(smallTree, edit)
	if !o.Complete || len(o.problems) != 1 || o.problems[0].Path != "clusters/c/manifests/platform/b.yaml" {
		t.Errorf("problems: %v", o.problems)
	}
}

// An unknown kind of another group is kept as it is.
func TestForeignKindsAreKept(t *testing.T) {
	edit := map[string]string{"clusters/c/manifests/platform/a.yaml": "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {name: a, namespace: b}\nspec: {}\n"}
	o := objectsOf(smallTree, edit)
	if !o.Complete || len(o.All) != 1 || o.All[0].GVK.Group != "cilium.io" {
		t.Errorf("problems: %v, objects: %v", o.problems, o.All)
	}
}
