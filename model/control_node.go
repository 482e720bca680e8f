package model

// Controls of nodes, claimed by the files below clusters/NAME/nodes.
const (
	HostFirewall      ControlID = "host-firewall"
	EtcdFirewall      ControlID = "etcd-firewall"
	KubeletFirewall   ControlID = "kubelet-firewall"
	APIFirewall       ControlID = "api-firewall"
	NodeSSHRestricted ControlID = "node-ssh-restricted"
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
		ID:      HostFirewall,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The node's firewall admits declared traffic only",
	},
	{
		ID:      EtcdFirewall,
		Layer:   LayerNetwork,
		Subject: "cluster",
		Title:   "etcd ports are open between control-plane nodes only",
	},
	{
		ID:      KubeletFirewall,
		Layer:   LayerNetwork,
		Subject: "node_pool",
		Title:   "The kubelet's port is open to the control plane only",
	},
	{
		ID:      APIFirewall,
		Layer:   LayerNetwork,
		Subject: "cluster",
		Title:   "The API server is reachable from declared sources only",
	},
	{
		ID:      NodeSSHRestricted,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "SSH to nodes is possible from declared sources only, with keys only",
	},
	{
		ID:      KernelHardened,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Kernel settings and modules are hardened",
	},
	{
		ID:      FilePermissions,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Kubernetes files belong to root and nobody else reads or writes them",
	},
	{
		ID:      NodeAuditd,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Changes to Kubernetes files and binaries on the node are recorded",
	},
	{
		ID:      NodePatching,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Security updates of the operating system install themselves",
	},
	{
		ID:      StaticPodsOff,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "Workers run no static pods",
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
		ID:      RuntimeHardened,
		Layer:   LayerNode,
		Subject: "node_pool",
		Title:   "The container runtime is configured for least privilege",
	},
	{
		ID:      MetadataFirewall,
		Layer:   LayerNetwork,
		Subject: "node_pool",
		Title:   "Pods cannot reach the cloud metadata address through the node",
	},
}
