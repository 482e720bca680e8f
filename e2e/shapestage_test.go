//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/lab"
	"github.com/bartizan-dev/bartizan/e2e/shapes"
	"github.com/bartizan-dev/bartizan/model"
)

// stage is the cluster with the platform and the guards of one specification, and a node on which its pods run.
type stage struct {
	*env
	// manifests is the generated directory on the host, on the same on the first node.
	manifests, on string
	workloads     map[string]*model.Workload
	// machine is the node on which the pods of the moment run; node is what it is.
	machine *lab.Machine
	// logins are the names and passwords that registries ask for, by the beginning of an image's name.
	logins map[string][2]string
	node   shapes.Node
	// audience is that of the API server.
	audience string
}

// newStage generates the tree of the specification. Its images all have the digest of the one image of the test: so they are
// pulled as they would be, and admitted as they would be.
func newStage(ctx context.Context, e *env, dir string) (*stage, error) {
	name := filepath.Base(dir)
	work := filepath.Join(e.site.lab.Work, "shapes", name)
	spec, tree := filepath.Join(work, "spec"), filepath.Join(work, "tree")
	if err := e.site.copySpec(dir, spec); err != nil {
		return nil, err
	}
	var files, args []string
	if vars := filepath.Join(spec, "environments/production.vars.hcl"); exists(vars) {
		files, args = []string{vars}, []string{"--var-file", vars}
	}
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return nil, err
	}
	loaded := model.Load(spec, model.Options{Today: day, VarFiles: files})
	if loaded.HasErrors() {
		return nil, loaded.Diagnostics
	}
	s := &stage{env: e, machine: e.site.worker, workloads: map[string]*model.Workload{}, on: "/opt/bartizan/shapes/" + name}
	digests := map[string]string{}
	for _, w := range loaded.Spec.Clusters[0].Workloads() {
		s.workloads[w.Namespace.Name+"/"+w.Name] = w
		for _, c := range slices.Concat(w.Containers, w.InitContainers) {
			if strings.Contains(c.Image.Written, "@") {
				return nil, fmt.Errorf("%s has its digest in the specification, and no other image can take its place", c.Image.Written)
			}
			digests[c.Image.Written] = e.Registry.Digest
		}
	}
	text, err := json.Marshal(digests)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(spec, "images.bartizan.json"), text, 0o600); err != nil {
		return nil, err
	}
	if err := e.site.generate(ctx, spec, tree, args...); err != nil {
		return nil, err
	}
	logins := map[string][2]string{}
	for _, r := range loaded.Spec.Registries {
		if r.PullSecret != nil {
			logins[strings.TrimSuffix(r.Host+"/"+r.Path, "/")+"/"] = shapes.Login(r)
		}
	}
	s.manifests, s.logins = filepath.Join(tree, "clusters", loaded.Spec.Clusters[0].Name, "manifests"), logins
	return s, nil
}

// open clears the cluster and applies the platform.
func (s *stage) open(ctx context.Context) error {
	if err := s.look(ctx); err != nil {
		return err
	}
	if err := s.clear(ctx); err != nil {
		return err
	}
	if err := s.Registry.Ask(ctx, s.logins); err != nil {
		return err
	}
	if err := s.First().Copy(ctx, s.manifests, s.on); err != nil {
		return err
	}
	if err := s.apply(ctx, "platform"); err != nil {
		return err
	}
	return s.enforced(ctx)
}

