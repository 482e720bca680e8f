//go:build e2e

package files

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/breaks"
	"github.com/bartizan-dev/bartizan/e2e/build"
)

// verdict is a line of kcheck's output.
type verdict struct {
	File, Kind, Error string
	MS                float64
}

// judges builds kcheck of a release.
func judge(t *testing.T, b *build.Builder, release string) string {
	t.Helper()
	dir, err := b.Binaries(t.Context(), build.Kcheck(release))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "kcheck")
}

// judged runs kcheck on the files. It exits with 1 where it refuses one.
func judged(t *testing.T, kcheck string, files []string) []verdict {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), kcheck, files...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if refused := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &refused) || refused.ExitCode() != 1) {
		t.Fatalf("kcheck: %v\n%s", err, stderr.Bytes())
	}
	var all []verdict
	for line := range bytes.Lines(out) {
		var v verdict
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("kcheck: %v: %s", err, line)
		}
		all = append(all, v)
	}
	return all
}

// judges are Kubernetes' own programs of one release, and what they have said. What stands in several trees with the same
// bytes is judged once.
type judges struct {
	release         string
	kcheck, kubeadm string
	said            map[[32]byte][]verdict // by name and bytes of the file, as generated
	taken           map[[32]byte]int       // by names and bytes of what kubeadm reads: how many static pods it made
}

// newJudges are those of each release.
func newJudges(t *testing.T, b *build.Builder) map[string]*judges {
	t.Helper()
	all := map[string]*judges{}
	for _, release := range releases {
		if all[release] != nil {
			continue
		}
		dir, err := b.Binaries(t.Context(), build.Kubernetes(release), "kubeadm")
		if err != nil {
			t.Fatal(err)
		}
		all[release] = &judges{release, judge(t, b, release), filepath.Join(dir, "kubeadm"), map[[32]byte][]verdict{}, map[[32]byte]int{}}
	}
	return all
}

// Kubernetes' own code decodes every generated file strictly and finds it valid: for every specification, in every version.
// The real kubeadm of the newest two versions finds every configuration valid and makes a control plane of it, without
// starting it. Its static pods, with our patches, are valid and have each of our flags once.
func TestKubernetesAcceptsEveryFile(t *testing.T) {
	b := builder(t)
	program := bartizan(t, b)
	all := newJudges(t, b)
	for _, version := range sorted(releases) {
		for _, s := range specs {
			t.Run(version+"/"+s.String(), func(t *testing.T) {
				j := all[releases[version]]
				for _, cluster := range generated(t, program, s, version).clusters {
					n := onNode(t, cluster, j.release)
					fmt.Printf("ok  Kubernetes %s, %s: %s\n", version, s, j.acceptFiles(t, n, cluster))
					if slices.Contains(newest, version) {
						fmt.Printf("ok  Kubernetes %s, %s: %s\n", version, s, j.acceptCluster(t, n, cluster))
					}
				}
			})
		}
	}
}

// acceptFiles lets kcheck judge the files that it has not judged yet.
func (j *judges) acceptFiles(t *testing.T, n *node, cluster string) string {
	t.Helper()
	start := time.Now()
	digests := map[string][32]byte{}
	var fresh []string
	for _, file := range n.files {
		digests[file] = n.digest(t, cluster, file)
		if _, ok := j.said[digests[file]]; !ok {
			j.said[digests[file]] = []verdict{}
			fresh = append(fresh, file)
		}
	}
	if len(fresh) > 0 {
		for _, v := range judged(t, j.kcheck, fresh) {
			j.said[digests[v.File]] = append(j.said[digests[v.File]], v)
		}
	}
	kinds := map[string]int{}
	for _, file := range n.files {
		if len(j.said[digests[file]]) == 0 {
			t.Errorf("%s was not judged", n.below(t, file))
		}
		for _, v := range j.said[digests[file]] {
			kinds[v.Kind]++
			if v.Error != "" {
				t.Errorf("%s: %s: %s", n.below(t, file), v.Kind, v.Error)
			}
		}
	}
	for _, kind := range []string{"kubeadm", "KubeletConfiguration", "AdmissionConfiguration", "AuthenticationConfiguration", "EncryptionConfiguration", "Policy"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s was judged", kind)
		}
	}
	return fmt.Sprintf("%s accepts %d files, %d of them new, %v", j.release, len(n.files), len(fresh), time.Since(start).Round(time.Millisecond))
}

// digest is that of the name and the bytes of a file of the node, as they stand in the cluster's directory.
func (n *node) digest(t *testing.T, cluster string, files ...string) [32]byte {
	t.Helper()
	h := sha256.New()
	for _, file := range files {
		name := n.below(t, file)
		data := read(t, filepath.Join(cluster, name))
		fmt.Fprintln(h, name, len(data))
		h.Write(data)
	}
	return [32]byte(h.Sum(nil))
}

