package shapes

import (
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/model"
)

// sandboxed reports whether the pod has a kernel of gVisor's instead of the node's.
func (p *Pod) sandboxed() bool {
	return slices.ContainsFunc(p.workload.HostPools(), func(pool *model.NodePool) bool { return pool.Runtime == model.GVisor })
}

// compareKernel compares whose kernel answers: gVisor's says so when it starts, and takes the name of a Linux of its own.
func (p *Pod) compareKernel(t *trial, r inside.Report) {
	own := p.sandboxed()
	same(t, "the kernel being the node's", r.Kernel == p.Node.Kernel, !own)
	same(t, "the kernel saying that it is gVisor", strings.Contains(r.Messages, "gVisor"), own)
}

// sandboxTmp is where gVisor mounts memory in every container whose image has no files there: the limit of the pod's memory
// is that of its size.
const sandboxTmp = "/tmp"

func (p *Pod) ofSandbox(m inside.Mount) bool {
	return p.sandboxed() && m.Point == sandboxTmp && m.Type == "tmpfs"
}
