package threatmodel

import (
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Before is the posture of the specification under what Kubernetes and kubeadm do without any of our files: the default
// controls, for all subjects that the specification does not weaken. Somebody else's control plane promises nothing.
func Before(spec *model.Spec) model.Posture {
	p := model.Posture{}
	weakenings := bySubject(spec)
	set := func(kind string, a addressed) {
		for _, c := range model.Controls {
			if c.Default && c.Subject == kind && !weakened(weakenings[a.Addr()], c.ID) {
				p[model.Hold{Control: c.ID, Subject: a.Addr()}] = model.Evidence{State: model.Default}
			}
		}
	}
	for _, c := range spec.Clusters {
		if c.Provisioner == model.Managed {
			continue
		}
		set("cluster", c)
		for _, pool := range c.NodePools {
			set("node_pool", pool)
		}
		for _, n := range c.Namespaces {
			set("namespace", n)
			for _, w := range n.Workloads {
				set("workload", w)
			}
		}
	}
	return p
}

// weakenedBy says which controls of a weakening's subject the attribute takes away, by the attribute's first parts.
var weakenedBy = []struct {
	attribute string
	controls  []model.ControlID
}{
	{"host.", []model.ControlID{model.PodRestricted, model.PodSecurityEnforced}},
	{"host.pid", []model.ControlID{model.NoHostNamespaces}},
	{"host.ipc", []model.ControlID{model.NoHostNamespaces}},
	{"host.network", []model.ControlID{model.NoHostNamespaces, model.IngressExact, model.EgressExact, model.APIEgressBlocked, model.MetadataBlocked, model.MetadataGuarded, model.NodesGuarded, model.DNSClusterOnly}},
	{"host.paths", []model.ControlID{model.NoHostPaths}},
	{"privileged", []model.ControlID{model.NoPrivileged, model.PodRestricted, model.CapabilitiesDropped, model.NoAddedCapabilities, model.SeccompProfile, model.NonRoot}},
	{"run_as_root", []model.ControlID{model.NonRoot, model.PodRestricted}},
	{"writable_root", []model.ControlID{model.ReadOnlyRoot}},
	{"capabilities", []model.ControlID{model.CapabilitiesDropped, model.NoAddedCapabilities, model.PodRestricted}},
	{"escalation", []model.ControlID{model.PodRestricted, model.NonRoot}},
	{"unconfined", []model.ControlID{model.SeccompProfile, model.PodRestricted}},
	{"pod_security", []model.ControlID{model.PodSecurityEnforced}},
	{"api_access", []model.ControlID{model.NoToken, model.LeastPrivilege, model.NoEscalation}},
	{"scope", []model.ControlID{model.NoEscalation}},
	{"env", []model.ControlID{model.SecretsAsFiles}},
	{"egress", []model.ControlID{model.EgressExact}},
	{"mfa", []model.ControlID{model.JumpBoxMFA}},
	{"recording", []model.ControlID{model.SessionRecording}},
	{"fail_on", []model.ControlID{model.ImageScan}},
	{"patching", []model.ControlID{model.NodePatching}},
	{"physical.disk_encryption", []model.ControlID{model.DiskEncrypted}},
	{"physical.secure_boot", []model.ControlID{model.SecureBooted}},
	{"privileges", []model.ControlID{model.GitOpsPerNamespace}},
	{"encrypted", []model.ControlID{model.BackupEncrypted}},
	{"audit", []model.ControlID{model.AuditShipped}},
	{"reviews", []model.ControlID{model.BranchProtection, model.CodeOwners}},
	{"strict", []model.ControlID{model.MeshStrictMTLS}},
	{"can", []model.ControlID{model.PeopleLeastPrivilege}},
}

// weakens reports whether a weakening takes the control away.
func weakens(w *model.Weakening, c model.ControlID) bool {
	attribute := strings.TrimPrefix(strings.TrimPrefix(string(w.Address), string(w.Subject)), ".")
	// Attributes of a container or a secret stand behind its name.
	for _, block := range []string{"container.", "init_container.", "sidecar.", "secret."} {
		if rest, ok := strings.CutPrefix(attribute, block); ok {
			_, attribute, _ = strings.Cut(rest, ".")
		}
	}
	attribute = strings.TrimPrefix(attribute, "security.")
	for _, row := range weakenedBy {
		if strings.HasPrefix(attribute, row.attribute) {
			for _, id := range row.controls {
				if id == c {
					return true
				}
			}
		}
	}
	return false
}

func weakened(list []*model.Weakening, c model.ControlID) bool {
	for _, w := range list {
		if weakens(w, c) {
			return true
		}
	}
	return false
}

// bySubject groups the weakenings, so that a specification with many stays cheap.
func bySubject(spec *model.Spec) map[model.Address][]*model.Weakening {
	m := map[model.Address][]*model.Weakening{}
	for _, w := range spec.Weakenings {
		m[w.Subject] = append(m[w.Subject], w)
	}
	return m
}

// weakenings are the values of the specification that take the control away from the subject.
func (g *Graph) weakenings(h model.Hold) []*Weakening {
	var all []*Weakening
	for _, w := range g.weak[h.Subject] {
		if !weakens(w, h.Control) {
			continue
		}
		x := &Weakening{Address: w.Address}
		if w.Exception != nil {
			x.Exception, x.Reason = w.Exception.Addr(), w.Exception.Reason
		}
		all = append(all, x)
	}
	return all
}
