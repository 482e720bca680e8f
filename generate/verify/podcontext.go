package verify

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// podContextCheck judges what containers may do, one control at a time.
//
// The restricted level joins most of these in one verdict. They are judged apart because an exception usually takes
// away one of them, and the others still stop their steps; and because the level says nothing of the root file system,
// of users that two containers share, or of escalation by privileged containers.
var podContextCheck = &Check{
	Name: "podcontext",
	Doc: `each container's security context

Init and ephemeral containers count like the others, and a field that is left out counts as Kubernetes' default. The
runtime's own seccomp profile is asked for; a local one is not accepted, because nobody has read it.`,
	Controls: []model.ControlID{
		model.NoPrivileged, model.NoHostNamespaces, model.NoHostPaths, model.CapabilitiesDropped, model.NoAddedCapabilities, model.SeccompProfile,
		model.NonRoot, model.ReadOnlyRoot, model.SiblingIsolation,
	},
	Run: func(p *Pass) { judgePods(p, podContextRules) },
}

var podContextRules = []podRule{
	{
		control: model.NoPrivileged,
		given:   func(w *model.Workload) bool { return !anyContainer(w, isPrivileged) },
		judge: each(func(c container) string {
			if c.privileged() {
				return "The container is privileged."
			}
			if w := c.security().WindowsOptions; w != nil && isTrue(w.HostProcess) {
				return "The container is a process of the host."
			}
			return ""
		}),
	},
	{
		control: model.NoHostNamespaces,
		given:   func(w *model.Workload) bool { return !w.Host.PID && !w.Host.IPC && !w.Host.Network },
		judge:   judgeHostNamespaces,
	},
	{
		control: model.NoHostPaths,
		given:   func(w *model.Workload) bool { return len(w.Host.Paths) == 0 },
		judge:   judgeVolumes,
	},
	{
		control: model.CapabilitiesDropped,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, isPrivileged) && !anyContainer(w, addsCapabilities)
		},
		judge: each(judgeCapabilities),
	},
	{
		control: model.NoAddedCapabilities,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, isPrivileged) && !anyContainer(w, addsCapabilities)
		},
		judge: each(judgeAddedCapabilities),
	},
	{
		control: model.SeccompProfile,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool { return c.Security.Privileged || c.Security.Unconfined })
		},
		judge: each(judgeSeccomp),
	},
	{
		control: model.NonRoot,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool {
				return c.Security.RunAsRoot || c.Security.Privileged || c.Security.Escalation
			})
		},
		judge: judgeNonRoot,
	},
	{
		control: model.ReadOnlyRoot,
		given: func(w *model.Workload) bool {
			return !anyContainer(w, func(c *model.Container) bool { return c.Security.WritableRoot })
		},
		judge: each(func(c container) string {
			if !isTrue(c.security().ReadOnlyRootFilesystem) {
				return "The container can write its root file system."
			}
			return ""
		}),
	},
	{
		control: model.SiblingIsolation,
		given: func(w *model.Workload) bool {
			return len(w.Containers)+len(w.InitContainers) > 1 && !w.Host.PID && !anyContainer(w, isPrivileged) && !declaredUsersShared(w)
		},
		judge: judgeSiblings,
	},
}

func isPrivileged(c *model.Container) bool { return c.Security.Privileged }

// declaredUsersShared reports whether the specification itself gives two containers one user.
func declaredUsersShared(w *model.Workload) bool {
	var users []int
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		id := c.Security.User
		if c.Security.RunAsRoot {
			id = -1
		}
		if id != 0 && slices.Contains(users, id) {
			return true
		}
		users = append(users, id)
	}
	return false
}

// each judges every container by itself; an empty message means that nothing is wrong.
func each(judge func(container) string) func(*podCase) []flaw {
	return func(p *podCase) []flaw {
		var flaws []flaw
		for _, c := range p.containers() {
			if message := judge(c); message != "" {
				flaws = append(flaws, flaw{c.at + ".securityContext", message})
			}
		}
		return flaws
	}
}

func judgeHostNamespaces(p *podCase) []flaw {
	var flaws []flaw
	for _, x := range []struct {
		field string
		set   bool
	}{{"hostNetwork", p.Spec.HostNetwork}, {"hostPID", p.Spec.HostPID}, {"hostIPC", p.Spec.HostIPC}} {
		if x.set {
			flaws = append(flaws, flaw{p.at + "." + x.field, "The pod shares a namespace with its node."})
		}
	}
	return flaws
}

