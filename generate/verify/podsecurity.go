package verify

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/bartizan-dev/bartizan/model"
)

// podSecurityCheck asks Kubernetes' own evaluator.
//
// The rule: https://kubernetes.io/docs/concepts/security/pod-security-standards/, in the version of the cluster.
var podSecurityCheck = &Check{
	Name: "podsecurity",
	Doc: `namespaces enforce their level, and pods pass the restricted one

The labels of each namespace are read as the API server reads them. Every pod template is judged by
k8s.io/pod-security-admission, the code of the API server's admission plugin. Where a namespace enforces the restricted
level, workloads whose manifests are their team's own have what the level guarantees: other pods are refused.`,
	Controls: append([]model.ControlID{model.PodSecurityEnforced}, enforcedControls...),
	Run:      runPodSecurity,
}

// enforcedControls hold for every pod that the restricted level admits. Not among them: an unprivileged user, because
// since 1.35 the level admits root in a user namespace; and a read-only root, of which it says nothing.
var enforcedControls = []model.ControlID{
	model.PodRestricted, model.NoPrivileged, model.NoHostNamespaces, model.NoHostPaths, model.CapabilitiesDropped, model.NoAddedCapabilities,
	model.SeccompProfile,
}

func runPodSecurity(p *Pass) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the library's own checks are malformed
	}
	for _, c := range p.Spec.Clusters {
		objects := p.Objects(c)
		for _, n := range c.Namespaces {
			judgeNamespace(p, n, objects)
		}
		levels := map[string]psa.LevelVersion{}
		for _, n := range c.Namespaces {
			levels[n.Name] = psa.LevelVersion{Level: psa.Level(n.PodSecurity), Version: psa.MajorMinorVersion(1, c.Version.Minor)}
		}
		for _, s := range podSources(objects) {
			if lv, ok := levels[s.Namespace]; ok {
				for _, f := range violations(evaluator, lv, s) {
					p.Find(Finding{Subject: model.Address("namespace." + s.Namespace), Path: s.Path, Object: s.At(f.at), Message: "The namespace's own level refuses the pod: " + f.message})
				}
			}
		}
	}
	judgePods(p, []podRule{{
		control: model.PodRestricted,
		given:   restrictedGiven,
		judge: func(c *podCase) []flaw {
			lv := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.MajorMinorVersion(1, c.workload.Namespace.Cluster.Version.Minor)}
			return violations(evaluator, lv, c.podSource)
		},
	}})
}

func violations(e policy.Evaluator, lv psa.LevelVersion, s podSource) []flaw {
	var flaws []flaw
	for _, r := range e.EvaluatePod(lv, s.Meta, s.Spec) {
		if !r.Allowed {
			flaws = append(flaws, flaw{s.at, fmt.Sprintf("%s: %s.", r.ForbiddenReason, r.ForbiddenDetail)})
		}
	}
	return flaws
}

func restrictedGiven(w *model.Workload) bool {
	return !w.Host.Any() && !anyContainer(w, func(c *model.Container) bool {
		s := c.Security
		return s.Privileged || s.RunAsRoot || s.Escalation || s.Unconfined || addsCapabilities(c)
	})
}

func addsCapabilities(c *model.Container) bool {
	for _, name := range c.Security.Capabilities {
		if name != "NET_BIND_SERVICE" {
			return true
		}
	}
	return false
}

// judgeNamespace reads the labels of one namespace.
func judgeNamespace(p *Pass, n *model.Namespace, objects *Objects) {
	o, ok := objects.One("", "Namespace", "", n.Name)
	if !ok {
		p.Find(Finding{Control: model.PodSecurityEnforced, Subject: n.Addr(), Message: "The tree does not define the namespace exactly once."})
		return
	}
	labels := o.Value.(*corev1.Namespace).Labels
	got, errs := psa.PolicyToEvaluate(labels, psa.Policy{})
	version := psa.MajorMinorVersion(1, n.Cluster.Version.Minor)
	want := psa.LevelVersion{Level: psa.Level(n.PodSecurity), Version: version}
	if len(errs) > 0 || got.Enforce != want {
		p.Find(Finding{
			Control: model.PodSecurityEnforced,
			Subject: n.Addr(),
			Path:    o.Path,
			Object:  o.At("metadata.labels"),
			Message: fmt.Sprintf("The namespace enforces %q, not %q as declared.", got.Enforce.String(), want.String()),
		})
		return
	}
	if n.PodSecurity != model.Restricted {
		return
	}
	p.Prove(model.PodSecurityEnforced, n.Addr(), o.Path)
	for _, w := range n.Workloads {
		if generated(w) {
			continue
		}
		for _, control := range enforcedControls {
			p.Prove(control, w.Addr(), o.Path)
		}
	}
}
