package judges

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/e2e/build"
)

// aboutOne are the checks of trivy that say what an object of one kind must have, and fail every object of another kind.
var aboutOne = map[string]string{
	"KSV-0039": "LimitRange",
	"KSV-0040": "ResourceQuota",
}

// trivyKinds are those that the checks for Kubernetes select. It would pass others too, in a tenth of a second each.
var trivyKinds = kinds("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Role", "ClusterRole", "RoleBinding",
	"ClusterRoleBinding", "ConfigMap", "Service", "Ingress", "LimitRange", "ResourceQuota")

// trivy judges objects by the checks for Kubernetes that it is built with. Which registries are to be trusted the tree
// itself says: those that its admission policy lets through.
var trivy = &Judge{
	Name:      "trivy",
	Component: build.Trivy(),
	Judges:    trivyKinds,
	Weak:      "KSV-0017",
	Run: func(ctx context.Context, c *Court) (*Report, error) {
		scratch, err := os.MkdirTemp("", "bartizan-trivy-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(scratch)
		data, objects := filepath.Join(scratch, "data"), filepath.Join(scratch, "objects")
		for _, dir := range []string{data, objects} {
			if err := os.Mkdir(dir, 0o755); err != nil {
				return nil, err
			}
		}
		if err := writeRegistries(data, c.Tree.Objects); err != nil {
			return nil, err
		}
		if _, err := c.Tree.part(objects, trivyKinds); err != nil {
			return nil, err
		}
		out, err := c.offline(ctx, nil, "trivyconfig", objects, data)
		if err != nil {
			return nil, err
		}
		r := newReport()
		for lines := json.NewDecoder(bytes.NewReader(out)); ; {
			var file struct {
				File   string
				Passed []string
				Failed []struct{ Check, Message string }
			}
			if err := lines.Decode(&file); errors.Is(err, io.EOF) {
				return r, nil
			} else if err != nil {
				return nil, fmt.Errorf("trivy: %w", err)
			}
			id, err := c.Tree.id(file.File)
			if err != nil {
				return nil, err
			}
			kind, _, _ := strings.Cut(id, "/")
			for _, check := range file.Passed {
				r.verdict(id, check, true, "")
			}
			for _, f := range file.Failed {
				if only := aboutOne[f.Check]; only == "" || only == kind {
					r.verdict(id, f.Check, false, f.Message)
				}
			}
		}
	},
}

// registryPolicy names the admission policy, and registryVariable its variable that lists beginnings of images.
const registryPolicy, registryVariable = "bartizan-registries", "prefixes"

// writeRegistries writes the hosts of the registries that the tree's admission policy lets through, as trivy's check of
// registries reads them.
func writeRegistries(dir string, objects []Object) error {
	i := slices.IndexFunc(objects, func(o Object) bool { return o.Kind == "ValidatingAdmissionPolicy" && o.Name == registryPolicy })
	if i < 0 {
		return fmt.Errorf("no policy is named %s", registryPolicy)
	}
	var policy struct {
		Spec struct {
			Variables []struct{ Name, Expression string }
		}
	}
	if err := yaml.Unmarshal(objects[i].YAML, &policy); err != nil {
		return err
	}
	var hosts []string
	for _, v := range policy.Spec.Variables {
		if v.Name != registryVariable {
			continue
		}
		var prefixes []string
		if err := json.Unmarshal([]byte(v.Expression), &prefixes); err != nil {
			return fmt.Errorf("%s: %w", registryPolicy, err)
		}
		for _, p := range prefixes {
			host, _, _ := strings.Cut(p, "/")
			hosts = append(hosts, host)
		}
	}
	if hosts == nil {
		return fmt.Errorf("%s has no variable %s", registryPolicy, registryVariable)
	}
	text, err := json.Marshal(map[string]any{"ksv0125": map[string]any{"trusted_registries": hosts}})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "registries.json"), text, 0o644)
}