// judgeVolumes refuses every volume that can be a directory of the node. Those that are allowed are the ones of the
// restricted level, without inline CSI volumes, whose drivers decide, but those of declared secrets.
func judgeVolumes(p *podCase) []flaw {
	var flaws []flaw
	for _, v := range p.Spec.Volumes {
		at := fmt.Sprintf("%s.volumes[%q]", p.at, v.Name)
		s := v.VolumeSource
		switch {
		case s.EmptyDir != nil, s.ConfigMap != nil, s.Secret != nil, s.Projected != nil, s.DownwardAPI != nil, s.Ephemeral != nil, s.Image != nil:
		case s.PersistentVolumeClaim != nil:
			for _, pv := range p.cluster.local {
				flaws = append(flaws, flaw{at, fmt.Sprintf("The claim may be bound to %s, which is a directory of a node.", pv)})
			}
		case s.CSI != nil && p.isSecretVolume(s.CSI):
		case s.HostPath != nil:
			flaws = append(flaws, flaw{at, fmt.Sprintf("The pod mounts %q of its node.", s.HostPath.Path)})
		default:
			flaws = append(flaws, flaw{at, "The volume is of a kind that may be a directory of the node."})
		}
	}
	return flaws
}

func judgeCapabilities(c container) string {
	caps := c.security().Capabilities
	switch {
	case c.privileged():
		return "The container is privileged and has all capabilities."
	case caps == nil || !slices.Contains(caps.Drop, "ALL"):
		return `The container does not drop "ALL" capabilities.`
	}
	for _, added := range caps.Add {
		if added != "NET_BIND_SERVICE" {
			return fmt.Sprintf("The container adds capability %q.", added)
		}
	}
	return ""
}

// judgeAddedCapabilities asks less than judgeCapabilities: what the runtime grants by default may stay.
func judgeAddedCapabilities(c container) string {
	if c.privileged() {
		return "The container is privileged and has all capabilities."
	}
	if caps := c.security().Capabilities; caps != nil {
		for _, added := range caps.Add {
			if added != "NET_BIND_SERVICE" {
				return fmt.Sprintf("The container adds capability %q.", added)
			}
		}
	}
	return ""
}

func judgeSeccomp(c container) string {
	profile := c.security().SeccompProfile
	if profile == nil {
		profile = c.podSecurity().SeccompProfile
	}
	switch {
	case c.privileged():
		return "The container is privileged: the runtime ignores its profile."
	case profile == nil || profile.Type != corev1.SeccompProfileTypeRuntimeDefault:
		return "The container does not run under the runtime's seccomp profile."
	}
	return ""
}

// judgeNonRoot asks for a numeric user: with runAsNonRoot alone, a pod whose image names a user by name does not
// start, and an image decides who it is. Escalation is off, or a set-user-id program undoes it all.
func judgeNonRoot(p *podCase) []flaw {
	flaws := each(func(c container) string {
		nonRoot := c.security().RunAsNonRoot
		if nonRoot == nil {
			nonRoot = c.podSecurity().RunAsNonRoot
		}
		user, group := c.user(), c.group()
		switch {
		case !isTrue(nonRoot):
			return "runAsNonRoot is not true."
		case user == nil || *user <= 0:
			return "The container runs as root, or as whom its image says."
		case group == nil || *group <= 0:
			return "The container's group is root, or what its image says."
		case !isFalse(c.security().AllowPrivilegeEscalation):
			return "allowPrivilegeEscalation is not false."
		case c.privileged():
			return "The container is privileged."
		}
		return ""
	})(p)
	if ctx := p.Spec.SecurityContext; ctx != nil {
		if ctx.FSGroup != nil && *ctx.FSGroup == 0 || slices.Contains(ctx.SupplementalGroups, 0) {
			flaws = append(flaws, flaw{p.at + ".securityContext", "The pod's processes belong to the group root."})
		}
	}
	return flaws
}

func judgeSiblings(p *podCase) []flaw {
	var flaws []flaw
	if isTrue(p.Spec.ShareProcessNamespace) || p.Spec.HostPID {
		flaws = append(flaws, flaw{p.at, "Containers see and reach each other's processes."})
	}
	users := map[int64]string{}
	writers := map[string]string{}
	for _, c := range p.containers() {
		user := c.user()
		switch {
		case user == nil:
			flaws = append(flaws, flaw{c.at + ".securityContext.runAsUser", "The image says as whom the container runs."})
		case users[*user] != "":
			flaws = append(flaws, flaw{c.at + ".securityContext.runAsUser", fmt.Sprintf("Container %q runs as the same user %d.", users[*user], *user)})
		default:
			users[*user] = c.Name
		}
		if c.privileged() {
			flaws = append(flaws, flaw{c.at + ".securityContext", "A privileged container reaches all others of its node."})
		}
		for _, m := range c.VolumeMounts {
			if m.ReadOnly {
				continue
			}
			if first := writers[m.Name]; first != "" && !declaredShared(p.workload, m.Name) {
				flaws = append(flaws, flaw{c.at + ".volumeMounts", fmt.Sprintf("Container %q writes the same volume %q, which the specification gives to one.", first, m.Name)})
			}
			writers[m.Name] = c.Name
		}
	}
	return flaws
}

// declaredShared reports whether the specification mounts the volume in several containers.
func declaredShared(w *model.Workload, name string) bool {
	return slices.ContainsFunc(w.Volumes, func(v *model.Volume) bool { return v.Name == name && len(v.In) > 1 })
}
