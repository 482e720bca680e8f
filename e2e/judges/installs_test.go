//go:build e2e

package judges_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/apiserver"
	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// install is an add-on that its makers' chart installs in the namespace of its name.
type install struct {
	name string
	// chart is a directory of the component.
	chart build.Component
	// values is a file of testdata/installs; "" stands for the chart's own.
	values string
	// as is who installs; "" stands for the administrator.
	as string
	// ends says which policy refuses an object of the chart, so that Helm gives up.
	ends string
	// refused are the policies that refuse the pods of an object, or an object of a hook, by its id.
	refused map[string]string
}

var installs = []install{
	{name: "cert-manager", chart: build.CertManager(), values: "cert-manager.yaml"},
	{name: "cert-manager", chart: build.CertManager(), refused: map[string]string{
		"Deployment/cert-manager/cert-manager":            "digests",
		"Deployment/cert-manager/cert-manager-cainjector": "digests",
		"Deployment/cert-manager/cert-manager-webhook":    "digests",
		"Job/cert-manager/cert-manager-startupapicheck":   "digests",
	}},
	// Its cainjector writes into webhooks: who has that role could take over admission.
	{name: "cert-manager", chart: build.CertManager(), values: "cert-manager.yaml", as: "developer", ends: "rights"},
}

// Helm installs the charts of add-ons in a cluster of a tree that declares them: an API server with the tree's admission
// configuration and all its policies, and the real controllers, which make the pods. Each object is taken, each object that makes pods gets
// some, and what is refused is what the table says, by a policy that says so.
func TestAddOnsAreInstalledByTheirCharts(t *testing.T) {
	e, err := generate(filepath.Join("testdata", "installs"), "")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, e)
	for _, i := range installs {
		t.Run(strings.Join([]string{i.name, i.values, i.as}, " "), func(t *testing.T) { h.install(t, i) })
	}
	h.typeChecked(t)
}

// people are who installs.
var people = map[string][]string{
	"kubernetes-admin": {"kubeadm:cluster-admins", "system:authenticated"},
	"developer":        {"developers", "system:authenticated"},
}

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

