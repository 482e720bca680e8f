package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/threatmodel"
)

// Limits of an overview, so that it stays one sheet.
const (
	maxOverviewBoxes   = 25
	maxOverviewBlocked = 12 // blocked steps; the rest is counted in the subtitle
)

// Overview draws the whole system: every trust boundary, the steps that the report's outsiders can take today, those that
// take one unknown vulnerability or theft, and the first controls that stop them. The outsiders are the attackers whose
// profile is "internet" or a published workload; if the report has none of these, all its attackers.
func Overview(title string, r *threatmodel.Report) *Drawing {
	o := newOverview(r)
	entries := outsiders(r)
	for _, e := range entries {
		for _, id := range e.Start {
			o.mark(id, MarkEntry)
		}
	}
	open, blocked := o.collect(entries)
	d := &Drawing{Title: title}
	d.Lanes = o.lanes(append(slices.Clone(open), blocked...))
	shown := min(len(blocked), maxOverviewBlocked)
	for i, f := range append(open, blocked[:shown]...) {
		d.Step(f.box(i), f.from, f.to)
	}
	d.Subtitle = fmt.Sprintf("From %s. Effort-ranked; %d groups of steps are open, %d blocked groups are the nearest of %d.",
		attackers(entries), len(open), shown, len(blocked))
	d.Legend = d.marks()
	return d
}

func attackers(entries []*threatmodel.EntryReport) string {
	if len(entries) == 1 {
		return strings.ToLower(entries[0].Profile.Title[:1]) + entries[0].Profile.Title[1:]
	}
	return fmt.Sprintf("%d attackers: the internet and every published workload", len(entries))
}

func outsiders(r *threatmodel.Report) []*threatmodel.EntryReport {
	var out []*threatmodel.EntryReport
	for _, e := range r.Entries {
		if e.Profile.ID == "internet" || strings.HasPrefix(e.Profile.ID, "published-workload") {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return r.Entries
	}
	return out
}

// overview gathers positions into boxes and steps into families.
type overview struct {
	positions map[string]*threatmodel.Position
	marks     map[string]Mark     // of boxes
	titles    map[string]string   // of boxes
	laneOf    map[string]string   // lane title of boxes
	members   map[string][]string // positions of boxes
}

func newOverview(r *threatmodel.Report) *overview {
	o := &overview{
		positions: map[string]*threatmodel.Position{}, marks: map[string]Mark{}, titles: map[string]string{},
		laneOf: map[string]string{}, members: map[string][]string{},
	}
	for _, p := range r.Positions {
		o.positions[p.ID] = p
		id, title, lane := boxOf(p)
		o.titles[id], o.laneOf[id] = title, lane
		o.members[id] = append(o.members[id], p.ID)
		if p.Asset != "" && o.marks[id] == "" {
			o.marks[id] = MarkAsset
		}
	}
	return o
}

// mark gives the box of the position a mark, unless it has a stronger one.
func (o *overview) mark(position string, m Mark) {
	p := o.positions[position]
	if p == nil {
		return
	}
	id, _, _ := boxOf(p)
	if m == MarkHeld && p.Asset != "" {
		m = MarkLost
	}
	if strength(m) > strength(o.marks[id]) {
		o.marks[id] = m
	}
}

func strength(m Mark) int {
	return slices.Index([]Mark{MarkSafe, MarkAsset, MarkHeld, MarkLost, MarkEntry}, m)
}

// boxOf chooses the box of a position in an overview: one for each namespace, node pool, way in and store; assets have
// their own.
func boxOf(p *threatmodel.Position) (id, title, lane string) {
	name := func() string { return p.Address.Name() }
	switch {
	case p.Kind == threatmodel.KindNode && p.Group != "":
		return string(p.Group), "Pool " + p.Group.Name(), "Nodes"
	case p.Lane == threatmodel.LaneNodes:
		return p.Cluster + "/shared-nodes", "Shared nodes", "Nodes"
	case p.Lane == threatmodel.LanePeople:
		return "people", "People and devices", "Outside"
	case p.Lane == threatmodel.LaneOutside:
		if p.Kind == threatmodel.KindZone {
			return p.ID, p.Title, "Outside"
		}
		return "attacker-host", "The attacker's hosts", "Outside"
	case p.Lane == threatmodel.LaneWayIn:
		return string(p.Address), way(p.Address.Kind()) + " " + name(), "Way in"
	case p.Lane == threatmodel.LaneSupplyChain && p.Address == "":
		return "upstream", "Third-party sources", "Supply chain"
	case p.Lane == threatmodel.LaneSupplyChain && p.Address.Kind() == "registry":
		return "registries", "Registries", "Supply chain"
	case p.Lane == threatmodel.LaneSupplyChain:
		return string(p.Address), way(p.Address.Kind()) + " " + name(), "Supply chain"
	case p.Lane == threatmodel.LaneNamespaces && p.Group != "":
		return string(p.Group), "Namespace " + p.Group.Name(), "Namespaces"
	case p.Lane == threatmodel.LaneNamespaces:
		return p.Cluster + "/pod-network", "Pod network", "Namespaces"
	case p.Lane == threatmodel.LaneControlPlane && p.Address.Kind() == "gitops":
		return string(p.Address), "GitOps " + name(), "Control plane"
	case p.Asset != "":
		return p.ID, p.Title, "Assets"
	case p.Lane == threatmodel.LaneData:
		return p.Cluster + "/data", "Data at rest and in transit", "Assets"
	default:
		return p.Cluster + "/api", "API server", "Control plane"
	}
}

// way is how boxes call a kind of block.
func way(kind string) string {
	switch kind {
	case "vpn":
		return "VPN"
	case "jump_box":
		return "Jump box"
	}
	return strings.ToUpper(kind[:1]) + strings.ReplaceAll(kind[1:], "_", " ")
}

// family is all steps between the same boxes that have the same mark. The first, the cheapest, stands for them.
type family struct {
	from  []string
	to    string
	mark  Mark
	step  string
	title string
	lines []string
	more  int
	cost  int
}

func (f *family) box(i int) *Box {
	lines := f.lines
	if f.more > 0 {
		lines = append(slices.Clone(lines), fmt.Sprintf("and %d more", f.more))
	}
	return &Box{ID: fmt.Sprintf("step %d", i), Title: f.step + "  " + f.title, Lines: lines, Mark: f.mark}
}

// collect returns the families of open and of blocked steps, each cheapest first.
func (o *overview) collect(entries []*threatmodel.EntryReport) (open, blocked []*family) {
	opened, stopped := map[string]*family{}, map[string]*family{}
	for _, e := range entries {
		for _, asset := range e.Assets {
			for _, p := range asset.Paths {
				if asset.Verdict == threatmodel.Blocked {
					continue
				}
				for _, s := range p.Steps {
					f := &family{mark: MarkOpen, step: s.Step, title: shorten(s.Title), cost: s.Number}
					if s.Fault != nil {
						f.mark, f.lines = MarkFault, wrap(s.Fault.Title, lineWidth)
					}
					if asset.Verdict == threatmodel.OpenToday {
						o.mark(s.To, MarkHeld)
					}
					o.add(opened, f, s.Premises, s.To)
				}
			}
		}
		for _, b := range e.Blocked {
			if b.To == "" {
				continue
			}
			f := &family{mark: MarkBlocked, step: b.Step, title: shorten(b.Title), cost: b.Effort + 100*len(b.Faults), lines: stoppers(b.By)}
			o.add(stopped, f, b.Premises, b.To)
		}
	}
	for key, f := range stopped {
		if opened[key] == nil {
			blocked = append(blocked, f)
		}
	}
	for _, f := range opened {
		open = append(open, f)
	}
	order := func(a, b *family) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), slices.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.step, b.step))
	}
	slices.SortFunc(open, order)
	slices.SortFunc(blocked, order)
	return open, blocked
}

