package model

import "slices"

// TrafficPolicy are the resources of an API group that bound what pods may reach and what may reach them. In some of them a rule
// that allows adds to all others or overrules them, so that writing one opens as much as deleting one.
type TrafficPolicy struct {
	Group       string
	Namespaced  []string
	ClusterWide []string
	Mesh        bool // of a service mesh: its proxies enforce them, not a network plugin
}

// Resources are all of them, sorted.
func (p TrafficPolicy) Resources() []string {
	all := slices.Concat(p.Namespaced, p.ClusterWide)
	slices.Sort(all)
	return all
}

// TrafficPolicies are those of Kubernetes, of its network plugins and of Istio. Cluster-wide ones of policy.networking.k8s.io are
// those of v1alpha2 and of v1alpha1, its predecessor.
var TrafficPolicies = []TrafficPolicy{
	{Group: "networking.k8s.io", Namespaced: []string{"networkpolicies"}},
	{Group: "policy.networking.k8s.io", ClusterWide: []string{"adminnetworkpolicies", "baselineadminnetworkpolicies", "clusternetworkpolicies"}},
	{Group: "cilium.io", Namespaced: []string{"ciliumnetworkpolicies"}, ClusterWide: []string{"ciliumclusterwidenetworkpolicies"}},
	{Group: "crd.projectcalico.org", Namespaced: []string{"networkpolicies"}, ClusterWide: []string{"globalnetworkpolicies", "tiers"}},
	{Group: "projectcalico.org", Namespaced: []string{"networkpolicies"}, ClusterWide: []string{"globalnetworkpolicies", "tiers"}},
	{Group: "crd.antrea.io", Namespaced: []string{"networkpolicies"}, ClusterWide: []string{"clusternetworkpolicies", "tiers"}},
	{Group: "k8s.ovn.org", Namespaced: []string{"egressfirewalls"}},
	{Group: "networking.gke.io", Namespaced: []string{"fqdnnetworkpolicies"}},
	{Group: "networking.k8s.aws", Namespaced: []string{"applicationnetworkpolicies"}, ClusterWide: []string{"clusternetworkpolicies"}},
	{Group: "security.istio.io", Namespaced: []string{"authorizationpolicies", "peerauthentications"}, Mesh: true},
	{Group: "networking.istio.io", Namespaced: []string{"destinationrules", "envoyfilters", "sidecars"}, Mesh: true}, // can end TLS, or change the proxy
}
