package generate

import "github.com/bartizan-dev/bartizan/model"

// permission is one line of tmpfiles.d(5): "d" makes a directory, "z" sets owner and mode of what exists.
type permission struct{ Type, Path, Mode, Owner string }

// filePermissions returns owners and modes as CIS 1.1 (control plane) and 4.1 (workers) ask for. kubeadm writes most of
// these files later, so the lines are applied again by a timer.
func filePermissions(pool *model.NodePool) []permission {
	const root = "root"
	p := []permission{
		{"d", "/etc/kubernetes", "0755", root},
		{"d", "/etc/kubernetes/manifests", "0700", root},
		{"d", "/etc/kubernetes/pki", "0755", root},
		{"d", "/etc/cni/net.d", "0755", root},
		{"d", "/opt/cni/bin", "0755", root},
		{"d", "/etc/containerd", "0755", root},
		{"d", "/etc/ssh/authorized_keys", "0755", root},
		{"d", "/var/lib/kubelet", "0700", root},
		{"d", "/var/lib/kubelet/pki", "0700", root},
		{"z", "/etc/kubernetes/kubelet.conf", "0600", root},
		{"z", "/etc/kubernetes/bootstrap-kubelet.conf", "0600", root},
		{"z", "/etc/kubernetes/pki/ca.crt", "0644", root},
		{"z", "/etc/cni/net.d/*", "0600", root},
		{"z", "/etc/systemd/system/kubelet.service.d/*", "0600", root},
		{"z", "/usr/lib/systemd/system/kubelet.service", "0600", root},
		{"z", "/usr/lib/systemd/system/kubelet.service.d/*", "0600", root},
		{"z", "/usr/bin/kubelet", "0755", root},
		{"z", "/var/lib/kubelet/config.yaml", "0600", root},
		{"z", "/var/lib/kubelet/kubeadm-flags.env", "0600", root},
		{"z", "/var/lib/kubelet/pki/*", "0600", root},
		{"z", "/var/lib/kube-proxy/kubeconfig.conf", "0600", root},
	}
	if pool.Has(model.RoleControlPlane) {
		p = append(p,
			permission{"z", "/etc/kubernetes/admin.conf", "0600", root},
			permission{"z", "/etc/kubernetes/super-admin.conf", "0600", root},
			permission{"z", "/etc/kubernetes/scheduler.conf", "0600", root},
			permission{"z", "/etc/kubernetes/controller-manager.conf", "0600", root},
			permission{"z", "/etc/kubernetes/manifests/*.yaml", "0600", root},
			permission{"z", "/etc/kubernetes/pki/*.crt", "0644", root},
			permission{"z", "/etc/kubernetes/pki/*.key", "0600", root},
			permission{"z", "/etc/kubernetes/pki/*.pub", "0644", root},
			permission{"d", "/var/log/kubernetes", "0700", root},
		)
	}
	if pool.Has(model.RoleEtcd) {
		p = append(p,
			permission{"d", "/etc/kubernetes/pki/etcd", "0755", root},
			permission{"z", "/etc/kubernetes/pki/etcd/*.crt", "0644", root},
			permission{"z", "/etc/kubernetes/pki/etcd/*.key", "0600", root},
			permission{"z", "/etc/kubernetes/manifests/etcd.yaml", "0600", root},
			// CIS 1.1.12 wants an account of its own. etcd itself runs as root in kubeadm's static pod.
			permission{"d", "/var/lib/etcd", "0700", "etcd"},
		)
	}
	return p
}
