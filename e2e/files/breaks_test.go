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

// brokenTrees are the trees whose control plane is broken: the first wholly, each further one where something stands that
// none before it has.
var brokenTrees = []struct {
	spec
	version string
}{
	{spec{dir: "examples/minimal"}, "1.36"},
	{spec{dir: "generate/testdata/shapes/external-etcd"}, "1.36"},
	{spec{dir: "generate/testdata/shapes/kms"}, "1.36"},
	{spec{dir: "model/testdata/everything"}, "1.36"},
	{spec{dir: "generate/testdata/shapes/given-load-balancer"}, "1.36"},
	{spec{dir: "generate/testdata/shapes/stacked"}, "1.37"},
}

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

// files is what breaks are made of: a whole tree, and the control plane's files as on a node of the release.
type files struct {
	program          string
	judges           *judges
	kubernetes, etcd string // directories of programs
	tree             *tree
	cluster          string // clusters/NAME/cluster of the tree
	node             *node
}

// Somebody notices each break of each flag and field: a misspelt name or a bad value is refused by Kubernetes' own
// decoder or by the component itself, which does not start with it; a flag with which it would start is found by "bartizan
// verify", in the broken file. What remains is drift: verify says that the file is not what the specification says, and no
// control is lost by it. That is never enough for a misspelt name.
func TestEveryBreakIsNoticed(t *testing.T) {
	b := builder(t)
	program := bartizan(t, b)
	all := newJudges(t, b)
	etcd, err := b.Binaries(t.Context(), build.Etcd(), "etcd")
	if err != nil {
		t.Fatal(err)
	}
	count, total := map[string]int{}, 0
	done := map[string]bool{}
	for _, s := range brokenTrees {
		t.Run(s.String(), func(t *testing.T) {
			start := time.Now()
			f := &files{program: program, judges: all[releases[s.version]], etcd: etcd, tree: generated(t, program, s.spec, s.version)}
			var err error
			f.kubernetes, err = b.Binaries(t.Context(), build.Kubernetes(f.judges.release), "kube-apiserver", "kube-controller-manager", "kube-scheduler")
			if err != nil {
				t.Fatal(err)
			}
			f.cluster = f.tree.clusters[0]
			f.node = onNode(t, f.cluster, f.judges.release)
			made := f.breaks(t, done)
			f.decode(t, made)
			f.start(t, made, dryRun(t, f.judges.kubeadm, f.node))
			f.verify(t, made)

			slices.SortStableFunc(made, func(a, b *broken) int { return strings.Compare(a.file+a.spot.ID, b.file+b.spot.ID) })
			fmt.Printf("\n%s: %d breaks, %v\n", s, len(made), time.Since(start).Round(time.Second))
			fmt.Printf("%-10s %-26s %9s  %s\n", "break", "noticed by", "time", "flag or field")
			total += len(made)
			for _, x := range made {
				fmt.Println(x)
				count[x.by]++
				if x.by == "" || x.by == drifted && x.how.How == "misspelt" {
					t.Errorf("%s %s: %s, noticed by %q: %s", x.file, x.spot.ID, x.how.How, x.by, x.said)
				}
			}
			if len(made) == 0 {
				t.Error("nothing here stands in no tree before: it need not be broken")
			}
		})
	}
	for _, by := range sorted(count) {
		fmt.Printf("%5d breaks noticed by %s\n", count[by], by)
	}
	if total < 500 {
		t.Errorf("only %d breaks were made", total)
	}
}

// class is one name for the files that are alike in every tree, whatever their pool or node is called.
func class(file string) string {
	switch dir, base := filepath.Split(file); {
	case strings.HasPrefix(base, "join-"):
		return "join"
	case strings.HasPrefix(dir, "patches/"):
		return "patches/" + base
	case dir == "etcd/" && base != "kubelet.yaml":
		return "etcd/member"
	}
	return file
}

