package verify

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// clusterSpec is a small cluster that uses all that the control plane's generators know.
func clusterSpec(edit ...func(*model.Cluster)) *model.Spec {
	nodes := &model.Zone{Name: "nodes"}
	c := &model.Cluster{
		Name:        "shop",
		Version:     model.Version{Minor: 36, Patch: 4},
		Provisioner: model.Kubeadm,
		DNSDomain:   "cluster.local",
		API: model.API{
			Endpoint: model.HostPort{Host: "api.shop.example.internal", Port: 6443},
			LoadBalancer: &model.LoadBalancer{
				Kind: model.KubeVIP, Address: netip.MustParseAddr("10.0.0.10"),
				Image: model.Image{Host: "ghcr.io", Path: "kube-vip/kube-vip", Tag: "v1.1.2"},
			},
		},
		Network: model.Network{
			Pods:       []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
			Services:   []netip.Prefix{netip.MustParsePrefix("10.96.0.0/12")},
			DNS:        netip.MustParseAddr("10.96.0.10"),
			CNI:        model.Cilium,
			Encryption: true,
		},
		Identity: model.Identity{OIDC: &model.OIDC{
			Issuer: "https://login.example.com", ClientID: "kubernetes",
			UsernameClaim: "email", UsernamePrefix: "oidc:", GroupsClaim: "groups", GroupsPrefix: "oidc:",
		}},
		Audit:           model.Audit{ShipTo: "https://logs.example.internal:8443/audit", LogDays: 30},
		Certificates:    model.Certificates{Days: 365, AuthorityDays: 3650},
		ServiceAccounts: model.ServiceAccounts{Issuer: "https://kubernetes.default.svc.cluster.local", MaxTokenHours: 24},
	}
	node := func(name, address string) model.Node {
		return model.Node{Name: name, Address: netip.MustParseAddr(address)}
	}
	c.NodePools = []*model.NodePool{
		{Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Zone: nodes,
			Nodes: []model.Node{node("cp-1", "10.0.0.11"), node("cp-2", "10.0.0.12")}},
		{Name: "general", Cluster: c, Zone: nodes, CIDR: netip.MustParsePrefix("10.0.0.64/26"), Max: 12},
		{Name: "payments", Cluster: c, Zone: nodes, Dedicated: true, Nodes: []model.Node{node("pay-1", "10.0.0.31")}},
	}
	for _, e := range edit {
		e(c)
	}
	return &model.Spec{Clusters: []*model.Cluster{c}}
}

// clusterTree returns the tree that the control plane's generators write.
func clusterTree(t *testing.T, spec *model.Spec) *generate.Set {
	t.Helper()
	names := []string{"kubeadm", "kubelet", "authentication", "admission", "audit", "encryption", "bootstrap", "static-pods", "etcd"}
	var generators []*generate.Generator
	for _, g := range generate.All {
		if slices.Contains(names, g.Name) {
			generators = append(generators, g)
		}
	}
	set, err := generate.Run(spec, generators)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestControlPlaneClaimsAreProved(t *testing.T) {
	for name, edit := range map[string]func(*model.Cluster){
		"secretbox":    func(*model.Cluster) {},
		"kms":          func(c *model.Cluster) { c.Encryption.KMS = "unix:///run/kms/socket.sock" },
		"all contents": allContents,
		"no audit":     func(c *model.Cluster) { c.Audit.ShipTo = "" },
		"1.34":         func(c *model.Cluster) { c.Version = model.Version{Minor: 34, Patch: 12} },
		"1.35":         func(c *model.Cluster) { c.Version = model.Version{Minor: 35, Patch: 10} },
		"1.37":         func(c *model.Cluster) { c.Version = model.Version{Minor: 37, Patch: 1} },
		"choices": func(c *model.Cluster) {
			c.Admission.AlwaysPullImages = true
			c.API.TLSCurves = []model.TLSCurve{model.CurveX25519, model.CurveX25519MLKEM768}
			c.Certificates = model.Certificates{Days: 90, AuthorityDays: 365}
			c.ServiceAccounts.Issuer, c.ServiceAccounts.MaxTokenHours = "https://oidc.example.com/shop", 1
		},
		"weak tokens": func(c *model.Cluster) { c.ServiceAccounts.ExtendTokens, c.ServiceAccounts.MaxTokenHours = true, 100 },
		"1.34, images always pulled": func(c *model.Cluster) {
			c.Version, c.Admission.AlwaysPullImages = model.Version{Minor: 34, Patch: 1}, true
		},
		"IPv6": func(c *model.Cluster) {
			for i := range c.NodePools[0].Nodes {
				c.NodePools[0].Nodes[i].Address = netip.AddrFrom16([16]byte{0: 0xfd, 15: byte(i + 1)})
			}
		},
		"external etcd": externalEtcdNodes,
	} {
		t.Run(name, func(t *testing.T) {
			spec := clusterSpec(edit)
			set := clusterTree(t, spec)
			result := Run(spec, set.Files(), clusterChecks)
			for _, f := range result.Findings {
				t.Errorf("finding: %+v", f)
			}
			for _, c := range result.Unproved(set.Claims) {
				t.Errorf("not proved: %+v", c)
			}
		})
	}
}

// externalEtcdNodes puts etcd on machines of its own.
func externalEtcdNodes(c *model.Cluster) {
	c.NodePools[0].Roles = []model.Role{model.RoleControlPlane}
	pool := &model.NodePool{Name: "etcd", Cluster: c, Roles: []model.Role{model.RoleEtcd}, Zone: c.NodePools[0].Zone}
	for i, name := range []string{"etcd-1", "etcd-2", "etcd-3"} {
		pool.Nodes = append(pool.Nodes, model.Node{Name: name, Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(41 + i)})})
	}
	c.NodePools = append(c.NodePools, pool)
}

