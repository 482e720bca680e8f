//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// startChecks bring the cluster up, by the generated scripts and in the order of the generated README.
var startChecks = []check{
	{"install.sh and node.sh set up a control-plane node", func(ctx context.Context, e *env) (string, error) {
		return "files, sysctls, firewall, containerd", e.Prepare(ctx, e.site.control, "control")
	}},
	{"bootstrap.sh starts the control plane by kubeadm init", func(ctx context.Context, e *env) (string, error) {
		if err := e.Bootstrap(ctx, e.site.control); err != nil {
			return "", err
		}
		out, err := e.Kubectl(ctx, "version")
		return strings.TrimSpace(out), err
	}},
	{"install.sh and node.sh set up a node of another pool", func(ctx context.Context, e *env) (string, error) {
		return "files, sysctls, firewall, containerd", e.Prepare(ctx, e.site.worker, "general")
	}},
	{"make-join.sh and join.sh join it to the cluster", func(ctx context.Context, e *env) (string, error) {
		return "kubeadm join", e.Join(ctx, e.site.worker)
	}},
	{"Both nodes are Ready", func(ctx context.Context, e *env) (string, error) {
		return nodesReady(ctx, e, e.site.control, e.site.worker)
	}},
	{"admit-nodes.sh approves the serving certificates of declared nodes", func(ctx context.Context, e *env) (string, error) {
		return admitted(ctx, e, e.site.worker)
	}},
}

// sandboxPool is the pool of the first example whose pods run under gVisor.
const sandboxPool = "payments"

// sandboxChecks add a node whose containerd is configured for gVisor.
var sandboxChecks = []check{
	{"install.sh, node.sh and join.sh make a node of the pool for gVisor", func(ctx context.Context, e *env) (string, error) {
		if err := e.Prepare(ctx, e.site.sandbox, sandboxPool); err != nil {
			return "", err
		}
		if err := e.Join(ctx, e.site.sandbox); err != nil {
			return "", err
		}
		seen, err := nodesReady(ctx, e, e.site.control, e.site.worker, e.site.sandbox)
		if err != nil {
			return "", err
		}
		_, err = admitted(ctx, e, e.site.sandbox)
		return seen, err
	}},
}

// admitted runs admit-nodes.sh until the API server reaches the machine's kubelet by its certificate.
func admitted(ctx context.Context, e *env, m *lab.Machine) (string, error) {
	err := cluster.Eventually(ctx, time.Minute, func() error {
		if _, err := e.Admit(ctx); err != nil {
			return err
		}
		_, err := e.Kubectl(ctx, "get", "--raw", "/api/v1/nodes/"+m.Name+"/proxy/healthz")
		return err
	})
	return "the API server reaches the kubelet of " + m.Name + " by its certificate", err
}

// nodesReady waits until the cluster has exactly these nodes and all are Ready.
func nodesReady(ctx context.Context, e *env, machines ...*lab.Machine) (string, error) {
	var seen string
	err := cluster.Eventually(ctx, 2*time.Minute, func() error {
		out, err := e.Kubectl(ctx, "get", "nodes", "--no-headers")
		if err != nil {
			return err
		}
		seen = out
		if n := strings.Count(out, " Ready "); n != len(machines) || n != strings.Count(out, "\n") {
			return fmt.Errorf("not all of %d nodes are Ready: %s", len(machines), out)
		}
		return nil
	})
	return strings.Join(strings.Fields(seen), " "), err
}
