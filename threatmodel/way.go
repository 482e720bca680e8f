package threatmodel

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// Way is what a variant is about, whatever the names in a specification are: from where it leads where, and what stops it.
type Way struct {
	Premises []string     `json:"premises"`         // what the attacker must hold, all of it: "Code runs in a workload"
	To       string       `json:"to,omitempty"`     // what he holds then; empty where a control is undone
	Undoes   bool         `json:"undoes,omitempty"` // brings a control down; which ones, the variant lists
	Blockers []WayBlocker `json:"blockers"`         // each alone prevents it
}

// WayBlocker is a control that prevents a way.
type WayBlocker struct {
	Control model.ControlID `json:"control"`
	Of      string          `json:"of"` // what it is a control of: "workload", "namespace", "cluster"
}

// Ways returns the ways of the variant of each step, each once, in the order in which the catalogue finds them. They are
// read off graphs of specifications with one thing of every kind, so they are what the analysis uses and no second list.
func Ways() map[*Variant][]Way {
	ways := map[*Variant][]Way{}
	seen := map[*Variant]map[string]bool{}
	for _, s := range specimens() {
		g := Build(s.spec)
		words := placeless(s.spec)
		for _, e := range g.Edges {
			w := Way{Undoes: e.Undoes != nil, Blockers: []WayBlocker{}}
			for _, p := range e.Premises {
				w.Premises = append(w.Premises, words.Replace(p.Title))
			}
			if e.To != nil {
				w.To = words.Replace(e.To.Title)
			}
			for _, h := range e.Blockers {
				b := WayBlocker{h.Control, strings.ReplaceAll(h.Subject.Kind(), "_", " ")}
				if !slices.Contains(w.Blockers, b) {
					w.Blockers = append(w.Blockers, b)
				}
			}
			key := w.String()
			if seen[e.Variant] == nil {
				seen[e.Variant] = map[string]bool{}
			}
			if !seen[e.Variant][key] {
				seen[e.Variant][key] = true
				ways[e.Variant] = append(ways[e.Variant], w)
			}
		}
	}
	return ways
}

// String is "A + B → C; blocked by x of the workload, y of the namespace".
func (w Way) String() string {
	text := strings.Join(w.Premises, " + ") + " → "
	if w.Undoes {
		text += "a control is down"
	} else {
		text += w.To
	}
	for i, b := range w.Blockers {
		if i == 0 {
			text += "; blocked by "
		} else {
			text += ", "
		}
		text += string(b.Control) + " of the " + b.Of
	}
	return text
}

// placeless replaces the names of a specification's things by the word for their kind, in titles of positions.
func placeless(s *model.Spec) *strings.Replacer {
	type named struct{ with, without string }
	var all []named
	add := func(word, name string) {
		article := "a "
		if strings.ContainsRune("aeiou", rune(word[0])) {
			article = "an "
		}
		all = append(all, named{word + " " + name, article + word}, named{title(word) + " " + name, title(article + word)})
	}
	for _, c := range s.Clusters {
		add("cluster", c.Name)
		for _, p := range c.NodePools {
			add("pool", p.Name)
		}
		for _, n := range c.Namespaces {
			add("namespace", n.Name)
			for _, w := range n.Workloads {
				add("workload", name(w))
				for _, x := range w.Containers {
					add("container", x.Name)
				}
			}
		}
	}
	for _, x := range s.Teams {
		add("team", x.Name)
	}
	for _, x := range s.Zones {
		add("zone", x.Name)
	}
	for _, x := range s.VPNs {
		add("VPN", x.Name)
		for _, d := range x.Devices {
			add("device", d.Name)
		}
	}
	for _, x := range s.JumpBoxes {
		add("jump box", x.Name)
	}
	for _, x := range s.Registries {
		add("registry", x.Name)
	}
	for _, x := range s.Repositories {
		add("repository", x.Name)
	}
	for _, x := range s.Pipelines {
		add("pipeline", x.Name)
	}
	for _, x := range s.GitOps {
		add("GitOps controller", x.Name)
	}
	for _, x := range s.Backups {
		add("backup", x.Name)
	}
	for _, x := range s.Gateways {
		add("gateway", x.Name)
	}
	for _, x := range s.ForeignClusters {
		add("foreign cluster", x.Name)
	}
	for _, x := range s.Assets {
		add("asset", x.Name)
	}
	// Longer names first: "foreign cluster legacy" before "cluster legacy", "workload shop/cart2" before "shop/cart".
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(len(b.with), len(a.with)) })
	var pairs []string
	for _, n := range all {
		pairs = append(pairs, n.with, n.without)
	}
	return strings.NewReplacer(pairs...)
}

func title(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