func TestManagedControlPlanesAreNotJudged(t *testing.T) {
	spec := clusterSpec(func(c *model.Cluster) { c.Provisioner = model.Managed })
	set := clusterTree(t, spec)
	for file := range set.Files() {
		if strings.HasPrefix(file, "clusters/") {
			t.Errorf("%s is written for a control plane of somebody else", file)
		}
	}
	if len(set.Claims) > 0 {
		t.Errorf("claims: %+v", set.Claims)
	}
	if r := Run(spec, nil, clusterChecks); len(r.Proved) > 0 || len(r.Findings) > 0 {
		t.Errorf("judged: %+v", r)
	}
}

// mutation is an edit of the tree that must take the control from the subject.
type mutation struct {
	name     string
	control  model.ControlID
	subject  model.Address // cluster.shop unless given
	file     string        // below clusters/shop/cluster
	old, new string        // old must occur; empty: new is appended
	reported string        // file of the finding, if not the edited one
}

const (
	initFile  = "init.yaml"
	authnFile = "hardening/authentication.yaml"
	admitFile = "hardening/admission.yaml"
	auditFile = "hardening/audit-policy.yaml"
	shipFile  = "hardening/audit-webhook.yaml"
	keyFile   = "hardening/encryption.yaml"
	generalK  = "patches/general/kubeletconfiguration+merge.yaml"
	controlK  = "patches/control/kubeletconfiguration+merge.yaml"
	controlA  = "patches/control/kube-apiserver+strategic.yaml"
	controlS  = "patches/control/kube-scheduler+strategic.yaml"
	general   = model.Address("node_pool.general")
	control   = model.Address("node_pool.control")
	payments  = model.Address("node_pool.payments")
)

// flag is an entry of extraArgs as it stands in the file.
func flag(name, value string) string { return "  - name: " + name + "\n    value: " + value + "\n" }

