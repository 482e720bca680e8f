package generate

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// CiliumNetworkPolicy is the part of cilium.io/v2 CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy that is
// written here: what the NetworkPolicy of Kubernetes cannot say.
//
// Fields: github.com/cilium/cilium, Documentation/security/policy/language.rst.
type CiliumNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              CiliumRule `json:"spec"`
}

// CiliumRule selects pods and says what they may receive and send. A direction that is left out is not restricted by
// the rule.
type CiliumRule struct {
	Description      string               `json:"description,omitempty"`
	EndpointSelector metav1.LabelSelector `json:"endpointSelector"`
	Ingress          []CiliumIngress      `json:"ingress,omitempty"`
	Egress           []CiliumEgress       `json:"egress,omitempty"`
	EgressDeny       []CiliumEgressDeny   `json:"egressDeny,omitempty"`
}

// CiliumIngress allows sources. Exactly one of the From fields is set.
type CiliumIngress struct {
	FromEntities []string       `json:"fromEntities,omitempty"`
	FromCIDRSet  []CiliumCIDR   `json:"fromCIDRSet,omitempty"`
	ToPorts      []CiliumToPort `json:"toPorts,omitempty"`
}

// CiliumEgress allows destinations. Exactly one of the To fields that name a peer is set.
type CiliumEgress struct {
	ToEndpoints []metav1.LabelSelector `json:"toEndpoints,omitempty"`
	ToEntities  []string               `json:"toEntities,omitempty"`
	ToFQDNs     []CiliumFQDN           `json:"toFQDNs,omitempty"`
	ToPorts     []CiliumToPort         `json:"toPorts,omitempty"`
}

// CiliumEgressDeny denies destinations, whatever this or any other policy of Cilium's or of Kubernetes allows. Exactly one of
// the To fields that name a peer is set; without ports all of them are meant. Names cannot be denied.
//
// Precedence: Documentation/security/policy/deny.rst. An address is denied also where it was learnt for a name: the agent
// joins all that it knows of an address into one identity (pkg/ipcache, metadata.mergeLabels), and gives the addresses of
// nodes neither names nor ranges unless policy-cidr-match-mode says so (resolveLabels).
type CiliumEgressDeny struct {
	ToEntities []string       `json:"toEntities,omitempty"`
	ToCIDRSet  []CiliumCIDR   `json:"toCIDRSet,omitempty"`
	ToPorts    []CiliumToPort `json:"toPorts,omitempty"`
}

// CiliumCIDR is a block of addresses outside the cluster.
type CiliumCIDR struct {
	CIDR   string   `json:"cidr"`
	Except []string `json:"except,omitempty"`
}

// CiliumFQDN is a DNS name whose addresses are learnt from the answers that the DNS proxy sees.
type CiliumFQDN struct {
	MatchName string `json:"matchName"`
}

// CiliumToPort limits a rule to ports and, for DNS, hands the queries to the proxy.
type CiliumToPort struct {
	Ports []CiliumPort `json:"ports"`
	Rules *CiliumL7    `json:"rules,omitempty"`
}

// CiliumPort is a destination port.
type CiliumPort struct {
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
}

// CiliumL7 are rules above the transport layer.
type CiliumL7 struct {
	DNS []CiliumDNS `json:"dns,omitempty"`
}

// CiliumDNS is a pattern of names that may be asked for.
type CiliumDNS struct {
	MatchPattern string `json:"matchPattern"`
}