// add joins a step to its family. Steps inside one box are not drawn.
func (o *overview) add(families map[string]*family, f *family, premises []string, to string) {
	for _, id := range premises {
		if p := o.positions[id]; p != nil {
			box, _, _ := boxOf(p)
			if !slices.Contains(f.from, box) {
				f.from = append(f.from, box)
			}
		}
	}
	slices.Sort(f.from)
	p := o.positions[to]
	if p == nil || len(f.from) == 0 {
		return
	}
	f.to, _, _ = boxOf(p)
	if slices.Contains(f.from, f.to) {
		if len(f.from) == 1 {
			return
		}
		f.from = slices.DeleteFunc(f.from, func(id string) bool { return id == f.to })
	}
	key := strings.Join(f.from, "|") + ">" + f.to
	old := families[key]
	switch {
	case old == nil:
		families[key] = f
	case old.step == f.step && old.title == f.title:
	case f.cost < old.cost:
		f.more = old.more + 1
		families[key] = f
	default:
		old.more++
	}
}

// lanes builds the trust boundaries with the boxes that the families touch, and all that holds an asset.
func (o *overview) lanes(families []*family) []*Lane {
	used := map[string]bool{}
	for _, f := range families {
		used[f.to] = true
		for _, id := range f.from {
			used[id] = true
		}
	}
	for id, m := range o.marks {
		used[id] = used[id] || m != MarkSafe
	}
	inside := []string{"Namespaces", "Nodes", "Control plane", "Assets"}
	lanes := map[string]*Lane{}
	lane := func(title string) *Lane {
		if lanes[title] == nil {
			lanes[title] = &Lane{ID: title, Title: title}
		}
		return lanes[title]
	}
	var ids []string
	for id := range used {
		if o.titles[id] != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		m := cmp.Or(o.marks[id], MarkSafe)
		l := lane(o.laneOf[id])
		l.Boxes = append(l.Boxes, &Box{ID: id, Title: o.titles[id], Mark: m})
	}
	var out []*Lane
	for _, title := range []string{"Outside", "Way in", "Supply chain"} {
		if lanes[title] != nil {
			out = append(out, lanes[title])
		}
	}
	cluster := &Lane{ID: "Cluster", Title: "Cluster"}
	for _, title := range inside {
		if lanes[title] != nil {
			cluster.Lanes = append(cluster.Lanes, lanes[title])
		}
	}
	return append(out, cluster)
}

// stoppers are the lines of a blocked step: the first control that blocks it, and its file.
func stoppers(by []*threatmodel.Control) []string {
	if len(by) == 0 {
		return nil
	}
	first := by[0]
	for _, c := range by {
		if c.Path != "" {
			first = c
			break
		}
	}
	line := "blocked by " + string(first.ID)
	if len(by) > 1 {
		line += fmt.Sprintf(" and %d more", len(by)-1)
	}
	if first.Path == "" {
		return []string{line}
	}
	return []string{line, shortPath(first.Path)}
}

// shortPath drops the directories that every path of a cluster shares.
func shortPath(p string) string {
	parts := strings.Split(p, "/")
	if len(parts) > 2 && parts[0] == "clusters" {
		parts = parts[2:]
	}
	if len(parts) > 3 {
		return "…/" + path.Join(parts[len(parts)-3:]...)
	}
	return path.Join(parts...)
}
