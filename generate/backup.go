package generate

import (
	"net"
	"net/url"
	"path"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var backup = &Generator{
	Name: "backup",
	Doc: `copy etcd to a place outside the cluster

A script on each etcd node takes a snapshot with the certificate that kubeadm makes for health checks, checks it,
encrypts it to an age recipient whose private key is elsewhere, and only then uploads it.`,
	Controls: []model.ControlID{model.BackupEncrypted},
	Run:      runBackup,
}

// BackupDir holds the files of one backup of a cluster's etcd.
func BackupDir(b *model.Backup) string {
	return path.Join(ControlPlaneDir(b.Cluster), "backup", b.Name)
}

// backupPage is what the templates of a backup print.
type backupPage struct {
	To             string
	Target         string // path at the rclone remote "backup"
	Encrypted      bool
	Recipient      string
	Schedule       string
	Nodes          []backupNode
	InitialCluster string
	EncryptionFile string // on the control-plane nodes: the key of Secrets at rest
}

type backupNode struct{ Name, PeerURL, ClientURL string }

func runBackup(p *Pass) error {
	for _, b := range p.Spec.Backups {
		if b.Cluster == nil || b.Cluster.Provisioner == model.Managed {
			continue // etcd of a managed control plane belongs to somebody else
		}
		if err := writeBackup(p, b); err != nil {
			return err
		}
	}
	return nil
}

func writeBackup(p *Pass, b *model.Backup) error {
	page := &backupPage{
		To: b.To, Target: backupTarget(b.To), Encrypted: b.Encrypted, Recipient: b.Recipient,
		Schedule: string(b.Schedule), Nodes: etcdNodes(b.Cluster),
		EncryptionFile: path.Join(HardeningDir, "encryption.yaml"),
	}
	var members []string
	for _, n := range page.Nodes {
		members = append(members, n.Name+"="+n.PeerURL)
	}
	page.InitialCluster = strings.Join(members, ",")

	dir := BackupDir(b)
	const where = "each etcd node"
	for _, f := range []Artifact{
		{Path: "etcd-backup.sh", Mode: 0o755, Doc: "Takes, checks and uploads one snapshot", Where: where + ", as /usr/local/sbin/etcd-backup"},
		{Path: "etcd-backup.service", Doc: "Runs the script with nothing but what it needs", Where: where + ", in /etc/systemd/system"},
		{Path: "etcd-backup.timer", Doc: "Starts the service on schedule", Where: where + ", in /etc/systemd/system"},
		{Path: "etcd-restore.md", Doc: "How to install the backups, and how to restore one", Where: "people"},
	} {
		data, err := templates.Render(f.Path+".tmpl", page)
		if err != nil {
			return err
		}
		f.Path, f.Data = path.Join(dir, f.Path), data
		p.File(f)
	}
	if b.Encrypted && b.Recipient != "" {
		p.File(Artifact{
			Path: path.Join(dir, "recipients.txt"), Data: []byte(b.Recipient + "\n"),
			Doc: "Public key that snapshots are encrypted to", Where: where + ", in /etc/etcd-backup",
		})
	}
	p.Directory(Directory{Path: path.Dir(dir), Title: "Backups of etcd", Doc: "One directory for each backup: what takes and encrypts it, and how it is restored."})
	p.Directory(Directory{Path: dir, Title: "Backup " + b.Name, Doc: "Read `etcd-restore.md` first, and try it before it is needed."})
	if b.Encrypted {
		p.Claim(model.BackupEncrypted, b.Addr(), path.Join(dir, "etcd-backup.sh"))
	}
	return nil
}

// backupTarget returns the path that rclone appends to its remote: bucket and prefix of s3://bucket/prefix, the path
// of any other URL. The host of those belongs to the remote's configuration.
func backupTarget(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		return to
	}
	if u.Scheme == "s3" {
		return path.Join(u.Host, u.Path)
	}
	return strings.TrimSuffix(u.Path, "/")
}

// etcdNodes lists the members of etcd: the nodes of all pools with the role.
func etcdNodes(c *model.Cluster) []backupNode {
	var nodes []backupNode
	for _, pool := range c.NodePools {
		if !pool.Has(model.RoleEtcd) {
			continue
		}
		for _, n := range pool.Nodes {
			host := n.Address.String()
			nodes = append(nodes, backupNode{n.Name, "https://" + net.JoinHostPort(host, "2380"), "https://" + net.JoinHostPort(host, "2379")})
		}
	}
	return nodes
}
