package generate

import (
	"cmp"
	"maps"
	"net/netip"
	"path"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// EgressFirewall is k8s.ovn.org/v1 EgressFirewall of OVN-Kubernetes: what the pods of a namespace, all of them, may reach outside
// of the pod network. The first rule that matches decides; what none matches is allowed. It never allows what a NetworkPolicy
// refuses: a connection needs both.
//
// Fields: github.com/ovn-kubernetes/ovn-kubernetes, go-controller/pkg/crd/egressfirewall/v1/types.go; order, and that addresses
// of the pod network are left out: go-controller/pkg/ovn/controller/egressfirewall.
type EgressFirewall struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`   // the only name is EgressFirewallName
	Spec              EgressFirewallRules `json:"spec"`
}

// EgressFirewallName is the name that the definition demands: a namespace has one of them.
const EgressFirewallName = "default"

const ovnAPI = "k8s.ovn.org/v1"

// EgressFirewallRules are the rules in their order.
type EgressFirewallRules struct {
	Egress []EgressFirewallRule `json:"egress"`
}

// EgressFirewallRule is a rule. Without ports it means all of them.
type EgressFirewallRule struct {
	Type  string               `json:"type"` // EgressFirewallAllow or EgressFirewallDeny
	Ports []EgressFirewallPort `json:"ports,omitempty"`
	To    EgressFirewallPeer   `json:"to"`
}

// The types of a rule.
const (
	EgressFirewallAllow = "Allow"
	EgressFirewallDeny  = "Deny"
)

// EgressFirewallPort is a port of a protocol: TCP, UDP or SCTP.
type EgressFirewallPort struct {
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
}

// EgressFirewallPeer is a destination. Exactly one field is set.
type EgressFirewallPeer struct {
	CIDR  string                `json:"cidrSelector,omitempty"`
	Name  string                `json:"dnsName,omitempty"` // looked up by OVN-Kubernetes itself
	Nodes *metav1.LabelSelector `json:"nodeSelector,omitempty"`
}

// everywhere are all addresses.
var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// egressFirewall writes the firewall of a namespace whose workloads connect to DNS names. Their policies let them out to any
// address outside of the cluster on the ports of names; on these the firewall leaves the names, and everything that the workloads
// of the namespace declare otherwise. Of other ports it says nothing: there the policies are exact.
func egressFirewall(p *Pass, net *network, n *model.Namespace) error {
	c := net.cluster
	var rules, names, ports []EgressFirewallRule
	allow := func(to EgressFirewallPeer, protocol model.Protocol, port int) EgressFirewallRule {
		return EgressFirewallRule{EgressFirewallAllow, []EgressFirewallPort{{string(protocolOf(protocol)), port}}, to}
	}
	ranges := func(to []netip.Prefix, protocol model.Protocol, port int) {
		for _, r := range to {
			rules = append(rules, allow(EgressFirewallPeer{CIDR: r.String()}, protocol, port))
		}
	}
	for _, w := range n.Workloads {
		if w.Host.Network {
			continue
		}
		for _, e := range w.Egress {
			for _, b := range c.EgressBlocks(net.spec, e) {
				ranges(without(b.CIDR, b.Except), e.Protocol, e.Port)
			}
			for _, name := range e.FQDNs {
				names = append(names, allow(EgressFirewallPeer{Name: name}, e.Protocol, e.Port))
				ports = append(ports, allow(EgressFirewallPeer{}, e.Protocol, e.Port))
			}
		}
		for _, port := range net.callees[w] {
			if port.Workload.Host.Network {
				for _, pool := range port.Workload.HostPools() {
					ranges(pool.CIDRs(), port.Protocol, port.Number)
				}
			}
		}
		if len(w.APIAccess) > 0 {
			for _, s := range c.APIServers() {
				ranges([]netip.Prefix{netip.PrefixFrom(s.Addr(), s.Addr().BitLen())}, model.TCP, int(s.Port()))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	var named []EgressFirewallPort
	for _, r := range sortedRules(ports) {
		named = append(named, r.Ports[0])
	}
	rules = slices.DeleteFunc(sortedRules(rules), func(r EgressFirewallRule) bool { return !slices.Contains(named, r.Ports[0]) })
	deny := func(to EgressFirewallPeer) { rules = append(rules, EgressFirewallRule{EgressFirewallDeny, named, to}) }
	deny(EgressFirewallPeer{Nodes: &metav1.LabelSelector{}})
	for _, r := range mergeNested(slices.Concat(model.MetadataAddresses, nodeAddresses(c))) {
		deny(EgressFirewallPeer{CIDR: r.String()})
	}
	rules = append(rules, sortedRules(names)...)
	for _, r := range everywhere {
		deny(EgressFirewallPeer{CIDR: r.String()})
	}
	meta := namespaceMeta(n, EgressFirewallName)
	meta.Annotations = map[string]string{whyAnnotation: "Outside of the cluster the pods reach on these ports what is declared, DNS names among it, and nothing else."}
	return p.YAML(Artifact{
		Path:  path.Join(GuardDir(n), "egressfirewall.yaml"),
		Doc:   "leaves of what the policies let out the DNS names that are declared",
		Where: "the cluster, before the workloads",
	}, &EgressFirewall{TypeMeta: typeMeta(ovnAPI, "EgressFirewall"), ObjectMeta: meta, Spec: EgressFirewallRules{rules}})
}

// sortedRules sorts rules of which each has one port, and drops repeated ones: all of them allow, so their order says nothing.
func sortedRules(rules []EgressFirewallRule) []EgressFirewallRule {
	type key struct {
		EgressFirewallPort
		cidr, name string
	}
	set := map[key]EgressFirewallRule{}
	for _, r := range rules {
		set[key{r.Ports[0], r.To.CIDR, r.To.Name}] = r
	}
	keys := slices.SortedFunc(maps.Keys(set), func(a, b key) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.cidr, b.cidr), cmp.Compare(a.name, b.name))
	})
	var out []EgressFirewallRule
	for _, k := range keys {
		out = append(out, set[k])
	}
	return out
}

// outside are all addresses but those of the cluster's own networks, its nodes, its API servers and the metadata service: these stay
// closed where no firewall runs.
func (n *network) outside() []networkingv1.NetworkPolicyPeer {
	var peers []networkingv1.NetworkPolicyPeer
	for _, all := range everywhere {
		b := n.cluster.Outside(all)
		for _, p := range nodeAddresses(n.cluster) {
			if p.Addr().Is4() == all.Addr().Is4() {
				b.Except = append(b.Except, p)
			}
		}
		b.Except = mergeNested(b.Except)
		peers = append(peers, networkingv1.NetworkPolicyPeer{IPBlock: ipBlock(b)})
	}
	return peers
}
