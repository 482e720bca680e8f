package verify

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// The policies of a tree let in the pods of the same tree, exceptions included.
func TestPodsOfATreePassItsAdmissionPolicies(t *testing.T) {
	env := celEnv(t)
	for _, dir := range []string{"../../examples/online-boutique", "../../examples/platform", "../../examples/astronomy-shop", "../../model/testdata/sketch"} {
		spec := loadExample(t, dir)
		set, err := generate.Run(spec, generate.All)
		if err != nil {
			t.Fatal(err)
		}
		p := &Pass{Spec: spec, Files: set.Files(), result: &Result{}, cache: newCache()}
		for _, c := range spec.Clusters {
			objects := p.Objects(c)
			judged, excepted := 0, 0
			for _, s := range podSources(objects) {
				pod := asText(t, &corev1.Pod{ObjectMeta: *s.Meta, Spec: *s.Spec})
				request := `{"operation": "CREATE", "namespace": "` + s.Namespace + `", "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"}}`
				for _, x := range Typed[*admissionv1.ValidatingAdmissionPolicy](objects) {
					if !concerns(x.Typed, "", "pods", s.Namespace, admissionv1.Create) {
						continue
					}
					judged++
					if !admits(t, env, x.Typed, request, pod, "null") {
						t.Errorf("%s: %s is refused by %s", dir, s, x.Name)
					}
					// Under another account the same pod has no exception.
					if x.Name == "bartizan-exceptions" && !admits(t, env, x.Typed, strings.Replace(request, s.Namespace, "elsewhere", 1), pod, "null") {
						excepted++
					}
				}
			}
			if judged == 0 {
				t.Errorf("%s: no pod was judged", dir)
			}
			if strings.HasSuffix(dir, "platform") && excepted == 0 {
				t.Errorf("%s: no pod needs its exception", dir)
			}
		}
	}
}

