package verify

import (
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func codeOwnersSpec() *model.Spec {
	security := &model.Team{Name: "security", CodeOwner: "@example/security"}
	shop := &model.Team{Name: "shop", CodeOwner: "@example/shop"}
	sre := &model.Team{Name: "sre", BreakGlass: &model.BreakGlass{Hours: 2, Approvers: []*model.Team{security}}}
	c := &model.Cluster{Name: "shop", Provisioner: model.Managed}
	c.Namespaces = []*model.Namespace{{Name: "edge", Cluster: c, Owner: sre}, {Name: "shop", Cluster: c, Owner: shop}}
	r := &model.Repository{Name: "platform"}
	return &model.Spec{
		Clusters: []*model.Cluster{c}, Teams: []*model.Team{security, shop, sre}, Repositories: []*model.Repository{r},
		GitOps: []*model.GitOps{{Name: "flux", Source: r}},
	}
}

const wantCodeOwners = `* @example/security
**/clusters/shop/manifests/namespaces/shop/apps/ @example/shop
`

func TestCodeOwnersMutationsAreFound(t *testing.T) {
	spec := codeOwnersSpec()
	checks := []*Check{codeOwners}
	holds := func(text string) *Result {
		return Run(spec, map[string][]byte{generate.CodeOwnersFile: []byte(text)}, checks)
	}
	if r := holds(wantCodeOwners); len(r.Proved) != 1 || len(r.Findings) > 0 {
		t.Errorf("the file that is wanted is not proved: %v", r.Findings)
	}
	for _, m := range [][2]string{
		{"* @example/security", "* @example/security @example/shop"},
		{"* @example/security", "* @example/shop"},
		{"* @example/security", "#* @example/security"},
		{"* @example/security", "/guard/ @example/security"},
		{"* @example/security\n", ""},
		{"/apps/ @example/shop", "/guard/ @example/shop"},
		{"/apps/ @example/shop", "/apps/ @example/shop\n* @example/shop"},
		{"/apps/ @example/shop", "/apps/"},
		{"/apps/ @example/shop", "/apps/ @example/shop\n**/platform/"},
		{"* @example", "^[Optional]\n* @example"},
	} {
		r := holds(strings.Replace(wantCodeOwners, m[0], m[1], 1))
		if len(r.Proved) > 0 || len(r.Findings) != 1 || r.Findings[0].Path != generate.CodeOwnersFile {
			t.Errorf("still proved with %q: %v", m[1], r.Findings)
		}
	}
	if r := Run(spec, nil, checks); len(r.Proved) > 0 || len(r.Findings) != 1 {
		t.Errorf("a missing file proves %v", r.Proved)
	}
}

func TestCodeOwnersAreWrittenAsWanted(t *testing.T) {
	i := slices.IndexFunc(generate.All, func(g *generate.Generator) bool { return g.Name == "code-owners" })
	set, err := generate.Run(codeOwnersSpec(), generate.All[i:i+1])
	if err != nil {
		t.Fatal(err)
	}
	_, got, _ := strings.Cut(string(set.Files()[generate.CodeOwnersFile]), "\n")
	if got != wantCodeOwners || len(set.Claims) != 1 {
		t.Errorf("got %q, claims %v", got, set.Claims)
	}
}
