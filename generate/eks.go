package generate

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// ApplicationNetworkPolicy is the part of networking.k8s.aws/v1alpha1 ApplicationNetworkPolicy that is written here:
// connections to DNS names. It selects and isolates pods as a NetworkPolicy does, and adds up with those.
//
// Amazon's controller keeps what it derives from a policy under its namespace and name, without its kind: a NetworkPolicy and
// an ApplicationNetworkPolicy of one name would undo each other.
// Fields: github.com/aws/amazon-network-policy-controller-k8s, api/v1alpha1/applicationnetworkpolicy_types.go; names:
// pkg/policyendpoints/manager.go, both of v1.1.7.
type ApplicationNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ApplicationRules `json:"spec"`
}

// ApplicationRules are the rules for some pods of the namespace.
type ApplicationRules struct {
	PodSelector metav1.LabelSelector      `json:"podSelector"`
	PolicyTypes []networkingv1.PolicyType `json:"policyTypes"`
	Egress      []ApplicationEgress       `json:"egress"`
}

// ApplicationEgress allows connections to names on ports. Without ports it means all of them.
type ApplicationEgress struct {
	To    []ApplicationPeer                `json:"to"`
	Ports []networkingv1.NetworkPolicyPort `json:"ports,omitempty"`
}

// ApplicationPeer are destinations by name, learnt from the answers of the node's DNS. "*" as the first label stands for any
// labels.
type ApplicationPeer struct {
	DomainNames []string `json:"domainNames"`
}

// AmazonClusterPolicy is the part of networking.k8s.aws/v1alpha1 ClusterNetworkPolicy that is written here: what is denied
// to pods by address. The tiers are those of the standard's [ClusterNetworkPolicy]: on the node the Admin tier is asked first,
// the names and policies of the namespace then. Ports and their limits are Amazon's own.
//
// Fields: github.com/aws/amazon-network-policy-controller-k8s v1.1.7, api/v1alpha1/clusternetworkpolicy_types.go; order:
// github.com/aws/aws-network-policy-agent v1.4.1, pkg/ebpf/c/tc.v4egress.bpf.c, evaluateFlow.
type AmazonClusterPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              AmazonClusterRules `json:"spec"`
}

// AmazonClusterRules are the rules for some pods of the cluster.
type AmazonClusterRules struct {
	Tier     string                `json:"tier"`     // AdminTier or BaselineTier
	Priority int                   `json:"priority"` // 0 to 1000, the lowest first; Deny is first among equals
	Subject  ClusterNetworkSubject `json:"subject"`
	Egress   []AmazonClusterEgress `json:"egress"`
}

// AmazonClusterEgress is a rule for connections from the subject.
type AmazonClusterEgress struct {
	Name   string              `json:"name,omitempty"` // at most 100 characters
	Action string              `json:"action"`         // ClusterNetworkDeny
	To     []AmazonClusterPeer `json:"to"`             // 1 to 100
	Ports  []AmazonClusterPort `json:"ports,omitempty"`
}

// AmazonClusterPeer are destinations by address.
type AmazonClusterPeer struct {
	Networks []string `json:"networks"` // 1 to 25 CIDRs
}

// AmazonClusterPort is a destination port.
type AmazonClusterPort struct {
	PortNumber AmazonPortNumber `json:"portNumber"`
}

// AmazonPortNumber is a port of a protocol.
type AmazonPortNumber struct {
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
}

// amazonAPI is the version of both kinds.
const amazonAPI = "networking.k8s.aws/v1alpha1"

// amazonDenials returns the policy with what the workload's names may not lead to, or nil if it has none.
func (n *network) amazonDenials(w *model.Workload, meta metav1.ObjectMeta, subject ClusterNetworkSubject) any {
	var rules []AmazonClusterEgress
	for _, x := range n.notByName(w) {
		rules = append(rules, x.amazon(n.cluster)...)
	}
	if len(rules) == 0 {
		return nil
	}
	return &AmazonClusterPolicy{
		TypeMeta: typeMeta(amazonAPI, "ClusterNetworkPolicy"), ObjectMeta: meta,
		Spec: AmazonClusterRules{Tier: AdminTier, Priority: namesPriority, Subject: subject, Egress: rules},
	}
}

// amazon returns the rule that denies.
func (x unnamed) amazon(c *model.Cluster) []AmazonClusterEgress {
	denied := x.addrs
	if x.nodes {
		denied = mergeNested(append(slices.Clone(denied), c.NodeCIDRs()...))
	}
	if len(denied) == 0 {
		return nil
	}
	rule := AmazonClusterEgress{
		Name: x.name(), Action: ClusterNetworkDeny,
		Ports: []AmazonClusterPort{{AmazonPortNumber{string(x.protocol), x.port}}},
	}
	for _, n := range networks(denied) {
		rule.To = append(rule.To, AmazonClusterPeer{n.Networks})
	}
	return []AmazonClusterEgress{rule}
}
