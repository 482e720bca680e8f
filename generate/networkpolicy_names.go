package generate

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// dns lets queries out to the cluster's DNS. Where names are destinations, Cilium's proxy must see the answers: it
// learns the addresses from them. EKS Auto Mode's DNS is a service of each node, which no labels select:
// aws-network-policy-agent v1.4.1, test/integration/clusternetworkpolicy/domain_policy_test.go.
func (n *network) dns(r *netRules, w *model.Workload) {
	if w != nil && n.cluster.Network.CNI == model.Cilium && slices.ContainsFunc(w.Egress, func(e *model.Egress) bool { return len(e.FQDNs) > 0 }) {
		selector := metav1.LabelSelector{MatchLabels: map[string]string{"k8s:io.kubernetes.pod.namespace": dnsNamespace}}
		for k, v := range dnsLabels {
			selector.MatchLabels["k8s:"+k] = v
		}
		r.ciliumEgress = append(r.ciliumEgress, CiliumEgress{
			ToEndpoints: []metav1.LabelSelector{selector},
			ToPorts: []CiliumToPort{{
				Ports: []CiliumPort{{strconv.Itoa(dnsPort), "UDP"}, {strconv.Itoa(dnsPort), "TCP"}},
				Rules: &CiliumL7{DNS: []CiliumDNS{{MatchPattern: "*"}}},
			}},
		})
	} else {
		server := podPeer(dnsNamespace, dnsLabels)
		if n.cluster.Network.CNI == model.EKSAutoMode {
			server = networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: n.cluster.DNSRange().String()}}
		}
		r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{server},
			Ports: []networkingv1.NetworkPolicyPort{netPort(model.UDP, dnsPort), netPort(model.TCP, dnsPort)},
		})
	}
	r.reasons = append(r.reasons, "→ cluster DNS (53/UDP, 53/TCP)")
}

// byName lets connections out to DNS names, and reports whether the CNI can.
func (n *network) byName(r *netRules, e *model.Egress) bool {
	switch n.cluster.Network.CNI {
	case model.Cilium:
		var names []CiliumFQDN
		for _, f := range e.FQDNs {
			names = append(names, CiliumFQDN{MatchName: f})
		}
		r.ciliumEgress = append(r.ciliumEgress, CiliumEgress{ToFQDNs: names, ToPorts: ciliumPorts(e.Protocol, e.Port)})
	case model.Antrea:
		rule := AntreaEgress{Name: "egress-" + e.Name, Action: AntreaAllow, Ports: []networkingv1.NetworkPolicyPort{netPort(e.Protocol, e.Port)}}
		for _, f := range e.FQDNs {
			rule.To = append(rule.To, AntreaPeer{FQDN: f})
		}
		r.antreaEgress = append(r.antreaEgress, rule)
	case model.CalicoEnterprise:
		r.calicoEgress = append(r.calicoEgress, CalicoEgress{CalicoAllow, string(protocolOf(e.Protocol)), CalicoDestination{Domains: e.FQDNs, Ports: []int{e.Port}}})
	case model.OVNKubernetes: // what of these is no name, the firewall of the namespace denies, if it runs
		r.complete = false
		r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
			To: n.outside(), Ports: []networkingv1.NetworkPolicyPort{netPort(e.Protocol, e.Port)},
		})
	case model.EKSAutoMode:
		r.amazonEgress = append(r.amazonEgress, ApplicationEgress{
			To: []ApplicationPeer{{DomainNames: e.FQDNs}}, Ports: []networkingv1.NetworkPolicyPort{netPort(e.Protocol, e.Port)},
		})
	case model.GKEDataplaneV2:
		rule := FQDNEgress{Ports: []FQDNPort{{string(protocolOf(e.Protocol)), e.Port}}}
		for _, f := range e.FQDNs {
			rule.Matches = append(rule.Matches, FQDNMatch{f})
		}
		r.googleEgress = append(r.googleEgress, rule)
		r.complete = false
	case model.KubeNetworkPolicies:
		r.complete = false // what a name stands for, a pod can forge; the names are in policies of the cluster, see [clusterNames]
	default:
		return false
	}
	return true
}

// confineNames keeps the names of a workload from what no name may lead to. Cilium's denials win over whatever any policy
// allows; Antrea's and Calico's rules are judged in their order. Those of EKS and kube-network-policies are policies of the cluster: see [clusterNames].
func (n *network) confineNames(r *netRules, w *model.Workload) {
	var first []AntreaEgress
	var denials []CalicoEgress
	for _, x := range n.notByName(w) {
		switch n.cluster.Network.CNI {
		case model.Cilium:
			r.ciliumDeny = append(r.ciliumDeny, x.cilium()...)
		case model.Antrea:
			first = append(first, x.antrea()...)
		case model.CalicoEnterprise:
			denials = append(denials, x.calico(n.cluster)...)
		}
	}
	r.calicoEgress = append(denials, r.calicoEgress...)
	r.antreaEgress = append(first, r.antreaEgress...)
}

