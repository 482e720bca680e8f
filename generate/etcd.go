package generate

import (
	"net"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var externalEtcdNodes = &Generator{
	Name: "etcd",
	Doc: `set up etcd on machines of its own

Members are static pods that kubeadm writes, started by a kubelet that knows no API server and does not listen. The
authority of etcd is made on the first member and its key stays there; the other members' certificates and the API
server's client certificate are made there too, and reach their machines through a pipe.
https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/setup-ha-etcd-with-kubeadm/`,
	Controls: append([]model.ControlID{
		model.KubeletAuthentication, model.KubeletAuthorization, model.KubeletReadOnlyPortOff, model.KubeletTLS, model.SeccompDefault,
		model.PIDsLimited, model.KernelDefaultsProtected,
	}, etcdControls...),
	Kinds: slices.Concat(objectKinds(kubeadmAPIVersion, "InitConfiguration", "ClusterConfiguration"), objectKinds(kubeletAPIVersion, "KubeletConfiguration")),
	Run:   runExternalEtcd,
}

var etcdControls = []model.ControlID{model.EtcdClientAuth, model.EtcdPeerAuth, model.EtcdOwnCA, model.EtcdCorruptionChecks}

const (
	etcdDataDir = "/var/lib/etcd"
	etcdKubelet = "/etc/kubernetes/etcd-kubelet.yaml" // KubeletConfiguration of a member's node
)

// etcdMembers are the nodes that run etcd and nothing else, sorted by pool, then name. The first holds the authority.
func etcdMembers(c *model.Cluster) []model.Node {
	var nodes []model.Node
	for _, pool := range c.NodePools {
		if pool.EtcdOnly() {
			nodes = append(nodes, pool.Nodes...)
		}
	}
	return nodes
}

// clusterEtcd is what init.yaml says about etcd.
func clusterEtcd(c *model.Cluster) etcd {
	if !c.ExternalEtcd() {
		return etcd{Local: &localEtcd{DataDir: etcdDataDir, ExtraArgs: etcdArgs(ControlPlaneNodes(c)[0])}}
	}
	external := &externalEtcd{
		CAFile:   path.Join(pkiDir, "etcd", "ca.crt"),
		CertFile: path.Join(pkiDir, "apiserver-etcd-client.crt"),
		KeyFile:  path.Join(pkiDir, "apiserver-etcd-client.key"),
	}
	for _, n := range etcdMembers(c) {
		external.Endpoints = append(external.Endpoints, etcdURL(n, "2379"))
	}
	return etcd{External: external}
}

func etcdURL(n model.Node, port string) string {
	return "https://" + net.JoinHostPort(n.Address.String(), port)
}

// standaloneKubelet holds the fields of KubeletConfiguration v1beta1 for a kubelet without an API server. It has nobody to
// ask who a caller is and what he may do, so it has no server at all.
type standaloneKubelet struct {
	metav1.TypeMeta
	Authentication           kubeletAuthentication `json:"authentication"`
	Authorization            kubeletAuthorization  `json:"authorization"`
	CgroupDriver             string                `json:"cgroupDriver"`
	ContainerLogMaxFiles     int                   `json:"containerLogMaxFiles"`
	ContainerLogMaxSize      string                `json:"containerLogMaxSize"`
	ContainerRuntimeEndpoint string                `json:"containerRuntimeEndpoint"`
	EnableServer             bool                  `json:"enableServer"`
	FailCgroupV1             bool                  `json:"failCgroupV1,omitempty"`
	HealthzBindAddress       string                `json:"healthzBindAddress"`
	PodPidsLimit             int                   `json:"podPidsLimit"`
	ProtectKernelDefaults    bool                  `json:"protectKernelDefaults"`
	ReadOnlyPort             int                   `json:"readOnlyPort"`
	SeccompDefault           bool                  `json:"seccompDefault"`
	StaticPodPath            string                `json:"staticPodPath"`
	SystemReserved           map[string]string     `json:"systemReserved"`
}

func runExternalEtcd(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		if !c.ExternalEtcd() {
			continue
		}
		dir := path.Join(ControlPlaneDir(c), "etcd")
		for _, n := range etcdMembers(c) {
			if err := etcdMember(p, c, n, dir); err != nil {
				return err
			}
		}
		if err := etcdHost(p, c, dir); err != nil {
			return err
		}
		data := bootstrapFor(c)
		for _, s := range []struct{ name, doc, where string }{
			{"etcd-certs.sh", "makes the certificates of another member, or of the API server as a client", data.EtcdNodes[0] + ", for each other member and for " + data.First + "; again before they end"},
			{"etcd-member.sh", "sets up the member that it runs on", "each member of etcd"},
			{"etcd-client.sh", "installs the certificate by which the API server uses etcd", data.First + ", before bootstrap.sh"},
		} {
			text, err := templates.Render(s.name+".tmpl", data)
			if err != nil {
				return err
			}
			p.File(Artifact{Path: path.Join(ControlPlaneDir(c), s.name), Mode: 0o755, Data: text, Doc: s.doc, Where: s.where})
		}
		p.Directory(Directory{Path: dir, Title: "The members of etcd",
			Doc: "One kubeadm configuration for each member, and the kubelet that starts it. `etcd-member.sh`, one directory up, installs them."})
	}
	return nil
}

