//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// etcdStartChecks bring up a cluster whose etcd has machines of its own, in the order of the generated README.
var etcdStartChecks = []check{
	{"install.sh and node.sh set up the machines of etcd and a control-plane node", func(ctx context.Context, e *env) (string, error) {
		for _, m := range e.site.etcd {
			if err := e.Prepare(ctx, m, "etcd"); err != nil {
				return "", err
			}
		}
		return "files, sysctls, firewall, containerd", e.Prepare(ctx, e.site.control, "control")
	}},
	{"etcd-member.sh, etcd-certs.sh and etcd-client.sh start etcd and give the API server its certificate", checkMembersStart},
	{"bootstrap.sh starts the control plane on that etcd by kubeadm init", func(ctx context.Context, e *env) (string, error) {
		if err := e.Bootstrap(ctx, e.site.control); err != nil {
			return "", err
		}
		return nodesReady(ctx, e, e.site.control)
	}},
	{"admit-nodes.sh approves the serving certificate of the control-plane node", func(ctx context.Context, e *env) (string, error) {
		return admitted(ctx, e, e.site.control)
	}},
}

// etcdChecks look at etcd from the machines around it.
var etcdChecks = []check{
	{"TLS below 1.3 is refused by API server, kubelet and every member of etcd", checkTLS},
	{"etcd refuses a client without a certificate of its own authority", checkEtcdClients},
	{"The control-plane node has one credential for etcd, and the API server is connected to its members alone", checkEtcdCredential},
	{"The firewall lets API servers reach etcd's port for clients, members the one for members, and nobody else any", checkEtcdFirewall},
	{"The kubelet of a member listens to nobody", checkMemberKubelet},
	{"Anonymous requests are answered on health paths only", checkAnonymous},
	{"A pod that violates the restricted level is refused in a namespace without labels", checkPodSecurity},
	{"A Secret is not readable in the data of any member", checkEncryption},
	{"Audit records appear on the node and at the collector, without the contents of Secrets", checkAudit},
}

func checkMembersStart(ctx context.Context, e *env) (string, error) {
	if err := e.StartEtcd(ctx, e.site.control, e.site.etcd[:]...); err != nil {
		return "", err
	}
	var health string
	err := cluster.Eventually(ctx, 2*time.Minute, func() (err error) {
		health, err = etcdctl(ctx, e, "endpoint", "health", "--cluster")
		if n := strings.Count(health, " is healthy"); err == nil && n != len(e.site.etcd) {
			err = fmt.Errorf("%d members are healthy: %s", n, health)
		}
		return err
	})
	if err != nil {
		why, _ := e.site.etcd[0].Shell(ctx, "tail -n 20 /var/log/units/kubelet.service.log")
		return "", fmt.Errorf("%w: %s", err, why)
	}
	return fmt.Sprintf("%d members healthy, each reached by its address over TLS", len(e.site.etcd)), nil
}

func checkEtcdCredential(ctx context.Context, e *env) (string, error) {
	out, err := e.site.control.Shell(ctx, `cd /etc/kubernetes/pki && find . -name '*.crt' | sort | while read -r file; do
	printf '%s ' "${file#./}" && openssl x509 -noout -issuer -in "$file"
done; find . -name '*.key' -path './etcd/*'`)
	if err != nil {
		return "", err
	}
	var signed []string
	for line := range strings.Lines(out) {
		switch {
		case strings.HasSuffix(strings.TrimSpace(line), ".key"):
			return "", fmt.Errorf("the control-plane node has the key %s", line)
		case strings.Contains(line, "etcd-ca"):
			name, _, _ := strings.Cut(line, " ")
			signed = append(signed, name)
		}
	}
	if want := []string{"apiserver-etcd-client.crt", "etcd/ca.crt"}; !slices.Equal(signed, want) {
		return "", fmt.Errorf("certificates of etcd's authority are %q, not %q", signed, want)
	}
	out, err = e.site.control.Shell(ctx, `ss -Htnp state established '( dport = :2379 )' | awk '{ print $4, $5 }'`)
	if err != nil {
		return "", err
	}
	reached := map[string]bool{}
	for line := range strings.Lines(out) {
		peer, process, _ := strings.Cut(strings.TrimSpace(line), " ")
		host, _, err := net.SplitHostPort(peer)
		if err != nil {
			return "", err
		}
		if !strings.Contains(process, `"kube-apiserver"`) {
			return "", fmt.Errorf("%s is connected to etcd", process)
		}
		if !slices.ContainsFunc(e.site.etcd[:], func(m *lab.Machine) bool { return m.Address.String() == host }) {
			return "", fmt.Errorf("the API server is connected to port 2379 of %s, which is no member", host)
		}
		reached[host] = true
	}
	if len(reached) == 0 {
		return "", errors.New("the API server is connected to no member")
	}
	return fmt.Sprintf("of etcd's authority: its certificate and that of the API server as a client, no other key; connections of kube-apiserver to %d members", len(reached)), nil
}

func checkEtcdFirewall(ctx context.Context, e *env) (string, error) {
	var ways []way
	for i, m := range e.site.etcd {
		sister := e.site.etcd[(i+1)%len(e.site.etcd)]
		ways = append(ways, way{e.site.control, m, "2379", true}, way{sister, m, "2379", true}, way{sister, m, "2380", true},
			way{e.site.control, m, "2380", false}, way{e.site.control, m, "10250", false}, way{e.site.control, m, "2381", false},
			way{e.site.jump, m, "2379", false}, way{e.site.stranger, m, "2379", false}, way{e.site.stranger, m, "2380", false})
	}
	closed, err := checkWays(ctx, ways)
	return fmt.Sprintf("2379 from the control plane and members, 2380 from members; %d other ways are closed, 2380 from the control plane among them", closed), err
}

func checkMemberKubelet(ctx context.Context, e *env) (string, error) {
	for _, m := range e.site.etcd {
		ports, err := listening(ctx, m)
		if err != nil {
			return "", err
		}
		own := m.Address.String()
		for _, p := range ports {
			if host, port, err := net.SplitHostPort(p); err != nil || host != "127.0.0.1" && !(host == own && (port == "2379" || port == "2380")) {
				return "", fmt.Errorf("%s listens on %s", m.Name, p)
			}
		}
		if !slices.Contains(ports, own+":2379") || !slices.Contains(ports, own+":2380") {
			return "", fmt.Errorf("etcd of %s does not listen: %v", m.Name, ports)
		}
	}
	return "beyond loopback, only etcd's 2379 and 2380 are open", nil
}
