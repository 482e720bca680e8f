package verify

import (
	"fmt"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var kubeadmDeclared = &Check{
	Name: "kubeadm-declared",
	Doc: `kubeadm's files make the declared cluster and no other

No control hangs on an address, a name, a network or the version, but every control was judged for the declared ones: an
API server on another address is behind no firewall rule, an older version has holes that are known, certificates for
another name are certificates for somebody else. What kubeadm would choose by itself counts only where the file states it.
https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/`,
	Run: runDeclared,
}

// What the files of a tree must say where the specification leaves no choice.
const (
	nodeRuntime   = "unix:///run/containerd/containerd.sock"
	nodeEtcd      = "/var/lib/etcd"                       // node files give it to etcd alone
	nodeDiscovery = "/etc/kubernetes/join/discovery.conf" // make-join.sh's authority, removed after the join
	nodeManifests = "/etc/kubernetes/manifests"           // node files give it to root alone
	addressMark   = "@NODE_ADDRESS@"                      // join.sh puts the node's declared address there
	keyOfCertMark = "@CERTIFICATE_KEY@"                   // and the key of the uploaded certificates there
	nobodysGroups = "system:bootstrappers:bartizan:"      // groups that nothing is granted to
)

// sameAs collects what differs from the declaration in one document.
type sameAs struct {
	k      *kubeadmFiles
	path   string
	object string
}

func (s sameAs) find(field, format string, a ...any) {
	s.k.pass.Find(Finding{Subject: s.k.cluster.Addr(), Path: s.path, Object: s.object + ": " + field, Message: fmt.Sprintf(format, a...)})
}

// equal demands that the field says what is declared.
func (s sameAs) equal(field string, got, want any) {
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		s.find(field, "It says %q; declared is %q.", g, w)
	}
}

func runDeclared(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		k.clusterDeclared()
		k.initDeclared()
		base := &kubeletv1beta1.KubeletConfiguration{}
		if remarshal(k.kubelet, base) == nil {
			k.kubeletDeclared(base, k.path, true)
		}
		for _, pool := range k.cluster.NodePools {
			registrations, err := k.registrations(pool)
			if err != nil {
				continue // the check of kubelets says so
			}
			for _, r := range registrations {
				k.nodeDeclared(pool, r)
				if r.join != nil {
					k.joinDeclared(pool, r)
				}
				if c, file, err := k.effective(pool, r); err == nil { // otherwise the check of kubelets says so
					k.kubeletDeclared(c, file, pool.Has(model.RoleControlPlane))
				}
			}
		}
	}
}

func (k *kubeadmFiles) clusterDeclared() {
	c, s := k.cluster, sameAs{k, k.path, "ClusterConfiguration"}
	s.equal("clusterName", k.config.ClusterName, c.Name)
	if !c.ExternalEtcd() { // the check of external etcd judges that
		s.equal("etcd.local.dataDir", k.config.Etcd.Local.DataDir, nodeEtcd)
	}
	s.equal("kubernetesVersion", k.config.KubernetesVersion, c.Version)
	s.equal("controlPlaneEndpoint", k.config.ControlPlaneEndpoint, net.JoinHostPort(c.API.Endpoint.Host, strconv.Itoa(c.API.Endpoint.Port)))
	s.equal("networking.dnsDomain", k.config.Networking.DNSDomain, c.DNSDomain)
	s.equal("networking.podSubnet", k.config.Networking.PodSubnet, commas(c.Network.Pods))
	s.equal("networking.serviceSubnet", k.config.Networking.ServiceSubnet, commas(c.Network.Services))
	names := append([]string{c.API.Endpoint.Host}, c.API.CertSANs...)
	if lb := c.API.LoadBalancer; lb != nil && lb.Address.IsValid() {
		names = append(names, lb.Address.String())
	}
	s.equal("apiServer.certSANs", sortedSet(slices.Clone(k.config.APIServer.CertSANs)), sortedSet(names))
	if algorithm := k.config.EncryptionAlgorithm; !slices.Contains([]string{"ECDSA-P256", "ECDSA-P384", "RSA-3072", "RSA-4096"}, algorithm) {
		s.find("encryptionAlgorithm", "%q is no algorithm of keys with at least 128 bits of security.", algorithm)
	}
	const day = 24 * time.Hour
	s.equal("certificateValidityPeriod", k.config.CertificateValidityPeriod.Duration, time.Duration(c.Certificates.Days)*day)
	s.equal("caCertificateValidityPeriod", k.config.CACertificateValidityPeriod.Duration, time.Duration(c.Certificates.AuthorityDays)*day)

	m, err := flags(k.config.APIServer.ExtraArgs, apiServerFlags)
	if err != nil {
		return // the check of flags says so
	}
	s.object = "ClusterConfiguration: apiServer.extraArgs"
	life, err := time.ParseDuration(m["service-account-max-token-expiration"])
	if err != nil {
		life = 0
	}
	s.equal("service-account-max-token-expiration", life, time.Duration(c.ServiceAccounts.MaxTokenHours)*time.Hour)
	s.equal("service-account-extend-token-expiration", m["service-account-extend-token-expiration"], c.ServiceAccounts.ExtendTokens)
	s.equal("service-account-issuer", m["service-account-issuer"], c.ServiceAccounts.Issuer)
	if c.Admission.AlwaysPullImages && !lists("AlwaysPullImages")(m["enable-admission-plugins"]) {
		s.find("enable-admission-plugins", "Declared is the plugin AlwaysPullImages, which is missing.")
	}
	var curves []string
	for _, id := range c.API.TLSCurves {
		curves = append(curves, strconv.Itoa(id.ID()))
	}
	s.equal("tls-curve-preferences", m["tls-curve-preferences"], strings.Join(curves, ","))
}