func etcdMember(p *Pass, c *model.Cluster, n model.Node, dir string) error {
	var members []string
	for _, m := range etcdMembers(c) {
		members = append(members, m.Name+"="+etcdURL(m, "2380"))
	}
	args := append(etcdArgs(n),
		arg{"initial-cluster", strings.Join(members, ",")},
		arg{"initial-cluster-state", "new"}, // read at the first start only
	)
	file := path.Join(dir, n.Name+".yaml")
	for _, control := range etcdControls {
		p.Claim(control, c.Addr(), file)
	}
	all := clusterConfig(c)
	return p.YAML(Artifact{
		Path:  file,
		Doc:   "kubeadm configuration of the member " + n.Name,
		Where: n.Name + "; and " + etcdMembers(c)[0].Name + ", which makes its certificates",
	},
		initConfiguration{
			TypeMeta:         typeMeta(kubeadmAPIVersion, "InitConfiguration"),
			BootstrapTokens:  harmlessToken,
			LocalAPIEndpoint: apiEndpoint{n.Address.String(), APIPort(c)},
			NodeRegistration: nodeRegistration{Name: n.Name, CRISocket: criSocket, ImagePullPolicy: string(corev1.PullIfNotPresent), Taints: []corev1.Taint{}},
			Patches:          patchesDirectory{patchesDir},
		},
		memberConfiguration{
			TypeMeta:                    all.TypeMeta,
			ClusterName:                 all.ClusterName,
			KubernetesVersion:           all.KubernetesVersion,
			CertificatesDir:             all.CertificatesDir,
			EncryptionAlgorithm:         all.EncryptionAlgorithm,
			CertificateValidityPeriod:   all.CertificateValidityPeriod,
			CACertificateValidityPeriod: all.CACertificateValidityPeriod,
			Etcd:                        etcd{Local: &localEtcd{DataDir: etcdDataDir, ExtraArgs: args}},
		},
	)
}

// etcdHost writes the kubelet of the members' nodes and how systemd starts it.
func etcdHost(p *Pass, c *model.Cluster, dir string) error {
	base := kubeletBase(c)
	file := path.Join(dir, "kubelet.yaml")
	for _, pool := range c.NodePools {
		if !pool.EtcdOnly() {
			continue
		}
		for _, control := range []model.ControlID{
			model.KubeletAuthentication, model.KubeletAuthorization, model.KubeletReadOnlyPortOff, model.KubeletTLS,
			model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected,
		} {
			p.Claim(control, pool.Addr(), file)
		}
	}
	unit, err := templates.Render("etcd-kubelet.conf.tmpl", struct{ Config string }{etcdKubelet})
	if err != nil {
		return err
	}
	p.File(Artifact{
		Path: path.Join(dir, "kubelet.conf"), Data: unit,
		Doc: "how systemd starts that kubelet, in place of kubeadm's own file", Where: "each member of etcd, in /etc/systemd/system/kubelet.service.d",
	})
	return p.YAML(Artifact{
		Path: file, Doc: "configuration of a kubelet that starts etcd, knows no API server and does not listen", Where: "each member of etcd, as " + etcdKubelet,
	}, standaloneKubelet{
		TypeMeta:                 base.TypeMeta,
		Authorization:            kubeletAuthorization{"AlwaysAllow"}, // there is nobody to ask, and nobody to answer
		CgroupDriver:             base.CgroupDriver,
		ContainerLogMaxFiles:     base.ContainerLogMaxFiles,
		ContainerLogMaxSize:      base.ContainerLogMaxSize,
		ContainerRuntimeEndpoint: criSocket,
		FailCgroupV1:             base.FailCgroupV1,
		HealthzBindAddress:       base.HealthzBindAddress,
		PodPidsLimit:             base.PodPidsLimit,
		ProtectKernelDefaults:    true,
		SeccompDefault:           true,
		StaticPodPath:            base.StaticPodPath,
		SystemReserved:           base.SystemReserved,
	})
}
