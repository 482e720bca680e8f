package judges

import (
	"context"
	"encoding/json"
	"fmt"
)

// polaris judges workloads and permissions by all checks that its own configuration does not turn off. Its exemptions,
// which go by the names of well-known components, do not hold.
var polaris = &Judge{
	Name:    "polaris",
	OnPath:  true,
	Version: []string{"version"},
	Judges:  kinds("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
	Weak:    "runAsPrivileged",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		out, err := c.offline(ctx, nil, "polaris", "audit", "--audit-path", c.Tree.dir, "--format", "json", "--disallow-exemptions",
			"--disallow-annotation-exemptions", "--disallow-config-exemptions")
		if err != nil {
			return nil, err
		}
		type verdicts map[string]struct {
			ID, Message string
			Success     bool
		}
		var said struct {
			Results []struct {
				Kind, Namespace, Name string
				Results               verdicts
				PodResult             *struct {
					Results          verdicts
					ContainerResults []struct{ Results verdicts }
				}
			}
		}
		if err := json.Unmarshal(out, &said); err != nil {
			return nil, fmt.Errorf("polaris: %w: %.300s", err, out)
		}
		r := newReport()
		for _, object := range said.Results {
			id := Object{Kind: object.Kind, Namespace: object.Namespace, Name: object.Name}.ID()
			all := []verdicts{object.Results}
			if object.PodResult != nil {
				all = append(all, object.PodResult.Results)
				for _, container := range object.PodResult.ContainerResults {
					all = append(all, container.Results)
				}
			}
			for _, some := range all {
				for _, v := range some {
					r.verdict(id, v.ID, v.Success, v.Message)
				}
			}
		}
		return r, nil
	},
}