func asText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// edits change a confined pod. Those that are stricter are refused by the policy, and by the restricted level only on some
// operating systems, in user namespaces, or not at all.
var edits = []struct {
	name     string
	stricter bool
	edit     func(p *corev1.Pod, c *corev1.Container)
}{
	{"nothing", false, func(p *corev1.Pod, c *corev1.Container) {}},
	{"host network", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.HostNetwork = true }},
	{"host processes", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.HostPID = true }},
	{"host IPC", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.HostIPC = true }},
	{"host port", false, func(p *corev1.Pod, c *corev1.Container) { c.Ports = []corev1.ContainerPort{{HostPort: 1}} }},
	{"container port", false, func(p *corev1.Pod, c *corev1.Container) { c.Ports = []corev1.ContainerPort{{ContainerPort: 1}} }},
	{"host path", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).HostPath = &corev1.HostPathVolumeSource{Path: "/"} }},
	{"NFS", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).NFS = &corev1.NFSVolumeSource{} }},
	{"empty directory", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).EmptyDir = &corev1.EmptyDirVolumeSource{} }},
	{"ephemeral volume", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).Ephemeral = &corev1.EphemeralVolumeSource{} }},
	{"CSI volume", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).CSI = &corev1.CSIVolumeSource{} }},
	{"image volume", false, func(p *corev1.Pod, c *corev1.Container) { volume(p).Image = &corev1.ImageVolumeSource{} }},
	{"privileged", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.Privileged = new(true) }},
	{"not privileged", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.Privileged = new(false) }},
	{"escalation", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = new(true) }},
	{"escalation left open", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.AllowPrivilegeEscalation = nil }},
	{"no context", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext = &corev1.SecurityContext{} }},
	{"capabilities kept", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.Capabilities = nil }},
	{"one capability dropped", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"NET_RAW"}}
	}},
	{"a capability", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"CHOWN"}}
	}},
	{"the harmless capability", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_BIND_SERVICE"}}
	}},
	{"root left open", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.SecurityContext.RunAsNonRoot = nil }},
	{"root allowed by the pod", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.SecurityContext.RunAsNonRoot = new(false) }},
	{"root allowed by the container", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.RunAsNonRoot = new(false) }},
	{"no root by the container", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.RunAsNonRoot = new(true) }},
	{"user 0 of the pod", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.SecurityContext.RunAsUser = new(int64(0)) }},
	{"user 0 of the container", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.RunAsUser = new(int64(0)) }},
	{"no seccomp of the pod", false, func(p *corev1.Pod, c *corev1.Container) { p.Spec.SecurityContext.SeccompProfile = nil }},
	{"seccomp of the container", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost}
	}},
	{"seccomp Unconfined of the container", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}},
	{"seccomp Unconfined of the pod", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}},
	{"AppArmor Unconfined of the pod", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	}},
	{"AppArmor Unconfined of the container", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	}},
	{"AppArmor", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	}},
	{"AppArmor by annotation", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Annotations = map[string]string{"container.apparmor.security.beta.kubernetes.io/c": "unconfined"}
	}},
	{"SELinux type", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Type: "spc_t"}
	}},
	{"harmless SELinux type", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Type: "container_t", Level: "s0"}
	}},
	{"SELinux role of the pod", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.SELinuxOptions = &corev1.SELinuxOptions{Role: "r"}
	}},
	{"all of /proc", false, func(p *corev1.Pod, c *corev1.Container) { c.SecurityContext.ProcMount = new(corev1.UnmaskedProcMount) }},
	{"a process of the host", false, func(p *corev1.Pod, c *corev1.Container) {
		c.SecurityContext.WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
	}},
	{"a kernel parameter", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "kernel.msgmax"}}
	}},
	{"a harmless kernel parameter", false, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.tcp_syncookies"}}
	}},
	{"a kernel parameter of memory", true, func(p *corev1.Pod, c *corev1.Container) {
		p.Spec.SecurityContext.Sysctls = []corev1.Sysctl{{Name: "net.ipv4.tcp_rmem"}}
	}},
	{"a probe elsewhere", false, func(p *corev1.Pod, c *corev1.Container) {
		c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Host: "x"}}}
	}},
	{"a probe", false, func(p *corev1.Pod, c *corev1.Container) {
		c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/"}}}
	}},
	{"a hook elsewhere", false, func(p *corev1.Pod, c *corev1.Container) {
		c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{HTTPGet: &corev1.HTTPGetAction{Host: "x"}}}
	}},
	{"Windows", true, func(p *corev1.Pod, c *corev1.Container) { p.Spec.OS = &corev1.PodOS{Name: corev1.Windows} }},
	{"a user namespace", true, func(p *corev1.Pod, c *corev1.Container) { p.Spec.HostUsers = new(false) }},
}

// volume adds one to the pod.
func volume(p *corev1.Pod) *corev1.VolumeSource {
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "v"})
	return &p.Spec.Volumes[len(p.Spec.Volumes)-1].VolumeSource
}

