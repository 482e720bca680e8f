package verify

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// manifestSpec is a cluster with every feature that manifests depend on: it is written by hand, so that these tests
// depend on no other part.
func manifestSpec() *model.Spec {
	digest := "sha256:" + strings.Repeat("ab", 32)
	vault := &model.SecretStore{Name: "vault", Kind: model.Vault, Endpoint: model.HostPort{Host: "vault.example.internal", Port: 8200}}
	registry := &model.Registry{Name: "main", Host: "registry.example.com", Path: "shop", PullSecret: &model.PullSecret{Store: vault, Path: "registries/main"}}
	native := &model.Registry{Name: "native", Host: "native.example.com", PullSecret: &model.PullSecret{}}
	c := &model.Cluster{
		Name: "prod", Version: model.Version{Minor: 36, Patch: 4}, Provisioner: model.Kubeadm,
		Network:  model.Network{Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}, CNI: model.Cilium},
		Identity: model.Identity{OIDC: &model.OIDC{Issuer: "https://login.example.com", GroupsPrefix: "oidc:"}},
	}
	control := &model.NodePool{Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, OS: model.Ubuntu2404}
	general := &model.NodePool{Name: "general", Cluster: c, OS: model.Ubuntu2404}
	sandbox := &model.NodePool{Name: "sandbox", Cluster: c, OS: model.Ubuntu2404, Dedicated: true, Runtime: model.GVisor}
	c.NodePools = []*model.NodePool{control, general, sandbox}

	sre := &model.Team{Name: "sre", OIDCGroup: "sre"}
	dev := &model.Team{Name: "dev", OIDCGroup: "dev"}
	mon := &model.Namespace{Name: "mon", Cluster: c, Owner: sre, PodSecurity: model.Privileged}
	shop := &model.Namespace{Name: "shop", Cluster: c, Owner: sre, PodSecurity: model.Restricted, Quota: &model.Quota{CPU: "20", Memory: "40Gi", Pods: 200}}
	c.Namespaces = []*model.Namespace{mon, shop}
	sre.Grants = []*model.Grant{{Action: model.ActionOperate, In: []*model.Namespace{mon, shop}}}
	sre.Inspects = []*model.Cluster{c}
	dev.Grants = []*model.Grant{{Action: model.ActionView, In: []*model.Namespace{shop}}}

	newContainer := func(name string) *model.Container {
		return &model.Container{
			Name: name,
			Image: model.Image{
				Written: "registry.example.com/shop/" + name + ":v1", Host: "registry.example.com", Path: "shop/" + name,
				Tag: "v1", Digest: digest, Registry: registry,
			},
			Resources: model.Resources{CPU: "50m", Memory: "64Mi", CPULimit: "500m", MemoryLimit: "128Mi", EphemeralStorage: "64Mi", EphemeralStorageLimit: "256Mi"},
		}
	}
	newWorkload := func(n *model.Namespace, name string, kind model.WorkloadKind) *model.Workload {
		w := &model.Workload{
			Name: name, Namespace: n, Kind: kind, Manifests: model.ManifestsGenerate, Replicas: 2, GraceSeconds: 30, Priority: model.PriorityNormal,
			Selector: map[string]string{"app.kubernetes.io/name": name}, Containers: []*model.Container{newContainer(name)},
		}
		n.Workloads = append(n.Workloads, w)
		return w
	}

	cart := newWorkload(shop, "cart", model.Deployment)
	cart.Containers = append(cart.Containers, newContainer("proxy"))
	cart.Ports = []*model.Port{{Name: "grpc", Number: 7070, Protocol: model.TCP, Workload: cart, Container: cart.Containers[0], Service: 7070}}
	cart.Volumes = []*model.Volume{{Name: "tmp", Kind: model.Scratch, Size: "64Mi", Path: "/tmp"}}
	cart.Secrets = []*model.SecretFile{{Name: "redis", Store: vault, Path: "shop/cart/redis"}}
	cart.Config = []*model.ConfigFile{{Name: "cart.toml", Path: "/etc/cart", Content: "a = 1\n"}}
	cart.Containers[0].Probes.Readiness = &model.Probe{Kind: model.ProbeGRPC, Port: cart.Ports[0], Period: 10, Failures: 3}

	legacy := newWorkload(shop, "legacy", model.Deployment)
	legacy.Manifests = model.ManifestsExternal
	legacy.Containers = nil

	newWorkload(shop, "own", model.Deployment).Manifests = model.ManifestsPatch

	pay := newWorkload(shop, "pay", model.Deployment)
	pay.Pool = sandbox
	pay.Containers[0].Image = model.Image{Written: "native.example.com/pay:v1", Host: "native.example.com", Path: "pay", Tag: "v1", Digest: digest, Registry: native}
	pay.Scaling = &model.Scaling{Min: 3, Max: 9, CPU: 70}

	report := newWorkload(shop, "report", model.CronJob)
	report.Schedule = "0 3 * * *"
	csi := &model.SecretStore{Name: "csi", Kind: model.Vault, Endpoint: vault.Endpoint, Through: model.ThroughCSI}
	report.Secrets = []*model.SecretFile{{Name: "mail", Store: csi, Path: "shop/mail#password"}}
	report.APIAccess = []*model.APIAccess{{Name: "config", Verbs: []string{"get", "watch"}, Groups: []string{""}, Resources: []string{"configmaps"}, Names: []string{"report"}, Scope: model.ScopeNamespace}}

	exporter := newWorkload(mon, "exporter", model.DaemonSet)
	exporter.Host = model.Host{PID: true, Network: true, Paths: map[string]model.HostMode{"/": model.ReadOnly}}
	prometheus := newWorkload(mon, "prometheus", model.StatefulSet)
	prometheus.Volumes = []*model.Volume{{Name: "data", Kind: model.Persistent, Size: "10Gi", Path: "/data"}}
	prometheus.APIAccess = []*model.APIAccess{
		{Name: "discover", Verbs: []string{"get", "list", "watch"}, Groups: []string{""}, Resources: []string{"pods", "nodes/metrics"}, Scope: model.ScopeCluster},
		{Name: "secrets", Verbs: []string{"list"}, Groups: []string{""}, Resources: []string{"secrets"}, Scope: model.ScopeNamespace},
	}
	return &model.Spec{
		Clusters: []*model.Cluster{c}, Registries: []*model.Registry{registry, native}, SecretStores: []*model.SecretStore{vault},
		Teams:    []*model.Team{dev, sre},
		Gateways: []*model.Gateway{{Name: "public", Class: "istio", Namespace: mon, Selector: map[string]string{"gateway.networking.k8s.io/gateway-name": "public"}, Port: 443}},
	}
}

