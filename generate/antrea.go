package generate

import (
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// AntreaNetworkPolicy is the part of crd.antrea.io/v1beta1 NetworkPolicy that is written here: connections to DNS names, which
// the NetworkPolicy of Kubernetes cannot say.
//
// Antrea judges it before the policies of Kubernetes, rule by rule: the first that matches decides, and what none matches is
// left to them. So it isolates nothing, and an Allow opens what they would refuse.
// Fields: github.com/antrea-io/antrea, pkg/apis/crd/v1beta1/types.go; order and names: docs/antrea-network-policy.md.
type AntreaNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              AntreaRules `json:"spec"`
}

// AntreaRules are the rules for some pods of the namespace.
type AntreaRules struct {
	Tier      string            `json:"tier"`     // AntreaTier
	Priority  int               `json:"priority"` // 1 to 10000 within the tier; the lowest is judged first
	AppliedTo []AntreaAppliedTo `json:"appliedTo"`
	Egress    []AntreaEgress    `json:"egress"`
}

// AntreaTier is the last tier before the policies of Kubernetes.
const AntreaTier = "application"

// AntreaAppliedTo selects pods of the policy's namespace.
type AntreaAppliedTo struct {
	PodSelector metav1.LabelSelector `json:"podSelector"`
}

// The actions of a rule.
const (
	AntreaAllow = "Allow"
	AntreaDrop  = "Drop"
)

// AntreaEgress is a rule. Without ports it means all of them.
type AntreaEgress struct {
	Name   string                           `json:"name"`
	Action string                           `json:"action"`
	To     []AntreaPeer                     `json:"to"`
	Ports  []networkingv1.NetworkPolicyPort `json:"ports,omitempty"`
}

// AntreaPeer is a destination. Exactly one field is set.
type AntreaPeer struct {
	FQDN         string                `json:"fqdn,omitempty"` // learnt from the answers of the DNS
	IPBlock      *AntreaIPBlock        `json:"ipBlock,omitempty"`
	NodeSelector *metav1.LabelSelector `json:"nodeSelector,omitempty"` // the nodes' addresses in the Node objects, those of Antrea's gateway and tunnel
}

// AntreaIPBlock is a block of addresses.
type AntreaIPBlock struct {
	CIDR string `json:"cidr"`
}
