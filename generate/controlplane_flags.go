package generate

import (
	"fmt"
	"path"
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

// apiServerArgs returns the API server's flags beyond those that kubeadm computes, sorted by name.
// https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
func apiServerArgs(c *model.Cluster) []arg {
	args := []arg{
		{"admission-control-config-file", path.Join(HardeningDir, "admission.yaml")},
		{"audit-log-maxage", strconv.Itoa(c.Audit.LogDays)},
		{"audit-log-maxbackup", "10"},
		{"audit-log-maxsize", "100"},
		{"audit-log-path", path.Join(auditLogDir, "audit.log")},
		{"audit-policy-file", path.Join(HardeningDir, "audit-policy.yaml")},
	}
	if c.Audit.ShipTo != "" {
		args = append(args,
			arg{"audit-webhook-config-file", path.Join(HardeningDir, "audit-webhook.yaml")},
			arg{"audit-webhook-mode", "batch"},
		)
	}
	plugins := "NodeRestriction,EventRateLimit,DenyServiceExternalIPs"
	if c.Admission.AlwaysPullImages {
		plugins += ",AlwaysPullImages"
	}
	args = append(args,
		// No anonymous-auth: the API server refuses it beside the anonymous field of this file.
		arg{"authentication-config", path.Join(HardeningDir, "authentication.yaml")},
		arg{"authorization-mode", "Node,RBAC"},
		arg{"enable-admission-plugins", plugins},
		arg{"encryption-provider-config", path.Join(HardeningDir, "encryption.yaml")},
		arg{"encryption-provider-config-automatic-reload", "true"},
		arg{"kubelet-certificate-authority", path.Join(pkiDir, "ca.crt")},
		arg{"profiling", "false"},
		arg{"request-timeout", "60s"},
		arg{"service-account-extend-token-expiration", strconv.FormatBool(c.ServiceAccounts.ExtendTokens)},
		arg{"service-account-issuer", c.ServiceAccounts.Issuer},
		arg{"service-account-lookup", "true"},
		arg{"service-account-max-token-expiration", fmt.Sprintf("%dh", c.ServiceAccounts.MaxTokenHours)},
		arg{"tls-cipher-suites", strings.Join(cipherSuites, ",")},
	)
	if len(c.API.TLSCurves) > 0 {
		var ids []string
		for _, curve := range c.API.TLSCurves {
			ids = append(ids, strconv.Itoa(curve.ID()))
		}
		args = append(args, arg{"tls-curve-preferences", strings.Join(ids, ",")})
	}
	return append(args, arg{"tls-min-version", tlsMinimum})
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
// https://etcd.io/docs/v3.6/op-guide/security/
func etcdArgs() []arg {
	ca := path.Join(pkiDir, "etcd", "ca.crt")
	return []arg{
		{"auto-tls", "false"},
		{"client-cert-auth", "true"},
		{"peer-auto-tls", "false"},
		{"peer-client-cert-auth", "true"},
		{"peer-trusted-ca-file", ca},
		{"tls-min-version", "TLS1.3"},
		{"trusted-ca-file", ca},
	}
}
