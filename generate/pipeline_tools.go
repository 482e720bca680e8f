package generate

import (
	"path"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// pipelineTool is a program that "go install" builds from its source at one version. The public checksum database
// vouches for the content of that version (https://go.dev/ref/mod#checksum-database), so no binary of unknown origin
// and no third-party action runs in the pipeline.
type pipelineTool struct {
	name, module, version string
	experiment            string // GOEXPERIMENT that the build needs
}

var (
	toolGitleaks = pipelineTool{name: "gitleaks", module: "github.com/zricethezav/gitleaks/v8", version: "v8.30.0"}
	toolTrivy    = pipelineTool{name: "trivy", module: "github.com/aquasecurity/trivy/cmd/trivy", version: "v0.74.0", experiment: "jsonv2"}
	toolGrype    = pipelineTool{name: "grype", module: "github.com/anchore/grype/cmd/grype", version: "v0.110.0"}
	toolSyft     = pipelineTool{name: "syft", module: "github.com/anchore/syft/cmd/syft", version: "v1.38.0"}
	toolCosign   = pipelineTool{name: "cosign", module: "github.com/sigstore/cosign/v2/cmd/cosign", version: "v2.6.1"}
	toolBartizan = pipelineTool{name: "bartizan", module: "github.com/bartizan-dev/bartizan/cmd/bartizan", version: Version}
)

// scanTools are the programs that scan an image and list what is in it.
func scanTools(s model.Scanner) []pipelineTool {
	if s == model.Grype {
		return []pipelineTool{toolSyft, toolGrype}
	}
	return []pipelineTool{toolTrivy}
}

// sbomCommand writes sbom.cdx.json from image.tar.
func sbomCommand(s model.Scanner) string {
	if s == model.Grype {
		return `"$RUNNER_TEMP/bin/syft" scan docker-archive:image.tar --output cyclonedx-json=sbom.cdx.json`
	}
	return `"$RUNNER_TEMP/bin/trivy" image --input image.tar --format cyclonedx --output sbom.cdx.json`
}

// scanCommand fails if image.tar has a known vulnerability of the pipeline's severity or above.
func scanCommand(p *model.Pipeline) string {
	if p.Scanner == model.Grype {
		return `"$RUNNER_TEMP/bin/grype" docker-archive:image.tar --fail-on ` + string(p.FailOn)
	}
	return `"$RUNNER_TEMP/bin/trivy" image --input image.tar --scanners vuln,secret --severity ` + trivySeverities(p.FailOn) + ` --exit-code 1`
}

// trivySeverities lists the severity and those above it.
func trivySeverities(from model.Severity) string {
	all := []model.Severity{model.SeverityMedium, model.SeverityHigh, model.SeverityCritical}
	var names []string
	for i, s := range all {
		if s == from || len(names) > 0 {
			names = append(names, strings.ToUpper(string(all[i])))
		}
	}
	return strings.Join(names, ",")
}

// registryPrefix is what the names of the registry's images start with.
func registryPrefix(r *model.Registry) string {
	return path.Join(r.Host, r.Path) + "/"
}

// registryGuard stops the job unless $IMAGE belongs to a registry that the pipeline may write.
func registryGuard(p *model.Pipeline) string {
	var patterns []string
	for _, r := range p.Builds {
		patterns = append(patterns, templates.Shell(registryPrefix(r))+"?*")
	}
	if len(patterns) == 0 {
		patterns = []string{"''"}
	}
	return "case \"$IMAGE\" in\n  " + strings.Join(patterns, " | ") + ") ;;\n" +
		"  *)\n    echo 'this pipeline does not publish to that registry' >&2\n    exit 1\n    ;;\nesac\n"
}
