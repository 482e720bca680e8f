package generate

import (
	"fmt"
	"slices"

	"github.com/bartizan-dev/bartizan/model"
)

var nodeFiles = &Generator{
	Name: "node-files",
	Doc: `harden the operating system of every node

Each pool gets one directory: firewall, kernel settings, sshd, audit rules, container runtime, file permissions, updates,
and cloud-init user data that carries all of them.`,
	Controls: []model.ControlID{
		model.HostFirewall, model.EtcdFirewall, model.KubeletFirewall, model.APIFirewall, model.MetadataFirewall,
		model.NodeSSHRestricted, model.NodeSSHOff, model.NodeSSHClosed, model.KernelHardened, model.FilePermissions, model.NodeAuditd, model.NodePatching,
		model.RuntimeHardened, model.BreakGlassAccess,
	},
	Run: func(p *Pass) error {
		for _, c := range p.Spec.Clusters {
			for _, pool := range c.NodePools {
				if !pool.Ours() {
					continue
				}
				if err := runNodeFiles(p, pool); err != nil {
					return fmt.Errorf("%s: %w", pool.Addr(), err)
				}
			}
		}
		return nil
	},
}

func runNodeFiles(p *Pass, pool *model.NodePool) error {
	h := host{
		Dir:      PoolDir(pool),
		Where:    "each node of pool " + pool.Name,
		Packages: []string{"apparmor", "auditd", "nftables"},
		Setup:    "/usr/local/sbin/bartizan-node",
	}
	v := nodeView{Pool: pool, SSH: len(pool.SSHFrom) > 0}
	claim := func(id model.ControlID) model.Claim { return model.Claim{Control: id, Subject: pool.Addr()} }
	h.Files = []hostFile{
		nodeFirewall(p.Spec, pool),
		{
			Name: "bartizan-firewall.service", Target: "/etc/systemd/system/bartizan-firewall.service", Mode: "0644",
			Doc:      "Loads the firewall before the network comes up; the kubelet does not start without it.",
			Template: "firewall.service.tmpl", Data: "kubelet.service",
		},
		{
			Name: "sysctl.conf", Target: "/etc/sysctl.d/99-zz-bartizan.conf", Mode: "0644",
			Doc:      "Kernel settings.",
			Template: "sysctl.tmpl", Data: nodeSysctls(pool),
			Controls: []model.Claim{claim(model.KernelHardened)},
		},
		{
			Name: "modules-load.conf", Target: "/etc/modules-load.d/bartizan.conf", Mode: "0644",
			Doc:      "Kernel modules that Kubernetes needs.",
			Template: "modules-load.tmpl", Data: []string{"br_netfilter", "overlay"},
		},
		{
			Name: "modprobe.conf", Target: "/etc/modprobe.d/bartizan.conf", Mode: "0644",
			Doc:      "Kernel modules that never load.",
			Template: "modprobe.tmpl", Data: blockedModules(usesSCTP(pool.Cluster)),
		},
		{
			Name: "audit.rules", Target: "/etc/audit/rules.d/99-bartizan.rules", Mode: "0600",
			Doc:      "What auditd records: changes of Kubernetes files and binaries, debugging tools, kernel modules, accounts.",
			Template: "audit.tmpl", Data: auditRules(pool),
			Controls: []model.Claim{claim(model.NodeAuditd)},
		},
		{
			Name: "containerd.toml", Target: "/etc/containerd/config.toml", Mode: "0600",
			Doc:      "The container runtime (containerd 2).",
			Template: "containerd.tmpl", Data: v,
			Controls: []model.Claim{claim(model.RuntimeHardened)},
		},
		{
			Name: "tmpfiles.conf", Target: "/etc/tmpfiles.d/00-bartizan.conf", Mode: "0644",
			Doc:      "Owners and modes of Kubernetes files, set at boot and every hour.",
			Template: "tmpfiles.tmpl", Data: filePermissions(pool),
			Controls: []model.Claim{claim(model.FilePermissions)},
		},
		{
			Name: "bartizan-permissions.service", Target: "/etc/systemd/system/bartizan-permissions.service", Mode: "0644",
			Doc:      "Applies tmpfiles.conf.",
			Template: "permissions.service.tmpl",
		},
		{
			Name: "bartizan-permissions.timer", Target: "/etc/systemd/system/bartizan-permissions.timer", Mode: "0644",
			Doc:      "Runs bartizan-permissions.service every hour: kubeadm and the CNI write files after the first boot.",
			Template: "permissions.timer.tmpl",
		},
		{
			Name: "issue", Target: "/etc/issue.net", Mode: "0644",
			Doc:      "What is shown before a login.",
			Template: "issue.tmpl",
		},
	}
	if v.GVisor() {
		// https://gvisor.dev/docs/user_guide/containerd/configuration/
		h.Files = append(h.Files, hostFile{
			Name: "runsc.toml", Target: "/etc/containerd/runsc.toml", Mode: "0600",
			Doc:      "What containerd's shim for gVisor tells it.",
			Template: "runsc.tmpl",
		})
	}
	if pool.Has(model.RoleEtcd) {
		h.Files = append(h.Files, hostFile{
			Name: "sysusers.conf", Target: "/etc/sysusers.d/bartizan.conf", Mode: "0644",
			Doc:      "The account that owns etcd's data.",
			Template: "sysusers.tmpl",
		})
	}
	if pool.Patching == model.PatchAutomatic {
		h.Packages = append(h.Packages, "unattended-upgrades")
		h.Files = append(h.Files, hostFile{
			Name: "apt.conf", Target: "/etc/apt/apt.conf.d/99-bartizan", Mode: "0644",
			Doc:      "Security updates of the operating system install themselves; Kubernetes packages do not.",
			Template: "apt.tmpl", Data: osView{pool.OS},
			Controls: []model.Claim{claim(model.NodePatching)},
		})
	}
	if v.SSH {
		h.Packages = append(h.Packages, "openssh-server")
		h.Files = append(h.Files, hostFile{
			Name: "sshd_config", Target: "/etc/ssh/sshd_config", Mode: "0600",
			Doc:      "The complete configuration of sshd: keys only, no forwarding.",
			Template: "sshd_config.tmpl", Data: sshdView{OS: string(pool.OS), Group: sshGroup, IdleMinutes: 10, Record: pool.RecordedSSH()},
		}, hostFile{
			Name: "ssh-user.sh", Target: "/usr/local/sbin/bartizan-ssh-user", Mode: "0700",
			Doc:      "Adds and removes people's accounts.",
			Template: "ssh-user.tmpl", Data: sshUserView{Group: sshGroup, Teams: teamNames(p.Spec)},
		})
	}
	if pool.OpensSSH() {
		h.Files = append(h.Files, hostFile{
			Name: "ssh-open.sh", Target: "/usr/local/sbin/bartizan-ssh-open", Mode: "0700",
			Doc:      "Opens SSH for a while; root runs it at the machine's console.",
			Template: "ssh-open.tmpl",
		})
	}
	if glass := breakGlassFiles(p.Spec, pool); len(glass) > 0 {
		h.Packages = append(h.Packages, "sudo")
		h.Files = append(h.Files, glass...)
	}
	if v.SSH && pool.RecordedSSH() {
		h.Packages = append(h.Packages, "tlog")
		h.Files = append(h.Files, recording)
	}
	if !fromInternet(pool.SSHFrom) {
		path := "nftables.nft"
		if v.SSH {
			path = "sshd_config"
		}
		for i := range h.Files {
			if h.Files[i].Name == path {
				h.Files[i].Controls = append(h.Files[i].Controls, claim(model.NodeSSHRestricted))
			}
		}
	}
	var setup []model.Claim
	if pool.Worker() && !v.SSH {
		setup = append(setup, claim(model.NodeSSHOff))
	}
	h.Files = append(h.Files, hostFile{
		Name: "node.sh", Target: h.Setup, Mode: "0700",
		Controls: setup,
		Doc:      "Puts the files into effect. Runs before kubeadm; may run again.",
		Template: "node.sh.tmpl",
		Data: struct {
			nodeView
			Remove []string
		}{v, leftovers},
	})
	slices.Sort(h.Packages)
	p.Directory(Directory{
		Path:  h.Dir,
		Title: "Nodes of pool " + pool.Name,
		Doc:   nodeDoc(pool),
	})
	return p.host(h)
}