// enforced waits until the admission policies judge: they take effect a moment after they are applied.
func (s *stage) enforced(ctx context.Context) error {
	const stranger = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "e2e", "namespace": "default"}, "spec": {"automountServiceAccountToken": false,
		"containers": [{"name": "e2e", "image": "unknown.example.org/e2e", "securityContext": {"allowPrivilegeEscalation": false, "runAsNonRoot": true,
			"capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}}]}}`
	return cluster.Eventually(ctx, time.Minute, func() error {
		_, err := s.KubectlInput(ctx, strings.NewReader(stranger), "create", "--dry-run=server", "-f", "-")
		if err == nil || !strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'bartizan-") {
			return fmt.Errorf("no admission policy refuses an unknown registry: %w", cmp.Or(err, errors.New("let through")))
		}
		return nil
	})
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// look finds out what the node and the API server are.
func (s *stage) look(ctx context.Context) error {
	s.node = shapes.Node{Namespaces: map[string]string{}, AppArmor: exists("/sys/module/apparmor")}
	for _, kind := range []string{"pid", "net", "ipc", "mnt", "user", "cgroup"} {
		out, err := s.machine.Run(ctx, "readlink", "/proc/1/ns/"+kind)
		if err != nil {
			return err
		}
		s.node.Namespaces[kind] = strings.TrimSpace(out)
	}
	kernel, err := s.machine.Run(ctx, "cat", "/proc/version")
	if err != nil {
		return err
	}
	s.node.Kernel = strings.TrimSpace(kernel)
	var node corev1.Node
	if err := s.JSON(ctx, &node, "get", "node", s.machine.Name); err != nil {
		return err
	}
	for _, h := range node.Status.RuntimeHandlers {
		if h.Name == "" && h.Features != nil {
			s.node.UserNamespaces = h.Features.UserNamespaces != nil && *h.Features.UserNamespaces
			s.node.RecursiveReadOnly = h.Features.RecursiveReadOnlyMounts != nil && *h.Features.RecursiveReadOnlyMounts
		}
	}
	if err := s.hasUsers(ctx); err != nil {
		return err
	}
	text, err := s.Kubectl(ctx, "get", "--raw", "/.well-known/openid-configuration")
	if err != nil {
		return err
	}
	var about struct{ Issuer string }
	if err := json.Unmarshal([]byte(text), &about); err != nil {
		return err
	}
	s.audience = about.Issuer
	return nil
}

// hasUsers makes sure that pods are not let off user namespaces for another reason than the kernel: tmpfs can be mounted for
// other users since 6.3.
func (s *stage) hasUsers(ctx context.Context) error {
	if s.node.UserNamespaces {
		return nil
	}
	release, err := s.machine.Run(ctx, "uname", "-r")
	if err != nil {
		return err
	}
	var major, minor int
	if _, err := fmt.Sscanf(release, "%d.%d", &major, &minor); err != nil {
		return fmt.Errorf("the kernel %q: %w", release, err)
	}
	if major > 6 || major == 6 && minor >= 3 {
		return fmt.Errorf("the kernel %s can give pods user namespaces, but the node's runtime does not", strings.TrimSpace(release))
	}
	return nil
}

// clear removes what was applied before and would judge, or stand in the way of, what comes: admission policies, which have
// the same names in every tree, and namespaces with everything in them.
func (s *stage) clear(ctx context.Context) error {
	const ours = "app.kubernetes.io/managed-by=bartizan"
	if _, err := s.Kubectl(ctx, "delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", "-l", ours); err != nil {
		return err
	}
	_, err := s.Kubectl(ctx, "delete", "namespaces", "-l", ours, "--wait=false")
	return err
}

// apply applies a directory of the manifests. A quota that was made a moment ago may not be ready to admit.
func (s *stage) apply(ctx context.Context, part string) error {
	return s.again(ctx, func() error {
		_, err := s.Kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-k", s.on+"/"+part)
		return err
	})
}

// again tries again for a minute what the API server says it may soon take.
func (s *stage) again(ctx context.Context, f func() error) error {
	var last error
	err := cluster.Eventually(ctx, time.Minute, func() error {
		last = f()
		if last != nil && (strings.Contains(last.Error(), "try again") || strings.Contains(last.Error(), "status unknown for quota")) {
			return last
		}
		return nil
	})
	return cmp.Or(err, last)
}
