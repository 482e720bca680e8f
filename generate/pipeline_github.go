package generate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// githubWorkflow is the part of GitHub's workflow syntax that the generated workflows need.
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
type githubWorkflow struct {
	Name        string               `json:"name"`
	On          githubTriggers       `json:"on"`
	Permissions map[string]string    `json:"permissions"` // empty: none
	Concurrency githubConcurrency    `json:"concurrency"`
	Defaults    githubDefaults       `json:"defaults"`
	Env         map[string]string    `json:"env,omitempty"`
	Jobs        map[string]githubJob `json:"jobs"`
}

type githubTriggers struct {
	WorkflowCall *githubCall `json:"workflow_call,omitempty"`
	PullRequest  *struct{}   `json:"pull_request,omitempty"`
	Push         *githubPush `json:"push,omitempty"`
}

type githubCall struct {
	Inputs  map[string]githubInput  `json:"inputs"`
	Outputs map[string]githubOutput `json:"outputs"`
}

type githubInput struct {
	Description string `json:"description"`
	Type        string `json:"type"`
	Required    bool   `json:"required"`
	Default     string `json:"default,omitempty"`
}

type githubOutput struct {
	Description string `json:"description"`
	Value       string `json:"value"`
}

type githubPush struct {
	Branches []string `json:"branches"`
}

type githubConcurrency struct {
	Group  string `json:"group"`
	Cancel bool   `json:"cancel-in-progress"`
}

type githubDefaults struct {
	Run struct {
		Shell string `json:"shell"`
	} `json:"run"`
}

type githubJob struct {
	Name        string            `json:"name"`
	RunsOn      string            `json:"runs-on"`
	Needs       string            `json:"needs,omitempty"`
	If          string            `json:"if,omitempty"`
	Timeout     int               `json:"timeout-minutes"`
	Permissions map[string]string `json:"permissions"`
	Outputs     map[string]string `json:"outputs,omitempty"`
	Steps       []githubStep      `json:"steps"`
}

type githubStep struct {
	Name string            `json:"name"`
	ID   string            `json:"id,omitempty"`
	If   string            `json:"if,omitempty"`
	Uses string            `json:"uses,omitempty"`
	With map[string]string `json:"with,omitempty"`
	Env  map[string]string `json:"env,omitempty"`
	Dir  string            `json:"working-directory,omitempty"`
	Run  string            `json:"run,omitempty"`
}

// GitHub's own actions, by the commit of the release that the step's name states. No other action is used.
const (
	actionCheckout = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8"          // v5.0.0
	actionUpload   = "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02"   // v4.6.2
	actionDownload = "actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093" // v4.3.0
)

// tempDir is outside the checkout: tools that run there find no configuration of the source.
const tempDir = "${{ runner.temp }}"

// shellDefaults makes bash stop at the first failing command, also in a pipe.
func shellDefaults() githubDefaults {
	var d githubDefaults
	d.Run.Shell = "bash"
	return d
}

// goEnv makes "go install" trust the public checksum database only: a version whose content changed is refused.
func goEnv() map[string]string {
	return map[string]string{
		"GOPROXY":     "https://proxy.golang.org",
		"GOSUMDB":     "sum.golang.org",
		"GOTOOLCHAIN": "auto",
	}
}

func githubCheckout() githubStep {
	return githubStep{
		Name: "Check out the source (actions/checkout v5.0.0)",
		Uses: actionCheckout,
		With: map[string]string{"path": "source", "fetch-depth": "0", "persist-credentials": "false"},
	}
}

func githubInstall(t pipelineTool) githubStep {
	env := map[string]string{"GOBIN": tempDir + "/bin"}
	if t.experiment != "" {
		env["GOEXPERIMENT"] = t.experiment
	}
	return githubStep{Name: "Install " + t.name, Env: env, Dir: tempDir, Run: "go install " + t.module + "@" + t.version + "\n"}
}

func githubSecretScan() []githubStep {
	return []githubStep{
		githubInstall(toolGitleaks),
		{
			Name: "Search the history for secrets",
			Dir:  tempDir,
			// The built-in rules, whatever the source's own .gitleaks.toml says.
			Env: map[string]string{"GITLEAKS_CONFIG_TOML": "[extend]\nuseDefault = true\n"},
			Run: `"$RUNNER_TEMP/bin/gitleaks" git --no-banner --redact --ignore-gitleaks-allow --exit-code 1 "$GITHUB_WORKSPACE/source"` + "\n",
		},
	}
}

