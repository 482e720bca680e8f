package generate

import (
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

var codeOwners = &Generator{
	Name: "code-owners",
	Doc: `name the teams that must review a change

Everything belongs to the teams that approve emergency access; only the workloads of a namespace belong to the team that
owns it. The file is written when a guarding team has a name at the Git host.`,
	Controls: []model.ControlID{model.CodeOwners},
	Run:      runCodeOwners,
}

// CodeOwnersFile is where Git hosts look for owners, at the root of the tree.
const CodeOwnersFile = "CODEOWNERS"

func runCodeOwners(p *Pass) error {
	guards := GuardOwners(p.Spec)
	if len(guards) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString("# Who must approve a change. The last matching line decides. Move this file to the root of the repository or to .github/.\n")
	b.WriteString("* " + strings.Join(guards, " ") + "\n")
	for _, c := range p.Spec.Clusters {
		for _, n := range c.Namespaces {
			if n.Owner != nil && n.Owner.CodeOwner != "" {
				b.WriteString(AppsPattern(n) + " " + n.Owner.CodeOwner + "\n")
			}
		}
	}
	p.File(Artifact{
		Path: CodeOwnersFile, Data: []byte(b.String()),
		Doc: "Teams that must approve a change of a file", Where: "repository of this tree, in .github or at its root",
	})
	for _, r := range DeployedRepositories(p.Spec) {
		p.Claim(model.CodeOwners, r.Addr(), CodeOwnersFile)
	}
	return nil
}

// GuardOwners returns the names at the Git host of the teams that approve emergency access, sorted: whoever may let
// others past the guards also approves a change of the guards.
func GuardOwners(s *model.Spec) []string {
	var owners []string
	for _, t := range s.Teams {
		if t.BreakGlass == nil {
			continue
		}
		for _, a := range t.BreakGlass.Approvers {
			if a.CodeOwner != "" {
				owners = append(owners, a.CodeOwner)
			}
		}
	}
	slices.Sort(owners)
	return slices.Compact(owners)
}

// AppsPattern matches the workloads of a namespace, wherever in the repository the tree stands.
func AppsPattern(n *model.Namespace) string {
	return "**/" + path.Join(ManifestsDir(n.Cluster), "namespaces", n.Name, "apps") + "/"
}

// DeployedRepositories returns the repositories that a GitOps controller applies, each once, sorted by name.
func DeployedRepositories(s *model.Spec) []*model.Repository {
	var repositories []*model.Repository
	for _, g := range s.GitOps {
		if g.Source != nil && !slices.Contains(repositories, g.Source) {
			repositories = append(repositories, g.Source)
		}
	}
	slices.SortFunc(repositories, func(a, b *model.Repository) int { return strings.Compare(a.Name, b.Name) })
	return repositories
}
