//go:build e2e

package judges_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
)

// install is an add-on that its makers' chart installs.
type install struct {
	// chart is the name of the chart, and of the release.
	chart string
	// namespace is where it is installed; "" stands for that of the chart's name.
	namespace string
	// values is a file of testdata/installs, or a pattern for one in the tree; "" stands for the chart's own.
	values string
	// as is who installs; "" stands for the administrator.
	as string
	// ends says what refuses an object of the chart, so that Helm gives up.
	ends string
	// refused are the policies that refuse the pods of an object, or an object of a hook, by its id.
	refused map[string]string
}

var installs = []install{
	{chart: "cert-manager", values: "cert-manager.yaml"},
	{chart: "cert-manager", refused: map[string]string{
		"Deployment/cert-manager/cert-manager":            "digests",
		"Deployment/cert-manager/cert-manager-cainjector": "digests",
		"Deployment/cert-manager/cert-manager-webhook":    "digests",
		"Job/cert-manager/cert-manager-startupapicheck":   "digests",
	}},
	// The identity that applies the tree has no right to anything that the tree does not have, such as definitions.
	{chart: "cert-manager", values: "cert-manager.yaml", as: gitOps, ends: forbidden},
	// Its network policies would open a namespace of the tree.
	{chart: "cert-manager", values: "cert-manager.yaml", as: "developer", ends: "guard"},
	// In the namespace kube-system, with the values that the tree has for it.
	{chart: "cilium", namespace: "kube-system", values: "clusters/*/cluster/cni/cilium-values.yaml"},
	{chart: "external-dns", values: "external-dns.yaml"},
	{chart: "external-secrets", values: "external-secrets.yaml"},
	// It writes into webhooks: who has that role could take over admission.
	{chart: "external-secrets", values: "external-secrets.yaml", as: "developer", ends: "rights"},
	{chart: "kyverno", values: "kyverno.yaml"},
	{chart: "metrics-server", values: "metrics-server.yaml"},
	// It asks for more memory than containers may have that name no limit.
	{chart: "metrics-server", values: "metrics-server-without-limits.yaml", refused: map[string]string{
		"Deployment/metrics-server/metrics-server": limits,
	}},
	{chart: "node-feature-discovery", values: "node-feature-discovery.yaml"},
	// Its master would run on control-plane nodes too.
	{chart: "node-feature-discovery", values: "node-feature-discovery-anywhere.yaml", refused: map[string]string{
		"Deployment/node-feature-discovery/node-feature-discovery-master": "placement",
	}},
	// None of its pods names a seccomp profile, and its worker reads the hardware of its node.
	{chart: "node-feature-discovery", namespace: "shop", values: "node-feature-discovery.yaml", refused: map[string]string{
		"DaemonSet/shop/node-feature-discovery-worker":  podSecurity,
		"Deployment/shop/node-feature-discovery-gc":     podSecurity,
		"Deployment/shop/node-feature-discovery-master": podSecurity,
	}},
	{chart: "node-feature-discovery", namespace: "lab", values: "node-feature-discovery.yaml", refused: map[string]string{
		"DaemonSet/lab/node-feature-discovery-worker":  "exceptions",
		"Deployment/lab/node-feature-discovery-gc":     "exceptions",
		"Deployment/lab/node-feature-discovery-master": "exceptions",
	}},
	{chart: "secrets-store-csi-driver", values: "secrets-store-csi-driver.yaml"},
	// On every node, control-plane ones too, in the namespace that its makers tell people to take: the tree judges no pods there.
	{chart: "secrets-store-csi-driver", namespace: "kube-system"},
}

// What refuses besides policies of the tree: the authorizer, Kubernetes' own judgement of a namespace's level, and its LimitRange, which
// gives limits to containers that name none.
const (
	forbidden   = "RBAC"
	podSecurity = "PodSecurity"
	limits      = "limits"
)

// Helm installs the charts of add-ons in a cluster of a tree that declares them: an API server with the tree's admission
// configuration and all its policies, and the real controllers. Each object is taken, each that makes pods gets some, and what is
// refused is what the table says, by a policy that says so.
func TestAddOnsAreInstalledByTheirCharts(t *testing.T) {
	e, err := generate(filepath.Join("testdata", "installs"), "")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, e)
	for _, i := range installs {
		i.namespace = cmp.Or(i.namespace, i.chart)
		t.Run(strings.Join([]string{i.chart, "in", i.namespace, i.values, i.as}, " "), func(t *testing.T) { h.install(t, e, i) })
	}
	t.Run("Argo CD", h.installArgoCD)
	h.typeChecked(t)
}

