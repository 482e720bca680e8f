package generate

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// tlsMinimum is the lowest version that servers of the cluster speak. Every client of theirs is written in Go or is a
// current library, so nothing older is needed.
const tlsMinimum = "VersionTLS13"

// cipherSuites are for scanners (CIS 1.2.29 and 4.2.12 ask for a list): TLS 1.3 has no configurable suites.
var cipherSuites = []string{
	"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
	"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}

// apiServerArgs returns the API server's flags, sorted by name: those beyond kubeadm's own, and those of kubeadm's that a
// control or a benchmark needs. kubeadm takes a flag that is stated here instead of its own.
// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
func apiServerArgs(c *model.Cluster) []arg {
	pki := func(name string) string { return path.Join(pkiDir, name) }
	args := []arg{
		{"admission-control-config-file", path.Join(HardeningDir, "admission.yaml")},
		{"audit-log-maxage", strconv.Itoa(c.Audit.LogDays)},
		{"audit-log-maxbackup", "10"},
		{"audit-log-maxsize", "100"},
		{"audit-log-path", path.Join(auditLogDir, "audit.log")},
		{"audit-policy-file", path.Join(HardeningDir, "audit-policy.yaml")},
		// No anonymous-auth: the API server refuses it beside the anonymous field of this file.
		{"authentication-config", path.Join(HardeningDir, "authentication.yaml")},
		{"authorization-mode", "Node,RBAC"},
		{"client-ca-file", pki("ca.crt")},
		{"enable-admission-plugins", strings.Join(admissionPlugins(c), ",")},
		{"encryption-provider-config", path.Join(HardeningDir, "encryption.yaml")},
		{"encryption-provider-config-automatic-reload", "true"},
		{"etcd-cafile", pki("etcd/ca.crt")},
		{"etcd-certfile", pki("apiserver-etcd-client.crt")},
		{"etcd-keyfile", pki("apiserver-etcd-client.key")},
		{"kubelet-certificate-authority", pki("ca.crt")},
		{"kubelet-client-certificate", pki("apiserver-kubelet-client.crt")},
		{"kubelet-client-key", pki("apiserver-kubelet-client.key")},
		{"profiling", "false"},
		{"proxy-client-cert-file", pki("front-proxy-client.crt")},
		{"proxy-client-key-file", pki("front-proxy-client.key")},
		{"request-timeout", "60s"},
		{"requestheader-allowed-names", "front-proxy-client"},
		{"requestheader-client-ca-file", pki("front-proxy-ca.crt")},
		{"service-account-extend-token-expiration", strconv.FormatBool(c.ServiceAccounts.ExtendTokens)},
		{"service-account-issuer", c.ServiceAccounts.Issuer},
		{"service-account-key-file", pki("sa.pub")},
		{"service-account-lookup", "true"},
		{"service-account-max-token-expiration", fmt.Sprintf("%dh", c.ServiceAccounts.MaxTokenHours)},
		{"service-account-signing-key-file", pki("sa.key")},
		{"tls-cert-file", pki("apiserver.crt")},
		{"tls-cipher-suites", strings.Join(cipherSuites, ",")},
		{"tls-min-version", tlsMinimum},
		{"tls-private-key-file", pki("apiserver.key")},
	}
	if c.Audit.ShipTo != "" {
		args = append(args,
			arg{"audit-webhook-config-file", path.Join(HardeningDir, "audit-webhook.yaml")},
			arg{"audit-webhook-mode", "batch"},
		)
	}
	if len(c.API.TLSCurves) > 0 {
		var ids []string
		for _, curve := range c.API.TLSCurves {
			ids = append(ids, strconv.Itoa(curve.ID()))
		}
		args = append(args, arg{"tls-curve-preferences", strings.Join(ids, ",")})
	}
	slices.SortFunc(args, func(a, b arg) int { return strings.Compare(a.Name, b.Name) })
	return args
}

// admissionPlugins are enabled beyond those that Kubernetes enables by itself.
func admissionPlugins(c *model.Cluster) []string {
	plugins := []string{"NodeRestriction", "EventRateLimit", "DenyServiceExternalIPs"}
	if c.Admission.AlwaysPullImages {
		plugins = append(plugins, "AlwaysPullImages")
	}
	return plugins
}

// apiServerVolumes mounts what the flags name.
func apiServerVolumes(c *model.Cluster) []hostPathMount {
	volumes := []hostPathMount{
		{Name: "audit-log", HostPath: auditLogDir, MountPath: auditLogDir, PathType: corev1.HostPathDirectoryOrCreate},
		{Name: "hardening", HostPath: HardeningDir, MountPath: HardeningDir, ReadOnly: true, PathType: corev1.HostPathDirectory},
	}
	if dir := kmsSocketDir(c); dir != "" {
		volumes = append(volumes, hostPathMount{Name: "kms", HostPath: dir, MountPath: dir, ReadOnly: true, PathType: corev1.HostPathDirectory})
	}
	return volumes
}

// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/
func controllerManagerArgs() []arg {
	return []arg{
		{"bind-address", "127.0.0.1"},
		{"profiling", "false"},
		{"root-ca-file", path.Join(pkiDir, "ca.crt")},
		{"service-account-private-key-file", path.Join(pkiDir, "sa.key")},
		{"terminated-pod-gc-threshold", "1000"},
		{"tls-cipher-suites", strings.Join(cipherSuites, ",")},
		{"tls-min-version", tlsMinimum},
		{"use-service-account-credentials", "true"},
	}
}

// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/
func schedulerArgs() []arg {
	return []arg{
		{"bind-address", "127.0.0.1"},
		{"profiling", "false"},
		{"tls-cipher-suites", strings.Join(cipherSuites, ",")},
		{"tls-min-version", tlsMinimum},
	}
}

// etcdArgs states no cipher suites: etcd refuses them beside a minimum of TLS 1.3.
// https://etcd.io/docs/v3.6/op-guide/security/, https://etcd.io/docs/v3.6/op-guide/data_corruption/
func etcdArgs(member model.Node) []arg {
	pki := func(name string) string { return path.Join(pkiDir, "etcd", name) }
	loopback := "127.0.0.1"
	if member.Address.Is6() {
		loopback = "[::1]" // kubeadm's probes ask there
	}
	return []arg{
		{"auto-tls", "false"},
		{"cert-file", pki("server.crt")},
		{"client-cert-auth", "true"},
		{"feature-gates", "CompactHashCheck=true,InitialCorruptCheck=true"},
		{"key-file", pki("server.key")},
		{"listen-metrics-urls", "http://" + loopback + ":2381"},
		{"peer-auto-tls", "false"},
		{"peer-cert-file", pki("peer.crt")},
		{"peer-client-cert-auth", "true"},
		{"peer-key-file", pki("peer.key")},
		{"peer-trusted-ca-file", pki("ca.crt")},
		{"tls-min-version", "TLS1.3"},
		{"trusted-ca-file", pki("ca.crt")},
	}
}
