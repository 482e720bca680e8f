package verify

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// clusterPolicyKind is what policies of the cluster are, in the words of Object.GVK.
const clusterPolicyKind = "policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy"

// readClusterPolicy reads a policy of the whole cluster. What is accepted at its level no namespace can refuse, and what is
// denied there by labels may be anything: the Admin tier is understood as far as it denies and passes ranges of addresses.
// Policies of Baseline change nothing for pods that policies of their namespace isolate. For kube-network-policies what is accepted
// by name, for the pods of one declared workload, is taken with what that is allowed: see [networkJudge.accepted].
func (j *networkJudge) readClusterPolicy(o Object, u *unstructured.Unstructured) (*clusterPolicy, error) {
	if o.Namespace != "" {
		return nil, errors.New("a policy of the cluster has no namespace")
	}
	var c generate.ClusterNetworkPolicy
	if err := decodeObject(u, &c); err != nil {
		return nil, err
	}
	p, err := parseClusterPolicy(o.Path, &c)
	if err != nil || p.tier != generate.AdminTier {
		return p, err
	}
	if i := slices.IndexFunc(p.ingress, func(r clusterRule) bool { return r.action != generate.ClusterNetworkPass }); i >= 0 {
		return nil, fmt.Errorf("%s: rules for ingress that decide are not judged", p.ingress[i].place)
	}
	for _, r := range p.egress {
		if r.action == generate.ClusterNetworkAccept && !j.acceptsNames(p, r) {
			return nil, fmt.Errorf("%s: it accepts what no policy of a namespace can refuse", r.place)
		}
		for _, x := range r.peers {
			if x.addrs == nil && r.action == generate.ClusterNetworkDeny {
				return nil, fmt.Errorf("%s: only ranges of addresses are judged", x.place)
			}
		}
	}
	return p, nil
}

// subjectOf returns the key of the declared pods that the policy selects, or "" if it may select others.
func (j *networkJudge) subjectOf(p *clusterPolicy) string {
	labels, ok := p.subject.pods.labels()
	of, single := p.subject.namespaces.labels()
	if !ok || !single || len(labels) == 0 || len(of) != 1 || of[namespaceNameLabel] == "" {
		return ""
	}
	if key := podKey(of[namespaceNameLabel], labels); j.owners[key] {
		return key
	}
	return ""
}

// selects says whether the policy's subject are the workload's pods. Pods of another declared workload are that workload's.
func (j *networkJudge) selects(p *clusterPolicy, w *model.Workload) match {
	if key := j.subjectOf(p); key != "" && key != podKey(w.Namespace.Name, w.Selector) {
		return never
	}
	own := map[string]string{namespaceNameLabel: w.Namespace.Name}
	return min(p.subject.namespaces.judge(own), p.subject.pods.judge(w.Selector))
}

// intersection returns the addresses that are in both sets.
func (s addrSet) intersection(t addrSet) addrSet { return s.minus(s.minus(t)) }

// networks are the addresses of a rule.
func (r netRule) networks() addrSet {
	var set addrSet
	for _, p := range r.peers {
		set = set.union(p.addrs)
	}
	return set
}

// adminRule is a rule of the Admin tier that is, or may be, about the pods of a workload.
type adminRule struct {
	clusterRule
	policy *clusterPolicy
	sure   bool
}

// admin returns the rules of the Admin tier for the workload's pods, in the order in which they are judged.
func (j *networkJudge) admin(w *model.Workload) []adminRule {
	var out []adminRule
	for _, p := range j.policies.cluster {
		if p.tier != generate.AdminTier {
			continue
		}
		if m := j.selects(p, w); m != never {
			for _, r := range p.egress {
				out = append(out, adminRule{r, p, m == always})
			}
		}
	}
	return out
}

// at is the place of the rule.
func (r adminRule) at() string { return r.policy.path + separator + r.policy.object + ": " + r.place }

// declaredNodes are the addresses of nodes and API servers that the workload declares, by port.
func (j *networkJudge) declaredNodes(w *model.Workload) map[portOf]addrSet {
	out := map[portOf]addrSet{}
	for _, p := range w.Calls {
		if p.Workload.Host.Network {
			at := portOf{protocolOf(p.Protocol), p.Number}
			for _, pool := range p.Workload.HostPools() {
				out[at] = out[at].union(addrs(pool.CIDRs()...))
			}
		}
	}
	if len(w.APIAccess) > 0 {
		for _, a := range j.cluster.APIServers() {
			at := portOf{model.TCP, int(a.Port())}
			out[at] = out[at].union(j.servers(at))
		}
	}
	return out
}

// deniesDeclared reports what the Admin tier denies to the workload although it is declared, or may be what a declared name
// stands for.
func (v *workloadVerdict) deniesDeclared(w *model.Workload, rules []adminRule, declared *permissions) bool {
	j, found := v.judge, false
	want := j.declaredNodes(w)
	need := func(at portOf, set addrSet) { want[at] = want[at].union(set) }
	for at, set := range declared.addrs {
		need(at, set)
	}
	world := everywhere.minus(j.never())
	for p := range declared.named {
		at := portOf{p.protocol, p.port}
		switch p.kind() {
		case "pods":
			need(at, addrs(j.cluster.Network.Pods...))
		case "name":
			need(at, world)
		}
	}
	for _, at := range slices.SortedFunc(maps.Keys(want), comparePorts) {
		left := want[at]
		for _, r := range rules {
			if !r.matchesPort(nil, at.port, at.protocol) {
				continue
			}
			if r.action == generate.ClusterNetworkPass {
				if r.sure {
					left = left.minus(r.networks())
				}
				continue
			}
			if cut := left.intersection(r.networks()); len(cut) > 0 {
				found = true
				v.find(model.EgressExact, r.at(), fmt.Sprintf("The rule denies %s on port %d/%s, which is declared.", cut, at.port, at.protocol))
			}
		}
	}
	return found
}

