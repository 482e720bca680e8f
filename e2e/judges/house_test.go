//go:build e2e

package judges_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// people are who installs.
var people = map[string][]string{
	"kubernetes-admin": {"kubeadm:cluster-admins", "system:authenticated"},
	"developer":        {"developers", "system:authenticated"},
	gitOps:             {"system:serviceaccounts", "system:serviceaccounts:argocd", "system:authenticated"},
}

// gitOps is the account by which the GitOps controller applies the tree's guards.
const gitOps = "system:serviceaccount:argocd:guard"

// rights are what kubeadm gives to administrators, and all that RBAC can give to developers. The nodes are those of the tree.
const rights = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "kubeadm:cluster-admins"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "kubeadm:cluster-admins"}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: everything}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: everything}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: everything}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: developers}]
---
apiVersion: v1
kind: Node
metadata: {name: cp-1, labels: {kubernetes.io/os: linux, node-role.kubernetes.io/control-plane: ""}}
spec: {taints: [{key: node-role.kubernetes.io/control-plane, effect: NoSchedule}]}
---
apiVersion: v1
kind: Node
metadata: {name: node-1, labels: {kubernetes.io/os: linux}}
`

// house is a cluster that add-ons are installed in.
type house struct {
	server *apiserver.Server
	// kubeconfig is a file.
	kubeconfig    string
	helm, kubectl string
}

// newHouse starts the cluster of a tree.
func newHouse(t *testing.T, e example) *house {
	t.Helper()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{server: startServer(t, admissionFlags(t, e)...), kubeconfig: filepath.Join(t.TempDir(), "admin.conf")}
	helm, err := b.Binaries(t.Context(), build.Helm())
	if err != nil {
		t.Fatal(err)
	}
	kubernetes, err := b.Binaries(t.Context(), build.Kubernetes(release), "kubectl")
	if err != nil {
		t.Fatal(err)
	}
	h.helm, h.kubectl = filepath.Join(helm, "helm"), filepath.Join(kubernetes, "kubectl")
	text, err := h.server.Kubeconfig("https://" + h.server.Address())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(h.kubeconfig, text, 0o600); err != nil {
		t.Fatal(err)
	}
	given, err := judges.Parse([]byte(rights))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range given {
		apply(t, h.server, o)
	}
	// What a node has until its kubelet says that it is ready.
	if _, err := h.run(t.Context(), h.kubectl, "kubernetes-admin", nil, "taint", "nodes", "--all", "node.kubernetes.io/not-ready:NoSchedule-"); err != nil {
		t.Fatal(err)
	}
	takes(t, h.server, e)
	if err := h.server.RunControllers(t.Context(), b, release); err != nil {
		t.Fatal(err)
	}
	return h
}

// admissionFlags are the flags of the tree's API server that decide about admission. Its files lie in the tree.
func admissionFlags(t *testing.T, e example) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(e.tree, "clusters", "*", "cluster", "init.yaml"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s has no one init.yaml: %v, %v", e.name, found, err)
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	for doc := range bytes.SplitSeq(text, []byte("\n---\n")) {
		var config struct {
			APIServer struct {
				ExtraArgs []struct{ Name, Value string }
			}
		}
		if err := yaml.Unmarshal(doc, &config); err != nil {
			t.Fatal(err)
		}
		for _, arg := range config.APIServer.ExtraArgs {
			if strings.Contains(arg.Name, "admission") {
				value := strings.Replace(arg.Value, "/etc/kubernetes/hardening", filepath.Join(filepath.Dir(found[0]), "hardening"), 1)
				flags = append(flags, "--"+arg.Name+"="+value)
			}
		}
	}
	if len(flags) != 2 {
		t.Fatalf("the API server of %s has the flags %q about admission", e.name, flags)
	}
	return flags
}

// run runs a client of the cluster as somebody.
func (h *house) run(ctx context.Context, program, as string, stdin []byte, args ...string) (string, error) {
	user, group := "--as", "--as-group"
	if program == h.helm {
		user, group = "--kube-as-user", "--kube-as-group"
	}
	args = append(args, "--kubeconfig", h.kubeconfig, user, as)
	for _, g := range people[as] {
		args = append(args, group, g)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	scratch := filepath.Dir(h.kubeconfig)
	cmd.Env = append(os.Environ(), "HELM_CACHE_HOME="+scratch, "HELM_CONFIG_HOME="+scratch, "HELM_DATA_HOME="+scratch, "KUBECACHEDIR="+scratch)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, said.Bytes())
	}
	return out.String(), nil
}

// typeChecked asks the controller that checks the types of expressions whether all of them are right.
func (h *house) typeChecked(t *testing.T) {
	t.Helper()
	var policies struct {
		Items []struct {
			Metadata struct {
				Name       string
				Generation int64
			}
			Status struct {
				ObservedGeneration int64
				TypeChecking       *struct{ ExpressionWarnings []any }
			}
		}
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		if err := h.server.Get(t.Context(), "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", &policies); err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, p := range policies.Items {
			if p.Status.TypeChecking == nil || p.Status.ObservedGeneration != p.Metadata.Generation {
				continue
			}
			checked++
			for _, w := range p.Status.TypeChecking.ExpressionWarnings {
				t.Errorf("%s: %v", p.Metadata.Name, w)
			}
		}
		if checked == len(policies.Items) && checked > 0 {
			fmt.Printf("API server   %s the types of %d policies are right\n", release, checked)
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d policies are checked", checked, len(policies.Items))
		}
	}
}
