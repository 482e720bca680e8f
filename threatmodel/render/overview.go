package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/threatmodel"
)

// maxOverviewBoxes is how many positions an overview shows at most.
const maxOverviewBoxes = 25

// budget is how many steps an overview shows, so that it stays one sheet. What is left out is counted in its subtitle.
type budget struct {
	open    int // on paths that no control blocks
	blocked int
}

// budgets are tried in this order until the drawing is narrow enough to be read.
var budgets = []budget{{12, 10}, {10, 8}, {8, 7}, {8, 5}, {6, 5}, {6, 3}, {4, 3}, {3, 2}}

// FittedOverview draws the overview with as many steps as are readable when it is shown 1,600 px wide. It lays the
// drawing out to find that number.
func FittedOverview(title string, r *threatmodel.Report) (*Drawing, error) {
	var d *Drawing
	for _, b := range budgets {
		d = overviewWithin(title, r, b)
		width, err := layoutWidth(d)
		if err != nil {
			return nil, err
		}
		if width <= maxWidth {
			break
		}
	}
	return d, nil
}

// Overview draws the whole system: every trust boundary, the cheapest paths of the report's outsiders that no control
// blocks, and the controls that stop them first. The outsiders are the attackers whose profile is "internet" or a
// published workload; if the report has none of these, all its attackers.
func Overview(title string, r *threatmodel.Report) *Drawing {
	return overviewWithin(title, r, budgets[2])
}

func overviewWithin(title string, r *threatmodel.Report, b budget) *Drawing {
	o := newOverview(r)
	entries := outsiders(r)
	for _, e := range entries {
		for _, id := range e.Start {
			o.mark(id, MarkEntry)
		}
	}
	open, paths, shownPaths := o.openFamilies(entries, b.open)
	blocked := o.blockedFamilies(entries, open)
	shown := blocked[:min(len(blocked), b.blocked)]
	all := append(slices.Clone(open), shown...)
	d := &Drawing{Title: title, Lanes: o.lanes(all)}
	for i, f := range all {
		d.Step(f.box(i), f.from, f.to)
	}
	d.stagger()
	if rest := o.untouched(d); len(rest) > 0 {
		d.Note = "No shown path reaches: " + strings.Join(rest, "; ") + "."
	}
	d.Subtitle = fmt.Sprintf("How near %s. Shown are the cheapest %d of %d ways on which no control stops them, and %d of %d places where a control does, nearest first, with the file that proves it. Steps of a kind stand in one box.",
		attackers(entries), shownPaths, paths, len(shown), len(blocked))
	if o.badges(d, r, entries) {
		d.Note = strings.TrimSpace(badgeNote + " " + d.Note)
	}
	d.Legend = d.marks()
	return d
}

func attackers(entries []*threatmodel.EntryReport) string {
	if len(entries) == 1 {
		return strings.ToLower(entries[0].Profile.Title[:1]) + entries[0].Profile.Title[1:] + " comes"
	}
	return fmt.Sprintf("%d attackers come, who start on the internet or in a published workload", len(entries))
}

// publishedPrefix starts the ids of the attackers who run code in published workloads.
const publishedPrefix = "published"

func outsiders(r *threatmodel.Report) []*threatmodel.EntryReport {
	var out []*threatmodel.EntryReport
	for _, e := range r.Entries {
		if e.Profile.ID == "internet" || strings.HasPrefix(e.Profile.ID, publishedPrefix) {
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
	inner     map[string][]string // of boxes: faults that a path takes inside
	published map[model.Address]bool
}

func newOverview(r *threatmodel.Report) *overview {
	o := &overview{
		positions: map[string]*threatmodel.Position{}, marks: map[string]Mark{}, titles: map[string]string{},
		laneOf: map[string]string{}, inner: map[string][]string{}, published: map[model.Address]bool{},
	}
	for _, p := range r.Positions {
		o.positions[p.ID] = p
	}
	for _, e := range r.Entries {
		for _, id := range e.Start {
			if p := o.positions[id]; p != nil && strings.HasPrefix(e.Profile.ID, publishedPrefix) {
				o.published[p.Address] = true
			}
		}
	}
	for _, p := range r.Positions {
		id, title, lane := o.boxOf(p)
		o.titles[id], o.laneOf[id] = title, lane
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
	id, _, _ := o.boxOf(p)
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
func (o *overview) boxOf(p *threatmodel.Position) (id, title, lane string) {
	name := func() string { return p.Address.Name() }
	switch {
	case p.Kind == threatmodel.KindNode && p.Group != "":
		return string(p.Group), "Pool " + p.Group.Name(), "Nodes"
	case p.Lane == threatmodel.LaneNodes && p.Address.Kind() == "node_pool":
		return string(p.Address), "Pool " + name(), "Nodes"
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
	case p.Lane == threatmodel.LaneNamespaces && o.published[p.Address]:
		return string(p.Address), "Workload " + name(), "Namespaces"
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

// untouched returns the titles of the assets that are not drawn, sorted.
func (o *overview) untouched(d *Drawing) []string {
	drawn := map[string]bool{}
	for _, b := range d.boxes() {
		drawn[b.ID] = true
	}
	var titles []string
	for id, m := range o.marks {
		if (m == MarkAsset || m == MarkLost) && !drawn[id] {
			titles = append(titles, o.titles[id])
		}
	}
	slices.Sort(titles)
	return titles
}

// lanes builds the trust boundaries with the boxes that the families touch, and those where attackers start.
func (o *overview) lanes(families []*family) []*Lane {
	used := map[string]bool{}
	for _, f := range families {
		used[f.to] = true
		for _, id := range f.from {
			used[id] = true
		}
	}
	for id, m := range o.marks {
		if m == MarkEntry {
			used[id] = true
		}
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
		l.Boxes = append(l.Boxes, &Box{ID: id, Title: o.titles[id], Lines: o.inner[id], Mark: m})
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