// breaks returns the breaks that are tried here and are not done: a misspelt name and a bad value of everything, and every
// break of a flag. That fields which are removed or weakened are found is proved by the tests of package verify, without
// components.
func (f *files) breaks(t *testing.T, done map[string]bool) []*broken {
	var all []*broken
	for _, file := range f.node.files {
		name := f.node.below(t, file)
		if strings.HasPrefix(name, "kube-vip/") {
			continue // objects of Kubernetes, no configuration of the control plane
		}
		parsed, err := breaks.Parse(read(t, filepath.Join(f.cluster, name)))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range parsed.Spots() {
			id := fmt.Sprint(class(name), " ", s.ID, " ", s.Value)
			if !s.Flag {
				id += fmt.Sprint(s.Path) // a flag is the same wherever it stands in its list
			}
			if done[id] {
				continue
			}
			done[id] = true
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
		write(t, file, f.node.complete(t, x.file, f.bytes(t, x), f.judges.release))
		byFile[file], names = x, append(names, file)
	}
	if names == nil {
		return
	}
	for _, v := range judged(t, f.judges.kcheck, names) {
		if x := byFile[v.File]; v.Error != "" && x.by == "" {
			x.by, x.said, x.ms = "Kubernetes' decoder", v.Error, int64(v.MS)
		}
	}
}

// long enough for a component to refuse a flag. One that has not ended by then has accepted it.
const patience = 4 * time.Second

// start starts the real component with the flag broken, as kubeadm would start it.
func (f *files) start(t *testing.T, all []*broken, pods []staticPod) {
	write(t, filepath.Join(f.node.dir, "log", "audit.log"), nil)
	todo := map[staticPod][]*broken{}
	for _, x := range all {
		before, _, flag := strings.Cut(strings.TrimPrefix(x.spot.ID, "ClusterConfiguration "), ".extraArgs.")
		i := slices.IndexFunc(pods, func(p staticPod) bool { return p.config == x.file && p.component == componentOf[before] })
		if x.spot.Flag && flag && i >= 0 && (x.how.How == "misspelt" || x.how.How == "bad value") {
			todo[pods[i]] = append(todo[pods[i]], x)
		}
	}
	for pod, tries := range todo {
		made := filepath.Dir(pod.file)
		place := strings.NewReplacer(
			"/etc/kubernetes/hardening", filepath.Join(f.node.dir, "hardening"),
			"/etc/kubernetes/pki", made,
			"/etc/kubernetes/", made+"/",
			"/var/log/kubernetes/audit", filepath.Join(f.node.dir, "log"),
			"/var/lib/etcd", filepath.Join(f.node.dir, "data"),
		)
		args := command(t, pod.file)
		for i := range args {
			args[i] = place.Replace(args[i])
		}
		args[0] = filepath.Join(f.kubernetes, args[0])
		if pod.component == "etcd" {
			args[0] = filepath.Join(f.etcd, "etcd")
		}
		parsed, err := breaks.Parse(read(t, filepath.Join(f.node.dir, pod.config)))
		if err != nil {
			t.Fatal(err)
		}
		address, _ := breaks.At(parsed.Docs[0], "localAPIEndpoint", "advertiseAddress").(string)
		if said, took := run(t.Context(), address, args); took < patience {
			t.Fatalf("%s does not start with its flags as they are: %s", pod.component, said)
		}
		// Who waits needs no processor: more than there may be.
		inParallel(4, tries, func() func(*broken) {
			return func(x *broken) {
				args := slices.Clone(args)
				i := slices.Index(args, place.Replace("--"+x.spot.Name+"="+x.spot.Value.(string)))
				if i < 0 {
					t.Errorf("%s has no flag %s", pod.component, x.spot.Name)
					return
				}
				args[i] = "--" + x.how.Name + "=" + place.Replace(x.how.Value)
				if said, took := run(t.Context(), address, args); took < patience {
					x.by, x.said, x.ms = pod.component, said, took.Milliseconds()
				}
			}
		})
	}
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
	cluster, err := filepath.Rel(f.tree.dir, f.cluster)
	if err != nil {
		t.Fatal(err)
	}
	var todo []*broken
	for _, x := range all {
		switch {
		case x.by != "":
		case x.spot.Flag:
			todo = append(todo, x)
		default:
			x.by = tested
		}
	}
	inParallel(2, todo, func() func(*broken) {
		tree := t.TempDir()
		if err := os.CopyFS(tree, os.DirFS(f.tree.dir)); err != nil {
			t.Error(err)
		}
		return func(x *broken) {
			path := filepath.Join(cluster, x.file)
			write(t, filepath.Join(tree, path), f.bytes(t, x))
			start := time.Now()
			args := append([]string{"verify", tree, "--spec", f.tree.source, "--format", "json"}, f.tree.arguments()...)
			out, err := exec.CommandContext(t.Context(), f.program, args...).Output()
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

// inParallel lets workers do the work on all; each is made when it begins.
func inParallel(workers int, all []*broken, worker func() func(*broken)) {
	work := make(chan *broken)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			do := worker()
			for x := range work {
				do(x)
			}
		})
	}
	for _, x := range all {
		work <- x
	}
	close(work)
	wait.Wait()
}
