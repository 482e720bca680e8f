package verify

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

var pipelineCI = &Check{
	Name: "pipeline-ci",
	Doc: `the pipeline scans, signs and verifies

Rule: the job that builds holds no identity, reads the source without keeping credentials, searches its history for
secrets and scans the image before it hands over exactly those bytes; the job that publishes holds a short-lived
identity and runs no source; nothing in between can fail unnoticed. Every step, command, flag, variable and expression
must be one that the check understands; anything else, such as continue-on-error, a further action or "|| true",
un-proves the file. Sources: NIST SP 800-190, 4.1; GitHub, "Security hardening for GitHub Actions"; cosign and trivy
documentation.`,
	Controls: []model.ControlID{
		model.ImageScan, model.SBOM, model.ImageSigning, model.SecretScan, model.TreeVerified, model.CIShortCredentials,
	},
	Run: runPipelineCI,
}

func runPipelineCI(p *Pass) {
	for _, pl := range p.Spec.Pipelines {
		if pl.Kind != model.GitHubActions {
			continue
		}
		dir := path.Join("pipeline", pl.Name)
		(&workflowProof{Pass: p, pipeline: pl, path: path.Join(dir, "build.yaml")}).build()
		(&workflowProof{Pass: p, pipeline: pl, path: path.Join(dir, "verify.yaml")}).verify()
	}
}

// workflowProof judges one workflow file of one pipeline.
type workflowProof struct {
	*Pass
	pipeline *model.Pipeline
	path     string
}

func (w *workflowProof) find(control model.ControlID, object, format string, args ...any) {
	w.Find(Finding{Control: control, Subject: w.pipeline.Addr(), Path: w.path, Object: object, Message: fmt.Sprintf(format, args...)})
}

// read decodes the file; a file that is not understood proves none of the controls.
func (w *workflowProof) read(controls ...model.ControlID) *workflow {
	data, ok := w.Files[w.path]
	if !ok {
		for _, c := range controls {
			w.Find(Finding{Control: c, Subject: w.pipeline.Addr(), Message: w.path + " is missing"})
		}
		return nil
	}
	flow, err := readWorkflow(data)
	if err != nil {
		for _, c := range controls {
			w.find(c, "", "%s", err)
		}
		return nil
	}
	return flow
}

// outcome proves the control if the rule found nothing wrong.
func (w *workflowProof) outcome(control model.ControlID, object string, problem error) {
	if problem != nil {
		w.find(control, object, "%s", problem)
		return
	}
	w.Prove(control, w.pipeline.Addr(), w.path)
}

