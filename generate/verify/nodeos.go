package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// CIS Kubernetes Benchmark v1.12, sections 1.1 (control plane) and 4.1 (workers): owners and modes of files. The lines
// are those of tmpfiles.d(5); of several lines for one path the first counts, so none may stand twice.
var filePermissions = &Check{
	Name: "file-permissions",
	Doc: `Kubernetes files belong to root and nobody else reads or writes them

Owners and modes of CIS 1.1 and 4.1, set at boot and by a timer.`,
	Controls: []model.ControlID{model.FilePermissions},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			names := []string{"tmpfiles.conf", "bartizan-permissions.service", "bartizan-permissions.timer", "node.sh"}
			if pool.Has(model.RoleEtcd) {
				names = append(names, "sysusers.conf")
			}
			f := p.nodeFile(pool, model.FilePermissions, names...)
			f.judge("tmpfiles.conf", func(data []byte) error { return judgeTmpfiles(data, pool) })
			f.judge("bartizan-permissions.service", func(data []byte) error {
				return judgeUnit(data, map[string][]string{"Service": {
					"Type=oneshot", "ExecStart=/usr/bin/systemd-tmpfiles --create /etc/tmpfiles.d/00-bartizan.conf",
				}})
			})
			f.judge("bartizan-permissions.timer", func(data []byte) error {
				return judgeUnit(data, map[string][]string{
					"Timer": {"OnBootSec=5min", "OnUnitActiveSec=1h"}, "Install": {"WantedBy=timers.target"},
				})
			})
			if pool.Has(model.RoleEtcd) {
				f.judge("sysusers.conf", func(data []byte) error {
					return sameLines(data, []string{`u etcd - "etcd data" /var/lib/etcd`})
				})
			}
			f.prove("tmpfiles.conf")
		})
	},
}

// tmpfile is one path of tmpfiles.d: how it is set, the widest mode allowed, and the owner.
type tmpfile struct {
	kind, path string
	mode       uint16
	owner      string
}

