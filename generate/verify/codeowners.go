package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

var codeOwners = &Check{
	Name: "code-owners",
	Doc: `guarded files name the teams that must review them

Rule: the first line gives every file to the guarding teams and to nobody else; a later line, which overrides it, may
only give the workloads of a namespace to the team that owns the namespace. Source: GitHub, "About code owners" (the
last matching pattern takes precedence).`,
	Controls: []model.ControlID{model.CodeOwners},
	Run:      runCodeOwners,
}

func runCodeOwners(p *Pass) {
	guards := generate.GuardOwners(p.Spec)
	if len(guards) == 0 {
		return
	}
	data, ok := p.Files[generate.CodeOwnersFile]
	err := fmt.Errorf("%s is missing", generate.CodeOwnersFile)
	if ok {
		err = checkCodeOwners(string(data), guards, p.Spec)
	}
	for _, r := range generate.DeployedRepositories(p.Spec) {
		if err != nil {
			p.Find(Finding{Control: model.CodeOwners, Subject: r.Addr(), Path: generate.CodeOwnersFile, Message: err.Error()})
			continue
		}
		p.Prove(model.CodeOwners, r.Addr(), generate.CodeOwnersFile)
	}
}

func checkCodeOwners(text string, guards []string, spec *model.Spec) error {
	allowed := map[string]string{}
	for _, c := range spec.Clusters {
		for _, n := range c.Namespaces {
			if n.Owner != nil && n.Owner.CodeOwner != "" {
				allowed[generate.AppsPattern(n)] = n.Owner.CodeOwner
			}
		}
	}
	first := true
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0:
		case first:
			if owners := fields[1:]; fields[0] != "*" || !slices.Equal(owners, guards) {
				return fmt.Errorf("line %d: want every file to belong to %s and nobody else", i+1, strings.Join(guards, " "))
			}
			first = false
		case len(fields) != 2 || allowed[fields[0]] != fields[1]:
			return fmt.Errorf("line %d: %q takes files from their guards", i+1, strings.Join(fields, " "))
		}
	}
	if first {
		return fmt.Errorf("no file has an owner")
	}
	return nil
}
