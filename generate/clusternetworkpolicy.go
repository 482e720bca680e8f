package generate

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterNetworkPolicy is policy.networking.k8s.io/v1alpha2 ClusterNetworkPolicy. Policies of the tier Admin are judged before
// every NetworkPolicy, those of Baseline after it; within a tier the lowest priority is first, within a policy the first rule.
// The first rule that matches decides; Pass leaves the decision to the next tier. Host-network pods are no subject.
//
// Fields and rules: sigs.k8s.io/network-policy-api v0.2.0, apis/v1alpha2/clusternetworkpolicy_types.go.
type ClusterNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ClusterNetworkRules `json:"spec"`
}

// ClusterNetworkRules are the rules for some pods of the cluster. A direction without rules is not concerned.
type ClusterNetworkRules struct {
	Tier     string                  `json:"tier"`     // AdminTier or BaselineTier
	Priority int                     `json:"priority"` // 0 to 1000; between equal ones the order is not known
	Subject  ClusterNetworkSubject   `json:"subject"`
	Ingress  []ClusterNetworkIngress `json:"ingress,omitempty"`
	Egress   []ClusterNetworkEgress  `json:"egress,omitempty"`
}

// clusterPolicyAPI is the version of the kind.
const clusterPolicyAPI = "policy.networking.k8s.io/v1alpha2"

// The tiers.
const (
	AdminTier    = "Admin"
	BaselineTier = "Baseline"
)

// ClusterNetworkSubject selects pods. Exactly one field is set.
type ClusterNetworkSubject struct {
	Namespaces *metav1.LabelSelector `json:"namespaces,omitempty"`
	Pods       *ClusterNetworkPods   `json:"pods,omitempty"`
}

// ClusterNetworkPods selects pods by the labels of their namespaces and their own.
type ClusterNetworkPods struct {
	NamespaceSelector metav1.LabelSelector `json:"namespaceSelector"`
	PodSelector       metav1.LabelSelector `json:"podSelector"`
}

// The actions of a rule.
const (
	ClusterNetworkAccept = "Accept" // whatever other policies say
	ClusterNetworkDeny   = "Deny"
	ClusterNetworkPass   = "Pass"
)

// ClusterNetworkIngress is a rule for connections to the subject.
type ClusterNetworkIngress struct {
	Name      string                    `json:"name,omitempty"` // at most 100 characters
	Action    string                    `json:"action"`
	From      []ClusterNetworkSubject   `json:"from"` // 1 to 25
	Protocols []ClusterNetworkProtocols `json:"protocols,omitempty"`
}

// ClusterNetworkEgress is a rule for connections from the subject.
type ClusterNetworkEgress struct {
	Name      string                    `json:"name,omitempty"` // at most 100 characters
	Action    string                    `json:"action"`
	To        []ClusterNetworkPeer      `json:"to"`                  // 1 to 25
	Protocols []ClusterNetworkProtocols `json:"protocols,omitempty"` // 1 to 25; none: all
}

// ClusterNetworkPeer is a destination. Exactly one field is set. Nodes and DomainNames are in the experimental channel of the
// definition alone.
type ClusterNetworkPeer struct {
	Namespaces  *metav1.LabelSelector `json:"namespaces,omitempty"`
	Pods        *ClusterNetworkPods   `json:"pods,omitempty"`
	Nodes       *metav1.LabelSelector `json:"nodes,omitempty"`
	Networks    []string              `json:"networks,omitempty"` // 1 to 25 CIDRs, also of pods and nodes
	DomainNames []string              `json:"domainNames,omitempty"`
}

// ClusterNetworkProtocols is a protocol with its ports. Exactly one field is set.
type ClusterNetworkProtocols struct {
	TCP                  *ClusterNetworkPorts `json:"tcp,omitempty"`
	UDP                  *ClusterNetworkPorts `json:"udp,omitempty"`
	SCTP                 *ClusterNetworkPorts `json:"sctp,omitempty"`
	DestinationNamedPort string               `json:"destinationNamedPort,omitempty"`
}

// ClusterNetworkPorts are ports of one protocol.
type ClusterNetworkPorts struct {
	DestinationPort *ClusterNetworkPort `json:"destinationPort,omitempty"`
}

// ClusterNetworkPort is a port, or a range of them. Exactly one field is set.
type ClusterNetworkPort struct {
	Number int                      `json:"number,omitempty"`
	Range  *ClusterNetworkPortRange `json:"range,omitempty"`
}

// ClusterNetworkPortRange includes both ends; Start is less than End.
type ClusterNetworkPortRange struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
