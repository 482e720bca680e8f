package generate

import (
	"maps"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/model"
)

// containerObject returns the i-th container of the workload, init containers counted after the others.
func containerObject(q *quantities, w *model.Workload, c *model.Container, i int) corev1.Container {
	return corev1.Container{
		Name:                     c.Name,
		Image:                    c.Image.Pinned(),
		ImagePullPolicy:          corev1.PullAlways, // the registry checks the node's right to the image each time
		Command:                  c.Command,
		Args:                     c.Args,
		Env:                      environment(w, c),
		Ports:                    containerPorts(w, c),
		Resources:                containerResources(q, c.Resources),
		ReadinessProbe:           probe(c.Probes.Readiness),
		LivenessProbe:            probe(c.Probes.Liveness),
		StartupProbe:             probe(c.Probes.Startup),
		SecurityContext:          securityContext(w, c, i),
		VolumeMounts:             volumeMounts(w, c),
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
	}
}

// securityContext states everything, for judges and reviewers who do not know the pod's context and the defaults.
func securityContext(w *model.Workload, c *model.Container, i int) *corev1.SecurityContext {
	s := c.Security
	ctx := &corev1.SecurityContext{
		Privileged:               new(s.Privileged),
		AllowPrivilegeEscalation: new(s.Escalation || s.Privileged), // the API refuses privileged without escalation
		ReadOnlyRootFilesystem:   new(!s.WritableRoot),
		RunAsNonRoot:             new(!s.RunAsRoot),
		RunAsUser:                new(userID(c, i)),
		RunAsGroup:               new(groupID(c, i)),
		SeccompProfile:           seccomp(s.Unconfined),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}
	for _, name := range s.Capabilities {
		ctx.Capabilities.Add = append(ctx.Capabilities.Add, corev1.Capability(name))
	}
	if appArmor(w) && !s.Privileged {
		ctx.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	}
	return ctx
}

// environment returns the plain variables, and secrets where a weakening puts them there.
func environment(w *model.Workload, c *model.Container) []corev1.EnvVar {
	var env []corev1.EnvVar
	for _, name := range slices.Sorted(maps.Keys(c.Env)) {
		env = append(env, corev1.EnvVar{Name: name, Value: c.Env[name]})
	}
	for _, s := range w.Secrets {
		if s.Env == "" || !mountedIn(w, s.In, c) {
			continue
		}
		env = append(env, corev1.EnvVar{Name: s.Env, ValueFrom: &corev1.EnvVarSource{
			SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: secretName(w, s)},
				Key:                  secretKey(s),
			},
		}})
	}
	return env
}

func containerPorts(w *model.Workload, c *model.Container) []corev1.ContainerPort {
	hostPorts := slices.Clone(w.Host.Ports)
	var ports []corev1.ContainerPort
	for _, p := range w.Ports {
		if p.Container != c {
			continue
		}
		port := corev1.ContainerPort{Name: portName(p), ContainerPort: int32(p.Number), Protocol: protocol(p.Protocol)}
		if i := slices.Index(hostPorts, p.Number); i >= 0 {
			port.HostPort = int32(p.Number)
			hostPorts = slices.Delete(hostPorts, i, i+1)
		}
		ports = append(ports, port)
	}
	if c == w.Containers[0] {
		for _, n := range hostPorts {
			if !slices.ContainsFunc(w.Ports, func(p *model.Port) bool { return p.Number == n }) {
				ports = append(ports, corev1.ContainerPort{Name: "host-" + strconv.Itoa(n), ContainerPort: int32(n), HostPort: int32(n), Protocol: corev1.ProtocolTCP})
			}
		}
	}
	return ports
}

// portName is the port's name in Kubernetes, where names of container ports have at most 15 characters.
func portName(p *model.Port) string {
	if len(p.Name) <= 15 {
		return p.Name
	}
	return "port-" + strconv.Itoa(p.Number)
}

func protocol(p model.Protocol) corev1.Protocol {
	if p == "" {
		return corev1.ProtocolTCP
	}
	return corev1.Protocol(p)
}

func containerResources(q *quantities, r model.Resources) corev1.ResourceRequirements {
	return corev1.ResourceRequirements{
		Requests: q.list(map[corev1.ResourceName]string{
			corev1.ResourceCPU: r.CPU, corev1.ResourceMemory: r.Memory, corev1.ResourceEphemeralStorage: r.EphemeralStorage,
		}),
		Limits: q.list(map[corev1.ResourceName]string{
			corev1.ResourceCPU: r.CPULimit, corev1.ResourceMemory: r.MemoryLimit, corev1.ResourceEphemeralStorage: r.EphemeralStorageLimit,
		}),
	}
}

func probe(p *model.Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	out := &corev1.Probe{
		InitialDelaySeconds: int32(p.Delay),
		PeriodSeconds:       int32(p.Period),
		FailureThreshold:    int32(p.Failures),
		TimeoutSeconds:      2,
	}
	switch p.Kind {
	case model.ProbeHTTP:
		get := &corev1.HTTPGetAction{Path: p.Path, Port: intstr.FromString(portName(p.Port)), Scheme: corev1.URISchemeHTTP}
		for _, name := range slices.Sorted(maps.Keys(p.Headers)) {
			get.HTTPHeaders = append(get.HTTPHeaders, corev1.HTTPHeader{Name: name, Value: p.Headers[name]})
		}
		out.HTTPGet = get
	case model.ProbeGRPC:
		out.GRPC = &corev1.GRPCAction{Port: int32(p.Port.Number), Service: new("")} // the server as a whole
	case model.ProbeTCP:
		out.TCPSocket = &corev1.TCPSocketAction{Port: intstr.FromString(portName(p.Port))}
	case model.ProbeExec:
		out.Exec = &corev1.ExecAction{Command: p.Command}
	}
	return out
}