// githubBuild is the reusable workflow that builds, scans and publishes one image. Source code runs in the first job
// only, which holds no identity; the second publishes exactly the bytes that the first scanned.
func githubBuild(p *model.Pipeline) githubWorkflow {
	image := map[string]string{"IMAGE": "${{ inputs.image }}", "TAG": "${{ inputs.tag }}"}
	steps := []githubStep{
		{Name: "Refuse images of other registries", Env: map[string]string{"IMAGE": "${{ inputs.image }}"}, Run: registryGuard(p)},
		githubCheckout(),
	}
	steps = append(steps, githubSecretScan()...)
	for _, t := range scanTools(p.Scanner) {
		steps = append(steps, githubInstall(t))
	}
	steps = append(steps,
		githubStep{
			Name: "Build the image",
			Env: map[string]string{
				"IMAGE": image["IMAGE"], "TAG": image["TAG"], "CONTEXT": "${{ inputs.context }}", "FILE": "${{ inputs.file }}",
			},
			Run: `docker build --pull --tag "$IMAGE:$TAG" --file "source/$FILE" "source/$CONTEXT"` + "\n" +
				`docker save --output "$RUNNER_TEMP/image.tar" "$IMAGE:$TAG"` + "\n",
		},
		githubStep{Name: "Make the bill of materials", Dir: tempDir, Run: sbomCommand(p.Scanner) + "\n"},
		githubStep{Name: "Scan the image", Dir: tempDir, Run: scanCommand(p) + "\n"},
		githubStep{
			Name: "Seal what was scanned",
			ID:   "seal",
			Dir:  tempDir,
			Env:  map[string]string{"IMAGE": image["IMAGE"]},
			Run: `name=$(printf '%s' "$IMAGE" | sed 's|[/:]|-|g')` + "\n" +
				`image_sum=$(sha256sum < image.tar)` + "\n" +
				`sbom_sum=$(sha256sum < sbom.cdx.json)` + "\n" +
				`printf 'name=%s\nimage=%s\nsbom=%s\n' "$name" "$image_sum" "$sbom_sum" >> "$GITHUB_OUTPUT"` + "\n",
		},
		githubStep{
			Name: "Hand over (actions/upload-artifact v4.6.2)",
			Uses: actionUpload,
			With: map[string]string{
				"name":              "${{ steps.seal.outputs.name }}",
				"path":              tempDir + "/image.tar\n" + tempDir + "/sbom.cdx.json\n",
				"if-no-files-found": "error",
				"retention-days":    "1",
			},
		},
	)
	permissions := map[string]string{"id-token": "write"}
	if slices.ContainsFunc(p.Builds, func(r *model.Registry) bool { return r.Host == ghcrHost }) {
		permissions["packages"] = "write"
	}
	return githubWorkflow{
		Name: "build (" + p.Name + ")",
		On: githubTriggers{WorkflowCall: &githubCall{
			Inputs: map[string]githubInput{
				"image":   {Description: "image to build, with registry, without tag", Type: "string", Required: true},
				"tag":     {Description: "its tag", Type: "string", Required: true},
				"context": {Description: "directory of the source that is built", Type: "string", Default: "."},
				"file":    {Description: "Dockerfile", Type: "string", Default: "Dockerfile"},
			},
			Outputs: map[string]githubOutput{
				"digest": {Description: "digest of the published image", Value: "${{ jobs.publish.outputs.digest }}"},
			},
		}},
		Permissions: map[string]string{},
		Concurrency: githubConcurrency{Group: "build-" + p.Name + "-${{ github.repository }}-${{ inputs.image }}-${{ github.ref }}"},
		Defaults:    shellDefaults(),
		Env:         goEnv(),
		Jobs: map[string]githubJob{
			"build": {
				Name: "Build and scan", RunsOn: "ubuntu-24.04", Timeout: 60,
				Permissions: map[string]string{"contents": "read"},
				Outputs: map[string]string{
					"name":  "${{ steps.seal.outputs.name }}",
					"image": "${{ steps.seal.outputs.image }}",
					"sbom":  "${{ steps.seal.outputs.sbom }}",
				},
				Steps: steps,
			},
			"publish": {
				Name: "Publish and sign", RunsOn: "ubuntu-24.04", Timeout: 30,
				Needs:       "build",
				If:          "github.event_name == 'push' && github.ref_protected",
				Permissions: permissions,
				Outputs:     map[string]string{"digest": "${{ steps.push.outputs.digest }}"},
				Steps:       githubPublish(p, image),
			},
		},
	}
}

