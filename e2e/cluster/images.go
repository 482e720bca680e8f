package cluster

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// images gives the machine the images of its static pods, packed from the binaries: there is no registry.
func (c *Cluster) images(ctx context.Context, m *lab.Machine) error {
	if c.isMember(m) {
		return c.loadAll(ctx, m, c.memberConfig(m), func(name string) bool {
			return strings.Contains(name, "/etcd:") || strings.Contains(name, "/pause:")
		})
	}
	if err := c.loadAll(ctx, m, "init.yaml", func(string) bool { return true }); err != nil {
		return err
	}
	pods, err := filepath.Glob(filepath.Join(c.Tree, "cluster", "*", "pod.yaml"))
	if err != nil {
		return err
	}
	for _, pod := range pods {
		text, err := os.ReadFile(pod)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(text)) {
			if _, image, ok := strings.Cut(line, "image: "); ok {
				if err := c.load(ctx, m, strings.TrimSpace(image)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// loadAll loads those images of the kubeadm configuration that the machine needs.
func (c *Cluster) loadAll(ctx context.Context, m *lab.Machine, config string, needed func(name string) bool) error {
	list, err := m.Run(ctx, "kubeadm", "config", "images", "list", "--config", ClusterFiles+"/"+config)
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(list) {
		if !needed(name) {
			continue
		}
		if err := c.load(ctx, m, name); err != nil {
			return err
		}
	}
	return nil
}

// load packs an image and imports it. What is not built from source is the probe under another name.
func (c *Cluster) load(ctx context.Context, m *lab.Machine, image string) error {
	base, _, _ := strings.Cut(filepath.Base(image), ":")
	programs := []string{filepath.Join(c.Binaries.Kubernetes, base)}
	switch base {
	case "etcd":
		programs = []string{filepath.Join(c.Binaries.Etcd, "etcd"), filepath.Join(c.Binaries.Etcd, "etcdctl")}
	case "kube-apiserver", "kube-controller-manager", "kube-scheduler":
	default:
		programs = []string{c.Binaries.Probe}
	}
	var archive bytes.Buffer
	if err := lab.Image(&archive, image, programs...); err != nil {
		return err
	}
	_, err := m.RunInput(ctx, &archive, "ctr", "--namespace", "k8s.io", "images", "import", "-")
	return err
}
