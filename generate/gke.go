package generate

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FQDNNetworkPolicy is the part of networking.gke.io/v1alpha1 FQDNNetworkPolicy that is written here: connections to DNS names
// on GKE Dataplane V2. What it or a NetworkPolicy allows is allowed; neither denies anything.
//
// Fields: github.com/GoogleCloudPlatform/gke-networking-api, apis/fqdnnetworkpolicy/v1alpha1/types.go.
type FQDNNetworkPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              FQDNRules `json:"spec"`
}

// FQDNRules are the rules for some pods of the namespace.
type FQDNRules struct {
	PodSelector metav1.LabelSelector `json:"podSelector"`
	Egress      []FQDNEgress         `json:"egress"` // at least one
}

// FQDNEgress allows connections to names on ports. Without ports it means all of them.
type FQDNEgress struct {
	Matches []FQDNMatch `json:"matches"` // at least one
	Ports   []FQDNPort  `json:"ports,omitempty"`
}

// FQDNMatch is a destination.
type FQDNMatch struct {
	Name string `json:"name"`
}

// FQDNPort is a destination port. Without a protocol it means all protocols, without a port all ports.
type FQDNPort struct {
	Protocol string `json:"protocol"` // TCP or UDP
	Port     int    `json:"port"`
}

// googleAPI is the version of the kind.
const googleAPI = "networking.gke.io/v1alpha1"
