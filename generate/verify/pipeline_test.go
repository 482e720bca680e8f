package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// pipelineSpec is a specification with what the pipeline's files depend on.
func pipelineSpec(change func(*model.Pipeline)) *model.Spec {
	p := &model.Pipeline{
		Name: "ci", Kind: model.GitHubActions, Scanner: model.Trivy, FailOn: model.SeverityHigh,
		Builds: []*model.Registry{
			{Name: "main", Host: "registry.example.com", Path: "shop"},
			{Name: "ghcr", Host: "ghcr.io", Path: "example"},
			{Name: "gar", Host: "europe-docker.pkg.dev", Path: "example/images"},
			{Name: "ecr", Host: "123456789012.dkr.ecr.eu-central-1.amazonaws.com"},
		},
	}
	if change != nil {
		change(p)
	}
	return &model.Spec{Pipelines: []*model.Pipeline{p}}
}

func pipelineTree(t *testing.T, spec *model.Spec) *generate.Set {
	t.Helper()
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestPipelineClaimsAreProved(t *testing.T) {
	for name, change := range map[string]func(*model.Pipeline){
		"trivy":         nil,
		"grype":         func(p *model.Pipeline) { p.Scanner = model.Grype },
		"medium":        func(p *model.Pipeline) { p.FailOn = model.SeverityMedium },
		"critical only": func(p *model.Pipeline) { p.FailOn = model.SeverityCritical },
		"no registry":   func(p *model.Pipeline) { p.Builds = nil },
		"gitlab":        func(p *model.Pipeline) { p.Kind = model.GitLabCI },
	} {
		spec := pipelineSpec(change)
		set := pipelineTree(t, spec)
		result := Run(spec, set.Files(), pipelineChecks)
		for _, c := range result.Unproved(set.Claims) {
			t.Errorf("%s: %s is claimed by %s, not proved", name, c.Control, c.Path)
		}
		for _, f := range result.Findings {
			t.Errorf("%s: %s %s: %s", name, f.Path, f.Object, f.Message)
		}
		claimed := slices.ContainsFunc(set.Claims, func(c model.Claim) bool { return c.Control == model.ImageScan })
		if want := name != "critical only" && name != "gitlab"; claimed != want {
			t.Errorf("%s: image-scan claimed: %v", name, claimed)
		}
	}
}

// A tree that was generated with variables is proved with the same: a workflow that leaves one out, or chooses another,
// would judge the tree by another specification.
func TestPipelineChoosesTheVariablesOfTheTree(t *testing.T) {
	spec := pipelineSpec(nil)
	spec.Inputs = model.Inputs{
		VarFiles: []string{"../environments/production.vars.hcl"},
		Vars:     []model.Var{{Name: "minor", Text: "1.36"}, {Name: "odd", Text: "a 'b' $(id)"}},
	}
	set := pipelineTree(t, spec)
	const file = "pipeline/ci/verify.yaml"
	original := string(set.Files()[file])
	proved := func(text string) bool {
		files := set.Files()
		files[file] = []byte(text)
		result := Run(spec, files, pipelineChecks)
		holds := slices.ContainsFunc(result.Proved, func(c model.Claim) bool { return c.Control == model.TreeVerified })
		found := slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Control == model.TreeVerified && f.Path == file })
		if holds == found {
			t.Errorf("proved: %v, finding: %v", holds, found)
		}
		return holds
	}
	if !proved(original) {
		t.Fatalf("not proved:\n%s", original)
	}
	for _, m := range []struct{ old, new string }{
		{` --var-file "source/$SPEC/$VAR_FILE_1"`, ""},
		{` --var "minor=$VAR_1"`, ""},
		{"environments/production", "environments/staging"},
		{`VAR_1: "1.36"`, `VAR_1: "1.34"`},
		{"bartizan-verify-production.yaml", "bartizan-verify.yaml"},
		{"a 'b' $(id)", "a 'c' $(id)"},
	} {
		if !strings.Contains(original, m.old) {
			t.Errorf("%q is not in the file:\n%s", m.old, original)
		} else if proved(strings.Replace(original, m.old, m.new, 1)) {
			t.Errorf("proved with %q instead of %q", m.new, m.old)
		}
	}
}

