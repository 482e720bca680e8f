//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
)

// treeChecks apply the objects of the tree. The hardened pod runs before all workloads compete for one small node.
var treeChecks = []check{
	{"Every object of the tree goes in by server-side apply, without a warning", checkApply},
	{"Applying the tree again changes nothing", checkApplyAgain},
	{"Accounts and groups have the rights that verify reads from the files, and no other", checkRights},
	{"A pod of the generated shape runs, and finds itself confined", checkHardenedPod},
}

const manifests = "/opt/bartizan/manifests"

// parts are the directories of manifests, in the order of its README.
var parts = []string{"platform", "namespaces", "gitops/flux"}

// foreign are the kinds of the tree that Kubernetes does not have. Their definitions are stand-ins that accept any content:
// Gateway API, Cilium and Flux do not run here.
var foreign = []struct {
	group, version, kind, plural string
	namespaced                   bool
}{
	{"gateway.networking.k8s.io", "v1", "Gateway", "gateways", true},
	{"gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", true},
	{"cilium.io", "v2", "CiliumNetworkPolicy", "ciliumnetworkpolicies", true},
	{"cilium.io", "v2", "CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", false},
	{"source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", true},
	{"kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", true},
}

func installForeign(ctx context.Context, e *env) error {
	var list []map[string]any
	for _, f := range foreign {
		scope := "Cluster"
		if f.namespaced {
			scope = "Namespaced"
		}
		open := map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}
		list = append(list, map[string]any{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": map[string]any{"name": f.plural + "." + f.group,
				"annotations": map[string]string{"api-approved.kubernetes.io": "unapproved, a stand-in of a test"}},
			"spec": map[string]any{"group": f.group, "scope": scope, "names": map[string]string{"kind": f.kind, "plural": f.plural},
				"versions": []any{map[string]any{"name": f.version, "served": true, "storage": true, "schema": map[string]any{"openAPIV3Schema": open}}}},
		})
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": list})
	if err != nil {
		return err
	}
	if _, err := e.KubectlInput(ctx, strings.NewReader(string(text)), "apply", "--server-side", "-f", "-"); err != nil {
		return err
	}
	for _, f := range foreign {
		if _, err := e.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=30s", "crd/"+f.plural+"."+f.group); err != nil {
			return err
		}
	}
	// Flux's own namespace is made by its installation.
	_, err = e.Kubectl(ctx, "create", "namespace", "flux-system")
	return err
}

func checkApply(ctx context.Context, e *env) (string, error) {
	if err := installForeign(ctx, e); err != nil {
		return "", err
	}
	if err := e.First().Copy(ctx, filepath.Join(e.Tree, "manifests"), manifests); err != nil {
		return "", err
	}
	count := 0
	for _, part := range parts {
		var out string
		// Admission of quotas may lose a race with the quota that was made a moment ago; the API server then says try again.
		err := cluster.Eventually(ctx, time.Minute, func() (err error) {
			out, err = e.First().Shell(ctx, "kubectl --kubeconfig /etc/kubernetes/admin.conf apply --server-side -k "+manifests+"/"+part+" 2>&1")
			if err != nil && !strings.Contains(err.Error(), "try again") {
				return fmt.Errorf("%s: %w", part, err)
			}
			return err
		})
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(out) {
			if !strings.HasSuffix(line, " serverside-applied\n") && !ownWarning(line) {
				return "", fmt.Errorf("%s: %s", part, line)
			}
		}
		count += strings.Count(out, " serverside-applied")
	}
	var policies struct {
		Items []struct {
			Metadata metav1.ObjectMeta
			Status   struct {
				TypeChecking struct{ ExpressionWarnings []any }
			}
		}
	}
	if err := e.JSON(ctx, &policies, "get", "validatingadmissionpolicies"); err != nil {
		return "", err
	}
	for _, p := range policies.Items {
		if len(p.Status.TypeChecking.ExpressionWarnings) > 0 {
			return "", fmt.Errorf("policy %s does not fit the types it is about: %v", p.Metadata.Name, p.Status.TypeChecking.ExpressionWarnings)
		}
	}
	return fmt.Sprintf("%d objects; %d admission policies without type warnings", count, len(policies.Items)), nil
}

// ownWarning says whether kubectl warns about itself: it passes a flag to its kustomize that the files decide better.
func ownWarning(line string) bool { return strings.Contains(line, "Sorting order is set both") }

// diffProgram compares two directories as kubectl diff wants it, without what controllers write meanwhile: the status of
// an object, which stands last, and the version that counts each write.
const diffProgram = `#!/bin/sh
for file in "$1"/* "$2"/*; do
	[ ! -f "$file" ] || sed -i -e '/^status:/,$d' -e '/^  resourceVersion:/d' "$file"
done
exec diff -u -N "$1" "$2"
`

func checkApplyAgain(ctx context.Context, e *env) (string, error) {
	const program = "/usr/local/sbin/e2e-diff"
	if err := e.First().Write(ctx, program, 0o755, []byte(diffProgram)); err != nil {
		return "", err
	}
	for _, part := range parts {
		// diff fails if there is a difference.
		out, err := e.First().Run(ctx, "env", "KUBECTL_EXTERNAL_DIFF="+program, "kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf",
			"diff", "--server-side", "-k", manifests+"/"+part)
		if err != nil {
			return "", fmt.Errorf("%s: %w %s", part, err, out)
		}
	}
	return "kubectl diff --server-side finds no difference", nil
}

