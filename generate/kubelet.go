package generate

import (
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

const kubeletAPIVersion = "kubelet.config.k8s.io/v1beta1"

var kubelet = &Generator{
	Name: "kubelet",
	Doc: `configure the kubelets of each pool

kubeadm keeps one KubeletConfiguration for the whole cluster, which stands in init.yaml. What differs from pool to pool,
and zero values that kubeadm's own rendering drops, come as a complete merge patch for the pool's nodes.`,
	Controls: append(slices.Clone(kubeletControls), model.PulledImagesVerified, model.StaticPodsOff),
	Kinds:    objectKinds(kubeletAPIVersion, "KubeletConfiguration"),
	Run:      runKubelet,
}

// kubeletControls are what the configuration gives the nodes of every pool.
var kubeletControls = []model.ControlID{
	model.KubeletAuthentication, model.KubeletAuthorization, model.KubeletReadOnlyPortOff, model.KubeletCertificates,
	model.KubeletTLS, model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected, model.KubeletDebugOff,
	model.KubeletDefaultsKept,
}

// kubeletCipherSuites are without ChaCha20: CIS 4.2.12 knows it only by a name that Kubernetes has left.
var kubeletCipherSuites = slices.DeleteFunc(slices.Clone(cipherSuites), func(s string) bool { return strings.Contains(s, "CHACHA20") })

// kubeletConfiguration holds the fields of KubeletConfiguration v1beta1 that we state. Upstream's type prints dozens of
// empty fields and drops readOnlyPort: 0, which scanners want to see.
// https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
type kubeletConfiguration struct {
	metav1.TypeMeta
	Authentication                         kubeletAuthentication `json:"authentication"`
	Authorization                          kubeletAuthorization  `json:"authorization"`
	CgroupDriver                           string                `json:"cgroupDriver"`
	ClusterDNS                             []string              `json:"clusterDNS"`
	ClusterDomain                          string                `json:"clusterDomain"`
	ContainerLogMaxFiles                   int                   `json:"containerLogMaxFiles"`
	ContainerLogMaxSize                    string                `json:"containerLogMaxSize"`
	EnableDebugFlagsHandler                bool                  `json:"enableDebugFlagsHandler"`
	EnableProfilingHandler                 bool                  `json:"enableProfilingHandler"`
	EnableSystemLogHandler                 bool                  `json:"enableSystemLogHandler"`
	EventRecordQPS                         int                   `json:"eventRecordQPS"`
	FailCgroupV1                           bool                  `json:"failCgroupV1"`
	HealthzBindAddress                     string                `json:"healthzBindAddress"`
	ImagePullCredentialsVerificationPolicy string                `json:"imagePullCredentialsVerificationPolicy,omitempty"`
	KubeReserved                           map[string]string     `json:"kubeReserved"`
	MakeIPTablesUtilChains                 bool                  `json:"makeIPTablesUtilChains"`
	PodPidsLimit                           int                   `json:"podPidsLimit"`
	ProtectKernelDefaults                  bool                  `json:"protectKernelDefaults"`
	ReadOnlyPort                           int                   `json:"readOnlyPort"`
	RotateCertificates                     bool                  `json:"rotateCertificates"`
	SeccompDefault                         bool                  `json:"seccompDefault"`
	ServerTLSBootstrap                     bool                  `json:"serverTLSBootstrap"`
	StaticPodPath                          string                `json:"staticPodPath"`
	SystemReserved                         map[string]string     `json:"systemReserved"`
	TLSCipherSuites                        []string              `json:"tlsCipherSuites"`
	TLSMinVersion                          string                `json:"tlsMinVersion"`
}

type kubeletAuthentication struct {
	Anonymous enabled     `json:"anonymous"`
	Webhook   enabled     `json:"webhook"`
	X509      kubeletX509 `json:"x509"`
}

type enabled struct {
	Enabled bool `json:"enabled"`
}

type kubeletX509 struct {
	ClientCAFile string `json:"clientCAFile"`
}

type kubeletAuthorization struct {
	Mode string `json:"mode"`
}

// kubeletBase is the configuration that all pools share.
func kubeletBase(c *model.Cluster) kubeletConfiguration {
	k := kubeletConfiguration{
		TypeMeta: typeMeta(kubeletAPIVersion, "KubeletConfiguration"),
		Authentication: kubeletAuthentication{
			Webhook: enabled{true},
			X509:    kubeletX509{path.Join(pkiDir, "ca.crt")},
		},
		Authorization:        kubeletAuthorization{"Webhook"},
		CgroupDriver:         "systemd",
		ClusterDNS:           []string{c.Network.DNS.String()},
		ClusterDomain:        c.DNSDomain,
		ContainerLogMaxFiles: 5,
		ContainerLogMaxSize:  "10Mi",
		EventRecordQPS:       50,   // never 0: see model.UnlimitedEvents
		FailCgroupV1:         true, // the default since 1.35, and a field of every supported version
		HealthzBindAddress:   "127.0.0.1",
		// Room for the kubelet, the runtime and the system, so that pods cannot starve what controls them.
		KubeReserved:           keptBack(model.KubeReserve),
		SystemReserved:         keptBack(model.SystemReserve),
		MakeIPTablesUtilChains: true,
		PodPidsLimit:           4096,
		ProtectKernelDefaults:  true, // the node files set the values that the kubelet checks
		RotateCertificates:     true,
		SeccompDefault:         true,
		ServerTLSBootstrap:     true, // admit-nodes.sh approves the requests
		StaticPodPath:          "/etc/kubernetes/manifests",
		TLSCipherSuites:        kubeletCipherSuites,
		TLSMinVersion:          tlsMinimum,
	}
	if c.Version.Has(model.PullCredentials) {
		// A pod gets a private image from the node's cache only if its own credentials may pull it. Images that kubeadm
		// or an air-gapped installation has put there are exempt: the control plane must start without a registry.
		k.ImagePullCredentialsVerificationPolicy = "NeverVerifyPreloadedImages"
	}
	return k
}

func keptBack(r model.Reserve) map[string]string {
	return map[string]string{"cpu": r.CPU, "memory": r.Memory, "pid": r.PIDs}
}

func runKubelet(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		for _, pool := range c.NodePools {
			if pool.EtcdOnly() {
				continue
			}
			if err := kubeletPatch(p, pool); err != nil {
				return err
			}
		}
	}
	return nil
}

