package generate

import (
	"path"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// The types below are source.toolkit.fluxcd.io/v1 and kustomize.toolkit.fluxcd.io/v1, as far as we use them.

type fluxSource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              fluxSourceSpec `json:"spec"`
}

type fluxSourceSpec struct {
	URL       string      `json:"url"`
	Ref       fluxRef     `json:"ref"`
	Interval  string      `json:"interval"`
	SecretRef fluxName    `json:"secretRef"`
	Verify    *fluxVerify `json:"verify,omitempty"`
}

type fluxRef struct {
	Branch string `json:"branch"`
}

type fluxName struct {
	Name string `json:"name"`
}

// fluxVerify refuses commits that none of the keys in the Secret has signed.
type fluxVerify struct {
	Mode      string   `json:"mode"`
	SecretRef fluxName `json:"secretRef"`
}

type fluxPart struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              fluxPartSpec `json:"spec"`
}

type fluxPartSpec struct {
	DependsOn          []fluxName    `json:"dependsOn,omitempty"`
	Interval           string        `json:"interval"`
	RetryInterval      string        `json:"retryInterval"`
	Path               string        `json:"path"`
	Prune              bool          `json:"prune"`
	ServiceAccountName string        `json:"serviceAccountName,omitempty"`
	SourceRef          fluxSourceRef `json:"sourceRef"`
	Timeout            string        `json:"timeout"`
	Wait               bool          `json:"wait"`
}

type fluxSourceRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func fluxObjects(g *model.GitOps, c *model.Cluster, namespaces []*model.Namespace) (source, parts []any) {
	repository := &fluxSource{
		TypeMeta:   typeMeta("source.toolkit.fluxcd.io/v1", "GitRepository"),
		ObjectMeta: gitOpsMeta(g, g.Name),
		Spec: fluxSourceSpec{
			URL:       g.Source.URL,
			Ref:       fluxRef{Branch: g.Branch},
			Interval:  "1m0s",
			SecretRef: fluxName{Name: g.Name + "-credentials"},
		},
	}
	if g.Source.SignedCommits {
		repository.Spec.Verify = &fluxVerify{Mode: "HEAD", SecretRef: fluxName{Name: g.Name + "-signers"}}
	}
	part := func(name, dir, account string, after ...string) {
		k := &fluxPart{
			TypeMeta:   typeMeta("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
			ObjectMeta: gitOpsMeta(g, name),
			Spec: fluxPartSpec{
				Interval:           "10m0s",
				RetryInterval:      "1m0s",
				Path:               "./" + path.Join(g.Path, dir),
				Prune:              true, // what is deleted in Git is deleted in the cluster
				ServiceAccountName: account,
				SourceRef:          fluxSourceRef{Kind: "GitRepository", Name: g.Name},
				Timeout:            "5m0s",
				Wait:               true,
			},
		}
		if g.Privileges == model.PrivilegesClusterAdmin {
			k.Spec.ServiceAccountName = ""
		}
		for _, a := range after {
			k.Spec.DependsOn = append(k.Spec.DependsOn, fluxName{Name: a})
		}
		parts = append(parts, k)
	}
	part("platform", PlatformDir(c), g.GuardAccount())
	for _, n := range namespaces {
		part("guard-"+n.Name, GuardDir(n), g.GuardAccount(), "platform")
		if appsApplied(n) {
			part("apps-"+n.Name, AppsDir(n), g.AppsAccount(n), "guard-"+n.Name)
		}
	}
	return []any{repository}, parts
}

// appsApplied reports whether the namespace has workloads whose objects are ours.
func appsApplied(n *model.Namespace) bool {
	for _, w := range n.Workloads {
		if w.Manifests == model.ManifestsGenerate || w.Manifests == "" || len(storesOf(n)) > 0 {
			return true
		}
	}
	return false
}
