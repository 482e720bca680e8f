//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// apiChecks ask the API server, the kubelets and etcd as somebody who has no right to.
var apiChecks = []check{
	{"Anonymous requests are answered on health paths only", checkAnonymous},
	{"TLS below 1.3 is refused by API server, kubelet and etcd", checkTLS},
	{"etcd refuses a client without a certificate of its own authority", checkEtcdClients},
	{"The kubelet refuses anonymous requests and has no read-only port", checkKubelet},
	{"Controller manager and scheduler listen on loopback only", checkLoopback},
	{"The firewall lets the jump box reach the API server and nothing else, and a stranger nothing", checkFirewall},
	{"A pod that violates the restricted level is refused in a namespace without labels", checkPodSecurity},
	{"A kubelet may neither label itself into a pool nor change or read what is not its own", checkNodeRestriction},
	{"A Service with external addresses is refused", checkExternalIPs},
	{"A flood of events is throttled", checkEventRate},
	{"kube-vip's credential holds its lease and reads no Secret", checkKubeVIP},
}

func checkAnonymous(ctx context.Context, e *env) (string, error) {
	var seen []string
	for _, request := range []struct{ path, want string }{
		{"/healthz", "200"}, {"/livez", "200"}, {"/readyz", "200"}, {"/version", "401"}, {"/api", "401"}, {"/api/v1/nodes", "401"},
		{"/openapi/v2", "401"}, {"/metrics", "401"}, {"/livez/ping", "401"}, {"/.well-known/openid-configuration", "401"},
	} {
		got, err := e.site.jump.Run(ctx, "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "https://"+e.site.endpointIP+":6443"+request.path)
		if err != nil {
			return "", err
		}
		if got != request.want {
			return "", fmt.Errorf("%s answers %s, not %s", request.path, got, request.want)
		}
		seen = append(seen, request.path+" "+got)
	}
	return strings.Join(seen, ", "), nil
}

// server is something that speaks TLS, and a machine that reaches it.
type server struct {
	name, address string
	from          *lab.Machine
}

// servers are the API server, the kubelets that listen and the members of etcd.
func (e *env) servers() []server {
	control := e.site.control
	all := []server{{"API server", e.site.endpointIP + ":6443", e.site.jump}, {"kubelet of a control-plane node", control.Address.String() + ":10250", control}}
	if w := e.site.worker; w != nil {
		all = append(all, server{"kubelet of a worker", w.Address.String() + ":10250", control})
	}
	for _, m := range e.site.keepers() {
		all = append(all, server{"etcd of " + m.Name, "127.0.0.1:2379", m}, server{"etcd of " + m.Name + " for members", m.Address.String() + ":2380", m})
	}
	return all
}

func checkTLS(ctx context.Context, e *env) (string, error) {
	servers := e.servers()
	for _, s := range servers {
		// SECLEVEL=0 lets the client offer what it would itself refuse.
		for _, v := range []struct {
			flag string
			want bool
		}{{"-tls1", false}, {"-tls1_1", false}, {"-tls1_2", false}, {"-tls1_3", true}} {
			out, err := s.from.Shell(ctx, "echo | timeout 10 openssl s_client -connect "+s.address+" "+v.flag+" -cipher ALL:@SECLEVEL=0 2>&1; true")
			if err != nil {
				return "", err
			}
			if !strings.Contains(out, "Cipher is ") {
				return "", fmt.Errorf("%s was not reached: %s", s.name, out)
			}
			if got := !strings.Contains(out, "Cipher is (NONE)"); got != v.want {
				return "", fmt.Errorf("%s: %s accepted: %v, want %v", s.name, v.flag, got, v.want)
			}
		}
	}
	return fmt.Sprintf("1.0, 1.1 and 1.2 refused, 1.3 accepted, by %d servers", len(servers)), nil
}

// checkEtcdClients asks every member from the API server's machine, which the firewall lets through.
func checkEtcdClients(ctx context.Context, e *env) (string, error) {
	const pki = "/etc/kubernetes/pki/"
	for _, m := range e.site.keepers() {
		address := m.Address
		if m == e.site.control {
			address = netip.MustParseAddr("127.0.0.1")
		}
		ask := func(cert, key string) (string, error) {
			args := []string{"curl", "-s", "--max-time", "10", "--cacert", pki + "etcd/ca.crt"}
			if cert != "" {
				args = append(args, "--cert", cert, "--key", key)
			}
			return e.site.control.Run(ctx, append(args, "https://"+address.String()+":2379/health")...)
		}
		if out, err := ask(pki+"apiserver-etcd-client.crt", pki+"apiserver-etcd-client.key"); err != nil || !strings.Contains(out, `"health":"true"`) {
			return "", fmt.Errorf("etcd of %s does not answer the API server's certificate: %s %w", m.Name, out, err)
		}
		const kubelet = "/var/lib/kubelet/pki/kubelet-client-current.pem"
		for _, c := range []struct{ cert, key string }{
			{}, {pki + "apiserver-kubelet-client.crt", pki + "apiserver-kubelet-client.key"},
			{pki + "front-proxy-client.crt", pki + "front-proxy-client.key"}, {kubelet, kubelet},
		} {
			if c.cert != "" {
				if _, err := e.site.control.Run(ctx, "test", "-s", c.cert); err != nil {
					return "", err
				}
			}
			if out, err := ask(c.cert, c.key); err == nil {
				return "", fmt.Errorf("etcd of %s answers a client with certificate %q: %s", m.Name, c.cert, out)
			}
		}
	}
	return fmt.Sprintf("each of %d: no certificate, the cluster authority's for kubelets, a kubelet's own, the front proxy's: handshake refused; the API server's for etcd: healthy",
		len(e.site.keepers())), nil
}

func checkKubelet(ctx context.Context, e *env) (string, error) {
	const pki = "/etc/kubernetes/pki/"
	for _, m := range []*lab.Machine{e.site.control, e.site.worker} {
		for path, want := range map[string]string{"/pods": "401", "/metrics": "401", "/configz": "401", "/healthz": "401"} {
			url := "https://" + m.Address.String() + ":10250" + path
			got, err := e.site.control.Run(ctx, "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", url)
			if err != nil || got != want {
				return "", fmt.Errorf("%s answers %s without a certificate, not %s: %w", url, got, want, err)
			}
		}
		got, err := e.site.control.Run(ctx, "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", pki+"ca.crt",
			"--cert", pki+"apiserver-kubelet-client.crt", "--key", pki+"apiserver-kubelet-client.key", "https://"+m.Address.String()+":10250/pods")
		if err != nil || got != "200" {
			return "", fmt.Errorf("%s does not answer the API server: %s %w", m.Name, got, err)
		}
		ports, err := listening(ctx, m)
		if err != nil {
			return "", err
		}
		for _, p := range ports {
			if strings.HasSuffix(p, ":10255") {
				return "", fmt.Errorf("%s listens on %s", m.Name, p)
			}
		}
	}
	return "401 without a certificate, 200 with the API server's, whose authority signed the serving certificate; nothing on 10255", nil
}

// listening are the addresses that processes of the machine listen on.
func listening(ctx context.Context, m *lab.Machine) ([]string, error) {
	out, err := m.Shell(ctx, "ss -Hltn | awk '{ print $4 }'")
	return strings.Fields(out), err
}

func checkLoopback(ctx context.Context, e *env) (string, error) {
	ports, err := listening(ctx, e.site.control)
	if err != nil {
		return "", err
	}
	for _, port := range []string{"10257", "10259", "2381", "10248"} {
		var on []string
		for _, p := range ports {
			if strings.HasSuffix(p, ":"+port) {
				on = append(on, p)
			}
		}
		if !slices.Equal(on, []string{"127.0.0.1:" + port}) {
			return "", fmt.Errorf("port %s listens on %v", port, on)
		}
	}
	return "10257, 10259, etcd's 2381 and the kubelet's 10248 on 127.0.0.1 only", nil
}

// way is a connection from one machine to a port of another, and whether it should be accepted.
type way struct {
	from, to *lab.Machine
	port     string
	open     bool
}

// checkWays tries all ways at once, because a closed one answers nothing until the time is over. It returns how many are
// closed.
func checkWays(ctx context.Context, ways []way) (closed int, err error) {
	wrong := make([]error, len(ways))
	var wait sync.WaitGroup
	for i, w := range ways {
		if !w.open {
			closed++
		}
		wait.Go(func() {
			_, err := w.from.Run(ctx, "timeout", "3", "bash", "-c", "exec 3<>/dev/tcp/"+w.to.Address.String()+"/"+w.port)
			if open := err == nil; open != w.open {
				wrong[i] = fmt.Errorf("%s reaches port %s of %s: %v, want %v", w.from.Name, w.port, w.to.Name, open, w.open)
			}
		})
	}
	wait.Wait()
	return closed, errors.Join(wrong...)
}

func checkFirewall(ctx context.Context, e *env) (string, error) {
	s := e.site
	closed, err := checkWays(ctx, []way{
		{s.jump, s.control, "6443", true}, {s.control, s.worker, "10250", true},
		{s.jump, s.control, "2379", false}, {s.jump, s.control, "2380", false}, {s.jump, s.control, "10250", false}, {s.jump, s.worker, "10250", false},
		{s.worker, s.control, "2379", false}, {s.worker, s.control, "2380", false}, {s.worker, s.control, "10250", false},
		{s.stranger, s.control, "6443", false}, {s.stranger, s.control, "2379", false}, {s.stranger, s.control, "10250", false}, {s.stranger, s.worker, "10250", false},
	})
	return fmt.Sprintf("the jump box reaches 6443, the control plane the worker's 10250; %d other ways are closed", closed), err
}

// denied runs kubectl and wants it refused in these words.
func denied(ctx context.Context, e *env, words, manifest string, args ...string) (string, error) {
	out, err := e.KubectlInput(ctx, strings.NewReader(manifest), args...)
	if err == nil {
		return "", fmt.Errorf("accepted: %s", out)
	}
	failure := new(lab.CommandError)
	if !errors.As(err, &failure) || !strings.Contains(failure.Stderr, words) {
		return "", fmt.Errorf("refused for another reason than %q: %w", words, err)
	}
	return strings.TrimSpace(failure.Stderr), nil
}

func checkPodSecurity(ctx context.Context, e *env) (string, error) {
	const pod = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}, "spec": {"hostPID": true,
  "containers": [{"name": "c", "image": "x", "securityContext": {"privileged": true}}]}}`
	return denied(ctx, e, `violates PodSecurity "restricted:`, pod, "create", "--dry-run=server", "-f", "-")
}

