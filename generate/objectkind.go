package generate

import (
	"bytes"
	"fmt"
	"slices"
)

// ObjectKind is a sort of object that an API server or a component reads.
type ObjectKind struct {
	APIVersion string `json:"api_version"` // "apps/v1"
	Name       string `json:"kind"`        // "Deployment"
}

func (k ObjectKind) String() string { return k.APIVersion + " " + k.Name }

// objectKinds lists kinds of one version of an API.
func objectKinds(apiVersion string, names ...string) []ObjectKind {
	var all []ObjectKind
	for _, n := range names {
		all = append(all, ObjectKind{apiVersion, n})
	}
	return all
}

// rightsKinds grant rights in a namespace, clusterRightsKinds in the whole cluster.
var (
	rightsKinds        = objectKinds("rbac.authorization.k8s.io/v1", "Role", "RoleBinding")
	clusterRightsKinds = objectKinds("rbac.authorization.k8s.io/v1", "ClusterRole", "ClusterRoleBinding")
)

// kindsIn returns the kinds of the objects in what [YAML] has encoded, in their order. The fields of every object are
// written in the order of their names, and only those of an object itself begin a line.
func kindsIn(data []byte) []ObjectKind {
	var all []ObjectKind
	version := ""
	for line := range bytes.Lines(data) {
		text := bytes.TrimRight(line, "\n")
		switch v, isVersion := bytes.CutPrefix(text, []byte("apiVersion: ")); {
		case isVersion:
			version = string(v)
		case bytes.Equal(text, []byte("---")):
			version = ""
		default:
			if name, ok := bytes.CutPrefix(text, []byte("kind: ")); ok {
				all = append(all, ObjectKind{version, string(name)})
			}
		}
	}
	return all
}

// writes refuses objects of a kind that the generator does not declare: its declaration is what people are told.
func (g *Generator) writes(data []byte) error {
	for _, k := range kindsIn(data) {
		if !slices.Contains(g.Kinds, k) {
			return fmt.Errorf("%s: the generator does not declare this kind", k)
		}
	}
	return nil
}
