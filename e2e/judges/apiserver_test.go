//go:build e2e

package judges_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// A real API server, with the real definitions of what Kubernetes does not have, takes every object of every example by
// server-side apply, as the tree's administrator, strictly and without a warning. Applying all of them again changes nothing,
// while all admission policies of the tree are in force. Then the real controllers make all pods under these policies, the levels and the quotas.
func TestTheAPIServerTakesTheExamples(t *testing.T) {
	for _, example := range examples(t) {
		t.Run(example.name, func(t *testing.T) { newHouse(t, example).makesPods(t, example) })
	}
}

// It also takes what no example asks for.
func TestTheAPIServerTakesWhatNoExampleHas(t *testing.T) {
	for _, name := range []string{"mesh"} {
		t.Run(name, func(t *testing.T) { takes(t, startServer(t), beside(t, name)) })
	}
}

// beside is the tree of a specification of the generator's own tests.
func beside(t *testing.T, name string) example {
	t.Helper()
	e, err := generate(filepath.Join(root, "generate", "testdata", name), "")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// takes applies a tree twice.
func takes(t *testing.T, s *apiserver.Server, e example) {
	t.Helper()
	installDefinitions(t, s, e.objects)
	objects := slices.Clone(e.objects)
	slices.SortStableFunc(objects, func(a, b judges.Object) int { return cmp.Compare(turn(a), turn(b)) })
	for _, name := range foreignNamespaces(objects) {
		apply(t, s, judges.Object{APIVersion: "v1", Kind: "Namespace", Name: name, YAML: []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n")})
	}
	versions := map[string]string{}
	for _, o := range objects {
		versions[o.ID()] = apply(t, s, o)
	}
	time.Sleep(2 * time.Second) // until the server's caches have the policies
	for _, o := range objects {
		again := apply(t, s, o)
		if again != versions[o.ID()] && slices.Contains(initialStatus, o.Kind) {
			versions[o.ID()], again = again, apply(t, s, o)
		}
		if again != versions[o.ID()] {
			t.Errorf("%s: applied again it is another one", o.ID())
		}
	}
	fmt.Printf("API server   %s %6d objects of %s applied twice\n", release, len(objects), e.name)
}

// initialStatus are the kinds whose definition gives a status to objects that have none. The server stores it when the object
// is written for the second time; in a cluster their controller has set it by then.
var initialStatus = []string{"Gateway", "GitRepository", "Kustomization"}

// No example asks for signatures; sigstore's own definition judges the policies of a specification that does. It knows all that is
// written, takes it and keeps it, and refuses a field that is misspelt.
func TestTheAPIServerTakesSignaturePolicies(t *testing.T) {
	e, err := generate(filepath.Join(root, "generate", "testdata", "addons"), "")
	if err != nil {
		t.Fatal(err)
	}
	policies := slices.DeleteFunc(e.objects, func(o judges.Object) bool { return o.Kind != "ClusterImagePolicy" })
	if len(policies) < 2 {
		t.Fatalf("%d policies: one with a key and one without are expected", len(policies))
	}
	s := startServer(t)
	installDefinitions(t, s, policies)
	for _, o := range policies {
		apply(t, s, o)
		var kept, written struct{ Spec any }
		if err := s.Get(t.Context(), "/apis/"+o.APIVersion+"/clusterimagepolicies/"+o.Name, &kept); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(o.YAML, &written); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(kept, written) {
			t.Errorf("%s: kept %v, written %v", o.ID(), kept, written)
		}
		wrong := bytes.Replace(o.YAML, []byte("authorities:"), []byte("authority:"), 1)
		if _, err := s.Apply(t.Context(), o.APIVersion, o.Kind, "", o.Name, wrong); err == nil {
			t.Errorf("%s: the API server takes a misspelt field", o.ID())
		}
	}
	fmt.Printf("API server   %s %6d policies about signatures, by policy-controller's definition\n", release, len(policies))
}

// What is not right is refused: a field that does not exist, and a pod below the level of its namespace.
func TestTheAPIServerRefusesWhatIsWrong(t *testing.T) {
	s := startServer(t)
	apply(t, s, judges.Object{APIVersion: "v1", Kind: "Namespace", Name: "strict",
		YAML: []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: strict, labels: {pod-security.kubernetes.io/enforce: restricted}}\n")})
	for kind, text := range map[string]string{
		"ConfigMap": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: strict}\ndatas: {a: b}\n",
		"Pod":       "apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: strict}\nspec: {hostPID: true, containers: [{name: a, image: b}]}\n",
	} {
		if _, err := s.Apply(t.Context(), "v1", kind, "strict", "x", []byte(text)); err == nil {
			t.Errorf("the API server takes %s", text)
		}
	}
}

func startServer(t *testing.T, flags ...string) *apiserver.Server {
	t.Helper()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	s, err := apiserver.Start(t.Context(), b, release, t.TempDir(), flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// turn says when an object is applied: namespaces before what is in them, and policies when there is nothing left that they
// could be asked about.
func turn(o judges.Object) int {
	switch o.Kind {
	case "Namespace":
		return 0
	case "ValidatingAdmissionPolicy":
		return 2
	case "ValidatingAdmissionPolicyBinding":
		return 3
	}
	return 1
}

// foreignNamespaces are those that the tree uses and does not make: what is installed beside it brings them.
func foreignNamespaces(objects []judges.Object) []string {
	var names []string
	for _, o := range objects {
		made := func(n judges.Object) bool { return n.Kind == "Namespace" && n.Name == o.Namespace }
		if o.Namespace != "" && !slices.ContainsFunc(objects, made) {
			names = append(names, o.Namespace)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// apply applies an object and returns its version.
func apply(t *testing.T, s *apiserver.Server, o judges.Object) string {
	t.Helper()
	said, err := s.Apply(t.Context(), o.APIVersion, o.Kind, o.Namespace, o.Name, o.YAML)
	if err != nil {
		t.Errorf("%s: %v", o.ID(), err)
		return ""
	}
	for _, w := range said.Warnings {
		if o.Kind != "CustomResourceDefinition" { // not ours
			t.Errorf("%s: warning: %s", o.ID(), w)
		}
	}
	return said.Version
}

// installDefinitions applies the definitions of those kinds of objects that Kubernetes does not have.
func installDefinitions(t *testing.T, s *apiserver.Server, objects []judges.Object) {
	t.Helper()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range build.Definitions() {
		dir, err := b.Binaries(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(dir, c.Data[0], "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for doc := range bytes.SplitSeq(append([]byte("\n"), text...), []byte("\n---\n")) {
				installDefinition(t, s, doc, objects)
			}
		}
	}
}

// unconverted is a definition without the controller that translates between its versions: none runs here.
func unconverted(t *testing.T, text []byte) []byte {
	t.Helper()
	var crd map[string]any
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	spec, ok := crd["spec"].(map[string]any)
	if !ok || spec["conversion"] == nil {
		return text
	}
	spec["conversion"] = map[string]any{"strategy": "None"}
	text, err := yaml.Marshal(crd)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func installDefinition(t *testing.T, s *apiserver.Server, text []byte, objects []judges.Object) {
	t.Helper()
	var crd struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct {
			Group string
			Names struct{ Kind, Plural string }
		}
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	used := func(o judges.Object) bool {
		return o.Kind == crd.Spec.Names.Kind && strings.HasPrefix(o.APIVersion, crd.Spec.Group+"/")
	}
	i := slices.IndexFunc(objects, used)
	if crd.Kind != "CustomResourceDefinition" || i < 0 {
		return
	}
	apply(t, s, judges.Object{APIVersion: "apiextensions.k8s.io/v1", Kind: crd.Kind, Name: crd.Metadata.Name, YAML: unconverted(t, text)})
	var list any
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		err := s.Get(t.Context(), "/apis/"+objects[i].APIVersion+"/"+crd.Spec.Names.Plural, &list)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %v", crd.Metadata.Name, err)
		}
	}
}

// Two namespaces publish through one ingress controller. The objects are taken, and what one of them writes for a host of the
// other is refused by the tree's policy, with a message that says what to do.
func TestTheAPIServerRefusesForeignIngresses(t *testing.T) {
	s := startServer(t)
	takes(t, s, beside(t, "ingress"))
	const refused = "bartizan-ingresses: "
	for _, test := range []struct{ name, metadata, spec, want string }{
		{"own", "", "ingressClassName: haproxy, tls: [{hosts: [blog.example.com], secretName: t}], rules: [{host: blog.example.com}]", ""},
		{"foreign", "", "ingressClassName: haproxy, rules: [{host: shop.example.com}]", refused + "the namespace does not publish this host"},
		{"any", "", "ingressClassName: haproxy, defaultBackend: {service: {name: site, port: {number: 80}}}", refused + "the namespace does not publish this host"},
		{"class", "", "ingressClassName: nginx, rules: [{host: blog.example.com}]", refused + "the namespace does not publish this host"},
		{"backend", "", "ingressClassName: haproxy, defaultBackend: {service: {name: site, port: {number: 80}}}, rules: [{host: blog.example.com}]", refused + "a default backend"},
		{"certificate", "", "ingressClassName: haproxy, tls: [{hosts: [shop.example.com], secretName: t}], rules: [{host: blog.example.com}]", refused + "a certificate is for a host"},
		{"orders", ", annotations: {haproxy-ingress.github.io/config-backend: x}", "ingressClassName: haproxy, rules: [{host: blog.example.com}]", refused + "annotations give"},
	} {
		rules := strings.ReplaceAll(test.spec, ".com}]", ".com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: site, port: {number: 80}}}}]}}]")
		text := "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + test.name + ", namespace: blog" + test.metadata + "}\nspec: {" + rules + "}\n"
		_, err := s.Apply(t.Context(), "networking.k8s.io/v1", "Ingress", "blog", test.name, []byte(text))
		if got := fmt.Sprint(err); test.want == "" && err != nil || !strings.Contains(got, test.want) {
			t.Errorf("%s: %s, not %q", test.name, got, test.want)
		}
	}
}
