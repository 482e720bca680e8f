package lab

import (
	"context"
	"io/fs"
	"strings"
)

// packages are the files that the packages of components bring, by their place, and what this host forces on them.
var packages = map[string]string{
	"kubeadm":              "/usr/bin/kubeadm",
	"kubelet":              "/usr/bin/kubelet",
	"containerd.service":   "/usr/lib/systemd/system/containerd.service",
	"containerd.toml":      "/etc/containerd/e2e.toml",
	"containerd-host.toml": "/etc/containerd/e2e-host.toml",
	"kubelet.service":      "/usr/lib/systemd/system/kubelet.service",
	"10-kubeadm.conf":      "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
}

// InstallPackages writes the files that the packages of containerd and the kubelet bring.
func (m *Machine) InstallPackages(ctx context.Context) error {
	return m.writeAll(ctx, "packages", packages)
}

func (m *Machine) writeAll(ctx context.Context, dir string, places map[string]string) error {
	for name, place := range places {
		data, err := machineFiles.ReadFile("machine/" + dir + "/" + name)
		if err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if strings.HasPrefix(place, "/usr/bin/") {
			mode = 0o755
		}
		if err := m.Write(ctx, place, mode, data); err != nil {
			return err
		}
	}
	return nil
}
