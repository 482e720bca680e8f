package model

// Controls of nodes, claimed by the files below clusters/NAME/nodes.
const (
	HostFirewall      ControlID = "host-firewall"
	EtcdFirewall      ControlID = "etcd-firewall"
	KubeletFirewall   ControlID = "kubelet-firewall"
	APIFirewall       ControlID = "api-firewall"
	NodeSSHRestricted ControlID = "node-ssh-restricted"
	NodeSSHOff        ControlID = "node-ssh-off"
	NodeSSHClosed     ControlID = "node-ssh-closed"
	KernelHardened    ControlID = "kernel-hardened"
	FilePermissions   ControlID = "file-permissions"
	NodeAuditd        ControlID = "node-auditd"
	NodePatching      ControlID = "node-patching"
	StaticPodsOff     ControlID = "static-pods-off"
	ControlPlaneTaint ControlID = "control-plane-taint"
	PoolDedicated     ControlID = "pool-dedicated"
	RuntimeHardened   ControlID = "runtime-hardened"
	MetadataFirewall  ControlID = "metadata-firewall"
)

var nodeControls = []*Control{
	{
		ID:        HostFirewall,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The node's firewall admits declared traffic only",
		Doc:       "Each node loads its own nftables table before the network comes up, and the kubelet does not start without it. New connections are dropped unless the specification declares them, both before address translation, which closes NodePorts and host ports, and at the input hook. With Cilium's replacement of kube-proxy, NodePorts bypass nftables. Source: NODE-03; NIST SP 800-190 4.5.1.",
		Standards: []string{"NODE-03", "NSA-T05", "PCI-04"},
	},
	{
		ID:        EtcdFirewall,
		Layer:     LayerNetwork,
		Subject:   "cluster",
		Title:     "etcd ports are open between control-plane nodes only",
		Doc:       "Port 2379 accepts connections from the addresses of control-plane and etcd nodes only, port 2380, on which members speak with each other, from etcd nodes only, whatever certificates others may hold: an API server's is signed by the same authority as a member's. The accepted sources are computed from the rules over the whole address space. Source: kubernetes.io, Ports and Protocols.",
		Standards: []string{"NODE-03", "NSA-T04"},
	},
	{
		ID:        KubeletFirewall,
		Layer:     LayerNetwork,
		Subject:   "node_pool",
		Title:     "The kubelet's port is open to the control plane only",
		Doc:       "Port 10250 accepts connections from control-plane nodes only. Where a workload reads metrics from kubelets, pods must reach the port as well and the control is not claimed. Source: NODE-05; kubernetes.io, Ports and Protocols.",
		Standards: []string{"NODE-05", "NODE-03"},
	},
	{
		ID:        APIFirewall,
		Layer:     LayerNetwork,
		Subject:   "cluster",
		Title:     "The API server is reachable from declared sources only",
		Doc:       "The API server's port accepts nodes, pods and the sources that api.reachable_from names. A list with the internet in it is a weakening, and the control is not claimed. Source: NSA/CISA Kubernetes Hardening Guide v1.2.",
		Standards: []string{"NSA-T03", "NODE-03"},
	},
	{
		ID:        NodeSSHRestricted,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "SSH to nodes is possible from declared sources only, with keys only",
		Doc:       "sshd takes public keys that root has put in place, from declared sources, and forwards nothing; its configuration is one complete file, so that no other file can weaken it. Without ssh_from, sshd is removed. Source: JUMP-01; NIST SP 800-190 4.5.4.",
		Standards: []string{"JUMP-01", "NIST-800-190-4.5.4"},
	},
	{
		ID:        NodeSSHOff,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Workers have no sshd",
		Doc:       "The setup script removes the package openssh-server where ssh_from is left out, so that the service neither runs nor starts at boot; the firewall closes its port. A worker is then replaced, or mended at its console. A pool whose ssh_from names a jump box keeps sshd, against the letter of the STIG: see node-ssh-restricted. Source: STIG V-242393, V-242394.",
		Standards: []string{"STIG-V-242393", "STIG-V-242394"},
	},
	{
		ID:        NodeSSHClosed,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "SSH to nodes is closed until somebody opens it at the machine's console",
		Doc:       "The firewall accepts those that ssh_from names only while port 22 stands in a set of nftables whose elements expire. The set is empty in the file, so it is empty after each start of the machine and each load of the firewall. Root adds the port for two hours at most with bartizan-ssh-open, which takes a login that does not go through SSH; the kernel takes it out again. An unknown vulnerability of sshd is then of use only while somebody works on the node. Sessions that are open when the time is over go on until they are idle for ten minutes. Source: nft(8), sets; NIST SP 800-190 4.5.4.",
		Standards: []string{"NIST-800-190-4.5.4"},
	},
	{
		ID:        KernelHardened,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Kernel settings and modules are hardened",
		Doc:       "Settings of the Kernel Self-Protection Project and of distribution benchmarks that leave Kubernetes alone: forwarding stays on and user namespaces stay available: the project's user.max_user_namespaces=0 would take hostUsers: false away from pods, which is worth more. The six settings that protectKernelDefaults compares are among them. Old protocols and file systems never load. Source: NODE-01, NODE-02.",
		Standards: []string{"NODE-01", "NODE-02"},
	},
	{
		ID:        FilePermissions,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Kubernetes files belong to root and nobody else reads or writes them",
		Doc:       "systemd-tmpfiles sets owners and modes at boot and every hour, because kubeadm and the CNI write files later. etcd itself runs as root in kubeadm's static pod; its data directory belongs to an account of its own. Source: CIS Kubernetes Benchmark v1.12, sections 1.1 and 4.1.",
		Standards: []string{"CIS-1.12-1.1.1", "CIS-1.12-1.1.2", "CIS-1.12-1.1.3", "CIS-1.12-1.1.4", "CIS-1.12-1.1.5", "CIS-1.12-1.1.6", "CIS-1.12-1.1.7", "CIS-1.12-1.1.8", "CIS-1.12-1.1.9", "CIS-1.12-1.1.10", "CIS-1.12-1.1.11", "CIS-1.12-1.1.12", "CIS-1.12-1.1.13", "CIS-1.12-1.1.14", "CIS-1.12-1.1.15", "CIS-1.12-1.1.16", "CIS-1.12-1.1.17", "CIS-1.12-1.1.18", "CIS-1.12-1.1.19", "CIS-1.12-1.1.20", "CIS-1.12-1.1.21", "CIS-1.12-4.1.1", "CIS-1.12-4.1.2", "CIS-1.12-4.1.3", "CIS-1.12-4.1.4", "CIS-1.12-4.1.5", "CIS-1.12-4.1.6", "CIS-1.12-4.1.7", "CIS-1.12-4.1.8", "CIS-1.12-4.1.9", "CIS-1.12-4.1.10"},
	},
	{
		ID:        NodeAuditd,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Changes to Kubernetes files and binaries on the node are recorded",
		Doc:       "auditd watches configuration, binaries, the CNI and the runtime, the use of container tools, kernel modules and accounts. The last rule locks the rules until the next boot. It reveals, it does not prevent. Source: NODE-04.",
		Standards: []string{"NODE-04", "NIST-800-190-4.5.4"},
	},
	{
		ID:        NodePatching,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "Security updates of the operating system install themselves",
		Doc:       "unattended-upgrades installs the operating system's security updates, and nothing restarts by itself. Packages from other sources, Kubernetes' among them, are left alone by its list of origins; the node's README asks to hold them as well. Source: NIST SP 800-190 4.5.3.",
		Standards: []string{"NIST-800-190-4.5.3", "NSA-T12", "PCI-10"},
	},
	{
		ID:      StaticPodsOff,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Workers run no static pods",
		Doc:     "The kubelet of a worker reads no directory of pods, so all that runs there has passed the API server's admission and audit; on control-plane nodes kubeadm needs static pods. To look at a worker, people use the jump box that ssh_from names. Source: STIG V-242397.",
	},
	{
		ID:      ControlPlaneTaint,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Workloads do not run on control-plane nodes",
		Default: true,
	},
	{
		ID:      PoolDedicated,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Only workloads that name the pool run on it",
	},
	{
		ID:        RuntimeHardened,
		Layer:     LayerNode,
		Subject:   "node_pool",
		Title:     "The container runtime is configured for least privilege",
		Doc:       "containerd serves a local socket only, streams to loopback, keeps AppArmor on and uses the systemd cgroup driver. Unknown keys, imports and further runtimes are refused. Source: containerd docs/cri/config.md; NIST SP 800-190 4.4.3.",
		Standards: []string{"NIST-800-190-4.4.3", "PCI-09"},
	},
	{
		ID:        MetadataFirewall,
		Layer:     LayerNetwork,
		Subject:   "node_pool",
		Title:     "Pods cannot reach the cloud metadata address through the node",
		Doc:       "Forwarded packets to 169.254.169.254 and fd00:ec2::254 are dropped, so that a pod cannot ask the cloud for the node's credentials. Pods on the host network can. This holds where pods' packets pass the kernel's network stack: with Cilium as it is installed here (bpf.hostLegacyRouting), with Calico and Antrea unless their own data planes are switched to eBPF, and not with OVN-Kubernetes, which forwards in Open vSwitch. Source: NSA/CISA Kubernetes Hardening Guide v1.2; Cilium, Tuning Guide, eBPF Host-Routing.",
		Standards: []string{"NSA-T07"},
	},
}
