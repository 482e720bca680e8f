package shapes

import (
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// example is the pod template of a workload in the committed output of an example.
func example(t *testing.T, out, namespace, name string) *Controller {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join("../../examples", out, "out/clusters/*/manifests"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v %v", dirs, err)
	}
	all, err := Read(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(c *Controller) bool { return c.Namespace == namespace && c.Name == name })
	if i < 0 {
		t.Fatalf("%s has no workload %s/%s", out, namespace, name)
	}
	return all[i]
}

func key(t *testing.T, c *Controller) string {
	t.Helper()
	text, err := Normal(c)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Two pods are of one shape if they differ in names and in what their programs do.
func TestNamesMakeNoShape(t *testing.T) {
	for name, edit := range map[string]func(s *corev1.PodSpec, c *corev1.Container){
		"image":     func(_ *corev1.PodSpec, c *corev1.Container) { c.Image = "other.example.com/x:y" },
		"name":      func(_ *corev1.PodSpec, c *corev1.Container) { c.Name = "other" },
		"account":   func(s *corev1.PodSpec, _ *corev1.Container) { s.ServiceAccountName = "other" },
		"arguments": func(_ *corev1.PodSpec, c *corev1.Container) { c.Command, c.Args = []string{"a"}, []string{"b"} },
		"variable": func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "A", Value: "b"})
		},
		"port": func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Ports[0].Name, c.Ports[0].ContainerPort = "other", 12345
		},
		"memory":      func(_ *corev1.PodSpec, c *corev1.Container) { c.Resources.Limits["memory"] = resource.MustParse("3Gi") },
		"command":     func(_ *corev1.PodSpec, c *corev1.Container) { c.ReadinessProbe.Exec.Command = []string{"other"} },
		"secret":      func(s *corev1.PodSpec, _ *corev1.Container) { s.Volumes[2].Secret.SecretName = "other" },
		"pool":        func(s *corev1.PodSpec, _ *corev1.Container) { renamePool(s, "other") },
		"grace":       func(s *corev1.PodSpec, _ *corev1.Container) { s.TerminationGracePeriodSeconds = new(int64(1)) },
		"mount point": func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].MountPath = "/other" },
	} {
		t.Run(name, func(t *testing.T) {
			c := example(t, "astronomy-shop", "data", "astronomy-db")
			before := key(t, c)
			edit(&c.Template.Spec, &c.Template.Spec.Containers[0])
			if after := key(t, c); after != before {
				t.Errorf("a shape of its own:\n%s\n%s", before, after)
			}
		})
	}
}

func renamePool(s *corev1.PodSpec, name string) {
	for k := range s.NodeSelector {
		s.NodeSelector[k] = name
	}
	s.Tolerations[0].Value = name
	s.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0].MatchExpressions[0].Values[0] = name
}

