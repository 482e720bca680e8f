package generate

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// ingressPolicies keep each namespace to the hosts that it publishes. A controller merges the rules, certificates and
// annotations of all namespaces into one configuration, and nothing in the API says which host is whose.
func ingressPolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	var published []string
	declared := false
	for _, g := range s.Gateways {
		declared = declared || g.Kind == model.IngressAPI && g.Namespace != nil && g.Namespace.Cluster == c
	}
	if !declared {
		return nil
	}
	for _, w := range c.Workloads() {
		for _, e := range w.Exposes {
			if e.Via.Kind == model.IngressAPI {
				published = append(published, w.Namespace.Name+" "+e.Via.Class+" "+e.Host)
			}
		}
	}
	return []celPolicy{{
		name: "ingresses", doc: "refuses Ingresses for hosts or of classes that their namespace does not publish",
		rules: []admissionv1.NamedRuleWithOperations{resources("networking.k8s.io", written, "ingresses")},
		variables: []admissionv1.Variable{
			list("published", published),
			variable("new", `object.metadata.?annotations.orValue({})`),
			variable("old", `oldObject == null ? {} : oldObject.metadata.?annotations.orValue({})`),
			// Controllers take their finalizers off Ingresses that are older than the policy.
			variable("kept", `oldObject != null && object.spec == oldObject.spec`),
			variable("class", `request.namespace + " " + object.spec.?ingressClassName.orValue("") + " "`),
			// Whoever applies objects leaves notes on them. The rest are orders to controllers: nginx writes some into its configuration
			// as they stand, and kubernetes.io/ingress.class goes before ingressClassName.
			variable("notes", `["argocd.argoproj.io/", "bartizan.dev/", "kubectl.kubernetes.io/", "kustomize.toolkit.fluxcd.io/"]`),
		},
		validations: []admissionv1.Validation{
			validation(`variables.kept || size(object.spec.?rules.orValue([])) > 0 && object.spec.rules.all(r, (variables.class + r.?host.orValue("")) in variables.published)`,
				"bartizan-ingresses: the namespace does not publish this host by this class. Declare it with an expose block of the workload."),
			validation(`variables.kept || object.spec.?tls.orValue([]).all(t, size(t.?hosts.orValue([])) > 0 && t.hosts.all(h, (variables.class + h) in variables.published))`,
				"bartizan-ingresses: a certificate is for a host that the namespace does not publish, or for any. Name the published hosts in tls."),
			validation(`variables.kept || !has(object.spec.defaultBackend)`,
				"bartizan-ingresses: a default backend receives the requests of every host that nobody publishes. Publish a host with an expose block."),
			validation(`variables.new.all(k, variables.notes.exists(n, k.startsWith(n)) || k in variables.old && variables.old[k] == variables.new[k])`,
				"bartizan-ingresses: annotations give the ingress controller orders that nobody reviews. Leave them out; what the controller must do for all goes into its own configuration."),
		},
	}}
}
