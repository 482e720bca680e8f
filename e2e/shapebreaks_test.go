//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/e2e/shapes"
)

// podBreak is one field of a pod that is not as generated.
type podBreak struct {
	name string
	// in is the container that is broken, and the only one that is left.
	in   string
	edit func(p *corev1.PodSpec, c *corev1.Container)
	// says is part of what the comparison must say.
	says string
}

// podBreaks are edits of the pod plain/many of the specification corners.
var podBreaks = []podBreak{
	{"another user", "many", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(10007)) }, "the user is 10007, not 10001"},
	{"a sibling's user", "second", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(10001)) }, "the user is 10001, not 20001"},
	{"another group", "many", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.RunAsGroup = new(int64(10007)) }, "the group is 10007"},
	{"the users of the node", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.HostUsers = nil }, "having users of its own, who are nobody on the node, is false"},
	{"another user of an init container", "migrate", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(10001)) }, "the user is 10001, not 10004"},
	{"a group besides", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.SecurityContext.SupplementalGroups = []int64{0} }, "the supplementary groups"},
	{"another group of volumes", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.SecurityContext.FSGroup = new(int64(10007)) }, "not to the pod's group 10001"},
	{"a capability more", "proxy", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.SecurityContext.Capabilities.Add = []corev1.Capability{"NET_RAW"}
	}, "CapBnd is 0000000000002000"},
	{"capabilities not dropped", "second", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.Capabilities = nil }, "CapBnd is"},
	{"escalation", "many", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = new(true) }, "no_new_privs is 0"},
	{"no seccomp profile", "many", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.SecurityContext.SeccompProfile.Type = corev1.SeccompProfileTypeUnconfined
	}, "seccomp's mode is 0"},
	{"a writable root", "many", func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.ReadOnlyRootFilesystem = new(false) }, "the root file system is mounted read-only: false"},
	{"a privileged container", "many", func(p *corev1.PodSpec, c *corev1.Container) {
		p.HostUsers = nil
		c.SecurityContext.Privileged, c.SecurityContext.AllowPrivilegeEscalation = new(true), new(true)
		c.SecurityContext.SeccompProfile.Type = corev1.SeccompProfileTypeUnconfined
	}, "devices"},
	{"the processes of the node", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.HostPID, p.HostUsers = true, nil }, "shares the pid namespace"},
	{"the network of the node", "many", func(p *corev1.PodSpec, c *corev1.Container) { p.HostNetwork, p.HostUsers, c.Ports = true, nil, nil }, "shares the net namespace"},
	{"the memory of the node", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.HostIPC, p.HostUsers = true, nil }, "shares the ipc namespace"},
	{"processes shared by containers", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.ShareProcessNamespace = new(true) }, "the process's number"},
	{"a token that nobody asked for", "second", func(p *corev1.PodSpec, _ *corev1.Container) { p.AutomountServiceAccountToken = new(true) }, "is a token"},
	{"a token that lives longer", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "bartizan-token")].Projected.Sources[0].ServiceAccountToken.ExpirationSeconds = new(int64(7200))
	}, "the token lives 7200 seconds"},
	{"a token for somebody else", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "bartizan-token")].Projected.Sources[0].ServiceAccountToken.Audience = "vault"
	}, "audiences of the token: vault too many"},
	{"the names of Services", "many", func(p *corev1.PodSpec, _ *corev1.Container) { p.EnableServiceLinks = new(true) }, "the variable MANY_SERVICE_HOST"},
	{"a secret in the environment", "second", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.Env = append(c.Env, corev1.EnvVar{Name: "MODE_KEY", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "native"}, Key: "other"}}})
	}, "holds the secret native"},
	{"a sibling's secret", "many", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "secret-native", MountPath: "/run/secrets/native", ReadOnly: true})
	}, "mounts: /run/secrets/native too many"},
	{"another Secret", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "secret-stored")].Secret.SecretName = "many-single"
	}, "/run/secrets/stored/username does not hold"},
	{"a secret that all may read", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "secret-stored")].Secret.DefaultMode = new(int32(0o444))
	}, "has mode 0444"},
	{"another file of configuration", "many", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.VolumeMounts[mountOf(c, "/etc/many/many.yaml")].SubPath = "proxy.yaml"
	}, "/etc/many/many.yaml does not hold"},
	{"a volume that can be written", "second", func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[mountOf(c, "/seen")].ReadOnly = false }, "/seen can be written"},
	{"a volume that cannot be written", "many", func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[mountOf(c, "/work")].ReadOnly = true }, "/work cannot be written"},
	{"more memory for a volume", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "keys")].EmptyDir.SizeLimit = new(resource.MustParse("32Mi"))
	}, "/keys is a tmpfs of 33554432 bytes"},
	{"keys on a disk", "many", func(p *corev1.PodSpec, _ *corev1.Container) {
		p.Volumes[volumeOf(p, "keys")].EmptyDir.Medium = corev1.StorageMediumDefault
	}, "not memory of"},
	{"a directory of the node", "many", func(p *corev1.PodSpec, c *corev1.Container) {
		p.HostUsers = nil // its file system may know no other users
		p.Volumes = append(p.Volumes, corev1.Volume{Name: "etc", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/etc"}}})
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{Name: "etc", MountPath: "/host/etc", ReadOnly: true})
	}, "mounts: /host/etc"},
	{"more memory", "many", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.Resources.Limits[corev1.ResourceMemory] = resource.MustParse("256Mi")
	}, "the limit of memory"},
	{"more CPU", "many", func(_ *corev1.PodSpec, c *corev1.Container) {
		c.Resources.Limits[corev1.ResourceCPU] = resource.MustParse("2")
	}, "the limit of CPU"},
}

