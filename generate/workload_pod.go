package generate

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apivalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/bartizan-dev/bartizan/model"
)

func podTemplate(q *quantities, w *model.Workload) corev1.PodTemplateSpec {
	labels := podLabels(w)
	// A tag may be longer than a label's value, start with _ or end with punctuation.
	if tag := w.Containers[0].Image.Tag; tag != "" && len(apivalidation.IsValidLabelValue(tag)) == 0 {
		labels[labelVersion] = tag
	}
	template := corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: podAnnotations(w)},
		Spec: corev1.PodSpec{
			ServiceAccountName:            accountName(w),
			AutomountServiceAccountToken:  new(false), // api_access mounts a short-lived token as a volume
			EnableServiceLinks:            new(false), // would name every Service of the namespace in the environment
			HostNetwork:                   w.Host.Network,
			HostPID:                       w.Host.PID,
			HostIPC:                       w.Host.IPC,
			ShareProcessNamespace:         new(false),
			SecurityContext:               podSecurityContext(w),
			RestartPolicy:                 restartPolicy(w),
			TerminationGracePeriodSeconds: new(int64(w.GraceSeconds)),
			PriorityClassName:             priorityClass(w.Priority),
			DNSPolicy:                     corev1.DNSClusterFirst,
			// With three, names of Services and of the outside world alike resolve in one or two queries, with
			// glibc and with musl.
			DNSConfig:        &corev1.PodDNSConfig{Options: []corev1.PodDNSConfigOption{{Name: "ndots", Value: new("3")}}},
			Volumes:          podVolumes(q, w),
			ImagePullSecrets: imagePullSecrets(w),
		},
	}
	spec := &template.Spec
	if w.Host.Network {
		spec.DNSPolicy = corev1.DNSClusterFirstWithHostNet
	}
	if userNamespace(w) {
		spec.HostUsers = new(false)
	}
	if class := runtimeClass(w.Pool); class != "" {
		spec.RuntimeClassName = &class
	}
	place(spec, w)
	for i, c := range w.Containers {
		container := containerObject(q, w, c, i)
		if c.Sidecar {
			// Started before the others and ended after them; a job does not wait for its end.
			container.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
			spec.InitContainers = append(spec.InitContainers, container)
			continue
		}
		spec.Containers = append(spec.Containers, container)
	}
	for i, c := range w.InitContainers {
		container := containerObject(q, w, c, len(w.Containers)+i)
		if c.Sidecar {
			container.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
		} else {
			container.ReadinessProbe, container.LivenessProbe, container.StartupProbe = nil, nil, nil
		}
		spec.InitContainers = append(spec.InitContainers, container)
	}
	return template
}

// podAnnotations bound the proxy of a mesh, and restart the pods when a configuration file changes: mounted single files are
// never updated in place.
func podAnnotations(w *model.Workload) map[string]string {
	all := proxyAnnotations(w)
	if len(w.Config) == 0 {
		return all
	}
	sum := sha256.New()
	for _, c := range w.Config {
		sum.Write([]byte(c.Name + "\x00" + c.Content + "\x00"))
	}
	if all == nil {
		all = map[string]string{}
	}
	all["bartizan.dev/config"] = hex.EncodeToString(sum.Sum(nil))
	return all
}

func restartPolicy(w *model.Workload) corev1.RestartPolicy {
	if w.Kind == model.Job || w.Kind == model.CronJob {
		return corev1.RestartPolicyNever
	}
	return corev1.RestartPolicyAlways
}

func podSecurityContext(w *model.Workload) *corev1.PodSecurityContext {
	ctx := &corev1.PodSecurityContext{
		RunAsNonRoot:        new(!w.Containers[0].Security.RunAsRoot),
		RunAsUser:           new(userID(w.Containers[0], 0)),
		RunAsGroup:          new(groupID(w.Containers[0], 0)),
		FSGroup:             new(groupID(w.Containers[0], 0)),
		FSGroupChangePolicy: new(corev1.FSGroupChangeOnRootMismatch),
		SeccompProfile:      seccomp(false),
		// Groups that the image's /etc/group gives the user are ignored.
		// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/#supplementalgroupspolicy
		SupplementalGroupsPolicy: new(corev1.SupplementalGroupsPolicyStrict),
	}
	if needsLowPort(w) {
		// Safe since 1.22, and allowed by the restricted level.
		ctx.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.ip_unprivileged_port_start", Value: "0"}}
	}
	return ctx
}

// needsLowPort reports whether an unprivileged container listens below 1024.
func needsLowPort(w *model.Workload) bool {
	return !w.Host.Network && slices.ContainsFunc(w.Ports, func(p *model.Port) bool { return p.Number < 1024 })
}

