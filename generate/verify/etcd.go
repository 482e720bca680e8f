package verify

import (
	"fmt"
	"net"
	"path"
	"slices"
	"strings"

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
		meta, err := typeOf(docs[i])
		if err != nil {
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
		{"localAPIEndpoint.bindPort", fmt.Sprint(m.init.LocalAPIEndpoint.BindPort), fmt.Sprint(k.init.LocalAPIEndpoint.BindPort)},
		{"bootstrapTokens", fmt.Sprint(m.init.BootstrapTokens), fmt.Sprint(k.init.BootstrapTokens)}, // those of init.yaml are judged
		{"nodeRegistration.criSocket", m.init.NodeRegistration.CRISocket, nodeRuntime},
		{"nodeRegistration.imagePullPolicy", m.init.NodeRegistration.ImagePullPolicy, k.init.NodeRegistration.ImagePullPolicy},
		{"clusterName", m.config.ClusterName, k.cluster.Name},
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
