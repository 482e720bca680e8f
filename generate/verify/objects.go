package verify

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Object is one Kubernetes object that the tree applies to a cluster.
type Object struct {
	Path      string // of the file that holds it
	GVK       schema.GroupVersionKind
	Namespace string // empty for cluster-scoped objects
	Name      string
	// Value is the typed object, for example *appsv1.Deployment, or *unstructured.Unstructured for kinds that
	// Kubernetes itself does not define.
	Value runtime.Object
}

// String returns kind, namespace and name: "Deployment/shop/cart".
func (o Object) String() string {
	if o.Namespace == "" {
		return o.GVK.Kind + "/" + o.Name
	}
	return o.GVK.Kind + "/" + o.Namespace + "/" + o.Name
}

// At names a place in the object for [Finding.Object]: "Deployment/shop/cart: spec.replicas".
func (o Object) At(field string) string { return o.String() + ": " + field }

// Objects is what the tree applies to one cluster.
type Objects struct {
	All []Object // by path, then position in the file
	// Complete reports that every file that is applied was read. Where it is false, nothing that follows from the
	// absence of an object is proved: an account may hold rights that nobody saw.
	Complete bool

	problems []Finding
	index    map[objectID][]int
}

type objectID struct {
	group, kind, namespace, name string
}

// One returns the only object of that group, kind and name; ok is false where there is none, or more than one.
func (o *Objects) One(group, kind, namespace, name string) (Object, bool) {
	found := o.index[objectID{group, kind, namespace, name}]
	if len(found) != 1 {
		return Object{}, false
	}
	return o.All[found[0]], true
}

// Typed returns all objects of the Go type, for example Typed[*corev1.Service](objects).
func Typed[T runtime.Object](o *Objects) []TypedObject[T] {
	var all []TypedObject[T]
	for _, x := range o.All {
		if v, ok := x.Value.(T); ok {
			all = append(all, TypedObject[T]{x, v})
		}
	}
	return all
}

// TypedObject is an object together with its value in its own type.
type TypedObject[T runtime.Object] struct {
	Object
	Typed T
}

// Objects returns what the tree applies to the cluster: the objects that a kustomization reaches from
// manifests/platform, manifests/namespaces or manifests/gitops/NAME. Other files have no effect and prove nothing.
func (p *Pass) Objects(c *model.Cluster) *Objects {
	if o := p.cache.objects[c.Name]; o != nil {
		return o
	}
	if p.cache.objects == nil {
		p.cache.objects = map[string]*Objects{}
	}
	r := &reader{
		decode:  p.cache.decode,
		files:   p.Files,
		seen:    map[string]bool{},
		objects: &Objects{Complete: true, index: map[objectID][]int{}},
	}
	manifests := path.Join(generate.ClusterDir(c), "manifests")
	for _, dir := range kustomizationRoots(p.Files, manifests) {
		r.directory(dir)
	}
	r.unreached(manifests)
	r.finish()
	p.cache.objects[c.Name] = r.objects
	return r.objects
}