// acceptCluster lets kubeadm validate its configurations and make what it would start.
func (j *judges) acceptCluster(t *testing.T, n *node, cluster string) string {
	t.Helper()
	start := time.Now()
	configs := append(n.members(t), n.configs()...)
	id := n.digest(t, cluster, append(configs, slices.DeleteFunc(slices.Clone(n.files), func(file string) bool {
		return !strings.HasPrefix(n.below(t, file), "patches/")
	})...)...)
	if pods, ok := j.taken[id]; ok {
		return fmt.Sprintf("kubeadm has taken the same %d configurations and made %d static pods", len(configs), pods)
	}
	for _, file := range configs {
		output(t, j.kubeadm, "config", "validate", "--config", file)
	}
	pods := dryRun(t, j.kubeadm, n)
	var files []string
	for _, p := range pods {
		files = append(files, p.file)
	}
	for _, v := range judged(t, j.kcheck, files) {
		if v.Error != "" {
			t.Errorf("%s: %s", v.File, v.Error)
		}
	}
	flagsArrive(t, n, pods)
	j.taken[id] = len(pods)
	return fmt.Sprintf("kubeadm validates %d configurations and makes %d static pods, %v", len(configs), len(pods), time.Since(start).Round(time.Millisecond))
}

// configs are the files by which nodes enter the cluster.
func (n *node) configs() []string {
	return slices.DeleteFunc(slices.Clone(n.files), func(file string) bool {
		name := filepath.Base(file)
		return name != "init.yaml" && !strings.HasPrefix(name, "join-")
	})
}

// members are the kubeadm configurations of etcd's own machines.
func (n *node) members(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(n.files), func(file string) bool {
		return !strings.HasPrefix(n.below(t, file), "etcd/") || filepath.Base(file) == "kubelet.yaml"
	})
}

// staticPod is a pod that kubeadm has made.
type staticPod struct {
	component string // such as kube-apiserver
	config    string // the configuration that it is made of, below the node's directory
	file      string
}

// dryRun lets kubeadm make the files of the control plane and of etcd's own machines, in a directory of each configuration.
// For the members of etcd it does all that the configuration says, where the generated scripts run single phases.
func dryRun(t *testing.T, kubeadm string, n *node) []staticPod {
	t.Helper()
	made := func(config string) string { return filepath.Join(n.dir, "kubeadm", filepath.Base(config)) }
	init, members := filepath.Join(n.dir, "init.yaml"), n.members(t)
	var pods []staticPod
	for _, config := range append(members, init) {
		if err := os.MkdirAll(made(config), 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), kubeadm, "init", "--config", config, "--dry-run", "--ignore-preflight-errors=all")
		cmd.Env = append(os.Environ(), "KUBEADM_INIT_DRYRUN_DIR="+made(config))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kubeadm init --dry-run --config %s: %v\n%s", n.below(t, config), err, out)
		}
		components := []string{"etcd"}
		if config == init {
			components = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}[min(1, len(members)):]
		}
		for _, name := range components {
			pods = append(pods, staticPod{name, n.below(t, config), filepath.Join(made(config), name+".yaml")})
		}
	}
	if len(members) == 0 {
		return pods
	}
	if exists(filepath.Join(made(init), "etcd.yaml")) {
		t.Error("kubeadm makes an etcd beside the API server, though it has machines of its own")
	}
	// As etcd-certs.sh and etcd-client.sh do.
	for _, name := range []string{"etcd/ca.crt", "apiserver-etcd-client.crt", "apiserver-etcd-client.key"} {
		write(t, filepath.Join(made(init), name), read(t, filepath.Join(made(members[0]), name)))
	}
	return pods
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// command returns the command of the static pod's only container.
func command(t *testing.T, pod string) []string {
	t.Helper()
	var p struct {
		Spec struct {
			Containers []struct {
				Command []string `json:"command"`
			} `json:"containers"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(read(t, pod), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Spec.Containers) != 1 {
		t.Fatalf("%s has %d containers", pod, len(p.Spec.Containers))
	}
	return p.Spec.Containers[0].Command
}

// componentOf tells the program that a flag of init.yaml is for.
var componentOf = map[string]string{
	"apiServer": "kube-apiserver", "controllerManager": "kube-controller-manager", "scheduler": "kube-scheduler", "etcd.local": "etcd",
}

// componentFlags returns the spots of the flags in init.yaml by component.
func componentFlags(t *testing.T, f *breaks.File) map[string][]breaks.Spot {
	t.Helper()
	all := map[string][]breaks.Spot{}
	for _, s := range f.Spots() {
		at, found := strings.CutPrefix(s.ID, "ClusterConfiguration ")
		if before, _, ok := strings.Cut(at, ".extraArgs."); found && ok && s.Flag {
			name := componentOf[before]
			if name == "" {
				t.Fatalf("whose flag is %s?", s.ID)
			}
			all[name] = append(all[name], s)
		}
	}
	return all
}

func flagsArrive(t *testing.T, n *node, pods []staticPod) {
	t.Helper()
	for _, config := range append(n.members(t), filepath.Join(n.dir, "init.yaml")) {
		f, err := breaks.Parse(read(t, config))
		if err != nil {
			t.Fatal(err)
		}
		for name, spots := range componentFlags(t, f) {
			i := slices.IndexFunc(pods, func(p staticPod) bool { return p.component == name && p.config == n.below(t, config) })
			if i < 0 {
				t.Errorf("kubeadm makes no pod of %s from %s", name, n.below(t, config))
				continue
			}
			args := command(t, pods[i].file)
			for _, s := range spots {
				var seen []string
				for _, a := range args {
					if strings.HasPrefix(a, "--"+s.Name+"=") {
						seen = append(seen, a)
					}
				}
				if len(seen) != 1 || seen[0] != "--"+s.Name+"="+s.Value.(string) {
					t.Errorf("%s of %s gets %q for the flag %s=%s", name, n.below(t, config), seen, s.Name, s.Value)
				}
			}
		}
	}
}
