package verify

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// reviewed holds the policies that were reviewed, and tested with the expression library of the API server. A value
// that starts with $ is a list that the specification decides.
//
//go:embed reviewed/*.yaml
var reviewed embed.FS

// admissionPolicyCheck proves that the API server refuses what it should.
//
// What an expression refuses cannot be read off its text by a machine that is simple enough to be believed. So the
// text must be one that people reviewed and tests evaluate; only lists of values may differ, and they are compared
// with the specification.
var admissionPolicyCheck = &Check{
	Name: "admission-policy",
	Doc: `admission policies are the reviewed ones, in force for everything

A policy is proved if its whole spec equals the reviewed text, with the lists that the specification asks for, and a
binding without parameters and without a narrower match denies. Audit or Warn alone let everything through, and so
does failurePolicy Ignore while an expression fails (k8s.io/api/admissionregistration/v1). For the protection of the
policies themselves, no role of the tree may write them, because the API server evaluates none of them on them.`,
	Controls: []model.ControlID{
		model.RegistriesEnforced, model.DigestsEnforced, model.ServiceTypesEnforced, model.PoliciesProtected,
		model.PlacementEnforced, model.BindingRefused, model.ExecRefused, model.AccountsEnforced, model.ExceptionsConfined,
	},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			(&admissionJudge{pass: p, cluster: c, objects: p.Objects(c), lists: expectedLists(p.Spec, c)}).run()
		}
	},
}

// admissionGroup is the API group of admission policies.
const admissionGroup = "admissionregistration.k8s.io"

// admissionJudge judges the policies of one cluster.
type admissionJudge struct {
	pass    *Pass
	cluster *model.Cluster
	objects *Objects
	lists   map[string][]string
}

func (j *admissionJudge) run() {
	single := map[string]model.ControlID{
		"registries": model.RegistriesEnforced, "digests": model.DigestsEnforced, "services": model.ServiceTypesEnforced,
		"placement": model.PlacementEnforced, "binding": model.BindingRefused, "exec": model.ExecRefused, "exceptions": model.ExceptionsConfined,
	}
	for _, name := range []string{"registries", "digests", "services", "placement", "binding", "exec", "exceptions"} {
		if name == "registries" && len(j.lists["prefixes"]) == 0 {
			continue
		}
		path, ok := j.policy(name, single[name])
		// An image or a namespace that is let through as a whole is a hole in the rest.
		if ok && !(name == "digests" && len(j.lists["unresolved"]) > 0) && !(name == "exceptions" && len(j.lists["open"])+len(j.lists["opening"]) > 0) {
			j.prove(single[name], path)
		}
	}
	j.together(model.AccountsEnforced, true, "default-account", "token-secrets")
	tame := j.rolesAreTame()
	j.together(model.PoliciesProtected, tame && len(j.lists["granted"]) == 0, "namespaces", "guard", "rights", "cluster-admin")
}

// together judges policies that are one control: it is proved if all of them are as they should be, and the rest holds.
func (j *admissionJudge) together(control model.ControlID, rest bool, names ...string) {
	var paths []string
	for _, name := range names {
		path, ok := j.policy(name, control)
		rest = rest && ok
		paths = append(paths, path)
	}
	if rest {
		for _, path := range paths {
			j.prove(control, path)
		}
	}
}

func (j *admissionJudge) prove(control model.ControlID, path string) {
	if j.objects.Complete {
		j.pass.Prove(control, j.cluster.Addr(), path)
	}
}

func (j *admissionJudge) find(control model.ControlID, path, object, message string, args ...any) {
	j.pass.Find(Finding{Control: control, Subject: j.cluster.Addr(), Path: path, Object: object, Message: fmt.Sprintf(message, args...)})
}