func kubeletPatch(p *Pass, pool *model.NodePool) error {
	k := kubeletBase(pool.Cluster)
	if !pool.Has(model.RoleControlPlane) {
		// Whoever can write to the directory of static pods is past admission; workers need none (STIG V-242397).
		k.StaticPodPath = ""
	}
	file := path.Join(ControlPlaneDir(pool.Cluster), "patches", pool.Name, "kubeletconfiguration+merge.yaml")
	for _, control := range kubeletControls {
		p.Claim(control, pool.Addr(), file)
	}
	switch {
	case pool.Cluster.Version.Has(model.PullCredentials):
		p.Claim(model.PulledImagesVerified, pool.Addr(), file)
	case pool.Cluster.Admission.AlwaysPullImages:
		p.Claim(model.PulledImagesVerified, pool.Addr(), path.Join(ControlPlaneDir(pool.Cluster), "init.yaml"))
	}
	if !pool.Has(model.RoleControlPlane) {
		p.Claim(model.StaticPodsOff, pool.Addr(), file)
	}
	return p.YAML(Artifact{
		Path:  file,
		Doc:   "kubelet configuration of pool " + pool.Name + ", as a patch that kubeadm applies when the node joins",
		Where: "each node of pool " + pool.Name + ", in " + patchesDir,
	}, k)
}

// kubeProxyConfiguration holds the fields of KubeProxyConfiguration v1alpha1 that we state.
// https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/
type kubeProxyConfiguration struct {
	metav1.TypeMeta
	ClusterCIDR        string   `json:"clusterCIDR"`
	HealthzBindAddress string   `json:"healthzBindAddress"`
	MetricsBindAddress string   `json:"metricsBindAddress"`
	Mode               string   `json:"mode"`
	NodePortAddresses  []string `json:"nodePortAddresses"`
}

func kubeProxy(c *model.Cluster) kubeProxyConfiguration {
	return kubeProxyConfiguration{
		TypeMeta:           typeMeta("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
		ClusterCIDR:        joinPrefixes(c.Network.Pods),
		HealthzBindAddress: "127.0.0.1:10256",
		MetricsBindAddress: "127.0.0.1:10249",
		Mode:               "nftables", // iptables is still the default, ipvs is deprecated since 1.35
		NodePortAddresses:  []string{"primary"},
	}
}