// nodeView is what node templates see.
type nodeView struct {
	Pool *model.NodePool
	SSH  bool
}

// Etcd, GVisor, Kata and Version keep comparisons out of templates.
func (v nodeView) Etcd() bool    { return v.Pool.Has(model.RoleEtcd) }
func (v nodeView) GVisor() bool  { return v.Pool.Runtime == model.GVisor }
func (v nodeView) Kata() bool    { return v.Pool.Runtime == model.Kata }
func (v nodeView) Control() bool { return v.Pool.Has(model.RoleControlPlane) }

// Sandbox is the pause image that kubeadm v1.36 expects (constants.PauseVersion).
func (v nodeView) Sandbox() string { return "registry.k8s.io/pause:3.10.2" }

// leftovers are debugging tools that attackers use and nodes do not need. sshd is removed where nobody may log in.
var leftovers = []string{
	"bpftrace", "gdb", "ltrace", "netcat-openbsd", "netcat-traditional", "nmap", "strace", "tcpdump", "telnet", "ufw",
}

// sshGroup is the group whose members may log in by SSH.
const sshGroup = "bartizan-ssh"

func fromInternet(peers []model.Peer) bool {
	return slices.ContainsFunc(peers, func(p model.Peer) bool {
		z, ok := p.(*model.Zone)
		return ok && z.Internet()
	})
}

