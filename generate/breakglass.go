package generate

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// breakGlassFiles are what a control-plane node gets so that approvers can give emergency access. RBAC has no expiry,
// so access is a certificate that expires and a binding that a timer deletes. Two people log in to a control-plane node
// for it, one asks, one approves: nobody holds a standing right in the cluster to give rights away. Empty where no team has such access, or
// nobody can log in.
func breakGlassFiles(spec *model.Spec, pool *model.NodePool) []hostFile {
	if pool.Cluster.Provisioner != model.Kubeadm || !pool.Has(model.RoleControlPlane) || len(pool.SSHFrom) == 0 {
		return nil
	}
	type entry struct {
		Team      string
		Hours     int
		Approvers []string
	}
	var entries []entry
	var teams []string
	var controls []model.Claim
	for _, t := range spec.Teams {
		if t.BreakGlass == nil {
			continue
		}
		e := entry{Team: t.Name, Hours: t.BreakGlass.Hours}
		teams = append(teams, t.Name)
		for _, a := range t.BreakGlass.Approvers {
			e.Approvers = append(e.Approvers, a.Name)
			teams = append(teams, a.Name)
		}
		entries = append(entries, e)
		controls = append(controls, model.Claim{Control: model.BreakGlassAccess, Subject: t.Addr()})
	}
	if len(entries) == 0 {
		return nil
	}
	return []hostFile{
		{
			Name: "break-glass.sh", Target: "/usr/local/sbin/bartizan-break-glass", Mode: "0700",
			Doc:      "Asks for, gives and ends emergency access; people run it with sudo.",
			Template: "break-glass.tmpl",
		},
		{
			Name: "break-glass.conf", Target: "/etc/bartizan/break-glass.conf", Mode: "0600",
			Doc:      "Who gets emergency access, for how many hours, and who approves.",
			Template: "break-glass.conf.tmpl", Data: entries, Controls: controls,
		},
		{
			Name: "sudoers", Target: "/etc/sudoers.d/bartizan-break-glass", Mode: "0440",
			Doc:      "Teams may run break-glass.sh as root, and nothing else.",
			Template: "sudoers.tmpl", Data: slices.Compact(slices.Sorted(slices.Values(teams))),
		},
	}
}
