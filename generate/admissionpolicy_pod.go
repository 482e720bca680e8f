package generate

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

func podPolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	var control, dedicated []string
	for _, w := range c.Workloads() {
		if w.Pool == nil {
			continue
		}
		who := w.Namespace.Name + "/" + accountName(w)
		if w.Pool.Has(model.RoleControlPlane) {
			control = append(control, who)
		}
		if w.Pool.Dedicated {
			dedicated = append(dedicated, who+" "+w.Pool.Name)
		}
	}
	return []celPolicy{
		{
			name: "placement", doc: "refuses pods that choose control-plane or dedicated nodes without being declared there",
			rules: []admissionv1.NamedRuleWithOperations{resources("", written, "pods")}, exempt: systemNamespaces(s, c),
			variables: []admissionv1.Variable{
				list("control", control),
				list("dedicated", dedicated),
				variable("who", `request.namespace + "/" + object.spec.?serviceAccountName.orValue("default")`),
				// Tolerations can be added to a pod, not taken away; what an older pod has is let be.
				variable("tolerations", `object.spec.?tolerations.orValue([]).filter(t, oldObject == null || !(t in oldObject.spec.?tolerations.orValue([])))`),
			},
			validations: []admissionv1.Validation{
				validation(`variables.tolerations.all(t, t.?key.orValue("") != "" && (!t.key.startsWith("node-role.kubernetes.io/") || variables.who in variables.control))`,
					"bartizan-placement: the pod tolerates the taint of control-plane nodes, or every taint. Leave that toleration out, name taints one by one, or set pool of the workload in the specification."),
				validation(`variables.tolerations.all(t, t.?key.orValue("") != "`+DedicatedTaint+`" || variables.who + " " + t.?value.orValue("") in variables.dedicated)`,
					"bartizan-placement: the pod tolerates the taint of a dedicated pool. Set pool of the workload in the specification."),
				validation(`request.operation != "CREATE" || object.spec.?nodeName.orValue("") == ""`,
					"bartizan-placement: nodeName passes by the scheduler and its taints. Leave it out."),
			},
			controls: []model.ControlID{model.PlacementEnforced},
		},
		{
			// The legacy resource "bindings" is the same right. Whoever has it needs no toleration.
			name: "binding", doc: "refuses to put pods on nodes past the scheduler",
			rules: []admissionv1.NamedRuleWithOperations{resources("", []admissionv1.OperationType{admissionv1.Create}, "bindings", "pods/binding")},
			validations: []admissionv1.Validation{validation(`request.userInfo.username == "system:kube-scheduler"`,
				"bartizan-binding: the scheduler alone puts pods on nodes, because taints are its business. Set pool of the workload in the specification.")},
			controls: []model.ControlID{model.BindingRefused},
		},
		{
			name: "exec", doc: "refuses exec, attach, port forwarding and debug containers outside of an emergency",
			rules: []admissionv1.NamedRuleWithOperations{
				resources("", []admissionv1.OperationType{admissionv1.Connect}, "pods/attach", "pods/exec", "pods/portforward"),
				resources("", written, "pods/ephemeralcontainers"),
			},
			variables: []admissionv1.Variable{list("administrators", model.AdministratorGroups)},
			validations: []admissionv1.Validation{validation(
				`request.userInfo.username.startsWith("break-glass:") || request.userInfo.?groups.orValue([]).exists(g, g in variables.administrators)`,
				"bartizan-exec: nobody runs commands in containers. Ask for break-glass access.",
			)},
			controls: []model.ControlID{model.ExecRefused},
		},
	}
}