var clusterMutations = []mutation{
	{name: "a third mode", control: model.APIAuthorization, file: initFile, old: "Node,RBAC", new: "Node,RBAC,AlwaysAllow"},
	{name: "a webhook beside the modes", control: model.APIAuthorization, file: initFile, old: flag("profiling", `"false"`), new: flag("profiling", `"false"`) + flag("authorization-config", "/etc/kubernetes/hardening/admission.yaml")},
	{name: "the flag again", control: model.APIAuthorization, file: initFile, old: flag("authorization-mode", "Node,RBAC"), new: flag("authorization-mode", "Node,RBAC") + flag("authorization-mode", "AlwaysAllow")},
	{name: "the flag again with underscores", control: model.APIAuthorization, file: initFile, old: flag("authorization-mode", "Node,RBAC"), new: flag("authorization-mode", "Node,RBAC") + flag("authorization_mode", "AlwaysAllow")},
	{name: "a flag inside a name", control: model.APIAuthorization, file: initFile, old: flag("request-timeout", "60s"), new: flag("authorization-mode=AlwaysAllow", "x")},
	{name: "environment variables", control: model.APIAuthorization, file: initFile, old: "  extraVolumes:\n", new: "  extraEnvs:\n  - name: KUBE_FEATURE_X\n    value: \"true\"\n  extraVolumes:\n"},
	{name: "feature gates of kubeadm", control: model.APIAuthorization, file: initFile, old: "clusterName: shop\n", new: "clusterName: shop\nfeatureGates:\n  RootlessControlPlane: true\n"},
	{name: "a field by another case", control: model.APIAuthorization, file: initFile, old: "clusterName: shop\n", new: "clusterName: shop\nAPIServer: {}\n"},
	{name: "a second ClusterConfiguration", control: model.APIAuthorization, file: initFile, new: "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"},
	{name: "certificates elsewhere", control: model.APIAuthorization, file: initFile, old: "certificatesDir: /etc/kubernetes/pki", new: "certificatesDir: /tmp/pki"},
	{name: "the plugin left out", control: model.NodeRestriction, file: initFile, old: "NodeRestriction,EventRateLimit", new: "EventRateLimit"},
	{name: "the plugin switched off", control: model.NodeRestriction, file: initFile, old: flag("profiling", `"false"`), new: flag("disable-admission-plugins", "NodeRestriction") + flag("profiling", `"false"`)},
	{name: "external addresses allowed", control: model.DenyExternalIPs, file: initFile, old: ",DenyServiceExternalIPs", new: ""},
	{name: "old TLS", control: model.APITLS, file: initFile, old: flag("tls-min-version", "VersionTLS13") + "  - name: tls-private-key-file", new: flag("tls-min-version", "VersionTLS10") + "  - name: tls-private-key-file"},
	{name: "a weak suite", control: model.APITLS, file: initFile, old: "value: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,", new: "value: TLS_RSA_WITH_AES_128_CBC_SHA,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,"},
	{name: "tokens for a year", control: model.BoundTokens, file: initFile, old: flag("service-account-max-token-expiration", "24h"), new: flag("service-account-max-token-expiration", "8760h")},
	{name: "tokens extended", control: model.BoundTokens, file: initFile, old: flag("service-account-extend-token-expiration", `"false"`), new: ""},
	{name: "tokens not looked up", control: model.BoundTokens, file: initFile, old: flag("service-account-lookup", `"true"`), new: flag("service-account-lookup", `"false"`)},
	{name: "profiling of the scheduler", control: model.ProfilingOff, file: initFile, old: "scheduler:\n  extraArgs:\n" + flag("bind-address", "127.0.0.1") + flag("profiling", `"false"`), new: "scheduler:\n  extraArgs:\n" + flag("bind-address", "127.0.0.1")},
	{name: "the controller manager on all addresses", control: model.ControllersOnLoopback, file: initFile, old: "controllerManager:\n  extraArgs:\n" + flag("bind-address", "127.0.0.1"), new: "controllerManager:\n  extraArgs:\n" + flag("bind-address", "0.0.0.0")},
	{name: "kubelets unverified", control: model.KubeletsVerified, file: initFile, old: flag("kubelet-certificate-authority", "/etc/kubernetes/pki/ca.crt"), new: ""},
	{name: "etcd open to clients", control: model.EtcdClientAuth, file: initFile, old: "name: client-cert-auth\n      value: \"true\"", new: "name: client-cert-auth\n      value: \"false\""},
	{name: "etcd with automatic certificates", control: model.EtcdPeerAuth, file: initFile, old: "name: peer-auto-tls\n      value: \"false\"", new: "name: peer-auto-tls\n      value: \"true\""},
	{name: "etcd under the cluster's authority", control: model.EtcdOwnCA, file: initFile, old: "name: trusted-ca-file\n      value: /etc/kubernetes/pki/etcd/ca.crt", new: "name: trusted-ca-file\n      value: /etc/kubernetes/pki/ca.crt"},
	{name: "etcd over HTTP", control: model.EtcdClientAuth, file: initFile, old: "    - name: auto-tls\n", new: "    - name: listen-client-urls\n      value: http://0.0.0.0:2379\n    - name: auto-tls\n"},

	{name: "a path that is no health path", control: model.AnonymousLimited, file: authnFile, old: "path: /livez", new: "path: /api"},
	{name: "no conditions", control: model.AnonymousLimited, file: authnFile, old: "  conditions:\n  - path: /healthz\n  - path: /livez\n  - path: /readyz\n", new: ""},
	{name: "no anonymous field", control: model.AnonymousLimited, file: authnFile, old: "anonymous:\n  conditions:\n  - path: /healthz\n  - path: /livez\n  - path: /readyz\n  enabled: true\n", new: ""},
	{name: "the flag beside the file", control: model.AnonymousLimited, file: initFile, old: flag("profiling", `"false"`), new: flag("anonymous-auth", `"true"`) + flag("profiling", `"false"`)},
	{name: "another file", control: model.AnonymousLimited, file: initFile, old: "hardening/authentication.yaml", new: "hardening/open.yaml", reported: "hardening/open.yaml"},
	{name: "a file outside the directory", control: model.AnonymousLimited, file: initFile, old: "/etc/kubernetes/hardening/authentication.yaml", new: "/etc/kubernetes/hardening/../open.yaml"},
	{name: "a mount over the directory", control: model.AnonymousLimited, file: initFile, old: "  extraVolumes:\n", new: "  extraVolumes:\n  - hostPath: /tmp/x\n    mountPath: /etc/kubernetes/hardening/authentication.yaml\n    name: x\n    pathType: File\n"},
	{name: "the directory from elsewhere", control: model.AnonymousLimited, file: initFile, old: "hostPath: /etc/kubernetes/hardening", new: "hostPath: /tmp/hardening"},
	{name: "a second document", control: model.AnonymousLimited, file: authnFile, new: "---\napiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"},
	{name: "another issuer", control: model.OIDCLogin, file: authnFile, old: "https://login.example.com", new: "https://login.example.net"},
	{name: "a second issuer", control: model.OIDCLogin, file: authnFile, old: "jwt:\n", new: "jwt:\n- issuer:\n    audiences: [x]\n    url: https://evil.example.com\n  claimMappings:\n    username:\n      claim: sub\n      prefix: ''\n"},
	{name: "no prefix", control: model.OIDCLogin, file: authnFile, old: "prefix: 'oidc:'", new: "prefix: ''"},
	{name: "another audience", control: model.OIDCLogin, file: authnFile, old: "- kubernetes\n", new: "- kubernetes\n    - wiki\n"},

	{name: "privileged by default", control: model.PodSecurityDefault, file: admitFile, old: "enforce: restricted", new: "enforce: privileged"},
	{name: "a floating version", control: model.PodSecurityDefault, file: admitFile, old: "enforce-version: v1.36", new: "enforce-version: latest"},
	{name: "another namespace exempt", control: model.PodSecurityDefault, file: admitFile, old: "- kube-system", new: "- kube-system\n      - default"},
	{name: "a user exempt", control: model.PodSecurityDefault, file: admitFile, old: "usernames: []", new: "usernames: [eve]"},
	{name: "the plugin twice", control: model.PodSecurityDefault, file: admitFile, new: "- name: PodSecurity\n  configuration: {}\n"},
	{name: "pod security switched off", control: model.PodSecurityDefault, file: initFile, old: flag("profiling", `"false"`), new: flag("disable-admission-plugins", "PodSecurity") + flag("profiling", `"false"`)},
	{name: "events unlimited", control: model.EventRateLimit, file: admitFile, old: "qps: 500\n", new: "qps: 5000000\n"},
	{name: "events not limited", control: model.EventRateLimit, file: initFile, old: "NodeRestriction,EventRateLimit,", new: "NodeRestriction,"},

	{name: "contents of Secrets", control: model.APIAudit, file: auditFile, old: "    - secrets\n", new: ""},
	{name: "reads of Secrets unseen", control: model.APIAudit, file: auditFile, old: "rules:\n", new: "rules:\n- level: None\n  resources:\n  - group: ''\n    resources: [secrets]\n  verbs: [get]\n"},
	{name: "one user unseen", control: model.APIAudit, file: auditFile, old: "rules:\n", new: "rules:\n- level: None\n  users: [eve]\n"},
	{name: "one group and object unseen", control: model.APIAudit, file: auditFile, old: "rules:\n", new: "rules:\n- level: None\n  userGroups: [eves]\n  resources:\n  - group: rbac.authorization.k8s.io\n    resources: ['*']\n    resourceNames: [eve]\n"},
	{name: "one namespace unseen", control: model.APIAudit, file: auditFile, old: "rules:\n", new: "rules:\n- level: None\n  namespaces: [shop]\n"},
	{name: "no last rule", control: model.APIAudit, file: auditFile, old: "  - deletecollection\n- level: Metadata\n", new: "  - deletecollection\n"},
	{name: "the answer omitted", control: model.APIAudit, file: auditFile, old: "omitStages:\n- RequestReceived\n", new: "omitStages:\n- RequestReceived\n- ResponseComplete\n"},
	{name: "rights without content", control: model.APIAudit, file: auditFile, old: "- level: RequestResponse\n", new: "- level: Metadata\n"},
	{name: "a log of a day", control: model.APIAudit, file: initFile, old: flag("audit-log-maxage", `"30"`), new: flag("audit-log-maxage", `"1"`)},
	{name: "the log thrown away", control: model.APIAudit, file: initFile, old: "/var/log/kubernetes/audit/audit.log", new: "/dev/null"},
	{name: "records to somebody else", control: model.AuditShipped, file: shipFile, old: "logs.example.internal", new: "logs.example.net"},
	{name: "TLS not verified", control: model.AuditShipped, file: shipFile, old: "    server:", new: "    insecure-skip-tls-verify: true\n    server:"},
	{name: "a token in the tree", control: model.AuditShipped, file: shipFile, old: "    tokenFile: ", new: "    token: abc\n    tokenFile: "},
	{name: "no webhook", control: model.AuditShipped, file: initFile, old: flag("audit-webhook-config-file", "/etc/kubernetes/hardening/audit-webhook.yaml"), new: ""},

	{name: "plain text first", control: model.SecretsEncrypted, file: keyFile, old: "  - secretbox:", new: "  - identity: {}\n  - secretbox:"},
	{name: "an earlier list", control: model.SecretsEncrypted, file: keyFile, old: "resources:\n- providers:", new: "resources:\n- resources: [secrets]\n  providers:\n  - identity: {}\n- providers:"},
	{name: "Secrets left out", control: model.SecretsEncrypted, file: keyFile, old: "  - secrets\n", new: ""},
	{name: "a key in the tree", control: model.SecretsEncrypted, file: keyFile, old: "'@ENCRYPTION_KEY@'", new: "K81rIDcb1oEgxSmt+j96YGoEHhau39kUkam95XAOoyY="},
	{name: "no encryption flag", control: model.SecretsEncrypted, file: initFile, old: flag("encryption-provider-config", "/etc/kubernetes/hardening/encryption.yaml"), new: ""},

	{name: "a token for ever", control: model.JoinTokensShort, file: initFile, old: "ttl: 1m0s", new: "ttl: 0s"},
	{name: "no token at all", control: model.JoinTokensShort, file: initFile, old: "bootstrapTokens:\n- description: made by kubeadm init, admits nobody\n  groups:\n  - system:bootstrappers:bartizan:nobody\n  ttl: 1m0s\n  usages:\n  - authentication\n", new: ""},
	{name: "a join token for ever", control: model.JoinTokensShort, file: "make-join.sh", old: "--ttl 15m", new: "--ttl 0"},
	{name: "the last life wins", control: model.JoinTokensShort, file: "make-join.sh", old: "--ttl 15m", new: "--ttl 15m --ttl=0"},
	{name: "a second token", control: model.JoinTokensShort, file: "make-join.sh", new: "kubeadm token create\n"},
	{name: "a computed command", control: model.JoinTokensShort, file: "join.sh", new: "eval \"$x\"\n"},
	{name: "tokens left", control: model.JoinTokensShort, file: "bootstrap.sh", old: "kubeadm token delete", new: "echo"},

	{name: "client certificates of etcd's authority", control: model.ClientAuthorities, file: initFile, old: flag("client-ca-file", "/etc/kubernetes/pki/ca.crt"), new: flag("client-ca-file", "/etc/kubernetes/pki/etcd/ca.crt")},
	{name: "front proxies of any name", control: model.ClientAuthorities, file: initFile, old: flag("requestheader-allowed-names", "front-proxy-client"), new: flag("requestheader-allowed-names", `""`)},
	{name: "front proxies of the cluster's authority", control: model.ClientAuthorities, file: initFile, old: "pki/front-proxy-ca.crt", new: "pki/ca.crt"},
	{name: "namespaces without life cycle", control: model.AdmissionDefaults, file: initFile, old: flag("profiling", `"false"`), new: flag("disable-admission-plugins", "NamespaceLifecycle") + flag("profiling", `"false"`)},
	{name: "everything admitted", control: model.AdmissionDefaults, file: initFile, old: "DenyServiceExternalIPs", new: "DenyServiceExternalIPs,AlwaysAdmit"},
	{name: "requests without end", control: model.RequestsBounded, file: initFile, old: flag("request-timeout", "60s"), new: flag("request-timeout", "0s")},
	{name: "finished pods for ever", control: model.RequestsBounded, file: initFile, old: flag("terminated-pod-gc-threshold", `"1000"`), new: flag("terminated-pod-gc-threshold", `"0"`)},
	{name: "controllers with one account", control: model.ControllerAccounts, file: initFile, old: flag("use-service-account-credentials", `"true"`), new: ""},
	{name: "no authority for pods", control: model.RootCAPublished, file: initFile, old: flag("root-ca-file", "/etc/kubernetes/pki/ca.crt"), new: ""},
	{name: "another issuer of tokens", control: model.BoundTokens, file: initFile, old: "value: https://kubernetes.default.svc.cluster.local", new: "value: http://kubernetes.default.svc.cluster.local"},
	{name: "tokens checked with another key", control: model.BoundTokens, file: initFile, old: "pki/sa.pub", new: "pki/ca.crt"},
	{name: "tokens signed with another key", control: model.BoundTokens, file: initFile, old: flag("service-account-private-key-file", "/etc/kubernetes/pki/sa.key"), new: flag("service-account-private-key-file", "/tmp/sa.key")},
	{name: "no certificate for kubelets", control: model.KubeletsVerified, file: initFile, old: flag("kubelet-client-certificate", "/etc/kubernetes/pki/apiserver-kubelet-client.crt"), new: ""},
	{name: "no serving certificate", control: model.APITLS, file: initFile, old: flag("tls-cert-file", "/etc/kubernetes/pki/apiserver.crt"), new: ""},
	{name: "old TLS of the scheduler", control: model.APITLS, file: initFile, old: flag("tls-min-version", "VersionTLS13") + "---", new: flag("tls-min-version", "VersionTLS10") + "---"},
	{name: "etcd unverified by the API server", control: model.EtcdOwnCA, file: initFile, old: flag("etcd-cafile", "/etc/kubernetes/pki/etcd/ca.crt"), new: ""},
	{name: "no certificate for etcd", control: model.EtcdClientAuth, file: initFile, old: flag("etcd-certfile", "/etc/kubernetes/pki/apiserver-etcd-client.crt"), new: ""},
	{name: "metrics of etcd for everybody", control: model.EtcdClientAuth, file: initFile, old: "http://127.0.0.1:2381", new: "http://127.0.0.1:2381,http://0.0.0.0:2381"},
	{name: "no certificate for peers", control: model.EtcdPeerAuth, file: initFile, old: "name: peer-cert-file\n      value: /etc/kubernetes/pki/etcd/peer.crt", new: "name: peer-cert-file\n      value: /etc/kubernetes/pki/apiserver.crt"},
	{name: "etcd's data never compared", control: model.EtcdCorruptionChecks, file: initFile, old: "CompactHashCheck=true", new: "CompactHashCheck=false"},
	{name: "another gate of etcd", control: model.EtcdCorruptionChecks, file: initFile, old: "CompactHashCheck=true,", new: "CompactHashCheck=true,StopGRPCServiceOnDefrag=true,"},
	{name: "kube-proxy's metrics for everybody", control: model.KubeProxyLocal, file: initFile, old: "metricsBindAddress: 127.0.0.1:10249", new: "metricsBindAddress: 0.0.0.0:10249"},
	{name: "kube-proxy with iptables", control: model.KubeProxyLocal, file: initFile, old: "mode: nftables", new: "mode: iptables"},
	{name: "kube-proxy with other credentials", control: model.KubeProxyLocal, file: initFile, old: "mode: nftables", new: "mode: nftables\nclientConnection:\n  kubeconfig: /tmp/x"},
	{name: "profiles of the kubelet", control: model.KubeletDebugOff, subject: general, file: generalK, old: "enableProfilingHandler: false", new: "enableProfilingHandler: true"},
	{name: "system logs of the kubelet", control: model.KubeletDebugOff, subject: general, file: generalK, new: "enableSystemLogQuery: true\n"},
	{name: "events without limit", control: model.KubeletDefaultsKept, subject: general, file: generalK, old: "eventRecordQPS: 50", new: "eventRecordQPS: 0"},
	{name: "cgroup v1", control: model.KubeletDefaultsKept, subject: general, file: generalK, old: "failCgroupV1: true", new: "failCgroupV1: false"},
	{name: "another node name", control: model.KubeletDefaultsKept, subject: general, file: "join-general.yaml", old: "  imagePullPolicy:", new: "  kubeletExtraArgs:\n  - name: hostname-override\n    value: cp-1\n  imagePullPolicy:"},
	{name: "unsafe sysctls", control: model.KernelDefaultsProtected, subject: general, file: generalK, new: "allowedUnsafeSysctls: ['net.*']\n"},
	{name: "cached images for everybody", control: model.PulledImagesVerified, subject: general, file: generalK, old: "NeverVerifyPreloadedImages", new: "NeverVerify"},

	{name: "anonymous kubelet", control: model.KubeletAuthentication, subject: general, file: generalK, old: "    enabled: false", new: "    enabled: true"},
	{name: "a kubelet flag", control: model.KubeletAuthentication, subject: general, file: "join-general.yaml", old: "  imagePullPolicy:", new: "  kubeletExtraArgs:\n  - name: anonymous-auth\n    value: \"true\"\n  imagePullPolicy:"},
	{name: "patches from elsewhere", control: model.KubeletAuthentication, subject: general, file: "join-general.yaml", old: "/etc/kubernetes/patches", new: "/tmp/patches"},
	{name: "kubelet feature gates", control: model.KubeletAuthentication, subject: general, file: generalK, new: "featureGates:\n  X: true\n"},
	{name: "everything allowed", control: model.KubeletAuthorization, subject: general, file: generalK, old: "mode: Webhook", new: "mode: AlwaysAllow"},
	{name: "the read-only port", control: model.KubeletReadOnlyPortOff, subject: control, file: controlK, old: "readOnlyPort: 0", new: "readOnlyPort: 10255"},
	{name: "the read-only port by another case", control: model.KubeletReadOnlyPortOff, subject: control, file: controlK, old: "readOnlyPort: 0", new: "readonlyport: 0"},
	{name: "a field that does not exist", control: model.KubeletTLS, subject: control, file: controlK, old: "tlsMinVersion", new: "tlsMinimumVersion"},
	{name: "self-signed certificates", control: model.KubeletCertificates, subject: general, file: generalK, old: "serverTLSBootstrap: true", new: "serverTLSBootstrap: false"},
	{name: "old TLS of kubelets", control: model.KubeletTLS, subject: general, file: generalK, old: "VersionTLS13", new: "VersionTLS11"},
	{name: "no seccomp", control: model.SeccompDefault, subject: general, file: generalK, old: "seccompDefault: true", new: "seccompDefault: false"},
	{name: "processes unlimited", control: model.PIDsLimited, subject: general, file: generalK, old: "podPidsLimit: 4096", new: "podPidsLimit: -1"},
	{name: "kernel settings ignored", control: model.KernelDefaultsProtected, subject: general, file: generalK, old: "protectKernelDefaults: true", new: "protectKernelDefaults: false"},
	{name: "static pods on workers", control: model.StaticPodsOff, subject: general, file: generalK, old: `staticPodPath: ""`, new: "staticPodPath: /etc/kubernetes/manifests"},
	{name: "static pods by URL", control: model.StaticPodsOff, subject: general, file: generalK, new: "staticPodURL: http://example.com/pods\n"},
	{name: "the patch not used", control: model.StaticPodsOff, subject: general, file: "join-general.yaml", old: "  directory: /etc/kubernetes/patches", new: "  directory: \"\"", reported: initFile},
	{name: "no taint on the control plane", control: model.ControlPlaneTaint, subject: control, file: "join-cp-2.yaml", old: "  - effect: NoSchedule\n    key: node-role.kubernetes.io/control-plane\n", new: ""},
	{name: "a taint that only prefers", control: model.PoolDedicated, subject: payments, file: "join-payments.yaml", old: "effect: NoSchedule", new: "effect: PreferNoSchedule"},
	{name: "a taint of another pool", control: model.PoolDedicated, subject: payments, file: "join-payments.yaml", old: "value: payments", new: "value: general"},
	{name: "a join that skips preflight", control: model.PoolDedicated, subject: payments, file: "join-payments.yaml", old: "  imagePullPolicy:", new: "  ignorePreflightErrors: [all]\n  imagePullPolicy:"},
	{name: "the key for everybody", control: model.SecretsEncrypted, file: "bootstrap.sh", old: "umask 077", new: "umask 022"},
	{name: "the key for everybody at the rotation", control: model.SecretsEncrypted, file: "rotate-key.sh", old: "chmod 0600", new: "chmod 0644"},
	{name: "the umask opened later", control: model.SecretsEncrypted, file: "join.sh", old: "node=''", new: "umask 000\nnode=''"},
	{name: "a key that nobody makes", control: model.SecretsEncrypted, file: "bootstrap.sh", old: "\tmv /etc/kubernetes/hardening/", new: "\tmv /tmp/"},
	{name: "a capability kept", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "      capabilities:\n", new: "      capabilities:\n        add: [SYS_ADMIN]\n"},
	{name: "a capability that another component needs", control: model.ControlPlaneConfined, subject: control, file: controlA, old: "- NET_BIND_SERVICE", new: "- DAC_OVERRIDE"},
	{name: "only some capabilities dropped", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "- ALL", new: "- NET_RAW"},
	{name: "a root file system that can be written", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "readOnlyRootFilesystem: true", new: "readOnlyRootFilesystem: false"},
	{name: "privileges gained", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "allowPrivilegeEscalation: false", new: "allowPrivilegeEscalation: true"},
	{name: "a privileged component", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "privileged: false", new: "privileged: true"},
	{name: "system calls unconfined", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "        type: RuntimeDefault", new: "        type: Unconfined"},
	{name: "the pod's system calls unconfined", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "      type: RuntimeDefault\n  ", new: "      type: Unconfined\n  ", reported: controlS},
	{name: "a sysctl of the pod", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "  securityContext:\n    seccomp", new: "  securityContext:\n    sysctls:\n    - name: kernel.msgmax\n      value: \"1\"\n    seccomp"},
	{name: "nothing requested", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "        memory: 64Mi\n", new: ""},
	{name: "another container", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "- name: kube-scheduler", new: "- name: shell"},
	{name: "a second container", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "  containers:\n", new: "  containers:\n  - name: shell\n"},
	{name: "a directive of strategic merging", control: model.ControlPlaneConfined, subject: control, file: controlS, old: "    securityContext:\n      allow", new: "    securityContext:\n      $patch: replace\n      allow"},
	{name: "the patches not read", control: model.ControlPlaneConfined, subject: control, file: "join-cp-2.yaml", old: "  directory: /etc/kubernetes/patches", new: "  directory: /tmp"},
	{name: "a patch that undoes another", control: model.ControlPlaneConfined, subject: control, file: "patches/control/kube-scheduler1+merge.yaml", new: "spec: {}\n"},
	{name: "a patch of the API server's command", control: model.APIAuthorization, file: controlA, old: "  - name: kube-apiserver\n", new: "  - name: kube-apiserver\n    command: [kube-apiserver, --authorization-mode=AlwaysAllow]\n"},
}

