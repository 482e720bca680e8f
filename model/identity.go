package model

// Groups and accounts that admission policies and the GitOps configuration both name.

// AdministratorGroups hold cluster-admin by kubeadm's own bindings. No admission policy can bind them: whoever is in
// them may delete the policy's binding first. So policies let them through, and what protects the cluster is that
// their credentials never leave the control plane.
var AdministratorGroups = []string{"kubeadm:cluster-admins", "system:masters"}

// Namespace returns the namespace in which the controller runs.
func (g *GitOps) Namespace() string {
	if g.Kind == ArgoCD {
		return "argocd"
	}
	return "flux-system"
}

// GuardAccount returns the name of the service account, in [GitOps.Namespace], by which the controller applies the
// platform and the guards of the namespaces. It is not the account that applies workloads.
func (g *GitOps) GuardAccount() string { return "guard" }

// AppsAccount returns the name of the service account, in [GitOps.Namespace], by which the controller applies the
// workloads of the namespace.
func (g *GitOps) AppsAccount(n *Namespace) string { return "apps-" + n.Name }

// GitOpsOf returns the controllers that deploy to the cluster.
func (s *Spec) GitOpsOf(c *Cluster) []*GitOps {
	var all []*GitOps
	for _, g := range s.GitOps {
		for _, n := range g.Deploys {
			if n.Cluster == c {
				all = append(all, g)
				break
			}
		}
	}
	return all
}
