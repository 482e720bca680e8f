package generate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

var connectivity = &Generator{
	Name: "connectivity",
	Doc: `who talks to whom, on which port

The same declared flows from which the network policies are made, as tables for a review.`,
	Run: runConnectivity,
}

type connectivityPage struct {
	Clusters []connectivityCluster
}

type connectivityCluster struct {
	Name   string
	Flows  []flowRow
	Egress []egressRow
}

type flowRow struct {
	From, To model.Address
	Port     string
	Host     string // of a publication
}

type egressRow struct {
	From model.Address
	Name string
	To   string
	Port string
}

func runConnectivity(p *Pass) error {
	page := connectivityPage{}
	for _, c := range p.Spec.Clusters {
		row := connectivityCluster{Name: c.Name}
		for _, f := range c.Flows() {
			r := flowRow{From: f.From.Addr(), To: f.To.Workload.Addr(), Port: portText(f.To.Number, f.To.Protocol)}
			if f.Via != nil {
				r.Host = f.Via.Host
			}
			row.Flows = append(row.Flows, r)
		}
		for _, w := range c.Workloads() {
			for _, e := range w.Egress {
				row.Egress = append(row.Egress, egressRow{w.Addr(), e.Name, egressText(e), portText(e.Port, e.Protocol)})
			}
		}
		page.Clusters = append(page.Clusters, row)
	}
	return p.document("connectivity.md", "Who talks to whom, on which port", page)
}

func portText(number int, protocol model.Protocol) string {
	return fmt.Sprintf("%d/%s", number, protocol)
}

// egressText lists the destinations: names, then zones, then address ranges that belong to no named zone.
func egressText(e *model.Egress) string {
	to := slices.Clone(e.FQDNs)
	var zoned []netip.Prefix
	for _, z := range e.Zones {
		to = append(to, string(z.Addr()))
		zoned = append(zoned, z.CIDRs...)
	}
	for _, p := range e.CIDRs {
		if !slices.Contains(zoned, p) {
			to = append(to, p.String())
		}
	}
	return strings.Join(to, ", ")
}
