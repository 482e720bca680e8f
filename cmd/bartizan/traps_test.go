package main

import (
	"strings"
	"testing"
)

// TestTrapsAreDecided holds each decision to the place where people look for it: where standards, scanners or components
// contradict each other, explain of the id must say what holds here.
func TestTrapsAreDecided(t *testing.T) {
	for _, test := range []struct{ trap, id, want string }{
		{"anonymous flag and field exclude each other", "anonymous-limited", "the flag anonymous-auth excludes it"},
		{"kube-bench misses the anonymous field", "CIS-1.12-1.2.1", "kube-bench looks for the flag only and warns"},
		{"authorization flag or file", "api-authorization", "The flag is written and not AuthorizationConfiguration"},
		{"authorization flag or file, for an auditor", "CIS-1.12-1.2.6", "scanners read the flag"},
		{"suites beside TLS 1.3", "api-tls", "counts only if somebody lowers the minimum"},
		{"etcd refuses suites beside TLS 1.3", "CIS-1.12-1.2.29", "etcd refuses it beside TLS 1.3"},
		{"kubelet's suites beside TLS 1.3", "CIS-1.12-4.2.12", "no choice of suites"},
		{"idle timeout without effect", "CIS-1.12-4.2.5", "no effect since 1.34"},
		{"idle timeout without effect, STIG", "STIG-V-245541", "not written"},
		{"event rate 0", "CIS-1.12-4.2.8", "unlimited since 1.37"},
		{"hint chain", "CIS-1.12-4.2.6", "only makes a chain"},
		{"who approves serving certificates", "kubelets-verified", "nothing in Kubernetes approves"},
		{"kubelet client certificate without a group", "kubelets-verified", "phase bootstrap-token"},
		{"six kernel settings", "kernel-defaults-protected", "The node files set all six"},
		{"CIS dropped protectKernelDefaults", "STIG-V-242434", "the stricter holds"},
		{"no user namespaces by sysctl", "kernel-hardened", "user.max_user_namespaces=0 would take hostUsers: false away"},
		{"full requests in the audit log", "STIG-V-242403", "against the letter of the requirement"},
		{"full requests in the audit log, the choice", "STIG-V-242403", "Choose with cluster.audit.contents"},
		{"full requests in the audit log, the price", "cluster.audit.contents", "holds fewer days"},
		{"full requests in the audit log, control", "api-audit", "the safer of the two"},
		{"static pods on workers", "static-pods-off", "reads no directory of pods"},
		{"sshd on workers", "STIG-V-242393", "has no sshd, which is the default"},
		{"sshd at boot on workers", "STIG-V-242394", "is not installed unless ssh_from asks for it"},
		{"the way in to a worker", "node_pool.ssh_from", "default: nobody: no sshd runs"},
		{"AlwaysPullImages and air gaps", "cluster.admission.always_pull_images", "No pod starts while the registry is away"},
		{"AlwaysPullImages or the kubelet's check", "pulled-images-verified", "the safer choice for a running cluster is the kubelet's"},
		{"loopback and Prometheus", "controllers-on-loopback", "needs a proxy on the node that asks for credentials"},
		{"loopback and Prometheus, kube-proxy", "kube-proxy-local", "needs a proxy on the node that asks for credentials"},
		{"version of PodSecurityConfiguration", "pod-security-default", "PodSecurityConfiguration v1;"},
		{"kubeadm drops zeros", "kubelet-read-only-port-off", "kubeadm drops zeros"},
		{"components ask their own API server", "cluster.api.endpoint", "on the same node instead"},
		{"policies with unknown fields are taken", "registries-enforced", "status.typeChecking"},
		{"network plugins that enforce nothing", "CIS-1.12-5.3.1", "accepts only plugins that do"},
		{"AppArmor on nodes without it", "node_pool.os", "only if every node that they may run on can do it"},
		{"RBAC has no expiry", "break-glass", "RBAC itself has no expiry"},
		{"autoscaler and replicas", "workload.scaling", "two owners of one number fight"},
		{"DenyServiceExternalIPs against trivy", "CIS-1.12-1.2.3", "trivy (KCV-0003)"},
	} {
		t.Run(test.trap, func(t *testing.T) {
			var out, messages strings.Builder
			if status := run([]string{"explain", test.id}, strings.NewReader(""), &out, &messages); status != exitClean {
				t.Fatalf("explain %s: exit status %d: %s", test.id, status, messages.String())
			}
			// The printer wraps lines.
			if text := strings.Join(strings.Fields(out.String()), " "); !strings.Contains(text, test.want) {
				t.Errorf("explain %s lacks %q:\n%s", test.id, test.want, out.String())
			}
		})
	}
}