// install installs an add-on, compares what is refused with what is expected, and removes it.
func (h *house) install(t *testing.T, i install) {
	who := i.as
	if who == "" {
		who = "kubernetes-admin"
	}
	args := []string{"install", i.name, packaged(t, h, i.chart), "--namespace", i.name, "--no-hooks"}
	if i.values != "" {
		args = append(args, "--values", filepath.Join("testdata", "installs", i.values))
	}
	refused := map[string]string{}
	_, err := h.run(t.Context(), h.helm, who, nil, args...)
	var hooks []judges.Object
	defer func() { h.remove(t, i, hooks) }()
	if i.ends != "" {
		if said := fmt.Sprint(err); !refuses(i.ends, said) {
			t.Errorf("not refused by bartizan-%s: %s", i.ends, said)
		}
		fmt.Printf("Helm         %s %s as %s: refused by bartizan-%s\n", i.chart.Name, i.chart.Version, who, i.ends)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var all []judges.Object
	for _, part := range []string{"manifest", "hooks"} {
		text, err := h.run(t.Context(), h.helm, who, nil, "get", part, i.name, "--namespace", i.name)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := judges.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		// Helm makes the objects of hooks too, one after the other, and waits for them: no node would ever finish them.
		for _, o := range objects {
			if part == "hooks" {
				hooks = append(hooks, o)
				if _, err := h.run(t.Context(), h.kubectl, who, o.YAML, "create", "--namespace", i.name, "-f", "-"); err != nil {
					refused[o.ID()] = err.Error()
				}
			}
		}
		all = append(all, objects...)
	}
	pods := 0
	for id, made := range h.pods(t, i.name, all) {
		pods += made.pods
		if made.refused != "" {
			refused[id] = made.refused
		}
	}
	for id, said := range refused {
		if !refuses(i.refused[id], said) {
			t.Errorf("%s: %s", id, said)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(i.refused)) {
		if refused[id] == "" {
			t.Errorf("%s: it was let through", id)
		}
	}
	policies := slices.Compact(slices.Sorted(maps.Values(i.refused)))
	fmt.Printf("Helm         %s %s: %d objects, %d pods, %d refused %s\n", i.chart.Name, i.chart.Version, len(all), pods, len(refused), strings.Join(policies, ", "))
}

// remove takes an add-on away, and what is remembered of it.
func (h *house) remove(t *testing.T, i install, hooks []judges.Object) {
	t.Helper()
	_, err := h.run(t.Context(), h.helm, "kubernetes-admin", nil, "uninstall", i.name, "--namespace", i.name, "--no-hooks", "--ignore-not-found")
	for _, o := range hooks {
		_, failed := h.run(t.Context(), h.kubectl, "kubernetes-admin", o.YAML, "delete", "--namespace", i.name, "--ignore-not-found", "-f", "-")
		err = errors.Join(err, failed)
	}
	for end := time.Now().Add(time.Minute); err == nil && len(h.podsNow(t, i.name)) > 0; time.Sleep(500 * time.Millisecond) {
		_, err = h.run(t.Context(), h.kubectl, "kubernetes-admin", nil, "delete", "events", "--all", "--namespace", i.name)
		if time.Now().After(end) {
			err = errors.New("its pods stay")
		}
	}
	if err != nil {
		t.Fatalf("%s cannot be removed: %v", i.name, err)
	}
}

// refuses reports whether the API server says that this policy refuses something, with its message.
func refuses(policy, said string) bool {
	return strings.Contains(said, "ValidatingAdmissionPolicy 'bartizan-"+policy+"'") && strings.Contains(said, "denied request: bartizan-"+policy+": ")
}

// packaged is the chart as a package of its version.
func packaged(t *testing.T, h *house, c build.Component) string {
	t.Helper()
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := b.Binaries(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	chart := t.TempDir()
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(dir, c.Data[0]))); err != nil {
		t.Fatal(err)
	}
	args := []string{"package", chart, "--destination", t.TempDir()}
	if template, err := os.ReadFile(filepath.Join(chart, "Chart.template.yaml")); err == nil {
		// What its makers' release tool does.
		text := bytes.ReplaceAll(template, []byte("{{IS_PRERELEASE}}"), []byte("false"))
		if err := os.WriteFile(filepath.Join(chart, "Chart.yaml"), text, 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--version", c.Version, "--app-version", c.Version)
	}
	if _, err := h.run(t.Context(), h.helm, "kubernetes-admin", nil, args...); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(args[3], "*.tgz"))
	if err != nil || len(files) != 1 {
		t.Fatalf("Helm made %v of %s: %v", files, c.Name, err)
	}
	return files[0]
}

// made is what became of an object that makes pods.
type made struct {
	pods    int
	refused string // in the API server's words
}

// owned is an object with its controller.
type owned struct {
	Metadata struct {
		Name            string
		OwnerReferences []struct{ Kind, Name string }
	}
}

// pods waits until each of the objects that make pods has got some, or was refused some, and says which, by their ids.
func (h *house) pods(t *testing.T, namespace string, objects []judges.Object) map[string]made {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(500 * time.Millisecond) {
		found := h.podsNow(t, namespace)
		all, waiting := map[string]made{}, []string{}
		for _, o := range objects {
			if !slices.Contains([]string{"DaemonSet", "Deployment", "Job", "StatefulSet"}, o.Kind) {
				continue
			}
			m := found[o.Kind+"/"+o.Name]
			if m == (made{}) {
				waiting = append(waiting, o.ID())
			}
			all[o.ID()] = m
		}
		if len(waiting) == 0 {
			return all
		}
		if time.Now().After(end) {
			t.Fatalf("no controller makes pods of %s", waiting)
		}
	}
}

// podsNow looks at the pods of a namespace, and at those that could not be made, by kind and name of what makes them.
func (h *house) podsNow(t *testing.T, namespace string) map[string]made {
	t.Helper()
	var pods, sets struct{ Items []owned }
	var events struct {
		Items []struct {
			Reason, Message string
			InvolvedObject  struct{ Kind, Name string }
		}
	}
	for path, list := range map[string]any{
		"/api/v1/namespaces/" + namespace + "/pods":              &pods,
		"/apis/apps/v1/namespaces/" + namespace + "/replicasets": &sets,
		"/api/v1/namespaces/" + namespace + "/events":            &events,
	} {
		if err := h.server.Get(t.Context(), path, list); err != nil {
			t.Fatal(err)
		}
	}
	deployment := map[string]string{}
	for _, s := range sets.Items {
		for _, owner := range s.Metadata.OwnerReferences {
			deployment[s.Metadata.Name] = owner.Kind + "/" + owner.Name
		}
	}
	maker := func(kind, name string) string {
		if kind == "ReplicaSet" {
			return deployment[name]
		}
		return kind + "/" + name
	}
	found := map[string]made{}
	for _, p := range pods.Items {
		for _, owner := range p.Metadata.OwnerReferences {
			m := found[maker(owner.Kind, owner.Name)]
			m.pods++
			found[maker(owner.Kind, owner.Name)] = m
		}
	}
	for _, e := range events.Items {
		if e.Reason == "FailedCreate" {
			m := found[maker(e.InvolvedObject.Kind, e.InvolvedObject.Name)]
			m.refused = e.Message
			found[maker(e.InvolvedObject.Kind, e.InvolvedObject.Name)] = m
		}
	}
	return found
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
