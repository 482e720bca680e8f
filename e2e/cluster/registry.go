package cluster

import (
	"context"
	"fmt"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// Registry stands in for a registry: whatever is pulled from it is the probe.
type Registry struct {
	// Host is the registry's name in references of images.
	Host    string
	address string
}

// StartRegistry starts a registry on the machine. Nodes that are prepared later pull the host's images from it.
func StartRegistry(ctx context.Context, m *lab.Machine, probe, host string) (Registry, error) {
	manifest, blobs, err := lab.Blobs(probe)
	if err != nil {
		return Registry{}, err
	}
	const dir = "/var/lib/registry"
	if err := m.Write(ctx, dir+"/manifest", 0o644, manifest); err != nil {
		return Registry{}, err
	}
	for digest, data := range blobs {
		if err := m.Write(ctx, dir+"/blobs/"+strings.TrimPrefix(digest, "sha256:"), 0o644, data); err != nil {
			return Registry{}, err
		}
	}
	_, err = m.Shell(ctx, "setsid probe registry :5000 "+dir+" </dev/null >/var/log/registry.log 2>&1 &")
	return Registry{Host: host, address: fmt.Sprintf("http://%s:5000", m.Address)}, err
}

// mirror is how containerd learns where the registry is.
func (r Registry) mirror() []byte {
	return fmt.Appendf(nil, "server = %q\n\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", r.address, r.address)
}
