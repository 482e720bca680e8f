package model_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// large writes a specification of n workloads in namespaces of a hundred, each of which calls two others.
func large(tb testing.TB, n int) string {
	tb.Helper()
	base, err := os.ReadFile("testdata/diagnostics/base.hcl")
	if err != nil {
		tb.Fatal(err)
	}
	key, err := os.ReadFile("testdata/sketch/cosign.pub")
	if err != nil {
		tb.Fatal(err)
	}
	var b strings.Builder
	b.Write(base)
	name := func(i int) string { return fmt.Sprintf("workload.ns-%d.w-%d", i/100, i) }
	for i := range n {
		if i%100 == 0 {
			fmt.Fprintf(&b, "namespace \"ns-%d\" { owner = team.sre }\n", i/100)
		}
		fmt.Fprintf(&b, `workload "ns-%d" "w-%d" {
  image = "registry.example.com/shop/w-%d:v1"
  ports = { http = 8080, metrics = 9090 }
  calls = [%s.port.http, %s.port.http]
  env   = { LOG = "info", REGION = "eu" }
  resources {
    cpu    = "100m"
    memory = "128Mi"
  }
  probe "readiness" {
    http = "/healthz"
    port = "http"
  }
  egress "payments" {
    fqdns = ["api.payments.example"]
    port  = 443
  }
}
`, i/100, i, i, name((i*7+1)%n), name((i*13+5)%n))
	}
	dir := tb.TempDir()
	for file, text := range map[string]string{"main.bartizan.hcl": b.String(), "cosign.pub": string(key)} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		dir := large(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l := model.Load(dir, model.Options{Today: today}); l.HasErrors() {
					b.Fatal(l.Text())
				}
			}
		})
	}
}
