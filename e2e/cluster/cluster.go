// Package cluster brings up a cluster on the machines of a lab, from a generated tree and by its own scripts, the way its
// README tells people to. What people provide, it provides: packages, names, the log collector and its token, a network
// plugin.
package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// Binaries are directories of programs, as package build makes them, and the program of command probe.
type Binaries struct {
	Kubernetes, Etcd, Containerd, Runc, GVisor, CNI string
	Probe                                           string
}

// Cluster is a cluster that comes up.
type Cluster struct {
	Lab      *lab.Lab
	Binaries Binaries
	// Tree is the directory clusters/NAME of a generated tree.
	Tree string
	// Hosts are the names that DNS would know.
	Hosts map[string]netip.Addr
	// Token is what the log collector gives to API servers.
	Token string
	// Authority is the certificate of the authority that the machines trust for the collector, in PEM.
	Authority []byte
	// Registry stands in for the registries of workloads.
	Registry Registry
	Log      io.Writer

	first *lab.Machine
	nodes int
}

// Directories of a machine that the generated tree is copied to.
const (
	NodeFiles    = "/opt/bartizan/node"
	ClusterFiles = "/opt/bartizan/cluster"
)

// Prepare does the first step of the tree's README: the packages, then install.sh of the node's pool.
func (c *Cluster) Prepare(ctx context.Context, m *lab.Machine, pool string) error {
	c.nodes++
	files := []struct{ from, to string }{
		{filepath.Join(c.Binaries.Kubernetes, "kubelet"), "/usr/libexec/bartizan-e2e/kubelet"},
		{filepath.Join(c.Binaries.Kubernetes, "kubectl"), "/usr/bin/kubectl"},
		{filepath.Join(c.Binaries.Kubernetes, "kubeadm"), "/usr/libexec/bartizan-e2e/kubeadm"},
		{filepath.Join(c.Binaries.Containerd, "containerd"), "/usr/bin/containerd"},
		{filepath.Join(c.Binaries.Containerd, "containerd-shim-runc-v2"), "/usr/bin/containerd-shim-runc-v2"},
		{filepath.Join(c.Binaries.Containerd, "ctr"), "/usr/bin/ctr"},
		{filepath.Join(c.Binaries.Runc, "runc"), "/usr/sbin/runc"},
		{c.Binaries.CNI, "/opt/cni/bin"},
		{filepath.Join(c.Tree, "nodes", pool), NodeFiles},
		{filepath.Join(c.Tree, "cluster"), ClusterFiles},
	}
	gVisor := c.hasGVisor(pool)
	if gVisor {
		files = append(files, struct{ from, to string }{filepath.Join(c.Binaries.GVisor, "runsc"), "/usr/local/bin/runsc"})
	}
	for _, copied := range files {
		if err := m.Copy(ctx, copied.from, copied.to); err != nil {
			return err
		}
	}
	if err := m.InstallPackages(ctx); err != nil {
		return err
	}
	if gVisor {
		if err := m.InstallGVisor(ctx, filepath.Join(c.Binaries.GVisor, "containerd-shim-runsc-v1")); err != nil {
			return err
		}
	}
	if err := c.write(ctx, m, pool); err != nil {
		return err
	}
	c.say("%s: install.sh of pool %s", m.Name, pool)
	if _, err := m.Run(ctx, "sh", NodeFiles+"/install.sh"); err != nil {
		return err
	}
	if _, err := m.Shell(ctx, "for i in $(seq 100); do ctr version >/dev/null 2>&1 && exit; sleep 0.1; done; tail -n 5 /var/log/units/containerd.service.log; exit 1"); err != nil {
		return err
	}
	return c.images(ctx, m)
}

// hasGVisor reports whether the machine image of the pool must provide gVisor: its files configure it.
func (c *Cluster) hasGVisor(pool string) bool {
	_, err := os.Stat(filepath.Join(c.Tree, "nodes", pool, "runsc.toml"))
	return err == nil
}

