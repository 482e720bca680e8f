package generate

import (
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// A generator declares the kinds that it writes: each of them in some specification, and no other, which Run refuses.
func TestEveryDeclaredKindIsWritten(t *testing.T) {
	written := map[string][]ObjectKind{}
	var watched []*Generator
	for _, g := range All {
		w := *g
		w.Run = func(p *Pass) error {
			before := len(p.set.Artifacts)
			err := g.Run(p)
			for _, a := range p.set.Artifacts[before:] {
				if strings.HasSuffix(a.Path, ".yaml") {
					written[g.Name] = append(written[g.Name], kindsIn(a.Data)...)
				}
			}
			return err
		}
		watched = append(watched, &w)
	}
	for name, spec := range allSpecifications(t) {
		if _, err := Run(spec, watched); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, g := range All {
		for _, k := range g.Kinds {
			if !slices.Contains(written[g.Name], k) {
				t.Errorf("generator %s declares %s, which it writes for no specification", g.Name, k)
			}
		}
	}
}

func TestAnUndeclaredKindIsRefused(t *testing.T) {
	g := &Generator{Name: "test", Kinds: objectKinds("v1", "Namespace"), Run: func(p *Pass) error {
		return p.YAML(Artifact{Path: "a.yaml"}, namespaceObject(p.Spec, p.Spec.Clusters[0].Namespaces[0]), account(clusterMeta(p.Spec.Clusters[0], "x")))
	}}
	c := &model.Cluster{Name: "shop"}
	c.Namespaces = []*model.Namespace{{Name: "a", Cluster: c, PodSecurity: model.Restricted}}
	_, err := Run(&model.Spec{Clusters: []*model.Cluster{c}}, []*Generator{g})
	if err == nil || !strings.Contains(err.Error(), "v1 ServiceAccount: the generator does not declare this kind") {
		t.Errorf("error %v", err)
	}
}
