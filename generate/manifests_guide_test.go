package generate

import (
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

func TestManifestsGuideNamesWhatIsWritten(t *testing.T) {
	groups := groupsBelow([]Artifact{
		{Path: "clusters/a/manifests/x/a.yaml", Data: []byte("apiVersion: v1\nkind: Secret\n---\napiVersion: cilium.io/v2\nspec:\n  apiVersion: argoproj.io/v1\n")},
		{Path: "clusters/a/manifests/x/b.yaml", Data: []byte("apiVersion: apps/v1\n---\napiVersion: cilium.io/v2\n")},
		{Path: "clusters/a/manifests/x/README.md", Data: []byte("apiVersion: external-secrets.io/v1\n")},
		{Path: "clusters/ab/manifests/a.yaml", Data: []byte("apiVersion: gateway.networking.k8s.io/v1\n")},
	}, "clusters/a/manifests")
	if want := []string{"apps", "cilium.io"}; !slices.Equal(groups, want) {
		t.Errorf("groups %q, want %q", groups, want)
	}
	doc := manifestsDoc(groups, &model.Cluster{})
	if !strings.Contains(doc, "`cilium.io`: Cilium") || strings.Contains(doc, "argoproj.io") || strings.Contains(doc, "quota") {
		t.Errorf("a cluster with one Cilium policy and no namespace:\n%s", doc)
	}
	if doc := manifestsDoc(nil, &model.Cluster{Namespaces: []*model.Namespace{{}}}); strings.Contains(doc, "CRDs") || !strings.Contains(doc, "object has been modified") {
		t.Errorf("a cluster with a namespace and none of the kinds:\n%s", doc)
	}
}
