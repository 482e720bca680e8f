//go:build e2e

package network_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/build"
	"github.com/bartizan-dev/bartizan/e2e/judges"
	"github.com/bartizan-dev/bartizan/e2e/network"
	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// release is the release of Kubernetes whose API server holds the objects.
const release = "v1.36.4"

// nodes are the node's own addresses, which no specification has.
var nodes = []netip.Addr{netip.MustParseAddr("198.19.255.254"), netip.MustParseAddr("2001:2:ffff::1")}

// rig is the cluster of a specification, and everybody who may speak in it.
type rig struct {
	*network.Cluster
	by      network.Enforcer
	parties []*party
	outside []network.Port
}

// before are the kinds of objects without which the API server takes no pods, in their order.
var before = []string{"Namespace", "ServiceAccount", "PriorityClass", "RuntimeClass", "Service"}

// newRig makes a cluster of what was generated, without its network policies. The pods are those of the generated workloads;
// of workloads whose objects others write, and of those that nothing declares, the labels are known and no more is needed.
// In a cluster of two families of addresses each pod has one of both, and is a party with each.
func newRig(t *testing.T, by network.Enforcer, spec *model.Spec, c *model.Cluster, objects []judges.Object) *rig {
	t.Helper()
	made, err := network.Start(t.Context(), builder(t), release, t.TempDir(), by, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &rig{Cluster: made, by: by, outside: outsidePorts(by, c)}
	inside, others := pods(by, c, spec), strangers(c, spec)
	r.install(t, objects, inside)
	templates := podTemplates(t, objects)
	for _, p := range inside {
		template := bare(p)
		if p.workload != nil {
			if found, ok := templates[p.namespace+"/"+p.workload.Name]; ok {
				template = found
			}
		}
		own := []netip.Addr{p.address}
		if p.other != nil {
			own = append(own, p.other.address)
		}
		if p.end, err = r.Pod(t.Context(), p.namespace, p.name, own, template); err != nil {
			t.Fatal(err)
		}
		if err := p.end.Listen(p.listens); err != nil {
			t.Fatal(err)
		}
		r.parties = append(r.parties, p)
		if p.other != nil {
			p.other.end = p.end
			r.parties = append(r.parties, p.other)
		}
	}
	end, err := r.Node.Outside(addresses(others))
	if err != nil {
		t.Fatal(err)
	}
	if err := end.Listen(r.outside); err != nil {
		t.Fatal(err)
	}
	for _, p := range others {
		p.end = end
	}
	r.parties = append(r.parties, others...)
	return r
}

// install applies what pods need.
func (r *rig) install(t *testing.T, objects []judges.Object, pods []*party) {
	t.Helper()
	made := map[string]bool{"Namespace/kube-system": true, "Namespace/default": true}
	for _, kind := range before {
		for _, o := range objects {
			if o.Kind != kind {
				continue
			}
			if home := "Namespace/" + o.Namespace; o.Namespace != "" && !made[home] { // one that an add-on brings
				made[home] = true
				r.must(t, r.Apply(t.Context(), "v1", "Namespace", "", o.Namespace, network.Object{}))
			}
			made[o.ID()] = true
			if _, err := r.Server.Apply(t.Context(), o.APIVersion, o.Kind, o.Namespace, o.Name, o.YAML); err != nil {
				t.Fatalf("%s: %v", o.ID(), err)
			}
		}
	}
	for _, p := range pods {
		if account := "ServiceAccount/" + p.namespace + "/default"; !made[account] {
			made[account] = true
			r.must(t, r.Apply(t.Context(), "v1", "ServiceAccount", p.namespace, "default", network.Object{}))
		}
	}
}

func (r *rig) must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// enforce puts the network policies among the objects that the controller reads, and no others, in force.
func (r *rig) enforce(t *testing.T, objects []judges.Object) {
	t.Helper()
	var policies []network.Policy
	for _, o := range objects {
		if isPolicy(o) || isClusterPolicy(o) && r.by == network.KubeNetworkPolicies {
			policies = append(policies, network.Policy{Namespace: o.Namespace, Name: o.Name, YAML: o.YAML})
		}
	}
	r.must(t, r.Enforce(t.Context(), policies))
}

func isPolicy(o judges.Object) bool {
	return o.Kind == "NetworkPolicy" && o.APIVersion == "networking.k8s.io/v1"
}

func isClusterPolicy(o judges.Object) bool {
	return o.Kind == "ClusterNetworkPolicy" && o.APIVersion == "policy.networking.k8s.io/v1alpha2"
}

// podTemplates are the pods of the generated workloads, by namespace and name.
func podTemplates(t *testing.T, objects []judges.Object) map[string]network.Object {
	t.Helper()
	found := map[string]network.Object{}
	for _, o := range objects {
		if !slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"}, o.Kind) {
			continue
		}
		var w struct {
			Spec struct {
				Template    network.Object
				JobTemplate struct {
					Spec struct{ Template network.Object }
				}
				VolumeClaimTemplates []struct{ Metadata struct{ Name string } }
			}
		}
		if err := yaml.Unmarshal(o.YAML, &w); err != nil {
			t.Fatal(err)
		}
		template := w.Spec.Template
		if template == nil {
			template = w.Spec.JobTemplate.Spec.Template
		}
		spec := template["spec"].(network.Object)
		for _, v := range w.Spec.VolumeClaimTemplates {
			volumes, _ := spec["volumes"].([]any)
			spec["volumes"] = append(volumes, network.Object{"name": v.Metadata.Name, "emptyDir": network.Object{}})
		}
		found[o.Namespace+"/"+o.Name] = template
	}
	return found
}

// bare is a pod that no object describes. It is one that every namespace admits.
func bare(p *party) network.Object {
	return network.Object{
		"metadata": network.Object{"labels": p.labels},
		"spec": network.Object{
			"securityContext": network.Object{"runAsNonRoot": true, "runAsUser": 10001, "seccompProfile": network.Object{"type": "RuntimeDefault"}},
			"containers": []network.Object{{"name": "c", "image": "example.invalid/c", "securityContext": network.Object{
				"allowPrivilegeEscalation": false, "capabilities": network.Object{"drop": []string{"ALL"}}}}},
		},
	}
}

// manifests are the objects that the tree gives to the cluster.
func manifests(t *testing.T, spec *model.Spec, c *model.Cluster) []judges.Object {
	t.Helper()
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	var objects []judges.Object
	for _, a := range set.Artifacts {
		if !strings.HasPrefix(a.Path, generate.ClusterDir(c)+"/manifests/") || filepath.Ext(a.Path) != ".yaml" {
			continue
		}
		found, err := judges.Parse(a.Data)
		if err != nil {
			t.Fatalf("%s: %v", a.Path, err)
		}
		objects = append(objects, found...)
	}
	return objects
}

func load(t *testing.T, dir string, vars ...string) *model.Spec {
	t.Helper()
	l := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), VarFiles: vars})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	return l.Spec
}

func builder(t *testing.T) *build.Builder {
	t.Helper()
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return &build.Builder{Cache: cache, Log: os.Stderr}
}

func row(columns ...any) {
	fmt.Printf("%-18s %-21s %-21s %5v %10v %17v %7v %8v %7v %9v %12v\n", columns...)
}
