package generate

import (
	"fmt"
	"path"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// signatures writes whose signature an image needs.
//
// An image must pass every policy whose pattern its name matches, and one that matches none is refused unless the controller is
// installed otherwise. So registries whose images nobody signs have a policy that passes them.
var signatures = &Generator{
	Name: "signatures",
	Doc: `refuse images that no declared key has signed

Policies of sigstore's policy-controller, one for each registry, where the cluster asks for them: an image of a registry with
keys needs a signature of one of them, and the others pass by name. The controller asks in namespaces that carry its label:
all declared ones but its own, where nothing could start without it. Namespaces that nobody declared are not asked.`,
	Controls: []model.ControlID{model.SignaturesEnforced},
	Kinds:    objectKinds(sigstoreVersion, "ClusterImagePolicy"),
	Run:      runSignatures,
}

const sigstoreVersion = "policy.sigstore.dev/v1beta1"

// SignatureLabel marks the namespaces in which policy-controller asks; its webhooks select by it.
// https://docs.sigstore.dev/policy-controller/overview/
const SignatureLabel = "policy.sigstore.dev/include"

// ClusterImagePolicy is the part of sigstore's policy that is written here.
//
// Fields: github.com/sigstore/policy-controller, pkg/apis/policy/v1beta1/clusterimagepolicy_types.go.
type ClusterImagePolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ImagePolicy `json:"spec"`
}

// ImagePolicy says which authorities vouch for which images; one of them is enough.
type ImagePolicy struct {
	Images      []ImagePattern   `json:"images"`
	Authorities []ImageAuthority `json:"authorities"`
	Mode        string           `json:"mode"` // "enforce"; "warn" lets everything in
}

// ImagePattern is a pattern of names: * stands for anything without a slash, ** for anything.
type ImagePattern struct {
	Glob string `json:"glob"`
}

// ImageAuthority is a key, or the answer without one. Exactly one is set.
type ImageAuthority struct {
	Name   string       `json:"name"`
	Key    *ImageKey    `json:"key,omitempty"`
	Static *ImageStatic `json:"static,omitempty"`
}

// ImageKey is a public key in PEM.
type ImageKey struct {
	Data string `json:"data"`
}

// ImageStatic is the answer for every image: "pass" or "fail".
type ImageStatic struct {
	Action string `json:"action"`
}

func runSignatures(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		if c.Admission.Signatures == "" {
			continue
		}
		for _, r := range p.Spec.Registries {
			policy := &ClusterImagePolicy{
				TypeMeta: typeMeta(sigstoreVersion, "ClusterImagePolicy"), ObjectMeta: clusterMeta(c, "bartizan-"+r.Name),
				Spec: ImagePolicy{Images: imagePatterns(r), Mode: "enforce"},
			}
			doc := "asks for a signature on images of registry " + r.Name
			for i, key := range r.SignedBy {
				policy.Spec.Authorities = append(policy.Spec.Authorities, ImageAuthority{Name: fmt.Sprintf("key-%d", i+1), Key: &ImageKey{Data: key}})
			}
			file := path.Join(PlatformDir(c), "signatures-"+r.Name+".yaml")
			if len(r.SignedBy) == 0 {
				doc = "lets images of registry " + r.Name + " pass, which nobody signs"
				policy.Spec.Authorities = []ImageAuthority{{Name: "unsigned", Static: &ImageStatic{Action: "pass"}}}
			} else {
				p.Claim(model.SignaturesEnforced, c.Addr(), file)
			}
			if err := p.YAML(Artifact{Path: file, Doc: doc, Where: "the cluster, after policy-controller is installed there"}, policy); err != nil {
				return err
			}
		}
	}
	return nil
}

// imagePatterns match what the name of an image of the registry may be. A repository may be the path itself, with a digest that
// no pattern can spell, so its pattern also matches names that go on behind it: for these, one more signature is asked.
func imagePatterns(r *model.Registry) []ImagePattern {
	host := r.Host
	if host == "docker.io" {
		host = "index.docker.io" // as the controller writes it; pkg/apis/glob/glob.go
	}
	if r.Path == "" {
		return []ImagePattern{{Glob: host + "/**"}}
	}
	return []ImagePattern{{Glob: host + "/" + r.Path + "/**"}, {Glob: host + "/" + r.Path + "*"}}
}
