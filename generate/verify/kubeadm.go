package verify

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

var kubeadm = &Check{
	Name: "kubeadm",
	Doc: `the control plane's flags give what the controls promise

Reads init.yaml strictly. A flag counts once: repeated or unknown flags prove nothing for their component, because the
last one wins and an unknown one may undo the rest. What kubeadm sets by itself counts only where the file states it.
Rules: CIS Kubernetes Benchmark 1.12, sections 1.2 to 2.7.`,
	Controls: []model.ControlID{
		model.APIAuthorization, model.NodeRestriction, model.APITLS, model.EtcdClientAuth, model.EtcdPeerAuth,
		model.EtcdOwnCA, model.DenyExternalIPs, model.BoundTokens, model.ProfilingOff, model.ControllersOnLoopback,
		model.KubeletsVerified,
	},
	Run: runKubeadm,
}

// Flags that a check judges or that no control hangs on.
var (
	apiServerFlags = []string{
		"admission-control-config-file", "audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize", "audit-log-path",
		"audit-policy-file", "audit-webhook-config-file", "audit-webhook-mode", "authentication-config", "authorization-mode",
		"disable-admission-plugins", "enable-admission-plugins", "encryption-provider-config",
		"encryption-provider-config-automatic-reload", "event-ttl", "goaway-chance", "kubelet-certificate-authority",
		"max-mutating-requests-inflight", "max-requests-inflight", "profiling", "request-timeout",
		"service-account-extend-token-expiration", "service-account-issuer", "service-account-lookup",
		"service-account-max-token-expiration", "tls-cipher-suites", "tls-curve-preferences", "tls-min-version", "v",
	}
	controllerManagerFlags = []string{
		"bind-address", "profiling", "terminated-pod-gc-threshold", "tls-cipher-suites", "tls-min-version",
		"use-service-account-credentials", "node-monitor-grace-period", "v",
	}
	schedulerFlags = []string{"bind-address", "profiling", "tls-cipher-suites", "tls-min-version", "v"}
	etcdFlags      = []string{
		"auto-tls", "client-cert-auth", "peer-auto-tls", "peer-client-cert-auth", "peer-trusted-ca-file", "tls-min-version",
		"trusted-ca-file", "auto-compaction-mode", "auto-compaction-retention", "election-timeout", "heartbeat-interval",
		"quota-backend-bytes", "snapshot-count",
	}
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
	{model.APITLS, "tls-min-version", modernTLS, "VersionTLS12 or VersionTLS13"},
	{model.APITLS, "tls-cipher-suites", modernSuites, "a list of ECDHE suites with AEAD"},
	{model.DenyExternalIPs, "enable-admission-plugins", lists("DenyServiceExternalIPs"), "a list with DenyServiceExternalIPs"},
	{model.DenyExternalIPs, "disable-admission-plugins", lacks("DenyServiceExternalIPs"), "a list without DenyServiceExternalIPs"},
	{model.BoundTokens, "service-account-lookup", is("true"), "true"},
	{model.BoundTokens, "service-account-extend-token-expiration", is("false"), "false"},
	{model.BoundTokens, "service-account-max-token-expiration", atMost(24 * time.Hour), "at most 24h"},
	{model.BoundTokens, "disable-admission-plugins", lacks("ServiceAccount"), "a list without ServiceAccount"},
	{model.ProfilingOff, "profiling", is("false"), "false"},
	{model.KubeletsVerified, "kubelet-certificate-authority", is(nodePKI + "/ca.crt"), nodePKI + "/ca.crt"},
}

var controllerManagerRules = []rule{
	{model.ProfilingOff, "profiling", is("false"), "false"},
	{model.ControllersOnLoopback, "bind-address", loopback, "127.0.0.1 or ::1"},
}

var schedulerRules = controllerManagerRules

