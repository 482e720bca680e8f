package model_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/google/go-cmp/cmp"
)

// load reads the base specification of the diagnostics joined with the text.
func load(t *testing.T, text string) *model.Spec {
	t.Helper()
	l := loadAll(t, text)
	if len(l.Diagnostics) > 0 {
		t.Fatal(l.Text())
	}
	return l.Spec
}

func loadAll(t *testing.T, text string) *model.Loaded {
	t.Helper()
	dir := t.TempDir()
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"base.bartizan.hcl": string(base), "cosign.pub": string(key), "images.bartizan.json": images, "more.bartizan.hcl": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return model.Load(dir, model.Options{Today: today})
}

// calls lists the addresses of the ports that each workload calls.
func calls(s *model.Spec) map[model.Address][]model.Address {
	all := map[model.Address][]model.Address{}
	for _, w := range workloads(s) {
		for _, p := range w.Calls {
			all[w.Addr()] = append(all[w.Addr()], p.Addr())
		}
	}
	return all
}

func workloads(s *model.Spec) []*model.Workload {
	var all []*model.Workload
	for _, c := range s.Clusters {
		for _, n := range c.Namespaces {
			all = append(all, n.Workloads...)
		}
	}
	return all
}

// Every way in which Terraform's users name instances leads to the same flows.
func TestReferencesToInstances(t *testing.T) {
	const api = `
workload "shop" "api" {
  for_each = toset(["eu", "us"])
  image    = "registry.example.com/shop/web:v1"
  ports    = { http = 8080, metrics = 9090 }
}
workload "shop" "job" {
  for_each = toset(["eu", "us"])
  image    = "registry.example.com/shop/web:v1"
  ports    = { http = 8080 }
}
`
	both := []model.Address{`workload.shop.api["eu"].port.http`, `workload.shop.api["us"].port.http`}
	tests := []struct {
		name, calls string
		want        []model.Address
	}{
		{"one", `[workload.shop.api["eu"].port.http]`, both[:1]},
		{"in parentheses", `[(workload.shop.api)["eu"].port.http]`, both[:1]},
		{"a workload with one port", `[workload.shop.job["us"]]`, []model.Address{`workload.shop.job["us"].port.http`}},
		{"splat", `values(workload.shop.api)[*].port.http`, both},
		{"all of one port", `values(workload.shop.job)`, []model.Address{`workload.shop.job["eu"].port.http`, `workload.shop.job["us"].port.http`}},
		{"for", `[for k, w in workload.shop.api : w.port.http if k != "us"]`, both[:1]},
		{"concat", `concat([workload.shop.store], values(workload.shop.api)[*].port.http)`, append(both[:2:2], "workload.shop.store.port.redis")},
		{"computed key", `[for k in ["u", "e"] : workload.shop.api["${k == "e" ? "eu" : "us"}"].port.http]`, both},
		{"local", `[local.apis["us"].port.http, local.apis.eu.port.http]`, both},
		{"a thing and its part", `concat([workload.shop.store], [workload.shop.store.port.redis])`, []model.Address{"workload.shop.store.port.redis"}},
		{"a family and a part of it", `concat(values(workload.shop.api)[*].port.http, [workload.shop.api["eu"].port.http])`, both},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := load(t, api+`
locals { apis = workload.shop.api }
workload "shop" "caller" {
  image = "registry.example.com/shop/web:v1"
  ports = { http = 8080 }
  calls = `+test.calls+`
}`)
			if d := cmp.Diff(test.want, calls(s)["workload.shop.caller"]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestForEachMakesBlocksOfTheirOwn(t *testing.T) {
	s := load(t, `
locals { tenants = { acme = { replicas = 3 }, bold = { replicas = 1 } } }
namespace "tenant" {
  for_each = local.tenants
  owner    = team.sre
  labels   = { tenant = each.key }
}
workload "tenant" "db" {
  for_each = namespace.tenant
  image    = "registry.example.com/shop/store:v1"
  ports    = { pg = 5432 }
  env      = { TENANT = each.key }
}
workload "tenant" "api" {
  for_each = local.tenants
  image    = "registry.example.com/shop/web:v1"
  ports    = { http = 8080 }
  replicas = each.value.replicas
  calls    = [workload.tenant.db[each.key].port.pg]
}
workload "shop" "batch" {
  for_each = workload.tenant.db
  image    = "registry.example.com/shop/web:v1"
  kind     = "Job"
  calls    = [each.value.port.pg]
  security { writable_root = each.key == "acme" }
}
zone "rack" {
  for_each = { a = 1, b = 2 }
  cidrs    = ["10.3.${each.value}.0/24"]
}
node_pool "rack" {
  for_each = zone.rack
  zone     = each.value
  cidr     = "10.3.${each.key == "a" ? 1 : 2}.0/25"
}
exception "batch" {
  for_each = toset(["acme"])
  allows   = [workload.shop.batch[each.key].security.writable_root]
  reason   = "unpacks beside its programs"
  owner    = team.sre
  expires  = "2027-03-31"
}`)
	type row struct {
		Addr      model.Address
		Namespace string
		Name      string
		Replicas  int
		Calls     []model.Address
	}
	var got []row
	for _, w := range workloads(s) {
		if w.Namespace.Name == "shop" && !strings.HasPrefix(w.Name, "batch") {
			continue
		}
		got = append(got, row{w.Addr(), w.Namespace.Name, w.Name, w.Replicas, calls(s)[w.Addr()]})
	}
	want := []row{
		{`workload.shop.batch["acme"]`, "shop", "batch-acme", 0, []model.Address{`workload.tenant.db["acme"].port.pg`}},
		{`workload.shop.batch["bold"]`, "shop", "batch-bold", 0, []model.Address{`workload.tenant.db["bold"].port.pg`}},
		{`workload.tenant.api["acme"]`, "tenant-acme", "api", 3, []model.Address{`workload.tenant.db["acme"].port.pg`}},
		{`workload.tenant.db["acme"]`, "tenant-acme", "db", 2, nil},
		{`workload.tenant.api["bold"]`, "tenant-bold", "api", 1, []model.Address{`workload.tenant.db["bold"].port.pg`}},
		{`workload.tenant.db["bold"]`, "tenant-bold", "db", 2, nil},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if w := find(t, workloads(s), `workload.tenant.db["bold"]`); w.Containers[0].Env["TENANT"] != "bold" || w.Namespace.Labels["tenant"] != "bold" {
		t.Errorf("each.key is %q and %q", w.Containers[0].Env["TENANT"], w.Namespace.Labels["tenant"])
	}
	pool := find(t, s.Clusters[0].NodePools, `node_pool.rack["b"]`)
	if pool.Name != "rack-b" || pool.Zone.Addr() != `zone.rack["b"]` || pool.Zone.CIDRs[0].String() != "10.3.2.0/24" {
		t.Errorf("pool %s in %s with %s", pool.Name, pool.Zone.Addr(), pool.Zone.CIDRs)
	}
	if w := s.Weakenings; len(w) != 1 || w[0].Address != `workload.shop.batch["acme"].security.writable_root` || w[0].Subject != `workload.shop.batch["acme"]` || w[0].Exception.Addr() != `exception.batch["acme"]` {
		t.Errorf("weakenings %+v", w)
	}
}
