package generate

import (
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

var kubeadm = &Generator{
	Name: "kubeadm",
	Doc: `configure kubeadm: one file for the first control-plane node, one for each node or pool that joins

The flags of the control plane that are worth a control are stated even where kubeadm sets them by itself, so that a
reader, a scanner and a diff see them. Nodes join through a discovery file that is made for them on the first
control-plane node and not through the public cluster-info object, which anonymous requests do not reach.`,
	Controls: append(slices.Clone(controlPlaneControls), model.KubeProxyLocal, model.ControlPlaneTaint, model.PoolDedicated),
	Kinds: slices.Concat(
		objectKinds(kubeadmAPIVersion, "InitConfiguration", "ClusterConfiguration", "JoinConfiguration"),
		objectKinds(kubeletAPIVersion, "KubeletConfiguration"), objectKinds("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
	),
	Run: runKubeadm,
}

// controlPlaneControls are what init.yaml gives every cluster.
var controlPlaneControls = []model.ControlID{
	model.APIAuthorization, model.NodeRestriction, model.APITLS, model.EtcdClientAuth, model.EtcdPeerAuth,
	model.EtcdOwnCA, model.DenyExternalIPs, model.BoundTokens, model.ProfilingOff, model.ControllersOnLoopback,
	model.KubeletsVerified, model.ClientAuthorities, model.AdmissionDefaults, model.RequestsBounded,
	model.ControllerAccounts, model.RootCAPublished, model.EtcdCorruptionChecks,
}

// Places on the nodes. All of it belongs to root with mode 0700 or 0600.
const (
	HardeningDir  = "/etc/kubernetes/hardening" // configuration files that the API server mounts
	patchesDir    = "/etc/kubernetes/patches"   // kubeadm's patches for this node
	auditLogDir   = "/var/log/kubernetes/audit"
	discoveryFile = "/etc/kubernetes/join/discovery.conf" // made on the node that joins, removed after the join
	pkiDir        = "/etc/kubernetes/pki"
	criSocket     = "unix:///run/containerd/containerd.sock"
)

// certificateKeyMark stands in a join configuration where the node puts the key of the uploaded certificates.
const certificateKeyMark = "@CERTIFICATE_KEY@"

// nodeAddressMark stands in a join configuration where the node puts its own declared address.
const nodeAddressMark = "@NODE_ADDRESS@"

// ControlPlaneNodes returns the nodes that run the control plane, sorted by pool, then name. The first is where the
// cluster is initialized.
func ControlPlaneNodes(c *model.Cluster) []model.Node {
	var nodes []model.Node
	for _, p := range c.NodePools {
		if p.Has(model.RoleControlPlane) {
			nodes = append(nodes, p.Nodes...)
		}
	}
	return nodes
}

// APIPort is the port on which each API server listens. An external load balancer may publish another one.
func APIPort(c *model.Cluster) int {
	if c.API.LoadBalancer != nil && c.API.LoadBalancer.Kind == model.ExternalLoadBalancer {
		return 6443
	}
	return c.API.Endpoint.Port
}

// kubeadmClusters returns the clusters whose control plane is ours to configure.
func kubeadmClusters(s *model.Spec) []*model.Cluster {
	var clusters []*model.Cluster
	for _, c := range s.Clusters {
		if c.Provisioner == model.Kubeadm && len(ControlPlaneNodes(c)) > 0 {
			clusters = append(clusters, c)
		}
	}
	return clusters
}

func runKubeadm(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		if err := kubeadmInit(p, c); err != nil {
			return err
		}
		for _, pool := range c.NodePools {
			if pool.EtcdOnly() {
				continue
			}
			if err := kubeadmJoin(p, pool); err != nil {
				return err
			}
		}
	}
	return nil
}

func kubeadmInit(p *Pass, c *model.Cluster) error {
	first := ControlPlaneNodes(c)[0]
	pool := poolOf(c, first.Name)
	file := path.Join(ControlPlaneDir(c), "init.yaml")
	config := clusterConfig(c)
	if ciliumGateway(p.Spec, c) {
		config.Proxy = &kubeadmProxy{Disabled: true}
	}
	err := p.YAML(Artifact{
		Path:  file,
		Doc:   "kubeadm configuration of the first control-plane node and of the whole cluster",
		Where: first.Name + ", once; kubeadm keeps it in the cluster for later joins and upgrades",
	},
		initConfiguration{
			TypeMeta:         typeMeta(kubeadmAPIVersion, "InitConfiguration"),
			BootstrapTokens:  harmlessToken,
			LocalAPIEndpoint: apiEndpoint{first.Address.String(), APIPort(c)},
			NodeRegistration: registration(pool, first.Name, first.Address.String()),
			Patches:          patchesDirectory{patchesDir},
		},
		config,
		kubeletBase(c),
		kubeProxy(c),
	)
	for _, control := range controlPlaneControls {
		external := c.ExternalEtcd() && slices.Contains(etcdControls, control)
		if !external && (control != model.BoundTokens || boundTokens(c)) {
			p.Claim(control, c.Addr(), file)
		}
	}
	if config.Proxy == nil {
		p.Claim(model.KubeProxyLocal, c.Addr(), file)
	}
	return err
}

// harmlessToken is in a group that nothing is granted to. Without an entry kubeadm makes a token that admits nodes for a
// day. make-join.sh makes a token for each join.
var harmlessToken = []bootstrapToken{{
	Description: "made by kubeadm init, admits nobody",
	Groups:      []string{"system:bootstrappers:bartizan:nobody"},
	TTL:         "1m0s",
	Usages:      []string{"authentication"},
}}

// boundTokens reports whether the specification accepts no tokens that live for longer than a day.
func boundTokens(c *model.Cluster) bool {
	return !c.ServiceAccounts.ExtendTokens && c.ServiceAccounts.MaxTokenHours <= 24
}

// kubeadmJoin writes one file for each further control-plane node, because each states its address, and one for all
// nodes of a worker pool.
func kubeadmJoin(p *Pass, pool *model.NodePool) error {
	c := pool.Cluster
	first := ControlPlaneNodes(c)[0]
	join := joinConfiguration{
		TypeMeta:   typeMeta(kubeadmAPIVersion, "JoinConfiguration"),
		CACertPath: path.Join(pkiDir, "ca.crt"),
		Discovery:  discovery{fileDiscovery{discoveryFile}},
		Patches:    patchesDirectory{patchesDir},
	}
	if !pool.Has(model.RoleControlPlane) {
		file := path.Join(ControlPlaneDir(c), "join-"+pool.Name+".yaml")
		address := nodeAddressMark
		if len(pool.Nodes) == 0 {
			address = "" // elastic: the kubelet takes the address of the default route
		}
		join.NodeRegistration = registration(pool, "", address)
		if pool.Dedicated {
			p.Claim(model.PoolDedicated, pool.Addr(), file)
		}
		return p.YAML(Artifact{
			Path:  file,
			Doc:   "kubeadm configuration of the nodes of pool " + pool.Name + "; join.sh completes it",
			Where: "each node of pool " + pool.Name + ", once",
		}, join)
	}
	var files []string
	for _, n := range pool.Nodes {
		if n == first {
			files = append(files, path.Join(ControlPlaneDir(c), "init.yaml"))
			continue
		}
		file := path.Join(ControlPlaneDir(c), "join-"+n.Name+".yaml")
		files = append(files, file)
		join.NodeRegistration = registration(pool, n.Name, n.Address.String())
		join.ControlPlane = &joinControlPlane{
			CertificateKey:   certificateKeyMark,
			LocalAPIEndpoint: apiEndpoint{n.Address.String(), APIPort(c)},
		}
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "kubeadm configuration of control-plane node " + n.Name + "; join.sh completes it",
			Where: n.Name + ", once",
		}, join); err != nil {
			return err
		}
	}
	for _, file := range files {
		p.Claim(model.ControlPlaneTaint, pool.Addr(), file)
	}
	return nil
}