// Whatever says what a process may do makes a shape, also a field that nobody thought of.
func TestConfinementMakesAShape(t *testing.T) {
	for name, edit := range map[string]func(s *corev1.PodSpec, c *corev1.Container){
		"user": func(_ *corev1.PodSpec, c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(10002)) },
		"capability": func(_ *corev1.PodSpec, c *corev1.Container) {
			c.SecurityContext.Capabilities.Add = []corev1.Capability{"CHOWN"}
		},
		"group":        func(s *corev1.PodSpec, _ *corev1.Container) { s.SecurityContext.FSGroup = new(int64(1)) },
		"low port":     func(_ *corev1.PodSpec, c *corev1.Container) { c.Ports[0].ContainerPort = 80 },
		"host port":    func(_ *corev1.PodSpec, c *corev1.Container) { c.Ports[0].HostPort = 5432 },
		"protocol":     func(_ *corev1.PodSpec, c *corev1.Container) { c.Ports[0].Protocol = "UDP" },
		"no limit":     func(_ *corev1.PodSpec, c *corev1.Container) { delete(c.Resources.Limits, "memory") },
		"probe":        func(_ *corev1.PodSpec, c *corev1.Container) { c.ReadinessProbe = nil },
		"size":         func(s *corev1.PodSpec, _ *corev1.Container) { s.Volumes[0].EmptyDir.SizeLimit = nil },
		"mode":         func(s *corev1.PodSpec, _ *corev1.Container) { s.Volumes[2].Secret.DefaultMode = nil },
		"read-only":    func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].ReadOnly = true },
		"other volume": func(_ *corev1.PodSpec, c *corev1.Container) { c.VolumeMounts[0].Name = c.VolumeMounts[1].Name },
		"volume":       func(s *corev1.PodSpec, _ *corev1.Container) { s.Volumes = s.Volumes[:2] },
		"pool":         func(s *corev1.PodSpec, _ *corev1.Container) { s.NodeSelector, s.Tolerations = nil, nil },
		"priority":     func(s *corev1.PodSpec, _ *corev1.Container) { s.PriorityClassName = "" },
		"class":        func(s *corev1.PodSpec, _ *corev1.Container) { s.RuntimeClassName = new("gvisor") },
		"pull secret": func(s *corev1.PodSpec, _ *corev1.Container) {
			s.ImagePullSecrets = append(s.ImagePullSecrets, corev1.LocalObjectReference{Name: "more"})
		},
		"second": func(s *corev1.PodSpec, c *corev1.Container) { s.Containers = append(s.Containers, *c) },
		"init":   func(s *corev1.PodSpec, c *corev1.Container) { s.InitContainers = append(s.InitContainers, *c) },
		"secret in env": func(_ *corev1.PodSpec, c *corev1.Container) {
			c.Env = append(c.Env, corev1.EnvVar{Name: "A", ValueFrom: &corev1.EnvVarSource{}})
		},
		"host name": func(s *corev1.PodSpec, _ *corev1.Container) { s.Hostname = "a" },
		"tty":       func(_ *corev1.PodSpec, c *corev1.Container) { c.TTY = true },
	} {
		t.Run(name, func(t *testing.T) {
			c := example(t, "astronomy-shop", "data", "astronomy-db")
			before := key(t, c)
			edit(&c.Template.Spec, &c.Template.Spec.Containers[0])
			if key(t, c) == before {
				t.Error("no shape of its own")
			}
		})
	}
	t.Run("claim", func(t *testing.T) {
		c := example(t, "astronomy-shop", "data", "astronomy-db")
		before := key(t, c)
		c.Claims[0].Spec.AccessModes = nil
		if key(t, c) == before {
			t.Error("no shape of its own")
		}
	})
}

// The examples have pods alike, and pods that are not.
func TestDistinct(t *testing.T) {
	dirs, err := filepath.Glob("../../examples/*/out/clusters/*/manifests")
	if err != nil {
		t.Fatal(err)
	}
	var all []*Controller
	for _, dir := range dirs {
		controllers, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, controllers...)
	}
	shapes, err := Distinct(all)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, s := range shapes {
		count += len(s.Controllers)
		t.Logf("%s/%s stands for %d", s.Controllers[0].Namespace, s.Controllers[0].Name, len(s.Controllers))
	}
	if count != len(all) || len(shapes) < 10 || len(shapes) > len(all)-5 {
		t.Errorf("%d pod templates have %d shapes with %d members", len(all), len(shapes), count)
	}
}

// What the node misses is taken out of the pod, and said; nothing else is.
func TestWhatANodeMissesIsTakenOut(t *testing.T) {
	c := example(t, "astronomy-shop", "shop", "accounting")
	spec := &c.Template.Spec
	container := &spec.Containers[0]
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "mounted", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "secrets-store.csi.k8s.io"}}})
	container.VolumeMounts = append(container.VolumeMounts, corev1.VolumeMount{Name: "mounted", MountPath: "/run/secrets/mounted"})
	volumes, mounts := len(spec.Volumes), len(container.VolumeMounts)
	missing, err := c.StandIn(Node{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []Missing{MissingUserNamespace, MissingDriver, MissingAppArmor}; !slices.Equal(missing, want) {
		t.Errorf("missing %q, not %q", missing, want)
	}
	if spec.HostUsers != nil || container.SecurityContext.AppArmorProfile != nil || len(spec.Volumes) != volumes-1 || len(container.VolumeMounts) != mounts-1 {
		t.Errorf("%+v", spec)
	}
	c = example(t, "astronomy-shop", "shop", "accounting")
	if missing, err := c.StandIn(Node{UserNamespaces: true, AppArmor: true}); err != nil || len(missing) > 0 || c.Template.Spec.HostUsers == nil {
		t.Errorf("a node that has everything: %q %v", missing, err)
	}
}
