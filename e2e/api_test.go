//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
)

// apiChecks ask the API server as somebody who has no right to.
var apiChecks = []check{
	{"Anonymous requests are answered on health paths only", func(ctx context.Context, e *env) (string, error) {
		var seen []string
		for path, want := range map[string]string{"/healthz": "200", "/livez": "200", "/readyz": "200", "/version": "401", "/api": "401",
			"/api/v1/nodes": "401", "/openapi/v2": "401", "/metrics": "401", "/livez/ping": "401"} {
			got, err := e.site.jump.Run(ctx, "curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "https://"+endpointIP+":6443"+path)
			if err != nil {
				return "", err
			}
			if got != want {
				return "", fmt.Errorf("%s answers %s, not %s", path, got, want)
			}
			seen = append(seen, path+" "+got)
		}
		return strings.Join(seen, ", "), nil
	}},
}
