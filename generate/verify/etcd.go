package verify

import (
	"fmt"
	"net"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

var externalEtcd = &Check{
	Name: "etcd",
	Doc: `etcd on machines of its own is as closed as one beside the API servers

Each member's configuration is judged by the same rules as etcd in init.yaml, and knows the declared members and no other;
init.yaml uses exactly these, over TLS, with the authority of etcd. The kubelet of a member has no server, so that nobody
need be refused: without an API server it could not ask who a caller is. systemd starts it with that file and no flag
besides. Rules: CIS Kubernetes Benchmark 1.12, section 2; kubernetes.io, Set up a High Availability etcd Cluster with
kubeadm.`,
	Controls: []model.ControlID{
		model.EtcdClientAuth, model.EtcdPeerAuth, model.EtcdOwnCA, model.EtcdCorruptionChecks, model.KubeletAuthentication, model.KubeletAuthorization,
		model.KubeletReadOnlyPortOff, model.KubeletTLS, model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected,
	},
	Run: runExternalEtcd,
}

var etcdControls = []model.ControlID{model.EtcdClientAuth, model.EtcdPeerAuth, model.EtcdOwnCA, model.EtcdCorruptionChecks}

// member is one member's configuration.
type member struct {
	node   model.Node
	path   string
	init   kubeadmInit
	config kubeadmCluster
}

func (k *kubeadmFiles) etcdNodes() []model.Node {
	var nodes []model.Node
	for _, p := range k.cluster.NodePools {
		if p.EtcdOnly() {
			nodes = append(nodes, p.Nodes...)
		}
	}
	return nodes
}

func (k *kubeadmFiles) member(n model.Node) (*member, error) {
	m := &member{node: n, path: path.Join(k.dir(), "etcd", n.Name+".yaml")}
	docs, err := splitYAML(k.pass.Files[m.path])
	if err != nil {
		return m, err
	}
	if len(docs) != 2 {
		return m, fmt.Errorf("two documents are wanted, there are %d", len(docs))
	}
	for i, into := range []struct {
		kind string
		v    any
	}{{"InitConfiguration", &m.init}, {"ClusterConfiguration", &m.config}} {
		var meta metav1.TypeMeta
		if err := yaml.Unmarshal(docs[i], &meta); err != nil {
			return m, err
		}
		if meta.APIVersion != kubeadmVersion || meta.Kind != into.kind {
			return m, fmt.Errorf("document %d is a %s of %s and not a %s", i+1, meta.Kind, meta.APIVersion, into.kind)
		}
		if err := decodeStrict(docs[i], into.v); err != nil {
			return m, err
		}
	}
	return m, nil
}

func runExternalEtcd(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		if !k.cluster.ExternalEtcd() {
			continue
		}
		failed := map[model.ControlID]bool{}
		find := func(file, object, format string, args ...any) {
			for _, control := range etcdControls {
				failed[control] = true
			}
			p.Find(Finding{Subject: k.cluster.Addr(), Path: file, Object: object, Message: fmt.Sprintf(format, args...)})
		}
		var clients, peers []string
		for _, n := range k.etcdNodes() {
			clients = append(clients, "https://"+net.JoinHostPort(n.Address.String(), "2379"))
			peers = append(peers, n.Name+"=https://"+net.JoinHostPort(n.Address.String(), "2380"))
		}
		for _, wrong := range k.clientWrong(clients) {
			find(k.path, "ClusterConfiguration: etcd", "The API servers do not use the declared etcd alone: %s.", wrong)
		}
		var files []string
		for _, n := range k.etcdNodes() {
			m, err := k.member(n)
			files = append(files, m.path)
			if err != nil {
				find(m.path, "", "The member cannot be judged: %v.", err)
				continue
			}
			for _, wrong := range k.memberWrong(m) {
				find(m.path, "", "The member is not the declared one: %s.", wrong)
			}
			here := *k // findings name the member's file
			here.path = m.path
			rules := append(slices.Clone(etcdRules),
				rule{model.EtcdPeerAuth, "initial-cluster", is(strings.Join(peers, ",")), "the declared members"},
				rule{model.EtcdPeerAuth, "initial-cluster-state", is("new"), "new"})
			here.judge("etcd.local", m.config.Etcd.Local.ExtraArgs, append(slices.Clone(etcdFlags), "initial-cluster", "initial-cluster-state"), rules, failed)
		}
		for _, control := range etcdControls {
			for _, file := range files {
				if !failed[control] {
					p.Prove(control, k.cluster.Addr(), file)
				}
			}
		}
		k.judgeStandalone()
	}
}

// clientWrong judges how the API servers reach etcd.
func (k *kubeadmFiles) clientWrong(endpoints []string) []string {
	e := k.config.Etcd.External
	if e == nil {
		return []string{"etcd.external is missing"}
	}
	var wrong []string
	if got := slices.Sorted(slices.Values(e.Endpoints)); !slices.Equal(got, slices.Sorted(slices.Values(endpoints))) {
		wrong = append(wrong, fmt.Sprintf("endpoints are %q, declared are %q", e.Endpoints, endpoints))
	}
	for _, f := range []struct{ name, got, want string }{
		{"caFile", e.CAFile, nodePKI + "/etcd/ca.crt"},
		{"certFile", e.CertFile, nodePKI + "/apiserver-etcd-client.crt"},
		{"keyFile", e.KeyFile, nodePKI + "/apiserver-etcd-client.key"},
	} {
		if f.got != f.want {
			wrong = append(wrong, fmt.Sprintf("%s is %q and not %s", f.name, f.got, f.want))
		}
	}
	if l := k.config.Etcd.Local; l.DataDir != "" || len(l.ExtraArgs) > 0 {
		wrong = append(wrong, "etcd.local stands beside it")
	}
	return wrong
}