// install installs an add-on, compares what is refused with what is expected, and removes it.
func (h *house) install(t *testing.T, e example, i install) {
	who, c := cmp.Or(i.as, "kubernetes-admin"), chart(t, i.chart)
	args := append([]string{"install", i.chart, packaged(t, h, c), "--namespace", i.namespace, "--no-hooks"}, values(t, e, i)...)
	_, err := h.run(t.Context(), h.helm, who, nil, args...)
	var hooks []judges.Object
	defer func() { h.remove(t, i, hooks) }()
	if i.ends != "" {
		if said := fmt.Sprint(err); !refuses(i.ends, said) {
			t.Errorf("not refused by %s: %s", i.ends, said)
		}
		fmt.Printf("Helm         %-24s %-8s as %s: refused by %s\n", i.chart, c.Version, who, i.ends)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	all := h.parts(t, i, "manifest")
	refused := map[string]string{}
	// Helm makes the objects of hooks one after the other, and waits for them: no node would ever finish a Job.
	for _, o := range h.parts(t, i, "hooks") {
		if !strings.Contains(hookOf(t, o), "-install") {
			continue
		}
		hooks, all = append(hooks, o), append(all, o)
		if _, err := h.run(t.Context(), h.kubectl, who, o.YAML, "create", "--namespace", i.namespace, "-f", "-"); err != nil {
			refused[o.ID()] = err.Error()
		}
	}
	pods := 0
	for id, made := range h.pods(t, i.namespace, all) {
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
	fmt.Printf("Helm         %-24s %-8s in %-24s %3d objects %3d pods %3d refused %s\n", i.chart, c.Version, i.namespace, len(all), pods, len(refused), strings.Join(policies, ", "))
}

// installArgoCD applies Argo CD's manifests as its makers tell people to.
func (h *house) installArgoCD(t *testing.T) {
	b, err := builder()
	if err != nil {
		t.Fatal(err)
	}
	c := build.ArgoCD()
	dir, err := b.Binaries(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, c.Data[0], "install.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const namespace = "argocd"
	// Definitions of the same kinds are there: the tree's own objects need them.
	if _, err := h.run(t.Context(), h.kubectl, "kubernetes-admin", text, "apply", "--server-side", "--force-conflicts", "--namespace", namespace, "-f", "-"); err != nil {
		t.Fatal(err)
	}
	objects, err := judges.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	pods := 0
	for id, made := range h.pods(t, namespace, objects) {
		pods += made.pods
		if made.refused != "" {
			t.Errorf("%s: %s", id, made.refused)
		}
	}
	fmt.Printf("kubectl      %-24s %-8s in %-24s %3d objects %3d pods\n", c.Name, c.Version, namespace, len(objects), pods)
}

// remove takes an add-on away, and what is remembered of it.
func (h *house) remove(t *testing.T, i install, hooks []judges.Object) {
	t.Helper()
	_, err := h.run(t.Context(), h.helm, "kubernetes-admin", nil, "uninstall", i.chart, "--namespace", i.namespace, "--no-hooks", "--ignore-not-found")
	for _, o := range hooks {
		_, failed := h.run(t.Context(), h.kubectl, "kubernetes-admin", o.YAML, "delete", "--namespace", i.namespace, "--ignore-not-found", "-f", "-")
		err = errors.Join(err, failed)
	}
	for end := time.Now().Add(time.Minute); err == nil && len(h.podsNow(t, i.namespace)) > 0; time.Sleep(500 * time.Millisecond) {
		_, err = h.run(t.Context(), h.kubectl, "kubernetes-admin", nil, "delete", "events", "--all", "--namespace", i.namespace)
		if time.Now().After(end) {
			err = errors.New("its pods stay")
		}
	}
	if err != nil {
		t.Fatalf("%s cannot be removed: %v", i.chart, err)
	}
}

// refuses reports whether the API server says that this refuses something; a policy, with its message.
func refuses(policy, said string) bool {
	switch policy {
	case forbidden:
		return strings.Contains(said, `is forbidden: User "`+gitOps+`" cannot `)
	case podSecurity:
		return strings.Contains(said, `violates PodSecurity "restricted:`)
	case limits:
		return strings.Contains(said, "must be less than or equal to memory limit of 128Mi")
	}
	return strings.Contains(said, "ValidatingAdmissionPolicy 'bartizan-"+policy+"'") && strings.Contains(said, "denied request: bartizan-"+policy+": ")
}
