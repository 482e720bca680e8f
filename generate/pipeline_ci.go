package generate

import (
	"fmt"
	"path"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var pipelineCI = &Generator{
	Name: "pipeline-ci",
	Doc: `scan, sign and verify in the pipeline

One reusable workflow builds an image, searches the source for secrets, scans the image, makes a bill of materials,
publishes and signs; another proves the tree on every pull request. Source code never runs in a job that holds an
identity, and what is published is what was scanned.`,
	Controls: []model.ControlID{
		model.ImageScan, model.SBOM, model.ImageSigning, model.SecretScan, model.TreeVerified, model.CIShortCredentials,
	},
	Run: runPipelineCI,
}

// pipelineDir holds the files of one pipeline.
func pipelineDir(p *model.Pipeline) string { return path.Join("pipeline", p.Name) }

func runPipelineCI(pass *Pass) error {
	pass.Directory(Directory{Path: "pipeline", Title: "Pipelines", Doc: "One directory for each pipeline: the files that its CI system runs."})
	for _, p := range pass.Spec.Pipelines {
		// Other CI systems have no files yet and claim nothing: docs/by-hand.md lists what people must do instead.
		if p.Kind != model.GitHubActions {
			continue
		}
		if err := githubPipeline(pass, p); err != nil {
			return err
		}
	}
	return nil
}

func githubPipeline(pass *Pass, p *model.Pipeline) error {
	build, verify := path.Join(pipelineDir(p), "build.yaml"), path.Join(pipelineDir(p), "verify.yaml")
	err := pass.YAML(Artifact{
		Path:  build,
		Doc:   "Reusable workflow: builds, scans, publishes and signs one image",
		Where: "repository of this tree, as .github/workflows/bartizan-build.yaml",
	}, githubBuild(p))
	if err != nil {
		return err
	}
	err = pass.YAML(Artifact{
		Path:  verify,
		Doc:   "Workflow: proves this tree on every pull request",
		Where: "repository of this tree, as .github/workflows/" + workflowFile(pass.Spec.Inputs, "verify"),
	}, githubVerify(p, pass.Spec.Inputs))
	if err != nil {
		return err
	}
	pass.Directory(Directory{Path: pipelineDir(p), Title: "Pipeline " + p.Name, Doc: githubDoc(p, pass.Spec.Inputs)})
	claimPipeline(pass, p, build, verify)
	return nil
}

// claimPipeline claims what the two files of a pipeline do. A pipeline that lets high findings pass does not claim to
// stop vulnerable images.
func claimPipeline(pass *Pass, p *model.Pipeline, build, verify string) {
	if p.FailOn != model.SeverityCritical {
		pass.Claim(model.ImageScan, p.Addr(), build)
	}
	pass.Claim(model.SBOM, p.Addr(), build)
	pass.Claim(model.ImageSigning, p.Addr(), build)
	pass.Claim(model.SecretScan, p.Addr(), build)
	pass.Claim(model.CIShortCredentials, p.Addr(), build)
	pass.Claim(model.TreeVerified, p.Addr(), verify)
}

// githubDoc says how the workflows come into force, with an example for one of the pipeline's images.
func githubDoc(p *model.Pipeline, in model.Inputs) string {
	image := "REGISTRY/IMAGE"
	if len(p.Builds) > 0 {
		image = registryPrefix(p.Builds[0]) + "NAME"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Copy both files to `.github/workflows/` of the repository that holds this tree, as `bartizan-build.yaml` and `%s`; "+
		"`verify.yaml` fails when the copies differ. Set the repository variables `BARTIZAN_SPEC` and `%s` to the two "+
		"directories (default `spec` and `%s`), and make the job *Verify the generated files* required for merging.\n\n",
		workflowFile(in, "verify"), treeVariable(in), treeDefault(in))
	if len(in.VarFiles)+len(in.Vars) > 0 {
		b.WriteString("The workflow chooses the variables with which this tree was generated; the trees of other environments have workflows of their own.\n\n")
	}
	b.WriteString("An application's repository calls the build; OWNER, REPOSITORY and COMMIT are those of this tree's repository:\n\n")
	b.WriteString("```yaml\non: [push, pull_request]\npermissions: {}\njobs:\n  image:\n    permissions:\n      contents: read\n      id-token: write\n")
	for _, r := range p.Builds {
		if r.Host == ghcrHost {
			b.WriteString("      packages: write\n")
			break
		}
	}
	fmt.Fprintf(&b, "    uses: OWNER/REPOSITORY/.github/workflows/bartizan-build.yaml@COMMIT\n    with:\n      image: %s\n      tag: ${{ github.sha }}\n```\n\n", templates.CodeBlock(image))
	b.WriteString("It publishes from protected branches only. Each run hands over `images.bartizan.json` with the digest; merge it into the " +
		"specification's own: `jq --slurp --sort-keys add OLD NEW`.\n\n")
	b.WriteString("The signature names the workflow, so that an image built past it is recognised:\n\n```sh\ncosign verify IMAGE@DIGEST \\\n" +
		"  --certificate-oidc-issuer https://token.actions.githubusercontent.com \\\n" +
		"  --certificate-identity-regexp '^https://github.com/OWNER/REPOSITORY/\\.github/workflows/bartizan-build\\.yaml@'\n```\n\n")
	b.WriteString("Signatures of Sigstore's public instance are recorded in a public log, with the names of repository and workflow.\n")
	for _, r := range p.Builds {
		b.WriteString("\n" + loginDoc(r) + "\n")
	}
	return b.String()
}

// loginDoc says what a registry needs so that the pipeline's identity may write to it.
func loginDoc(r *model.Registry) string {
	host := templates.MarkdownCode(r.Host)
	switch {
	case r.Host == ghcrHost:
		return host + " takes the job's own token; nothing has to be set up."
	case strings.HasSuffix(r.Host, garHost):
		return host + ": create a workload identity pool for the CI system, give its principal the role `roles/artifactregistry.writer` on the repository, and put the provider's resource name (`projects/…/providers/…`) in the variable `GCP_WORKLOAD_IDENTITY_PROVIDER`."
	case strings.HasSuffix(r.Host, ecrHost):
		return host + ": create an IAM role that trusts the CI system's OIDC provider and may push to the repository; set the variables `AWS_ROLE_ARN` and `AWS_REGION`."
	}
	return host + " must accept the job's OIDC token, with the registry's host as audience, as the password of the user `bartizan`. A registry that knows stored passwords only cannot be used without a weaker pipeline than this one."
}
