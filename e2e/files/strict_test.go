//go:build e2e

package files

import (
	"bytes"
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

// Kubernetes' own code decodes every generated file strictly and finds it valid: for every specification, in every version.
func TestKubernetesAcceptsEveryFile(t *testing.T) {
	b := builder(t)
	program := bartizan(t, b)
	for _, version := range sorted(releases) {
		release := releases[version]
		kcheck := judge(t, b, release)
		for _, spec := range specs {
			t.Run(version+"/"+filepath.Base(spec), func(t *testing.T) {
				_, _, clusters := generated(t, program, spec, version)
				for _, cluster := range clusters {
					start := time.Now()
					n := onNode(t, cluster, release)
					kinds := map[string]int{}
					for _, v := range judged(t, kcheck, n.files) {
						kinds[v.Kind]++
						if v.Error != "" {
							name, _ := filepath.Rel(n.dir, v.File)
							t.Errorf("%s: %s: %s", name, v.Kind, v.Error)
						}
					}
					for _, kind := range []string{"kubeadm", "KubeletConfiguration", "AdmissionConfiguration", "AuthenticationConfiguration", "EncryptionConfiguration", "Policy"} {
						if kinds[kind] == 0 {
							t.Errorf("no %s was judged", kind)
						}
					}
					fmt.Printf("ok  Kubernetes %s, %s: %s accepts %d files, %v\n", version, spec, release, len(n.files), time.Since(start).Round(time.Millisecond))
				}
			})
		}
	}
}

// The real kubeadm of the newest two versions finds every configuration valid and makes a control plane of it, without
// starting it. Its static pods, with our patches, are valid and have each of our flags once.
func TestKubeadmMakesTheDeclaredControlPlane(t *testing.T) {
	b := builder(t)
	program := bartizan(t, b)
	for _, version := range newest {
		release := releases[version]
		dir, err := b.Binaries(t.Context(), build.Kubernetes(release), "kubeadm")
		if err != nil {
			t.Fatal(err)
		}
		kubeadm, kcheck := filepath.Join(dir, "kubeadm"), judge(t, b, release)
		for _, spec := range specs {
			t.Run(version+"/"+filepath.Base(spec), func(t *testing.T) {
				_, _, clusters := generated(t, program, spec, version)
				for _, cluster := range clusters {
					start := time.Now()
					n := onNode(t, cluster, release)
					for _, file := range n.files {
						if name := filepath.Base(file); name == "init.yaml" || strings.HasPrefix(name, "join-") {
							output(t, kubeadm, "config", "validate", "--config", file)
						}
					}
					pods := dryRun(t, kubeadm, n)
					for _, v := range judged(t, kcheck, pods) {
						if v.Error != "" {
							t.Errorf("%s: %s", filepath.Base(v.File), v.Error)
						}
					}
					flagsArrive(t, n, pods)
					fmt.Printf("ok  Kubernetes %s, %s: kubeadm validates and makes %d static pods, %v\n", version, spec, len(pods), time.Since(start).Round(time.Millisecond))
				}
			})
		}
	}
}

// dryRun lets kubeadm make the control plane's files below the node's directory "kubeadm", and returns its static pods.
func dryRun(t *testing.T, kubeadm string, n *node) []string {
	t.Helper()
	made := filepath.Join(n.dir, "kubeadm")
	if err := os.Mkdir(made, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), kubeadm, "init", "--config", filepath.Join(n.dir, "init.yaml"), "--dry-run", "--ignore-preflight-errors=all")
	cmd.Env = append(os.Environ(), "KUBEADM_INIT_DRYRUN_DIR="+made)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("kubeadm init --dry-run: %v\n%s", err, out)
	}
	var pods []string
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"} {
		if file := filepath.Join(made, name+".yaml"); name != "etcd" || exists(file) {
			pods = append(pods, file)
		}
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

func flagsArrive(t *testing.T, n *node, pods []string) {
	t.Helper()
	f, err := breaks.Parse(read(t, filepath.Join(n.dir, "init.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	for name, spots := range componentFlags(t, f) {
		i := slices.IndexFunc(pods, func(pod string) bool { return filepath.Base(pod) == name+".yaml" })
		if i < 0 {
			t.Errorf("kubeadm makes no pod of %s", name)
			continue
		}
		args := command(t, pods[i])
		for _, s := range spots {
			var seen []string
			for _, a := range args {
				if strings.HasPrefix(a, "--"+s.Name+"=") {
					seen = append(seen, a)
				}
			}
			if len(seen) != 1 || seen[0] != "--"+s.Name+"="+s.Value.(string) {
				t.Errorf("%s gets %q for the flag %s=%s", name, seen, s.Name, s.Value)
			}
		}
	}
}
