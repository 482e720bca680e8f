//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

const today = "2026-11-21"

// declared is a specification, and what of it is brought up.
type declared struct {
	// spec is a directory below the root of the repository, cluster the name of its only cluster.
	spec, cluster string
	// release is that of Kubernetes, such as v1.36.4; the specification is made to say its minor version.
	release string
	// endpoint and endpointIP are where the API servers are reached.
	endpoint, endpointIP string
	// collector is the host that takes audit records.
	collector string
	// machines are those that start, with their addresses.
	machines []machine
}

// machine is one machine; as is its place in the site.
type machine struct {
	as            func(*site) **lab.Machine
	name, address string
}

// What the machines are to the checks.
func control(s *site) **lab.Machine   { return &s.control }
func worker(s *site) **lab.Machine    { return &s.worker }
func sandbox(s *site) **lab.Machine   { return &s.sandbox }
func jump(s *site) **lab.Machine      { return &s.jump }
func stranger(s *site) **lab.Machine  { return &s.stranger }
func collector(s *site) **lab.Machine { return &s.collector }
func other(i int) func(*site) **lab.Machine {
	return func(s *site) **lab.Machine { return &s.others[i] }
}
func member(i int) func(*site) **lab.Machine {
	return func(s *site) **lab.Machine { return &s.etcd[i] }
}

// site is the machines and what was generated for them.
type site struct {
	declared
	lab     *lab.Lab
	cluster *cluster.Cluster
	// bartizan is the program.
	bartizan string
	// tree is the whole generated tree, as a directory of the host.
	tree string
	// control and worker are declared nodes of different pools. jump is the declared jump box; stranger is a machine that
	// the specification does not know. collector receives the audit records.
	control, worker, jump, stranger, collector *lab.Machine
	// sandbox is a declared node of a pool whose pods run under gVisor.
	sandbox *lab.Machine
	// others are the declared nodes of the control plane besides control.
	others [2]*lab.Machine
	// etcd are the declared machines of etcd, where it has its own.
	etcd [3]*lab.Machine
}

// newSite builds what is missing, generates the tree and starts the machines. It fails the test where the host cannot do
// that.
func newSite(t *testing.T, ctx context.Context, d declared) *site {
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
	bin.Kubernetes, err = b.Binaries(ctx, build.Kubernetes(d.release), "kubeadm", "kubectl", "kubelet", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	must(err)
	bin.Etcd, err = b.Binaries(ctx, build.Etcd(), "etcd", "etcdctl")
	must(err)
	bin.Containerd, err = b.Binaries(ctx, build.Containerd())
	must(err)
	bin.Runc, err = b.Binaries(ctx, build.Runc())
	must(err)
	bin.GVisor, err = b.Binaries(ctx, build.GVisor())
	must(err)
	bin.CNI, err = b.Binaries(ctx, build.CNI())
	must(err)
	bin.Probe, err = b.Own(ctx, "..", "./e2e/probe")
	must(err)
	s := &site{declared: d}
	s.bartizan, err = b.Own(ctx, "..", "./cmd/bartizan")
	must(err)
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
	spec := filepath.Join(s.lab.Work, "spec")
	must(d.copySpec(d.spec, spec))
	must(s.generate(ctx, spec, s.tree))
	must(d.checkRelease(filepath.Join(s.tree, "clusters", d.cluster, "cluster", "init.yaml")))
	for _, m := range d.machines {
		*m.as(s), err = s.lab.Machine(ctx, m.name, netip.MustParsePrefix(m.address+"/16"))
		must(err)
	}
	s.cluster = &cluster.Cluster{Lab: s.lab, Binaries: bin, Tree: filepath.Join(s.tree, "clusters", d.cluster), Token: "e2e-collector-token", Log: log,
		Hosts: map[string]netip.Addr{d.endpoint: netip.MustParseAddr(d.endpointIP), d.collector: s.collector.Address}}
	s.cluster.Authority, err = cluster.Collect(ctx, s.collector, bin.Probe, d.collector, ":8443", s.cluster.Token)
	must(err)
	s.cluster.Registry, err = cluster.StartRegistry(ctx, s.collector, bin.Probe)
	must(err)
	return s
}

var (
	minor  = regexp.MustCompile(`^v(1\.[0-9]+)\.`)
	stated = regexp.MustCompile(`(?m)^(  kubernetes +=) "1\.[0-9]+"`)
)

// copySpec copies a directory of the repository that holds a specification, and makes it say the release's minor version.
func (d declared) copySpec(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(filepath.Join("..", from))); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(to, "*.hcl"))
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		text = stated.ReplaceAll(text, []byte(`$1 "`+minor.FindStringSubmatch(d.release)[1]+`"`))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// generate writes the tree as the example's README says.
func (s *site) generate(ctx context.Context, spec, tree string, more ...string) error {
	args := append([]string{"generate", spec, "-o", tree, "--today", today, "--unresolved-images"}, more...)
	if out, err := exec.CommandContext(ctx, s.bartizan, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("bartizan %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return nil
}

// checkRelease makes sure that the tree is for the release that runs: kubeadm would take a near one.
func (d declared) checkRelease(init string) error {
	text, err := os.ReadFile(init)
	if err != nil {
		return err
	}
	if want := "kubernetesVersion: " + d.release + "\n"; !strings.Contains(string(text), want) {
		return fmt.Errorf("%s does not say %q", init, want)
	}
	return nil
}

// keepers are the machines that hold the cluster's data.
func (s *site) keepers() []*lab.Machine {
	if s.etcd[0] != nil {
		return s.etcd[:]
	}
	return []*lab.Machine{s.control}
}

// keepVariable names the environment variable that keeps the machines until an interrupt, to look at them.
const keepVariable = "BARTIZAN_E2E_KEEP"

func wait(ctx context.Context, s *site) {
	for _, m := range s.lab.Machines() {
		os.Stdout.WriteString(m.Name + ": nsenter -a -t " + m.PID() + " env -i HOME=/root PATH=$PATH bash\n")
	}
	<-ctx.Done()
}
