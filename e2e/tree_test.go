//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
)

// treeChecks apply the objects of the tree.
var treeChecks = []check{
	{"Every object of the tree goes in by server-side apply, without a warning", checkApply},
	{"Applying the tree again changes nothing", checkApplyAgain},
	{"Accounts and groups have the rights that verify reads from the files, and no other", checkRights},
}

const manifests = "/opt/bartizan/manifests"

// parts are the directories of manifests, in the order of its README.
var parts = []string{"platform", "namespaces", "gitops/flux"}

// foreign are the kinds of the trees that Kubernetes does not have. Their definitions are stand-ins that accept any content:
// Gateway API, Cilium, Flux and the External Secrets Operator do not run here.
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
	{"policy.networking.k8s.io", "v1alpha2", "ClusterNetworkPolicy", "clusternetworkpolicies", false},
	{"external-secrets.io", "v1", "SecretStore", "secretstores", true},
	{"external-secrets.io", "v1", "ExternalSecret", "externalsecrets", true},
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
	// No more is asked of the workloads, and the node is small: they make room.
	_, err := e.Kubectl(ctx, "delete", "deployments", "-A", "-l", "app.kubernetes.io/managed-by=bartizan", "--wait")
	return "kubectl diff --server-side finds no difference", err
}
