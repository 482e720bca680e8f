package verify

import (
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// expectedLists returns the values that the policies' lists must hold, by the name of the variable.
func expectedLists(s *model.Spec, c *model.Cluster) map[string][]string {
	l := map[string][]string{
		"exempt":         {"kube-system"},
		"administrators": {"kubeadm:cluster-admins", "system:masters"},
		"collectors": {
			"system:serviceaccount:kube-system:generic-garbage-collector",
			"system:serviceaccount:kube-system:namespace-controller",
		},
	}
	add := func(name, value string) {
		if !slices.Contains(l[name], value) {
			l[name] = append(l[name], value)
		}
	}
	for _, r := range s.Registries {
		if r.Path == "" {
			add("prefixes", r.Host+"/")
			continue
		}
		add("prefixes", r.Host+"/"+r.Path+"/")
		add("prefixes", r.Host+"/"+r.Path+":")
		add("prefixes", r.Host+"/"+r.Path+"@")
	}
	for _, g := range s.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == c {
			add("gateways", g.Namespace.Name+"/"+g.Name)
		}
	}
	for _, w := range c.Workloads() {
		for _, e := range w.Exposes {
			if e.Via.Kind == model.IngressAPI {
				add("published", w.Namespace.Name+" "+e.Via.Class+" "+e.Host)
			}
		}
	}
	for _, g := range s.GitOpsOf(c) {
		add("users", "system:serviceaccount:"+g.Namespace()+":"+g.GuardAccount())
		if !slices.ContainsFunc(c.Namespaces, func(n *model.Namespace) bool { return n.Name == g.Namespace() }) {
			add("exempt", g.Namespace())
		}
		if g.Privileges != model.PrivilegesClusterAdmin {
			continue
		}
		if g.Kind == model.ArgoCD {
			add("granted", "ServiceAccount "+g.Namespace()+"/argocd-application-controller")
			continue
		}
		add("granted", "ServiceAccount "+g.Namespace()+"/helm-controller")
		add("granted", "ServiceAccount "+g.Namespace()+"/kustomize-controller")
	}
	for _, w := range c.Workloads() {
		for _, x := range slices.Concat(w.Containers, w.InitContainers) {
			if x.Image.Digest == "" {
				add("unresolved", x.Image.Pinned())
			}
		}
		if w.Pool != nil && w.Pool.Has(model.RoleControlPlane) {
			add("control", w.Namespace.Name+"/"+w.Name)
		}
		if w.Pool != nil && w.Pool.Dedicated {
			add("dedicated", w.Namespace.Name+"/"+w.Name+" "+w.Pool.Name)
		}
	}
	ends := s.RefusedFrom()
	for _, w := range c.Workloads() {
		for _, what := range exceptionsOf(w) {
			entry := w.Namespace.Name + "/" + w.Name + " " + what
			if end, ok := ends[w.Addr()][what]; ok {
				add("ending", end.UTC().Format("2006-01-02T15:04:05Z")+" "+entry)
			} else {
				add("excepted", entry)
			}
		}
	}
	for _, a := range s.AddOns {
		if n := a.Namespace; n != nil && n.Cluster == c && n.PodSecurity != model.Restricted {
			if end, ok := ends[n.Addr()][""]; ok {
				add("opening", end.UTC().Format("2006-01-02T15:04:05Z")+" "+n.Name)
			} else {
				add("open", n.Name)
			}
		}
	}
	slices.Sort(l["exempt"])
	return l
}

// exceptionsOf lists what the specification gives the workload's pods beyond the restricted level.
func exceptionsOf(w *model.Workload) []string {
	var all []string
	given := map[string]bool{"network": w.Host.Network, "pid": w.Host.PID, "ipc": w.Host.IPC}
	for _, p := range w.Host.Ports {
		given[fmt.Sprintf("port %d", p)] = true
	}
	for dir := range w.Host.Paths {
		given["path "+dir] = true
	}
	for _, x := range slices.Concat(w.Containers, w.InitContainers) {
		s := x.Security
		for what, yes := range map[string]bool{"privileged": s.Privileged, "escalation": s.Escalation, "root": s.RunAsRoot, "unconfined": s.Unconfined} {
			given[what] = given[what] || yes
		}
		for _, name := range s.Capabilities {
			given["capability "+name] = name != "NET_BIND_SERVICE"
		}
	}
	for what, yes := range given {
		if yes {
			all = append(all, what)
		}
	}
	slices.Sort(all)
	return all
}
