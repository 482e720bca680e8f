package verify

import (
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// node reads the directory of a pool, once for all checks.
func (p *Pass) node(pool *model.NodePool) *hostRead {
	if p.cache.hosts == nil {
		p.cache.hosts = map[string]*hostRead{}
	}
	dir := generate.PoolDir(pool)
	if p.cache.hosts[dir] == nil {
		p.cache.hosts[dir] = p.readHost(wantNode(p.Spec, pool))
	}
	return p.cache.hosts[dir]
}

// wantNode lists what each node of a pool must get, in order.
func wantNode(spec *model.Spec, pool *model.NodePool) hostWant {
	w := hostWant{
		dir:      generate.PoolDir(pool),
		subject:  pool.Addr(),
		packages: []string{"apparmor", "auditd", "nftables"},
		files: []hostFile{
			{"nftables.nft", "/etc/bartizan/firewall.nft", "0600"},
			{"bartizan-firewall.service", "/etc/systemd/system/bartizan-firewall.service", "0644"},
			{"sysctl.conf", "/etc/sysctl.d/99-zz-bartizan.conf", "0644"},
			{"modules-load.conf", "/etc/modules-load.d/bartizan.conf", "0644"},
			{"modprobe.conf", "/etc/modprobe.d/bartizan.conf", "0644"},
			{"audit.rules", "/etc/audit/rules.d/99-bartizan.rules", "0600"},
			{"containerd.toml", "/etc/containerd/config.toml", "0600"},
			{"tmpfiles.conf", "/etc/tmpfiles.d/00-bartizan.conf", "0644"},
			{"bartizan-permissions.service", "/etc/systemd/system/bartizan-permissions.service", "0644"},
			{"bartizan-permissions.timer", "/etc/systemd/system/bartizan-permissions.timer", "0644"},
			{"issue", "/etc/issue.net", "0644"},
		},
		setup: "node.sh",
	}
	if pool.Runtime == model.GVisor {
		w.files = append(w.files, hostFile{"runsc.toml", "/etc/containerd/runsc.toml", "0600"})
	}
	etcd, ssh := pool.Has(model.RoleEtcd), len(pool.SSHFrom) > 0
	if etcd {
		w.files = append(w.files, hostFile{"sysusers.conf", "/etc/sysusers.d/bartizan.conf", "0644"})
	}
	if pool.Patching == model.PatchAutomatic {
		w.packages = append(w.packages, "unattended-upgrades")
		w.files = append(w.files, hostFile{"apt.conf", "/etc/apt/apt.conf.d/99-bartizan", "0644"})
	}
	if ssh {
		w.packages = append(w.packages, "openssh-server")
		w.files = append(w.files,
			hostFile{"sshd_config", "/etc/ssh/sshd_config", "0600"},
			hostFile{"ssh-user.sh", "/usr/local/sbin/bartizan-ssh-user", "0700"})
		if pool.OpensSSH() {
			w.files = append(w.files, hostFile{"ssh-open.sh", "/usr/local/sbin/bartizan-ssh-open", "0700"})
		}
		if grantsBreakGlass(spec, pool) {
			w.packages = append(w.packages, "sudo")
			w.files = append(w.files, hostFile{"break-glass.sh", "/usr/local/sbin/bartizan-break-glass", "0700"},
				hostFile{"break-glass.conf", "/etc/bartizan/break-glass.conf", "0600"},
				hostFile{"sudoers", "/etc/sudoers.d/bartizan-break-glass", "0440"})
		}
		if pool.RecordedSSH() {
			w.packages = append(w.packages, "tlog")
			w.files = append(w.files, hostFile{"tlog.conf", "/etc/tlog/tlog-rec-session.conf", "0644"})
		}
	}
	w.files = append(w.files, hostFile{"node.sh", "/usr/local/sbin/bartizan-node", "0700"})
	slices.Sort(w.packages)

	add := func(commands ...string) { w.commands = append(w.commands, commands...) }
	add("test -x /usr/bin/kubelet", "test -x /usr/bin/kubeadm")
	if etcd {
		add("systemd-sysusers /etc/sysusers.d/bartizan.conf")
	}
	add(strings.Split(`systemd-tmpfiles --create /etc/tmpfiles.d/00-bartizan.conf
systemctl daemon-reload
systemctl mask --now nftables.service
systemctl enable bartizan-firewall.service
systemctl restart bartizan-firewall.service
systemctl restart systemd-modules-load.service
sysctl --system
swapoff -a
systemctl mask swap.target
`+purge, "\n")...)
	if ssh {
		add("groupadd -f -r bartizan-ssh", "sshd -t", "systemctl restart ssh.service")
	} else {
		add("apt-get purge -y openssh-server")
	}
	add("systemctl enable containerd.service", "systemctl restart containerd.service",
		"systemctl enable --now bartizan-permissions.timer", "augenrules --load")
	return w
}

// purge removes debugging tools from every machine.
const purge = "apt-get purge -y bpftrace gdb ltrace netcat-openbsd netcat-traditional nmap strace tcpdump telnet ufw"
