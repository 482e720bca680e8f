package generate

import (
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// networkPolicyAPIVersion is the release of the network policy API whose definition guard rails need.
const networkPolicyAPIVersion = "v0.2.0"

// guardRails writes what no policy of a namespace can open.
//
// A NetworkPolicy is an object of its namespace: who may write there may open it. Policies of the Admin tier are objects of the
// cluster and are judged first. They deny, and pass what is declared on to the policies of the namespace; they accept nothing,
// so that those stay exact.
var guardRails = &Generator{
	Name: "guard-rails",
	Doc: `deny at the cluster's own level what no namespace's policy may open

Where the specification asks for guard_rails: ClusterNetworkPolicies of the Admin tier keep the pods of all namespaces but
kube-system from the cloud's metadata addresses, and the pods of the declared namespaces from every node and API server. What a
workload declares there is passed on to the policies of its namespace, on its port. Nothing is accepted here. Not written: rules
for DNS names and for nodes by their labels, which are in the experimental channel of the API; rules against sources outside the
cluster, which the API does not know. Pods of kube-system and host-network pods are not held.`,
	Controls: []model.ControlID{model.MetadataGuarded, model.NodesGuarded},
	Kinds:    objectKinds(clusterPolicyAPI, "ClusterNetworkPolicy"),
	Run:      runGuardRails,
}

// Priorities within the Admin tier: what is passed comes before what is denied. Two policies that pass need no order.
const (
	passPriority     = 100
	metadataPriority = 200
	nodesPriority    = 210
)

func runGuardRails(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		if !c.Network.GuardRails {
			continue
		}
		file := path.Join(PlatformDir(c), "clusternetworkpolicy-guard-rails.yaml")
		n := newNetwork(p.Spec, c)
		var objects []any
		for _, w := range c.Workloads() {
			if w.Host.Network {
				continue
			}
			objects = append(objects, passPolicies(c, w, n.passes(w))...)
			// Only Cilium's values say whether the plugin knows the API.
			if c.Network.CNI != model.Cilium || c.Provisioner != model.Kubeadm || w.Namespace.Name == dnsNamespace {
				continue
			}
			if !n.reachesMetadata(w) {
				p.Claim(model.MetadataGuarded, w.Addr(), file)
			}
			p.Claim(model.NodesGuarded, w.Addr(), file)
		}
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "denies what no policy of a namespace can open: metadata addresses, nodes, API servers",
			Where: "the cluster, once the definition of ClusterNetworkPolicy is installed",
		}, append(objects, n.denials()...)...); err != nil {
			return err
		}
	}
	return nil
}

// denials are the policies that deny.
func (n *network) denials() []any {
	c := n.cluster
	name := func(operator metav1.LabelSelectorOperator, names ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: namespaceNameLabel, Operator: operator, Values: names}}}
	}
	objects := []any{guardPolicy(c, "metadata", "Nobody asks the cloud for the credentials of a machine.", metadataPriority,
		ClusterNetworkSubject{Namespaces: name(metav1.LabelSelectorOpNotIn, dnsNamespace)},
		[]ClusterNetworkEgress{{Name: "metadata", Action: ClusterNetworkDeny, To: networks(model.MetadataAddresses)}})}
	nodes := nodeAddresses(c)
	var names []string
	for _, x := range c.Namespaces {
		if x.Name != dnsNamespace {
			names = append(names, x.Name)
		}
	}
	slices.Sort(names)
	if len(nodes) == 0 || len(names) == 0 {
		return objects
	}
	var rules []ClusterNetworkEgress
	for to := range slices.Chunk(networks(nodes), maxPeers) {
		rule := ClusterNetworkEgress{Name: "nodes", Action: ClusterNetworkDeny, To: to}
		if len(rules) > 0 {
			rule.Name = fmt.Sprintf("nodes-%d", len(rules)+1)
		}
		rules = append(rules, rule)
	}
	return append(objects, guardPolicy(c, "nodes", "Nodes and API servers are reached by whom the specification names.", nodesPriority,
		ClusterNetworkSubject{Namespaces: name(metav1.LabelSelectorOpIn, names...)}, rules))
}

// maxPeers is how many rules a policy, how many peers a rule, and how many ranges a peer may have.
const maxPeers = 25

// networks returns peers for the ranges.
func networks(ranges []netip.Prefix) []ClusterNetworkPeer {
	var peers []ClusterNetworkPeer
	for some := range slices.Chunk(ranges, maxPeers) {
		var p ClusterNetworkPeer
		for _, r := range some {
			p.Networks = append(p.Networks, r.String())
		}
		peers = append(peers, p)
	}
	return peers
}

// nodeAddresses are the known addresses of nodes and API servers, sorted, none inside another.
func nodeAddresses(c *model.Cluster) []netip.Prefix {
	var all []netip.Prefix
	for _, pool := range c.NodePools {
		all = append(all, pool.CIDRs()...)
	}
	for _, s := range c.APIServers() {
		all = append(all, netip.PrefixFrom(s.Addr(), s.Addr().BitLen()))
	}
	return mergeNested(all)
}

