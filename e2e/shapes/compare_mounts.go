package shapes

import (
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/model"
)

// ofRuntime reports whether the runtime or the kubelet gives the mount to every container.
func ofRuntime(point string) bool {
	switch point {
	case "/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf":
		return true
	}
	return slices.ContainsFunc([]string{"/proc", "/sys", "/dev"}, func(dir string) bool { return below(point, dir) })
}

func below(point, dir string) bool {
	return point == dir || strings.HasPrefix(point, strings.TrimSuffix(dir, "/")+"/")
}

// compareMounts compares what is mounted, what of it can be written, and whose it is.
func (p *Pod) compareMounts(t *trial, c *model.Container, r inside.Report, declared map[string]mounted) {
	host := ""
	for point, m := range declared {
		if m.host != "" {
			host = point // what is mounted on the node below it comes along
		}
	}
	found := map[string]inside.Mount{}
	var points []string
	for _, m := range r.Mounts {
		if _, ok := declared[m.Point]; ok || !p.ofSandbox(m) && !ofRuntime(m.Point) && (host == "" || !below(m.Point, host)) {
			found[m.Point] = m // the last one covers those before
			points = append(points, m.Point)
		}
	}
	var names []string
	for point := range declared {
		names = append(names, point)
	}
	sameSet(t, "mounts", points, names)
	_, group := user(p.workload.Containers[0], 0)
	for point, want := range declared {
		m, ok := found[point]
		if !ok {
			continue
		}
		t.want(m.ReadOnly == want.readOnly, "%s is mounted read-only: %v", point, m.ReadOnly)
		if want.memory != 0 {
			t.want(m.Type == "tmpfs" && m.Size == want.memory, "%s is a %s of %d bytes, not memory of %d", point, m.Type, m.Size, want.memory)
		}
		if want.group {
			t.want(m.GID == group && m.Mode&0o070 == 0o070, "%s belongs to group %d with mode %04o, not to the pod's group %d", point, m.GID, m.Mode, group)
		}
		if want.host != "" && want.readOnly && p.Node.RecursiveReadOnly {
			for _, sub := range r.Mounts {
				if below(sub.Point, point) {
					t.want(sub.ReadOnly, "%s, below a directory of the node that is read-only, is not", sub.Point)
				}
			}
		}
	}
	p.compareWritable(t, c, r, declared)
	if !c.Security.Privileged {
		points := []string{"/sys", "/proc/sys"}
		if p.sandboxed() {
			points = points[:1] // settings of gVisor's kernel are the pod's own
		}
		for _, point := range points {
			i := slices.IndexFunc(r.Mounts, func(m inside.Mount) bool { return m.Point == point })
			t.want(i >= 0 && r.Mounts[i].ReadOnly, "the kernel's settings below %s can be written", point)
		}
	}
}

// compareWritable compares where the process could write. What the runtime gives every container to write is its own
// memory and its last words.
func (p *Pod) compareWritable(t *trial, c *model.Container, r inside.Report, declared map[string]mounted) {
	allowed := []string{"/dev/shm", "/dev/mqueue", "/dev/termination-log"}
	if slices.ContainsFunc(r.Mounts, p.ofSandbox) {
		allowed = append(allowed, sandboxTmp)
	}
	if c.Security.RunAsRoot || c.Security.Privileged {
		allowed = append(allowed, "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
	}
	for point, m := range declared {
		if m.readOnly {
			continue
		}
		allowed = append(allowed, point)
		if m.host == "" { // whether a directory of the node may be written is the node's decision
			t.want(slices.Contains(r.Writable, point), "%s cannot be written", point)
		}
	}
	for _, place := range r.Writable {
		inHost := false
		for point, m := range declared {
			inHost = inHost || m.host != "" && !m.readOnly && below(place, point)
		}
		ofImage := c.Security.WritableRoot && !ofRuntime(path.Clean(place)) || c.Security.WritableRoot && place == "/"
		t.want(slices.Contains(allowed, place) || inHost || ofImage, "%s can be written", place)
	}
	root := slices.IndexFunc(r.Mounts, func(m inside.Mount) bool { return m.Point == "/" })
	t.want(root >= 0 && r.Mounts[root].ReadOnly == !c.Security.WritableRoot, "the root file system is mounted read-only: %v", root >= 0 && r.Mounts[root].ReadOnly)
}

// compareFiles compares the files of Secrets and ConfigMaps, and the token.
func (p *Pod) compareFiles(t *trial, c *model.Container, r inside.Report, declared map[string]mounted) {
	_, group := user(p.workload.Containers[0], 0)
	byPath := map[string]inside.File{}
	for _, f := range r.Files {
		byPath[f.Path] = f
	}
	for _, m := range declared {
		for file, sum := range m.files {
			f, ok := byPath[file]
			t.want(ok && f.Sum == sum, "%s does not hold what it should, or cannot be read", file)
			t.want(!ok || f.Mode&0o227 == 0 && f.GID == group, "%s has mode %04o and group %d: others than the pod's group may read it, or somebody write it", file, f.Mode, f.GID)
		}
	}
	for _, f := range r.Files {
		for point, m := range declared {
			if _, known := m.files[f.Path]; m.files != nil && below(f.Path, point) {
				t.want(known, "%s is a file that nobody declared", f.Path)
			}
		}
	}
	p.compareToken(t, c, r.Files)
}

// compareToken compares the credential for the API server: none, or one that lives an hour at most, ends with its pod, is for
// the API server alone, and is the workload's own.
func (p *Pod) compareToken(t *trial, c *model.Container, files []inside.File) {
	wanted := len(p.workload.APIAccess) > 0 && c == p.workload.Containers[0]
	const place = tokenDir + "/token"
	found := false
	for _, f := range files {
		if f.Token == nil {
			continue
		}
		if !wanted || f.Path != place {
			t.want(false, "%s is a token", f.Path)
			continue
		}
		found = true
		token := f.Token
		t.want(token.Seconds > 0 && token.Seconds <= 3600, "the token lives %d seconds", token.Seconds)
		same(t, "the pod that the token ends with", token.Pod, p.Name)
		same(t, "the token's account", token.Subject, "system:serviceaccount:"+p.workload.Namespace.Name+":"+p.workload.Name)
		sameSet(t, "audiences of the token", token.Audiences, []string{p.Audience})
		t.want(f.Mode&0o007 == 0, "the token has mode %04o", f.Mode)
	}
	same(t, "there is a token for the API server", found, wanted)
}
