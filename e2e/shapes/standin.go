package shapes

import (
	"encoding/json"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/bartizan-dev/bartizan/e2e/inside"
)

// Node is what the node of the pods is and can give.
type Node struct {
	// Namespaces are those of its first process by kind, as [inside.Report] has them.
	Namespaces map[string]string
	// UserNamespaces, AppArmor and RecursiveReadOnly say what its kernel and its runtime have.
	UserNamespaces, AppArmor, RecursiveReadOnly bool
	// Kernel is how its kernel names itself, as [inside.Report] has it.
	Kernel string
}

// Missing is what a pod asks for and its node cannot give.
type Missing string

// What a node may miss. The kubelet refuses a pod that asks for any of them, so it is taken out of the pod, and said.
const (
	MissingUserNamespace Missing = "user namespace"
	MissingAppArmor      Missing = "AppArmor"
	MissingDriver        Missing = "CSI driver"
)

// program is where an image of the test has the probe.
const program = "/usr/local/bin/probe"

// StandIn makes the controller run one pod from the image of the test. The program in it takes the place of the declared
// one, of its arguments, and of commands that ask it for its health; what the node misses is taken away. The pods ask for
// next to nothing of CPU and memory, because the node is small: their limits stay.
func (c *Controller) StandIn(node Node) ([]Missing, error) {
	switch o := c.Object.(type) {
	case *appsv1.Deployment:
		o.Spec.Replicas = new(int32(1))
	case *appsv1.StatefulSet:
		o.Spec.Replicas = new(int32(1))
	case *batchv1.CronJob:
		o.Spec.Suspend = new(true) // its job is made by hand, at once
	}
	spec := &c.Template.Spec
	for i := range spec.InitContainers {
		if err := standIn(&spec.InitContainers[i], spec.InitContainers[i].RestartPolicy == nil); err != nil {
			return nil, err
		}
	}
	for i := range spec.Containers {
		if err := standIn(&spec.Containers[i], false); err != nil {
			return nil, err
		}
	}
	return takeAway(spec, node), nil
}

func standIn(c *corev1.Container, ends bool) error {
	orders := inside.Orders{Ends: ends}
	for _, p := range c.Ports {
		if p.Protocol == corev1.ProtocolTCP {
			orders.Listen = append(orders.Listen, int(p.ContainerPort))
		}
	}
	for _, p := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe, c.StartupProbe} {
		if p == nil {
			continue
		}
		p.PeriodSeconds = 1 // the program is there at once
		if p.Exec != nil {
			p.Exec.Command = []string{program, "well"}
		}
	}
	text, err := json.Marshal(orders)
	c.Command, c.Args = nil, nil
	c.Resources.Requests[corev1.ResourceCPU] = resource.MustParse("10m")
	c.Resources.Requests[corev1.ResourceMemory] = resource.MustParse("16Mi")
	c.Env = append(c.Env, corev1.EnvVar{Name: inside.OrdersVariable, Value: string(text)})
	return err
}

func takeAway(spec *corev1.PodSpec, node Node) []Missing {
	var missing []Missing
	if spec.HostUsers != nil && !*spec.HostUsers && !node.UserNamespaces {
		spec.HostUsers, missing = nil, append(missing, MissingUserNamespace)
	}
	if takeVolumes(spec) {
		missing = append(missing, MissingDriver)
	}
	if node.AppArmor {
		return missing
	}
	asked := spec.SecurityContext != nil && spec.SecurityContext.AppArmorProfile != nil
	if asked {
		spec.SecurityContext.AppArmorProfile = nil
	}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			if s := list[i].SecurityContext; s != nil && s.AppArmorProfile != nil {
				s.AppArmorProfile, asked = nil, true
			}
		}
	}
	if asked {
		missing = append(missing, MissingAppArmor)
	}
	return missing
}

// takeVolumes takes away the volumes of CSI drivers, of which the node has none, and where they are mounted.
func takeVolumes(spec *corev1.PodSpec) bool {
	taken := map[string]bool{}
	spec.Volumes = slices.DeleteFunc(spec.Volumes, func(v corev1.Volume) bool {
		taken[v.Name] = v.CSI != nil
		return v.CSI != nil
	})
	found := false
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			list[i].VolumeMounts = slices.DeleteFunc(list[i].VolumeMounts, func(m corev1.VolumeMount) bool {
				found = found || taken[m.Name]
				return taken[m.Name]
			})
		}
	}
	return found
}
