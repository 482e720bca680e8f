package verify

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// workflow is the part of GitHub's workflow syntax that a proof understands. Decoding is strict: whatever else may
// stand in a workflow (continue-on-error, pull_request_target, a container, a matrix, another shell) is an error, and
// nothing is proved. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
type workflow struct {
	Name string `json:"name"`
	On   struct {
		Call *struct {
			Inputs  map[string]workflowInput     `json:"inputs"`
			Outputs map[string]map[string]string `json:"outputs"`
		} `json:"workflow_call"`
		PullRequest *struct{} `json:"pull_request"`
		Push        *struct {
			Branches []string `json:"branches"`
		} `json:"push"`
	} `json:"on"`
	Permissions *map[string]string `json:"permissions"`
	Concurrency struct {
		Group  string `json:"group"`
		Cancel bool   `json:"cancel-in-progress"`
	} `json:"concurrency"`
	Defaults struct {
		Run struct {
			Shell string `json:"shell"`
		} `json:"run"`
	} `json:"defaults"`
	Env  map[string]string       `json:"env"`
	Jobs map[string]*workflowJob `json:"jobs"`
}

type workflowInput struct {
	Description string `json:"description"`
	Type        string `json:"type"`
	Required    bool   `json:"required"`
	Default     string `json:"default"`
}

type workflowJob struct {
	Name        string             `json:"name"`
	RunsOn      string             `json:"runs-on"`
	Needs       string             `json:"needs"`
	If          string             `json:"if"`
	Timeout     int                `json:"timeout-minutes"`
	Permissions *map[string]string `json:"permissions"`
	Outputs     map[string]string  `json:"outputs"`
	Steps       []*workflowStep    `json:"steps"`
}

type workflowStep struct {
	Name string            `json:"name"`
	ID   string            `json:"id"`
	If   string            `json:"if"`
	Uses string            `json:"uses"`
	With map[string]string `json:"with"`
	Env  map[string]string `json:"env"`
	Dir  string            `json:"working-directory"`
	Run  string            `json:"run"`

	commands []command
}

// trustedActions are the only actions that may run: GitHub's own, by the commit of a release.
var trustedActions = map[string]string{
	"actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8":          "checkout", // v5.0.0
	"actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02":   "upload",   // v4.6.2
	"actions/download-artifact@d3f86a106a0bac45b974a628896c90dbdf5c8093": "download", // v4.3.0
}

// action returns what the step's action does: "checkout", "upload", "download", or "".
func (s *workflowStep) action() string { return trustedActions[s.Uses] }

var document = regexp.MustCompile(`(?m)^(---|\.\.\.)`)

// readWorkflow decodes a workflow and every script in it, and refuses what would make a later reading of its steps
// wrong: another shell, unknown actions, variables that programs read, expressions inside scripts, stored secrets.
func readWorkflow(data []byte) (*workflow, error) {
	if document.Match(data) {
		return nil, fmt.Errorf("a second YAML document")
	}
	w := &workflow{}
	if err := yaml.UnmarshalStrict(data, w); err != nil {
		return nil, fmt.Errorf("not a workflow that a proof understands: %w", oneLine(err))
	}
	if w.Defaults.Run.Shell != "bash" {
		return nil, fmt.Errorf("defaults.run.shell is %q, want bash, which stops at the first failure", w.Defaults.Run.Shell)
	}
	if err := checkExpressions(data); err != nil {
		return nil, err
	}
	if err := checkEnv("env", w.Env); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(w.Jobs)) {
		if w.Jobs[name] == nil {
			return nil, fmt.Errorf("jobs.%s is empty", name)
		}
		for i, s := range w.Jobs[name].Steps {
			place := fmt.Sprintf("jobs.%s.steps[%d]", name, i)
			if s == nil {
				return nil, fmt.Errorf("%s is empty", place)
			}
			if err := s.read(place); err != nil {
				return nil, fmt.Errorf("%s (%s): %w", place, s.Name, err)
			}
		}
	}
	return w, nil
}

