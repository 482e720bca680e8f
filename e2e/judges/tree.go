package judges

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// Object is one object that a tree gives to the API server.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	// YAML is the object as it stands in the tree.
	YAML []byte
}

// ID names the object in the tree: Kind/namespace/name, or Kind/name.
func (o Object) ID() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Kind + "/" + o.Namespace + "/" + o.Name
}

// Tree is the objects of a tree in a directory with a file for each, so that every judge's verdict on a file is one on an
// object.
type Tree struct {
	Objects []Object
	dir     string
}

// forKustomize is the API group of files that kustomize reads and the API server never sees.
const forKustomize = "kustomize.config.k8s.io/"

// ReadObjects reads all objects below the directories named manifests of a generated tree, sorted by id.
func ReadObjects(tree string) ([]Object, error) {
	roots, err := filepath.Glob(filepath.Join(tree, "clusters", "*", "manifests"))
	if err != nil {
		return nil, err
	}
	var objects []Object
	for _, root := range roots {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			found, err := Parse(text)
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			objects = append(objects, found...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return objects, nil
}

// Parse reads the objects of a YAML file, without those for kustomize. Documents without content, such as comments alone, are none.
func Parse(text []byte) ([]Object, error) {
	var objects []Object
	for doc := range bytes.SplitSeq(append([]byte("\n"), text...), []byte("\n---\n")) {
		var head *struct {
			APIVersion, Kind string
			Metadata         struct{ Namespace, Name string }
		}
		if err := yaml.Unmarshal(doc, &head); err != nil {
			return nil, err
		}
		if head == nil {
			continue
		}
		if strings.HasPrefix(head.APIVersion, forKustomize) {
			continue
		}
		o := Object{APIVersion: head.APIVersion, Kind: head.Kind, Namespace: head.Metadata.Namespace, Name: head.Metadata.Name, YAML: doc}
		if o.APIVersion == "" || o.Kind == "" || o.Name == "" {
			return nil, fmt.Errorf("a document is no object: %.60q", doc)
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// NewTree writes the objects to the empty directory dir.
func NewTree(dir string, objects []Object) (*Tree, error) {
	t := &Tree{Objects: slices.SortedFunc(slices.Values(objects), func(a, b Object) int { return cmp.Compare(a.ID(), b.ID()) }), dir: dir}
	for i, o := range t.Objects {
		if i > 0 && o.ID() == t.Objects[i-1].ID() {
			return nil, fmt.Errorf("two objects are %s", o.ID())
		}
		if err := os.WriteFile(t.file(o), o.YAML, 0o644); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// file is the file of an object.
func (t *Tree) file(o Object) string {
	return filepath.Join(t.dir, strings.ReplaceAll(o.ID(), "/", "_")+".yaml")
}

// files are the files of the objects that the judge has checks for.
func (t *Tree) files(judges func(Object) bool) []string {
	var files []string
	for _, o := range t.Objects {
		if judges(o) {
			files = append(files, t.file(o))
		}
	}
	return files
}

// part copies the files of the objects that the judge has checks for to the empty directory dir.
func (t *Tree) part(dir string, judges func(Object) bool) (*Tree, error) {
	return NewTree(dir, slices.DeleteFunc(slices.Clone(t.Objects), func(o Object) bool { return !judges(o) }))
}

// id is the object whose file it is, as a judge names it.
func (t *Tree) id(file string) (string, error) {
	name := filepath.Base(file)
	for _, o := range t.Objects {
		if filepath.Base(t.file(o)) == name {
			return o.ID(), nil
		}
	}
	return "", fmt.Errorf("a verdict on %q, which is none of the files", file)
}
