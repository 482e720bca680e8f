package verify

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// rule is one condition of a control: what a flag must be, in words for the finding.
type rule struct {
	control model.ControlID
	flag    string
	ok      func(value string) bool
	want    string
}

func is(want string) func(string) bool { return func(v string) bool { return v == want } }

func lists(name string) func(string) bool {
	return func(v string) bool { return slices.Contains(strings.Split(v, ","), name) }
}

func lacks(name string) func(string) bool { return func(v string) bool { return !lists(name)(v) } }

func loopback(v string) bool { return v == "127.0.0.1" || v == "::1" }

var apiServerRules = []rule{
	{model.APIAuthorization, "authorization-mode", onlyNodeAndRBAC, "Node and RBAC and nothing else"},
	{model.NodeRestriction, "authorization-mode", lists("Node"), "a list with Node"},
	{model.NodeRestriction, "enable-admission-plugins", lists("NodeRestriction"), "a list with NodeRestriction"},
	{model.NodeRestriction, "disable-admission-plugins", lacks("NodeRestriction"), "a list without NodeRestriction"},
	pki(model.APITLS, "tls-cert-file", "apiserver.crt"),
	pki(model.APITLS, "tls-private-key-file", "apiserver.key"),
	tlsRules[0], tlsRules[1],
	{model.AdmissionDefaults, "disable-admission-plugins", is(""), "empty"},
	{model.AdmissionDefaults, "enable-admission-plugins", lacks("AlwaysAdmit"), "a list without AlwaysAdmit"},
	{model.DenyExternalIPs, "enable-admission-plugins", lists("DenyServiceExternalIPs"), "a list with DenyServiceExternalIPs"},
	{model.DenyExternalIPs, "disable-admission-plugins", lacks("DenyServiceExternalIPs"), "a list without DenyServiceExternalIPs"},
	{model.BoundTokens, "service-account-lookup", is("true"), "true"},
	{model.BoundTokens, "service-account-extend-token-expiration", is("false"), "false"},
	{model.BoundTokens, "service-account-max-token-expiration", atMost(24 * time.Hour), "at most 24h"},
	{model.BoundTokens, "disable-admission-plugins", lacks("ServiceAccount"), "a list without ServiceAccount"},
	{model.BoundTokens, "service-account-issuer", httpsURL, "one https URL"},
	pki(model.BoundTokens, "service-account-key-file", "sa.pub"),
	pki(model.BoundTokens, "service-account-signing-key-file", "sa.key"),
	{model.ProfilingOff, "profiling", is("false"), "false"},
	pki(model.KubeletsVerified, "kubelet-certificate-authority", "ca.crt"),
	pki(model.KubeletsVerified, "kubelet-client-certificate", "apiserver-kubelet-client.crt"),
	pki(model.KubeletsVerified, "kubelet-client-key", "apiserver-kubelet-client.key"),
	pki(model.EtcdOwnCA, "etcd-cafile", "etcd/ca.crt"),
	pki(model.EtcdClientAuth, "etcd-certfile", "apiserver-etcd-client.crt"),
	pki(model.EtcdClientAuth, "etcd-keyfile", "apiserver-etcd-client.key"),
	pki(model.ClientAuthorities, "client-ca-file", "ca.crt"),
	pki(model.ClientAuthorities, "requestheader-client-ca-file", "front-proxy-ca.crt"),
	{model.ClientAuthorities, "requestheader-allowed-names", is("front-proxy-client"), "front-proxy-client"},
	pki(model.ClientAuthorities, "proxy-client-cert-file", "front-proxy-client.crt"),
	pki(model.ClientAuthorities, "proxy-client-key-file", "front-proxy-client.key"),
	{model.RequestsBounded, "request-timeout", atMost(5 * time.Minute), "more than 0 and at most 5m"},
}

// pki wants a file that kubeadm makes, by its place below the directory of certificates.
func pki(control model.ControlID, flag, name string) rule {
	return rule{control, flag, is(nodePKI + "/" + name), nodePKI + "/" + name}
}

// tlsRules hold for every server of the control plane but etcd, whose flags have other names.
var tlsRules = []rule{
	{model.APITLS, "tls-min-version", modernTLS, "VersionTLS12 or VersionTLS13"},
	{model.APITLS, "tls-cipher-suites", modernSuites, "a list of ECDHE suites with AEAD"},
}

