package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// memberConfig is the kubeadm configuration of a member of etcd on a machine of its own, below the directory of the
// control plane's files.
func (c *Cluster) memberConfig(m *lab.Machine) string { return "etcd/" + m.Name + ".yaml" }

func (c *Cluster) isMember(m *lab.Machine) bool {
	_, err := os.Stat(filepath.Join(c.Tree, "cluster", c.memberConfig(m)))
	return !errors.Is(err, fs.ErrNotExist)
}

// StartEtcd makes etcd's authority on the first machine and starts the members, then gives the API server's client
// certificate to the control-plane node, all as the tree's README says.
func (c *Cluster) StartEtcd(ctx context.Context, control *lab.Machine, members ...*lab.Machine) error {
	const script = ClusterFiles + "/etcd-member.sh"
	first := members[0]
	c.say("%s: etcd-member.sh", first.Name)
	if _, err := first.Run(ctx, "sh", script); err != nil {
		return err
	}
	send := func(m *lab.Machine, script string) error {
		c.say("%s: etcd-certs.sh for %s", first.Name, m.Name)
		certificates, err := first.Run(ctx, "sh", ClusterFiles+"/etcd-certs.sh", m.Name)
		if err != nil {
			return err
		}
		_, err = m.RunInput(ctx, strings.NewReader(certificates), "sh", script)
		return err
	}
	for _, m := range members[1:] {
		if err := send(m, script); err != nil {
			return err
		}
	}
	return send(control, ClusterFiles+"/etcd-client.sh")
}
