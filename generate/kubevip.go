package generate

import (
	"path"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/model"
)

// kubeVIPLease is the lease that decides who has the address: kube-vip's default, cmd/kube-vip.go, flag leaseName.
const kubeVIPLease = "plndr-cp-lock"

// kubeVIP writes the static pod that holds the API's address, and the rights of its credential. Variables and mounts as
// in pkg/kubevip/config_generator.go of kube-vip; upstream hands it admin.conf, we a credential that may hold one lease.
func kubeVIP(p *Pass, c *model.Cluster) error {
	dir := path.Join(ControlPlaneDir(c), "kube-vip")
	meta := clusterMeta(c, "kube-vip")
	meta.Namespace = "kube-system"
	const kubeconfig = "/etc/kubernetes/admin.conf" // where kube-vip looks, inside the container
	file := corev1.HostPathFile
	pod := &corev1.Pod{
		TypeMeta:   typeMeta("v1", "Pod"),
		ObjectMeta: meta,
		Spec: corev1.PodSpec{
			HostNetwork:       true,
			PriorityClassName: "system-node-critical",
			HostAliases:       []corev1.HostAlias{{IP: "127.0.0.1", Hostnames: []string{"kubernetes"}}},
			SecurityContext:   &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
			Containers: []corev1.Container{{
				Name:            "kube-vip",
				Image:           c.API.LoadBalancer.Image.Pinned(),
				ImagePullPolicy: corev1.PullIfNotPresent,
				Args:            []string{"manager", "--prometheusHTTPServer="}, // otherwise metrics for everybody on port 2112
				Env: []corev1.EnvVar{
					{Name: "vip_arp", Value: "true"},
					{Name: "port", Value: strconv.Itoa(APIPort(c))},
					{Name: "cp_enable", Value: "true"},
					{Name: "cp_namespace", Value: "kube-system"},
					{Name: "vip_leaderelection", Value: "true"},
					{Name: "vip_leasename", Value: kubeVIPLease},
					// Who holds the lease. Without a name kube-vip ends: cmd/kube-vip.go has no default.
					{Name: "vip_nodename", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "spec.nodeName"}}},
					{Name: "vip_leaseduration", Value: "15"},
					{Name: "vip_renewdeadline", Value: "10"},
					{Name: "vip_retryperiod", Value: "2"},
					{Name: "address", Value: c.API.LoadBalancer.Address.String()},
				},
				Resources: corev1.ResourceRequirements{
					Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("50m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
					Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")},
				},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(bool),
					Capabilities: &corev1.Capabilities{
						Drop: []corev1.Capability{"ALL"},
						Add:  []corev1.Capability{"NET_ADMIN", "NET_RAW"}, // it sets addresses and sends ARP
					},
				},
				VolumeMounts: []corev1.VolumeMount{{Name: "kubeconfig", MountPath: kubeconfig, ReadOnly: true}},
			}},
			Volumes: []corev1.Volume{{Name: "kubeconfig", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/etc/kubernetes/kube-vip.conf", Type: &file},
			}}},
		},
	}
	for _, pool := range c.NodePools {
		if pool.Has(model.RoleControlPlane) {
			p.Claim(model.KubeVIPConfined, pool.Addr(), path.Join(dir, "pod.yaml"))
		}
	}
	if err := p.YAML(Artifact{
		Path:  path.Join(dir, "pod.yaml"),
		Doc:   "static pod that holds the API's address on one control-plane node at a time",
		Where: "each control-plane node; kube-vip.sh installs it",
	}, pod); err != nil {
		return err
	}
	role := &rbacv1.Role{
		TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "Role"),
		ObjectMeta: meta,
		Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"create"}},
			{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, ResourceNames: []string{kubeVIPLease}, Verbs: []string{"get", "update"}},
		},
	}
	binding := &rbacv1.RoleBinding{
		TypeMeta:   typeMeta("rbac.authorization.k8s.io/v1", "RoleBinding"),
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "kube-vip"},
		Subjects:   []rbacv1.Subject{{Kind: "User", APIGroup: "rbac.authorization.k8s.io", Name: "kube-vip"}},
	}
	p.Directory(Directory{Path: dir, Title: "Load balancer of the API server", Doc: kubeVIPDoc(c.API.LoadBalancer.Image)})
	return p.YAML(Artifact{
		Path:  path.Join(dir, "rbac.yaml"),
		Doc:   "what kube-vip's credential may do: hold one lease",
		Where: "the cluster; kube-vip.sh applies it",
	}, role, binding)
}

func kubeVIPDoc(image model.Image) string {
	doc := "kube-vip, a static pod. `kube-vip.sh`, one directory up, installs these files on each control-plane node."
	if image.Digest == "" {
		doc += "\n\nThe image carries a tag and no digest. It runs with NET_ADMIN on the control plane, so it belongs to the trusted base: mirror it to " +
			"a registry of yours, look at what you mirror, write it as `image` of `load_balancer` and its digest to `images.bartizan.json`."
	}
	return doc
}