// memberWrong judges what of a member is declared.
func (k *kubeadmFiles) memberWrong(m *member) []string {
	var wrong []string
	for _, f := range []struct{ name, got, want string }{
		{"nodeRegistration.name", m.init.NodeRegistration.Name, m.node.Name},
		{"localAPIEndpoint.advertiseAddress", m.init.LocalAPIEndpoint.AdvertiseAddress, m.node.Address.String()},
		{"patches.directory", m.init.Patches.Directory, nodePatches},
		{"kubernetesVersion", m.config.KubernetesVersion, k.cluster.Version.String()},
		{"certificatesDir", m.config.CertificatesDir, nodePKI},
		{"encryptionAlgorithm", m.config.EncryptionAlgorithm, k.config.EncryptionAlgorithm},
		{"certificateValidityPeriod", m.config.CertificateValidityPeriod.Duration.String(), k.config.CertificateValidityPeriod.Duration.String()},
		{"caCertificateValidityPeriod", m.config.CACertificateValidityPeriod.Duration.String(), k.config.CACertificateValidityPeriod.Duration.String()},
		{"etcd.local.dataDir", m.config.Etcd.Local.DataDir, nodeEtcd},
	} {
		if f.got != f.want {
			wrong = append(wrong, fmt.Sprintf("%s is %q and not %q", f.name, f.got, f.want))
		}
	}
	if m.config.Etcd.External != nil {
		wrong = append(wrong, "etcd.external stands beside etcd.local")
	}
	return wrong
}

// standaloneRules are those of a kubelet without a server and without an API server.
var standaloneRules = func() []kubeletRule {
	silent := func(c *kubeletv1beta1.KubeletConfiguration) string {
		return unless(c.EnableServer != nil && !*c.EnableServer, "enableServer must be false: this kubelet cannot ask who a caller is")
	}
	rules := []kubeletRule{{model.KubeletAuthentication, func(c *kubeletv1beta1.KubeletConfiguration) string {
		if c.Authentication.Anonymous.Enabled == nil || *c.Authentication.Anonymous.Enabled {
			return "authentication.anonymous.enabled must be false"
		}
		return silent(c)
	}}, {model.KubeletAuthorization, silent}, {model.KubeletTLS, silent}}
	for _, r := range kubeletRules {
		if slices.Contains([]model.ControlID{model.KubeletReadOnlyPortOff, model.SeccompDefault, model.PIDsLimited, model.KernelDefaultsProtected}, r.control) {
			rules = append(rules, r)
		}
	}
	return rules
}()

// judgeStandalone judges the kubelet of the members' nodes and how systemd starts it.
func (k *kubeadmFiles) judgeStandalone() {
	file, unit := path.Join(k.dir(), "etcd", "kubelet.yaml"), path.Join(k.dir(), "etcd", "kubelet.conf")
	c := &kubeletv1beta1.KubeletConfiguration{}
	reported := unit
	err := judgeUnit(k.pass.Files[unit], map[string][]string{"Service": {"ExecStart=", "ExecStart=/usr/bin/kubelet --config=/etc/kubernetes/etcd-kubelet.yaml"}})
	if err == nil {
		reported = file
		var docs [][]byte
		if docs, err = splitYAML(k.pass.Files[file]); err == nil && len(docs) != 1 {
			err = fmt.Errorf("one document is wanted, there are %d", len(docs))
		}
		if err == nil {
			err = decodeStrict(docs[0], c)
		}
		switch {
		case err != nil:
		case c.APIVersion != "kubelet.config.k8s.io/v1beta1" || c.Kind != "KubeletConfiguration":
			err = fmt.Errorf("it is a %q of %q", c.Kind, c.APIVersion)
		case c.StaticPodURL != "" || c.StaticPodPath != nodeManifests:
			err = fmt.Errorf("staticPodURL must be left out, and staticPodPath must be %s", nodeManifests)
		case c.ContainerRuntimeEndpoint != nodeRuntime:
			err = fmt.Errorf("containerRuntimeEndpoint is %q and not %s", c.ContainerRuntimeEndpoint, nodeRuntime)
		case !loopback(c.HealthzBindAddress):
			err = fmt.Errorf("healthzBindAddress is %q; it must be 127.0.0.1 or ::1", c.HealthzBindAddress)
		default:
			err = unjudgedStandalone(docs[0])
		}
	}
	for _, pool := range k.cluster.NodePools {
		if !pool.EtcdOnly() {
			continue
		}
		if err != nil {
			k.pass.Find(Finding{Subject: pool.Addr(), Path: reported, Message: fmt.Sprintf("The kubelet's configuration proves nothing: %v.", err)})
			continue
		}
		for _, r := range standaloneRules {
			if wrong := r.wrong(c); wrong != "" {
				k.pass.Find(Finding{Control: r.control, Subject: pool.Addr(), Path: file, Object: "KubeletConfiguration", Message: wrong + "."})
				continue
			}
			k.pass.Prove(r.control, pool.Addr(), file)
		}
	}
}

// unjudgedStandalone refuses fields that no check of such a kubelet judges: feature gates, for one, could undo the others.
func unjudgedStandalone(doc []byte) error {
	fields := map[string]any{}
	if err := yaml.Unmarshal(doc, &fields); err != nil {
		return err
	}
	// A kubelet of the cluster has neither: its server is needed, and kubeadm names its runtime.
	delete(fields, "enableServer")
	delete(fields, "containerRuntimeEndpoint")
	if field := unjudgedField("", fields); field != "" {
		return fmt.Errorf("nothing here judges the field %s", field)
	}
	return nil
}
