package verify

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// signaturesCheck proves that images need a signature.
//
// The rule (sigstore policy-controller, "Admission of images"): an image must pass every policy whose pattern it matches, by one
// authority of each. So further policies cannot let in what one refuses, and each registry with keys needs one that asks for
// these alone. The controller asks in namespaces with its label, and nowhere else.
var signaturesCheck = &Check{
	Name: "signatures",
	Doc: `images of registries with keys need a signature of one of them

Each registry with keys has a policy that matches all names of its images, enforces, and accepts its declared keys alone;
fields that narrow a policy are not understood and un-prove it. Each declared namespace but the controller's own carries the
label by which the controller asks. Whether the controller runs is not in the files: the specification declares it as an add-on.`,
	Controls: []model.ControlID{model.SignaturesEnforced},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			if c.Admission.Signatures != "" {
				judgeSignatures(p, c, p.Objects(c))
			}
		}
	},
}

func judgeSignatures(p *Pass, c *model.Cluster, objects *Objects) {
	good := objects.Complete
	find := func(path, object, message string) {
		good = false
		p.Find(Finding{Control: model.SignaturesEnforced, Subject: c.Addr(), Path: path, Object: object, Message: message})
	}
	var paths []string
	for _, r := range p.Spec.Registries {
		if len(r.SignedBy) == 0 {
			continue
		}
		o, ok := objects.One("policy.sigstore.dev", "ClusterImagePolicy", "", "bartizan-"+r.Name)
		u, custom := o.Value.(*unstructured.Unstructured)
		if !ok || !custom {
			find("", "ClusterImagePolicy/bartizan-"+r.Name, "The policy is missing, or defined twice.")
			continue
		}
		if place, message := judgeImagePolicy(o, u, r); message != "" {
			find(o.Path, o.At(place), message)
		}
		paths = append(paths, o.Path)
	}
	for _, n := range c.Namespaces {
		if !p.Spec.ChecksSignatures(n) {
			continue
		}
		o, ok := objects.One("", "Namespace", "", n.Name)
		switch namespace, typed := o.Value.(*corev1.Namespace); {
		case !ok || !typed:
			find("", "Namespace/"+n.Name, "The namespace is missing, or defined twice.")
		case namespace.Labels["policy.sigstore.dev/include"] != "true":
			find(o.Path, o.At("metadata.labels"), "Without policy.sigstore.dev/include: \"true\" nothing asks for signatures in the namespace.")
		}
	}
	if !good {
		return
	}
	for _, path := range paths {
		p.Prove(model.SignaturesEnforced, c.Addr(), path)
	}
}

// judgeImagePolicy returns the place and kind of the first flaw.
func judgeImagePolicy(o Object, u *unstructured.Unstructured, r *model.Registry) (place, message string) {
	var policy generate.ClusterImagePolicy
	if o.GVK.Version != "v1beta1" {
		return "apiVersion", "This version of the policy is not understood."
	}
	if err := decodeObject(u, &policy); err != nil {
		return "spec", "The policy is not understood: " + err.Error() + "."
	}
	host := r.Host
	if host == "docker.io" {
		host = "index.docker.io"
	}
	want := []string{host + "/**"}
	if r.Path != "" {
		want = []string{host + "/" + r.Path + "/**", host + "/" + r.Path + "*"}
	}
	for _, glob := range want {
		if !slices.Contains(policy.Spec.Images, generate.ImagePattern{Glob: glob}) {
			return "spec.images", "The policy does not match " + glob + "."
		}
	}
	if policy.Spec.Mode != "enforce" {
		return "spec.mode", "The policy does not refuse."
	}
	var keys []string
	for _, a := range policy.Spec.Authorities {
		if a.Static != nil || a.Key == nil || !slices.Contains(r.SignedBy, a.Key.Data) {
			return "spec.authorities", "An authority is no declared key of the registry."
		}
		keys = append(keys, a.Key.Data)
	}
	for _, key := range r.SignedBy {
		if !slices.Contains(keys, key) {
			return "spec.authorities", "A declared key of the registry is missing."
		}
	}
	return "", ""
}