var etcdMutations = []mutation{
	{name: "a member open to clients", control: model.EtcdClientAuth, file: memberFile, old: "name: client-cert-auth\n      value: \"true\"", new: "name: client-cert-auth\n      value: \"false\""},
	{name: "a member with another authority", control: model.EtcdOwnCA, file: memberFile, old: "value: /etc/kubernetes/pki/etcd/ca.crt", new: "value: /etc/kubernetes/pki/ca.crt"},
	{name: "a member that nobody declared", control: model.EtcdPeerAuth, file: memberFile, old: "etcd-1=https", new: "evil=https://10.0.0.66:2380,etcd-1=https"},
	{name: "a member on another address", control: model.EtcdPeerAuth, file: memberFile, old: "advertiseAddress: 10.0.0.42", new: "advertiseAddress: 0.0.0.0"},
	{name: "a member's data elsewhere", control: model.EtcdPeerAuth, file: memberFile, old: "dataDir: /var/lib/etcd", new: "dataDir: /tmp/etcd"},
	{name: "a member with a third document", control: model.EtcdPeerAuth, file: memberFile, new: "---\nkind: x\n"},
	{name: "a member with another flag", control: model.EtcdClientAuth, file: memberFile, old: "    - name: auto-tls\n", new: "    - name: listen-client-urls\n      value: http://0.0.0.0:2379\n    - name: auto-tls\n"},
	{name: "a member without patches", control: model.ControlPlaneConfined, subject: "node_pool.etcd", file: memberFile, old: "directory: /etc/kubernetes/patches", new: "directory: \"\""},
	{name: "etcd kept by somebody else", control: model.EtcdOwnCA, file: initFile, old: "- https://10.0.0.41:2379", new: "- https://10.0.0.66:2379"},
	{name: "etcd without TLS", control: model.EtcdClientAuth, file: initFile, old: "- https://10.0.0.41:2379", new: "- http://10.0.0.41:2379"},
	{name: "etcd under any authority", control: model.EtcdOwnCA, file: initFile, old: "caFile: /etc/kubernetes/pki/etcd/ca.crt", new: "caFile: /etc/ssl/certs/ca.crt"},
	{name: "a kubelet of etcd that listens", control: model.KubeletAuthorization, subject: "node_pool.etcd", file: etcdKubeletFile, old: "enableServer: false", new: "enableServer: true"},
	{name: "a kubelet of etcd that listens by default", control: model.KubeletAuthentication, subject: "node_pool.etcd", file: etcdKubeletFile, old: "enableServer: false\n", new: ""},
	{name: "the read-only port on etcd's nodes", control: model.KubeletReadOnlyPortOff, subject: "node_pool.etcd", file: etcdKubeletFile, old: "readOnlyPort: 0", new: "readOnlyPort: 10255"},
	{name: "static pods from elsewhere on etcd's nodes", control: model.SeccompDefault, subject: "node_pool.etcd", file: etcdKubeletFile, new: "staticPodURL: http://example.com\n"},
	{name: "a feature gate on etcd's nodes", control: model.KubeletReadOnlyPortOff, subject: "node_pool.etcd", file: etcdKubeletFile, new: "featureGates: {AllAlpha: true}\n"},
	{name: "a field that nothing judges on etcd's nodes", control: model.KernelDefaultsProtected, subject: "node_pool.etcd", file: etcdKubeletFile, new: "allowedUnsafeSysctls: [\"kernel.*\"]\n"},
	{name: "another runtime on etcd's nodes", control: model.SeccompDefault, subject: "node_pool.etcd", file: etcdKubeletFile, old: "unix:///run/containerd/containerd.sock", new: "unix:///tmp/containerd.sock"},
	{name: "health of etcd's kubelet for everybody", control: model.KubeletAuthentication, subject: "node_pool.etcd", file: etcdKubeletFile, old: "healthzBindAddress: 127.0.0.1", new: "healthzBindAddress: 0.0.0.0"},
	{name: "a flag of etcd's kubelet", control: model.KubeletAuthorization, subject: "node_pool.etcd", file: "etcd/kubelet.conf", old: "--config=/etc/kubernetes/etcd-kubelet.yaml", new: "--config=/etc/kubernetes/etcd-kubelet.yaml --enable-server"},
}