// unnamed is what no name may lead to on one port.
type unnamed struct {
	protocol model.Protocol
	port     int
	addrs    []netip.Prefix // single addresses, sorted
	nodes    bool
	servers  bool // nodes and other machines on which an API server of the cluster listens
}

// notByName lists, for each port on which the workload reaches DNS names, what these must not lead to: whoever answers for a
// name chooses its address. These are the metadata addresses, the API servers on their port, and the cluster's nodes; each
// unless the workload declares it on that port.
func (n *network) notByName(w *model.Workload) []unnamed {
	var out []unnamed
	for _, e := range w.Egress {
		if len(e.FQDNs) > 0 {
			out = append(out, unnamed{protocol: protocolOf(e.Protocol), port: e.Port, nodes: true, servers: true})
		}
	}
	slices.SortFunc(out, func(a, b unnamed) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.protocol, b.protocol))
	})
	out = slices.CompactFunc(out, func(a, b unnamed) bool { return a.port == b.port && a.protocol == b.protocol })
	for i := range out {
		n.complete(&out[i], w)
	}
	return out
}

func (n *network) complete(x *unnamed, w *model.Workload) {
	var blocks []model.Block
	for _, e := range w.Egress {
		if e.Port == x.port && protocolOf(e.Protocol) == x.protocol {
			blocks = append(blocks, n.cluster.EgressBlocks(n.spec, e)...)
		}
	}
	declared := func(a netip.Addr) bool {
		return slices.ContainsFunc(blocks, func(b model.Block) bool { return contains(b, a) })
	}
	deny := func(a netip.Addr) {
		if !declared(a) {
			x.addrs = append(x.addrs, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	for _, m := range model.MetadataAddresses {
		deny(m.Addr())
	}
	callsAPI := len(w.APIAccess) > 0 && x.protocol == model.TCP && x.port == n.cluster.APIPort()
	for _, s := range n.cluster.APIServers() {
		if int(s.Port()) != x.port || x.protocol != model.TCP {
			continue
		}
		callsAPI = callsAPI || len(w.APIAccess) > 0
		if len(w.APIAccess) == 0 {
			deny(s.Addr())
		}
	}
	slices.SortFunc(x.addrs, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	x.addrs = slices.Compact(x.addrs)
	callsNodes := slices.ContainsFunc(n.callees[w], func(p *model.Port) bool {
		return p.Workload.Host.Network && p.Number == x.port && protocolOf(p.Protocol) == x.protocol
	})
	x.servers = !callsAPI && !callsNodes
	x.nodes = x.servers && !slices.ContainsFunc(blocks, n.holdsNodes)
}

// holdsNodes reports whether a range may have addresses of the cluster's nodes.
func (n *network) holdsNodes(b model.Block) bool {
	for _, pool := range n.cluster.NodePools {
		for _, p := range pool.CIDRs() {
			if b.CIDR.Overlaps(p) && !slices.ContainsFunc(b.Except, func(e netip.Prefix) bool { return e.Bits() <= p.Bits() && e.Contains(p.Addr()) }) {
				return true
			}
		}
	}
	return false
}

// cilium returns the denials. Ranges of addresses match no node, so these have their entities: a control-plane node has both.
func (x unnamed) cilium() []CiliumEgressDeny {
	var entities []string
	if x.nodes {
		entities = append(entities, "host", "remote-node")
	}
	if x.servers {
		entities = append(entities, "kube-apiserver")
	}
	ports := ciliumPorts(x.protocol, x.port)
	var out []CiliumEgressDeny
	if len(entities) > 0 {
		out = append(out, CiliumEgressDeny{ToEntities: entities, ToPorts: ports})
	}
	var blocks []CiliumCIDR
	for _, a := range x.addrs {
		blocks = append(blocks, CiliumCIDR{CIDR: a.String()})
	}
	if len(blocks) > 0 {
		out = append(out, CiliumEgressDeny{ToCIDRSet: blocks, ToPorts: ports})
	}
	return out
}

// name is what the rule is called where rules have names.
func (x unnamed) name() string {
	return fmt.Sprintf("never-%d-%s", x.port, strings.ToLower(string(x.protocol)))
}

// antrea returns the rule that drops.
func (x unnamed) antrea() []AntreaEgress {
	rule := AntreaEgress{
		Name: x.name(), Action: AntreaDrop,
		Ports: []networkingv1.NetworkPolicyPort{netPort(x.protocol, x.port)},
	}
	for _, a := range x.addrs {
		rule.To = append(rule.To, AntreaPeer{IPBlock: &AntreaIPBlock{CIDR: a.String()}})
	}
	if x.nodes {
		rule.To = append(rule.To, AntreaPeer{NodeSelector: &metav1.LabelSelector{}})
	}
	if len(rule.To) == 0 {
		return nil // without destinations it would mean all of them
	}
	return []AntreaEgress{rule}
}