func githubPublish(p *model.Pipeline, image map[string]string) []githubStep {
	steps := []githubStep{
		{
			Name: "Take over (actions/download-artifact v4.3.0)",
			Uses: actionDownload,
			With: map[string]string{"name": "${{ needs.build.outputs.name }}", "path": tempDir},
		},
		{
			Name: "Refuse other bytes than were scanned",
			Dir:  tempDir,
			Env:  map[string]string{"IMAGE_SUM": "${{ needs.build.outputs.image }}", "SBOM_SUM": "${{ needs.build.outputs.sbom }}"},
			Run:  `test "$(sha256sum < image.tar)" = "$IMAGE_SUM"` + "\n" + `test "$(sha256sum < sbom.cdx.json)" = "$SBOM_SUM"` + "\n",
		},
		githubInstall(toolCosign),
	}
	for _, r := range p.Builds {
		steps = append(steps, githubLogin(r))
	}
	signed := map[string]string{"IMAGE": image["IMAGE"], "DIGEST": "${{ steps.push.outputs.digest }}"}
	return append(steps,
		githubStep{
			Name: "Push the image",
			ID:   "push",
			Dir:  tempDir,
			Env:  image,
			Run: `docker load --input image.tar` + "\n" +
				`docker push "$IMAGE:$TAG"` + "\n" +
				`digest=$(docker inspect --type image --format '{{json .RepoDigests}}' "$IMAGE:$TAG" | jq --exit-status --raw-output --arg image "$IMAGE" '.[] | select(startswith($image + "@")) | ltrimstr($image + "@")')` + "\n" +
				`printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"` + "\n",
		},
		githubStep{Name: "Sign the image", Dir: tempDir, Env: signed, Run: `"$RUNNER_TEMP/bin/cosign" sign --yes "$IMAGE@$DIGEST"` + "\n"},
		githubStep{Name: "Attest the bill of materials", Dir: tempDir, Env: signed, Run: `"$RUNNER_TEMP/bin/cosign" attest --yes --type cyclonedx --predicate sbom.cdx.json "$IMAGE@$DIGEST"` + "\n"},
		githubStep{
			Name: "Record the digest",
			Dir:  tempDir,
			Env:  map[string]string{"IMAGE": image["IMAGE"], "TAG": image["TAG"], "DIGEST": signed["DIGEST"]},
			Run:  `jq --null-input --arg image "$IMAGE:$TAG" --arg digest "$DIGEST" '{($image): $digest}' > images.bartizan.json` + "\n",
		},
		githubStep{
			Name: "Hand over the digest (actions/upload-artifact v4.6.2)",
			Uses: actionUpload,
			With: map[string]string{
				"name":              "digest-${{ needs.build.outputs.name }}",
				"path":              tempDir + "/images.bartizan.json",
				"if-no-files-found": "error",
			},
		},
	)
}

const (
	ghcrHost = "ghcr.io"
	garHost  = ".pkg.dev"       // Google Artifact Registry
	ecrHost  = ".amazonaws.com" // Amazon ECR
)

