package model

import (
	"fmt"
	"math"
	"strconv"
)

// Arch is a processor architecture, as kubelets write it into the label kubernetes.io/arch: Go's GOARCH.
type Arch string

const (
	AMD64 Arch = "amd64"
	ARM64 Arch = "arm64"
)

// Reserve is what a node keeps from its pods. CPU and Memory are Kubernetes quantities, PIDs is a number of processes.
type Reserve struct {
	CPU, Memory, PIDs string
}

// What the kubelet configuration sets aside, so that pods cannot starve what controls them.
var (
	KubeReserve   = Reserve{"100m", "256Mi", "1000"} // for the kubelet and the runtime
	SystemReserve = Reserve{"100m", "256Mi", "1000"} // for the rest of the system
)

// evictionMemory is the kubelet's default for evictionHard, memory.available, on Linux (pkg/kubelet/eviction); it is
// taken from what pods may use as the reserves are.
// https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/#node-allocatable
const evictionMemory = "100Mi"

// What kubeadm asks of a control-plane node: ControlPlaneNumCPU, and ControlPlaneMem in MiB (cmd/kubeadm/app/constants).
const (
	controlPlaneCPU    = "2"
	controlPlaneMemory = "1700Mi"
)

// size is CPU in thousandths and memory in bytes; 0 is not known.
type size struct{ cpu, memory int64 }

func sizeOf(cpu, memory string) size {
	return size{int64(math.Ceil(quantityValue(cpu)*1000 - 1e-6)), int64(math.Ceil(quantityValue(memory)))}
}

func (s size) plus(o size) size { return size{s.cpu + o.cpu, s.memory + o.memory} }

func (s size) max(o size) size { return size{max(s.cpu, o.cpu), max(s.memory, o.memory)} }

// PodRequest is what a pod of the workload asks of its node: CPU in thousandths, memory in bytes. Everything that runs
// side by side counts together; an init container counts with the sidecars that run by then.
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
func (w *Workload) PodRequest() (cpu, memory int64) {
	s := w.podSize()
	return s.cpu, s.memory
}

func (w *Workload) podSize() size {
	var together, sidecars size
	for _, c := range w.Containers {
		s := sizeOf(c.Resources.CPU, c.Resources.Memory)
		together = together.plus(s)
		if c.Sidecar {
			sidecars = sidecars.plus(s)
		}
	}
	for _, c := range w.InitContainers {
		together = together.max(sidecars.plus(sizeOf(c.Resources.CPU, c.Resources.Memory)))
	}
	return together
}

// allocatable is what the smallest node of the pool has left for pods; not known where it is too small for a node, which
// is reported. Of a managed cluster's nodes the provider
// decides what is kept, so all is taken to be left.
func (p *NodePool) allocatable() size {
	all := sizeOf(p.CPU, p.Memory)
	if p.Cluster == nil || p.Cluster.Provisioner == Managed {
		return all
	}
	kept := keptBack()
	if all.cpu > 0 {
		all.cpu = max(0, all.cpu-kept.cpu)
	}
	if all.memory > 0 {
		all.memory = max(0, all.memory-kept.memory)
	}
	return all
}

// keptBack is what each node that we configure keeps from its pods.
func keptBack() size {
	return sizeOf(KubeReserve.CPU, KubeReserve.Memory).plus(sizeOf(SystemReserve.CPU, SystemReserve.Memory)).plus(sizeOf("", evictionMemory))
}

// cpuText writes thousandths as people write CPUs: 3.8.
func cpuText(n int64) string { return strconv.FormatFloat(float64(n)/1000, 'f', -1, 64) }

// memoryText writes bytes in the largest unit that shows them to a hundredth.
func memoryText(n int64) string {
	switch {
	case n >= 1<<30:
		return strconv.FormatFloat(math.Floor(float64(n)/(1<<30)*100)/100, 'f', -1, 64) + "Gi"
	case n >= 1<<20:
		return fmt.Sprintf("%dMi", n>>20)
	}
	return fmt.Sprint(n)
}