func (s *workflowStep) read(place string) error {
	if err := checkEnv(place+".env", s.Env); err != nil {
		return err
	}
	if s.Dir != "" && s.Dir != runnerTemp {
		return fmt.Errorf("runs in %q", s.Dir)
	}
	if (s.Uses == "") == (s.Run == "") {
		return fmt.Errorf("want either an action or a script")
	}
	if s.Uses != "" {
		if s.action() == "" {
			return fmt.Errorf("action %s is not one of GitHub's own at a reviewed commit", s.Uses)
		}
		return nil
	}
	if strings.Contains(s.Run, "${{") {
		return fmt.Errorf("an expression inside a script lets its value run as code")
	}
	commands, err := readScript(s.Run)
	s.commands = commands
	return err
}

const runnerTemp = "${{ runner.temp }}"

// variables that a workflow may set, with the values that they may have; nil: any. Everything else that a program
// might read from its environment (PATH, TRIVY_…, COSIGN_…, GONOSUMDB, …) is refused.
var variables = map[string][]string{
	"GOPROXY":              {"https://proxy.golang.org"},
	"GOSUMDB":              {"sum.golang.org"},
	"GOTOOLCHAIN":          {"auto"},
	"GOBIN":                {runnerTemp + "/bin"},
	"GOEXPERIMENT":         {"jsonv2"},
	"GITLEAKS_CONFIG_TOML": {"[extend]\nuseDefault = true\n"},

	"IMAGE": {"${{ inputs.image }}"}, "TAG": {"${{ inputs.tag }}"}, "CONTEXT": {"${{ inputs.context }}"}, "FILE": {"${{ inputs.file }}"},
	"DIGEST":    {"${{ steps.push.outputs.digest }}"},
	"IMAGE_SUM": {"${{ needs.build.outputs.image }}"},
	"SBOM_SUM":  {"${{ needs.build.outputs.sbom }}"},
	"SPEC":      nil, "TREE": nil,

	"TOKEN": {"${{ github.token }}"}, "PROVIDER": nil, "AWS_ROLE_ARN": nil, "AWS_REGION": nil,
	"AWS_WEB_IDENTITY_TOKEN_FILE": {runnerTemp + "/identity"},
}

// inputVariable matches what carries the variables of a specification; the rule for the tree holds their values against
// those that it was generated with.
var inputVariable = regexp.MustCompile(`^VAR(_FILE)?_[1-9][0-9]*$`)

func checkEnv(place string, env map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if inputVariable.MatchString(name) {
			continue
		}
		allowed, known := variables[name]
		if !known || allowed != nil && !slices.Contains(allowed, env[name]) {
			return fmt.Errorf("%s.%s: variable %q changes how programs run", place, name, env[name])
		}
	}
	return nil
}

var (
	expression = regexp.MustCompile(`\$\{\{(.*?)\}\}`)
	// context is what an expression may read. Secrets are not among it.
	context = regexp.MustCompile(`^\s*(inputs\.[a-z]+|steps\.[a-z]+\.outputs\.[a-z]+|needs\.[a-z]+\.outputs\.[a-z]+|jobs\.[a-z]+\.outputs\.[a-z]+|runner\.temp|github\.(ref|repository|sha|token)|vars\.[A-Z0-9_]+( \|\| '[A-Za-z0-9_./-]+')?)\s*$`)
)

// checkExpressions refuses every expression that could read a stored secret. It reads decoded texts: in the bytes an
// expression may be folded over lines or written with escapes.
func checkExpressions(data []byte) error {
	var all any
	if err := yaml.Unmarshal(data, &all); err != nil {
		return oneLine(err)
	}
	return eachText(all, func(text string) error {
		found := expression.FindAllStringSubmatch(text, -1)
		if strings.Count(text, "${{") != len(found) {
			return fmt.Errorf("an expression that does not end on its line")
		}
		for _, e := range found {
			if !context.MatchString(e[1]) {
				return fmt.Errorf("expression ${{%s}} reads more than inputs and results", e[1])
			}
		}
		return nil
	})
}

// eachText calls f for every text of a decoded document, names of fields included, in order, until it returns an error.
func eachText(value any, f func(string) error) error {
	switch v := value.(type) {
	case string:
		return f(v)
	case []any:
		for _, e := range v {
			if err := eachText(e, f); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if err := f(k); err != nil {
				return err
			}
			if err := eachText(v[k], f); err != nil {
				return err
			}
		}
	}
	return nil
}

func oneLine(err error) error {
	return fmt.Errorf("%s", strings.Join(strings.Fields(err.Error()), " "))
}

// granted reports whether the permissions are written down and are exactly these.
func granted(p *map[string]string, want map[string]string) bool {
	return p != nil && maps.Equal(*p, want)
}
