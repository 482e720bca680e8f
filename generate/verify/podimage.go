package verify

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// podImageCheck judges where images come from.
var podImageCheck = &Check{
	Name: "podimage",
	Doc: `images by digest, from declared registries

A tag can be moved to another image; a digest is the image. The digest must be the one that the pipeline recorded for
the container of that name: a container that nobody declared, or another digest, is what a poisoned change looks like.
Credentials for registries are in the pods that need them, each for its own registry.`,
	Controls: []model.ControlID{model.ImageDigest, model.ImageRegistry},
	Run:      func(p *Pass) { judgePods(p, podImageRules) },
}

var podImageRules = []podRule{
	{
		control: model.ImageDigest,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool { return c.Image.Digest == "" })
		},
		judge: judgeDigests,
	},
	{
		control: model.ImageRegistry,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool { return c.Image.Registry == nil })
		},
		judge: func(p *podCase) []flaw { return append(judgeRegistries(p), judgePullSecrets(p)...) },
		needs: pullSecretFiles,
	},
}

// digested matches the end of a reference that names one image for ever.
var digested = regexp.MustCompile(`@(sha256:[0-9a-f]{64})$`)

func judgeDigests(p *podCase) []flaw {
	var flaws []flaw
	for _, c := range p.containers() {
		d := declaredContainer(p.workload, c.Name)
		m := digested.FindStringSubmatch(c.Image)
		switch {
		case m == nil:
			flaws = append(flaws, flaw{c.at + ".image", fmt.Sprintf("%q has no digest.", c.Image)})
		case d == nil:
			flaws = append(flaws, flaw{c.at, "The specification declares no container of this name."})
		case m[1] != d.Image.Digest:
			flaws = append(flaws, flaw{c.at + ".image", fmt.Sprintf("The recorded digest of %q is %s.", d.Image.Written, d.Image.Digest)})
		}
	}
	for _, v := range p.Spec.Volumes {
		if v.Image != nil && !digested.MatchString(v.Image.Reference) {
			flaws = append(flaws, flaw{fmt.Sprintf("%s.volumes[%q].image", p.at, v.Name), fmt.Sprintf("%q has no digest.", v.Image.Reference)})
		}
	}
	return flaws
}

func judgeRegistries(p *podCase) []flaw {
	var flaws []flaw
	refuse := func(at, ref string) {
		if !fromDeclaredRegistry(p.spec, ref) {
			flaws = append(flaws, flaw{at, fmt.Sprintf("%q comes from no declared registry.", ref)})
		}
	}
	for _, c := range p.containers() {
		refuse(c.at+".image", c.Image)
	}
	for _, v := range p.Spec.Volumes {
		if v.Image != nil {
			refuse(fmt.Sprintf("%s.volumes[%q].image", p.at, v.Name), v.Image.Reference)
		}
	}
	return flaws
}

// fromDeclaredRegistry reports whether the reference names a host and a path of a declared registry. Container
// runtimes take the first part for a host only if it has a dot or a colon or is "localhost", else they mean docker.io.
func fromDeclaredRegistry(spec *model.Spec, ref string) bool {
	host, rest, ok := strings.Cut(ref, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		host, rest = "docker.io", ref
		if !ok {
			rest = "library/" + ref
		}
	}
	for _, r := range spec.Registries {
		if r.Host == host && (r.Path == "" || strings.HasPrefix(rest, strings.TrimSuffix(r.Path, "/")+"/")) {
			return true
		}
	}
	return false
}
