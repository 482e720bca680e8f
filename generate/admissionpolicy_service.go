package generate

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// gatewayNameLabel marks the Services that a gateway controller makes for a gateway (GEP-1762).
const gatewayNameLabel = "gateway.networking.k8s.io/gateway-name"

func servicePolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	var gateways []string
	for _, g := range s.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == c {
			gateways = append(gateways, g.Namespace.Name+"/"+g.Name)
		}
	}
	return []celPolicy{{
		name: "services", doc: "refuses Services that open ports of nodes, load balancers or external addresses",
		rules: []admissionv1.NamedRuleWithOperations{resources("", written, "services")}, exempt: []string{"kube-system"},
		variables: []admissionv1.Variable{
			list("gateways", gateways),
			variable("gateway", `request.namespace + "/" + object.metadata.?labels[?"`+gatewayNameLabel+`"].orValue("")`),
			// Controllers take their finalizers off Services that are older than the policy.
			variable("kept", `oldObject != null && object.spec == oldObject.spec && object.metadata.?labels[?"`+gatewayNameLabel+`"] == oldObject.metadata.?labels[?"`+gatewayNameLabel+`"]`),
		},
		validations: []admissionv1.Validation{
			validation(`variables.kept || object.spec.?type.orValue("ClusterIP") == "ClusterIP" || object.spec.type == "LoadBalancer" && variables.gateway in variables.gateways`,
				"bartizan-services: only Services of type ClusterIP are allowed, and the load balancers of declared gateways. Publish the workload with an expose block."),
			validation(`variables.kept || size(object.spec.?externalIPs.orValue([])) == 0`,
				"bartizan-services: externalIPs would let the Service take over the traffic of any address. Publish the workload with an expose block."),
		},
		controls: []model.ControlID{model.ServiceTypesEnforced},
	}}
}