// write writes what people put on the machine: names, trust, the collector's token, the network plugin's configuration,
// and what this host forces on the kubelet.
func (c *Cluster) write(ctx context.Context, m *lab.Machine, pool string) error {
	var hosts strings.Builder
	fmt.Fprintf(&hosts, "127.0.0.1 localhost\n%s %s\n", m.Address, m.Name)
	for name, address := range c.Hosts {
		fmt.Fprintf(&hosts, "%s %s\n", address, name)
	}
	kubelet, err := hostKubelet(m)
	if err != nil {
		return err
	}
	files := []struct {
		name string
		mode os.FileMode
		data []byte
	}{
		{"/etc/hosts", 0o644, []byte(hosts.String())},
		{"/etc/ssl/certs/e2e-collector.pem", 0o644, c.Authority},
		{"/etc/kubernetes/hardening/audit-webhook.token", 0o600, []byte(c.Token + "\n")},
		{"/etc/cni/net.d/10-bridge.conflist", 0o600, network(c.nodes)},
		{"/etc/containerd/certs.d/_default/hosts.toml", 0o644, c.Registry.mirror()},
		{"/etc/bartizan-e2e/kubelet/host.conf", 0o600, kubelet}, // our /usr/bin/kubelet names the directory
	}
	for _, f := range files {
		if err := m.Write(ctx, f.name, f.mode, f.data); err != nil {
			return err
		}
	}
	if pool != "control" {
		_, err = m.Shell(ctx, "rm -r /etc/kubernetes/hardening")
	}
	return err
}

// hostKubelet is what the test's host forces on a kubelet, on top of the generated configuration: there is no systemd to
// make control groups, they may be of version 1, and the host's disk may be fuller than a node's.
func hostKubelet(m *lab.Machine) ([]byte, error) {
	group, err := m.Group()
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{
		"apiVersion":                  "kubelet.config.k8s.io/v1beta1",
		"kind":                        "KubeletConfiguration",
		"cgroupDriver":                "cgroupfs",
		"cgroupRoot":                  group,
		"failCgroupV1":                false,
		"imageGCHighThresholdPercent": 100,
		"imageGCLowThresholdPercent":  99,
		"evictionHard": map[string]string{"memory.available": "100Mi", "nodefs.available": "1%", "nodefs.inodesFree": "1%",
			"imagefs.available": "1%", "imagefs.inodesFree": "1%"},
	})
}

// network is a bridge for pods in place of the declared plugin: it gives pods addresses and enforces no policy.
func network(node int) []byte {
	return fmt.Appendf(nil, `{"cniVersion": "1.0.0", "name": "bridge", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
  "ipam": {"type": "host-local", "ranges": [[{"subnet": "%s"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}`, podRange(node))
}

// podRange is the range of the n-th node's pods. It need not be the one that the controller manager gives to the node.
func podRange(n int) string { return fmt.Sprintf("10.244.%d.0/24", 100+n) }

// Bootstrap runs bootstrap.sh on the first control-plane node.
func (c *Cluster) Bootstrap(ctx context.Context, m *lab.Machine) error {
	c.first = m
	c.say("%s: bootstrap.sh", m.Name)
	_, err := m.Run(ctx, "sh", ClusterFiles+"/bootstrap.sh")
	return err
}

// Join pipes make-join.sh on the first node into join.sh on the machine.
func (c *Cluster) Join(ctx context.Context, m *lab.Machine) error {
	c.say("%s: join.sh", m.Name)
	input, err := c.first.Run(ctx, "sh", ClusterFiles+"/make-join.sh", m.Name)
	if err != nil {
		return err
	}
	_, err = m.RunInput(ctx, strings.NewReader(input), "sh", ClusterFiles+"/join.sh")
	return err
}

// Admit runs admit-nodes.sh, as its timer would, until the nodes have what they asked for.
func (c *Cluster) Admit(ctx context.Context) (string, error) {
	return c.first.Run(ctx, "sh", ClusterFiles+"/admit-nodes.sh")
}

// First is the node that Bootstrap ran on.
func (c *Cluster) First() *lab.Machine { return c.first }

// Kubectl runs kubectl on the first node as the administrator of admin.conf.
func (c *Cluster) Kubectl(ctx context.Context, args ...string) (string, error) {
	return c.KubectlInput(ctx, nil, args...)
}

// KubectlInput is Kubectl with an input.
func (c *Cluster) KubectlInput(ctx context.Context, in io.Reader, args ...string) (string, error) {
	return c.first.RunInput(ctx, in, append([]string{"kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"}, args...)...)
}

// JSON decodes what kubectl answers into out.
func (c *Cluster) JSON(ctx context.Context, out any, args ...string) error {
	text, err := c.Kubectl(ctx, append(args, "-o", "json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), out)
}

// Eventually calls f every half second until it succeeds or the time is over; then it returns f's last error.
func Eventually(ctx context.Context, limit time.Duration, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (c *Cluster) say(format string, args ...any) {
	fmt.Fprintf(c.Log, format+"\n", args...)
}
