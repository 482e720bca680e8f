package verify

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// checkBuildJob: the job that runs source code may read the repository and nothing else.
func checkBuildJob(job *workflowJob) error {
	if job.If != "" || job.Needs != "" {
		return fmt.Errorf("jobs.build may be skipped")
	}
	if !granted(job.Permissions, map[string]string{"contents": "read"}) {
		return fmt.Errorf("jobs.build.permissions: want contents: read and nothing else where source code runs")
	}
	for _, s := range job.Steps {
		if s.If != "" {
			return fmt.Errorf("step %q of jobs.build may be skipped", s.Name)
		}
	}
	if err := checkCheckout(job); err != nil {
		return err
	}
	return checkPrograms(job, "gitleaks", "trivy", "grype", "syft")
}

func checkCheckout(job *workflowJob) error {
	n := 0
	for _, s := range job.Steps {
		if s.action() != "checkout" {
			continue
		}
		n++
		if !maps.Equal(s.With, map[string]string{"path": "source", "fetch-depth": "0", "persist-credentials": "false"}) {
			return fmt.Errorf("step %q: want the whole history in the directory source, without stored credentials", s.Name)
		}
	}
	if n != 1 {
		return fmt.Errorf("the source is checked out %d times, want once", n)
	}
	return nil
}

// checkPublishJob: the job with an identity runs after the build, on protected branches, and sees no source.
func checkPublishJob(job *workflowJob) error {
	if job.Needs != "build" || job.If != "github.event_name == 'push' && github.ref_protected" {
		return fmt.Errorf("jobs.publish: want needs: build and pushes to protected branches only")
	}
	if !granted(job.Permissions, map[string]string{"id-token": "write"}) &&
		!granted(job.Permissions, map[string]string{"id-token": "write", "packages": "write"}) {
		return fmt.Errorf("jobs.publish.permissions: want id-token: write, at most with packages: write")
	}
	for _, s := range job.Steps {
		if s.action() == "checkout" {
			return fmt.Errorf("step %q: source code in the job that holds an identity", s.Name)
		}
		if s.If != "" && !strings.HasPrefix(s.If, "startsWith(inputs.image, '") {
			return fmt.Errorf("step %q of jobs.publish may be skipped", s.Name)
		}
		if s.If != "" && slices.ContainsFunc(s.commands, func(c command) bool {
			return strings.HasPrefix(c.Args[0], `"$RUNNER_TEMP`) || c.Args[0] == "test"
		}) {
			return fmt.Errorf("step %q of jobs.publish may be skipped", s.Name)
		}
	}
	return checkPrograms(job, "cosign")
}

// checkHandOver: what is published is what was scanned, byte for byte.
func checkHandOver(build, publish *workflowJob) error {
	seal := slices.IndexFunc(build.Steps, func(s *workflowStep) bool { return s.ID == "seal" })
	if seal < 0 || build.Steps[seal].Dir != runnerTemp {
		return fmt.Errorf("jobs.build seals nothing")
	}
	const wantSeal = `image_sum=$(sha256sum < image.tar)
sbom_sum=$(sha256sum < sbom.cdx.json)
printf 'name=%s\nimage=%s\nsbom=%s\n' "$name" "$image_sum" "$sbom_sum" >> "$GITHUB_OUTPUT"
`
	if _, rest, ok := strings.Cut(build.Steps[seal].Run, "\n"); !ok || rest != wantSeal {
		return fmt.Errorf("step %q: want the digests of image.tar and sbom.cdx.json as results", build.Steps[seal].Name)
	}
	for name, want := range map[string]string{"image": "${{ steps.seal.outputs.image }}", "sbom": "${{ steps.seal.outputs.sbom }}"} {
		if build.Outputs[name] != want {
			return fmt.Errorf("jobs.build.outputs.%s is not the sealed digest", name)
		}
	}
	upload := build.Steps[len(build.Steps)-1]
	if upload.action() != "upload" || seal != len(build.Steps)-2 || upload.With["overwrite"] != "" {
		return fmt.Errorf("jobs.build does not end with sealing and handing over")
	}
	// In the publishing job the comparison comes before anything touches the image.
	i := slices.IndexFunc(publish.Steps, func(s *workflowStep) bool {
		return s.Dir == runnerTemp && s.If == "" &&
			s.Run == "test \"$(sha256sum < image.tar)\" = \"$IMAGE_SUM\"\ntest \"$(sha256sum < sbom.cdx.json)\" = \"$SBOM_SUM\"\n" &&
			s.Env["IMAGE_SUM"] != "" && s.Env["SBOM_SUM"] != ""
	})
	if i != 1 || publish.Steps[0].action() != "download" || publish.Steps[0].With["path"] != runnerTemp {
		return fmt.Errorf("jobs.publish does not begin with comparing the bytes that it received")
	}
	for _, s := range publish.Steps[1:] {
		if s.action() == "download" {
			return fmt.Errorf("step %q: bytes that were not compared", s.Name)
		}
	}
	return nil
}

