//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/inside"
	"github.com/bartizan-dev/bartizan/e2e/shapes"
)

// tryPool makes the node one of the pool, starts a pod of each controller, and asks all of their containers.
func (s *stage) tryPool(ctx context.Context, pool string, group []*tried) error {
	if err := s.join(ctx, pool, group); err != nil {
		return err
	}
	var first, then []any
	namespaces := map[string]bool{}
	for _, r := range group {
		c := r.controller
		w := s.workloads[c.Namespace+"/"+c.Name]
		if w == nil {
			return fmt.Errorf("%s/%s is not in the specification", c.Namespace, c.Name)
		}
		secrets, err := c.Secrets(w)
		if err != nil {
			return err
		}
		volumes, err := c.Volumes(s.machine.Name, "/var/lib/e2e-volumes")
		if err != nil {
			return err
		}
		for _, v := range volumes {
			if _, err := s.machine.Run(ctx, "mkdir", "-p", v.Spec.Local.Path); err != nil {
				return err
			}
			first = append(first, v)
		}
		for _, secret := range secrets {
			first = append(first, secret)
		}
		if r.missing, err = c.StandIn(s.node); err != nil {
			return err
		}
		then = append(then, c.Object)
		namespaces[c.Namespace] = true
	}
	for _, ns := range slices.Sorted(maps.Keys(namespaces)) {
		// One of another example may be ending under the same name.
		if err := cluster.Eventually(ctx, 2*time.Minute, func() error { return s.notEnding(ctx, ns) }); err != nil {
			return err
		}
		if err := s.apply(ctx, "namespaces/"+ns+"/guard"); err != nil {
			return err
		}
	}
	if err := s.applyObjects(ctx, first); err != nil {
		return err
	}
	if err := s.applyBeside(ctx, group); err != nil {
		return err
	}
	if err := s.applyObjects(ctx, then); err != nil {
		return err
	}
	if err := s.startJobs(ctx, group); err != nil {
		return err
	}
	return s.ask(ctx, group)
}

const (
	poolLabel      = "node-restriction.kubernetes.io/pool"
	dedicatedTaint = "bartizan.dev/dedicated"
)

// join makes a node one of the pool: with its label, and with the taint that keeps others off a dedicated one. Pods with a
// RuntimeClass need the node whose containerd is configured for it, as the pool's would be.
func (s *stage) join(ctx context.Context, pool string, group []*tried) error {
	s.machine = s.site.worker
	if group[0].controller.Template.Spec.RuntimeClassName != nil {
		s.machine = s.site.sandbox
		if err := s.sameRuntime(pool); err != nil {
			return err
		}
	}
	if err := s.look(ctx); err != nil {
		return err
	}
	taints := []corev1.Taint{}
	for _, t := range group[0].controller.Template.Spec.Tolerations {
		if t.Key == dedicatedTaint {
			taints = append(taints, corev1.Taint{Key: t.Key, Value: t.Value, Effect: t.Effect})
		}
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"labels": map[string]string{poolLabel: pool}},
		"spec":     map[string]any{"taints": taints},
	})
	if err != nil {
		return err
	}
	_, err = s.Kubectl(ctx, "patch", "node", s.machine.Name, "--type=merge", "-p", string(patch))
	return err
}

// sameRuntime makes sure that the runtimes of the sandboxed node are configured as for the nodes of the pool.
func (s *stage) sameRuntime(pool string) error {
	for _, file := range []string{"containerd.toml", "runsc.toml"} {
		want, err := os.ReadFile(filepath.Join(filepath.Dir(s.manifests), "nodes", pool, file))
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(s.Tree, "nodes", sandboxPool, file))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s of the pool %s is not that of the node %s", file, pool, s.machine.Name)
		}
	}
	return nil
}

// applyObjects applies objects in one request.
func (s *stage) applyObjects(ctx context.Context, objects []any) error {
	if len(objects) == 0 {
		return nil
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		return err
	}
	return s.again(ctx, func() error {
		_, err := s.KubectlInput(ctx, strings.NewReader(string(text)), "apply", "--server-side", "--force-conflicts", "-f", "-")
		return err
	})
}

// applyBeside applies what stands beside the controllers: configuration, claims, Services, what is fetched from the store.
func (s *stage) applyBeside(ctx context.Context, group []*tried) error {
	var files []string
	for _, r := range group {
		dir, err := filepath.Rel(s.manifests, r.controller.Dir)
		if err != nil {
			return err
		}
		for _, name := range []string{"config.yaml", "volumes.yaml", "secrets.yaml", "service.yaml"} {
			if exists(filepath.Join(r.controller.Dir, name)) {
				files = append(files, "-f", s.on+"/"+dir+"/"+name)
			}
		}
	}
	if len(files) == 0 {
		return nil
	}
	return s.again(ctx, func() error {
		_, err := s.Kubectl(ctx, append([]string{"apply", "--server-side", "--force-conflicts"}, files...)...)
		return err
	})
}