func volumeOf(p *corev1.PodSpec, name string) int {
	return slices.IndexFunc(p.Volumes, func(v corev1.Volume) bool { return v.Name == name })
}

func mountOf(c *corev1.Container, point string) int {
	return slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.MountPath == point })
}

// many is the pod template of plain/many with the stand-in, in its namespace without what would refuse changes of it.
func (s *stage) many(ctx context.Context) (*shapes.Controller, []shapes.Missing, error) {
	const namespace, name = "plain", "many"
	all, err := shapes.Read(s.manifests)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(all, func(c *shapes.Controller) bool { return c.Namespace == namespace && c.Name == name })
	if i < 0 {
		return nil, nil, fmt.Errorf("the stage is not that of %s", corners)
	}
	if err := s.disarm(ctx, namespace); err != nil {
		return nil, nil, err
	}
	missing, err := all[i].StandIn(s.node)
	return all[i], missing, err
}

// checkBreaks starts the pod with one field broken after the other, in its namespace without what would refuse it, and each
// of its containers as generated. What notices nothing proves nothing.
func checkBreaks(ctx context.Context, s *stage) (string, error) {
	many, missing, err := s.many(ctx)
	if err != nil {
		return "", err
	}
	namespace, w := many.Namespace, s.workloads[many.Namespace+"/"+many.Name]
	breaks := slices.Clone(podBreaks)
	for _, c := range slices.Concat(w.Containers, w.InitContainers) {
		breaks = append(breaks, podBreak{name: "nothing", in: c.Name, edit: func(*corev1.PodSpec, *corev1.Container) {}})
	}
	var pods []any
	for i, b := range breaks {
		pods = append(pods, b.pod(many.Template, namespace, i))
	}
	if err := s.applyObjects(ctx, pods); err != nil {
		return "", err
	}
	var wrong []error
	noticed := 0
	for i, b := range breaks {
		report, err := s.reportOf(ctx, namespace, podName(i), b.in)
		if err != nil {
			return "", fmt.Errorf("%s: %w", b.name, err)
		}
		_, said, err := shapes.NewPod(podName(i), w, s.node, missing, s.audience).Compare(b.in, report)
		if err != nil {
			return "", err
		}
		switch {
		case b.says == "" && len(said) > 0:
			wrong = append(wrong, fmt.Errorf("%s of %s is broken, and the comparison says: %s", b.name, b.in, strings.Join(said, "; ")))
		case b.says == "":
		case !slices.ContainsFunc(said, func(text string) bool { return strings.Contains(text, b.says) }):
			wrong = append(wrong, fmt.Errorf("%s of %s: the comparison does not say %q: %s", b.name, b.in, b.says, strings.Join(said, "; ")))
		default:
			noticed++
		}
	}
	intact := breaks[len(breaks)-1]
	wrong = append(wrong, s.refusedPull(ctx, intact.pod(many.Template, namespace, len(breaks))),
		s.refusedClass(ctx, intact.pod(many.Template, namespace, len(breaks)+1)))
	return fmt.Sprintf("%d breaks noticed, each in the words that name it; nothing said of %d containers as generated; no image without its pull secret, no gVisor without its handler", noticed, len(breaks)-len(podBreaks)), errors.Join(wrong...)
}

