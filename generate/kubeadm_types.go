package generate

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kubeadm's configuration API, version v1beta4. The types are in no library module, so the fields that we write are
// declared here; names and meaning: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/

const kubeadmAPIVersion = "kubeadm.k8s.io/v1beta4"

type initConfiguration struct {
	metav1.TypeMeta
	BootstrapTokens  []bootstrapToken `json:"bootstrapTokens"` // none means a default that admits nodes for 24 hours
	LocalAPIEndpoint apiEndpoint      `json:"localAPIEndpoint"`
	NodeRegistration nodeRegistration `json:"nodeRegistration"`
	Patches          patchesDirectory `json:"patches"`
}

type bootstrapToken struct {
	Description string   `json:"description"`
	Groups      []string `json:"groups"`
	TTL         string   `json:"ttl"`
	Usages      []string `json:"usages"`
}

type joinConfiguration struct {
	metav1.TypeMeta
	CACertPath       string            `json:"caCertPath"`
	ControlPlane     *joinControlPlane `json:"controlPlane,omitempty"`
	Discovery        discovery         `json:"discovery"`
	NodeRegistration nodeRegistration  `json:"nodeRegistration"`
	Patches          patchesDirectory  `json:"patches"`
}

type joinControlPlane struct {
	CertificateKey   string      `json:"certificateKey"`
	LocalAPIEndpoint apiEndpoint `json:"localAPIEndpoint"`
}

type discovery struct {
	File fileDiscovery `json:"file"`
}

type fileDiscovery struct {
	KubeConfigPath string `json:"kubeConfigPath"`
}

type apiEndpoint struct {
	AdvertiseAddress string `json:"advertiseAddress"`
	BindPort         int    `json:"bindPort"`
}

type nodeRegistration struct {
	Name             string         `json:"name,omitempty"` // empty: the host name
	CRISocket        string         `json:"criSocket"`
	ImagePullPolicy  string         `json:"imagePullPolicy"`
	KubeletExtraArgs []arg          `json:"kubeletExtraArgs,omitempty"`
	Taints           []corev1.Taint `json:"taints"` // an empty list means no taint, a missing one kubeadm's default
}

type patchesDirectory struct {
	Directory string `json:"directory"`
}

type arg struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type clusterConfiguration struct {
	metav1.TypeMeta
	ClusterName                 string                `json:"clusterName"`
	KubernetesVersion           string                `json:"kubernetesVersion"`
	ControlPlaneEndpoint        string                `json:"controlPlaneEndpoint"`
	CertificatesDir             string                `json:"certificatesDir"`
	EncryptionAlgorithm         string                `json:"encryptionAlgorithm"`
	CertificateValidityPeriod   string                `json:"certificateValidityPeriod"`
	CACertificateValidityPeriod string                `json:"caCertificateValidityPeriod"`
	Networking                  networking            `json:"networking"`
	APIServer                   apiServer             `json:"apiServer"`
	ControllerManager           controlPlaneComponent `json:"controllerManager"`
	Scheduler                   controlPlaneComponent `json:"scheduler"`
	Etcd                        etcd                  `json:"etcd"`
	Proxy                       *kubeadmProxy         `json:"proxy,omitempty"`
}

type kubeadmProxy struct {
	Disabled bool `json:"disabled"`
}

type networking struct {
	DNSDomain     string `json:"dnsDomain"`
	PodSubnet     string `json:"podSubnet"`
	ServiceSubnet string `json:"serviceSubnet"`
}

type apiServer struct {
	controlPlaneComponent
	CertSANs []string `json:"certSANs"`
}

type controlPlaneComponent struct {
	ExtraArgs    []arg           `json:"extraArgs"`
	ExtraVolumes []hostPathMount `json:"extraVolumes,omitempty"`
}

type hostPathMount struct {
	Name      string              `json:"name"`
	HostPath  string              `json:"hostPath"`
	MountPath string              `json:"mountPath"`
	ReadOnly  bool                `json:"readOnly,omitempty"`
	PathType  corev1.HostPathType `json:"pathType"`
}

type etcd struct {
	External *externalEtcd `json:"external,omitempty"`
	Local    *localEtcd    `json:"local,omitempty"`
}

type externalEtcd struct {
	CAFile    string   `json:"caFile"`
	CertFile  string   `json:"certFile"`
	Endpoints []string `json:"endpoints"`
	KeyFile   string   `json:"keyFile"`
}

// memberConfiguration is the ClusterConfiguration of a member of etcd: kubeadm reads no more of it there.
type memberConfiguration struct {
	metav1.TypeMeta
	ClusterName                 string `json:"clusterName"`
	KubernetesVersion           string `json:"kubernetesVersion"`
	CertificatesDir             string `json:"certificatesDir"`
	EncryptionAlgorithm         string `json:"encryptionAlgorithm"`
	CertificateValidityPeriod   string `json:"certificateValidityPeriod"`
	CACertificateValidityPeriod string `json:"caCertificateValidityPeriod"`
	Etcd                        etcd   `json:"etcd"`
}

type localEtcd struct {
	DataDir   string `json:"dataDir"`
	ExtraArgs []arg  `json:"extraArgs"`
}