func (s *stage) notEnding(ctx context.Context, namespace string) error {
	phase, err := s.Kubectl(ctx, "get", "namespace", namespace, "--ignore-not-found", "-o", "jsonpath={.status.phase}")
	if err == nil && phase == string(corev1.NamespaceTerminating) {
		return fmt.Errorf("namespace %s does not end", namespace)
	}
	return err
}

// startJobs makes the jobs of CronJobs at once.
func (s *stage) startJobs(ctx context.Context, group []*tried) error {
	for _, r := range group {
		if c := r.controller; c.Kind == "CronJob" {
			if _, err := s.Kubectl(ctx, "-n", c.Namespace, "create", "job", c.Name+"-now", "--from=cronjob/"+c.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// ask waits until a pod of each controller is ready, and compares what its containers report.
func (s *stage) ask(ctx context.Context, group []*tried) error {
	pods, err := s.ready(ctx, group)
	if err != nil {
		return err
	}
	ofPods := map[string]inside.Report{}
	for i, r := range group {
		c := r.controller
		w := s.workloads[c.Namespace+"/"+c.Name]
		reports, err := s.reports(ctx, c.Namespace, pods[i].Name)
		if err != nil {
			return err
		}
		ofPods[pods[i].Name] = reports[w.Containers[0].Name]
		pod := shapes.NewPod(pods[i].Name, w, s.node, r.missing, s.audience)
		for _, container := range slices.Concat(w.Containers, w.InitContainers) {
			report, ok := reports[container.Name]
			if !ok {
				r.wrong = append(r.wrong, container.Name+" reports nothing")
				continue
			}
			compared, wrong, err := pod.Compare(container.Name, report)
			if err != nil {
				return err
			}
			r.containers++
			r.compared += compared
			for _, what := range wrong {
				r.wrong = append(r.wrong, "container "+container.Name+": "+what)
			}
		}
	}
	if shared := shapes.Shared(ofPods); len(shared) > 0 {
		return errors.New(strings.Join(shared, "; "))
	}
	return nil
}

// ready waits for one ready pod of each controller.
func (s *stage) ready(ctx context.Context, group []*tried) ([]*corev1.Pod, error) {
	pods := make([]*corev1.Pod, len(group))
	err := cluster.Eventually(ctx, 2*time.Minute, func() error {
		var list corev1.PodList
		if err := s.JSON(ctx, &list, "get", "pods", "-A", "-l", "app.kubernetes.io/managed-by=bartizan"); err != nil {
			return err
		}
		var missing []error
		for i, r := range group {
			pods[i] = nil
			state := "no pod"
			for _, p := range list.Items {
				if p.Namespace == r.controller.Namespace && p.Labels["app.kubernetes.io/name"] == r.controller.Name && p.DeletionTimestamp == nil && p.Spec.NodeName == s.machine.Name {
					pods[i], state = &p, describe(&p)
				}
			}
			if pods[i] == nil || !isReady(pods[i]) {
				missing = append(missing, fmt.Errorf("%s/%s is not ready: %s", r.controller.Namespace, r.controller.Name, state))
			}
		}
		return errors.Join(missing...)
	})
	if err != nil {
		events, _ := s.Kubectl(ctx, "get", "events", "-A", "--field-selector=type=Warning")
		return nil, fmt.Errorf("%w\n%s", err, events)
	}
	return pods, nil
}

func isReady(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// describe says in a few words what a pod waits for.
func describe(p *corev1.Pod) string {
	text := string(p.Status.Phase)
	for _, c := range p.Status.Conditions {
		if c.Status != corev1.ConditionTrue && c.Message != "" {
			text += "; " + c.Message
		}
	}
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if c.State.Waiting != nil {
			text += "; " + c.Name + ": " + c.State.Waiting.Reason + " " + c.State.Waiting.Message
		}
		if c.State.Terminated != nil && c.State.Terminated.ExitCode != 0 {
			text += "; " + c.Name + " ended: " + c.State.Terminated.Message
		}
	}
	return text
}

// reports are what the pod's containers wrote, by their names.
func (s *stage) reports(ctx context.Context, namespace, pod string) (map[string]inside.Report, error) {
	out, err := s.Kubectl(ctx, "-n", namespace, "logs", pod, "--all-containers", "--prefix")
	if err != nil {
		return nil, err
	}
	all := map[string]inside.Report{}
	for line := range strings.Lines(out) {
		// [pod/NAME/CONTAINER] {…}
		where, text, _ := strings.Cut(line, "] ")
		var r inside.Report
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		all[where[strings.LastIndex(where, "/")+1:]] = r
	}
	return all, nil
}
