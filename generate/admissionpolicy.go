package generate

import (
	"path"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// admissionPolicy writes what the API server refuses, whoever asks.
//
// ValidatingAdmissionPolicies run inside the API server: there is no webhook that could be down, slow or taken over.
// Values of the specification stand in variables, as lists that only an encoder writes; the expressions themselves are
// constant, so that they can be reviewed, tested and compared byte for byte.
var admissionPolicy = &Generator{
	Name: "admission-policy",
	Doc: `refuse what no declaration asks for

ValidatingAdmissionPolicies, each with a binding that denies and audits: images from other registries or without a
digest, Services that open ports of nodes or load balancers, changes of Pod Security labels and of the guards by
anybody but the platform's own identity, new holders of cluster-admin, pods on control-plane and dedicated nodes, pods as
the default account, tokens that never expire, exec outside of an emergency, and, in every namespace, pods below the
restricted level but for what the exceptions of their workload give them. Objects that are older than a policy keep what they have,
so that controllers can label and finish them; what an update brings in is judged. Templates of Deployments and the like are not
judged: their pods are, when they are made. Policies cannot protect policies: the API server evaluates none of them on admission
policies themselves, so their protection is that no role may write them.`,
	Controls: []model.ControlID{
		model.RegistriesEnforced, model.DigestsEnforced, model.ServiceTypesEnforced, model.PoliciesProtected,
		model.PlacementEnforced, model.BindingRefused, model.ExecRefused, model.AccountsEnforced, model.ExceptionsConfined,
	},
	Kinds: objectKinds("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
	Run:   runAdmissionPolicy,
}

// celPolicy is one policy and its binding.
type celPolicy struct {
	name  string // without the prefix "bartizan-"
	doc   string // for the README: "refuses …"
	rules []admissionv1.NamedRuleWithOperations
	// exempt are namespaces whose objects are not judged.
	exempt      []string
	variables   []admissionv1.Variable
	validations []admissionv1.Validation
	controls    []model.ControlID
}

func runAdmissionPolicy(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, policy := range slices.Concat(imagePolicies(p.Spec, c), servicePolicies(p.Spec, c), ingressPolicies(p.Spec, c), guardPolicies(p.Spec, c), podPolicies(p.Spec, c),
			accountPolicies(p.Spec, c), exceptionPolicies(p.Spec, c)) {
			if err := writeAdmissionPolicy(p, c, policy); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeAdmissionPolicy(p *Pass, c *model.Cluster, x celPolicy) error {
	meta := clusterMeta(c, "bartizan-"+x.name)
	fail, equivalent := admissionv1.Fail, admissionv1.Equivalent
	match := &admissionv1.MatchResources{ResourceRules: x.rules, MatchPolicy: &equivalent}
	if len(x.exempt) > 0 {
		match.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: namespaceNameLabel, Operator: metav1.LabelSelectorOpNotIn, Values: x.exempt},
		}}
	}
	file := path.Join(PlatformDir(c), "admission-"+x.name+".yaml")
	err := p.YAML(Artifact{Path: file, Doc: x.doc, Where: "the cluster"},
		&policyObject{
			TypeMeta: typeMeta("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"), ObjectMeta: meta,
			Spec: admissionv1.ValidatingAdmissionPolicySpec{
				FailurePolicy: &fail, MatchConstraints: match, Variables: x.variables, Validations: x.validations,
			},
		},
		&admissionv1.ValidatingAdmissionPolicyBinding{
			TypeMeta: typeMeta("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"), ObjectMeta: meta,
			Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
				PolicyName: meta.Name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny, admissionv1.Audit},
			},
		})
	for _, control := range x.controls {
		p.Claim(control, c.Addr(), file)
	}
	return err
}

// policyObject is a ValidatingAdmissionPolicy without its status, which the API server writes.
type policyObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              admissionv1.ValidatingAdmissionPolicySpec `json:"spec"`
}

// resources is a rule of matchConstraints. All versions are meant: a new one must not be a way around.
func resources(group string, operations []admissionv1.OperationType, names ...string) admissionv1.NamedRuleWithOperations {
	return admissionv1.NamedRuleWithOperations{RuleWithOperations: admissionv1.RuleWithOperations{
		Operations: operations,
		Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{"*"}, Resources: names},
	}}
}

var (
	written = []admissionv1.OperationType{admissionv1.Create, admissionv1.Update}
	changed = []admissionv1.OperationType{admissionv1.Create, admissionv1.Update, admissionv1.Delete}
)

func variable(name, expression string) admissionv1.Variable {
	return admissionv1.Variable{Name: name, Expression: expression}
}

// list is a variable whose value comes from the specification. Values are sorted and unique.
func list(name string, values []string) admissionv1.Variable {
	values = slices.Clone(values)
	slices.Sort(values)
	return variable(name, templates.CELStrings(slices.Compact(values)))
}

func validation(expression, message string) admissionv1.Validation {
	return admissionv1.Validation{Expression: expression, Message: message}
}

// systemNamespaces are those whose pods come with the cluster and its controllers, not from the specification:
// kube-system, and the GitOps controllers' own unless they are declared.
func systemNamespaces(s *model.Spec, c *model.Cluster) []string {
	names := []string{"kube-system"}
	for _, g := range s.GitOpsOf(c) {
		if !slices.ContainsFunc(c.Namespaces, func(n *model.Namespace) bool { return n.Name == g.Namespace() }) {
			names = append(names, g.Namespace())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// platformUsers are the accounts by which GitOps applies the guard.
func platformUsers(s *model.Spec, c *model.Cluster) []string {
	var users []string
	for _, g := range s.GitOpsOf(c) {
		users = append(users, "system:serviceaccount:"+g.Namespace()+":"+g.GuardAccount())
	}
	return users
}
