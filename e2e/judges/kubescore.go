package judges

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// best is the grade of a check that has nothing to say.
const best = 10

// kubeScore grades objects by how they stand to each other: pods to policies, budgets and services. The checks that it
// leaves out by default and that do not ask for requests equal to limits are asked for.
var kubeScore = &Judge{
	Name:      "kube-score",
	Component: build.KubeScore(),
	Judges: kinds("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Service", "NetworkPolicy", "Ingress",
		"PodDisruptionBudget", "HorizontalPodAutoscaler"),
	Weak: "container-security-context-privileged",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		args := []string{"score", "--output-format", "json", "--kubernetes-version", "v1.36",
			"--enable-optional-test", "container-seccomp-profile,container-ports-check",
			"--disable-ignore-checks-annotations", "--disable-optional-checks-annotations"}
		out, err := c.offline(ctx, nil, "kube-score", append(args, c.Tree.files(func(Object) bool { return true })...)...)
		if err != nil {
			return nil, err
		}
		var said []struct {
			File   string `json:"file_name"`
			Checks []struct {
				Check    struct{ ID string }
				Grade    int
				Skipped  bool
				Comments []struct{ Path, Summary string }
			}
		}
		if err := json.Unmarshal(out, &said); err != nil {
			return nil, fmt.Errorf("kube-score: %w: %.300s", err, out)
		}
		r := newReport()
		for _, object := range said {
			id, err := c.Tree.id(object.File)
			if err != nil {
				return nil, err
			}
			for _, check := range object.Checks {
				if !check.Skipped {
					r.verdict(id, check.Check.ID, check.Grade == best, fmt.Sprint(check.Comments))
				}
			}
		}
		return r, nil
	},
}
