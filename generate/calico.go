package generate

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// CalicoNetworkPolicy is the part of projectcalico.org/v3 NetworkPolicy that is written here: connections to DNS names, which
// Calico Enterprise and Calico Cloud enforce.
//
// The policies of Kubernetes are in the default tier with order 1000. What no rule of a policy with a lower order matches goes on
// to them, so an Allow opens what they would refuse.
// Fields: github.com/tigera/api, pkg/apis/projectcalico/v3; names and the DNS servers that are believed:
// https://docs.tigera.io/calico-enterprise/latest/network-policy/domain-based-policy.
type CalicoNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              CalicoRules `json:"spec"`
}

// CalicoRules are the rules for some pods of the namespace.
type CalicoRules struct {
	Tier     string         `json:"tier"`     // CalicoTier
	Order    *int           `json:"order"`    // the lowest is judged first, none last; less than CalicoKubernetesOrder
	Selector string         `json:"selector"` // label == "value", joined by &&
	Types    []string       `json:"types"`    // Egress
	Egress   []CalicoEgress `json:"egress"`
}

const (
	calicoAPI = "projectcalico.org/v3"
	// CalicoTier is the tier in which the policies of Kubernetes are.
	CalicoTier = "default"
	// CalicoKubernetesOrder is their order.
	CalicoKubernetesOrder = 1000
)

// The actions of a rule.
const (
	CalicoAllow = "Allow"
	CalicoDeny  = "Deny"
)

// CalicoEgress is a rule: the first that matches decides.
type CalicoEgress struct {
	Action      string            `json:"action"`
	Protocol    string            `json:"protocol"`
	Destination CalicoDestination `json:"destination"`
}

// CalicoDestination are destinations on ports. Exactly one of Nets and Domains is set.
type CalicoDestination struct {
	Nets    []string `json:"nets,omitempty"`    // at most 256
	Domains []string `json:"domains,omitempty"` // learnt from the answers of the cluster's DNS
	Ports   []int    `json:"ports"`
}

// maxCalicoNets is how many nets a rule may have.
const maxCalicoNets = 256

// calico returns the rules that deny.
func (x unnamed) calico(c *model.Cluster) []CalicoEgress {
	denied := x.addrs
	if x.nodes {
		denied = mergeNested(append(slices.Clone(denied), c.NodeCIDRs()...))
	}
	var nets []string
	for _, p := range denied {
		nets = append(nets, p.String())
	}
	var rules []CalicoEgress
	for some := range slices.Chunk(nets, maxCalicoNets) {
		rules = append(rules, CalicoEgress{CalicoDeny, string(x.protocol), CalicoDestination{Nets: some, Ports: []int{x.port}}})
	}
	return rules
}

// calicoSelector writes labels as an expression. They are letters, digits and "-_./": nothing in them ends a string.
func calicoSelector(labels map[string]string) string {
	var all []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		all = append(all, fmt.Sprintf("%s == %q", k, labels[k]))
	}
	return strings.Join(all, " && ")
}