func nodeDoc(pool *model.NodePool) string {
	doc := fmt.Sprintf(`Either give cloud-init.yaml to each machine as user data, or copy this directory to it and run install.sh as root.
Both end with node.sh, before kubeadm init or join; the join configurations stand in the cluster directory.

The machine image, or a step of yours before node.sh, must provide: containerd 2 with runc, the CNI plugins, and the packages
kubelet, kubeadm and cri-tools of Kubernetes v1.%d from the package repository of the Kubernetes project, held at their version.
They are not fetched here, because no file of this tree downloads anything that it cannot check.
`, pool.Cluster.Version.Minor)
	if hasUserNamespaces(pool) && slices.ContainsFunc(pool.Cluster.Workloads(), userNamespace) {
		doc += `
Pods run in user namespaces (hostUsers: false), which need runc 1.2 or newer: with an older one they do not start. Compare
` + "`runc --version`" + `.
`
	}
	if pool.OpensSSH() {
		doc += `
SSH is closed on these nodes until root runs ` + "`bartizan-ssh-open 30m \"REASON\"`" + ` at the machine's console; it closes by itself. So the image must let
somebody log in at the console: a password of root works there and nowhere else, because sshd takes neither passwords nor root.
Keep it where it takes two people to read it, and try it on each machine before it joins.
`
	}
	switch pool.Runtime {
	case model.GVisor:
		doc += "\nPods of this pool can run under gVisor: the image must also provide runsc and containerd-shim-runsc-v1.\n"
	case model.Kata:
		doc += "\nPods of this pool can run in Kata Containers: the image must also provide containerd-shim-kata-v2.\n"
	}
	if pool.Cluster.Network.CNI == model.Cilium {
		doc += `
Limits: nftables sees the traffic of pods and NodePorts only as long as Cilium leaves them to the kernel's network stack, which is
its default. Keep bpf.masquerade=false or bpf.hostLegacyRouting=true; with Cilium's replacement of kube-proxy, NodePorts bypass
this firewall.
`
	}
	return doc
}
