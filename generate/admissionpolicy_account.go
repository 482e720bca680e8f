package generate

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// accountPolicies keep identities apart: a pod is somebody of its own, and a token ends with its pod.
func accountPolicies(s *model.Spec, c *model.Cluster) []celPolicy {
	enforced := []model.ControlID{model.AccountsEnforced}
	return []celPolicy{
		{
			name: "default-account", doc: "refuses pods that run as the default account of their namespace",
			// The account of a pod cannot be changed.
			rules: []admissionv1.NamedRuleWithOperations{resources("", []admissionv1.OperationType{admissionv1.Create}, "pods")}, exempt: systemNamespaces(s, c),
			validations: []admissionv1.Validation{validation(`!(object.spec.?serviceAccountName.orValue("") in ["", "default"])`,
				"bartizan-default-account: the pod runs as the default account, which every pod of the namespace shares. Declare the workload in the specification, or name an account of its own.")},
			controls: enforced,
		},
		{
			// The control plane fills the token in, and it never expires. The type of a Secret cannot be changed.
			// https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
			name: "token-secrets", doc: "refuses Secrets that hold the token of an account for ever",
			rules: []admissionv1.NamedRuleWithOperations{resources("", []admissionv1.OperationType{admissionv1.Create}, "secrets")},
			validations: []admissionv1.Validation{validation(`object.?type.orValue("") != "kubernetes.io/service-account-token"`,
				"bartizan-token-secrets: the token in such a Secret never expires. Declare api_access for the workload, whose pods get short-lived tokens, or ask for one with kubectl create token.")},
			controls: enforced,
		},
	}
}
