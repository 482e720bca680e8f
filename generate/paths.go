package generate

import (
	"path"

	"github.com/bartizan-dev/bartizan/model"
)

// The layout of the output tree. Names from the specification are DNS labels, so they are safe path elements.

// ClusterDir is the root of one cluster's files.
func ClusterDir(c *model.Cluster) string { return path.Join("clusters", c.Name) }

// ControlPlaneDir holds the control plane's and the kubelets' configuration.
func ControlPlaneDir(c *model.Cluster) string { return path.Join(ClusterDir(c), "cluster") }

// PoolDir holds the node files of one pool.
func PoolDir(p *model.NodePool) string { return path.Join(ClusterDir(p.Cluster), "nodes", p.Name) }

// CiliumValues is the file with the values of Cilium's Helm chart.
func CiliumValues(c *model.Cluster) string {
	return path.Join(ControlPlaneDir(c), "cni", "cilium-values.yaml")
}

// AccessDir holds the way in for people.
func AccessDir(c *model.Cluster) string { return path.Join(ClusterDir(c), "access") }

// ManifestsDir holds what is applied to the cluster.
func ManifestsDir(c *model.Cluster) string { return path.Join(ClusterDir(c), "manifests") }

// PlatformDir holds cluster-scoped objects.
func PlatformDir(c *model.Cluster) string { return path.Join(ManifestsDir(c), "platform") }

// GuardDir holds the objects of a namespace that security owns.
func GuardDir(n *model.Namespace) string {
	return path.Join(ManifestsDir(n.Cluster), "namespaces", n.Name, "guard")
}

// AppsDir holds one directory for each workload of a namespace.
func AppsDir(n *model.Namespace) string {
	return path.Join(ManifestsDir(n.Cluster), "namespaces", n.Name, "apps")
}

// AppDir holds the objects of one workload.
func AppDir(w *model.Workload) string { return path.Join(AppsDir(w.Namespace), w.Name) }

// GitOpsDir holds the objects that tell a GitOps controller what to apply, and as whom.
func GitOpsDir(c *model.Cluster, g *model.GitOps) string {
	return path.Join(ManifestsDir(c), "gitops", g.Name)
}
