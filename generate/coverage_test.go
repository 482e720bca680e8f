package generate

import (
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
