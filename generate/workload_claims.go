package generate

import (
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// workloadClaims lists the controls that the workload's pods have after all that the specification weakens.
func workloadClaims(w *model.Workload) []model.ControlID {
	containers := slices.Concat(w.Containers, w.InitContainers)
	all := func(holds func(*model.Container) bool) bool {
		return !slices.ContainsFunc(containers, func(c *model.Container) bool { return !holds(c) })
	}
	unprivileged := all(func(c *model.Container) bool { return !c.Security.Privileged })
	noHostNamespaces := !w.Host.PID && !w.Host.IPC && !w.Host.Network
	noHostPaths := len(w.Host.Paths) == 0
	dropped := unprivileged && all(func(c *model.Container) bool {
		return !slices.ContainsFunc(c.Security.Capabilities, func(name string) bool { return name != "NET_BIND_SERVICE" })
	})
	confined := unprivileged && all(func(c *model.Container) bool { return !c.Security.Unconfined })
	// A set-user-id program undoes the unprivileged user, unless escalation is off.
	nonRoot := unprivileged && all(func(c *model.Container) bool { return !c.Security.RunAsRoot && !c.Security.Escalation })

	var claims []model.ControlID
	claim := func(holds bool, control model.ControlID) {
		if holds {
			claims = append(claims, control)
		}
	}
	claim(noHostNamespaces && noHostPaths && len(w.Host.Ports) == 0 && dropped && confined && nonRoot, model.PodRestricted)
	claim(unprivileged, model.NoPrivileged)
	claim(noHostNamespaces, model.NoHostNamespaces)
	claim(noHostPaths, model.NoHostPaths)
	claim(dropped, model.CapabilitiesDropped)
	claim(dropped, model.NoAddedCapabilities)
	claim(confined, model.SeccompProfile)
	claim(nonRoot, model.NonRoot)
	claim(all(func(c *model.Container) bool { return !c.Security.WritableRoot }), model.ReadOnlyRoot)
	claim(len(containers) > 1 && unprivileged && !w.Host.PID && distinctUsers(w), model.SiblingIsolation)
	claim(len(w.APIAccess) == 0, model.NoToken)
	claim(true, model.OwnAccount)
	claim(!slices.ContainsFunc(w.Secrets, func(s *model.SecretFile) bool { return s.Env != "" }), model.SecretsAsFiles)
	claim(all(func(c *model.Container) bool {
		r := c.Resources
		return r.CPULimit != "" && r.MemoryLimit != "" && r.EphemeralStorageLimit != ""
	}), model.Limits)
	claim(all(func(c *model.Container) bool { return c.Image.Digest != "" }), model.ImageDigest)
	claim(all(func(c *model.Container) bool { return c.Image.Registry != nil }), model.ImageRegistry)
	claim(w.Pool != nil && w.Pool.Dedicated, model.PoolIsolation)
	claim(runtimeClass(w.Pool) != "", model.RuntimeSandbox)
	return claims
}

func distinctUsers(w *model.Workload) bool {
	seen := map[int64]bool{}
	for i, c := range slices.Concat(w.Containers, w.InitContainers) {
		id := userID(c, i)
		if seen[id] {
			return false
		}
		seen[id] = true
	}
	return true
}
