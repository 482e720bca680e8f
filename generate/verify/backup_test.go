package verify

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

const testRecipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

func backupSpec(change func(*model.Backup)) *model.Spec {
	c := &model.Cluster{Name: "shop", Provisioner: model.Kubeadm}
	c.NodePools = []*model.NodePool{{Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Nodes: []model.Node{
		{Name: "cp-1", Address: netip.MustParseAddr("10.0.0.11")}, {Name: "cp-2", Address: netip.MustParseAddr("fd00::12")},
	}}}
	b := &model.Backup{Name: "etcd", Cluster: c, To: "s3://backups-example/it's", Encrypted: true, Recipient: testRecipient, Schedule: model.Daily}
	if change != nil {
		change(b)
	}
	return &model.Spec{Backups: []*model.Backup{b}}
}

func TestBackupClaimsAreProved(t *testing.T) {
	for name, m := range map[string]struct {
		change func(*model.Backup)
		proved bool
	}{
		"recipient":     {nil, true},
		"by hand":       {func(b *model.Backup) { b.Recipient = "" }, true},
		"rsync":         {func(b *model.Backup) { b.To = "sftp://store.example.com/etcd" }, true},
		"not encrypted": {func(b *model.Backup) { b.Encrypted = false }, false},
		"managed":       {func(b *model.Backup) { b.Cluster.Provisioner = model.Managed }, false},
	} {
		spec := backupSpec(m.change)
		set, err := generate.Run(spec, generate.All)
		if err != nil {
			t.Fatal(err)
		}
		result := Run(spec, set.Files(), pipelineChecks)
		if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
			t.Errorf("%s: %v, unproved %v", name, result.Findings, result.Unproved(set.Claims))
		}
		if proved := len(result.Proved) > 0; proved != m.proved {
			t.Errorf("%s: proved %v, want %v", name, proved, m.proved)
		}
	}
}

func TestBackupMutationsAreFound(t *testing.T) {
	const script, unit, keys = "etcd-backup.sh", "etcd-backup.service", "recipients.txt"
	spec := backupSpec(nil)
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct{ file, old, new string }{
		{script, "set -euo pipefail", "set -uo pipefail"},
		{script, "umask 077", "umask 022"},
		{script, "\"$work/$name.age\" backup:", "\"$work/$name\" backup:"},
		{script, "age --encrypt --recipients-file \"$recipients\"", "cp"},
		{script, "age --encrypt", "age --encrypt --passphrase"},
		{script, "age --encrypt --recipients-file \"$recipients\"", "age --encrypt --recipient " + testRecipient + " --recipients-file \"$recipients\""},
		{script, "recipients=/etc/etcd-backup/recipients.txt", "recipients=/tmp/recipients.txt"},
		{script, "umask 077\n", "umask 077\nrecipients=/tmp/x\n"},
		{script, "rm -f -- \"$work/$name\"", "cp \"$work/$name\" /tmp"},
		{script, "rm -f -- \"$work/$name\"", "rclone copyto \"$work/$name\" backup:x"},
		{script, "etcdutl snapshot status \"$work/$name\"", "etcdutl snapshot status \"$work/$name\" || true"},
		{script, "etcdutl snapshot status \"$work/$name\"\n", ""},
		{script, "\"/$name.age\"\n", "\"/$name.age\"\ncurl -T x https://example.com\n"},
		{script, "\"/$name.age\"\n", "\"/$name.age$(cp x y)\"\n"},
		{script, "rm -rf -- \"$work\"", "cp -r \"$work\" /tmp"},
		{script, "#!/bin/bash\n", "#!/bin/sh\n"},
		{script, "work=$(mktemp", "PATH=/tmp\nwork=$(mktemp"},
		{unit, "ExecStart=/usr/local/sbin/etcd-backup", "ExecStart=/usr/local/sbin/etcd-backup\nExecStartPost=/bin/cp"},
		{unit, "ExecStart=/usr/local/sbin/etcd-backup", "ExecStart=/tmp/etcd-backup"},
		{unit, "UMask=0077", "Environment=BASH_ENV=/tmp/x"},
		{unit, "UMask=0077", "UMask=0077\\\n"},
		{keys, testRecipient, testRecipient + "\nage1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"},
		{keys, testRecipient, "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"},
		{keys, testRecipient, ""},
	} {
		files := set.Files()
		file := generate.BackupDir(spec.Backups[0]) + "/" + m.file
		if !strings.Contains(string(files[file]), m.old) {
			t.Errorf("%s: %q is not in the file", m.file, m.old)
			continue
		}
		files[file] = []byte(strings.Replace(string(files[file]), m.old, m.new, 1))
		result := Run(spec, files, pipelineChecks)
		if len(result.Proved) > 0 {
			t.Errorf("%s: still proved with %q", m.file, m.new)
		}
		if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Control == model.BackupEncrypted && f.Path == file }) {
			t.Errorf("%s: no finding names the file with %q", m.file, m.new)
		}
	}
}
