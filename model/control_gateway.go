package model

// Controls of what is published, and of what proves who calls.
const (
	GatewaySourcesExact     ControlID = "gateway-sources-exact"
	GatewayRoutesRestricted ControlID = "gateway-routes-restricted"
	MeshStrictMTLS          ControlID = "mesh-strict-mtls"
)

var gatewayControls = []*Control{
	{
		ID:        GatewaySourcesExact,
		Layer:     LayerNetwork,
		Subject:   "gateway",
		Title:     "Only declared sources reach the gateway",
		Doc:       "A policy on the gateway's pods, or on Cilium's own proxies, admits the addresses of the zones in from and no others.",
		Standards: []string{"NIST-800-190-4.3.3", "PCI-04"},
	},
	{
		ID:        GatewayRoutesRestricted,
		Layer:     LayerNetwork,
		Subject:   "gateway",
		Title:     "Only declared namespaces attach routes to the gateway, each to its own hosts",
		Doc:       "Each published host has a listener, which admits routes from the namespaces that publish this host, by a label that the API server itself sets. Another namespace cannot take over a host name, not even one that publishes through the same gateway (Gateway API, Listener.hostname and AllowedRoutes). An Ingress has no such limit of its own: an admission policy lets each namespace write those of its own hosts and class, without a default backend and without annotations, by which controllers take orders.",
		Standards: []string{"K8S-08", "OWASP-2025-K06"},
	},
	{
		ID:        MeshStrictMTLS,
		Layer:     LayerNetwork,
		Subject:   "mesh",
		Title:     "Services authenticate each other with mutual TLS",
		Doc:       "The mesh refuses plain text: each service proves its identity with a certificate, and each port accepts its declared callers alone. A label or an address alone impersonates nobody. Ports that something outside the mesh calls accept plain text too, for which network policies answer.",
		Standards: []string{"NSA-T06"},
	},
}
