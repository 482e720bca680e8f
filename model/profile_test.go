package model_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProfilesFillInWhatIsLeftOut(t *testing.T) {
	s := load(t, `
profile "base" {
  replicas      = 3
  grace_seconds = 45
  env           = { LOG = "json", REGION = "eu" }
  resources {
    cpu    = "100m"
    memory = "128Mi"
  }
  volume "tmp" { path = "/tmp" }
}
profile "http" {
  profile = profile.base
  ports   = { http = 8080 }
  probe "readiness" {
    http   = "/ready"
    period = 5
  }
  resources { cpu = "200m" }
}
profile "spread" { priority = "critical" }
workload "shop" "plain" {
  profile = [profile.http, profile.spread]
  image   = "registry.example.com/shop/web:v1"
}
workload "shop" "own" {
  profile  = [profile.base, profile.spread, profile.http]
  image    = "registry.example.com/shop/web:v1"
  replicas = null
  env      = { LOG = "text" }
  probe "readiness" { period = 20 }
  volume "cache" { path = "/cache" }
}`)
	type row struct {
		Replicas, Grace, Period int
		Priority, CPU, Memory   string
		Path                    string
		Env                     map[string]string
		Volumes                 []string
	}
	want := map[string]row{
		"plain": {3, 45, 5, "critical", "200m", "128Mi", "/ready", map[string]string{"LOG": "json", "REGION": "eu"}, []string{"tmp"}},
		// null takes back what the profile says; a map replaces the profile's, a block is joined with it.
		"own": {2, 45, 20, "critical", "200m", "128Mi", "/ready", map[string]string{"LOG": "text"}, []string{"cache", "tmp"}},
	}
	for _, w := range workloads(s) {
		expected, ok := want[w.Name]
		if !ok {
			continue
		}
		c := w.Containers[0]
		got := row{w.Replicas, w.GraceSeconds, c.Probes.Readiness.Period, string(w.Priority), c.Resources.CPU, c.Resources.Memory, c.Probes.Readiness.Path, c.Env, nil}
		for _, v := range w.Volumes {
			got.Volumes = append(got.Volumes, v.Name)
		}
		if d := cmp.Diff(expected, got); d != "" {
			t.Errorf("%s: %s", w.Name, d)
		}
		delete(want, w.Name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
