package threatmodel

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// publishedPage prints the rows as docs/published-attacks.md.
func publishedPage(rows []*published, results map[string]*tried) []byte {
	var b bytes.Buffer
	expressed := slices.DeleteFunc(slices.Clone(rows), func(r *published) bool { return r.cannot != "" })
	rights := func(r *published) bool {
		return bytes.Contains(r.manifest, []byte("kind: RoleBinding")) || bytes.Contains(r.manifest, []byte("kind: ClusterRoleBinding"))
	}
	fmt.Fprintf(&b, `# Published attacks

What public sources say of weak manifests, and what the threat model says of equal ones. Each of the %d rows is a manifest
in our own words and a specification of the same workload, in [testdata](../threatmodel/testdata/published). The test
generates the tree of the specification, proves it from its bytes as `+"`bartizan verify`"+` does, and lets an attacker
start with code in the workload. It fails

- where the manifest and the generated objects differ in what is dangerous: host namespaces, paths and ports, root,
  privileges, capabilities, rights;
- where a variant of an [attack step](steps.md) does not open although the source says so: a miss;
- where a variant opens from the start that the row does not claim, or one that the source rules out: a false hit.

Each row is compared with its base, which has everything but the weakness. *Leads to* names what the attacker holds in the
end, of what the row asks about; *not to* what he must not hold. `+"`go test ./threatmodel -run PublishedAttacks -update`"+`
prints this page.
`, len(expressed))
	table := func(title string, keep func(*published) bool) {
		fmt.Fprintf(&b, "\n## %s\n\n| manifest, and its source | opens | stays shut | leads to | not to |\n|---|---|---|---|---|\n", title)
		for _, r := range expressed {
			if keep(r) {
				fmt.Fprintf(&b, "| [%s](../threatmodel/testdata/published/%s.txtar)%s<br>%s | %s | %s | %s | %s |\n", r.title, r.name, r.remark(), r.source, claims(r.opens), claims(r.closed), list(r.gives), list(r.keeps))
			}
		}
	}
	table("Pods", func(r *published) bool { return !rights(r) })
	table("Rights at the API", rights)
	b.WriteString("\n## What no specification says\n\nManifests that cannot be generated, because the language has no word for them or only a wider one.\n\n| manifest, and its source | why |\n|---|---|\n")
	for _, r := range rows {
		if r.cannot != "" {
			fmt.Fprintf(&b, "| [%s](../threatmodel/testdata/published/%s.txtar)<br>%s | %s |\n", r.title, r.name, r.source, r.cannot)
		}
	}
	fmt.Fprintf(&b, "\n%d variants of %d steps open in some row.\n", len(opened(results)), len(steps(opened(results))))
	return b.Bytes()
}

// remark says how the row's cluster differs from the others.
func (r *published) remark() string {
	text := ""
	if r.cluster != "" {
		text = ", in Kubernetes " + r.cluster
	}
	if len(r.without) == 0 {
		return text
	}
	text += ", in a cluster without `" + strings.Join(r.without, "` and `") + "`; with "
	if len(r.without) > 1 {
		text += "these"
	} else {
		text += "it"
	}
	if r.shut == nil {
		return text + ", nothing opens"
	}
	var shut []string
	for _, c := range r.shut {
		shut = append(shut, c.String())
	}
	return text + ", " + strings.Join(shut, " and ") + " stays shut"
}

func claims(all []claim) string {
	var texts []string
	for _, c := range all {
		texts = append(texts, fmt.Sprintf("%s: %s", c, strings.ReplaceAll(c.says, "|", `\|`)))
	}
	return strings.Join(texts, "<br>")
}

func list(ids []string) string {
	var texts []string
	for _, id := range ids {
		texts = append(texts, "`"+id+"`")
	}
	return strings.Join(texts, "<br>")
}

// opened are the variants that some row opens beyond its base.
func opened(results map[string]*tried) map[variantKey]bool {
	all := map[variantKey]bool{}
	for _, r := range results {
		base := results[r.row.base]
		if base == nil {
			continue
		}
		for _, k := range r.beyond(base, false) {
			all[k] = true
		}
	}
	return all
}

func steps(variants map[variantKey]bool) map[string]bool {
	all := map[string]bool{}
	for k := range variants {
		all[k.step] = true
	}
	return all
}
