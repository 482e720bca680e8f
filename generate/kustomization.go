package generate

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// kustomization makes the manifests appliable with kubectl apply -k and by a GitOps controller.
//
// It must run after every generator of manifests, because it lists what they wrote. Nothing is applied that no list
// names: a file put beside the others has no effect until a reviewed list names it.
var kustomization = &Generator{
	Name: "kustomization",
	Doc: `list the manifests of each directory, in the order in which they are applied

Each directory of manifests gets a kustomization.yaml. The one of namespaces/ applies the guards of all namespaces
before the first workload, so that no pod ever runs without its policies. Kustomize's own order would put network
policies after workloads, hence "fifo".`,
	Kinds: objectKinds("kustomize.config.k8s.io/v1beta1", "Kustomization"),
	Run:   runKustomization,
}

// kustomizationObject is kustomize.config.k8s.io/v1beta1, as far as we use it. Overlays, patches and generators are left
// out on purpose: what is reviewed is what is applied.
type kustomizationObject struct {
	APIVersion  string       `json:"apiVersion"`
	Kind        string       `json:"kind"`
	Resources   []string     `json:"resources,omitempty"`
	SortOptions *sortOptions `json:"sortOptions,omitempty"`
}

// sortOptions is the order in which Kustomize writes objects.
type sortOptions struct {
	Order string `json:"order"` // "fifo": as listed
}

func runKustomization(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		manifests := ManifestsDir(c)
		files := yamlByDir(p.Paths(manifests))
		for _, n := range c.Namespaces {
			listApps(files, n)
		}
		listNamespaces(files, c)
		for _, dir := range slices.Sorted(maps.Keys(files)) {
			if slices.Contains(files[dir], kustomizationFile) {
				continue // a component for a team's own manifests
			}
			if err := listResources(p, dir, files[dir]); err != nil {
				return err
			}
		}
	}
	return nil
}

func listResources(p *Pass, dir string, resources []string) error {
	return p.YAML(Artifact{
		Path:  path.Join(dir, kustomizationFile),
		Doc:   "lists the files of this directory that are applied, in order",
		Where: "the cluster, through kubectl apply -k or the GitOps controller",
	}, kustomizationObject{
		APIVersion:  "kustomize.config.k8s.io/v1beta1",
		Kind:        "Kustomization",
		Resources:   resources,
		SortOptions: &sortOptions{Order: "fifo"},
	})
}

const kustomizationFile = "kustomization.yaml"

// namespaceFile holds the Namespace itself. It comes first: everything else in its directory lives in it.
const namespaceFile = "namespace.yaml"

// yamlByDir returns the names of the YAML files of each directory, in the order in which they are applied.
func yamlByDir(files []string) map[string][]string {
	byDir := map[string][]string{}
	for _, f := range files {
		if path.Ext(f) == ".yaml" {
			byDir[path.Dir(f)] = append(byDir[path.Dir(f)], path.Base(f))
		}
	}
	for _, names := range byDir {
		slices.SortFunc(names, func(a, b string) int {
			if (a == namespaceFile) != (b == namespaceFile) {
				if a == namespaceFile {
					return -1
				}
				return 1
			}
			return strings.Compare(a, b)
		})
	}
	return byDir
}

// listApps adds the list of a namespace's workloads. Components are not applied by themselves: a team's own
// kustomization takes them up.
func listApps(files map[string][]string, n *model.Namespace) {
	var names []string
	for _, w := range n.Workloads {
		if fs := files[AppDir(w)]; fs != nil && !slices.Contains(fs, kustomizationFile) {
			names = append(names, w.Name)
		}
	}
	if len(names) > 0 {
		files[AppsDir(n)] = names
	}
}

// listNamespaces adds the list of all guards, then all workloads.
func listNamespaces(files map[string][]string, c *model.Cluster) {
	root := path.Join(ManifestsDir(c), "namespaces")
	var guards, apps []string
	for _, n := range c.Namespaces {
		if files[GuardDir(n)] != nil {
			guards = append(guards, path.Join(n.Name, "guard"))
		}
		if files[AppsDir(n)] != nil {
			apps = append(apps, path.Join(n.Name, "apps"))
		}
	}
	if all := append(guards, apps...); len(all) > 0 {
		files[root] = all
	}
}
