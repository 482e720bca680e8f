package verify

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// noAddr stands for the destination of rules that name none.
var noAddr = netip.Addr{}

// internet returns the addresses outside every declared network.
func internet(spec *model.Spec) addrSet { return allIP.minus(addrs(spec.Inside()...)) }

// declared returns the sources that may connect to a port. Addresses of foreign clusters count only for what names
// the foreign cluster, even if they lie in a wider zone.
func declared(spec *model.Spec, flows []model.HostFlow, proto string, port int) addrSet {
	set, named := addrSet{}, addrSet{}
	for _, f := range flows {
		if strings.ToLower(string(f.Protocol)) != proto || proto != "esp" && (port < f.First || port > f.Last) {
			continue
		}
		from := addrs(f.Sources...)
		if f.Internet {
			from = internet(spec)
		}
		if f.From.Kind() == "foreign_cluster" {
			named = named.union(from)
		} else {
			set = set.union(from)
		}
	}
	foreign := addrSet{}
	for _, f := range spec.ForeignClusters {
		foreign = foreign.union(addrs(f.CIDRs...))
	}
	return set.minus(foreign).union(named)
}

// portDifference is a range of ports whose sources are not those declared.
type portDifference struct {
	proto          string
	first          int
	extra, missing addrSet
}

func (d portDifference) key() string { return fmt.Sprintf("%s/%d", d.proto, d.first) }

func (d portDifference) place() string {
	if d.proto == "other" {
		return "other protocols"
	}
	return d.key()
}

func (d portDifference) String() string {
	var parts []string
	if len(d.extra) > 0 {
		parts = append(parts, "is open to "+d.extra.String()+", which nothing declares")
	}
	if len(d.missing) > 0 {
		parts = append(parts, "is closed to "+d.missing.String()+", which the specification declares")
	}
	return "From port " + fmt.Sprint(d.first) + " on, " + d.proto + " " + strings.Join(parts, " and ") + "."
}

// compareFlows compares what the rules accept with the declared flows, for all protocols and ports, and reports each
// difference.
func compareFlows(spec *model.Spec, rules []nftRule, flows []model.HostFlow, report func(portDifference)) (differs bool) {
	for _, proto := range []string{"tcp", "udp", "sctp", "esp", "other"} {
		for _, port := range portCells(rules, flows, proto) {
			got, want := accepts(rules, "", "", proto, port, noAddr), declared(spec, flows, proto, port)
			d := portDifference{proto: proto, first: port, extra: got.minus(want), missing: want.minus(got)}
			if len(d.extra) > 0 || len(d.missing) > 0 {
				differs = true
				report(d)
			}
		}
	}
	return differs
}

// portCells returns the first port of each range on which neither the rules nor the declared flows change.
func portCells(rules []nftRule, flows []model.HostFlow, proto string) []int {
	if proto == "esp" || proto == "other" {
		return []int{0}
	}
	var bounds []int
	for _, r := range rules {
		if r.proto == proto {
			bounds = append(bounds, r.first, r.last+1)
		}
	}
	for _, f := range flows {
		if strings.ToLower(string(f.Protocol)) == proto {
			bounds = append(bounds, f.First, f.Last+1)
		}
	}
	return cells(bounds)
}

// portCell returns the cell that holds the port.
func portCell(rules []nftRule, flows []model.HostFlow, proto string, port int) int {
	all := portCells(rules, flows, proto)
	i, found := slices.BinarySearch(all, port)
	if found {
		return all[i]
	}
	return all[i-1]
}
