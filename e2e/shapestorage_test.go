//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
	"github.com/bartizan-dev/bartizan/e2e/inside"
)

// flood is a pod whose program writes to the node's disk.
type flood struct {
	name string
	// in is the directory, bytes how much is written there.
	in    string
	bytes int64
	edit  func(p *corev1.PodSpec, c *corev1.Container)
	// says is part of the kubelet's reason to end the pod; "" if it must let the pod be.
	says string
}

const mebi = 1 << 20

// floods are edits of the pod plain/many of the specification corners, whose volumes on disk hold 64Mi, and whose containers
// may use 256Mi. Where a limit is taken away nothing may end the pod: so it is the limit that ends the others.
var floods = []flood{
	{"less than the volume holds", "/work", 32 * mebi, func(*corev1.PodSpec, *corev1.Container) {}, ""},
	{"more than the volume holds", "/work", 96 * mebi, func(*corev1.PodSpec, *corev1.Container) {},
		`Usage of EmptyDir volume "work" exceeds the limit "64Mi"`},
	{"as much to a volume without a size", "/work", 96 * mebi, unsized, ""},
	{"more than the container may use", "/work", 320 * mebi, unsized,
		"Pod ephemeral local storage usage exceeds the total limit of containers 256Mi"},
	{"as much without a limit", "/work", 320 * mebi, func(p *corev1.PodSpec, c *corev1.Container) {
		unsized(p, c)
		delete(c.Resources.Limits, corev1.ResourceEphemeralStorage)
	}, ""},
	{"more to the root file system", "/", 320 * mebi, writableRoot,
		"Pod ephemeral local storage usage exceeds the total limit of containers 256Mi"},
	{"as much to it without a limit", "/", 320 * mebi, func(p *corev1.PodSpec, c *corev1.Container) {
		writableRoot(p, c)
		delete(c.Resources.Limits, corev1.ResourceEphemeralStorage)
	}, ""},
}

func unsized(p *corev1.PodSpec, _ *corev1.Container) {
	p.Volumes[volumeOf(p, "work")].EmptyDir.SizeLimit = nil
}

func writableRoot(_ *corev1.PodSpec, c *corev1.Container) {
	s := c.SecurityContext
	s.ReadOnlyRootFilesystem, s.RunAsNonRoot, s.RunAsUser = new(false), new(false), new(int64(0))
}

// checkFloods starts the pods, and waits until the kubelet has ended those that write more than they may. It measures volumes
// once in a minute; those that it must let be are looked at when it has measured them too, and has had time to act.
func checkFloods(ctx context.Context, s *stage) (string, error) {
	many, _, err := s.many(ctx)
	if err != nil {
		return "", err
	}
	var pods []any
	for i, f := range floods {
		p := podBreak{in: "many", edit: f.edit}.pod(many.Template, many.Namespace, i)
		p.Name = floodName(i)
		orders, err := json.Marshal(inside.Orders{Fill: map[string]int64{f.in: f.bytes}})
		if err != nil {
			return "", err
		}
		env := p.Spec.Containers[0].Env
		env[len(env)-1].Value = string(orders)
		pods = append(pods, p)
	}
	if err := s.applyObjects(ctx, pods); err != nil {
		return "", err
	}
	err = cluster.Eventually(ctx, 4*time.Minute, func() error {
		used, err := s.usage(ctx, many.Namespace)
		if err != nil {
			return err
		}
		var waiting []error
		for i, f := range floods {
			end, err := s.endOf(ctx, many.Namespace, floodName(i))
			switch {
			case err != nil:
				return err
			case f.says == "" && end == "" && used[floodName(i)] < f.bytes:
				waiting = append(waiting, fmt.Errorf("%s: the kubelet has measured %d of %d bytes", f.name, used[floodName(i)], f.bytes))
			case f.says != "" && !strings.Contains(end, f.says):
				waiting = append(waiting, fmt.Errorf("%s: the pod is not ended in words that say %q, but: %q", f.name, f.says, end))
			}
		}
		return errors.Join(waiting...)
	})
	if err != nil {
		return "", err
	}
	// The kubelet compares what it has measured with limits every ten seconds.
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(20 * time.Second):
	}
	var wrong []error
	ended := 0
	for i, f := range floods {
		if f.says != "" {
			ended++
			continue
		}
		end, err := s.endOf(ctx, many.Namespace, floodName(i))
		if err != nil {
			return "", err
		}
		if end != "" {
			wrong = append(wrong, fmt.Errorf("%s: the pod is ended: %s", f.name, end))
		}
	}
	return fmt.Sprintf("%d pods ended that wrote too much, each for the limit that it broke; %d left alone that wrote less, or had no limit", ended, len(floods)-ended), errors.Join(wrong...)
}

func floodName(i int) string { return fmt.Sprintf("flood-%d", i) }

// endOf is why the kubelet has ended the pod, "" if it has not. The pod itself need not say it: where its programs end well
// when they are told to, it has succeeded.
func (s *stage) endOf(ctx context.Context, namespace, pod string) (string, error) {
	var p corev1.Pod
	if err := s.JSON(ctx, &p, "-n", namespace, "get", "pod", pod); err != nil {
		return "", err
	}
	evicted, err := s.Kubectl(ctx, "-n", namespace, "get", "events", "--field-selector=reason=Evicted,involvedObject.name="+pod, "-o", "jsonpath={.items[*].message}")
	if err != nil {
		return "", err
	}
	ended := p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
	failed := slices.ContainsFunc(p.Status.ContainerStatuses, func(c corev1.ContainerStatus) bool { return c.RestartCount > 0 })
	switch {
	case evicted != "" && ended:
		return evicted, nil
	case evicted == "" && (ended || failed):
		return "", fmt.Errorf("the program in %s cannot write what it should: %s", pod, describe(&p))
	}
	return "", nil
}

// usage is how many bytes of disk the kubelet has measured for the pods of the namespace.
func (s *stage) usage(ctx context.Context, namespace string) (map[string]int64, error) {
	text, err := s.Kubectl(ctx, "get", "--raw", "/api/v1/nodes/"+s.machine.Name+"/proxy/stats/summary")
	if err != nil {
		return nil, err
	}
	var summary struct {
		Pods []struct {
			PodRef           struct{ Name, Namespace string }
			EphemeralStorage struct{ UsedBytes int64 } `json:"ephemeral-storage"`
		}
	}
	if err := json.Unmarshal([]byte(text), &summary); err != nil {
		return nil, err
	}
	used := map[string]int64{}
	for _, p := range summary.Pods {
		if p.PodRef.Namespace == namespace {
			used[p.PodRef.Name] = p.EphemeralStorage.UsedBytes
		}
	}
	return used, nil
}