// registration is how a node of the pool enters the cluster. Flags of the kubelet win over its configuration file, so
// there are none but the address.
func registration(pool *model.NodePool, name, address string) nodeRegistration {
	r := nodeRegistration{
		Name:            name,
		CRISocket:       criSocket,
		ImagePullPolicy: string(corev1.PullIfNotPresent),
		Taints:          []corev1.Taint{},
	}
	if address != "" {
		r.KubeletExtraArgs = []arg{{"node-ip", address}}
	}
	if pool.Has(model.RoleControlPlane) {
		r.Taints = append(r.Taints, corev1.Taint{Key: ControlPlaneTaint, Effect: corev1.TaintEffectNoSchedule})
	}
	if pool.Dedicated {
		r.Taints = append(r.Taints, corev1.Taint{Key: DedicatedTaint, Value: pool.Name, Effect: corev1.TaintEffectNoSchedule})
	}
	return r
}

func clusterConfig(c *model.Cluster) clusterConfiguration {
	return clusterConfiguration{
		TypeMeta:                    typeMeta(kubeadmAPIVersion, "ClusterConfiguration"),
		ClusterName:                 c.Name,
		KubernetesVersion:           c.Version.String(),
		ControlPlaneEndpoint:        net.JoinHostPort(c.API.Endpoint.Host, strconv.Itoa(c.API.Endpoint.Port)),
		CertificatesDir:             pkiDir,
		EncryptionAlgorithm:         "ECDSA-P256",
		CertificateValidityPeriod:   days(c.Certificates.Days),
		CACertificateValidityPeriod: days(c.Certificates.AuthorityDays),
		Networking: networking{
			DNSDomain:     c.DNSDomain,
			PodSubnet:     joinPrefixes(c.Network.Pods),
			ServiceSubnet: joinPrefixes(c.Network.Services),
		},
		APIServer: apiServer{
			controlPlaneComponent: controlPlaneComponent{ExtraArgs: apiServerArgs(c), ExtraVolumes: apiServerVolumes(c)},
			CertSANs:              certSANs(c),
		},
		ControllerManager: controlPlaneComponent{ExtraArgs: controllerManagerArgs()},
		Scheduler:         controlPlaneComponent{ExtraArgs: schedulerArgs()},
		Etcd:              clusterEtcd(c),
	}
}

// days writes a duration as kubeadm prints it.
func days(n int) string { return fmt.Sprintf("%dh0m0s", 24*n) }

// certSANs are the names and addresses by which clients reach the API server. kubeadm adds each node's own.
func certSANs(c *model.Cluster) []string {
	names := append([]string{c.API.Endpoint.Host}, c.API.CertSANs...)
	if lb := c.API.LoadBalancer; lb != nil && lb.Address.IsValid() {
		names = append(names, lb.Address.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func joinPrefixes[T interface{ String() string }](prefixes []T) string {
	texts := make([]string, len(prefixes))
	for i, p := range prefixes {
		texts[i] = p.String()
	}
	return strings.Join(texts, ",")
}

// poolOf returns the pool of the node with the name.
func poolOf(c *model.Cluster, node string) *model.NodePool {
	for _, p := range c.NodePools {
		for _, n := range p.Nodes {
			if n.Name == node {
				return p
			}
		}
	}
	return nil
}
