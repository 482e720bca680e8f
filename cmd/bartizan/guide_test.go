package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bartizan-dev/bartizan/model"
)

// The parts of the guide are one specification, without errors.
func TestTheGuideIsAValidSpecification(t *testing.T) {
	text, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	var spec strings.Builder
	parts := strings.Split(string(text), "```hcl\n")[1:]
	for _, part := range parts {
		code, _, closed := strings.Cut(part, "```\n")
		if !closed {
			t.Fatal("a part has no end")
		}
		formatted, _ := model.Format("guide.bartizan.hcl", []byte(code))
		if string(formatted) != code {
			t.Errorf("not formatted:\n%s", code)
		}
		spec.WriteString(code)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "guide.bartizan.hcl"), []byte(spec.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	// The key that the guide tells the reader to lay there.
	key, err := os.ReadFile("../../generate/testdata/managed/cosign.pub")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "cosign.pub"), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := model.Load(dir, model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	for _, n := range l.Spec.Clusters[0].Namespaces {
		if n.Name == "forge" && len(n.Workloads) == 4 {
			return
		}
	}
	t.Error("no namespace forge has 4 workloads")
}
