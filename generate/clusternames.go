package generate

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// namesFile is the file with the policies of the cluster about DNS names.
func namesFile(c *model.Cluster) string {
	return PlatformDir(c) + "/clusternetworkpolicy-names.yaml"
}

// namesPriority is that of these policies within the Admin tier: after all guard rails.
const namesPriority = 300

// clusterNames writes what policies of the namespaces cannot say of DNS names. On EKS none of these denies an address. For
// kube-network-policies the standard's policies of the cluster are the only ones with names.
func clusterNames(p *Pass, net *network) error {
	c := net.cluster
	var doc, why string
	var policy func(*model.Workload, metav1.ObjectMeta, ClusterNetworkSubject) any
	switch c.Network.CNI {
	case model.EKSAutoMode:
		doc, policy = "denies what no DNS name may lead to: metadata addresses, the API server, nodes", net.amazonDenials
		why = "Whoever answers for a DNS name chooses its address: any but these."
	case model.KubeNetworkPolicies:
		doc, policy = "lets workloads connect to the DNS names that they declare, and to nothing that no name may lead to", net.acceptNames
		why = "Whoever answers for a DNS name chooses its address: any but those that are passed on first."
	default:
		return nil
	}
	var objects []any
	for _, w := range c.Workloads() {
		if w.Host.Network {
			continue
		}
		meta := clusterMeta(c, "names")
		meta.Name += "." + w.Namespace.Name + "." + w.Name
		meta.Annotations = map[string]string{whyAnnotation: why}
		peer := podPeer(w.Namespace.Name, w.Selector)
		subject := ClusterNetworkSubject{Pods: &ClusterNetworkPods{NamespaceSelector: *peer.NamespaceSelector, PodSelector: *peer.PodSelector}}
		if o := policy(w, meta, subject); o != nil {
			objects = append(objects, o)
		}
	}
	if len(objects) == 0 {
		return nil
	}
	return p.YAML(Artifact{Path: namesFile(c), Doc: doc, Where: "the cluster, before the workloads"}, objects...)
}

// acceptNames returns the policy with the workload's names, or nil if it has none.
//
// What is accepted in the Admin tier no policy of the namespace can refuse. So first everything that no name may lead to is
// passed on, on all ports, to those policies, which decide on it as if there were no names: the cluster's own networks too.
func (n *network) acceptNames(w *model.Workload, meta metav1.ObjectMeta, subject ClusterNetworkSubject) any {
	var accept []ClusterNetworkEgress
	for _, e := range w.Egress {
		rule := ClusterNetworkEgress{Name: "egress-" + e.Name, Action: ClusterNetworkAccept, Protocols: onPort(e.Protocol, e.Port)}
		for some := range slices.Chunk(e.FQDNs, maxPeers) {
			rule.To = append(rule.To, ClusterNetworkPeer{DomainNames: some})
		}
		if len(rule.To) > 0 {
			accept = append(accept, rule)
		}
	}
	if len(accept) == 0 {
		return nil
	}
	c := n.cluster
	own := mergeNested(slices.Concat(model.MetadataAddresses, nodeAddresses(c), c.Network.Pods, c.Network.Services))
	rules := []ClusterNetworkEgress{{Name: "nodes", Action: ClusterNetworkPass, To: []ClusterNetworkPeer{{Nodes: &metav1.LabelSelector{}}}}}
	for to := range slices.Chunk(networks(own), maxPeers) {
		rule := ClusterNetworkEgress{Name: "never-by-name", Action: ClusterNetworkPass, To: to}
		if len(rules) > 1 {
			rule.Name = fmt.Sprintf("never-by-name-%d", len(rules))
		}
		rules = append(rules, rule)
	}
	return &ClusterNetworkPolicy{
		TypeMeta: typeMeta(clusterPolicyAPI, "ClusterNetworkPolicy"), ObjectMeta: meta,
		Spec: ClusterNetworkRules{Tier: AdminTier, Priority: namesPriority, Subject: subject, Egress: append(rules, accept...)},
	}
}
