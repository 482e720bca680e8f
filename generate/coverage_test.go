package generate

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/model"
)

// coverageRowOf returns the row of a requirement in coverage.md of a specification with one cluster.
func coverageRowOf(t *testing.T, id string, edit func(*model.Cluster)) string {
	t.Helper()
	spec := docsSpec()
	edit(spec.Clusters[0])
	set, err := Run(spec, append([]*Generator{audit, nodeFiles}, docsGenerators...))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(set.Files()["docs/coverage.md"]), "\n") {
		if strings.HasPrefix(line, "| "+id+" |") {
			return line
		}
	}
	t.Fatalf("%s has no row", id)
	return ""
}

// The STIG wants Secrets in the log. That is never done, so the requirement is met partly, whatever else is recorded.
func TestFullAuditRecordsAreMetPartlyAtBest(t *testing.T) {
	for _, contents := range []model.AuditContents{model.ContentsOfChanges, model.ContentsOfAll} {
		row := coverageRowOf(t, "STIG-V-242403", func(c *model.Cluster) { c.Audit.Contents = contents })
		if !strings.Contains(row, "| partly |") || !strings.Contains(row, "against the letter") {
			t.Errorf("contents = %q: %s", contents, row)
		}
		if row := coverageRowOf(t, "CIS-1.12-3.2.2", func(c *model.Cluster) { c.Audit.Contents = contents }); !strings.Contains(row, "| in files |") {
			t.Errorf("contents = %q: %s", contents, row)
		}
	}
}

// A worker with an sshd, and a worker without, are told apart; control-plane nodes do not count.
func TestWorkersWithSSHAreNotCovered(t *testing.T) {
	for _, id := range []string{"STIG-V-242393", "STIG-V-242394"} {
		for _, test := range []struct {
			name, want string
			ssh        []string
		}{
			{"no sshd", "| in files |", nil},
			{"sshd on the control plane", "| in files |", []string{"control"}},
			{"sshd on one worker", "| partly |", []string{"general"}},
			{"sshd on all workers", "| open |", []string{"general", "second"}},
		} {
			row := coverageRowOf(t, id, func(c *model.Cluster) {
				second := *c.NodePools[1]
				second.Name, second.CIDR = "second", netip.MustParsePrefix("10.0.0.128/26")
				c.NodePools = append(c.NodePools, &second)
				for _, p := range c.NodePools {
					if slices.Contains(test.ssh, p.Name) {
						p.SSHFrom = c.API.ReachableFrom
					}
				}
			})
			if !strings.Contains(row, test.want) {
				t.Errorf("%s: %s is not %s", test.name, row, test.want)
			}
		}
	}
}
