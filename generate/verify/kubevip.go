package verify

import (
	"fmt"
	"maps"
	"path"
	"reflect"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var kubeVIP = &Check{
	Name: "kube-vip",
	Doc: `kube-vip holds the API's address, and can do nothing else

It is reachable from the network and runs on every control-plane node. The pod's fields are compared one by one, and a field
that is not judged is refused: the declared address and port, leader election with one lease, no metrics port, the two
capabilities that setting an address and sending ARP take, one file of the node, which is its own credential and not
admin.conf. The credential's rights are those of a lease by name; the script gives it a user name and no group, and a life of
a year at most. What the program needs is what it reads: kube-vip v1.1.2, cmd/kube-vip.go, pkg/kubevip/config_generator.go,
pkg/election/election.go.`,
	Controls: []model.ControlID{model.KubeVIPConfined},
	Run:      runKubeVIP,
}

const (
	// kubeVIPLease is the default of the flag leaseName.
	kubeVIPLease      = "plndr-cp-lock"
	kubeVIPCredential = "/etc/kubernetes/kube-vip.conf"
	// kubeVIPReads is where the program looks for its credential: the default of the flag k8sConfigPath.
	kubeVIPReads = "/etc/kubernetes/admin.conf"
)

func runKubeVIP(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		lb := k.cluster.API.LoadBalancer
		if lb == nil || lb.Kind != model.KubeVIP {
			continue
		}
		pod, rights, script := path.Join(k.dir(), "kube-vip/pod.yaml"), path.Join(k.dir(), "kube-vip/rbac.yaml"), path.Join(k.dir(), "kube-vip.sh")
		good := true
		judge := func(file, object string, wrong []string) {
			for _, w := range wrong {
				good = false
				p.Find(Finding{Control: model.KubeVIPConfined, Subject: k.cluster.Addr(), Path: file, Object: object, Message: "kube-vip is not confined: " + w + "."})
			}
		}
		judge(pod, "Pod", k.vipPodWrong(p.Files[pod]))
		judge(rights, "Role and RoleBinding", vipRightsWrong(p.Files[rights]))
		if err := vipScriptWrong(p.Files[script]); err != nil {
			judge(script, "", []string{err.Error()})
		}
		for _, pool := range k.cluster.NodePools {
			if good && pool.Has(model.RoleControlPlane) {
				p.Prove(model.KubeVIPConfined, pool.Addr(), pod)
			}
		}
	}
}

// vipPod holds the fields that kube-vip's pod may have. Whatever is missing here, such as command, initContainers, hostPID
// or annotations, is refused by the decoder.
type vipPod struct {
	metav1.TypeMeta
	Metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Containers        []vipContainer             `json:"containers"`
		HostAliases       []corev1.HostAlias         `json:"hostAliases"`
		HostNetwork       bool                       `json:"hostNetwork"`
		PriorityClassName string                     `json:"priorityClassName"`
		SecurityContext   *corev1.PodSecurityContext `json:"securityContext"`
		Volumes           []corev1.Volume            `json:"volumes"`
	} `json:"spec"`
}

type vipContainer struct {
	Name            string            `json:"name"`
	Image           string            `json:"image"`
	ImagePullPolicy corev1.PullPolicy `json:"imagePullPolicy"`
	Args            []string          `json:"args"`
	Env             []corev1.EnvVar   `json:"env"`
	Resources       struct {
		Limits   corev1.ResourceList `json:"limits"`
		Requests corev1.ResourceList `json:"requests"`
	} `json:"resources"`
	SecurityContext *corev1.SecurityContext `json:"securityContext"`
	VolumeMounts    []corev1.VolumeMount    `json:"volumeMounts"`
}

func (k *kubeadmFiles) vipPodWrong(data []byte) []string {
	docs, err := splitYAML(data)
	if err == nil && len(docs) != 1 {
		err = fmt.Errorf("one document is wanted, there are %d", len(docs))
	}
	var pod vipPod
	if err == nil {
		err = decodeStrict(docs[0], &pod)
	}
	if err != nil {
		return []string{err.Error()}
	}
	if len(pod.Spec.Containers) != 1 {
		return []string{"the pod must have one container"}
	}
	var wrong []string
	unless := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Sprintf(format, args...))
		}
	}
	s, c := pod.Spec, pod.Spec.Containers[0]
	unless(pod.TypeMeta == metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"}, "it is no Pod of v1")
	unless(pod.Metadata.Name == "kube-vip" && pod.Metadata.Namespace == "kube-system", "the pod is not kube-vip in kube-system")
	unless(s.HostNetwork, "hostNetwork must be true: the address is one of the node")
	// The credential's server may be called kubernetes; another address would be sent the credential.
	unless(reflect.DeepEqual(s.HostAliases, []corev1.HostAlias{{IP: "127.0.0.1", Hostnames: []string{"kubernetes"}}}), "hostAliases must name this node as kubernetes and nothing else")
	unless(s.PriorityClassName == "system-node-critical", "without the priority system-node-critical other pods push it out")
	unless(reflect.DeepEqual(s.SecurityContext, &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}),
		"the pod's securityContext must state the runtime's seccomp profile and nothing else")
	image := k.cluster.API.LoadBalancer.Image.Pinned()
	unless(c.Image == image, "the image %q is not the declared one, %s", c.Image, image)
	// Without the second one it serves metrics on port 2112 of every address.
	unless(slices.Equal(c.Args, []string{"manager", "--prometheusHTTPServer="}), "args must be manager and an empty --prometheusHTTPServer, not %q", c.Args)
	wrong = append(wrong, k.vipEnvWrong(c.Env)...)
	unless(reflect.DeepEqual(c.SecurityContext, &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(bool),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_ADMIN", "NET_RAW"}},
	}), "the container's securityContext must drop all capabilities but NET_ADMIN and NET_RAW, gain no privileges and state nothing else")
	unless(c.Resources.Limits.Memory().Sign() > 0, "without a limit of memory it can take the node's")
	file := corev1.HostPathFile
	unless(reflect.DeepEqual(s.Volumes, []corev1.Volume{{Name: "kubeconfig", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: kubeVIPCredential, Type: &file}}}}),
		"the one volume must be the file %s", kubeVIPCredential)
	unless(reflect.DeepEqual(c.VolumeMounts, []corev1.VolumeMount{{Name: "kubeconfig", MountPath: kubeVIPReads, ReadOnly: true}}),
		"the one mount must be the credential, read-only, at %s", kubeVIPReads)
	return wrong
}

