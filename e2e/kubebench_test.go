//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/lab"
)

// benchmark is the CIS Kubernetes Benchmark v1.12 as kube-bench reads it, the newest that it knows.
const benchmark = "cis-1.12"

// benchChecks let kube-bench judge the processes and files of both nodes, and the objects of the cluster.
var benchChecks = []check{
	{"kube-bench finds nothing on the control-plane node that is not explained", func(ctx context.Context, e *env) (string, error) {
		return bench(ctx, e.site.control, "master,etcd,controlplane,node,policies")
	}},
	{"kube-bench finds nothing on the node of another pool that is not explained", func(ctx context.Context, e *env) (string, error) {
		return bench(ctx, e.site.worker, "node")
	}},
}

// bench runs kube-bench on a machine. A FAIL is an error; so is a WARN that testdata/kube-bench.txt does not explain, and an
// explanation of a WARN that is gone.
func bench(ctx context.Context, m *lab.Machine, targets string) (string, error) {
	explained, skipped, err := explanations(m.Name)
	if err != nil {
		return "", err
	}
	report, err := runBench(ctx, m, targets, skipped)
	if err != nil {
		return "", err
	}
	var wrong []string
	count := map[string]int{}
	for _, r := range report {
		count[r.Status]++
		switch known := explained[r.Number]; {
		case r.Status == "FAIL":
			wrong = append(wrong, fmt.Sprintf("%s FAIL %s (%s)", r.Number, r.Text, r.Actual))
		case r.Status == "WARN" && !known:
			wrong = append(wrong, fmt.Sprintf("%s WARN %s (%s): not explained", r.Number, r.Text, r.Reason))
		case r.Status != "WARN" && known:
			wrong = append(wrong, fmt.Sprintf("%s %s: explained as a WARN, which it no longer is", r.Number, r.Status))
		}
		delete(explained, r.Number)
	}
	for number := range explained {
		wrong = append(wrong, number+": explained, but not judged")
	}
	slices.Sort(wrong)
	if wrong != nil {
		return "", fmt.Errorf("%s", strings.Join(wrong, "\n"))
	}
	return fmt.Sprintf("%s on %s: %d PASS, %d FAIL, %d WARN with a reason each, skipped: %s", benchmark, m.Name,
		count["PASS"], count["FAIL"], count["WARN"], strings.Join(skipped, ", ")), nil
}

// benchResult is one check as kube-bench prints it.
type benchResult struct {
	Number string `json:"test_number"`
	Text   string `json:"test_desc"`
	Status string `json:"status"`
	Actual string `json:"actual_value"`
	Reason string `json:"reason"`
}

func runBench(ctx context.Context, m *lab.Machine, targets string, skipped []string) ([]benchResult, error) {
	cache, err := build.CacheDir()
	if err != nil {
		return nil, err
	}
	dir, err := (&build.Builder{Cache: cache, Log: os.Stdout}).Binaries(ctx, build.KubeBench())
	if err != nil {
		return nil, err
	}
	const to = "/opt/kube-bench"
	if err := m.Copy(ctx, dir, to); err != nil {
		return nil, err
	}
	// It searches the working directory for names of its own patterns, so that must be an empty one or the root.
	out, err := m.Run(ctx, "env", "--chdir=/", "KUBECONFIG=/etc/kubernetes/admin.conf", to+"/kube-bench", "run", "--targets", targets,
		"--benchmark", benchmark, "--config-dir", to+"/cfg", "--config", to+"/cfg/config.yaml", "--skip", strings.Join(skipped, ","), "--json")
	if err != nil {
		return nil, err
	}
	var report struct {
		Controls []struct {
			Tests []struct{ Results []benchResult }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		return nil, fmt.Errorf("kube-bench: %w: %.300s", err, out)
	}
	var results []benchResult
	for _, c := range report.Controls {
		for _, t := range c.Tests {
			results = append(results, t.Results...)
		}
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("kube-bench judged nothing: %.300s", out)
	}
	return results, nil
}

// explanations reads which checks of a machine may answer WARN, and which are skipped.
func explanations(machine string) (warn map[string]bool, skip []string, err error) {
	text, err := os.ReadFile("testdata/kube-bench.txt")
	if err != nil {
		return nil, nil, err
	}
	warn = map[string]bool{}
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#" || f[0] != machine && len(f) > 3:
		case len(f) > 3 && f[2] == "WARN":
			warn[f[1]] = true
		case len(f) > 3 && f[2] == "SKIP":
			skip = append(skip, f[1])
		default:
			return nil, nil, fmt.Errorf("testdata/kube-bench.txt: %q is not a machine, a check, WARN or SKIP, and a reason", line)
		}
	}
	return warn, skip, nil
}
