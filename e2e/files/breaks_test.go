//go:build e2e

package files

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/breaks"
	"github.com/bartizan-dev/bartizan/e2e/build"
)

// broken is one break of one file, and who noticed it.
type broken struct {
	file string // below clusters/NAME/cluster
	spot breaks.Spot
	how  breaks.Break
	by   string // empty: nobody
	said string
	ms   int64
}

func (b *broken) String() string {
	return fmt.Sprintf("%-10s %-26s %6d ms  %s %s", b.how.How, b.by, b.ms, b.file, b.spot.ID)
}

// files is what breaks are made of: a whole tree, and the control plane's files as on a node.
type files struct {
	program, kcheck string
	source, tree    string
	cluster         string // clusters/NAME/cluster of the tree
	node            *node
}

// Somebody notices each break of each flag and field: a misspelt name or a bad value is refused by Kubernetes' own
// decoder or by the component itself, which does not start with it; a flag with which it would start is found by "bartizan
// verify", in the broken file. What remains is drift: verify says that the file is not what the specification says, and no
// control is lost by it. That is never enough for a misspelt name.
func TestEveryBreakIsNoticed(t *testing.T) {
	b := builder(t)
	const version = "1.36"
	release := releases[version]
	f := &files{program: bartizan(t, b), kcheck: judge(t, b, release)}
	source, tree, clusters := generated(t, f.program, "examples/minimal", version)
	f.source, f.tree, f.cluster = source, tree, clusters[0]
	f.node = onNode(t, f.cluster, release)
	kubernetes, err := b.Binaries(t.Context(), build.Kubernetes(release), "kubeadm", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
	if err != nil {
		t.Fatal(err)
	}
	etcd, err := b.Binaries(t.Context(), build.Etcd(), "etcd")
	if err != nil {
		t.Fatal(err)
	}
	pods := dryRun(t, filepath.Join(kubernetes, "kubeadm"), f.node)

	all := f.breaks(t)
	f.decode(t, all)
	f.start(t, all, pods, kubernetes, etcd)
	f.verify(t, all)

	slices.SortStableFunc(all, func(a, b *broken) int { return strings.Compare(a.file+a.spot.ID, b.file+b.spot.ID) })
	count := map[string]int{}
	fmt.Printf("\n%-10s %-26s %9s  %s\n", "break", "noticed by", "time", "flag or field")
	for _, x := range all {
		fmt.Println(x)
		count[x.by]++
		if x.by == "" || x.by == drifted && x.how.How == "misspelt" {
			t.Errorf("%s %s: %s, noticed by %q: %s", x.file, x.spot.ID, x.how.How, x.by, x.said)
		}
	}
	for _, by := range sorted(count) {
		fmt.Printf("%5d breaks noticed by %s\n", count[by], by)
	}
	if len(all) < 500 {
		t.Errorf("only %d breaks were made", len(all))
	}
}

// breaks returns the breaks that are tried here: a misspelt name and a bad value of everything, and every break of a flag.
// That fields which are removed or weakened are found is proved by the tests of package verify, without components.
func (f *files) breaks(t *testing.T) []*broken {
	var all []*broken
	for _, file := range f.node.files {
		name, err := filepath.Rel(f.node.dir, file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(name, "kube-vip/") {
			continue // objects of Kubernetes, no configuration of the control plane
		}
		parsed, err := breaks.Parse(read(t, filepath.Join(f.cluster, name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range parsed.Spots() {
			for _, how := range s.Breaks() {
				if s.Flag || how.How == "misspelt" || how.How == "bad value" {
					all = append(all, &broken{file: name, spot: s, how: how})
				}
			}
		}
	}
	return all
}

func (f *files) bytes(t *testing.T, x *broken) []byte {
	t.Helper()
	parsed, err := breaks.Parse(read(t, filepath.Join(f.cluster, x.file)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := parsed.With(x.spot, x.how.Edit)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// decode asks Kubernetes' decoders and validations. They read no flags.
func (f *files) decode(t *testing.T, all []*broken) {
	dir := t.TempDir()
	byFile := map[string]*broken{}
	var names []string
	for i, x := range all {
		if x.spot.Flag {
			continue
		}
		// The name at the end tells kcheck a patch.
		file := filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(x.file)))
		write(t, file, f.node.complete(t, f.bytes(t, x), releases["1.36"]))
		byFile[file], names = x, append(names, file)
	}
	for _, v := range judged(t, f.kcheck, names) {
		if x := byFile[v.File]; v.Error != "" && x.by == "" {
			x.by, x.said, x.ms = "Kubernetes' decoder", v.Error, int64(v.MS)
		}
	}
}

// long enough for a component to refuse a flag. One that has not ended by then has accepted it.
const patience = 4 * time.Second

// start starts the real component with the flag broken, as kubeadm would start it.
func (f *files) start(t *testing.T, all []*broken, pods []string, kubernetes, etcd string) {
	made := filepath.Join(f.node.dir, "kubeadm")
	place := strings.NewReplacer(
		"/etc/kubernetes/hardening", filepath.Join(f.node.dir, "hardening"),
		"/etc/kubernetes/pki", made,
		"/etc/kubernetes/", made+"/",
		"/var/log/kubernetes/audit", filepath.Join(f.node.dir, "log"),
		"/var/lib/etcd", filepath.Join(f.node.dir, "etcd"),
	)
	write(t, filepath.Join(f.node.dir, "log", "audit.log"), nil)
	commands := map[string][]string{}
	for _, pod := range pods {
		args := command(t, pod)
		for i := range args {
			args[i] = place.Replace(args[i])
		}
		args[0] = filepath.Join(kubernetes, args[0])
		if filepath.Base(pod) == "etcd.yaml" {
			args[0] = filepath.Join(etcd, "etcd")
		}
		commands[filepath.Base(args[0])] = args
	}
	parsed, err := breaks.Parse(read(t, filepath.Join(f.node.dir, "init.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	address, _ := breaks.At(parsed.Docs[0], "localAPIEndpoint", "advertiseAddress").(string)
	for name, args := range commands {
		if said, took := run(t.Context(), address, args); took < patience {
			t.Fatalf("%s does not start with its flags as they are: %s", name, said)
		}
	}
	inParallel(func(work chan<- *broken) {
		for _, x := range all {
			if x.spot.Flag && (x.how.How == "misspelt" || x.how.How == "bad value") && strings.Contains(x.spot.ID, "ClusterConfiguration ") {
				work <- x
			}
		}
	}, func(work <-chan *broken) {
		for x := range work {
			at, _, _ := strings.Cut(strings.TrimPrefix(x.spot.ID, "ClusterConfiguration "), ".extraArgs.")
			name := componentOf[at]
			args := slices.Clone(commands[name])
			i := slices.Index(args, place.Replace("--"+x.spot.Name+"="+x.spot.Value.(string)))
			if i < 0 {
				t.Errorf("%s has no flag %s", name, x.spot.Name)
				continue
			}
			args[i] = "--" + x.how.Name + "=" + place.Replace(x.how.Value)
			if said, took := run(t.Context(), address, args); took < patience {
				x.by, x.said, x.ms = name, said, took.Milliseconds()
			}
		}
	})
}

// run runs the program in a network of its own, in which the address is one of its own. It returns the end of what the
// program says, and when it ended; patience if it was ended then.
func run(ctx context.Context, address string, args []string) (said string, took time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	const network = `ip link set lo up && ip address add "$1" dev lo && shift && exec "$@"`
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"--net", "sh", "-c", network, "sh", address}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	dir, err := os.MkdirTemp("", "bartizan-files-")
	if err != nil {
		return err.Error(), 0
	}
	defer os.RemoveAll(dir)
	cmd.Dir = dir
	start := time.Now()
	err = cmd.Run()
	if ctx.Err() != nil {
		return out.String(), patience
	}
	if err == nil {
		return "it ended without an error", 0
	}
	return out.String(), time.Since(start)
}

const (
	verified = "bartizan verify"
	drifted  = "bartizan verify, as drift"
	tested   = "go test ./generate/verify"
)

// verify asks the program under test about flags with which a component starts. What a decoder accepts, such as
// a text that is any text or a name in a map of resources, is left to the tests of package verify, which break the same
// spots and need a finding or a reason for each.
func (f *files) verify(t *testing.T, all []*broken) {
	cluster, err := filepath.Rel(f.tree, f.cluster)
	if err != nil {
		t.Fatal(err)
	}
	inParallel(func(work chan<- *broken) {
		for _, x := range all {
			switch {
			case x.by != "":
			case x.spot.Flag:
				work <- x
			default:
				x.by = tested
			}
		}
	}, func(work <-chan *broken) {
		tree := t.TempDir()
		if err := os.CopyFS(tree, os.DirFS(f.tree)); err != nil {
			t.Error(err)
		}
		for x := range work {
			path := filepath.Join(cluster, x.file)
			write(t, filepath.Join(tree, path), f.bytes(t, x))
			start := time.Now()
			cmd := exec.CommandContext(t.Context(), f.program, "verify", tree, "--spec", f.source, "--today", today, "--format", "json")
			out, err := cmd.Output()
			if refused := (*exec.ExitError)(nil); err != nil && !errors.As(err, &refused) {
				t.Error(err)
			}
			var v struct {
				Drift, Findings []struct{ Path, Message string }
			}
			if err := json.Unmarshal(out, &v); err != nil {
				t.Errorf("verify: %v: %s", err, out)
			}
			x.ms = time.Since(start).Milliseconds()
			if slices.ContainsFunc(v.Drift, func(d struct{ Path, Message string }) bool { return d.Path == filepath.ToSlash(path) }) {
				x.by = drifted
			}
			for _, finding := range v.Findings {
				if finding.Path == filepath.ToSlash(path) {
					x.by, x.said = verified, finding.Message
				}
			}
			write(t, filepath.Join(tree, path), read(t, filepath.Join(f.cluster, x.file)))
		}
	})
}

// inParallel lets two workers do what feed sends.
func inParallel(feed func(chan<- *broken), worker func(<-chan *broken)) {
	work := make(chan *broken)
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() { worker(work) })
	}
	feed(work)
	close(work)
	wait.Wait()
}