func checkSecretScan(job *workflowJob) error {
	at, c, err := job.find(tool("gitleaks"))
	if err != nil {
		return err
	}
	flags, operands, err := readFlags(c.Args[1:], map[string]bool{"--no-banner": false, "--redact": false, "--ignore-gitleaks-allow": false, "--exit-code": true})
	if err != nil {
		return err
	}
	s := job.Steps[at.step]
	if flags["--exit-code"] != "1" || !slices.Equal(operands, []string{"git", `"$GITHUB_WORKSPACE/source"`}) || s.Env["GITLEAKS_CONFIG_TOML"] == "" || s.Dir != runnerTemp {
		return fmt.Errorf("step %q: want the history of the source searched by the built-in rules, with exit code 1", s.Name)
	}
	if err := job.plain(at, c); err != nil {
		return err
	}
	checkout := slices.IndexFunc(job.Steps, func(s *workflowStep) bool { return s.action() == "checkout" })
	if at.step < checkout {
		return fmt.Errorf("step %q: nothing is checked out yet", s.Name)
	}
	return nil
}

func checkScan(job *workflowJob, p *model.Pipeline) error {
	scanner := string(p.Scanner)
	var at place
	var c command
	var err error
	if p.Scanner == model.Trivy {
		at, c, err = job.find(tool("trivy"), "image", "--input", "image.tar", "--scanners")
	} else {
		at, c, err = job.find(tool("grype"))
	}
	if err != nil {
		return err
	}
	if err := checkScanFlags(c, p); err != nil {
		return fmt.Errorf("step %q: %w", job.Steps[at.step].Name, err)
	}
	if err := job.plain(at, c); err != nil {
		return err
	}
	if job.Steps[at.step].Dir != runnerTemp {
		return fmt.Errorf("%s runs where the source's own ignore files are read", scanner)
	}
	saved, save, err := job.find("docker", "save")
	if err != nil {
		return err
	}
	if !slices.Equal(save.Args[2:], []string{"--output", `"$RUNNER_TEMP/image.tar"`, `"$IMAGE:$TAG"`}) || at.before(saved) {
		return fmt.Errorf("what is scanned is not what was built")
	}
	return nil
}

// checkScanFlags: findings of the declared severity and above end the job.
func checkScanFlags(c command, p *model.Pipeline) error {
	if p.Scanner == model.Grype {
		flags, operands, err := readFlags(c.Args[1:], map[string]bool{"--fail-on": true})
		if err != nil {
			return err
		}
		if !slices.Equal(operands, []string{"docker-archive:image.tar"}) || flags["--fail-on"] != string(p.FailOn) {
			return fmt.Errorf("want image.tar scanned with --fail-on %s", p.FailOn)
		}
		return nil
	}
	flags, operands, err := readFlags(c.Args[1:], map[string]bool{"--input": true, "--scanners": true, "--severity": true, "--exit-code": true})
	if err != nil {
		return err
	}
	scanners, severities := strings.Split(flags["--scanners"], ","), strings.Split(flags["--severity"], ",")
	if !slices.Equal(operands, []string{"image"}) || flags["--input"] != "image.tar" || flags["--exit-code"] != "1" || !slices.Contains(scanners, "vuln") {
		return fmt.Errorf("want image.tar scanned for vulnerabilities with exit code 1")
	}
	for _, s := range []model.Severity{model.SeverityCritical, model.SeverityHigh, model.SeverityMedium} {
		if !slices.Contains(severities, strings.ToUpper(string(s))) {
			return fmt.Errorf("severity %s passes", s)
		}
		if s == p.FailOn {
			break
		}
	}
	return nil
}

func checkSBOM(build, publish *workflowJob, scanner model.Scanner) error {
	words := []string{tool("trivy"), "image", "--input", "image.tar", "--format", "cyclonedx", "--output", "sbom.cdx.json"}
	if scanner == model.Grype {
		words = []string{tool("syft"), "scan", "docker-archive:image.tar", "--output", "cyclonedx-json=sbom.cdx.json"}
	}
	at, c, err := build.find(words...)
	if err != nil {
		return err
	}
	if len(c.Args) != len(words) || build.Steps[at.step].Dir != runnerTemp {
		return fmt.Errorf("step %q: want the bill of materials of image.tar", build.Steps[at.step].Name)
	}
	if err := build.plain(at, c); err != nil {
		return err
	}
	at, c, err = publish.find(tool("cosign"), "attest")
	if err != nil {
		return err
	}
	if !slices.Equal(c.Args[2:], []string{"--yes", "--type", "cyclonedx", "--predicate", "sbom.cdx.json", `"$IMAGE@$DIGEST"`}) {
		return fmt.Errorf("step %q: want sbom.cdx.json attested for the pushed digest", publish.Steps[at.step].Name)
	}
	return checkAfterPush(publish, at, c)
}

func checkSigning(publish *workflowJob) error {
	at, c, err := publish.find(tool("cosign"), "sign")
	if err != nil {
		return err
	}
	// No key, no other log, no other certificate authority: the identity is the job's.
	if !slices.Equal(c.Args[2:], []string{"--yes", `"$IMAGE@$DIGEST"`}) {
		return fmt.Errorf("step %q: want the pushed digest signed with the job's identity", publish.Steps[at.step].Name)
	}
	return checkAfterPush(publish, at, c)
}

