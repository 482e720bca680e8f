package judges

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

var kubesecKinds = kinds("Pod", "Deployment", "StatefulSet", "DaemonSet")

// kubesec gives points to pods. What costs points fails, and so does what would bring more.
var kubesec = &Judge{
	Name:      "kubesec",
	Component: build.Kubesec(),
	Judges:    kubesecKinds,
	Weak:      "Privileged",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		r := newReport()
		var docs [][]byte
		ids := map[string]string{}
		for _, o := range c.Tree.Objects {
			if kubesecKinds(o) {
				docs = append(docs, o.YAML)
				ids[o.Kind+"/"+o.Name+"."+o.Namespace] = o.ID()
			}
		}
		if docs == nil {
			return r, nil
		}
		out, err := c.offline(ctx, bytes.Join(docs, []byte("\n---\n")), "kubesec", "scan", "--schema-location", schemaFiles(c.Schemas), "-")
		if err != nil {
			return nil, err
		}
		type rules []struct{ ID, Reason string }
		var said []struct {
			Object, Message string
			Valid           bool
			Scoring         struct{ Passed, Critical, Advise rules }
		}
		if err := json.Unmarshal(out, &said); err != nil {
			return nil, fmt.Errorf("kubesec: %w: %.300s", err, out)
		}
		for _, object := range said {
			id, ok := ids[object.Object]
			if !ok || !object.Valid {
				return nil, fmt.Errorf("kubesec: %q: %s", object.Object, object.Message)
			}
			for _, rule := range object.Scoring.Passed {
				r.verdict(id, rule.ID, true, "")
			}
			for _, rule := range append(object.Scoring.Critical, object.Scoring.Advise...) {
				r.verdict(id, rule.ID, false, rule.Reason)
			}
		}
		return r, nil
	},
}
