//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
)

// growthChecks make the control plane whole, and rotate the key that all its nodes share.
var growthChecks = []check{
	{"The other declared nodes join the control plane and etcd", checkControlPlaneJoins},
	{"rotate-key.sh replaces the key of Secrets, and refuses each step that would come too early", checkRotation},
}

func checkControlPlaneJoins(ctx context.Context, e *env) (string, error) {
	for _, m := range e.site.others {
		if err := e.Prepare(ctx, m, "control"); err != nil {
			return "", err
		}
		if err := e.Join(ctx, m); err != nil {
			return "", err
		}
	}
	if _, err := nodesReady(ctx, e, e.site.control, e.site.worker, e.site.others[0], e.site.others[1]); err != nil {
		return "", err
	}
	members, err := etcdctl(ctx, e, "member", "list")
	if err != nil {
		return "", err
	}
	if n := strings.Count(members, ", started, "); n != 3 {
		return "", fmt.Errorf("etcd has %d members that are started, not 3: %s", n, members)
	}
	return "4 nodes Ready, 3 members of etcd", nil
}

// checkRotation goes through the procedure of the tree's README. The Secret of dataChecks must be readable all along.
func checkRotation(ctx context.Context, e *env) (string, error) {
	const script = cluster.ClusterFiles + "/rotate-key.sh"
	step := func(name string) (string, error) {
		return e.site.control.Run(ctx, "env", "ROTATE_TRIES=12", "sh", script, name)
	}
	send := func() error {
		file, err := step("send")
		if err != nil {
			return err
		}
		for _, m := range e.site.others {
			if _, err := m.RunInput(ctx, strings.NewReader(file), "sh", script, "take"); err != nil {
				return err
			}
		}
		return nil
	}
	for _, early := range []string{"promote", "rewrite"} {
		if _, err := step(early); err == nil || !strings.Contains(err.Error(), "; next is ") {
			return "", fmt.Errorf("%s was not refused for want of a new key: %w", early, err)
		}
	}
	for _, s := range []string{"add", "promote"} {
		if _, err := step(s); err != nil {
			return "", err
		}
		if out, err := e.site.control.Run(ctx, "env", "ROTATE_TRIES=1", "sh", script, map[string]string{"add": "promote", "promote": "rewrite"}[s]); err == nil {
			return "", fmt.Errorf("after %s the next step was not refused before the other nodes took the file: %s", s, out)
		}
		if err := send(); err != nil {
			return "", err
		}
	}
	for _, s := range []string{"rewrite", "drop"} {
		if _, err := step(s); err != nil {
			return "", err
		}
	}
	if err := send(); err != nil {
		return "", err
	}
	var secret struct{ Data map[string][]byte }
	for _, m := range append(e.site.others[:], e.site.control) {
		err := cluster.Eventually(ctx, 2*time.Minute, func() error {
			return e.JSON(ctx, &secret, "--server", "https://"+m.Address.String()+":6443", "-n", "default", "get", "secret", "e2e")
		})
		if err != nil {
			return "", fmt.Errorf("%s: %w", m.Name, err)
		}
		if string(secret.Data["password"]) != secretMark {
			return "", fmt.Errorf("the API server of %s does not give the Secret back", m.Name)
		}
	}
	value, err := etcdctl(ctx, e, "get", "--print-value-only", "/registry/secrets/default/e2e")
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(value, "k8s:enc:secretbox:v1:key2:") {
		return "", fmt.Errorf("the Secret is not kept under the new key: %.30q", value)
	}
	return "the Secret is kept under key2, and readable through each of three API servers", nil
}

// etcdctl asks etcd on its first machine, with a credential that kubeadm made there.
func etcdctl(ctx context.Context, e *env, args ...string) (string, error) {
	const pki, program = "/etc/kubernetes/pki/etcd/", "/opt/etcd/etcdctl"
	m := e.site.keepers()[0]
	if err := m.Copy(ctx, filepath.Join(e.Binaries.Etcd, "etcdctl"), program); err != nil {
		return "", err
	}
	return m.Run(ctx, append([]string{program, "--endpoints", "https://127.0.0.1:2379",
		"--cacert", pki + "ca.crt", "--cert", pki + "healthcheck-client.crt", "--key", pki + "healthcheck-client.key"}, args...)...)
}
