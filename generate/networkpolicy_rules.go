package generate

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/bartizan-dev/bartizan/model"
)

// The cluster's DNS, as kubeadm and every distribution label it.
const (
	dnsNamespace = "kube-system"
	dnsPort      = 53
)

var dnsLabels = map[string]string{"k8s-app": "kube-dns"}

// network is one cluster's declared traffic, indexed by destination.
type network struct {
	spec    *model.Spec
	cluster *model.Cluster
	to      map[*model.Port][]model.Peer // declared sources of each port, sorted
	callees map[*model.Workload][]*model.Port
	exposed map[*model.Gateway][]*model.Port // ports published through each gateway, sorted
}

func newNetwork(s *model.Spec, c *model.Cluster) *network {
	n := &network{spec: s, cluster: c, to: map[*model.Port][]model.Peer{}, callees: c.Callees(), exposed: map[*model.Gateway][]*model.Port{}}
	for _, f := range c.Flows() {
		n.to[f.To] = append(n.to[f.To], f.From)
		if g, ok := f.From.(*model.Gateway); ok {
			n.exposed[g] = append(n.exposed[g], f.To)
		}
	}
	return n
}

// netRules are the rules of one workload or gateway.
type netRules struct {
	ingress       []networkingv1.NetworkPolicyIngressRule
	egress        []networkingv1.NetworkPolicyEgressRule
	ciliumIngress []CiliumIngress
	ciliumEgress  []CiliumEgress
	ciliumDeny    []CiliumEgressDeny
	antreaEgress  []AntreaEgress
	amazonEgress  []ApplicationEgress
	calicoEgress  []CalicoEgress
	googleEgress  []FQDNEgress
	reasons       []string
	// complete is false if the CNI cannot express a declared destination, or keep it from leading elsewhere.
	complete bool
}

// why lists the declarations behind the rules, one on each line.
func (r *netRules) why() string {
	if len(r.reasons) == 0 {
		return "Nothing is declared."
	}
	return strings.Join(r.reasons, "\n")
}

// peers is one end of a connection in the words of a NetworkPolicy and, for what it cannot say, of Cilium.
type peers struct {
	list     []networkingv1.NetworkPolicyPeer
	entities []string
}

// peers translates a declared peer.
func (n *network) peers(p model.Peer) peers {
	cilium := n.cluster.Network.CNI == model.Cilium
	switch p := p.(type) {
	case *model.Workload:
		if !p.Host.Network {
			return peers{list: []networkingv1.NetworkPolicyPeer{podPeer(p.Namespace.Name, p.Selector)}}
		}
		if cilium {
			return peers{entities: []string{"host", "remote-node"}} // address ranges match no node
		}
	case *model.Namespace:
		return peers{list: []networkingv1.NetworkPolicyPeer{podPeer(p.Name, nil)}}
	case *model.Gateway:
		if len(p.Selector) > 0 && p.Namespace != nil {
			return peers{list: []networkingv1.NetworkPolicyPeer{podPeer(p.Namespace.Name, p.Selector)}}
		}
		if cilium {
			return peers{entities: []string{"ingress"}} // Cilium's own Envoy on each node
		}
	case *model.NodePool:
		if cilium && p.Has(model.RoleControlPlane) {
			return peers{entities: []string{"kube-apiserver"}}
		}
		if cilium {
			return peers{entities: []string{"host", "remote-node"}}
		}
	}
	var out peers
	for _, b := range n.cluster.SourceBlocks(n.spec, p) {
		out.list = append(out.list, networkingv1.NetworkPolicyPeer{IPBlock: ipBlock(b)})
	}
	return out
}

// podPeer selects pods of one namespace: both selectors stand in one peer, so that both must match.
func podPeer(namespace string, labels map[string]string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{namespaceNameLabel: namespace}},
		PodSelector:       &metav1.LabelSelector{MatchLabels: labels},
	}
}

func ipBlock(b model.Block) *networkingv1.IPBlock {
	block := &networkingv1.IPBlock{CIDR: b.CIDR.String()}
	for _, e := range b.Except {
		block.Except = append(block.Except, e.String())
	}
	return block
}

// contains reports whether the address is in the block.
func contains(b model.Block, a netip.Addr) bool {
	return b.CIDR.Contains(a) && !slices.ContainsFunc(b.Except, func(e netip.Prefix) bool { return e.Contains(a) })
}

func netPort(protocol model.Protocol, number int) networkingv1.NetworkPolicyPort {
	proto, port := corev1.Protocol(protocolOf(protocol)), intstr.FromInt32(int32(number))
	return networkingv1.NetworkPolicyPort{Protocol: &proto, Port: &port}
}

func ciliumPorts(protocol model.Protocol, numbers ...int) []CiliumToPort {
	var ports []CiliumPort
	for _, n := range numbers {
		ports = append(ports, CiliumPort{Port: strconv.Itoa(n), Protocol: string(protocolOf(protocol))})
	}
	return []CiliumToPort{{Ports: ports}}
}

// protocolOf returns the protocol, TCP where none is declared.
func protocolOf(p model.Protocol) model.Protocol {
	if p == "" {
		return model.TCP
	}
	return p
}