func checkNodeRestriction(ctx context.Context, e *env) (string, error) {
	worker := e.site.worker
	kubelet := []string{"kubectl", "--kubeconfig", "/etc/kubernetes/kubelet.conf"}
	for _, try := range []struct {
		words string
		args  []string
	}{
		{"not allowed to modify labels: node-restriction.kubernetes.io/pool", []string{"label", "--overwrite", "node", worker.Name, "node-restriction.kubernetes.io/pool=payments"}},
		{"only its own Node object", []string{"label", "node", e.site.control.Name, "e2e=x"}},
		{"is forbidden", []string{"-n", "kube-system", "get", "secrets"}},
		{"is forbidden", []string{"create", "clusterrolebinding", "e2e", "--clusterrole=cluster-admin", "--group=system:nodes"}},
	} {
		_, err := worker.Run(ctx, append(kubelet, try.args...)...)
		if err == nil {
			return "", fmt.Errorf("%v was allowed", try.args)
		}
		if !strings.Contains(err.Error(), try.words) {
			return "", fmt.Errorf("%v was refused for another reason: %w", try.args, err)
		}
	}
	_, err := worker.Run(ctx, append(kubelet, "get", "node", worker.Name)...)
	return "four ways refused, reading its own node allowed", err
}

func checkExternalIPs(ctx context.Context, e *env) (string, error) {
	const service = `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "default"},
  "spec": {"ports": [{"port": 80}], "externalIPs": ["192.0.2.1"]}}`
	return denied(ctx, e, "spec.externalIPs", service, "create", "--dry-run=server", "-f", "-")
}