// kustomizationRoots returns the directories that people and GitOps controllers apply.
func kustomizationRoots(files map[string][]byte, manifests string) []string {
	var roots []string
	for f := range files {
		dir, name := path.Split(f)
		dir = path.Clean(dir)
		rel, ok := strings.CutPrefix(dir, manifests+"/")
		if ok && isKustomization(name) && (rel == "platform" || rel == "namespaces" || path.Dir(rel) == "gitops") {
			roots = append(roots, dir)
		}
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// isKustomization reports whether Kustomize takes the file name for its own. It accepts three.
func isKustomization(name string) bool {
	return name == "kustomization.yaml" || name == "kustomization.yml" || name == "Kustomization"
}

// reader follows kustomizations and decodes what they list.
type reader struct {
	decode  func(doc []byte) (Object, error)
	files   map[string][]byte
	seen    map[string]bool // files and directories
	objects *Objects
}

func (r *reader) problem(file, object, message string, args ...any) {
	r.objects.Complete = false
	r.objects.problems = append(r.objects.problems, Finding{Path: file, Object: object, Message: fmt.Sprintf(message, args...)})
}

// kustomizationFile is what a kustomization may say. Everything else that Kustomize knows (patches, generators,
// transformers, components, Helm charts, remote bases) changes what is applied without a manifest that shows it.
type kustomizationFile struct {
	APIVersion  string   `json:"apiVersion"`
	Kind        string   `json:"kind"`
	Resources   []string `json:"resources"`
	SortOptions struct {
		Order string `json:"order"`
	} `json:"sortOptions"`
}

func (r *reader) directory(dir string) {
	if r.seen[dir] {
		r.problem(path.Join(dir, "kustomization.yaml"), "", "The directory is applied twice.")
		return
	}
	r.seen[dir] = true
	file := path.Join(dir, "kustomization.yaml")
	r.seen[file] = true
	data, ok := r.files[file]
	if !ok {
		r.problem(file, "", "The directory is applied, but has no kustomization.yaml.")
		return
	}
	for _, other := range []string{"kustomization.yml", "Kustomization"} {
		if _, ok := r.files[path.Join(dir, other)]; ok {
			r.problem(path.Join(dir, other), "", "A second kustomization stands beside kustomization.yaml.")
		}
	}
	docs, err := splitYAML(data)
	if err != nil || len(docs) != 1 {
		r.problem(file, "", "A kustomization is one plain YAML document (%v).", err)
		return
	}
	var k kustomizationFile
	if err := decodeStrict(docs[0], &k); err != nil {
		r.problem(file, "", "The kustomization says more than which files are applied: %v.", err)
		return
	}
	if k.APIVersion != "kustomize.config.k8s.io/v1beta1" || k.Kind != "Kustomization" {
		r.problem(file, "", "%s %s is no Kustomization.", k.APIVersion, k.Kind)
		return
	}
	for _, res := range k.Resources {
		r.resource(file, res)
	}
}

func (r *reader) resource(list, res string) {
	target := path.Join(path.Dir(list), res)
	if path.IsAbs(res) || path.Clean(res) != res || strings.HasPrefix(res, "..") || strings.Contains(res, ":") {
		r.problem(list, "resources", "%q leaves the directory.", res)
		return
	}
	if data, ok := r.files[target]; ok {
		if r.seen[target] {
			r.problem(target, "", "The file is applied twice.")
			return
		}
		r.seen[target] = true
		r.file(target, data)
		return
	}
	r.directory(target)
}

func (r *reader) file(file string, data []byte) {
	docs, err := splitYAML(data)
	if err != nil {
		r.problem(file, "", "The file cannot be read safely: %v.", err)
		return
	}
	for _, doc := range docs {
		o, err := r.decode(doc)
		if err != nil {
			r.problem(file, o.String(), "The object does not decode: %v.", err)
			continue
		}
		o.Path = file
		r.objects.All = append(r.objects.All, o)
	}
}

// unreached reports YAML files that nothing applies. They prove nothing; a person who put one there believes that it
// has an effect.
func (r *reader) unreached(manifests string) {
	for f := range r.files {
		if !strings.HasPrefix(f, manifests+"/") || r.seen[f] || r.inComponent(f) {
			continue
		}
		if ext := path.Ext(f); ext == ".yaml" || ext == ".yml" || ext == ".json" || isKustomization(path.Base(f)) {
			r.objects.problems = append(r.objects.problems, Finding{Path: f, Message: "No kustomization lists the file: it is not applied."})
		}
	}
}

// inComponent reports whether the file belongs to a component for a team's own manifests. Components are applied by
// that team's kustomization, which is not part of the tree.
func (r *reader) inComponent(f string) bool {
	data, ok := r.files[path.Join(path.Dir(f), "kustomization.yaml")]
	if !ok {
		return false
	}
	var k struct {
		Kind string `json:"kind"`
	}
	return yaml.Unmarshal(data, &k) == nil && k.Kind == "Component"
}

// finish indexes the objects. Of two objects with one name the one applied last wins, and which that is no file says.
func (r *reader) finish() {
	o := r.objects
	slices.SortStableFunc(o.All, func(a, b Object) int { return strings.Compare(a.Path, b.Path) })
	for i, x := range o.All {
		id := objectID{x.GVK.Group, x.GVK.Kind, x.Namespace, x.Name}
		o.index[id] = append(o.index[id], i)
	}
	for _, id := range slices.SortedFunc(maps.Keys(o.index), compareIDs) {
		if found := o.index[id]; len(found) > 1 {
			for _, i := range found {
				r.problem(o.All[i].Path, o.All[i].String(), "The object is defined %d times.", len(found))
			}
		}
	}
}

func compareIDs(a, b objectID) int {
	return strings.Compare(a.group+"\x00"+a.kind+"\x00"+a.namespace+"\x00"+a.name, b.group+"\x00"+b.kind+"\x00"+b.namespace+"\x00"+b.name)
}

// object decodes one YAML document. On an error the object is as far as it was read.
func (d *decoder) object(doc []byte) (Object, error) {
	data, err := strictJSON(doc)
	if err != nil {
		return Object{}, err
	}
	u := &unstructured.Unstructured{}
	if err := json.UnmarshalCaseSensitivePreserveInts(data, &u.Object); err != nil {
		return Object{}, err
	}
	gvk := u.GroupVersionKind()
	o := Object{GVK: gvk, Namespace: u.GetNamespace(), Name: u.GetName(), Value: u}
	switch {
	case gvk.Kind == "" || gvk.Version == "":
		return o, fmt.Errorf("apiVersion or kind is missing")
	case strings.HasSuffix(gvk.Kind, "List") || u.IsList():
		return o, fmt.Errorf("a list hides its objects; write one document for each")
	case o.Name == "" || u.GetGenerateName() != "":
		return o, fmt.Errorf("metadata.name is missing or generated")
	case !d.groups[gvk.Group]:
		return o, nil
	case !d.scheme.Recognizes(gvk):
		return o, fmt.Errorf("no %s in %s is known that could be judged", gvk.Kind, gvk.GroupVersion())
	}
	value, _, err := d.serializer.Decode(data, nil, nil)
	if err != nil {
		return o, err
	}
	o.Value = value
	if clusterScoped[gvk.Kind] != (o.Namespace == "") {
		return o, fmt.Errorf("metadata.namespace is missing or out of place")
	}
	return o, nil
}

// decodeStrict decodes one YAML document, or an object of a kind that Kubernetes does not define, into a type of ours.
// Unknown and repeated fields are errors, and the case of names counts, as it does for the API server.
func decodeStrict(doc []byte, into any) error {
	data, err := strictJSON(doc)
	if err != nil {
		return err
	}
	strict, err := json.UnmarshalStrict(data, into)
	return errors.Join(append(strict, err)...)
}

// decodeObject decodes an object of a kind that Kubernetes does not define into a type of ours, strictly.
func decodeObject(u *unstructured.Unstructured, into any) error {
	data, err := u.MarshalJSON()
	if err != nil {
		return err
	}
	return decodeStrict(data, into)
}

// splitYAML splits a file into its documents. It refuses what parsers read differently: other line breaks, byte order
// marks, directives, document markers with something behind them. A parser that stops at the first document would
// otherwise prove a file by its harmless half.
func splitYAML(data []byte) ([][]byte, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8")
	}
	if i := bytes.IndexAny(data, "\r\x00\ufeff\u0085\u2028\u2029"); i >= 0 {
		return nil, fmt.Errorf("byte %d is a character that YAML parsers read differently", i)
	}
	var docs [][]byte
	var doc []byte
	add := func() {
		if !blank(doc) {
			docs = append(docs, doc)
		}
		doc = nil
	}
	for line := range bytes.Lines(data) {
		text := bytes.TrimSuffix(line, []byte("\n"))
		switch {
		case string(text) == "---":
			add()
		case bytes.HasPrefix(text, []byte("---")), bytes.HasPrefix(text, []byte("...")), bytes.HasPrefix(text, []byte("%")):
			return nil, fmt.Errorf("line %q is a document marker or directive", text)
		default:
			doc = append(doc, line...)
		}
	}
	add()
	return docs, nil
}

// blank reports whether a document holds nothing but comments.
func blank(doc []byte) bool {
	for line := range bytes.Lines(doc) {
		if t := bytes.TrimSpace(line); len(t) > 0 && t[0] != '#' {
			return false
		}
	}
	return true
}

// objectsCheck reports what cannot be read or is not applied.
var objectsCheck = &Check{
	Name: "objects",
	Doc: `manifests decode strictly into Kubernetes' API types

Every document that a kustomization reaches is decoded with unknown and repeated fields as errors. A file that cannot
be read proves nothing, and neither does anything that depends on the absence of objects.`,
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			for _, f := range p.Objects(c).problems {
				p.Find(f)
			}
		}
	},
}
