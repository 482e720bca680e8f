package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

var kubeadm = &Check{
	Name: "kubeadm",
	Doc: `the control plane's flags give what the controls promise

Reads init.yaml strictly. A flag counts once: repeated or unknown flags prove nothing for their component, because the
last one wins and an unknown one may undo the rest. What kubeadm sets by itself counts only where the file states it.
The script that approves the kubelets' serving certificates must be the reviewed one, with the declared nodes in it.
Rules: CIS Kubernetes Benchmark 1.12, sections 1.2 to 2.7.`,
	Controls: append(slices.Clone(controlPlaneControls), model.KubeProxyLocal),
	Run:      runKubeadm,
}

// controlPlaneControls are proved by the flags of the control plane's components.
var controlPlaneControls = []model.ControlID{
	model.APIAuthorization, model.NodeRestriction, model.APITLS, model.EtcdClientAuth, model.EtcdPeerAuth,
	model.EtcdOwnCA, model.DenyExternalIPs, model.BoundTokens, model.ProfilingOff, model.ControllersOnLoopback,
	model.KubeletsVerified, model.ClientAuthorities, model.AdmissionDefaults, model.RequestsBounded,
	model.ControllerAccounts, model.RootCAPublished, model.EtcdCorruptionChecks,
}

// Flags that a check judges or that no control hangs on.
var (
	apiServerFlags = []string{
		"admission-control-config-file", "audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize", "audit-log-path",
		"audit-policy-file", "audit-webhook-config-file", "audit-webhook-mode", "authentication-config", "authorization-mode",
		"client-ca-file", "disable-admission-plugins", "enable-admission-plugins", "encryption-provider-config",
		"encryption-provider-config-automatic-reload", "etcd-cafile", "etcd-certfile", "etcd-keyfile", "event-ttl",
		"goaway-chance", "kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key",
		"max-mutating-requests-inflight", "max-requests-inflight", "profiling", "proxy-client-cert-file",
		"proxy-client-key-file", "request-timeout", "requestheader-allowed-names", "requestheader-client-ca-file",
		"service-account-extend-token-expiration", "service-account-issuer", "service-account-key-file",
		"service-account-lookup", "service-account-max-token-expiration", "service-account-signing-key-file",
		"tls-cert-file", "tls-cipher-suites", "tls-curve-preferences", "tls-min-version", "tls-private-key-file", "v",
	}
	controllerManagerFlags = []string{
		"bind-address", "node-monitor-grace-period", "profiling", "root-ca-file", "service-account-private-key-file",
		"terminated-pod-gc-threshold", "tls-cipher-suites", "tls-min-version", "use-service-account-credentials", "v",
	}
	schedulerFlags = []string{"bind-address", "profiling", "tls-cipher-suites", "tls-min-version", "v"}
	etcdFlags      = []string{
		"auto-compaction-mode", "auto-compaction-retention", "auto-tls", "cert-file", "client-cert-auth", "election-timeout",
		"feature-gates", "heartbeat-interval", "key-file", "listen-metrics-urls", "peer-auto-tls", "peer-cert-file",
		"peer-client-cert-auth", "peer-key-file", "peer-trusted-ca-file", "quota-backend-bytes", "snapshot-count",
		"tls-min-version", "trusted-ca-file",
	}
)

func runKubeadm(p *Pass) {
	for _, k := range kubeadmClusters(p) {
		failed := map[model.ControlID]bool{}
		k.judge("apiServer", k.config.APIServer.ExtraArgs, apiServerFlags, k.apiServerRules(failed), failed)
		k.judge("controllerManager", k.config.ControllerManager.ExtraArgs, controllerManagerFlags, controllerManagerRules, failed)
		k.judge("scheduler", k.config.Scheduler.ExtraArgs, schedulerFlags, schedulerRules, failed)
		k.approvalWrong(failed)
		external := k.cluster.ExternalEtcd()
		if !external {
			k.judge("etcd.local", k.config.Etcd.Local.ExtraArgs, etcdFlags, etcdRules, failed)
			if k.config.Etcd.External != nil {
				p.Find(Finding{Control: model.EtcdOwnCA, Subject: k.cluster.Addr(), Path: k.path, Object: "ClusterConfiguration: etcd.external",
					Message: "An etcd elsewhere is used that nobody has declared."})
				for _, control := range etcdControls {
					failed[control] = true
				}
			}
		}
		for _, control := range p.check.Controls {
			if control != model.KubeProxyLocal && !failed[control] && !(external && slices.Contains(etcdControls, control)) {
				p.Prove(control, k.cluster.Addr(), k.path)
			}
		}
		k.judgeProxy()
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
