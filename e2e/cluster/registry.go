package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// Registry stands in for every registry: whatever is pulled is the probe.
type Registry struct {
	// Digest is that of the one image, such as sha256:….
	Digest  string
	address string
	machine *lab.Machine
}

const registryDir = "/var/lib/registry"

// Ask makes the registry ask who pulls: for the name and the password that the map has for the beginning of an image's name,
// such as "ghcr.io/example/".
func (r Registry) Ask(ctx context.Context, logins map[string][2]string) error {
	headers := map[string]string{}
	for place, login := range logins {
		headers[place] = "Basic " + base64.StdEncoding.EncodeToString([]byte(login[0]+":"+login[1]))
	}
	text, err := json.Marshal(headers)
	if err != nil {
		return err
	}
	return r.machine.Write(ctx, registryDir+"/logins", 0o600, text)
}

// StartRegistry starts a registry on the machine. Nodes that are prepared later pull all images from it.
func StartRegistry(ctx context.Context, m *lab.Machine, probe string) (Registry, error) {
	manifest, blobs, err := lab.Blobs(probe)
	if err != nil {
		return Registry{}, err
	}
	if err := m.Write(ctx, registryDir+"/manifest", 0o644, manifest); err != nil {
		return Registry{}, err
	}
	for digest, data := range blobs {
		if err := m.Write(ctx, registryDir+"/blobs/"+strings.TrimPrefix(digest, "sha256:"), 0o644, data); err != nil {
			return Registry{}, err
		}
	}
	_, err = m.Shell(ctx, "setsid probe registry :5000 "+registryDir+" </dev/null >/var/log/registry.log 2>&1 &")
	return Registry{Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(manifest)), address: fmt.Sprintf("http://%s:5000", m.Address), machine: m}, err
}

// mirror is how containerd learns where the registry is. The file is that of all hosts which have none of their own.
func (r Registry) mirror() []byte {
	return fmt.Appendf(nil, "server = %q\n\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", r.address, r.address)
}
