// Command trivyconfig is what "trivy config" does with Kubernetes objects, without what else trivy can do: the scanner and
// the checks are those of its module, but the whole program is made of four times as many packages.
//
//	trivyconfig DIR DATA
//
// It judges the YAML files in DIR, with the data that checks find in the JSON files in DATA. It prints a JSON object for
// each file, one a line and sorted, and ends with 0 if it could judge.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/aquasecurity/trivy/pkg/iac/rego"
	"github.com/aquasecurity/trivy/pkg/iac/scan"
	"github.com/aquasecurity/trivy/pkg/iac/scanners/kubernetes"
)

// verdict is what is said about a file. A check that is about other objects passes.
type verdict struct {
	File   string    `json:"file"`
	Passed []string  `json:"passed"` // checks
	Failed []failure `json:"failed"`
}

type failure struct {
	Check   string `json:"check"`
	Message string `json:"message"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: trivyconfig DIR DATA")
		os.Exit(2)
	}
	if err := judge(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(dir, data string) error {
	scanner := kubernetes.NewScanner(
		rego.WithEmbeddedPolicies(true),
		rego.WithEmbeddedLibraries(true),
		rego.WithDataFilesystem(os.DirFS(data)),
		rego.WithDataDirs("."),
	)
	results, err := scanner.ScanFS(context.Background(), os.DirFS(dir), ".")
	if err != nil {
		return err
	}
	files := map[string]*verdict{}
	for _, r := range results {
		name := r.Range().GetFilename()
		v := files[name]
		if v == nil {
			v = &verdict{File: name}
			files[name] = v
		}
		switch r.Status() {
		case scan.StatusPassed:
			v.Passed = append(v.Passed, r.Rule().ID)
		case scan.StatusFailed:
			v.Failed = append(v.Failed, failure{r.Rule().ID, r.Description()})
		default:
			return fmt.Errorf("%s: %s has the status %d", name, r.Rule().ID, r.Status())
		}
	}
	out := json.NewEncoder(os.Stdout)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := out.Encode(files[name]); err != nil {
			return err
		}
	}
	return nil
}
