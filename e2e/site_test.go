//go:build e2e

package e2e

import (
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// What examples/online-boutique declares, as far as the machines need it.
const (
	example       = "examples/online-boutique"
	clusterName   = "boutique"
	version       = "v1.36.4"
	endpoint      = "api.boutique.example.internal"
	endpointIP    = "10.20.0.10"
	collectorHost = "audit.example.internal"
	collectorIP   = "10.20.8.10"
	registryHost  = "us-central1-docker.pkg.dev"
	today         = "2026-11-21"
)

// site is the machines and what was generated for them.
type site struct {
	lab     *lab.Lab
	cluster *cluster.Cluster
	// tree is the whole generated tree, as a directory of the host.
	tree string
	// control and worker are declared nodes of different pools. jump is the declared jump box; stranger is a machine that
	// the specification does not know. collector receives the audit records.
	control, worker, jump, stranger, collector *lab.Machine
	// others are the declared nodes of the control plane besides control.
	others [2]*lab.Machine
}

// newSite builds what is missing, generates the tree of the example and starts the machines. It fails the test where the
// host cannot do that.
func newSite(t *testing.T, ctx context.Context) *site {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	log := os.Stdout
	cache, err := build.CacheDir()
	must(err)
	b := &build.Builder{Cache: cache, Log: log}
	var bin cluster.Binaries
	bin.Kubernetes, err = b.Binaries(ctx, build.Kubernetes(version), "kubeadm", "kubectl", "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	must(err)
	bin.Etcd, err = b.Binaries(ctx, build.Etcd(), "etcd", "etcdctl")
	must(err)
	bin.Containerd, err = b.Binaries(ctx, build.Containerd())
	must(err)
	bin.CNI, err = b.Binaries(ctx, build.CNI())
	must(err)
	bin.Probe, err = b.Own(ctx, "..", "./e2e/probe")
	must(err)
	bartizan, err := b.Own(ctx, "..", "./cmd/bartizan")
	must(err)

	s := &site{}
	s.lab, err = lab.New(ctx, bin.Probe, log)
	must(err)
	t.Cleanup(func() {
		if os.Getenv(keepVariable) != "" {
			wait(ctx, s)
		}
		if err := s.lab.Close(); err != nil {
			t.Error(err)
		}
	})
	s.tree = filepath.Join(s.lab.Work, "tree")
	must(generate(ctx, bartizan, s.tree, log))
	for _, m := range []struct {
		machine       **lab.Machine
		name, address string
	}{
		{&s.control, "cp-1", "10.20.0.11"}, {&s.others[0], "cp-2", "10.20.0.12"}, {&s.others[1], "cp-3", "10.20.0.13"}, {&s.worker, "gen-1", "10.20.0.21"}, {&s.jump, "bastion", "10.20.9.10"},
		{&s.stranger, "stranger", "10.20.7.7"}, {&s.collector, "collector", collectorIP},
	} {
		*m.machine, err = s.lab.Machine(ctx, m.name, netip.MustParsePrefix(m.address+"/16"))
		must(err)
	}
	s.cluster = &cluster.Cluster{Lab: s.lab, Binaries: bin, Tree: filepath.Join(s.tree, "clusters", clusterName), Token: "e2e-collector-token", Log: log,
		Hosts: map[string]netip.Addr{endpoint: netip.MustParseAddr(endpointIP), collectorHost: netip.MustParseAddr(collectorIP)}}
	s.cluster.Authority, err = cluster.Collect(ctx, s.collector, bin.Probe, collectorHost, ":8443", s.cluster.Token)
	must(err)
	s.cluster.Registry, err = cluster.StartRegistry(ctx, s.collector, bin.Probe, registryHost)
	must(err)
	return s
}

// generate writes the example's tree as its README says.
func generate(ctx context.Context, bartizan, tree string, log io.Writer) error {
	cmd := exec.CommandContext(ctx, bartizan, "generate", example, "-o", tree, "--today", today, "--unresolved-images")
	cmd.Dir = ".."
	cmd.Stdout, cmd.Stderr = log, log
	return cmd.Run()
}

// keepVariable names the environment variable that keeps the machines until an interrupt, to look at them.
const keepVariable = "BARTIZAN_E2E_KEEP"

func wait(ctx context.Context, s *site) {
	for _, m := range s.lab.Machines() {
		os.Stdout.WriteString(m.Name + ": nsenter -a -t " + m.PID() + " env -i HOME=/root PATH=$PATH bash\n")
	}
	<-ctx.Done()
}