// checkHardenedPod runs the pod of a generated Deployment under a name of its own, from a stand-in for its image, and asks
// the process what it may do. What this host cannot do is taken away, and said: the AppArmor profile, which the kubelet
// refuses on a host without AppArmor, and the user namespace, where the host's runc is older than 1.2.
func checkHardenedPod(ctx context.Context, e *env) (string, error) {
	text, err := os.ReadFile(filepath.Join(e.Tree, "manifests/namespaces/shop/apps/frontend/workload.yaml"))
	if err != nil {
		return "", err
	}
	var d appsv1.Deployment
	if err := yaml.UnmarshalStrict(text, &d); err != nil {
		return "", err
	}
	// The node is small: the workloads make room.
	if _, err := e.Kubectl(ctx, "delete", "deployments", "--all", "-n", "shop", "--wait"); err != nil {
		return "", err
	}
	for _, ns := range []string{"payments", "loadtest"} {
		if _, err := e.Kubectl(ctx, "delete", "deployments", "--all", "-n", ns, "--wait"); err != nil {
			return "", err
		}
	}
	pod := corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: d.Spec.Template.ObjectMeta, Spec: d.Spec.Template.Spec}
	pod.Name, pod.Namespace = "e2e", d.Namespace
	var without []string
	namespaces, err := userNamespaces(ctx, e)
	if err != nil {
		return "", err
	}
	if !namespaces {
		without = append(without, "a user namespace")
		pod.Spec.HostUsers = nil
	}
	if _, err := os.Stat("/sys/module/apparmor"); err != nil {
		without = append(without, "AppArmor")
		if pod.Spec.SecurityContext != nil {
			pod.Spec.SecurityContext.AppArmorProfile = nil
		}
		for i := range pod.Spec.Containers {
			pod.Spec.Containers[i].SecurityContext.AppArmorProfile = nil
		}
	}
	object, err := json.Marshal(pod)
	if err != nil {
		return "", err
	}
	if _, err := e.KubectlInput(ctx, strings.NewReader(string(object)), "create", "-f", "-"); err != nil {
		return "", err
	}
	if _, err := e.Kubectl(ctx, "-n", pod.Namespace, "wait", "--for=condition=Ready", "--timeout=90s", "pod/e2e"); err != nil {
		why, _ := e.Kubectl(ctx, "-n", pod.Namespace, "get", "events", "--field-selector=involvedObject.name=e2e")
		return "", fmt.Errorf("%w: %s", err, why)
	}
	out, err := e.Kubectl(ctx, "-n", pod.Namespace, "logs", "e2e")
	if err != nil {
		return "", err
	}
	var seen confinement
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&seen); err != nil {
		return "", fmt.Errorf("%s: %w", out, err)
	}
	words := fmt.Sprintf("uid %d, capabilities %s, NoNewPrivs %s, seccomp filter, read-only root, no token", seen.UID, seen.Status["CapBnd"], seen.Status["NoNewPrivs"])
	if len(without) > 0 {
		words += "; this host cannot give it " + strings.Join(without, " and ")
	}
	return words, seen.judge()
}

// confinement is what the probe sees of its own.
type confinement struct {
	UID, GID            int
	Status              map[string]string
	RootWritable, Token bool
	Environment         []string
}

// judge returns everything that a process of a hardened pod must not find.
func (seen confinement) judge() error {
	var wrong []error
	want := func(is bool, what string) {
		if !is {
			wrong = append(wrong, errors.New(what))
		}
	}
	want(seen.UID >= 10000 && seen.GID >= 10000, fmt.Sprintf("runs as %d:%d", seen.UID, seen.GID))
	for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
		want(strings.Trim(seen.Status[set], "0") == "" && seen.Status[set] != "", set+" is "+seen.Status[set])
	}
	want(seen.Status["NoNewPrivs"] == "1", "may gain privileges")
	want(seen.Status["Seccomp"] == "2", "has no seccomp filter")
	want(!seen.RootWritable, "writes to the root of its file system")
	want(!seen.Token, "has a token for the API server")
	want(!slices.ContainsFunc(seen.Environment, func(name string) bool {
		return strings.HasSuffix(name, "_SERVICE_PORT") && !strings.HasPrefix(name, "KUBERNETES_")
	}),
		"is told about other services in its environment")
	return errors.Join(wrong...)
}

// userNamespaces says whether the worker's runtime can run a pod in a user namespace.
func userNamespaces(ctx context.Context, e *env) (bool, error) {
	var node corev1.Node
	if err := e.JSON(ctx, &node, "get", "node", e.site.worker.Name); err != nil {
		return false, err
	}
	return slices.ContainsFunc(node.Status.RuntimeHandlers, func(h corev1.NodeRuntimeHandler) bool {
		return h.Name == "" && h.Features != nil && h.Features.UserNamespaces != nil && *h.Features.UserNamespaces
	}), nil
}