// auditMutations are of a cluster whose log is to hold the contents of all requests.
var auditMutations = []mutation{
	{name: "health probes unseen", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: None\n  nonResourceURLs: ['/healthz*']\n"},
	{name: "events without contents", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: Metadata\n  resources:\n  - group: ''\n    resources: [events]\n"},
	{name: "every resource of the core group without contents", control: model.AuditContentsRecorded, file: auditFile, old: "    - secrets\n", new: "    - secrets\n    - '*'\n"},
	{name: "the core group without contents", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: Metadata\n  resources:\n  - group: ''\n    resourceNames: [x]\n"},
	{name: "another group without contents", control: model.AuditContentsRecorded, file: auditFile, old: "  - group: authentication.k8s.io\n", new: "  - group: authentication.k8s.io\n  - group: apps\n"},
	{name: "a namespace without contents", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: Metadata\n  namespaces: [shop]\n"},
	{name: "a user without contents", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: Request\n  users: [eve]\n"},
	{name: "answers left out", control: model.AuditContentsRecorded, file: auditFile, old: "- level: RequestResponse\n", new: "- level: Request\n"},
	{name: "a last rule for some", control: model.AuditContentsRecorded, file: auditFile, old: "- level: RequestResponse\n", new: "- level: RequestResponse\n  verbs: [get, list, watch, create, update, patch, delete, deletecollection]\n"},
	{name: "no last rule", control: model.AuditContentsRecorded, file: auditFile, old: "- level: RequestResponse\n", new: ""},
	{name: "answers of one path omitted", control: model.AuditContentsRecorded, file: auditFile, old: "rules:\n", new: "rules:\n- level: RequestResponse\n  nonResourceURLs: [/api]\n  omitStages: [ResponseComplete]\n"},
	{name: "contents of Secrets", control: model.APIAudit, file: auditFile, old: "    - secrets\n", new: ""},
	{name: "contents of tokens", control: model.APIAudit, file: auditFile, old: "    - serviceaccounts/token\n", new: ""},
	{name: "contents of token reviews", control: model.APIAudit, file: auditFile, old: "  - group: authentication.k8s.io\n", new: ""},
	{name: "contents of Secrets for one reader", control: model.APIAudit, file: auditFile, old: "rules:\n", new: "rules:\n- level: RequestResponse\n  users: [eve]\n"},
	{name: "a policy of changes", control: model.AuditContentsRecorded, file: auditFile, old: "- level: RequestResponse\n", new: "- level: RequestResponse\n  verbs: [create, update, patch, delete, deletecollection]\n- level: Metadata\n"},
	{name: "the log thrown away", control: model.AuditContentsRecorded, file: initFile, old: "/var/log/kubernetes/audit/audit.log", new: "/dev/null"},
}

func TestAuditMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(allContents), auditMutations)
}

func allContents(c *model.Cluster) { c.Audit.Contents = model.ContentsOfAll }

const (
	memberFile      = "etcd/etcd-2.yaml"
	etcdKubeletFile = "etcd/kubelet.yaml"
)

func TestExternalEtcdMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(externalEtcdNodes), etcdMutations)
}

func TestControlPlaneMutationsAreCaught(t *testing.T) {
	checkMutations(t, clusterSpec(), slices.Concat(clusterMutations, []mutation{
		{name: "etcd elsewhere that nobody declared", control: model.EtcdOwnCA, file: initFile, old: "etcd:\n", new: "etcd:\n  external:\n    endpoints: [\"https://10.0.0.66:2379\"]\n"},
	}))
}

func checkMutations(t *testing.T, spec *model.Spec, mutations []mutation) {
	t.Helper()
	original := clusterTree(t, spec).Files()
	const dir = "clusters/shop/cluster/"
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(original)
			text := string(files[dir+m.file])
			if m.old != "" && !strings.Contains(text, m.old) {
				t.Fatalf("%s does not contain %q", m.file, m.old)
			}
			if m.old == "" {
				text += m.new
			} else {
				text = strings.Replace(text, m.old, m.new, 1)
			}
			files[dir+m.file] = []byte(text)
			subject, reported := m.subject, m.reported
			if subject == "" {
				subject = "cluster.shop"
			}
			if reported == "" {
				reported = m.file
			}
			reported = strings.TrimSuffix(dir+reported, "/.")
			var checks []*Check // those of the control, to save time
			for _, c := range clusterChecks {
				if slices.Contains(c.Controls, m.control) {
					checks = append(checks, c)
				}
			}
			result := Run(spec, files, checks)
			for _, c := range result.Proved {
				if c.Control == m.control && c.Subject == subject {
					t.Errorf("%s is still proved for %s by %s", c.Control, c.Subject, c.Path)
				}
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == reported && f.Message != "" }) {
				t.Errorf("no finding names %s: %+v", reported, result.Findings)
			}
		})
	}
}
