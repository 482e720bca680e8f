package generate

import (
	"fmt"
	"maps"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// namespace writes the namespaces themselves. Labels follow
// https://kubernetes.io/docs/concepts/security/pod-security-admission/.
var namespace = &Generator{
	Name: "namespace",
	Doc: `namespaces that enforce their level of the Pod Security Standards

The enforced version is pinned to the cluster's, so that an upgrade of the control plane never changes by itself what
is admitted. The default service account is there, without token and without rights: a pod that names no account gets
nothing.`,
	Controls: []model.ControlID{
		model.PodSecurityEnforced, model.DefaultAccountEmpty, model.PodRestricted, model.NoPrivileged, model.NoHostNamespaces,
		model.NoHostPaths, model.CapabilitiesDropped, model.NoAddedCapabilities, model.SeccompProfile,
	},
	Kinds: objectKinds("v1", "Namespace", "ServiceAccount"),
	Run:   runNamespace,
}

func runNamespace(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, n := range c.Namespaces {
			if err := writeNamespace(p, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeNamespace(p *Pass, n *model.Namespace) error {
	guard := GuardDir(n)
	p.Directory(Directory{
		Path:  guard,
		Title: "Guard of namespace " + n.Name,
		Doc: "What surrounds the workloads: the namespace with its Pod Security level, accounts, rights, network policies and quotas. " +
			"Security owns these files; they are applied before the workloads, by an identity of their own.",
	})
	file := path.Join(guard, namespaceFile)
	err := p.YAML(Artifact{
		Path:  file,
		Doc:   fmt.Sprintf("the namespace, with level %q of the Pod Security Standards enforced", n.PodSecurity),
		Where: "the cluster",
	}, namespaceObject(p.Spec, n))
	if err != nil {
		return err
	}
	if n.PodSecurity == model.Restricted {
		p.Claim(model.PodSecurityEnforced, n.Addr(), file)
		claimEnforced(p, n, file)
	}

	file = path.Join(guard, "default-account.yaml")
	err = p.YAML(Artifact{
		Path:  file,
		Doc:   "the account of pods that name none: no token",
		Where: "the cluster",
	}, account(namespaceMeta(n, "default")))
	if err != nil {
		return err
	}
	p.Claim(model.DefaultAccountEmpty, n.Addr(), file)
	return nil
}

// claimEnforced claims what the enforced level guarantees for pods whose manifests are their team's own: the API server
// refuses others.
func claimEnforced(p *Pass, n *model.Namespace, file string) {
	for _, w := range n.Workloads {
		if w.Manifests == model.ManifestsGenerate || w.Manifests == "" {
			continue
		}
		for _, control := range []model.ControlID{
			model.PodRestricted, model.NoPrivileged, model.NoHostNamespaces, model.NoHostPaths, model.CapabilitiesDropped, model.NoAddedCapabilities, model.SeccompProfile,
		} {
			p.Claim(control, w.Addr(), file)
		}
	}
}

func namespaceObject(s *model.Spec, n *model.Namespace) *corev1.Namespace {
	meta := namespaceMeta(n, n.Name)
	meta.Namespace = ""
	labels := maps.Clone(n.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, meta.Labels)
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = string(n.PodSecurity)
		labels["pod-security.kubernetes.io/"+mode+"-version"] = n.Cluster.Version.PodSecurity()
	}
	if n.Mesh != nil {
		labels[injectionLabel] = "enabled"
	}
	if s.ChecksSignatures(n) {
		labels[SignatureLabel] = "true"
	}
	meta.Labels, meta.Annotations = labels, kept(s, n)
	return &corev1.Namespace{TypeMeta: typeMeta("v1", "Namespace"), ObjectMeta: meta}
}
