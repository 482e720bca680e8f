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

The same declared flows from which the network policies are made, as tables for a review. What the internet reaches, and
what other networks reach, is listed by itself. What machines accept is the table from which their firewalls are made, for those who
set security groups or firewalls between networks.`,
	Run: runConnectivity,
}

type connectivityPage struct {
	Clusters []connectivityCluster
	Machines []machineRow
}

// machineRow is a connection that a machine's own network stack accepts.
type machineRow struct {
	To, From  model.Address
	Use       model.HostUse
	Port      string
	Addresses string // of From
}

type connectivityCluster struct {
	Name    string
	Public  []entryRow // from the internet
	Private []entryRow // from other networks outside the cluster
	Flows   []flowRow
	Egress  []egressRow
}

// entryRow is a way in from outside the cluster.
type entryRow struct {
	From    model.Address
	Through model.Address // gateway; empty: straight to the workload's port
	Host    string
	To      model.Address
	Port    string
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
		row.entries(c)
		for _, w := range c.Workloads() {
			for _, e := range w.Egress {
				row.Egress = append(row.Egress, egressRow{w.Addr(), e.Name, egressText(e), portText(e.Port, e.Protocol)})
			}
		}
		page.Clusters = append(page.Clusters, row)
	}
	page.Machines = machineRows(p.Spec)
	return p.document("connectivity.md", "Who talks to whom, on which port", page)
}

// machineRows lists what nodes, jump boxes and VPN gateways accept, as their own firewalls do.
func machineRows(s *model.Spec) []machineRow {
	var rows []machineRow
	add := func(to model.Address, flows []model.HostFlow) {
		for _, f := range flows {
			if len(f.Sources) == 0 && !f.Internet {
				continue
			}
			r := machineRow{To: to, From: f.From, Use: f.Use, Port: rangeText(f), Addresses: "all but the declared networks"}
			if f.OnRequest {
				r.Port += ", while it is open"
			}
			if !f.Internet {
				var cidrs []string
				for _, p := range f.Sources {
					cidrs = append(cidrs, p.String())
				}
				r.Addresses = strings.Join(cidrs, ", ")
			}
			rows = append(rows, r)
		}
	}
	for _, c := range s.Clusters {
		for _, pool := range c.NodePools {
			if !pool.Ours() {
				continue // the firewall of a provider's node is the provider's
			}
			add(pool.Addr(), pool.Inbound())
		}
	}
	for _, j := range s.JumpBoxes {
		add(j.Addr(), j.Inbound())
	}
	for _, v := range s.VPNs {
		rows = append(rows, machineRow{To: v.Addr(), From: "zone." + model.InternetZone, Use: model.UseVPN, Port: portText(v.Endpoint.Port, model.UDP), Addresses: "any"})
	}
	return rows
}

// rangeText is the ports and the protocol of a connection to a machine.
func rangeText(f model.HostFlow) string {
	switch {
	case f.First == 0:
		return string(f.Protocol)
	case f.First == f.Last:
		return portText(f.First, f.Protocol)
	}
	return fmt.Sprintf("%d-%d/%s", f.First, f.Last, f.Protocol)
}

// entries lists each way from an address outside the cluster to a workload. A gateway stands for all who may reach it, for
// each host that is published through it.
func (r *connectivityCluster) entries(c *model.Cluster) {
	add := func(from model.Peer, e entryRow) {
		e.From = from.Addr()
		switch p := from.(type) {
		case *model.Zone:
			if p.Internet() {
				r.Public = append(r.Public, e)
				return
			}
			r.Private = append(r.Private, e)
		case *model.VPN, *model.JumpBox, *model.ForeignCluster:
			r.Private = append(r.Private, e)
		}
	}
	for _, w := range c.Workloads() {
		for _, x := range w.Exposes {
			for _, from := range x.Via.From {
				add(from, entryRow{Through: x.Via.Addr(), Host: x.Host + strings.TrimSuffix(x.Path, "/"), To: w.Addr(), Port: portText(x.Port.Number, x.Port.Protocol)})
			}
		}
		for _, p := range w.Ports {
			for _, from := range p.From {
				add(from, entryRow{To: w.Addr(), Port: portText(p.Number, p.Protocol)})
			}
		}
	}
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