// manifestNames are the generators and checks of this area.
var manifestNames = []string{
	"platform", "people", "namespace", "quota", "account", "secret", "pull-secret", "secret-volume", "workload", "workload-patch", "gitops", "kustomization",
}

var ownChecks = []*Check{
	objectsCheck, podSecurityCheck, podContextCheck, podAccountCheck, podResourcesCheck, podImageCheck, podPlaceCheck,
	accountsCheck, peopleCheck, quotaCheck, gitOpsCheck,
}

func manifestTree(t *testing.T, spec *model.Spec) (*generate.Set, map[string][]byte) {
	t.Helper()
	var generators []*generate.Generator
	for _, g := range generate.All {
		if slices.Contains(manifestNames, g.Name) {
			generators = append(generators, g)
		}
	}
	set, err := generate.Run(spec, generators)
	if err != nil {
		t.Fatal(err)
	}
	return set, set.Files()
}

func TestEveryClaimOfManifestsIsProved(t *testing.T) {
	spec := manifestSpec()
	set, files := manifestTree(t, spec)
	result := Run(spec, files, ownChecks)
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("claimed, not proved: %+v", c)
	}
	claimed := map[model.Hold]bool{}
	for _, c := range set.Claims {
		claimed[model.Hold{Control: c.Control, Subject: c.Subject}] = true
	}
	for _, c := range result.Proved {
		if !claimed[model.Hold{Control: c.Control, Subject: c.Subject}] {
			t.Errorf("proved, not claimed: %+v", c)
		}
	}
}

// treeEdit is an edit of the tree that undoes a control. Old must occur in the file; all occurrences are replaced.
type treeEdit struct {
	name     string
	control  model.ControlID
	subject  model.Address
	file     string // below clusters/prod/manifests
	old, new string
	add      string // a further file, listed by its directory's kustomization
	content  string
}

func (m treeEdit) apply(t *testing.T, files map[string][]byte) {
	t.Helper()
	const root = "clusters/prod/manifests/"
	if m.file != "" {
		before := string(files[root+m.file])
		after := strings.ReplaceAll(before, m.old, m.new)
		if before == after {
			t.Fatalf("%q does not occur in %s:\n%s", m.old, m.file, before)
		}
		files[root+m.file] = []byte(after)
	}
	if m.add != "" {
		i := strings.LastIndex(m.add, "/")
		list := root + m.add[:i] + "/kustomization.yaml"
		files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- "+m.add[i+1:]+"\n", 1))
		files[root+m.add] = []byte(m.content)
	}
}

// runMutations checks that each edit takes the proof away and leaves a finding that names the file.
func runMutations(t *testing.T, spec *model.Spec, mutations []treeEdit) {
	t.Helper()
	_, original := manifestTree(t, spec)
	before := Run(spec, original, ownChecks)
	for _, m := range mutations {
		t.Run(string(m.control)+"/"+m.name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(original)
			hold := model.Hold{Control: m.control, Subject: m.subject}
			if !holds(before, hold) {
				t.Fatalf("not proved before the edit")
			}
			m.apply(t, files)
			result := Run(spec, files, slices.DeleteFunc(slices.Clone(ownChecks), func(c *Check) bool {
				return c != objectsCheck && !slices.Contains(c.Controls, m.control)
			}))
			if holds(result, hold) {
				t.Errorf("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path != "" }) {
				t.Errorf("no finding names a file: %+v", result.Findings)
			}
		})
	}
}
