package verify

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// containerd's configuration, version 3 (containerd docs/cri/config.md). Only known keys may stand in it: an import, a
// further runtime or a TCP address would be a way around the rest.
var containerRuntime = &Check{
	Name:     "container-runtime",
	Doc:      "the container runtime is configured for least privilege\n\nReads containerd's configuration and refuses keys that it does not know.",
	Controls: []model.ControlID{model.RuntimeHardened},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			names := []string{"containerd.toml", "node.sh"}
			if pool.Runtime == model.GVisor {
				names = append(names, "runsc.toml")
			}
			f := p.nodeFile(pool, model.RuntimeHardened, names...)
			f.judge("containerd.toml", func(data []byte) error { return judgeContainerd(data, pool) })
			if pool.Runtime == model.GVisor {
				f.judge("runsc.toml", judgeRunsc)
			}
			f.prove("containerd.toml")
		})
	},
}

func judgeContainerd(data []byte, pool *model.NodePool) error {
	got, err := readTOML(data)
	if err != nil {
		return err
	}
	const (
		images  = "plugins.io.containerd.cri.v1.images"
		runtime = "plugins.io.containerd.cri.v1.runtime"
		grpc    = "plugins.io.containerd.grpc.v1.cri"
	)
	want := map[string]string{
		"version":                           "3",
		"root":                              `"/var/lib/containerd"`,
		"state":                             `"/run/containerd"`,
		"grpc.address":                      `"/run/containerd/containerd.sock"`,
		"grpc.uid":                          "0",
		"grpc.gid":                          "0",
		"metrics.address":                   `""`,
		images + ".snapshotter":             `"overlayfs"`,
		images + ".registry.config_path":    `"/etc/containerd/certs.d"`,
		runtime + ".disable_apparmor":       "false",
		runtime + ".restrict_oom_score_adj": "false",
		runtime + ".containerd.default_runtime_name":                `"runc"`,
		runtime + ".containerd.runtimes.runc.runtime_type":          `"io.containerd.runc.v2"`,
		runtime + ".containerd.runtimes.runc.options.SystemdCgroup": "true",
		runtime + ".device_ownership_from_security_context":         "false",
		grpc + ".disable_tcp_service":                               "true",
		grpc + ".stream_server_address":                             `"127.0.0.1"`,
		grpc + ".stream_server_port":                                `"0"`,
		grpc + ".enable_tls_streaming":                              "false",
	}
	switch pool.Runtime {
	case model.GVisor:
		const runsc = runtime + ".containerd.runtimes.runsc"
		want[runsc+".runtime_type"] = `"io.containerd.runsc.v1"`
		want[runsc+".options.TypeUrl"] = `"io.containerd.runsc.v1.options"`
		want[runsc+".options.ConfigPath"] = `"/etc/containerd/runsc.toml"`
	case model.Kata:
		want[runtime+".containerd.runtimes.kata.runtime_type"] = `"io.containerd.kata.v2"`
		want[runtime+".containerd.runtimes.kata.privileged_without_host_devices"] = "true"
	}
	const sandbox = images + ".pinned_images.sandbox"
	if !regexp.MustCompile(`^"registry\.k8s\.io/pause:[0-9.]+"$`).MatchString(got[sandbox]) {
		return fmt.Errorf("%s is %s, not the pause image of registry.k8s.io", sandbox, got[sandbox])
	}
	want[sandbox] = got[sandbox]
	return sameKeys(got, want)
}

// judgeRunsc judges what the shim tells gVisor: nothing but that a pod's control group, where its limits are, is systemd's.
// Flags of gVisor could take its network, its platform or its file system back to the host's.
func judgeRunsc(data []byte) error {
	got, err := readTOML(data)
	if err != nil {
		return err
	}
	return sameKeys(got, map[string]string{"runsc_config.systemd-cgroup": `"true"`})
}

// sameKeys compares keys and values with those expected: none may be missing, none more.
func sameKeys(got, want map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			return fmt.Errorf("%s is %q, not %s", key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			return fmt.Errorf("%s is not expected", key)
		}
	}
	return nil
}

var (
	tomlTable = regexp.MustCompile(`^\[((?:[A-Za-z0-9_-]+|'[A-Za-z0-9._-]+')(?:\.(?:[A-Za-z0-9_-]+|'[A-Za-z0-9._-]+'))*)\]$`)
	tomlKey   = regexp.MustCompile(`^([A-Za-z0-9_-]+) = ("[^"\\]*"|true|false|-?[0-9]+)$`)
)

// readTOML reads tables and plain values, one a line, as "table.key" → value as written. Everything else of TOML is
// an error, as is a table or key that stands twice.
func readTOML(data []byte) (map[string]string, error) {
	values, tables, table := map[string]string{}, map[string]bool{}, ""
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if m := tomlTable.FindStringSubmatch(line); m != nil {
			if table = strings.ReplaceAll(m[1], "'", "") + "."; tables[table] {
				return nil, fmt.Errorf("line %d: table %s stands twice", i+1, m[1])
			}
			tables[table] = true
			continue
		}
		m := tomlKey.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("line %d: %q is not understood", i+1, line)
		}
		if _, twice := values[table+m[1]]; twice {
			return nil, fmt.Errorf("line %d: %s stands twice", i+1, m[1])
		}
		values[table+m[1]] = m[2]
	}
	return values, nil
}