// mergeNested sorts ranges, without those inside another.
func mergeNested(all []netip.Prefix) []netip.Prefix {
	slices.SortFunc(all, func(a, b netip.Prefix) int {
		if d := a.Masked().Addr().Compare(b.Masked().Addr()); d != 0 {
			return d
		}
		return a.Bits() - b.Bits()
	})
	var out []netip.Prefix
	for _, x := range all {
		if k := len(out); k > 0 && out[k-1].Bits() <= x.Bits() && out[k-1].Contains(x.Addr()) {
			continue
		}
		out = append(out, x.Masked())
	}
	return out
}

// passes are the rules that leave what a workload declares among the denied addresses to the policies of its namespace.
func (n *network) passes(w *model.Workload) []ClusterNetworkEgress {
	var rules []ClusterNetworkEgress
	pass := func(name string, to []netip.Prefix, protocol model.Protocol, port int) {
		if len(to) > 0 {
			rules = append(rules, ClusterNetworkEgress{Name: name, Action: ClusterNetworkPass, To: networks(to), Protocols: onPort(protocol, port)})
		}
	}
	denied := append(slices.Clone(model.MetadataAddresses), nodeAddresses(n.cluster)...)
	for _, port := range w.Calls {
		if port.Workload.Host.Network {
			var to []netip.Prefix
			for _, pool := range port.Workload.HostPools() {
				to = append(to, pool.CIDRs()...)
			}
			pass(fmt.Sprintf("calls-%d", port.Number), to, port.Protocol, port.Number)
		}
	}
	for _, e := range w.Egress {
		var to []netip.Prefix
		for _, b := range n.cluster.EgressBlocks(n.spec, e) {
			to = append(to, shared(b, denied)...)
		}
		pass("egress-"+e.Name, to, e.Protocol, e.Port)
	}
	if len(w.APIAccess) > 0 {
		servers := map[int][]netip.Prefix{}
		for _, s := range n.cluster.APIServers() {
			servers[int(s.Port())] = append(servers[int(s.Port())], netip.PrefixFrom(s.Addr(), s.Addr().BitLen()))
		}
		for _, port := range slices.Sorted(maps.Keys(servers)) {
			pass(fmt.Sprintf("api-access-%d", port), servers[port], model.TCP, port)
		}
	}
	return rules
}

// shared returns what of the ranges lies in the block.
func shared(b model.Block, ranges []netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, r := range ranges {
		if r.Overlaps(b.CIDR) {
			if r.Bits() < b.CIDR.Bits() {
				r = b.CIDR
			}
			out = append(out, without(r, b.Except)...)
		}
	}
	return out
}

// without cuts holes out of a range.
func without(r netip.Prefix, holes []netip.Prefix) []netip.Prefix {
	if !slices.ContainsFunc(holes, r.Overlaps) {
		return []netip.Prefix{r}
	}
	if slices.ContainsFunc(holes, func(h netip.Prefix) bool { return h.Bits() <= r.Bits() && h.Contains(r.Addr()) }) {
		return nil
	}
	// A hole lies strictly inside, so there are two halves.
	low := netip.PrefixFrom(r.Masked().Addr(), r.Bits()+1)
	middle := low.Addr().AsSlice()
	middle[r.Bits()/8] |= 1 << (7 - r.Bits()%8)
	a, _ := netip.AddrFromSlice(middle)
	return append(without(low, holes), without(netip.PrefixFrom(a, low.Bits()), holes)...)
}

func onPort(protocol model.Protocol, port int) []ClusterNetworkProtocols {
	ports := &ClusterNetworkPorts{DestinationPort: &ClusterNetworkPort{Number: port}}
	switch protocolOf(protocol) {
	case model.UDP:
		return []ClusterNetworkProtocols{{UDP: ports}}
	case model.SCTP:
		return []ClusterNetworkProtocols{{SCTP: ports}}
	}
	return []ClusterNetworkProtocols{{TCP: ports}}
}

// guardLabel is the name of all guard rails in their labels: their own may be longer than a label.
const guardLabel = "guard-rails"

func guardPolicy(c *model.Cluster, name, why string, priority int, subject ClusterNetworkSubject, rules []ClusterNetworkEgress) *ClusterNetworkPolicy {
	meta := clusterMeta(c, guardLabel)
	meta.Name += "." + name
	meta.Annotations = map[string]string{whyAnnotation: why}
	return &ClusterNetworkPolicy{
		TypeMeta:   typeMeta(clusterPolicyAPI, "ClusterNetworkPolicy"),
		ObjectMeta: meta,
		Spec:       ClusterNetworkRules{Tier: AdminTier, Priority: priority, Subject: subject, Egress: rules},
	}
}

// passPolicies have names that no two workloads share: those of namespaces and workloads have no dots.
func passPolicies(c *model.Cluster, w *model.Workload, rules []ClusterNetworkEgress) []any {
	var objects []any
	for some := range slices.Chunk(rules, maxPeers) {
		name := "pass." + w.Namespace.Name + "." + w.Name
		if len(objects) > 0 {
			name = fmt.Sprintf("%s.%d", name, len(objects)+1)
		}
		peer := podPeer(w.Namespace.Name, w.Selector)
		objects = append(objects, guardPolicy(c, name, "Leaves what "+string(w.Addr())+" declares to the policies of its namespace.", passPriority,
			ClusterNetworkSubject{Pods: &ClusterNetworkPods{NamespaceSelector: *peer.NamespaceSelector, PodSelector: *peer.PodSelector}}, some))
	}
	return objects
}