// userID is the user of the workload's i-th container: as declared, root, or one of its own above 10,000, where no
// image and no host has users.
func userID(c *model.Container, i int) int64 {
	switch {
	case c.Security.RunAsRoot:
		return 0
	case c.Security.User != 0:
		return int64(c.Security.User)
	}
	return int64(10001 + i)
}

func groupID(c *model.Container, i int) int64 {
	switch {
	case c.Security.Group != 0:
		return int64(c.Security.Group)
	case c.Security.RunAsRoot:
		return 0
	}
	return int64(10001 + i)
}

func seccomp(unconfined bool) *corev1.SeccompProfile {
	if unconfined {
		return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}
	return &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
}

// onAll reports whether every pool that the workload may run on has the property.
func onAll(w *model.Workload, has func(*model.NodePool) bool) bool {
	pools := w.HostPools()
	return len(pools) > 0 && !slices.ContainsFunc(pools, func(p *model.NodePool) bool { return !has(p) })
}

// userNamespace reports whether the pods get a user namespace, in which even root is nobody on the node.
//
// It takes a kernel of 6.3 or later, for the mounts of tmpfs, which Debian 12
// has not; a runtime that shares the node's kernel (gVisor and Kata have a kernel of their own); file systems that
// know idmapped mounts, which those of persistent volumes need not (NFS); and users and groups below 65536, the others
// are not in it.
// https://kubernetes.io/docs/concepts/workloads/pods/user-namespaces/
func userNamespace(w *model.Workload) bool {
	if w.Host.Any() || hasPersistentVolume(w) {
		return false
	}
	for i, c := range slices.Concat(w.Containers, w.InitContainers) {
		if c.Security.Privileged || max(userID(c, i), groupID(c, i)) >= usersPerPod {
			return false
		}
	}
	return onAll(w, hasUserNamespaces)
}

// usersPerPod is how many users the kubelet gives to a pod with a user namespace: the default of userNamespaces.idsPerPod.
const usersPerPod = 65536

// hasUserNamespaces reports whether the pool's nodes can run pods in user namespaces. Of a provider's nodes nobody here knows.
func hasUserNamespaces(p *model.NodePool) bool {
	return p.OS != model.Debian12 && p.Ours() && (p.Runtime == model.Runc || p.Runtime == "")
}

// appArmor reports whether every node of the workload has AppArmor. The kubelet refuses pods that ask for a profile,
// RuntimeDefault included, where it has not.
func appArmor(w *model.Workload) bool {
	return onAll(w, func(p *model.NodePool) bool {
		switch p.OS {
		case model.Ubuntu2404, model.Debian12, model.Debian13:
			return p.Runtime == model.Runc || p.Runtime == ""
		}
		return false
	})
}

// place says on which nodes the pods run and that they keep apart from each other.
func place(spec *corev1.PodSpec, w *model.Workload) {
	worker := corev1.NodeSelectorRequirement{Key: ControlPlaneTaint, Operator: corev1.NodeSelectorOpDoesNotExist}
	if w.Pool != nil {
		spec.NodeSelector = map[string]string{PoolLabel: w.Pool.Name}
		worker = corev1.NodeSelectorRequirement{Key: PoolLabel, Operator: corev1.NodeSelectorOpIn, Values: []string{w.Pool.Name}}
		if w.Pool.Dedicated {
			spec.Tolerations = []corev1.Toleration{{
				Key: DedicatedTaint, Operator: corev1.TolerationOpEqual, Value: w.Pool.Name, Effect: corev1.TaintEffectNoSchedule,
			}}
		}
	}
	wanted := []corev1.NodeSelectorRequirement{worker}
	if len(w.Arch) > 0 {
		arch := corev1.NodeSelectorRequirement{Key: corev1.LabelArchStable, Operator: corev1.NodeSelectorOpIn}
		for _, a := range w.Arch {
			arch.Values = append(arch.Values, string(a))
		}
		wanted = append(wanted, arch)
	}
	spec.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
			NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: wanted}},
		},
	}}
	if w.Kind != model.Deployment && w.Kind != model.StatefulSet && w.Kind != "" {
		return
	}
	apart := &metav1.LabelSelector{MatchLabels: w.Selector}
	spec.Affinity.PodAntiAffinity = &corev1.PodAntiAffinity{
		PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{
			Weight:          100,
			PodAffinityTerm: corev1.PodAffinityTerm{LabelSelector: apart, TopologyKey: corev1.LabelHostname},
		}},
	}
	spec.TopologySpreadConstraints = []corev1.TopologySpreadConstraint{{
		MaxSkew:           1,
		TopologyKey:       corev1.LabelHostname,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     apart,
	}}
}
