package judges

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// schemaFiles is where kubeconform and kubesec, which is made of it, look for the schema of an object.
func schemaFiles(dir string) string {
	return filepath.Join(dir, "{{ .ResourceKind }}{{ .KindSuffix }}.json")
}

// kubeconform compares every object with the schema of its kind, which knows no further fields.
var kubeconform = &Judge{
	Name:      "kubeconform",
	Component: build.Kubeconform(),
	Judges:    func(Object) bool { return true },
	Weak:      "schema",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		out, err := c.offline(ctx, nil, "kubeconform", "-strict", "-verbose", "-output", "json", "-schema-location", schemaFiles(c.Schemas), ".")
		if err != nil {
			return nil, err
		}
		var said struct {
			Resources []struct{ Filename, Status, Msg string }
		}
		if err := json.Unmarshal(out, &said); err != nil {
			return nil, fmt.Errorf("kubeconform: %w: %.300s", err, out)
		}
		r := newReport()
		for _, res := range said.Resources {
			id, err := c.Tree.id(res.Filename)
			if err != nil {
				return nil, err
			}
			switch res.Status {
			case "statusValid", "statusInvalid":
				r.verdict(id, "schema", res.Status == "statusValid", res.Msg)
			default:
				return nil, fmt.Errorf("kubeconform: %s: %s %s", id, res.Status, res.Msg)
			}
		}
		return r, nil
	},
}
