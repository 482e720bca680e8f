//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/bartizan-dev/bartizan/e2e/cluster"
)

// Two marks that occur nowhere else: one is kept secret, the other is not and shows that looking finds.
const (
	secretMark = "e2e-mark-that-is-secret"
	openMark   = "e2e-mark-that-is-open"
)

// dataChecks look at what the API server keeps and what it tells.
var dataChecks = []check{
	{"A Secret is not readable in etcd's data", checkEncryption},
	{"Audit records appear on the node and at the collector, without the contents of Secrets", checkAudit},
}

// writeMarks writes a Secret and an object whose marks the checks look for.
func writeMarks(ctx context.Context, e *env) error {
	objects := fmt.Sprintf(`{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "e2e", "namespace": "default"}, "stringData": {"password": %q}},
  {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "e2e", "namespace": "default", "annotations": {"e2e": %q}}}]}`, secretMark, openMark)
	_, err := e.KubectlInput(ctx, strings.NewReader(objects), "apply", "--server-side", "-f", "-")
	return err
}

func checkEncryption(ctx context.Context, e *env) (string, error) {
	if err := writeMarks(ctx, e); err != nil {
		return "", err
	}
	var secret struct{ Data map[string][]byte }
	if err := e.JSON(ctx, &secret, "-n", "default", "get", "secret", "e2e"); err != nil {
		return "", err
	}
	if string(secret.Data["password"]) != secretMark {
		return "", errors.New("the API server does not give the Secret back")
	}
	const find = `grep -rlaF -e "$1" /var/lib/etcd | wc -l`
	var prefixes string
	for _, m := range e.site.keepers() {
		open, err := m.Run(ctx, "sh", "-c", find, "sh", openMark)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(open) == "0" {
			return "", fmt.Errorf("%s: what is not encrypted is not found in etcd's files: looking there shows nothing", m.Name)
		}
		for _, mark := range []string{secretMark, "ZTJlLW1hcmstdGhhdC1pcy1zZWNyZX"} { // as it is, and the beginning in base 64
			hidden, err := m.Run(ctx, "sh", "-c", find, "sh", mark)
			if err != nil {
				return "", err
			}
			if strings.TrimSpace(hidden) != "0" {
				return "", fmt.Errorf("%s: the Secret stands in etcd's files", m.Name)
			}
		}
		prefix, err := m.Shell(ctx, `grep -rhaoE 'k8s:enc:[a-z0-9]+:v[0-9]:[a-z0-9]+:' /var/lib/etcd | sort | uniq -c`)
		if err != nil {
			return "", err
		}
		if strings.TrimSpace(prefix) == "" {
			return "", fmt.Errorf("%s: no value of etcd says that it is encrypted", m.Name)
		}
		prefixes += " " + strings.Join(strings.Fields(prefix), " ")
	}
	return "in the files of etcd: an annotation, but no Secret; values by their beginning:" + prefixes, nil
}

func checkAudit(ctx context.Context, e *env) (string, error) {
	local := func() (string, error) { return e.site.control.Run(ctx, "cat", "/var/log/kubernetes/audit/audit.log") }
	remote := func() (string, error) { return cluster.Collected(ctx, e.site.collector) }
	for _, place := range []struct {
		name string
		read func() (string, error)
	}{{"the node's log", local}, {"the collector", remote}} {
		var text string
		err := cluster.Eventually(ctx, time.Minute, func() (err error) {
			if text, err = place.read(); err != nil {
				return err
			}
			if !strings.Contains(text, `/api/v1/namespaces/default/secrets/e2e`) {
				return fmt.Errorf("%s has no record of the Secret", place.name)
			}
			if !strings.Contains(text, openMark) {
				return fmt.Errorf("%s has no contents of the object that may be recorded", place.name)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		for _, mark := range []string{secretMark, "ZTJlLW1hcmstdGhhdC1pcy1zZWNyZX"} {
			if strings.Contains(text, mark) {
				return "", fmt.Errorf("%s has the contents of the Secret", place.name)
			}
		}
	}
	text, err := local()
	if err != nil {
		return "", err
	}
	levels := map[string]int{}
	for line := range strings.Lines(text) {
		var record struct {
			Level     string
			ObjectRef struct{ Resource string }
		}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			continue // the last line may be half written
		}
		if record.ObjectRef.Resource == "secrets" && record.Level != "Metadata" {
			return "", fmt.Errorf("a record of Secrets has level %s", record.Level)
		}
		levels[record.Level]++
	}
	return fmt.Sprintf("the write of a Secret at both places, its contents at none; records by level on the node: %v", levels), nil
}
