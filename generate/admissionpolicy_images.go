package generate

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// podRules match everything by which an image gets into a pod.
var podRules = []admissionv1.NamedRuleWithOperations{
	resources("", written, "pods", "pods/ephemeralcontainers"),
}

// broughtImages lists the images that a request brings into a pod: of containers of all three kinds, and of volumes. An image
// that the same container had before is let be, because controllers label and finish pods that are older than the policy.
var broughtImages = []admissionv1.Variable{
	variable("had", `oldObject == null ? [] : `+imagesByName("oldObject")),
	variable("images", `(`+imagesByName("object")+`).filter(i, !(i in variables.had)).map(i, i[1])`),
}

// imagesByName lists the images of a pod, each behind the name of what has it.
func imagesByName(pod string) string {
	return strings.ReplaceAll(`@.spec.containers.map(c, [c.name, c.image])`+
		` + @.spec.?initContainers.orValue([]).map(c, [c.name, c.image])`+
		` + @.spec.?ephemeralContainers.orValue([]).map(c, [c.name, c.image])`+
		` + @.spec.?volumes.orValue([]).filter(v, has(v.image)).map(v, ["volume " + v.name, string(v.image.?reference.orValue(""))])`, "@", pod)
}

func imagePolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	var policies []celPolicy
	if len(s.Registries) > 0 {
		policies = append(policies, celPolicy{
			name: "registries", doc: "refuses pods with images from registries that are not declared",
			rules: podRules, exempt: systemNamespaces(s, c),
			variables: append(slices.Clone(broughtImages), list("prefixes", registryPrefixes(s))),
			validations: []admissionv1.Validation{validation(
				`variables.images.all(i, variables.prefixes.exists(p, i.startsWith(p)))`,
				"bartizan-registries: an image does not come from a declared registry. Write the image's full name, registry first, or declare the registry in the specification.",
			)},
			controls: []model.ControlID{model.RegistriesEnforced},
		})
	}
	unresolved := unresolvedImages(c)
	digests := celPolicy{
		name: "digests", doc: "refuses pods with images that are not pinned by digest",
		rules: podRules, exempt: systemNamespaces(s, c),
		variables: append(slices.Clone(broughtImages), list("unresolved", unresolved)),
		validations: []admissionv1.Validation{validation(
			`variables.images.all(i, i.matches("@sha256:[0-9a-f]{64}$") || i in variables.unresolved)`,
			"bartizan-digests: an image has no digest. Let the pipeline write images.bartizan.json, and generate again.",
		)},
	}
	// An exempted tag is a way in for whoever can push it.
	if len(unresolved) == 0 {
		digests.controls = []model.ControlID{model.DigestsEnforced}
	}
	return append(policies, digests)
}

// registryPrefixes are what the name of an allowed image starts with. A path ends at a separator, so that "shop" does
// not admit "shopping".
func registryPrefixes(s *model.Spec) []string {
	var prefixes []string
	for _, r := range s.Registries {
		if r.Path == "" {
			prefixes = append(prefixes, r.Host+"/")
			continue
		}
		for _, end := range []string{"/", ":", "@"} {
			prefixes = append(prefixes, r.Host+"/"+r.Path+end)
		}
	}
	return prefixes
}

// unresolvedImages are the exact references, without digest, of images that images.bartizan.json does not resolve yet.
func unresolvedImages(c *model.Cluster) []string {
	var images []string
	for _, w := range c.Workloads() {
		for _, x := range slices.Concat(w.Containers, w.InitContainers) {
			if x.Image.Digest == "" {
				images = append(images, x.Image.Pinned())
			}
		}
	}
	return images
}
