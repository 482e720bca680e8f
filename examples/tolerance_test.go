package examples_test

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate/verify"
	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// outsider is a kind of attacker against whom a hardened specification is measured.
type outsider struct {
	title string
	is    func(id string) bool
}

// outsiders are anybody, whoever has taken what is published, and whoever has stolen one kind of credential.
var outsiders = []outsider{
	{"the internet", func(id string) bool { return id == "internet" }},
	{"a published workload", func(id string) bool { return strings.HasPrefix(id, "published") }},
	{"a stolen credential", func(id string) bool { return strings.HasPrefix(id, "stolen-") }},
}

// standing is how far outsiders are from what an example protects.
type standing struct {
	graph   *threatmodel.Graph
	posture model.Posture
	report  *threatmodel.Report
}

// stand analyses an example under its own files, and under what people attest as well if that is believed.
func stand(t *testing.T, spec *model.Spec, proved []model.Claim, believed bool) *standing {
	t.Helper()
	g := threatmodel.Build(spec)
	var from []string
	for _, p := range g.Profiles {
		if slices.ContainsFunc(outsiders, func(o outsider) bool { return o.is(p.ID) }) {
			from = append(from, p.ID)
		}
	}
	posture := model.NewPosture(proved, spec.Attestations)
	r, err := g.Analyse(posture, threatmodel.Options{From: from, TrustAttested: believed, Faults: 2})
	if err != nil {
		t.Fatal(err)
	}
	return &standing{g, posture, r}
}

// nearest is the least that outsiders of the kind need for the asset with the number; nil where there are none.
func (s *standing) nearest(o outsider, asset int) *threatmodel.Tolerance {
	var least *threatmodel.Tolerance
	for _, e := range s.report.Entries {
		if t := &e.Assets[asset].Tolerance; o.is(e.Profile.ID) && (least == nil || t.Below(*least)) {
			least = t
		}
	}
	return least
}

// single is a fault that opens an asset by itself.
type single struct {
	cause  *threatmodel.Cause
	assets []string // titles of what it opens
	to     []string // titles of the outsiders
}

// singles lists what opens something by itself, sorted by id.
func (s *standing) singles() []*single {
	byID := map[string]*single{}
	for _, e := range s.report.Entries {
		for _, a := range e.Assets {
			for _, c := range a.Single {
				x := cmp.Or(byID[c.ID], &single{cause: c})
				byID[c.ID] = x
				for _, o := range outsiders {
					if o.is(e.Profile.ID) {
						x.to = add(x.to, o.title)
					}
				}
				x.assets = add(x.assets, s.graph.Position(a.Asset).Title)
			}
		}
	}
	var all []*single
	for _, x := range byID {
		slices.Sort(x.assets)
		all = append(all, x)
	}
	slices.SortFunc(all, func(a, b *single) int { return strings.Compare(a.cause.ID, b.cause.ID) })
	return all
}

// why says which steps take the fault, and why no control that a file proves stops them.
func (s *standing) why(c *threatmodel.Cause) (steps, reason string) {
	var ids, reasons, missing []string
	for _, e := range s.graph.Edges {
		if e.Atom == nil || e.Atom.ID != c.ID || slices.ContainsFunc(e.Blockers, func(h model.Hold) bool { return s.posture[h].State == model.Proved }) {
			continue
		}
		ids = add(ids, fmt.Sprintf("[%s](steps.md)", e.Step.ID))
		if len(e.Blockers) == 0 {
			reasons = add(reasons, e.Variant.Remains)
		}
		for _, h := range e.Blockers {
			missing = add(missing, fmt.Sprintf("[`%s`](controls.md#%s)", h.Control, h.Control))
		}
	}
	if missing != nil {
		reasons = append(reasons, "Not proved: "+strings.Join(missing, ", ")+".")
	}
	return strings.Join(ids, ", "), strings.Join(reasons, " ")
}

// add appends a text that is not yet in the list.
func add(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

const tolerancePage = "../docs/fault-tolerance.md"

// The goal of the whole design: what opens a cluster takes two faults, for everybody who does not stand inside. Attestations
// are believed, because no file says whether one person alone may merge. The page says how far that holds for everything else.
func TestNoSingleFaultOpensAHardenedCluster(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(`# Fault tolerance of the examples

How many faults must coincide before somebody from outside holds what an example protects: a file that is wrong or missing
(F), an unknown vulnerability (V), a theft or an insider's act (T), outside the [trusted base](words.md). The number before
the stroke counts what files prove, and nothing else. Behind it what people [attest](controls.md) is believed too, such as that nobody merges
alone; where one number stands, both are the same. Sets of two faults are searched to the end, so "≥ 3" means that none was found.

*A published workload* is code that already runs there: the exploit is given. *A stolen credential* is that of whichever
person helps most: a password, a kubeconfig file, or the keys of VPN and SSH. Of several attackers of a kind the nearest
counts. Below each table stands every fault that is enough by itself, and why nothing stops it.

` + "`go test ./examples -run SingleFault -update`" + ` prints this page; the test fails if with attestations one fault opens a cluster
of an example other than ` + "`minimal`" + `, which has one person with one device. ` + "`estate`" + ` is left out for its size.
`)
	for _, name := range examples {
		spec := load(t, name)
		proved := verify.Run(spec, tree(t, name), verify.All).Proved
		alone, believed := stand(t, spec, proved, false), stand(t, spec, proved, true)
		fmt.Fprintf(&page, "\n## %s\n\n| asset |", name)
		for _, o := range outsiders {
			fmt.Fprintf(&page, " %s |", o.title)
		}
		fmt.Fprintf(&page, "\n|---|%s\n", strings.Repeat("---|", len(outsiders)))
		for i, id := range alone.report.Assets {
			p := alone.graph.Position(id)
			fmt.Fprintf(&page, "| %s |", p.Title)
			for _, o := range outsiders {
				a, b := alone.nearest(o, i), believed.nearest(o, i)
				switch {
				case a == nil:
					page.WriteString(" none |")
				case a.String() == b.String():
					fmt.Fprintf(&page, " %s |", a)
				default:
					fmt.Fprintf(&page, " %s / %s |", a, b)
				}
				if name != "minimal" && strings.HasPrefix(id, "cluster.") && b != nil && !b.AtLeast(2) {
					t.Errorf("%s: %s reaches %s by one fault: %s", name, o.title, id, b)
				}
			}
			page.WriteString("\n")
		}
		page.WriteString("\n| a fault that is enough | opens | to | with attestations | taken by | why nothing stops it |\n|---|---|---|---|---|---|\n")
		remains := believed.singles()
		for _, x := range alone.singles() {
			still := "it is not enough"
			for _, y := range remains {
				if y.cause.ID == x.cause.ID {
					still = "opens " + strings.Join(y.assets, "; ")
					if slices.Equal(x.assets, y.assets) {
						still = "the same"
					}
				}
			}
			steps, reason := alone.why(x.cause)
			fmt.Fprintf(&page, "| %s (%s) | %s | %s | %s | %s | %s |\n", x.cause.Title, x.cause.Class, strings.Join(x.assets, "; "), strings.Join(x.to, "; "), still, steps, reason)
		}
	}
	if *update {
		if err := os.WriteFile(tolerancePage, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(tolerancePage)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, page.Bytes()) {
		t.Errorf("docs/fault-tolerance.md says something else: %s", firstDifference(string(committed), page.String()))
	}
}
