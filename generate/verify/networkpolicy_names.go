package verify

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// A DNS name stands for the addresses that its DNS server chooses. What no name may stand for must be dropped first, and
// nothing else, because nobody knows the addresses that are meant.

// nodeAddrs are the addresses of the cluster's nodes.
func (j *networkJudge) nodeAddrs() addrSet {
	var set addrSet
	for _, pool := range j.cluster.NodePools {
		set = set.union(addrs(pool.CIDRs()...))
	}
	return set
}

// servers are the addresses on which the API server listens on the port.
func (j *networkJudge) servers(at portOf) addrSet {
	var set addrSet
	for _, a := range j.cluster.APIServers() {
		if at.protocol == model.TCP && int(a.Port()) == at.port {
			set = set.union(addrs(netip.PrefixFrom(a.Addr(), a.Addr().BitLen())))
		}
	}
	return set
}

// misleads reports names that may lead to a metadata address, the API server or a node that is not declared on that port.
func (v *workloadVerdict) misleads(policies []*netPolicy, declared *permissions) bool {
	found := false
	for _, p := range policies {
		if p.egress == nil {
			continue
		}
		for _, r := range p.egress.rules {
			for _, peer := range r.peers {
				if where := v.judge.misled(r, peer, declared); where != "" {
					found = true
					v.find(model.EgressExact, p.path+separator+p.object+": "+peer.place,
						fmt.Sprintf("Whoever answers for the name %s can lead it to %s; nothing denies that first.", peer.name, where))
				}
			}
		}
	}
	return found
}

// misled says where a name may lead that nothing declares.
func (j *networkJudge) misled(r netRule, p netPeer, declared *permissions) string {
	if p.name == "" {
		return ""
	}
	for _, x := range r.ports {
		if x.from != x.to {
			continue // not exact, for which it is reported
		}
		at := portOf{x.protocol, x.from}
		forbidden := addrs(model.MetadataAddresses...)
		api, nodes := j.declaresNodes(at, declared)
		if !api {
			forbidden = forbidden.union(j.servers(at))
		}
		if !nodes && !j.cluster.Network.CNI.KnowsNodes() {
			forbidden = forbidden.union(j.nodeAddrs()) // where no policy knows nodes but by their addresses
		}
		forbidden = forbidden.minus(declared.addrs[at])
		if reached := forbidden.minus(forbidden.minus(p.leads)); len(reached) > 0 {
			return reached.String()
		}
		for _, n := range p.nodes {
			if n == "kube-apiserver" && !api || n != "kube-apiserver" && !nodes {
				return "the cluster's nodes or API server (" + n + ")"
			}
		}
	}
	return ""
}

// declaresNodes reports whether API servers, and nodes of any kind, are declared destinations on the port.
func (j *networkJudge) declaresNodes(at portOf, declared *permissions) (api, nodes bool) {
	for p := range declared.named {
		if entity, ok := strings.CutPrefix(p.peer, "entity "); ok && p.protocol == at.protocol && p.port == at.port && slices.Contains(ciliumNodes, entity) {
			return true, true // a control-plane node is both
		}
	}
	servers := j.servers(at)
	if j.cluster.Network.CNI != model.Cilium && len(servers) > 0 && len(servers.minus(declared.addrs[at])) == 0 {
		api = true
	}
	return api, declared.addrs[at].overlaps(j.nodeAddrs())
}

// dropsDeclared reports what policies drop although it is declared, or may be what a declared name stands for.
func (v *workloadVerdict) dropsDeclared(policies []*netPolicy, declared *permissions) bool {
	found := false
	for _, p := range policies {
		for _, d := range p.drops {
			if what := v.judge.dropped(d, declared); what != "" {
				found = true
				v.find(model.EgressExact, p.path+separator+p.object+": "+d.place, "The rule drops "+what+".")
			}
		}
	}
	return found
}

// dropped says what a rule drops that it must not.
func (j *networkJudge) dropped(d netDrop, declared *permissions) string {
	nodes := j.nodeAddrs()
	for at, set := range declared.addrs {
		if d.covers(at.port, at.protocol) && (d.addrs.overlaps(set) || slices.Contains(d.nodes, anyNode) && nodes.overlaps(set)) {
			return "declared addresses"
		}
	}
	pods := d.pods && d.addrs.overlaps(addrs(j.cluster.Network.Pods...))
	rest := d.addrs.minus(j.never()) // any of these may be meant by a name
	for _, p := range slices.SortedFunc(maps.Keys(declared.named), comparePermissions) {
		if !d.covers(p.port, p.protocol) {
			continue
		}
		switch kind, name, _ := strings.Cut(p.peer, " "); {
		case kind == "entity" && d.refuses(name):
			return "declared nodes or the declared API server"
		case kind == "pods" && pods:
			return "addresses of declared pods"
		case kind == "name" && len(rest) > 0:
			return rest.String() + ", for which the declared name " + name + " may stand"
		}
	}
	return ""
}