var etcdRules = []rule{
	{model.EtcdClientAuth, "client-cert-auth", is("true"), "true"},
	{model.EtcdClientAuth, "auto-tls", is("false"), "false"},
	{model.EtcdClientAuth, "trusted-ca-file", is(nodePKI + "/etcd/ca.crt"), nodePKI + "/etcd/ca.crt"},
	{model.EtcdPeerAuth, "peer-client-cert-auth", is("true"), "true"},
	{model.EtcdPeerAuth, "peer-auto-tls", is("false"), "false"},
	{model.EtcdPeerAuth, "peer-trusted-ca-file", is(nodePKI + "/etcd/ca.crt"), nodePKI + "/etcd/ca.crt"},
	{model.EtcdOwnCA, "trusted-ca-file", is(nodePKI + "/etcd/ca.crt"), nodePKI + "/etcd/ca.crt"},
	{model.EtcdOwnCA, "peer-trusted-ca-file", is(nodePKI + "/etcd/ca.crt"), nodePKI + "/etcd/ca.crt"},
}

// mayBeAbsent are flags whose absence is as good as an empty list.
var mayBeAbsent = []string{"disable-admission-plugins", "tls-cipher-suites"}

func runKubeadm(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		failed := map[model.ControlID]bool{}
		k.judge("apiServer", k.config.APIServer.ExtraArgs, apiServerFlags, k.apiServerRules(failed), failed)
		k.judge("controllerManager", k.config.ControllerManager.ExtraArgs, controllerManagerFlags, controllerManagerRules, failed)
		k.judge("scheduler", k.config.Scheduler.ExtraArgs, schedulerFlags, schedulerRules, failed)
		k.judge("etcd.local", k.config.Etcd.Local.ExtraArgs, etcdFlags, etcdRules, failed)
		for _, control := range p.check.Controls {
			if !failed[control] {
				p.Prove(control, k.cluster.Addr(), k.path)
			}
		}
	}
}

// apiServerRules leaves out the rules for tokens where the specification accepts longer-lived ones, and marks the control
// as not given.
func (k *kubeadmFiles) apiServerRules(failed map[model.ControlID]bool) []rule {
	if a := k.cluster.ServiceAccounts; !a.ExtendTokens && a.MaxTokenHours <= 24 {
		return apiServerRules
	}
	failed[model.BoundTokens] = true
	return slices.DeleteFunc(slices.Clone(apiServerRules), func(r rule) bool { return r.control == model.BoundTokens })
}

// judge marks the controls that a component's flags do not give.
func (k *kubeadmFiles) judge(component string, args []kubeadmArg, known []string, rules []rule, failed map[model.ControlID]bool) {
	find := func(control model.ControlID, format string, a ...any) {
		failed[control] = true
		k.pass.Find(Finding{
			Control: control, Subject: k.cluster.Addr(), Path: k.path,
			Object:  "ClusterConfiguration: " + component + ".extraArgs",
			Message: fmt.Sprintf(format, a...),
		})
	}
	m, err := flags(args, known)
	if err != nil {
		for _, r := range rules {
			find(r.control, "The flags prove nothing: %v.", err)
		}
		return
	}
	for _, r := range rules {
		value, stated := m[r.flag]
		switch {
		case !stated && slices.Contains(mayBeAbsent, r.flag):
		case !stated:
			find(r.control, "Flag %s is missing; it must be %s.", r.flag, r.want)
		case !r.ok(value):
			find(r.control, "Flag %s is %q; it must be %s.", r.flag, value, r.want)
		}
	}
}

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

// hardeningFile returns the place in the tree of the file that an API server flag names. It is an error unless the flag
// names a file of the hardening directory, which one volume mounts at its own place and nothing shadows.
func (k *kubeadmFiles) hardeningFile(flag string) (string, error) {
	m, err := flags(k.config.APIServer.ExtraArgs, apiServerFlags)
	if err != nil {
		return "", fmt.Errorf("the API server's flags prove nothing: %w", err)
	}
	value, ok := m[flag]
	if !ok {
		return "", fmt.Errorf("the API server's flag %s is missing", flag)
	}
	if err := k.volumes(); err != nil {
		return "", err
	}
	name, below := strings.CutPrefix(value, nodeHardening+"/")
	if !below || strings.Contains(name, "/") || path.Clean(value) != value {
		return "", fmt.Errorf("the API server's flag %s names %q, no file in %s", flag, value, nodeHardening)
	}
	return path.Join(k.dir(), "hardening", name), nil
}