func (k *kubeadmFiles) vipEnvWrong(env []corev1.EnvVar) []string {
	want := map[string]string{
		"vip_arp": "true", "cp_enable": "true", "cp_namespace": "kube-system",
		"vip_leaderelection": "true", "vip_leasename": kubeVIPLease,
		"vip_leaseduration": "15", "vip_renewdeadline": "10", "vip_retryperiod": "2", // client-go's defaults
		"address": k.cluster.API.LoadBalancer.Address.String(), "port": strconv.Itoa(k.cluster.API.Endpoint.Port),
	}
	var wrong []string
	node := false
	for _, e := range env {
		value, known := want[e.Name]
		switch {
		case e.Name == "vip_nodename" && !node:
			node = true
			from := &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: "spec.nodeName"}}
			if e.Value != "" || !reflect.DeepEqual(e.ValueFrom, from) {
				wrong = append(wrong, "vip_nodename is not the node's own name, and two nodes may hold the lease as one")
			}
			continue
		case !known:
			wrong = append(wrong, fmt.Sprintf("the variable %s is not expected, or stands twice", e.Name))
		case e.ValueFrom != nil || e.Value != value:
			wrong = append(wrong, fmt.Sprintf("the variable %s is %q, not %q", e.Name, e.Value, value))
		}
		delete(want, e.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		wrong = append(wrong, fmt.Sprintf("the variable %s is missing", name))
	}
	if !node {
		wrong = append(wrong, "the variable vip_nodename is missing")
	}
	return wrong
}

// vipRightsWrong demands one Role with the rights of a holder of one lease, for one user. client-go's leader election gets,
// creates and updates its lease; create cannot be limited to a name.
func vipRightsWrong(data []byte) []string {
	docs, err := splitYAML(data)
	if err == nil && len(docs) != 2 {
		err = fmt.Errorf("a Role and a RoleBinding are wanted, there are %d documents", len(docs))
	}
	var role rbacv1.Role
	var binding rbacv1.RoleBinding
	if err == nil {
		err = decodeStrict(docs[0], &role)
	}
	if err == nil {
		err = decodeStrict(docs[1], &binding)
	}
	if err != nil {
		return []string{err.Error()}
	}
	var wrong []string
	unless := func(ok bool, message string) {
		if !ok {
			wrong = append(wrong, message)
		}
	}
	const group = "rbac.authorization.k8s.io"
	unless(role.TypeMeta == metav1.TypeMeta{Kind: "Role", APIVersion: group + "/v1"} && binding.TypeMeta == metav1.TypeMeta{Kind: "RoleBinding", APIVersion: group + "/v1"},
		"the objects are not a Role and a RoleBinding")
	for _, m := range []metav1.ObjectMeta{role.ObjectMeta, binding.ObjectMeta} {
		unless(m.Name == "kube-vip" && m.Namespace == "kube-system", "an object is not kube-vip in kube-system")
	}
	unless(binding.RoleRef == rbacv1.RoleRef{APIGroup: group, Kind: "Role", Name: "kube-vip"}, "the binding is not to the role beside it")
	unless(slices.Equal(binding.Subjects, []rbacv1.Subject{{Kind: "User", APIGroup: group, Name: "kube-vip"}}), "the role is not bound to the user kube-vip alone")
	unless(reflect.DeepEqual(role.Rules, []rbacv1.PolicyRule{
		{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"create"}},
		{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, ResourceNames: []string{kubeVIPLease}, Verbs: []string{"get", "update"}},
	}), "the rules give more or less than creating leases, and getting and updating the lease "+kubeVIPLease)
	return wrong
}

// vipScript makes the credential. --org would put it into a group, and system:masters is one.
var vipScript = []string{
	`set -eu`,
	`umask 077`,
	`here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)`,
	`[ "$(id -u)" -eq 0 ] || { echo "kube-vip.sh: run it as root" >&2; exit 1; }`,
	`kubectl --kubeconfig /etc/kubernetes/admin.conf apply -f "$here/kube-vip/rbac.yaml"`,
	`kubeadm kubeconfig user --config "$here/init.yaml" --client-name kube-vip --validity-period 8760h >/etc/kubernetes/kube-vip.conf.new`,
	`mv /etc/kubernetes/kube-vip.conf.new /etc/kubernetes/kube-vip.conf`,
	`install -m 0600 -o root -g root "$here/kube-vip/pod.yaml" /etc/kubernetes/manifests/kube-vip.yaml`,
}

func vipScriptWrong(data []byte) error {
	statements, err := topStatements(data)
	if err != nil {
		return err
	}
	return sameStatements(statements, vipScript)
}