// githubLogin logs in to a registry with what the job's OIDC identity is worth there. No password is stored.
func githubLogin(r *model.Registry) githubStep {
	host := templates.Shell(r.Host)
	token := func(audience string) string {
		return `identity=$(curl --fail --silent --show-error --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" ` +
			`--get --data-urlencode "audience=` + audience + `" "$ACTIONS_ID_TOKEN_REQUEST_URL" | jq --exit-status --raw-output .value)` + "\n"
	}
	step := githubStep{Name: "Log in to " + r.Host, If: "startsWith(inputs.image, " + templates.ActionString(registryPrefix(r)) + ")", Dir: tempDir}
	switch {
	case r.Host == ghcrHost:
		step.Env = map[string]string{"TOKEN": "${{ github.token }}"}
		step.Run = `printf '%s' "$TOKEN" | docker login --username "$GITHUB_ACTOR" --password-stdin ` + host + "\n"
	case strings.HasSuffix(r.Host, garHost):
		step.Env = map[string]string{"PROVIDER": "${{ vars.GCP_WORKLOAD_IDENTITY_PROVIDER }}"}
		step.Run = token("https://iam.googleapis.com/$PROVIDER") +
			`request=$(jq --null-input --arg audience "//iam.googleapis.com/$PROVIDER" --arg token "$identity" '{grantType: "urn:ietf:params:oauth:grant-type:token-exchange", audience: $audience, scope: "https://www.googleapis.com/auth/cloud-platform", requestedTokenType: "urn:ietf:params:oauth:token-type:access_token", subjectTokenType: "urn:ietf:params:oauth:token-type:jwt", subjectToken: $token}')` + "\n" +
			`access=$(printf '%s' "$request" | curl --fail --silent --show-error --header 'Content-Type: application/json' --data @- https://sts.googleapis.com/v1/token | jq --exit-status --raw-output .access_token)` + "\n" +
			`printf '%s' "$access" | docker login --username oauth2accesstoken --password-stdin ` + host + "\n"
	case strings.HasSuffix(r.Host, ecrHost):
		step.Env = map[string]string{
			"AWS_ROLE_ARN": "${{ vars.AWS_ROLE_ARN }}", "AWS_REGION": "${{ vars.AWS_REGION }}",
			"AWS_WEB_IDENTITY_TOKEN_FILE": tempDir + "/identity",
		}
		step.Run = token("sts.amazonaws.com") +
			`printf '%s' "$identity" > identity` + "\n" +
			`aws ecr get-login-password | docker login --username AWS --password-stdin ` + host + "\n"
	default:
		step.Run = token(templates.ShellDouble(r.Host)) +
			`printf '%s' "$identity" | docker login --username bartizan --password-stdin ` + host + "\n"
	}
	return step
}

// githubVerify is the workflow of the repository that holds the specification and this tree.
func githubVerify(p *model.Pipeline, in model.Inputs) githubWorkflow {
	arguments, both := inputArguments(in)
	tree := map[string]string{"TREE": fmt.Sprintf("${{ vars.%s || %s }}", treeVariable(in), templates.ActionString(treeDefault(in)))}
	both["SPEC"], both["TREE"] = "${{ vars.BARTIZAN_SPEC || 'spec' }}", tree["TREE"]
	of := p.Name
	if e := in.Environment(); e != "" {
		of += ", " + e
	}
	steps := append([]githubStep{githubCheckout()}, githubSecretScan()...)
	steps = append(steps,
		githubInstall(toolBartizan),
		githubStep{
			Name: "Refuse a tree that is not what the specification says",
			Env:  both,
			Run:  `"$RUNNER_TEMP/bin/bartizan" generate "source/$SPEC" -o "source/$TREE" --check` + arguments + "\n",
		},
		githubStep{
			Name: "Prove the controls from the files",
			Env:  both,
			Run:  `"$RUNNER_TEMP/bin/bartizan" verify "source/$TREE" --spec "source/$SPEC"` + arguments + "\n",
		},
		githubStep{
			Name: "Hold the invariants, and report what is left open",
			Env:  both,
			Run:  `"$RUNNER_TEMP/bin/bartizan" threatmodel "source/$SPEC"` + arguments + "\n",
		},
		githubStep{
			Name: "Refuse workflows that differ from the tree",
			Env:  tree,
			Run: fmt.Sprintf("cmp \"source/$TREE/%s\" source/.github/workflows/bartizan-build.yaml\ncmp \"source/$TREE/%s\" source/.github/workflows/%s\n",
				path.Join(pipelineDir(p), "build.yaml"), path.Join(pipelineDir(p), "verify.yaml"), workflowFile(in, "verify")),
		},
	)
	return githubWorkflow{
		Name:        "verify (" + of + ")",
		On:          githubTriggers{PullRequest: &struct{}{}, Push: &githubPush{Branches: []string{"main"}}},
		Permissions: map[string]string{},
		Concurrency: githubConcurrency{Group: "verify-" + strings.ReplaceAll(of, ", ", "-") + "-${{ github.ref }}", Cancel: true},
		Defaults:    shellDefaults(),
		Env:         goEnv(),
		Jobs: map[string]githubJob{"verify": {
			Name: "Verify the generated files", RunsOn: "ubuntu-24.04", Timeout: 30,
			Permissions: map[string]string{"contents": "read"},
			Steps:       steps,
		}},
	}
}