// The rate is 50 events a second for a user, after 200 at once: of 600 in a few seconds some must be refused.
// checkEventRate sends as many events as a busy machine needs to be faster than the limit, which refills.
func checkEventRate(ctx context.Context, e *env) (string, error) {
	var out string
	for n := 600; n <= 4800; n *= 2 {
		var err error
		out, err = e.site.control.Shell(ctx, fmt.Sprintf(`set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
kubectl --kubeconfig /etc/kubernetes/admin.conf config view --raw -o 'jsonpath={.users[0].user.client-certificate-data}' | base64 -d >crt
kubectl --kubeconfig /etc/kubernetes/admin.conf config view --raw -o 'jsonpath={.users[0].user.client-key-data}' | base64 -d >key
printf '%%s' '{"apiVersion": "v1", "kind": "Event", "metadata": {"generateName": "e2e-", "namespace": "default"}, "involvedObject": {"namespace": "default"}}' >event
curl -s --parallel --parallel-max 40 --cert crt --key key --cacert /etc/kubernetes/pki/ca.crt -H 'Content-Type: application/json' --data @event \
	-o '/dev/null' -w '%%{http_code}\n' 'https://%s:6443/api/v1/namespaces/default/events?n=[1-%d]' | grep -E '^[0-9]+$' | sort | uniq -c`, e.site.endpoint, n))
		if err != nil {
			return "", err
		}
		if strings.Contains(out, " 429") && strings.Contains(out, " 201") {
			return fmt.Sprintf("of %d events, by status: %s", n, strings.Join(strings.Fields(out), " ")), nil
		}
	}
	return "", fmt.Errorf("events by status: %s", out)
}

func checkKubeVIP(ctx context.Context, e *env) (string, error) {
	vip := []string{"kubectl", "--kubeconfig", "/etc/kubernetes/kube-vip.conf"}
	for _, args := range [][]string{{"get", "secrets", "-A"}, {"get", "nodes"}, {"-n", "default", "get", "leases"}} {
		if _, err := e.site.control.Run(ctx, append(vip, args...)...); err == nil || !strings.Contains(err.Error(), "forbidden") {
			return "", fmt.Errorf("%v was not forbidden: %v", args, err)
		}
	}
	out, err := e.site.control.Run(ctx, append(vip, "-n", "kube-system", "auth", "can-i", "update", "leases/plndr-cp-lock")...)
	return "can update its lease: " + strings.TrimSpace(out), err
}
