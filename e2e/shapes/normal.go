package shapes

import (
	"encoding/json"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Normal is the controller's kind and its pod template without what makes no difference to how its pods are confined:
// names, labels, images, commands, plain variables, numbers of unprivileged ports, paths and times of probes, amounts of
// resources. Everything else stays as it is, so that a field that this function has never heard of makes a new shape.
func Normal(c *Controller) (string, error) {
	spec := c.Template.Spec.DeepCopy()
	names := newNames(c)
	spec.ServiceAccountName = names.of("account", spec.ServiceAccountName)
	spec.TerminationGracePeriodSeconds = nil
	for i := range spec.ImagePullSecrets {
		spec.ImagePullSecrets[i].Name = names.of("pull", spec.ImagePullSecrets[i].Name)
	}
	for i := range spec.Volumes {
		normalVolume(&spec.Volumes[i], names)
	}
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			normalContainer(&list[i], names)
		}
	}
	normalPlace(spec, names)
	var claims []corev1.PersistentVolumeClaimSpec
	for _, claim := range c.Claims {
		claim.Spec.Resources = corev1.VolumeResourceRequirements{}
		claims = append(claims, claim.Spec)
	}
	text, err := json.Marshal(struct {
		Kind   string
		Spec   *corev1.PodSpec
		Claims []corev1.PersistentVolumeClaimSpec
	}{c.Kind, spec, claims})
	return string(text), err
}

// names gives a name the number at which it was first met, by kind of name: which volume is mounted twice remains.
type names map[string][]string

func newNames(c *Controller) names {
	n := names{}
	for _, v := range c.Template.Spec.Volumes {
		n.of("volume", v.Name)
	}
	for _, v := range c.Claims {
		n.of("volume", v.Name)
	}
	return n
}

func (n names) of(kind, name string) string {
	if name == "" {
		return ""
	}
	i := slices.Index(n[kind], name)
	if i < 0 {
		i = len(n[kind])
		n[kind] = append(n[kind], name)
	}
	return fmt.Sprintf("%s-%d", kind, i)
}

func normalVolume(v *corev1.Volume, names names) {
	v.Name = names.of("volume", v.Name)
	switch {
	case v.Secret != nil:
		v.Secret.SecretName = names.of("secret", v.Secret.SecretName)
	case v.CSI != nil:
		for attribute, value := range v.CSI.VolumeAttributes {
			v.CSI.VolumeAttributes[attribute] = names.of("attribute", value)
		}
	case v.ConfigMap != nil:
		v.ConfigMap.Name = names.of("config", v.ConfigMap.Name)
	case v.PersistentVolumeClaim != nil:
		v.PersistentVolumeClaim.ClaimName = names.of("claim", v.PersistentVolumeClaim.ClaimName)
	}
}

func normalContainer(c *corev1.Container, names names) {
	c.Name = names.of("container", c.Name)
	c.Image, c.Command, c.Args = "", nil, nil
	c.Env = slices.DeleteFunc(c.Env, func(e corev1.EnvVar) bool { return e.ValueFrom == nil })
	for i := range c.Env {
		c.Env[i].Name = names.of("variable", c.Env[i].Name)
		if ref := c.Env[i].ValueFrom.SecretKeyRef; ref != nil {
			ref.Name, ref.Key = names.of("secret", ref.Name), ""
		}
	}
	var ports []corev1.ContainerPort
	for _, p := range c.Ports {
		p.Name, p.ContainerPort = "", privileged(p.ContainerPort)
		if p.HostPort != 0 {
			p.HostPort = privileged(p.HostPort)
		}
		if !slices.Contains(ports, p) {
			ports = append(ports, p)
		}
	}
	c.Ports = ports
	for _, list := range []corev1.ResourceList{c.Resources.Requests, c.Resources.Limits} {
		for name := range list {
			list[name] = resource.Quantity{}
		}
	}
	for i := range c.VolumeMounts {
		m := &c.VolumeMounts[i]
		m.Name = names.of("volume", m.Name)
		if m.SubPath != "" {
			m.SubPath = "file"
		}
		m.MountPath = ""
	}
	c.VolumeMounts = slices.CompactFunc(c.VolumeMounts, func(a, b corev1.VolumeMount) bool {
		return a.SubPath != "" && a.Name == b.Name && a.SubPath == b.SubPath && a.ReadOnly == b.ReadOnly
	})
	for _, p := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe, c.StartupProbe} {
		normalProbe(p)
	}
}

// privileged is the port's number as far as it matters: below 1024 it takes a right to listen.
func privileged(port int32) int32 {
	if port < 1024 {
		return 1
	}
	return 1024
}

func normalProbe(p *corev1.Probe) {
	if p == nil {
		return
	}
	p.InitialDelaySeconds, p.PeriodSeconds, p.FailureThreshold, p.TimeoutSeconds = 0, 0, 0, 0
	port := intstr.FromInt32(0)
	switch {
	case p.Exec != nil:
		p.Exec.Command = nil
	case p.HTTPGet != nil:
		p.HTTPGet.Path, p.HTTPGet.Port, p.HTTPGet.HTTPHeaders = "", port, nil
	case p.TCPSocket != nil:
		p.TCPSocket.Port = port
	case p.GRPC != nil:
		p.GRPC.Port = 0
	}
}

// normalPlace keeps of a pool that there is one, and that it is dedicated.
func normalPlace(spec *corev1.PodSpec, names names) {
	for key, value := range spec.NodeSelector {
		spec.NodeSelector[key] = names.of("value", value)
	}
	for i := range spec.Tolerations {
		spec.Tolerations[i].Value = names.of("value", spec.Tolerations[i].Value)
	}
	for i := range spec.TopologySpreadConstraints {
		spec.TopologySpreadConstraints[i].LabelSelector = nil
	}
	if spec.Affinity == nil {
		return
	}
	if pods := spec.Affinity.PodAntiAffinity; pods != nil {
		for i := range pods.PreferredDuringSchedulingIgnoredDuringExecution {
			pods.PreferredDuringSchedulingIgnoredDuringExecution[i].PodAffinityTerm.LabelSelector = nil
		}
	}
	if nodes := spec.Affinity.NodeAffinity; nodes != nil && nodes.RequiredDuringSchedulingIgnoredDuringExecution != nil {
		for _, term := range nodes.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
			for i := range term.MatchExpressions {
				for j, value := range term.MatchExpressions[i].Values {
					term.MatchExpressions[i].Values[j] = names.of("value", value)
				}
			}
		}
	}
}
