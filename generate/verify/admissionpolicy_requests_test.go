package verify

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// admissionRequests is e2e/testdata/admission.yaml; the file says what its fields mean.
type admissionRequests struct {
	People map[string]struct {
		User   string
		Groups []string
	}
	Setup []map[string]any
	Older []map[string]any
	Cases []admissionRequest
}

type admissionRequest struct {
	Rule, Refused, As, Do string
	Object                map[string]any
}

func readAdmissionRequests(t *testing.T) *admissionRequests {
	t.Helper()
	text, err := os.ReadFile("../../e2e/testdata/admission.yaml")
	if err != nil {
		t.Fatal(err)
	}
	// Not strictly: entries change fields of others that they take over.
	if text, err = yaml.YAMLToJSON(text); err != nil {
		t.Fatal(err)
	}
	list := &admissionRequests{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(list); err != nil {
		t.Fatal(err)
	}
	return list
}

// plurals are the resources of the kinds in the list.
var plurals = map[string]string{
	"NetworkPolicy": "networkpolicies", "CiliumNetworkPolicy": "ciliumnetworkpolicies", "CiliumClusterwideNetworkPolicy": "ciliumclusterwidenetworkpolicies", "ClusterNetworkPolicy": "clusternetworkpolicies",
}

// concerns reports whether the policy's match constraints name the request.
func concerns(p *admissionv1.ValidatingAdmissionPolicy, group, resource, namespace string, operation admissionv1.OperationType) bool {
	m := p.Spec.MatchConstraints
	if m.NamespaceSelector != nil {
		s, err := parseSelector(m.NamespaceSelector)
		if err != nil || namespace != "" && !s.matches(map[string]string{namespaceNameLabel: namespace}) {
			return false
		}
	}
	return slices.ContainsFunc(m.ResourceRules, func(r admissionv1.NamedRuleWithOperations) bool {
		return slices.Contains(r.APIGroups, group) && slices.Contains(r.Resources, resource) && slices.Contains(r.Operations, operation)
	})
}

// Each request of the list is refused by the policy that it names, by no other, and with a message that names the policy and a
// remedy; or by none.
func TestRequestsOfTheListAreRefusedByThePolicyThatTheyName(t *testing.T) {
	env := celEnv(t)
	policies := generatedPolicies(t, loadExample(t, "../../examples/online-boutique"))
	list := readAdmissionRequests(t)
	used := map[string]bool{}
	for _, c := range list.Cases {
		used[c.Refused] = true
		if c.Refused != "" && policies[c.Refused] == nil {
			t.Errorf("%s: there is no policy %q", c.Rule, c.Refused)
		}
		for name, p := range policies {
			want := name != c.Refused
			if got := c.admitted(t, env, p, list); got != want {
				t.Errorf("%s: bartizan-%s admits it: %v, want %v", c.Rule, name, got, want)
			}
		}
	}
	for _, o := range list.Older {
		c := &admissionRequest{Rule: "older", Object: o}
		broken := false
		for _, p := range policies {
			broken = broken || !c.admitted(t, env, p, list)
		}
		if !broken {
			t.Errorf("%v breaks no policy: nothing is shown by its updates", o)
		}
	}
	for name, p := range policies {
		if !used[name] {
			t.Errorf("no request of the list is refused by bartizan-%s", name)
		}
		for _, v := range p.Spec.Validations {
			_, advice, ok := strings.Cut(v.Message, ". ")
			if !strings.HasPrefix(v.Message, "bartizan-"+name+": ") || !ok || !strings.HasSuffix(advice, ".") {
				t.Errorf("%s: the message names no policy or no remedy: %q", name, v.Message)
			}
		}
	}
}

// admitted evaluates the policy for the request, if it concerns it.
func (c *admissionRequest) admitted(t *testing.T, env *cel.Env, p *admissionv1.ValidatingAdmissionPolicy, list *admissionRequests) bool {
	t.Helper()
	u := &unstructured.Unstructured{Object: c.Object}
	resource := plurals[u.GetKind()]
	if resource == "" {
		resource = strings.ToLower(u.GetKind()) + "s"
	}
	operation := admissionv1.OperationType(strings.ToUpper(c.Do))
	object, old, subresource := c.Object, map[string]any(nil), ""
	switch c.Do {
	case "":
		operation = admissionv1.Create
	case "update":
		old = list.old(t, c)
	case "debug":
		operation, resource, subresource, old = admissionv1.Update, "pods/ephemeralcontainers", "ephemeralcontainers", list.old(t, c)
	case "delete":
		object, old = nil, c.Object
	case "exec":
		operation, resource, subresource = admissionv1.Connect, "pods/exec", "exec"
	}
	if !concerns(p, u.GroupVersionKind().Group, resource, u.GetNamespace(), operation) {
		return true
	}
	as := c.As
	if as == "" {
		as = "developer"
	}
	who, ok := list.People[as]
	if !ok {
		t.Fatalf("%s: nobody is called %q", c.Rule, as)
	}
	text := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	request := map[string]any{"operation": operation, "namespace": u.GetNamespace(), "subResource": subresource, "userInfo": map[string]any{"username": who.User, "groups": who.Groups}}
	return admits(t, env, p, text(request), text(object), text(old))
}

// old returns what the request updates: an older object, or a namespace of the tree, which is at the restricted level.
func (l *admissionRequests) old(t *testing.T, c *admissionRequest) map[string]any {
	t.Helper()
	u := &unstructured.Unstructured{Object: c.Object}
	if u.GetKind() == "Namespace" {
		return map[string]any{"metadata": map[string]any{"labels": map[string]any{"pod-security.kubernetes.io/enforce": "restricted"}}}
	}
	for _, o := range l.Older {
		x := &unstructured.Unstructured{Object: o}
		if x.GroupVersionKind() == u.GroupVersionKind() && x.GetNamespace() == u.GetNamespace() && x.GetName() == u.GetName() {
			return o
		}
	}
	t.Fatalf("%s: nothing older to update", c.Rule)
	return nil
}