// Whatever Kubernetes' own evaluator refuses at the restricted level, the policy refuses for pods without an exception; and it
// refuses no more, but for the edits that say so.
func TestPodsWithoutExceptionsAreHeldToTheRestrictedLevel(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	env := celEnv(t)
	exceptions := generatedPolicies(t, policySpec())["exceptions"]
	restricted := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.MajorMinorVersion(1, 36)}
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	const pods = 1500
	for i := range pods {
		p := &corev1.Pod{Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
		}}
		for _, list := range []*[]corev1.Container{&p.Spec.Containers, &p.Spec.Containers, &p.Spec.InitContainers} {
			*list = append(*list, corev1.Container{Name: "c", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}})
		}
		all := []*corev1.Container{&p.Spec.Containers[0], &p.Spec.Containers[1], &p.Spec.InitContainers[0]}
		var names []string
		stricter := false
		for k := range 1 + r.IntN(3) {
			e := edits[r.IntN(len(edits))]
			if i < len(edits) && k == 0 {
				e = edits[i]
			}
			names = append(names, e.name)
			stricter = stricter || e.stricter
			if r.IntN(4) == 0 {
				// An edit of every container: what all of them say may stand for what the pod leaves out.
				for _, c := range all {
					e.edit(p, c)
				}
				continue
			}
			e.edit(p, all[r.IntN(len(all))])
		}
		theirs := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &metav1.ObjectMeta{Annotations: p.Annotations}, &p.Spec)).Allowed
		ours := admits(t, env, exceptions, `{"operation": "CREATE", "namespace": "shop", "userInfo": {}}`, asText(t, p), "null")
		if !ours {
			refused++
		}
		if ours != theirs && (ours || !stricter) {
			t.Errorf("%s: policy admits it: %v; restricted level: %v", strings.Join(names, ", "), ours, theirs)
		}
	}
	if refused < pods/4 || refused > pods*9/10 {
		t.Errorf("%d of %d pods refused: the comparison is empty", refused, pods)
	}
	t.Logf("%d of %d pods refused", refused, pods)
}

// A pod that is older than the policy can still be finished: controllers take their finalizers off by an update.
func TestPodsOlderThanThePolicyCanBeFinished(t *testing.T) {
	policies := generatedPolicies(t, policySpec())
	for _, name := range []string{"exceptions", "default-account"} {
		if concerns(policies[name], "", "pods", "shop", admissionv1.Update) || !concerns(policies[name], "", "pods", "shop", admissionv1.Create) {
			t.Errorf("bartizan-%s judges updates of pods, or not their creation", name)
		}
	}
}

// Each exception is let through for its own workload, for exactly what it says, and for nobody else.
func TestExceptionsAreLetThroughForTheirWorkloadAlone(t *testing.T) {
	env := celEnv(t)
	spec := policySpec()
	w := spec.Clusters[0].Namespaces[1].Workloads[0] // monitoring/exporter
	w.Host = model.Host{PID: true, Paths: map[string]model.HostMode{"/proc": model.ReadOnly}, Ports: []int{9100}}
	w.Containers[0].Security = model.Security{Capabilities: []string{"SYS_TIME"}}
	p := generatedPolicies(t, spec)["exceptions"]
	confined := `securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}`
	container := func(more, capability string) string {
		return `containers: [{name: c, ` + more + `securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [` + capability + `]}}}]`
	}
	for _, test := range []struct {
		rule, namespace, spec string
		want                  bool
	}{
		{"all that is declared", "monitoring", "serviceAccountName: exporter, hostPID: true, volumes: [{name: p, hostPath: {path: /proc}}], " + container("ports: [{hostPort: 9100}], ", "SYS_TIME"), true},
		{"another account", "monitoring", "serviceAccountName: prometheus, hostPID: true, " + container("", ""), false},
		{"an account whose name begins alike", "monitoring", "serviceAccountName: exporter2, hostPID: true, " + container("", ""), false},
		{"the same account of another namespace", "shop", "serviceAccountName: exporter, hostPID: true, " + container("", ""), false},
		{"another directory", "monitoring", "serviceAccountName: exporter, volumes: [{name: p, hostPath: {path: /}}], " + container("", ""), false},
		{"another port", "monitoring", "serviceAccountName: exporter, " + container("ports: [{hostPort: 910}], ", ""), false},
		{"another capability", "monitoring", "serviceAccountName: exporter, " + container("", "SYS_ADMIN"), false},
		{"the node's network", "monitoring", "serviceAccountName: exporter, hostNetwork: true, " + container("", ""), false},
	} {
		request := "{operation: CREATE, namespace: " + test.namespace + ", userInfo: {}}"
		if got := admits(t, env, p, request, "{metadata: {}, spec: {"+confined+", "+test.spec+"}}", "null"); got != test.want {
			t.Errorf("%s: admitted = %v", test.rule, got)
		}
	}
}