func (k *kubeadmFiles) initDeclared() {
	s := sameAs{k, k.path, "InitConfiguration"}
	for _, t := range k.init.BootstrapTokens {
		if !slices.Equal(t.Usages, []string{"authentication"}) {
			s.find("bootstrapTokens", "The first token is for %q; it must be for authentication alone.", t.Usages)
		}
		if len(t.Groups) == 0 || slices.ContainsFunc(t.Groups, func(g string) bool { return !strings.HasPrefix(g, nobodysGroups) }) {
			s.find("bootstrapTokens", "The first token is in the groups %q; it must admit nobody, so every group must begin with %s.", t.Groups, nobodysGroups)
		}
	}
	s.equal("patches.directory", k.init.Patches.Directory, nodePatches)
	k.endpointDeclared(s, k.init.LocalAPIEndpoint, generate.ControlPlaneNodes(k.cluster)[0])
}

// endpointDeclared judges where an API server listens.
func (k *kubeadmFiles) endpointDeclared(s sameAs, e kubeadmEndpoint, node model.Node) {
	s.equal("localAPIEndpoint.advertiseAddress", e.AdvertiseAddress, node.Address)
	s.equal("localAPIEndpoint.bindPort", e.BindPort, generate.APIPort(k.cluster))
}

// nodeDeclared judges the name and the address under which nodes register.
func (k *kubeadmFiles) nodeDeclared(pool *model.NodePool, r registration) {
	s := sameAs{k, r.path, "nodeRegistration"}
	name, address := "", addressMark
	if r.node != nil {
		name, address = r.node.Name, r.node.Address.String()
	} else if len(pool.Nodes) == 0 {
		address = "" // elastic: the kubelet takes the address of the default route
	}
	s.equal("name", r.reg.Name, name)
	ip := ""
	for _, a := range r.reg.KubeletExtraArgs {
		if a.Name == "node-ip" {
			ip = a.Value
		}
	}
	s.equal("kubeletExtraArgs.node-ip", ip, address)
	s.equal("criSocket", r.reg.CRISocket, nodeRuntime)
	if pull := r.reg.ImagePullPolicy; pull != "IfNotPresent" && pull != "Always" {
		s.find("imagePullPolicy", "%q is neither IfNotPresent nor Always.", pull)
	}
	for _, t := range r.reg.Taints {
		if t.Key != generate.ControlPlaneTaint && t.Key != generate.DedicatedTaint {
			s.find("taints", "Nothing declares the taint %s.", t.ToString())
		}
	}
}

func (k *kubeadmFiles) joinDeclared(pool *model.NodePool, r registration) {
	s := sameAs{k, r.path, "JoinConfiguration"}
	s.equal("caCertPath", r.join.CACertPath, path.Join(nodePKI, "ca.crt"))
	s.equal("discovery.file.kubeConfigPath", r.join.Discovery.File.KubeConfigPath, nodeDiscovery)
	s.equal("patches.directory", r.patches, nodePatches)
	if r.join.ControlPlane == nil {
		return
	}
	if r.join.ControlPlane.CertificateKey != keyOfCertMark {
		s.find("controlPlane.certificateKey", "A key stands in the file; it must be the mark %s, which join.sh replaces.", keyOfCertMark)
	}
	k.endpointDeclared(s, r.join.ControlPlane.LocalAPIEndpoint, *r.node)
}

// kubeletDeclared judges what of a kubelet's configuration is declared elsewhere.
func (k *kubeadmFiles) kubeletDeclared(c *kubeletv1beta1.KubeletConfiguration, file string, controlPlane bool) {
	s := sameAs{k, file, "KubeletConfiguration"}
	s.equal("clusterDNS", c.ClusterDNS, []string{k.cluster.Network.DNS.String()})
	s.equal("clusterDomain", c.ClusterDomain, k.cluster.DNSDomain)
	s.equal("cgroupDriver", c.CgroupDriver, "systemd") // as containerd's configuration
	if !loopback(c.HealthzBindAddress) {
		s.find("healthzBindAddress", "It is %q; it must be 127.0.0.1 or ::1.", c.HealthzBindAddress)
	}
	if controlPlane {
		s.equal("staticPodPath", c.StaticPodPath, nodeManifests)
		s.equal("staticPodURL", c.StaticPodURL, "")
	}
	s.reserved("kubeReserved", c.KubeReserved)
	s.reserved("systemReserved", c.SystemReserved)
}

// reserved demands room for what controls the pods, which they could starve otherwise.
func (s sameAs) reserved(field string, amounts map[string]string) {
	names := []string{"cpu", "memory", "pid"}
	for _, name := range names {
		if q, err := resource.ParseQuantity(amounts[name]); err != nil || q.Sign() <= 0 {
			s.find(field, "It reserves %q of %s; pods could starve what controls them.", amounts[name], name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(amounts)) {
		if !slices.Contains(names, name) && name != "ephemeral-storage" {
			s.find(field, "There is no resource %q.", name)
		}
	}
}

func commas[T fmt.Stringer](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.String()
	}
	return strings.Join(texts, ",")
}
