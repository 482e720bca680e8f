package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// acceptsNames reports whether a rule of the Admin tier is one that the network plugin needs for DNS names: for the pods of one
// declared workload, and of nothing but names.
func (j *networkJudge) acceptsNames(p *clusterPolicy, r clusterRule) bool {
	key := j.subjectOf(p)
	return j.cluster.Network.CNI == model.KubeNetworkPolicies &&
		slices.ContainsFunc(j.cluster.Workloads(), func(w *model.Workload) bool {
			return !w.Host.Network && podKey(w.Namespace.Name, w.Selector) == key
		}) &&
		!slices.ContainsFunc(r.peers, func(x netPeer) bool { return x.name == "" || strings.Contains(x.name, "*") })
}

// accepted returns what the rules of the Admin tier accept by name, as policies that are judged before all others. A name leads
// wherever whoever answers for it says, but to what an earlier rule surely denies, or passes on to the policies of the namespace.
func (j *networkJudge) accepted(rules []adminRule) []*netPolicy {
	var out []*netPolicy
	var before []netDrop
	for _, r := range rules {
		if r.action != generate.ClusterNetworkAccept {
			if r.sure {
				before = append(before, r.taken())
			}
			continue
		}
		p := &netPolicy{path: r.policy.path, object: r.policy.object, before: true, drops: before}
		rule := netRule{place: r.place, ports: r.ports}
		for _, x := range r.peers {
			rule.peers = append(rule.peers, p.named(x.place, x.name, r.ports, anyNode))
		}
		p.drops, p.egress = nil, &netDirection{rules: []netRule{rule}}
		out = append(out, p)
	}
	return out
}

// taken is what later rules of the tier no longer decide on: addresses, and nodes where it names all of them.
func (r adminRule) taken() netDrop {
	d := netDrop{place: r.place, addrs: r.networks(), ports: r.ports, pods: true}
	if slices.ContainsFunc(r.peers, func(x netPeer) bool { return x.entity != "" }) {
		d.nodes = []string{anyNode}
	}
	return d
}

// hidesNames reports names that never lead to addresses for which they may stand, because an earlier rule takes those.
func (v *workloadVerdict) hidesNames(names []*netPolicy, declared *permissions) bool {
	j, found := v.judge, false
	world := everywhere.minus(j.never()).minus(addrs(j.cluster.Network.Pods...)).minus(addrs(j.cluster.Network.Services...))
	for _, p := range names {
		rule := p.egress.rules[0]
		for _, x := range rule.peers {
			for _, port := range rule.ports {
				if cut := world.minus(x.leads).minus(declared.addrs[portOf{port.protocol, port.from}]); len(cut) > 0 {
					found = true
					v.find(model.EgressExact, p.path+separator+p.object+": "+x.place,
						fmt.Sprintf("Earlier rules take %s, for which the declared name %s may stand.", cut, x.name))
				}
			}
		}
	}
	return found
}
