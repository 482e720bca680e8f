package verify

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var staticPods = &Check{
	Name: "static-pods",
	Doc: `patches of the control plane's pods take privileges away and change nothing else

For each component that runs on a pool there is one patch, which each of the pool's nodes reads. It names the component's
own container once: another name would add a container. All capabilities are dropped, and only the one comes back that the
component cannot do without; no privileges are gained, the root file system is read-only, and the runtime's seccomp profile
applies. The patch's other fields are refused, because a patch outranks the flags that other checks read.
Rules: Kubernetes Pod Security Standards; kubeadm, "Customizing with patches".`,
	Controls: []model.ControlID{model.ControlPlaneConfined},
	Run:      runStaticPods,
}

// neededCapabilities are those that a component may keep.
var neededCapabilities = map[string][]corev1.Capability{
	"etcd":                    {"DAC_OVERRIDE"},
	"kube-apiserver":          {"NET_BIND_SERVICE"},
	"kube-controller-manager": nil,
	"kube-scheduler":          nil,
}

// components returns the static pods that kubeadm writes on the pool's nodes.
func components(pool *model.NodePool) []string {
	var names []string
	if pool.Has(model.RoleEtcd) {
		names = append(names, "etcd")
	}
	if pool.Has(model.RoleControlPlane) {
		names = append(names, "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	}
	return names
}

func runStaticPods(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		for _, pool := range k.cluster.NodePools {
			if len(components(pool)) > 0 {
				k.judgeStaticPods(pool)
			}
		}
	}
}

func (k *kubeadmFiles) judgeStaticPods(pool *model.NodePool) {
	good := true
	find := func(file, object, format string, args ...any) {
		good = false
		k.pass.Find(Finding{Control: model.ControlPlaneConfined, Subject: pool.Addr(), Path: file, Object: object, Message: fmt.Sprintf(format, args...)})
	}
	registrations, err := k.registrations(pool)
	if err != nil {
		find(k.dir(), "", "How nodes of the pool enter the cluster cannot be judged: %v.", err)
	}
	for _, r := range registrations {
		if r.patches != nodePatches {
			find(r.path, "patches.directory", "The patches come from %q and not from %s.", r.patches, nodePatches)
		}
	}
	if pool.EtcdOnly() {
		for _, n := range pool.Nodes {
			if m, err := k.member(n); err != nil || m.init.Patches.Directory != nodePatches {
				find(m.path, "patches.directory", "The patches do not come from %s.", nodePatches)
			}
		}
	}
	for _, name := range components(pool) {
		file := path.Join(k.patchDir(pool), name+patchSuffix)
		patch, err := k.readPatch(file)
		if err != nil {
			find(file, "", "%s is not confined: %v.", name, err)
			continue
		}
		for _, wrong := range patch.wrong(name) {
			find(file, "Pod: spec", "%s is not confined: %s.", name, wrong)
		}
	}
	if !good {
		return
	}
	for _, name := range components(pool) {
		k.pass.Prove(model.ControlPlaneConfined, pool.Addr(), path.Join(k.patchDir(pool), name+patchSuffix))
	}
}

const patchSuffix = "+strategic.yaml"

// staticPodPatch is what a patch of a control-plane pod may change. A patch of its command or volumes would outrank
// the flags that the checks read.
type staticPodPatch struct {
	metav1.TypeMeta
	Spec struct {
		SecurityContext *corev1.PodSecurityContext `json:"securityContext"`
		Containers      []struct {
			Name      string `json:"name"`
			Resources struct {
				Requests corev1.ResourceList `json:"requests"`
			} `json:"resources"`
			SecurityContext *corev1.SecurityContext `json:"securityContext"`
		} `json:"containers"`
	} `json:"spec"`
}

func (k *kubeadmFiles) readPatch(file string) (*staticPodPatch, error) {
	data, ok := k.pass.Files[file]
	if !ok {
		return nil, fmt.Errorf("the patch is missing")
	}
	docs, err := splitYAML(data)
	if err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, fmt.Errorf("one document is wanted, there are %d", len(docs))
	}
	patch := &staticPodPatch{}
	if err := decodeStrict(docs[0], patch); err != nil {
		return nil, err
	}
	return patch, nil
}

// wrong returns what keeps the patch from confining the component.
func (s *staticPodPatch) wrong(component string) []string {
	if len(s.Spec.Containers) != 1 || s.Spec.Containers[0].Name != component {
		return []string{"the patch must name the container " + component + " and no other"}
	}
	var wrong []string
	unless := func(ok bool, message string) {
		if !ok {
			wrong = append(wrong, message)
		}
	}
	c := s.Spec.Containers[0]
	unless(!c.Resources.Requests.Cpu().IsZero() && !c.Resources.Requests.Memory().IsZero(), "CPU and memory must be requested")
	if pod := s.Spec.SecurityContext; pod != nil {
		// A user, group or sysctl here would hold for the container as well.
		unless(reflect.DeepEqual(pod, &corev1.PodSecurityContext{SeccompProfile: pod.SeccompProfile}) && seccompOf(pod.SeccompProfile),
			"the pod's securityContext may state the runtime's seccomp profile and nothing else")
	}
	ctx := c.SecurityContext
	if ctx == nil || ctx.Capabilities == nil {
		return append(wrong, "the container has no securityContext with capabilities")
	}
	needed := neededCapabilities[component]
	unless(slices.Equal(ctx.Capabilities.Drop, []corev1.Capability{"ALL"}), "capabilities.drop must be [ALL]")
	unless(!slices.ContainsFunc(ctx.Capabilities.Add, func(c corev1.Capability) bool { return !slices.Contains(needed, c) }),
		fmt.Sprintf("capabilities.add may hold %v and nothing else", needed))
	unless(ctx.AllowPrivilegeEscalation != nil && !*ctx.AllowPrivilegeEscalation, "allowPrivilegeEscalation must be false")
	unless(ctx.ReadOnlyRootFilesystem != nil && *ctx.ReadOnlyRootFilesystem, "readOnlyRootFilesystem must be true")
	unless(ctx.Privileged == nil || !*ctx.Privileged, "privileged must be false")
	unless(seccompOf(ctx.SeccompProfile), "seccompProfile must be RuntimeDefault")
	unless(ctx.ProcMount == nil && ctx.SELinuxOptions == nil && ctx.AppArmorProfile == nil && ctx.WindowsOptions == nil && ctx.RunAsUser == nil && ctx.RunAsGroup == nil,
		"procMount, other users and security modules are not judged")
	return wrong
}

func seccompOf(p *corev1.SeccompProfile) bool {
	return p != nil && p.Type == corev1.SeccompProfileTypeRuntimeDefault && p.LocalhostProfile == nil
}

// patchesAreHarmless refuses patches that no check judges, and those of static pods that change more than privileges. With
// the error it returns the file.
func (k *kubeadmFiles) patchesAreHarmless() (string, error) {
	for _, pool := range k.cluster.NodePools {
		dir := k.patchDir(pool) + "/"
		for _, file := range slices.Sorted(maps.Keys(k.pass.Files)) {
			name, below := strings.CutPrefix(file, dir)
			if !below || name == kubeletPatchName || name == "README.md" || name == generate.LockName {
				continue
			}
			target, ok := strings.CutSuffix(name, patchSuffix)
			if !ok || !slices.Contains(components(pool), target) {
				return file, fmt.Errorf("nothing here judges a patch of that name")
			}
			if _, err := k.readPatch(file); err != nil {
				return file, fmt.Errorf("the patch changes more than privileges: %w", err)
			}
		}
	}
	return "", nil
}