// workload returns the rules of a workload.
func (n *network) workload(w *model.Workload) *netRules {
	r := &netRules{complete: true}
	for _, port := range w.Ports {
		n.admit(r, port)
	}
	n.dns(r, w)
	for _, port := range n.callees[w] {
		n.call(r, port)
	}
	for _, e := range w.Egress {
		n.leave(r, e)
	}
	if len(w.APIAccess) > 0 {
		n.callAPI(r)
	}
	if w.Namespace.Mesh != nil {
		r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
			To:    []networkingv1.NetworkPolicyPeer{podPeer(istioNamespace, istiodLabels)},
			Ports: []networkingv1.NetworkPolicyPort{netPort(model.TCP, istiodPort)},
		})
		r.reasons = append(r.reasons, fmt.Sprintf("→ istiod, for the proxy (%d/TCP)", istiodPort))
	}
	n.confineNames(r, w)
	return r
}

// gateway returns the rules of a gateway whose data plane are pods.
func (n *network) gateway(g *model.Gateway) *netRules {
	r := &netRules{complete: true}
	port := g.Port
	if port == 0 {
		port = 443
	}
	for _, from := range g.From {
		n.from(r, from, model.TCP, port, "https")
	}
	n.dns(r, nil)
	for _, to := range n.exposed[g] {
		n.call(r, to)
	}
	return r
}

// admit lets the declared sources of a port in.
func (n *network) admit(r *netRules, port *model.Port) {
	for _, from := range n.to[port] {
		n.from(r, from, port.Protocol, port.Number, port.Name)
	}
}

func (n *network) from(r *netRules, from model.Peer, protocol model.Protocol, number int, name string) {
	who := n.peers(from)
	if len(who.list) > 0 {
		r.ingress = append(r.ingress, networkingv1.NetworkPolicyIngressRule{
			From: who.list, Ports: []networkingv1.NetworkPolicyPort{netPort(protocol, number)},
		})
	}
	if len(who.entities) > 0 {
		r.ciliumIngress = append(r.ciliumIngress, CiliumIngress{FromEntities: who.entities, ToPorts: ciliumPorts(protocol, number)})
	}
	r.reasons = append(r.reasons, fmt.Sprintf("%s → %s (%d/%s)", from.Addr(), name, number, protocolOf(protocol)))
}

// call lets connections out to a port of a workload: to the port of its pods, not of the Service in front of them.
func (n *network) call(r *netRules, port *model.Port) {
	who := n.peers(port.Workload)
	if len(who.list) > 0 {
		r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
			To: who.list, Ports: []networkingv1.NetworkPolicyPort{netPort(port.Protocol, port.Number)},
		})
	}
	if len(who.entities) > 0 {
		r.ciliumEgress = append(r.ciliumEgress, CiliumEgress{ToEntities: who.entities, ToPorts: ciliumPorts(port.Protocol, port.Number)})
	}
	r.reasons = append(r.reasons, fmt.Sprintf("→ %s (%d/%s)", port.Addr(), port.Number, protocolOf(port.Protocol)))
}

// leave lets connections out of the cluster.
func (n *network) leave(r *netRules, e *model.Egress) {
	var blocks []networkingv1.NetworkPolicyPeer
	for _, b := range n.cluster.EgressBlocks(n.spec, e) {
		blocks = append(blocks, networkingv1.NetworkPolicyPeer{IPBlock: ipBlock(b)})
	}
	if len(blocks) > 0 {
		r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
			To: blocks, Ports: []networkingv1.NetworkPolicyPort{netPort(e.Protocol, e.Port)},
		})
	}
	if len(e.FQDNs) > 0 && !n.byName(r, e) {
		r.complete = false
		r.reasons = append(r.reasons, fmt.Sprintf("egress %s is not allowed: no rules for DNS names are written for %s", e.Name, n.cluster.Network.CNI))
		return
	}
	r.reasons = append(r.reasons, fmt.Sprintf("→ egress %s (%d/%s)", e.Name, e.Port, protocolOf(e.Protocol)))
}

// callAPI lets connections out to the API server. Address ranges match no node under Cilium, so it has an entity.
func (n *network) callAPI(r *netRules) {
	servers := n.cluster.APIServers()
	if n.cluster.Network.CNI == model.Cilium {
		ports := []int{n.cluster.APIPort()}
		for _, s := range servers {
			ports = append(ports, int(s.Port()))
		}
		slices.Sort(ports)
		r.ciliumEgress = append(r.ciliumEgress, CiliumEgress{
			ToEntities: []string{"kube-apiserver"}, ToPorts: ciliumPorts(model.TCP, slices.Compact(ports)...),
		})
	} else {
		r.complete = r.complete && len(servers) > 0
		for _, s := range servers {
			r.egress = append(r.egress, networkingv1.NetworkPolicyEgressRule{
				To:    []networkingv1.NetworkPolicyPeer{{IPBlock: &networkingv1.IPBlock{CIDR: netip.PrefixFrom(s.Addr(), s.Addr().BitLen()).String()}}},
				Ports: []networkingv1.NetworkPolicyPort{netPort(model.TCP, int(s.Port()))},
			})
		}
	}
	r.reasons = append(r.reasons, "→ API server (api_access)")
}
