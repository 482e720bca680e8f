package generate

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

var coverage = &Generator{
	Name: "coverage",
	Doc: `which requirement of which standard is met by which file

Written last, from the claims of all other generators and the catalogues of controls and standards. It claims nothing:
a claim is worth what "bartizan verify" finds in the bytes.`,
	Run: runCoverage,
}

// docsDir holds what people read.
const docsDir = "docs"

// coverageState is how far a requirement is met. The values are printed.
type coverageState string

const (
	inFiles       coverageState = "in files"
	partly        coverageState = "partly"
	stated        coverageState = "stated"
	notCovered    coverageState = "open"
	forPeople     coverageState = "for people"
	notApplicable coverageState = "not applicable"
)

type coveragePage struct {
	Controls []controlRow
	Sources  []coverageSource
	ByHand   *byHandPage
}

// controlRow is what one control holds for.
type controlRow struct {
	ID      model.ControlID
	Title   string
	Doc     string
	Kind    string // of its subjects, in words
	Held    []model.Address
	Missing []model.Address
	Path    string // of the first file that is claimed to give it, relative to docs/
	By      string // attested: who stated it
	state   coverageState
}

// Subjects says for whom the control holds in few words that do not change when a subject joins the others.
func (r controlRow) Subjects() string {
	switch {
	case len(r.Held) == 0:
		return "none"
	case len(r.Missing) == 0 && len(r.Held) == 1:
		return string(r.Held[0])
	case len(r.Missing) == 0:
		return "every " + r.Kind
	case len(r.Missing) <= len(r.Held):
		return "every " + r.Kind + " but " + joinAddresses(r.Missing)
	}
	return joinAddresses(r.Held)
}

// Lacking says for whom the control does not hold.
func (r controlRow) Lacking() string {
	if len(r.Held) == 0 && len(r.Missing) > 1 {
		return "every " + r.Kind
	}
	return joinAddresses(r.Missing)
}

type coverageSource struct {
	Name string
	Rows []coverageRow
}

type coverageRow struct {
	model.Standard
	State    coverageState
	Controls []model.ControlID
	path     string // of the first control's first file, relative to docs/
	place    string // in that file
	managed  bool   // every cluster's control plane belongs to somebody else
}

func runCoverage(p *Pass) error {
	page := &coveragePage{Controls: controlRows(p)}
	states, paths := map[model.ControlID]coverageState{}, map[model.ControlID]string{}
	for _, r := range page.Controls {
		states[r.ID], paths[r.ID] = r.state, r.Path
	}
	ours := map[model.Role]map[model.ControlID]string{model.RoleControlPlane: rolePaths(p, model.RoleControlPlane), model.RoleEtcd: rolePaths(p, model.RoleEtcd)}
	managed := !slices.ContainsFunc(p.Spec.Clusters, func(c *model.Cluster) bool { return c.Provisioner != model.Managed })
	for _, source := range model.StandardSources() {
		page.Sources = append(page.Sources, coverageSource{Name: source})
	}
	for _, s := range model.Standards {
		row := coverageRow{Standard: s, managed: managed}
		for _, c := range model.Controls {
			if slices.Contains(c.Standards, s.ID) {
				row.Controls = append(row.Controls, c.ID)
				if role := s.Note().Role; !s.Managed { // it is about the control plane: no worker's file shows it
					row.path = cmp.Or(row.path, ours[cmp.Or(role, model.RoleControlPlane)][c.ID])
				}
				row.path = cmp.Or(row.path, paths[c.ID])
			}
		}
		row.place = s.Note().Place
		for _, c := range p.Spec.Clusters {
			if external := s.Note().ExternalPlace; external != "" && c.ExternalEtcd() && strings.HasPrefix(row.path, "../"+ControlPlaneDir(c)+"/") {
				row.path, row.place = "../"+path.Join(ControlPlaneDir(c), "init.yaml"), external
			}
		}
		row.State = standardState(s, row.Controls, states, managed)
		last := &page.Sources[slices.IndexFunc(page.Sources, func(c coverageSource) bool { return c.Name == s.Source })]
		last.Rows = append(last.Rows, row)
	}
	p.Directory(Directory{Path: docsDir, Title: "Documents for people", Doc: docsDirDoc})
	if err := p.document("coverage.md", "Which requirement of which standard is met, by which file", page); err != nil {
		return err
	}
	var err error
	if page.ByHand, err = byHand(p, page); err != nil {
		return err
	}
	return p.document("by-hand.md", "What people must still do", page.ByHand)
}

// rolePaths returns, for each control of node pools, the first file that gives it to a pool with the role, relative to
// docs/.
func rolePaths(p *Pass, role model.Role) map[model.ControlID]string {
	paths := map[model.ControlID]string{}
	for _, c := range p.Claims {
		for _, cluster := range p.Spec.Clusters {
			for _, pool := range cluster.NodePools {
				path := "../" + c.Path
				if pool.Addr() == c.Subject && pool.Has(role) && (paths[c.Control] == "" || path < paths[c.Control]) {
					paths[c.Control] = path
				}
			}
		}
	}
	return paths
}

