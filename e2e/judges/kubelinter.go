package judges

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// kubeLinter judges workloads and permissions. All its checks are asked for but those that ask for what only somebody's
// own rules could want (a label or an annotation of that name, sorted keys, the priority classes of the system, three
// replicas, a number of dots in names to look up), and the one of schemas, which it takes from the network.
var kubeLinter = &Judge{
	Name:    "kube-linter",
	OnPath:  true,
	Version: []string{"version"},
	Judges: kinds("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Service", "Role", "ClusterRole",
		"RoleBinding", "ClusterRoleBinding", "HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"),
	Weak: "privileged-container",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		args := []string{"lint", "--format", "json", "--add-all-built-in", "--exclude",
			"required-annotation-email,required-label-owner,sorted-keys,priority-class-name,minimum-three-replicas,dnsconfig-options,schema-validation"}
		out, err := c.offline(ctx, nil, "kube-linter", append(args, c.Tree.dir)...)
		if err != nil {
			return nil, err
		}
		var said struct {
			Checks []struct {
				Name  string
				Scope struct{ ObjectKinds []string }
			}
			Reports []struct {
				Diagnostic struct{ Message string }
				Check      string
				Object     struct{ Metadata struct{ FilePath string } }
			}
		}
		if err := json.Unmarshal(out, &said); err != nil {
			return nil, fmt.Errorf("kube-linter: %w: %.300s", err, out)
		}
		r := newReport()
		type failure struct{ object, check string }
		failed := map[failure]bool{}
		for _, report := range said.Reports {
			id, err := c.Tree.id(report.Object.Metadata.FilePath)
			if err != nil {
				return nil, err
			}
			failed[failure{id, report.Check}] = true
			r.verdict(id, report.Check, false, report.Diagnostic.Message)
		}
		// It does not say what passed: each object does that the check is about and that is not reported.
		for _, check := range said.Checks {
			for _, o := range c.Tree.Objects {
				if slices.ContainsFunc(check.Scope.ObjectKinds, o.isLinterKind) && !failed[failure{o.ID(), check.Name}] {
					r.verdict(o.ID(), check.Name, true, "")
				}
			}
		}
		return r, nil
	},
}

// isLinterKind reports whether the object is of a kind that kube-linter's checks name; "DeploymentLike" has pods.
func (o Object) isLinterKind(kind string) bool {
	if kind == "DeploymentLike" {
		return slices.Contains([]string{"Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"}, o.Kind)
	}
	return kind == o.Kind
}
