package generate

import (
	"path"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/model"
)

var staticPods = &Generator{
	Name: "static-pods",
	Doc: `confine the control plane's own pods

kubeadm writes its static pods without a security context for the container. The patches take away all capabilities but
those that a component needs, writing to the root file system, and gaining privileges, and request what keeps a node from
starving them. There is no limit of memory: an API server that is killed for its memory is an outage.

The processes stay user 0. kubeadm writes their keys for root alone, and writes them anew at each renewal; its gate
RootlessControlPlane, which would give each component a user, is an alpha feature, deprecated, and contradicts the owners
that CIS 1.1.12 to 1.1.21 demand. A user namespace is no way out either: the pods use the host's network.`,
	Controls: []model.ControlID{model.ControlPlaneConfined},
	Run:      runStaticPods,
}

// staticPodPatch holds the fields of a Pod that a patch states. kubeadm applies it as a strategic merge patch: lists of
// containers are merged by name (cmd/kubeadm/app/util/patches).
type staticPodPatch struct {
	Spec staticPodSpec `json:"spec"`
}

type staticPodSpec struct {
	Containers      []staticContainer          `json:"containers"`
	SecurityContext *corev1.PodSecurityContext `json:"securityContext"`
}

type staticContainer struct {
	Name            string                  `json:"name"`
	Resources       staticResources         `json:"resources"`
	SecurityContext *corev1.SecurityContext `json:"securityContext"`
}

type staticResources struct {
	Requests corev1.ResourceList `json:"requests"`
}

// staticPod is what one component needs.
type staticPod struct {
	name        string
	role        model.Role
	cpu, memory string              // requests; CPU as kubeadm has it
	add         []corev1.Capability // in place of all
}

var staticPodList = []staticPod{
	{"etcd", model.RoleEtcd, "100m", "256Mi", []corev1.Capability{
		// Its data belong to the account etcd (CIS 1.1.12), and its keys to root: one of them it can only read past the
		// file's owner. It sees no other directory of the node.
		"DAC_OVERRIDE",
	}},
	{"kube-apiserver", model.RoleControlPlane, "250m", "512Mi", []corev1.Capability{
		// The file in the image carries this capability, and the kernel refuses to start it where the capability cannot
		// be had (build/server-image/kube-apiserver/Dockerfile of Kubernetes).
		"NET_BIND_SERVICE",
	}},
	{"kube-controller-manager", model.RoleControlPlane, "200m", "128Mi", nil},
	{"kube-scheduler", model.RoleControlPlane, "100m", "64Mi", nil},
}

func runStaticPods(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		for _, pool := range c.NodePools {
			for _, s := range staticPodList {
				if !pool.Has(s.role) {
					continue
				}
				file := path.Join(ControlPlaneDir(c), "patches", pool.Name, s.name+"+strategic.yaml")
				p.Claim(model.ControlPlaneConfined, pool.Addr(), file)
				if err := p.YAML(Artifact{
					Path:  file,
					Doc:   "security context and requests of " + s.name + ", as a patch that kubeadm applies to its static pod",
					Where: "each node of pool " + pool.Name + ", in " + patchesDir,
				}, s.patch()); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s staticPod) patch() staticPodPatch {
	seccomp := &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	return staticPodPatch{staticPodSpec{
		SecurityContext: &corev1.PodSecurityContext{SeccompProfile: seccomp},
		Containers: []staticContainer{{
			Name: s.name,
			Resources: staticResources{corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse(s.cpu),
				corev1.ResourceMemory: resource.MustParse(s.memory),
			}},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false),
				Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: s.add},
				Privileged:               new(false),
				ReadOnlyRootFilesystem:   new(true),
				SeccompProfile:           seccomp,
			},
		}},
	}}
}