var controllerManagerRules = []rule{
	{model.ProfilingOff, "profiling", is("false"), "false"},
	{model.ControllersOnLoopback, "bind-address", loopback, "127.0.0.1 or ::1"},
	{model.ControllerAccounts, "use-service-account-credentials", is("true"), "true"},
	pki(model.RootCAPublished, "root-ca-file", "ca.crt"),
	pki(model.BoundTokens, "service-account-private-key-file", "sa.key"),
	{model.RequestsBounded, "terminated-pod-gc-threshold", between(1, 12500), "between 1 and 12500, Kubernetes' default"},
	tlsRules[0], tlsRules[1],
}

var schedulerRules = []rule{
	{model.ProfilingOff, "profiling", is("false"), "false"},
	{model.ControllersOnLoopback, "bind-address", loopback, "127.0.0.1 or ::1"},
	tlsRules[0], tlsRules[1],
}

var etcdRules = []rule{
	pki(model.EtcdClientAuth, "cert-file", "etcd/server.crt"),
	pki(model.EtcdClientAuth, "key-file", "etcd/server.key"),
	{model.EtcdClientAuth, "client-cert-auth", is("true"), "true"},
	{model.EtcdClientAuth, "auto-tls", is("false"), "false"},
	pki(model.EtcdClientAuth, "trusted-ca-file", "etcd/ca.crt"),
	{model.EtcdClientAuth, "listen-metrics-urls", loopbackURL, "one http URL on 127.0.0.1 or [::1]"},
	{model.EtcdClientAuth, "tls-min-version", modernEtcdTLS, "TLS1.2 or TLS1.3"},
	pki(model.EtcdPeerAuth, "peer-cert-file", "etcd/peer.crt"),
	pki(model.EtcdPeerAuth, "peer-key-file", "etcd/peer.key"),
	{model.EtcdPeerAuth, "peer-client-cert-auth", is("true"), "true"},
	{model.EtcdPeerAuth, "peer-auto-tls", is("false"), "false"},
	pki(model.EtcdPeerAuth, "peer-trusted-ca-file", "etcd/ca.crt"),
	pki(model.EtcdOwnCA, "trusted-ca-file", "etcd/ca.crt"),
	pki(model.EtcdOwnCA, "peer-trusted-ca-file", "etcd/ca.crt"),
	{model.EtcdCorruptionChecks, "feature-gates", corruptionChecks, "exactly CompactHashCheck=true,InitialCorruptCheck=true"},
}

// mayBeAbsent are flags whose absence is as good as an empty list.
var mayBeAbsent = []string{"disable-admission-plugins", "tls-cipher-suites"}

func onlyNodeAndRBAC(v string) bool {
	modes := strings.Split(v, ",")
	slices.Sort(modes)
	return slices.Equal(modes, []string{"Node", "RBAC"})
}

func modernTLS(v string) bool { return v == "VersionTLS12" || v == "VersionTLS13" }

// modernSuites accepts suites with forward secrecy and authenticated encryption.
func modernSuites(v string) bool {
	for _, s := range strings.Split(v, ",") {
		if !modernSuite(s) {
			return false
		}
	}
	return true
}

func modernSuite(s string) bool {
	return strings.HasPrefix(s, "TLS_ECDHE_") && (strings.Contains(s, "_GCM_SHA") || strings.HasSuffix(s, "_CHACHA20_POLY1305_SHA256")) ||
		slices.Contains([]string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}, s)
}

func atMost(limit time.Duration) func(string) bool {
	return func(v string) bool {
		d, err := time.ParseDuration(v)
		return err == nil && d > 0 && d <= limit
	}
}

func atLeast(limit int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && n >= limit
	}
}

func between(low, high int) func(string) bool {
	return func(v string) bool {
		n, err := strconv.Atoi(v)
		return err == nil && low <= n && n <= high
	}
}

// httpsURL accepts one absolute URL: a second issuer would follow a comma.
func httpsURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.Contains(v, ",")
}

// loopbackURL accepts one address of the node itself. etcd takes a list.
func loopbackURL(v string) bool {
	u, err := url.Parse(v)
	return err == nil && u.Scheme == "http" && loopback(u.Hostname()) && u.Path == "" && !strings.Contains(v, ",")
}

func modernEtcdTLS(v string) bool { return v == "TLS1.2" || v == "TLS1.3" }

// corruptionChecks accepts the two gates and no other: a gate may change what any other flag means.
func corruptionChecks(v string) bool {
	gates := strings.Split(v, ",")
	slices.Sort(gates)
	return slices.Equal(gates, []string{"CompactHashCheck=true", "InitialCorruptCheck=true"})
}