// The name of a file of variables is part of the workflow: whatever letters and digits it has, the workflow is proved.
func TestPipelineOfEveryEnvironmentIsProved(t *testing.T) {
	for _, name := range []string{"eu-1", "Prod_2", "9", "é", "a b"} {
		spec := pipelineSpec(nil)
		spec.Inputs.VarFiles = []string{"../environments/" + name + ".vars.hcl"}
		set := pipelineTree(t, spec)
		if missing := Run(spec, set.Files(), pipelineChecks).Unproved(set.Claims); slices.ContainsFunc(missing, func(c model.Claim) bool { return c.Control == model.TreeVerified }) {
			t.Errorf("%s: not proved", name)
		}
	}
}

// Each row edits one file so that the control no longer holds.
func TestPipelineMutationsAreFound(t *testing.T) {
	const build, verify = "pipeline/ci/build.yaml", "pipeline/ci/verify.yaml"
	spec := pipelineSpec(nil)
	original := pipelineTree(t, spec).Files()
	for _, m := range []struct {
		control  model.ControlID
		path     string
		old, new string
	}{
		{model.ImageScan, build, "--severity HIGH,CRITICAL", "--severity CRITICAL"},
		{model.ImageScan, build, "HIGH,CRITICAL --exit-code 1", "HIGH,CRITICAL --exit-code 0"},
		{model.ImageScan, build, "HIGH,CRITICAL --exit-code 1", "HIGH,CRITICAL --exit-code 1 --exit-code 0"},
		{model.ImageScan, build, "HIGH,CRITICAL --exit-code 1", "HIGH,CRITICAL --exit-code 1 --ignore-unfixed"},
		{model.ImageScan, build, "HIGH,CRITICAL --exit-code 1", "HIGH,CRITICAL --exit-code 1 || true"},
		{model.ImageScan, build, "HIGH,CRITICAL --exit-code 1", "HIGH,CRITICAL --exit-code 1 | cat"},
		{model.ImageScan, build, "--scanners vuln,secret", "--scanners secret"},
		{model.ImageScan, build, "image --input image.tar --scanners", "image --input other.tar --scanners"},
		{model.ImageScan, build, "    - name: Scan the image\n", "    - continue-on-error: true\n      name: Scan the image\n"},
		{model.ImageScan, build, "    - name: Scan the image\n", "    - if: \"false\"\n      name: Scan the image\n"},
		{model.ImageScan, build, "    - name: Scan the image\n", "    - env:\n        TRIVY_IGNORE_STATUS: affected\n      name: Scan the image\n"},
		{model.ImageScan, build, "    - name: Scan the image\n", "    - shell: true {0}\n      name: Scan the image\n"},
		{model.ImageScan, build, "    shell: bash\n", "    shell: sh\n"},
		{model.ImageScan, build, "    timeout-minutes: 60\n", "    timeout-minutes: 60\n    continue-on-error: true\n"},
		{model.ImageScan, build, "docker save --output \"$RUNNER_TEMP/image.tar\"", "docker save --output \"$RUNNER_TEMP/bin/trivy\""},
		{model.ImageScan, build, "docker build --pull", "docker build --output type=local,dest=/home/runner --pull"},
		{model.ImageScan, build, "trivy/cmd/trivy@v0.74.0", "trivy/cmd/trivy@latest"},
		{model.ImageScan, build, "trivy/cmd/trivy@v0.74.0", "other/cmd/trivy@v0.74.0"},
		{model.ImageScan, build, "name=$(printf", "printf x > image.tar\n        name=$(printf"},
		{model.ImageScan, build, "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8", "actions/checkout@v5"},
		{model.ImageScan, build, "test \"$(sha256sum < image.tar)\" = \"$IMAGE_SUM\"", "test -f image.tar"},
		{model.ImageScan, build, "needs: build", "needs: other"},

		{model.SecretScan, build, "gitleaks\" git --no-banner --redact --ignore-gitleaks-allow --exit-code 1", "gitleaks\" git --no-banner --redact --exit-code 0"},
		{model.SecretScan, build, "gitleaks\" git", "gitleaks\" version"},
		{model.SecretScan, build, "useDefault = true", "useDefault = false"},
		{model.SecretScan, build, "fetch-depth: \"0\"", "fetch-depth: \"1\""},

		{model.SBOM, build, "--format cyclonedx", "--format json"},
		{model.SBOM, build, "--predicate sbom.cdx.json", "--predicate other.json"},
		{model.SBOM, build, "attest --yes", "attest --yes --key cosign.key"},

		{model.ImageSigning, build, "sign --yes \"$IMAGE@$DIGEST\"", "sign --yes \"$IMAGE:$TAG\""},
		{model.ImageSigning, build, "sign --yes", "sign --yes --key env://KEY"},
		{model.ImageSigning, build, "sign --yes", "sign --yes --tlog-upload=false"},
		{model.ImageSigning, build, "cosign\" sign --yes \"$IMAGE@$DIGEST\"", "cosign\" sign --yes \"$IMAGE@$DIGEST\" > /dev/null"},
		{model.ImageSigning, build, "digest=$(docker inspect", "digest=sha256:0\n        other=$(docker inspect"},
		{model.ImageSigning, build, "DIGEST: ${{ steps.push.outputs.digest }}", "DIGEST: ${{ inputs.digest }}"},

		{model.CIShortCredentials, build, "${{ github.token }}", "${{ secrets.TOKEN }}"},
		{model.CIShortCredentials, build, "${{ github.token }}", "${{ toJSON(secrets) }}"},
		{model.CIShortCredentials, build, "contents: read", "contents: write"},
		{model.CIShortCredentials, build, "permissions: {}", "permissions: {contents: write}"},
		{model.CIShortCredentials, build, "      contents: read\n", "      contents: read\n      id-token: write\n"},
		{model.CIShortCredentials, build, "persist-credentials: \"false\"", "persist-credentials: \"true\""},
		{model.CIShortCredentials, build, "github.event_name == 'push' && github.ref_protected", "always()"},
		{model.CIShortCredentials, build, "  workflow_call:", "  pull_request_target: {}\n  workflow_call:"},
		{model.CIShortCredentials, build, "GOSUMDB: sum.golang.org", "GOSUMDB: \"off\""},
		{model.CIShortCredentials, build, "--password-stdin 'ghcr.io'", "--password hunter2 'ghcr.io'"},
		{model.CIShortCredentials, build, "concurrency:", "---\nconcurrency:"},
		{model.CIShortCredentials, build, "  group: ", "  group: \"\\u0024{{ secrets.TOKEN }}\" # "},
		{model.CIShortCredentials, build, "  group: ", "  group: ${{ github.ref }}-${{\n    secrets.TOKEN }}- # "},

		{model.TreeVerified, verify, "--spec \"source/$SPEC\"", "--spec \"source/$SPEC\" || true"},
		{model.TreeVerified, verify, "--check", "--force"},
		{model.TreeVerified, verify, "bartizan\" verify", "bartizan\" validate"},
		{model.TreeVerified, verify, "threatmodel \"source/$SPEC\"", "threatmodel \"source/$SPEC\" || true"},
		{model.TreeVerified, verify, "bartizan\" threatmodel", "bartizan\" validate"},
		{model.TreeVerified, verify, "  pull_request: {}\n", ""},
		{model.TreeVerified, verify, "  pull_request: {}\n", "  pull_request:\n    paths-ignore: [generated]\n"},
		{model.TreeVerified, verify, "cmp \"source/$TREE/pipeline/ci/build.yaml\" source/.github/workflows/bartizan-build.yaml", "test -f source"},
		{model.TreeVerified, verify, "contents: read", "contents: write"},
		{model.TreeVerified, verify, "    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-24.04\n    if: \"false\"\n"},
	} {
		files := maps.Clone(original)
		before := string(files[m.path])
		if !strings.Contains(before, m.old) {
			t.Errorf("%s: %q is not in the file", m.control, m.old)
			continue
		}
		files[m.path] = []byte(strings.Replace(before, m.old, m.new, 1))
		result := Run(spec, files, pipelineChecks)
		if slices.ContainsFunc(result.Proved, func(c model.Claim) bool { return c.Control == m.control }) {
			t.Errorf("%s: still proved with %q", m.control, m.new)
		}
		if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Control == m.control && f.Path == m.path }) {
			t.Errorf("%s: no finding names %s with %q", m.control, m.path, m.new)
		}
	}
}

func TestMissingPipelineFilesAreFound(t *testing.T) {
	spec := pipelineSpec(nil)
	result := Run(spec, map[string][]byte{}, pipelineChecks)
	if len(result.Proved) > 0 || len(result.Findings) == 0 {
		t.Errorf("an empty tree proves %v and finds %v", result.Proved, result.Findings)
	}
}
