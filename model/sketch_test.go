package model_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
)

func loadSketch(t *testing.T) *model.Spec {
	t.Helper()
	l := model.Load("testdata/sketch", model.Options{Today: today})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	return l.Spec
}

// find returns the element with the address.
func find[T interface{ Addr() model.Address }](t *testing.T, all []T, a model.Address) T {
	t.Helper()
	for _, x := range all {
		if x.Addr() == a {
			return x
		}
	}
	t.Fatalf("no %s", a)
	panic("unreachable")
}

func TestSketchResolves(t *testing.T) {
	s := loadSketch(t)
	c := s.Clusters[0]
	if got := c.Version.String(); got != "v1.36.4" {
		t.Errorf("version %s", got)
	}
	if c.Network.DNS != netip.MustParseAddr("10.96.0.10") {
		t.Errorf("DNS %s", c.Network.DNS)
	}
	if !c.Network.Encryption || c.Audit.LogDays != 30 || c.Identity.OIDC.GroupsPrefix != "oidc:" {
		t.Error("defaults are not the hardened ones")
	}
	if len(c.API.ReachableFrom) != 1 || c.API.ReachableFrom[0].Addr() != "jump_box.bastion" {
		t.Errorf("reachable from %v", c.API.ReachableFrom)
	}
	var names []string
	for _, z := range s.Zones {
		names = append(names, z.Name)
	}
	if d := cmp.Diff([]string{"internet", "mgmt", "nodes", "vpn"}, names); d != "" {
		t.Error(d)
	}
	vpn := s.VPNs[0]
	if vpn.Server != netip.MustParseAddr("10.8.0.1") || !vpn.Zone.CIDRs[0].Contains(vpn.Devices[0].Address) || vpn.Devices[0].Address == vpn.Server {
		t.Errorf("server %s, device %s", vpn.Server, vpn.Devices[0].Address)
	}
	pool := find(t, c.NodePools, "node_pool.general")
	if pool.CIDR != netip.MustParsePrefix("10.0.0.64/26") || pool.Max != 12 || !pool.Worker() {
		t.Errorf("general: %+v", pool)
	}
	if p := find(t, c.NodePools, "node_pool.payments"); !p.Dedicated || p.Runtime != model.GVisor {
		t.Errorf("payments: %+v", p)
	}
}

func TestSketchWorkloads(t *testing.T) {
	c := loadSketch(t).Clusters[0]
	frontend := find(t, c.Workloads(), "workload.shop.frontend")
	if frontend.Replicas != 3 || len(frontend.Ports) != 2 {
		t.Errorf("the profile is not applied: %d replicas, %d ports", frontend.Replicas, len(frontend.Ports))
	}
	if len(frontend.Calls) != 1 || frontend.Calls[0].Addr() != "workload.shop.cart.port.grpc" {
		t.Errorf("calls %v", frontend.Calls)
	}
	if e := frontend.Exposes[0]; e.Host != "shop.example.com" || e.Via.Name != "public" || e.Port.Number != 8080 {
		t.Errorf("exposes %+v", e)
	}
	r := frontend.Containers[0].Resources
	want := model.Resources{CPU: "100m", Memory: "128Mi", CPULimit: "1", MemoryLimit: "256Mi", EphemeralStorage: "64Mi", EphemeralStorageLimit: "256Mi"}
	if d := cmp.Diff(want, r); d != "" {
		t.Error(d)
	}
	cart := find(t, c.Workloads(), "workload.shop.cart")
	if len(cart.Containers) != 2 || cart.Containers[1].Name != "proxy" || cart.Containers[1].Security.User != 10002 {
		t.Errorf("containers %+v", cart.Containers)
	}
	if cart.Secrets[0].Store.Name != "vault" || cart.Secrets[0].In[0] != cart.Containers[0] {
		t.Errorf("secrets %+v", cart.Secrets[0])
	}
	reports := find(t, c.Workloads(), "workload.shop.reports")
	if len(reports.Containers) != 0 || reports.Ports[0].Container != nil {
		t.Error("an external workload has no containers")
	}
	if d := cmp.Diff(map[string]string{"app.kubernetes.io/name": "reports"}, reports.Selector); d != "" {
		t.Error(d)
	}
	exporter := find(t, c.Workloads(), "workload.monitoring.node-exporter")
	if !exporter.Host.PID || exporter.Host.Paths["/"] != model.ReadOnly || exporter.Replicas != 0 {
		t.Errorf("exporter %+v", exporter.Host)
	}
	if from := exporter.Ports[0].From; len(from) != 1 || from[0].Addr() != "workload.monitoring.prometheus" {
		t.Errorf("from %v", from)
	}
}

func TestSketchWeakeningsAreCoveredByName(t *testing.T) {
	s := loadSketch(t)
	var got []string
	for _, w := range s.Weakenings {
		if w.Exception == nil || w.Doc == "" {
			t.Errorf("%s: exception %v, doc %q", w.Address, w.Exception, w.Doc)
		}
		got = append(got, string(w.Address)+" of "+string(w.Subject))
	}
	want := []string{
		"namespace.monitoring.pod_security of namespace.monitoring",
		"workload.monitoring.node-exporter.host.network of workload.monitoring.node-exporter",
		`workload.monitoring.node-exporter.host.paths["/"] of workload.monitoring.node-exporter`,
		"workload.monitoring.node-exporter.host.pid of workload.monitoring.node-exporter",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if len(s.Exceptions[0].Allows) != 4 {
		t.Errorf("exception allows %d", len(s.Exceptions[0].Allows))
	}
}

// Devices keep their addresses when others come and go: this one is derived from the name alone.
func TestDeviceAddressesAreStable(t *testing.T) {
	const want = "10.8.0.59"
	for _, other := range []string{"", `device "bob" {
  team       = team.sre
  public_key = "mR0TXqyBqiyGzyPqSFTmSx4pzJV0gDxM9bKtQnKc6mM="
}`} {
		l := model.Load("-", model.Options{Today: today, Stdin: strings.NewReader(`
cluster "a" {
  provisioner = "managed"
  kubernetes  = "1.36"
  api {
    endpoint       = "192.0.2.10:443"
    reachable_from = [vpn.wg]
  }
  network {
    pods     = "10.244.0.0/16"
    services = "10.96.0.0/16"
    cni      = "cilium"
  }
}
zone "vpn" { cidrs = ["10.8.0.0/24"] }
team "sre" { oidc_group = "sre" }
vpn "wg" {
  zone     = zone.vpn
  endpoint = "vpn.example.com:51820"
  device "anna" {
    team       = team.sre
    public_key = "fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="
  }
  ` + other + `
}`)})
		if l.HasErrors() {
			t.Fatal(l.Text())
		}
		if got := l.Spec.VPNs[0].Devices[0].Address.String(); got != want {
			t.Errorf("anna has %s, want %s", got, want)
		}
	}
}