// never are all addresses that no name may stand for.
func (j *networkJudge) never() addrSet {
	set := addrs(model.MetadataAddresses...).union(j.nodeAddrs())
	for _, a := range j.cluster.APIServers() {
		set = set.union(addrs(netip.PrefixFrom(a.Addr(), a.Addr().BitLen())))
	}
	return set
}

// guard proves that the Admin tier denies metadata addresses and nodes, whatever the policies of the namespace say. Of kube-system
// nothing is known; where the plugin is not installed by Cilium's values, no file says whether it knows the policies.
func (v *workloadVerdict) guard(w *model.Workload, rules []adminRule, declared *permissions) {
	j := v.judge
	if !j.cluster.Network.GuardRails || j.cluster.Network.CNI != model.Cilium || j.cluster.Provisioner != model.Kubeadm || w.Namespace.Name == "kube-system" {
		return
	}
	metadata := addrs(model.MetadataAddresses...)
	if !slices.ContainsFunc(slices.Collect(maps.Values(declared.addrs)), metadata.overlaps) {
		v.denied(model.MetadataGuarded, rules, metadata, nil)
	}
	allowed := j.declaredNodes(w)
	for at, set := range declared.addrs {
		allowed[at] = allowed[at].union(set)
	}
	v.denied(model.NodesGuarded, rules, j.never().minus(metadata), allowed)
}

// denied proves that the addresses are denied on all ports; what is passed before must be allowed on its port.
func (v *workloadVerdict) denied(control model.ControlID, rules []adminRule, target addrSet, allowed map[portOf]addrSet) {
	j, open, holds, path := v.judge, target, true, ""
	for _, r := range rules {
		some := open.intersection(r.networks())
		for _, x := range r.peers {
			if x.addrs == nil {
				some = open // pods, names or nodes by labels
			}
		}
		if len(some) == 0 {
			continue
		}
		if r.action == generate.ClusterNetworkDeny {
			if r.sure && len(r.ports) == 0 {
				open, path = open.minus(some), r.policy.path
			}
			continue
		}
		passed := func(ports string) {
			holds = false
			v.find(control, r.at(), fmt.Sprintf("The rule passes %s on %s, which is not declared, on to the policies of the namespace.", some, ports))
		}
		if len(r.ports) == 0 {
			passed("every port")
		}
		for _, x := range r.ports {
			if x.name != "" || x.from != x.to || len(some.minus(allowed[portOf{x.protocol, x.from}])) > 0 {
				passed(fmt.Sprintf("port %d/%s", x.from, x.protocol))
			}
		}
	}
	if len(open) > 0 {
		holds = false
		v.find(control, j.guardPlace(), fmt.Sprintf("No policy of the cluster denies the workload %s on every port.", open))
	}
	file := generate.CiliumValues(j.cluster)
	if problem := judgeGuardValues(v.judge.pass.Files[file], control == model.NodesGuarded); problem != nil {
		holds = false
		v.judge.pass.Find(Finding{Control: control, Subject: v.subject, Path: file, Object: problem.place, Message: problem.message})
	}
	if holds && v.understood {
		j.pass.Prove(control, v.subject, path)
		j.pass.needs(control, v.subject, file)
	}
}

// guardPlace is where denials are, for findings about what is missing there.
func (j *networkJudge) guardPlace() string {
	for _, p := range j.policies.cluster {
		for _, r := range p.egress {
			if p.tier == generate.AdminTier && r.action == generate.ClusterNetworkDeny {
				return p.path + separator + p.object
			}
		}
	}
	return separator + "ClusterNetworkPolicy"
}

// judgeGuardValues reports what keeps Cilium from holding ClusterNetworkPolicies: the agent reads them only if told so, and
// their ranges of addresses match nodes only in that mode (Documentation/network/kubernetes/policy.rst of v1.20).
func judgeGuardValues(data []byte, nodes bool) *problem {
	if p := judgeCiliumValues(data); p != nil {
		return p
	}
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &values); err != nil {
		return &problem{"", "The values cannot be read: " + err.Error() + "."}
	}
	api, _ := values["k8sClusterNetworkPolicy"].(map[string]any)
	if on, _ := api["enabled"].(bool); !on {
		return &problem{"k8sClusterNetworkPolicy.enabled", fmt.Sprintf("The value is %v instead of true, so Cilium does not read the policies of the cluster.", api["enabled"])}
	}
	if modes, _ := values["policyCIDRMatchMode"].([]any); nodes && !slices.Contains(modes, any("nodes")) {
		return &problem{"policyCIDRMatchMode", fmt.Sprintf("The value is %v instead of a list with nodes, so ranges of addresses match no node.", values["policyCIDRMatchMode"])}
	}
	return nil
}