const docsDirDoc = "Start with `by-hand.md`: what no file can do. `coverage.md` is for auditors, `exceptions.md` and `review-calendar.md` for whoever " +
	"answers for the risk, `exercises/` for whoever is on call."

// document adds a Markdown file of docs/ from the template of the same name.
func (p *Pass) document(name, doc string, data any) error {
	text, err := templates.Render(strings.TrimSuffix(name, ".md")+".md.tmpl", data)
	if err != nil {
		return err
	}
	p.File(Artifact{Path: docsDir + "/" + name, Data: text, Doc: doc, Where: "people"})
	return nil
}

// standardState joins the states of the controls that a requirement needs.
func standardState(s model.Standard, controls []model.ControlID, states map[model.ControlID]coverageState, managed bool) coverageState {
	if managed && !s.Managed {
		return notApplicable
	}
	if len(controls) == 0 {
		if s.Automatable && s.Note().People == "" {
			return notCovered
		}
		return forPeople
	}
	var seen []coverageState
	for _, c := range controls {
		if st := states[c]; st != notApplicable && !slices.Contains(seen, st) {
			seen = append(seen, st)
		}
	}
	switch {
	case len(seen) == 0:
		return notApplicable
	case s.Note().Deviation != "" && slices.Contains(seen, inFiles):
		return partly
	case len(seen) == 1:
		return seen[0]
	case slices.Contains(seen, inFiles) && !slices.Contains(seen, partly) && !slices.Contains(seen, notCovered) && !slices.Contains(seen, forPeople):
		return inFiles // the rest is stated
	}
	return partly
}

// controlRows lists all controls with what is claimed and stated for them.
func controlRows(p *Pass) []controlRow {
	type held struct {
		paths map[model.Address]string
		by    map[model.Address]*model.Attestation
	}
	all := map[model.ControlID]held{}
	at := func(id model.ControlID) held {
		if _, ok := all[id]; !ok {
			all[id] = held{map[model.Address]string{}, map[model.Address]*model.Attestation{}}
		}
		return all[id]
	}
	for _, c := range p.Claims {
		h := at(c.Control)
		if old, ok := h.paths[c.Subject]; !ok || c.Path < old {
			h.paths[c.Subject] = c.Path
		}
	}
	for _, a := range p.Spec.Attestations {
		at(a.Control).by[a.Subject] = a
	}
	asks := newAsked(p.Spec)
	var rows []controlRow
	for _, c := range model.Controls {
		h := at(c.ID)
		row := controlRow{ID: c.ID, Title: c.Title, Doc: c.Doc, Kind: strings.ReplaceAll(c.Subject, "_", " ")}
		attestedOnly := len(h.paths) == 0
		for _, s := range subjects(p.Spec, c.Subject) {
			path, claimed := h.paths[s]
			a := h.by[s]
			switch {
			case claimed && row.Path == "":
				row.Path = "../" + path
				fallthrough
			case claimed:
				row.Held = append(row.Held, s)
			case a != nil:
				row.Held = append(row.Held, s)
				if row.By == "" {
					row.By = string(a.By.Addr())
				}
			case !asks.holds(c.ID, s):
			default:
				row.Missing = append(row.Missing, s)
			}
		}
		switch {
		case len(row.Held)+len(row.Missing) == 0:
			row.state = notApplicable
		case len(row.Held) == 0 && c.Attested:
			row.state = forPeople
		case len(row.Held) == 0:
			row.state = notCovered
		case len(row.Missing) > 0:
			row.state = partly
		case attestedOnly:
			row.state = stated
		default:
			row.state = inFiles
		}
		rows = append(rows, row)
	}
	return rows
}

// State returns how far the control holds.
func (r controlRow) State() coverageState { return r.state }

// subjects returns the addresses of all things of a kind, sorted as in the specification.
func subjects(s *model.Spec, kind string) []model.Address {
	var all []model.Address
	switch kind {
	case "vpn":
		all = addresses(s.VPNs)
	case "jump_box":
		all = addresses(s.JumpBoxes)
	case "team":
		all = addresses(s.Teams)
	case "registry":
		all = addresses(s.Registries)
	case "repository":
		all = addresses(s.Repositories)
	case "pipeline":
		all = addresses(s.Pipelines)
	case "gitops":
		all = addresses(s.GitOps)
	case "backup":
		all = addresses(s.Backups)
	case "gateway":
		all = addresses(s.Gateways)
	case "mesh":
		all = addresses(s.Meshes)
	case "cluster":
		all = addresses(s.Clusters)
	}
	for _, c := range s.Clusters {
		switch kind {
		case "node_pool":
			all = append(all, addresses(c.NodePools)...)
		case "namespace":
			all = append(all, addresses(c.Namespaces)...)
		case "workload":
			all = append(all, addresses(c.Workloads())...)
		}
	}
	return all
}

func addresses[T interface{ Addr() model.Address }](things []T) []model.Address {
	var all []model.Address
	for _, t := range things {
		all = append(all, t.Addr())
	}
	return all
}

func joinAddresses(all []model.Address) string {
	var b strings.Builder
	for i, a := range all {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(a))
	}
	return b.String()
}