// refusedPull takes the pull secrets from the pod: the registry must then give it nothing, although the node has the image.
func (s *stage) refusedPull(ctx context.Context, p *corev1.Pod) error {
	p.Spec.ImagePullSecrets = nil
	p.Spec.Containers[0].Image = "stored.example.com/plain/proxy:v1@" + s.Registry.Digest
	if err := s.applyObjects(ctx, []any{p}); err != nil {
		return err
	}
	return cluster.Eventually(ctx, time.Minute, func() error {
		var now corev1.Pod
		if err := s.JSON(ctx, &now, "-n", p.Namespace, "get", "pod", p.Name); err != nil {
			return err
		}
		if state := describe(&now); !strings.Contains(state, "ImagePull") {
			return fmt.Errorf("a pod without its pull secret: %s", state)
		}
		return nil
	})
}

// refusedClass gives the pod the generated RuntimeClass of gVisor, on a node whose containerd has no handler of its name: it
// must not start there by another runtime.
func (s *stage) refusedClass(ctx context.Context, p *corev1.Pod) error {
	classes, err := os.ReadFile(filepath.Join(s.Tree, "manifests/platform/runtimes.yaml"))
	if err != nil {
		return err
	}
	if _, err := s.KubectlInput(ctx, bytes.NewReader(classes), "apply", "--server-side", "--force-conflicts", "-f", "-"); err != nil {
		return err
	}
	p.Spec.RuntimeClassName, p.Spec.HostUsers = new("gvisor"), nil
	if err := s.applyObjects(ctx, []any{p}); err != nil {
		return err
	}
	return cluster.Eventually(ctx, time.Minute, func() error {
		events, err := s.Kubectl(ctx, "-n", p.Namespace, "get", "events", "--field-selector=type=Warning,involvedObject.name="+p.Name)
		if err != nil {
			return err
		}
		if !strings.Contains(events, `no runtime for "runsc" is configured`) {
			return fmt.Errorf("a pod of gVisor's class on a node without the handler: %s", events)
		}
		return nil
	})
}

func podName(i int) string { return fmt.Sprintf("break-%d", i) }

// pod is the template's pod with the broken container alone. Nobody asks for its health: it only has to report.
func (b podBreak) pod(template *corev1.PodTemplateSpec, namespace string, i int) *corev1.Pod {
	p := &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: podName(i)},
		Spec:       *template.Spec.DeepCopy(),
	}
	all := slices.Concat(p.Spec.InitContainers, p.Spec.Containers)
	c := all[slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == b.in })]
	c.RestartPolicy, c.ReadinessProbe, c.LivenessProbe, c.StartupProbe = nil, nil, nil, nil
	c.Env[len(c.Env)-1] = corev1.EnvVar{Name: inside.OrdersVariable, Value: "{}"}
	p.Spec.SecurityContext.Sysctls = nil // not with the node's network
	p.Spec.InitContainers, p.Spec.Containers = nil, []corev1.Container{c}
	b.edit(&p.Spec, &p.Spec.Containers[0])
	return p
}

// disarm takes away what refuses pods in the namespace.
func (s *stage) disarm(ctx context.Context, namespace string) error {
	for _, args := range [][]string{
		{"delete", "validatingadmissionpolicybindings", "-l", "app.kubernetes.io/managed-by=bartizan"},
		{"label", "namespace", namespace, "--overwrite", "pod-security.kubernetes.io/enforce=privileged"},
		{"-n", namespace, "delete", "resourcequotas,limitranges", "--all"},
	} {
		if _, err := s.Kubectl(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// reportOf waits for the report of a container.
func (s *stage) reportOf(ctx context.Context, namespace, pod, container string) (inside.Report, error) {
	var report inside.Report
	err := cluster.Eventually(ctx, time.Minute, func() error {
		reports, err := s.reports(ctx, namespace, pod)
		if err != nil {
			return err
		}
		r, ok := reports[container]
		if !ok {
			return fmt.Errorf("%s of %s reports nothing", container, pod)
		}
		report = r
		return nil
	})
	return report, err
}
