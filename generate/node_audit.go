package generate

import "github.com/bartizan-dev/bartizan/model"

// watch is a file or directory that auditd watches. Permissions: w write, a attribute change, x execute.
type watch struct{ Path, Permissions, Key string }

// auditRules returns what is recorded on a pool's nodes. Watches of a missing file work as long as its directory
// exists; tmpfiles.conf makes the directories.
func auditRules(pool *model.NodePool) []watch {
	w := []watch{
		{"/etc/kubernetes", "wa", "kubernetes"},
		{"/var/lib/kubelet/config.yaml", "wa", "kubelet"},
		{"/var/lib/kubelet/pki", "wa", "kubelet"},
		{"/etc/systemd/system", "wa", "systemd"},
		{"/etc/cni/net.d", "wa", "cni"},
		{"/opt/cni/bin", "wa", "cni"},
		{"/etc/containerd", "wa", "containerd"},
		{"/etc/bartizan", "wa", "firewall"},
		{"/usr/bin/kubelet", "wa", "binaries"},
		{"/usr/bin/kubeadm", "wax", "binaries"},
		{"/usr/bin/kubectl", "wax", "binaries"},
		{"/usr/bin/containerd", "wa", "binaries"},
		{"/usr/local/bin", "wa", "binaries"},
		{"/usr/bin/runc", "wa", "binaries"},
		{"/usr/sbin/runc", "wa", "binaries"},
		{"/usr/bin/crictl", "wax", "container-tools"},
		{"/usr/bin/ctr", "wax", "container-tools"},
		{"/usr/bin/nsenter", "wax", "container-tools"},
		{"/usr/sbin/nft", "wax", "firewall"},
		{"/etc/passwd", "wa", "accounts"},
		{"/etc/group", "wa", "accounts"},
		{"/etc/shadow", "wa", "accounts"},
		{"/etc/sudoers", "wa", "accounts"},
		{"/etc/sudoers.d", "wa", "accounts"},
		{"/etc/ssh", "wa", "ssh"},
		{"/etc/audit", "wa", "audit"},
		{"/etc/sysctl.d", "wa", "kernel"},
		{"/etc/modprobe.d", "wa", "kernel"},
	}
	if pool.Has(model.RoleEtcd) {
		// Not its content, which changes all the time: who else changes attributes or moves it.
		w = append(w, watch{"/var/lib/etcd", "a", "etcd"})
	}
	return w
}