// policy judges a policy and its binding, and returns the policy's file.
func (j *admissionJudge) policy(name string, control model.ControlID) (string, bool) {
	object, ok := j.objects.One(admissionGroup, "ValidatingAdmissionPolicy", "", "bartizan-"+name)
	if !ok {
		j.find(control, "", "ValidatingAdmissionPolicy/bartizan-"+name, "The policy is missing, or defined twice.")
		return "", false
	}
	spec := object.Value.(*admissionv1.ValidatingAdmissionPolicy).Spec
	differ := func(field, message string, args ...any) {
		ok = false
		j.find(control, object.Path, object.At("spec."+field), message, args...)
	}
	want := j.reviewed(name)
	actual := spec.DeepCopy()
	for i := range actual.Variables {
		v := &actual.Variables[i]
		if i >= len(want.Variables) || v.Name != want.Variables[i].Name || !strings.HasPrefix(want.Variables[i].Expression, "$") {
			continue
		}
		var values []string
		if err := json.Unmarshal([]byte(v.Expression), &values); err != nil {
			differ("variables."+v.Name, "The variable is no list of strings.")
		}
		expected := j.lists[v.Name]
		for _, x := range values {
			if !slices.Contains(expected, x) {
				differ("variables."+v.Name, "%q is not what the specification declares.", x)
			}
		}
		for _, x := range expected {
			if !slices.Contains(values, x) {
				differ("variables."+v.Name, "%q is declared, but missing.", x)
			}
		}
		v.Expression = want.Variables[i].Expression
	}
	for i := range actual.Validations {
		actual.Validations[i].Message = "" // for people
	}
	for _, field := range []struct {
		name         string
		actual, want any
	}{
		{"failurePolicy", actual.FailurePolicy, want.FailurePolicy},
		{"matchConstraints", actual.MatchConstraints, want.MatchConstraints},
		{"matchConditions", actual.MatchConditions, want.MatchConditions},
		{"paramKind", actual.ParamKind, want.ParamKind},
		{"variables", actual.Variables, want.Variables},
		{"validations", actual.Validations, want.Validations},
		{"auditAnnotations", actual.AuditAnnotations, want.AuditAnnotations},
	} {
		if !equality.Semantic.DeepEqual(field.actual, field.want) {
			differ(field.name, "The field is not as it was reviewed.")
		}
	}
	if !j.bound(object, control) {
		ok = false
	}
	return object.Path, ok
}

// bound reports whether a binding puts the policy in force for everything that it matches.
func (j *admissionJudge) bound(policy Object, control model.ControlID) bool {
	var near *Object
	for _, b := range Typed[*admissionv1.ValidatingAdmissionPolicyBinding](j.objects) {
		spec := b.Typed.Spec
		if spec.PolicyName != policy.Name {
			continue
		}
		if spec.ParamRef == nil && spec.MatchResources == nil && slices.Contains(spec.ValidationActions, admissionv1.Deny) {
			return true
		}
		near = &b.Object
	}
	if near == nil {
		j.find(control, policy.Path, "ValidatingAdmissionPolicyBinding/"+policy.Name, "No binding puts the policy in force.")
	} else {
		j.find(control, near.Path, near.At("spec"), "The binding does not deny, or not everything that the policy matches.")
	}
	return false
}

// reviewed returns the policy's reviewed spec, with the exempt namespaces filled in.
func (j *admissionJudge) reviewed(name string) *admissionv1.ValidatingAdmissionPolicySpec {
	data, err := reviewed.ReadFile("reviewed/" + name + ".yaml")
	if err != nil {
		panic(err) // embedded
	}
	spec := &admissionv1.ValidatingAdmissionPolicySpec{}
	if err := yaml.UnmarshalStrict(data, spec); err != nil {
		panic(err) // embedded, and read by the tests
	}
	if s := spec.MatchConstraints.NamespaceSelector; s != nil {
		for i := range s.MatchExpressions {
			if slices.Equal(s.MatchExpressions[i].Values, []string{"$exempt"}) {
				s.MatchExpressions[i].Values = j.lists["exempt"]
			}
		}
	}
	return spec
}

// rolesAreTame reports whether nobody but the platform's accounts may write admission policies or webhooks.
func (j *admissionJudge) rolesAreTame() bool {
	wild := map[string]bool{"ClusterRole cluster-admin": true}
	judge := func(kind string, o Object, rules []rbacv1.PolicyRule) {
		for _, r := range rules {
			if writes(r) {
				wild[kind+" "+o.Name] = true
			}
		}
	}
	for _, r := range Typed[*rbacv1.ClusterRole](j.objects) {
		judge("ClusterRole", r.Object, r.Typed.Rules)
		if r.Typed.AggregationRule != nil {
			wild["ClusterRole "+r.Name] = true // what it will hold stands in other roles
		}
	}
	tame := true
	bound := func(o Object, ref rbacv1.RoleRef, subjects []rbacv1.Subject) {
		if !wild[ref.Kind+" "+ref.Name] {
			return
		}
		for _, s := range subjects {
			if s.Kind == rbacv1.ServiceAccountKind && slices.Contains(j.lists["users"], "system:serviceaccount:"+s.Namespace+":"+s.Name) {
				continue
			}
			tame = false
			j.find(model.PoliciesProtected, o.Path, o.At("subjects"), "%s %s may write admission policies through %s.", s.Kind, s.Name, ref.Name)
		}
	}
	// Admission policies are cluster-scoped: a Role or a RoleBinding gives no right to them.
	for _, b := range Typed[*rbacv1.ClusterRoleBinding](j.objects) {
		bound(b.Object, b.Typed.RoleRef, b.Typed.Subjects)
	}
	return tame
}

// writes reports whether a rule may change objects of the admission group, or give itself the right to.
func writes(r rbacv1.PolicyRule) bool {
	reads := !slices.ContainsFunc(r.Verbs, func(v string) bool { return v != "get" && v != "list" && v != "watch" })
	return !reads && slices.ContainsFunc(r.APIGroups, func(g string) bool { return g == "*" || g == admissionGroup })
}
