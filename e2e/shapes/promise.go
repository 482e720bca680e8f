package shapes

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

// Pod is a pod that runs, and what its reports are compared with.
type Pod struct {
	Name string
	Node Node
	// Missing is what was taken out of the pod.
	Missing []Missing
	// Audience is that of the API server.
	Audience string

	workload *model.Workload
	// secrets are the values of each secret by key.
	secrets map[string]map[string]string
}

// NewPod is a pod of the workload.
func NewPod(name string, w *model.Workload, node Node, missing []Missing, audience string) *Pod {
	return &Pod{Name: name, Node: node, Missing: missing, Audience: audience, workload: w, secrets: promised(w)}
}

// container returns the container of the name, and its place in the order in which users are derived: the workload's own,
// the further ones sorted by name, those that run before as written.
func (p *Pod) container(name string) (*model.Container, int, error) {
	all := slices.Concat(p.workload.Containers, p.workload.InitContainers)
	for i, c := range all {
		if c.Name == name {
			return c, i, nil
		}
	}
	return nil, 0, fmt.Errorf("the specification has no container %q", name)
}

// user is what "bartizan explain workload.security.user" and .group promise.
func user(c *model.Container, i int) (uid, gid int) {
	switch s := c.Security; {
	case s.RunAsRoot:
		uid = 0
	case s.User != 0:
		uid = s.User
	default:
		uid = 10001 + i
	}
	if gid = uid; c.Security.Group != 0 {
		gid = c.Security.Group
	}
	return uid, gid
}

// mounted is a directory or file that a container has besides those of its image.
type mounted struct {
	readOnly bool
	// memory is the size in bytes of a file system in memory; 0 for others.
	memory uint64
	// group says that it belongs to the pod's group, which is how containers with users of their own share it.
	group bool
	// files are the sums of the files in it by path, or its own; nil for what the kubelet does not fill.
	files map[string]string
	// host is the directory of the node that it is.
	host string
}

const tokenDir = "/var/run/secrets/kubernetes.io/serviceaccount"

// mounts are all that the specification gives the container, by mount point.
func (p *Pod) mounts(c *model.Container) (map[string]mounted, error) {
	w := p.workload
	has := func(in []*model.Container) bool {
		if len(in) == 0 {
			return c == w.Containers[0]
		}
		return slices.Contains(in, c)
	}
	all := map[string]mounted{}
	for _, v := range w.Volumes {
		if !has(v.In) {
			continue
		}
		m := mounted{readOnly: v.ReadOnly, group: true}
		if v.Kind == model.Memory {
			size, err := bytesOf(v.Size)
			if err != nil {
				return nil, err
			}
			m.memory = uint64(size)
		}
		all[v.Path] = m
	}
	for _, s := range w.Secrets {
		if has(s.In) && !(s.Volume() && slices.Contains(p.Missing, MissingDriver)) {
			dir := path.Join("/run/secrets", s.Name)
			m := mounted{readOnly: true, files: map[string]string{}}
			for key, value := range p.secrets[s.Name] {
				m.files[path.Join(dir, key)] = sum(value)
			}
			all[dir] = m
		}
	}
	for _, f := range w.Config {
		if has(f.In) {
			place := path.Join(f.Path, f.Name)
			all[place] = mounted{readOnly: true, files: map[string]string{place: sum(f.Content)}}
		}
	}
	if c == w.Containers[0] {
		for dir, mode := range w.Host.Paths {
			all[path.Join("/host", dir)] = mounted{readOnly: mode != model.ReadWrite, host: dir}
		}
		if len(w.APIAccess) > 0 {
			all[tokenDir] = mounted{readOnly: true}
		}
	}
	return all, nil
}

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}