func (w *workflowProof) build() {
	controls := []model.ControlID{model.ImageScan, model.SBOM, model.ImageSigning, model.SecretScan, model.CIShortCredentials}
	flow := w.read(controls...)
	if flow == nil {
		return
	}
	build, publish := flow.Jobs["build"], flow.Jobs["publish"]
	if build == nil || publish == nil || len(flow.Jobs) != 2 || flow.On.Call == nil || flow.On.PullRequest != nil || flow.On.Push != nil {
		for _, c := range controls {
			w.find(c, "jobs", "want a called workflow with exactly the jobs build and publish")
		}
		return
	}
	// What does not hold for the whole file makes each of its steps worthless.
	if err := firstError(
		checkBuildJob(build),
		checkPublishJob(publish),
		checkHandOver(build, publish),
	); err != nil {
		for _, c := range controls {
			w.find(c, "jobs", "%s", err)
		}
		return
	}
	w.outcome(model.SecretScan, "jobs.build", checkSecretScan(build))
	if w.pipeline.FailOn != model.SeverityCritical { // high findings pass: not claimed
		w.outcome(model.ImageScan, "jobs.build", checkScan(build, w.pipeline))
	}
	w.outcome(model.SBOM, "jobs", checkSBOM(build, publish, w.pipeline.Scanner))
	w.outcome(model.ImageSigning, "jobs.publish", checkSigning(publish))
	w.outcome(model.CIShortCredentials, "jobs", checkCredentials(flow))
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// place is where a command stands: the index of the step, then of the command in its script.
type place struct{ step, command int }

func (p place) before(q place) bool {
	return p.step < q.step || p.step == q.step && p.command < q.command
}

// find returns the only command of the job that starts with the words.
func (j *workflowJob) find(words ...string) (place, command, error) {
	var at []place
	var found command
	for i, s := range j.Steps {
		for k, c := range s.commands {
			if len(c.Args) >= len(words) && slices.Equal(c.Args[:len(words)], words) {
				at = append(at, place{i, k})
				found = c
			}
		}
	}
	if len(at) != 1 {
		return place{}, command{}, fmt.Errorf("%q runs %d times, want once", strings.Join(words, " "), len(at))
	}
	return at[0], found, nil
}

// plain reports an error unless the command's exit status ends the job and nothing conditions it.
func (j *workflowJob) plain(at place, c command) error {
	s := j.Steps[at.step]
	if c.Pipe || len(c.Output) > 0 || s.If != "" {
		return fmt.Errorf("step %q: the command may be skipped, or its failure or output may be lost", s.Name)
	}
	return nil
}

// programs that may run in the jobs besides the tools that are installed.
var programs = []string{"docker", "go", "aws", "sha256sum", "printf", "test", "jq", "sed", "echo", "curl", "cmp"}

// outputs are the only files that a script may write by redirection. The image and what was installed are not among
// them.
var outputs = []string{`"$GITHUB_OUTPUT"`, "images.bartizan.json", "identity", "&2"}

// dockerFlags are the flags that each command of docker may have; none of them runs a container or writes elsewhere.
var dockerFlags = map[string]map[string]bool{
	"build":   {"--pull": false, "--tag": true, "--file": true},
	"save":    {"--output": true},
	"load":    {"--input": true},
	"push":    {},
	"inspect": {"--type": true, "--format": true},
	"login":   {"--username": true, "--password-stdin": false},
}

// toolUses is how often a job runs a tool.
var toolUses = map[string]int{"gitleaks": 1, "grype": 1, "syft": 1, "trivy": 2, "cosign": 2, "bartizan": 3}

var install = regexp.MustCompile(`^(github\.com/[A-Za-z0-9./_-]+)@v[0-9]+\.[0-9]+\.[0-9]+$`)

// toolModules are the modules that the tools are built from.
var toolModules = map[string]string{
	"gitleaks": "github.com/zricethezav/gitleaks/v8",
	"trivy":    "github.com/aquasecurity/trivy/cmd/trivy",
	"grype":    "github.com/anchore/grype/cmd/grype",
	"syft":     "github.com/anchore/syft/cmd/syft",
	"cosign":   "github.com/sigstore/cosign/v2/cmd/cosign",
	"bartizan": "github.com/bartizan-dev/bartizan/cmd/bartizan",
}

func tool(name string) string { return `"$RUNNER_TEMP/bin/` + name + `"` }

// checkPrograms refuses every program that the check does not know, and every tool that was not installed before at
// an exact version.
func checkPrograms(job *workflowJob, tools ...string) error {
	installed, uses := map[string]bool{}, map[string]int{}
	for _, s := range job.Steps {
		for _, c := range s.commands {
			if err := checkProgram(s, c, tools, installed); err != nil {
				return fmt.Errorf("step %q: %w", s.Name, err)
			}
			uses[c.Args[0]]++
		}
	}
	// Each use is judged by one of the rules; a further one could write over what they judged.
	for _, t := range tools {
		if uses[tool(t)] > toolUses[t] {
			return fmt.Errorf("%s runs %d times", t, uses[tool(t)])
		}
	}
	return nil
}

func checkProgram(s *workflowStep, c command, tools []string, installed map[string]bool) error {
	name := c.Args[0]
	for _, t := range tools {
		if name == tool(t) {
			if !installed[t] {
				return fmt.Errorf("%s is used before it is installed", t)
			}
			return nil
		}
	}
	if !slices.Contains(programs, name) {
		return fmt.Errorf("program %s is not one that the check knows", name)
	}
	for _, o := range c.Output {
		if !slices.Contains(outputs, o) {
			return fmt.Errorf("%s writes %s", name, o)
		}
	}
	switch name {
	case "docker":
		return checkDocker(c)
	case "go":
		m := install.FindStringSubmatch(c.Args[len(c.Args)-1])
		if len(c.Args) != 3 || m == nil || s.Env["GOBIN"] == "" || s.Dir != runnerTemp || s.If != "" {
			return fmt.Errorf("want go install of one module at an exact version, outside the source")
		}
		for _, t := range tools {
			if toolModules[t] == m[1] {
				installed[t] = true
				return nil
			}
		}
		return fmt.Errorf("module %s is not one of %s", m[1], strings.Join(tools, ", "))
	case "sed":
		if len(c.Args) != 2 || c.Args[1] != "s|[/:]|-|g" {
			return fmt.Errorf("a sed script may write files and run programs")
		}
	case "curl":
		_, _, err := readFlags(c.Args[1:], map[string]bool{
			"--fail": false, "--silent": false, "--show-error": false, "--get": false,
			"--header": true, "--data": true, "--data-urlencode": true,
		})
		return err
	case "aws":
		if !slices.Equal(c.Args, []string{"aws", "ecr", "get-login-password"}) {
			return fmt.Errorf("want aws ecr get-login-password and no more")
		}
	}
	return nil
}

func checkDocker(c command) error {
	if len(c.Args) < 2 || dockerFlags[c.Args[1]] == nil {
		return fmt.Errorf("docker may build, save, load, push, inspect and log in")
	}
	if _, _, err := readFlags(c.Args[2:], dockerFlags[c.Args[1]]); err != nil {
		return fmt.Errorf("docker %s: %w", c.Args[1], err)
	}
	return nil
}

// checkSources wants the module proxy and the checksum database, without which a version says nothing.
func checkSources(flow *workflow) error {
	for _, name := range []string{"GOPROXY", "GOSUMDB"} {
		if flow.Env[name] == "" {
			return fmt.Errorf("env.%s is not set", name)
		}
	}
	return nil
}