func checkAfterPush(publish *workflowJob, at place, c command) error {
	if err := publish.plain(at, c); err != nil {
		return err
	}
	// The digest that is signed is what the registry answered to this push, and nothing else.
	const wantPush = `docker load --input image.tar
docker push "$IMAGE:$TAG"
digest=$(docker inspect --type image --format '{{json .RepoDigests}}' "$IMAGE:$TAG" | jq --exit-status --raw-output --arg image "$IMAGE" '.[] | select(startswith($image + "@")) | ltrimstr($image + "@")')
printf 'digest=%s\n' "$digest" >> "$GITHUB_OUTPUT"
`
	pushed, _, err := publish.find("docker", "push")
	if err != nil {
		return err
	}
	s := publish.Steps[pushed.step]
	if s.ID != "push" || s.If != "" || s.Dir != runnerTemp || s.Run != wantPush || at.before(pushed) {
		return fmt.Errorf("step %q: want the handed-over image pushed, and its digest recorded, before it is signed", s.Name)
	}
	if signed := publish.Steps[at.step]; signed.Dir != runnerTemp || signed.Env["DIGEST"] == "" || signed.Env["IMAGE"] == "" {
		return fmt.Errorf("step %q: want the digest of the push", signed.Name)
	}
	return nil
}

// checkCredentials: no stored secret is read (readWorkflow refuses the expressions), and only the publishing job may
// ask for an identity.
func checkCredentials(flow *workflow) error {
	if !granted(flow.Permissions, map[string]string{}) {
		return fmt.Errorf("permissions: want none at the top, so that each job states its own")
	}
	return checkSources(flow)
}

// verify judges the workflow that proves the tree.
func (w *workflowProof) verify() {
	flow := w.read(model.TreeVerified)
	if flow == nil {
		return
	}
	w.outcome(model.TreeVerified, "jobs.verify", w.checkTreeVerified(flow))
}

func (w *workflowProof) checkTreeVerified(flow *workflow) error {
	job := flow.Jobs["verify"]
	if flow.On.PullRequest == nil || flow.On.Call != nil || job == nil || len(flow.Jobs) != 1 {
		return fmt.Errorf("want one job, verify, that runs on every pull request")
	}
	if job.If != "" || job.Needs != "" || !granted(flow.Permissions, map[string]string{}) || !granted(job.Permissions, map[string]string{"contents": "read"}) {
		return fmt.Errorf("want a job that always runs and may only read")
	}
	for _, s := range job.Steps {
		if s.If != "" {
			return fmt.Errorf("step %q may be skipped", s.Name)
		}
	}
	if err := firstError(checkSources(flow), checkCheckout(job), checkPrograms(job, "gitleaks", "bartizan"), checkSecretScan(job)); err != nil {
		return err
	}
	inputs, env := w.inputs()
	workflow := "bartizan-verify.yaml"
	if e := w.Spec.Inputs.Environment(); e != "" {
		workflow = "bartizan-verify-" + e + ".yaml"
	}
	for _, want := range [][]string{
		append([]string{tool("bartizan"), "generate", `"source/$SPEC"`, "-o", `"source/$TREE"`, "--check"}, inputs...),
		append([]string{tool("bartizan"), "verify", `"source/$TREE"`, "--spec", `"source/$SPEC"`}, inputs...),
		append([]string{tool("bartizan"), "threatmodel", `"source/$SPEC"`}, inputs...),
		{"cmp", `"source/$TREE/` + path.Join(path.Dir(w.path), "build.yaml") + `"`, "source/.github/workflows/bartizan-build.yaml"},
		{"cmp", `"source/$TREE/` + w.path + `"`, "source/.github/workflows/" + workflow},
	} {
		at, c, err := job.find(want...)
		if err != nil {
			return err
		}
		if len(c.Args) != len(want) {
			return fmt.Errorf("step %q: want %q and no more", job.Steps[at.step].Name, strings.Join(want, " "))
		}
		for name, value := range env {
			if want[0] != "cmp" && job.Steps[at.step].Env[name] != value {
				return fmt.Errorf("step %q: want %s=%q, which is what this tree was generated with", job.Steps[at.step].Name, name, value)
			}
		}
		if err := job.plain(at, c); err != nil {
			return err
		}
	}
	return nil
}

// inputs are the arguments by which the workflow must choose the variables of this tree, and the environment of the step
// that carries their values.
func (w *workflowProof) inputs() (arguments []string, env map[string]string) {
	env = map[string]string{}
	for i, file := range w.Spec.Inputs.VarFiles {
		name := fmt.Sprintf("VAR_FILE_%d", i+1)
		arguments = append(arguments, "--var-file", `"source/$SPEC/$`+name+`"`)
		env[name] = file
	}
	for i, v := range w.Spec.Inputs.Vars {
		name := fmt.Sprintf("VAR_%d", i+1)
		arguments = append(arguments, "--var", `"`+v.Name+"=$"+name+`"`)
		env[name] = v.Text
	}
	return arguments, env
}
