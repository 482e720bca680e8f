package generate

// How nodes carry their pool, in kubelet configuration and in the workloads that select it.
const (
	// PoolLabel is the node label whose value is the pool's name. A kubelet may not set labels below
	// node-restriction.kubernetes.io on its own node, so a stolen node credential cannot join another pool; an
	// administrator sets it after a node has joined (admit-nodes.sh).
	// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
	PoolLabel = "node-restriction.kubernetes.io/pool"

	// DedicatedTaint is the key of the NoSchedule taint of dedicated pools; its value is the pool's name. The kubelet
	// registers with it, so that nothing is scheduled in between.
	DedicatedTaint = "bartizan.dev/dedicated"

	// ControlPlaneTaint is the key of the NoSchedule taint of control-plane nodes, without a value, as kubeadm sets it.
	ControlPlaneTaint = "node-role.kubernetes.io/control-plane"
)