func wantTmpfiles(pool *model.NodePool) []tmpfile {
	w := []tmpfile{
		{"d", "/etc/kubernetes", 0o755, "root"},
		{"d", "/etc/kubernetes/manifests", 0o700, "root"},
		{"d", "/etc/kubernetes/pki", 0o755, "root"},
		{"d", "/etc/cni/net.d", 0o755, "root"},
		{"d", "/opt/cni/bin", 0o755, "root"},
		{"d", "/etc/containerd", 0o755, "root"},
		{"d", "/etc/ssh/authorized_keys", 0o755, "root"},
		{"d", "/var/lib/kubelet", 0o700, "root"},
		{"d", "/var/lib/kubelet/pki", 0o700, "root"},
		{"z", "/etc/kubernetes/kubelet.conf", 0o600, "root"},
		{"z", "/etc/kubernetes/bootstrap-kubelet.conf", 0o600, "root"},
		{"z", "/etc/kubernetes/pki/ca.crt", 0o644, "root"},
		{"z", "/etc/cni/net.d/*", 0o600, "root"},
		{"z", "/etc/systemd/system/kubelet.service.d/*", 0o600, "root"},
		{"z", "/usr/lib/systemd/system/kubelet.service", 0o600, "root"},
		{"z", "/usr/lib/systemd/system/kubelet.service.d/*", 0o600, "root"},
		{"z", "/usr/bin/kubelet", 0o755, "root"},
		{"z", "/var/lib/kubelet/config.yaml", 0o600, "root"},
		{"z", "/var/lib/kubelet/kubeadm-flags.env", 0o600, "root"},
		{"z", "/var/lib/kubelet/pki/*", 0o600, "root"},
		{"z", "/var/lib/kube-proxy/kubeconfig.conf", 0o600, "root"},
	}
	if pool.Has(model.RoleControlPlane) {
		w = append(w,
			tmpfile{"z", "/etc/kubernetes/admin.conf", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/super-admin.conf", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/scheduler.conf", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/controller-manager.conf", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/manifests/*.yaml", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/pki/*.crt", 0o644, "root"},
			tmpfile{"z", "/etc/kubernetes/pki/*.key", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/pki/*.pub", 0o644, "root"},
			tmpfile{"d", "/var/log/kubernetes", 0o700, "root"})
	}
	if pool.Has(model.RoleEtcd) {
		w = append(w,
			tmpfile{"d", "/etc/kubernetes/pki/etcd", 0o755, "root"},
			tmpfile{"z", "/etc/kubernetes/pki/etcd/*.crt", 0o644, "root"},
			tmpfile{"z", "/etc/kubernetes/pki/etcd/*.key", 0o600, "root"},
			tmpfile{"z", "/etc/kubernetes/manifests/etcd.yaml", 0o600, "root"},
			tmpfile{"d", "/var/lib/etcd", 0o700, "etcd"})
	}
	return w
}

func judgeTmpfiles(data []byte, pool *model.NodePool) error {
	want := wantTmpfiles(pool)
	for _, line := range plainLines(data) {
		w := strings.Fields(line)
		i := slices.IndexFunc(want, func(t tmpfile) bool { return len(w) == 6 && t.path == w[1] })
		if i < 0 {
			return fmt.Errorf("the line %q is not expected, or its path stands twice", line)
		}
		t := want[i]
		var mode uint16
		if n, err := fmt.Sscanf(w[2], "%o", &mode); n != 1 || err != nil || fmt.Sprintf("%04o", mode) != w[2] || mode&^t.mode != 0 || mode == 0 {
			return fmt.Errorf("%s has mode %s, wider than %04o", t.path, w[2], t.mode)
		}
		if w[0] != t.kind || w[3] != t.owner || w[4] != t.owner || w[5] != "-" {
			return fmt.Errorf("the line for %s does not give it to %s", t.path, t.owner)
		}
		want = slices.Delete(want, i, i+1)
	}
	if len(want) > 0 {
		return fmt.Errorf("%s is missing", want[0].path)
	}
	return nil
}

// Every change of what runs Kubernetes on a node leaves a record. Rules are locked by their last line, "-e 2"; a line
// after it, or an exclusion before it, would undo them.
var auditd = &Check{
	Name: "auditd",
	Doc: `changes of Kubernetes files and binaries are recorded

Reads auditd's rules: the watches are there, nothing excludes anything, the last line locks the rules.`,
	Controls: []model.ControlID{model.NodeAuditd},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			f := p.nodeFile(pool, model.NodeAuditd, "audit.rules", "node.sh")
			f.judge("audit.rules", func(data []byte) error { return judgeAudit(data, pool) })
			f.prove("audit.rules")
		})
	},
}

func judgeAudit(data []byte, pool *model.NodePool) error {
	want := []auditWatch{
		{"/etc/kubernetes", "wa"}, {"/var/lib/kubelet/config.yaml", "wa"}, {"/var/lib/kubelet/pki", "wa"},
		{"/etc/systemd/system", "wa"}, {"/etc/cni/net.d", "wa"}, {"/opt/cni/bin", "wa"}, {"/etc/containerd", "wa"},
		{"/etc/bartizan", "wa"}, {"/usr/bin/kubelet", "wa"}, {"/usr/bin/kubeadm", "wa"}, {"/usr/bin/kubectl", "wa"},
		{"/usr/bin/containerd", "wa"}, {"/usr/local/bin", "wa"}, {"/usr/bin/runc", "wa"}, {"/usr/sbin/runc", "wa"},
		{"/usr/bin/crictl", "x"}, {"/usr/bin/ctr", "x"}, {"/usr/bin/nsenter", "x"}, {"/usr/sbin/nft", "x"},
		{"/etc/passwd", "wa"}, {"/etc/group", "wa"}, {"/etc/shadow", "wa"}, {"/etc/sudoers", "wa"}, {"/etc/sudoers.d", "wa"},
		{"/etc/ssh", "wa"}, {"/etc/audit", "wa"}, {"/etc/sysctl.d", "wa"}, {"/etc/modprobe.d", "wa"},
	}
	if pool.Has(model.RoleEtcd) {
		want = append(want, auditWatch{"/var/lib/etcd", "a"})
	}
	return judgeWatches(data, want)
}

// auditWatch is a path and what must be recorded of it.
type auditWatch struct{ path, perms string }

func judgeWatches(data []byte, want []auditWatch) error {
	lines := plainLines(data)
	head := []string{"-D", "-b 8192", "-f 1", "-c"}
	if len(lines) < len(head)+1 || !slices.Equal(lines[:len(head)], head) {
		return fmt.Errorf("the rules do not start with: %s", strings.Join(head, "; "))
	}
	if lines[len(lines)-1] != "-e 2" {
		return fmt.Errorf("the last line does not lock the rules: it is not -e 2")
	}
	watched := map[string]string{}
	calls := []string{
		"-a always,exit -F arch=b64 -S init_module,finit_module,delete_module -k modules",
		"-a always,exit -F arch=b32 -S init_module,finit_module,delete_module -k modules",
		"-a always,exit -F arch=b64 -S ptrace -F a0=0x10 -k tracing",
		"-a always,exit -F arch=b64 -S settimeofday,clock_settime,adjtimex -F auid!=unset -k time",
	}
	for _, line := range lines[len(head) : len(lines)-1] {
		w := strings.Fields(line)
		switch i := slices.Index(calls, line); {
		case i >= 0:
			calls = slices.Delete(calls, i, i+1)
		case len(w) == 6 && w[0] == "-w" && w[2] == "-p" && strings.Trim(w[3], "rwxa") == "" && w[4] == "-k" && watched[w[1]] == "":
			watched[w[1]] = w[3]
		default:
			return fmt.Errorf("the rule %q is not a watch, or its path stands twice", line)
		}
	}
	if len(calls) > 0 {
		return fmt.Errorf("the rule %q is missing", calls[0])
	}
	for _, x := range want {
		for _, perm := range x.perms {
			if !strings.ContainsRune(watched[x.path], perm) {
				return fmt.Errorf("%s is not watched for %q", x.path, string(perm))
			}
		}
	}
	return nil
}

// NIST SP 800-190 4.5.3: hosts get security updates. The file sorts last in apt.conf.d, so its values win.
var patching = &Check{
	Name:     "patching",
	Doc:      "security updates install themselves\n\nReads the configuration of unattended-upgrades.",
	Controls: []model.ControlID{model.NodePatching},
	Run: func(p *Pass) {
		p.eachPool(func(pool *model.NodePool) {
			if pool.Patching != model.PatchAutomatic {
				return
			}
			f := p.nodeFile(pool, model.NodePatching, "apt.conf", "node.sh")
			f.judge("apt.conf", func(data []byte) error { return judgeAPT(data, pool.OS) })
			f.prove("apt.conf")
		})
	},
}

func judgeAPT(data []byte, os model.OS) error {
	want := []string{
		`APT::Periodic::Update-Package-Lists "1";`, `APT::Periodic::Unattended-Upgrade "1";`,
		`Unattended-Upgrade::Automatic-Reboot "false";`, `Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";`,
	}
	if os == model.Ubuntu2404 || os == "" {
		want = append(want, `Unattended-Upgrade::Allowed-Origins:: "${distro_id}:${distro_codename}-security";`)
	}
	if os != model.Ubuntu2404 {
		want = append(want,
			`Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename},label=Debian-Security";`,
			`Unattended-Upgrade::Origins-Pattern:: "origin=Debian,codename=${distro_codename}-security,label=Debian-Security";`)
	}
	var text []string
	for _, line := range strings.Split(string(data), "\n") {
		if !strings.HasPrefix(line, "//") {
			text = append(text, line)
		}
	}
	for _, line := range text {
		if strings.HasPrefix(line, "#") {
			return fmt.Errorf("%q is a directive", line) // #include, #clear
		}
	}
	return sameLines([]byte(strings.Join(text, "\n")), want)
}
