package verify

import (
	"encoding/json"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// celEnv is the API server's own environment, without the types of the objects.
func celEnv(t *testing.T) *cel.Env {
	t.Helper()
	env, err := environment.MustBaseEnvSet(version.MajorMinor(1, 36)).Env(environment.NewExpressions)
	if err != nil {
		t.Fatal(err)
	}
	env, err = env.Extend(cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType),
		cel.Variable("request", cel.DynType), cel.Variable("variables", cel.DynType))
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// compiledCEL are expressions that were compiled, by their text: the same few are asked about many objects.
var compiledCEL sync.Map

func evaluate(t *testing.T, env *cel.Env, expression string, vars map[string]any) any {
	t.Helper()
	program, ok := compiledCEL.Load(expression)
	if !ok {
		ast, issues := env.Compile(expression)
		if issues.Err() != nil {
			t.Fatalf("%s: %v", expression, issues.Err())
		}
		compiled, err := env.Program(ast)
		if err != nil {
			t.Fatal(err)
		}
		program, _ = compiledCEL.LoadOrStore(expression, compiled)
	}
	out, _, err := program.(cel.Program).Eval(vars)
	if err != nil {
		return err
	}
	return out
}

// admits evaluates a policy the way the API server does: variables first, then every validation; an error denies,
// because failurePolicy is Fail.
func admits(t *testing.T, env *cel.Env, p *admissionv1.ValidatingAdmissionPolicy, request, object, oldObject string) bool {
	t.Helper()
	variables := map[string]any{}
	vars := map[string]any{"variables": variables}
	for name, text := range map[string]string{"request": request, "object": object, "oldObject": oldObject} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		vars[name] = v
	}
	for _, v := range p.Spec.Variables {
		variables[v.Name] = evaluate(t, env, v.Expression, vars)
		if err, ok := variables[v.Name].(error); ok {
			t.Logf("variable %s: %v", v.Name, err)
			return false
		}
	}
	for _, v := range p.Spec.Validations {
		if out, ok := evaluate(t, env, v.Expression, vars).(interface{ Value() any }); !ok || out.Value() != true {
			return false
		}
	}
	return true
}

// policySpec has workloads with images and pools besides what netSpec has.
func policySpec() *model.Spec {
	spec := netSpec(model.Cilium)
	c := spec.Clusters[0]
	own := &model.NodePool{Name: "own", Cluster: c, Zone: c.NodePools[0].Zone, Dedicated: true}
	c.NodePools = append(c.NodePools, own)
	for _, w := range c.Workloads() {
		w.Containers = []*model.Container{{Name: w.Name, Image: model.Image{
			Host: "registry.example.com", Path: "shop/" + w.Name, Tag: "v1", Digest: "sha256:" + strings.Repeat("a", 64),
		}}}
		if w.Name == "db" {
			w.Pool = own
		}
	}
	return spec
}

// generatedPolicies returns the admission policies of a specification, by name without prefix.
func generatedPolicies(t *testing.T, spec *model.Spec) map[string]*admissionv1.ValidatingAdmissionPolicy {
	t.Helper()
	_, files := netFiles(t, spec, "admission-policy")
	out := map[string]*admissionv1.ValidatingAdmissionPolicy{}
	for f, data := range files {
		if !strings.HasPrefix(path.Base(f), "admission-") {
			continue
		}
		p := &admissionv1.ValidatingAdmissionPolicy{}
		if err := yaml.UnmarshalStrict([]byte(strings.Split(string(data), "\n---\n")[0]), p); err != nil {
			t.Fatal(err)
		}
		out[strings.TrimPrefix(p.Name, "bartizan-")] = p
	}
	return out
}

func TestPoliciesRefuseWhatTheyShouldInTheAPIServersOwnLanguage(t *testing.T) {
	env := celEnv(t)
	policies := generatedPolicies(t, policySpec())
	digest := "@sha256:" + strings.Repeat("0", 64)
	user := "{operation: UPDATE, namespace: shop, userInfo: {username: eve, groups: [system:authenticated]}}"
	guard := "{operation: UPDATE, namespace: shop, userInfo: {username: 'system:serviceaccount:flux-system:guard'}}"
	admin := "{operation: UPDATE, namespace: shop, userInfo: {username: a, groups: ['system:masters']}}"
	create := "{operation: CREATE, namespace: shop, userInfo: {username: eve}}"
	image := func(s string) string { return "{spec: {containers: [{name: c, image: '" + s + "'}]}}" }
	restricted := "{metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, a: b}}}"
	tests := []struct {
		policy, rule         string
		request, object, old string
		want                 bool
	}{
		{"registries", "a declared path", user, image("registry.example.com/shop/cart:v1"), "null", true},
		{"registries", "exactly the path", user, image("registry.example.com/shop:v1"), "null", true},
		{"registries", "a port", user, image("other.example:5000/x"), "null", true},
		{"registries", "another path", user, image("registry.example.com/shopping/cart:v1"), "null", false},
		{"registries", "a host that starts alike", user, image("registry.example.com.evil.example/shop/cart"), "null", false},
		{"registries", "no registry", user, image("redis:alpine"), "null", false},
		{"registries", "the name later in the reference", user, image("evil.example/registry.example.com/shop/x"), "null", false},
		{"registries", "an init container", user, "{spec: {containers: [{name: c, image: registry.example.com/shop/a}], initContainers: [{name: i, image: evil/x}]}}", "null", false},
		{"registries", "a debug container", user, "{spec: {containers: [{name: c, image: registry.example.com/shop/a}], ephemeralContainers: [{name: e, image: evil/x}]}}", "null", false},
		{"registries", "an image volume", user, "{spec: {containers: [{name: c, image: registry.example.com/shop/a}], volumes: [{emptyDir: {}}, {name: v, image: {reference: evil/x}}]}}", "null", false},
		{"registries", "other volumes", user, "{spec: {containers: [{name: c, image: registry.example.com/shop/a}], volumes: [{emptyDir: {}}]}}", "null", true},
		{"registries", "a container without an image", user, "{spec: {containers: [{name: x}]}}", "null", false},
		{"registries", "the image that the container had", user, image("evil/x"), image("evil/x"), true},
		{"registries", "the image of another container", user, "{spec: {containers: [{name: c, image: evil/x}, {name: d, image: evil/x}]}}", "{spec: {containers: [{name: c, image: evil/x}, {name: d, image: registry.example.com/shop/a}]}}", false},
		{"registries", "the image of a volume of that name", user, image("evil/x"), "{spec: {containers: [{name: c, image: registry.example.com/shop/a}], volumes: [{name: c, image: {reference: evil/x}}]}}", false},
		{"digests", "a digest", user, image("x/y:v1" + digest), "null", true},
		{"digests", "a tag", user, image("x/y:v1"), "null", false},
		{"digests", "a short digest", user, image("x/y@sha256:00"), "null", false},
		{"digests", "something behind the digest", user, image("x/y" + digest + "x"), "null", false},
		{"digests", "a line behind the digest", user, "{spec: {containers: [{name: c, image: \"x/y" + digest + "\\n:tag\"}]}}", "null", false},
		{"services", "ClusterIP", user, "{metadata: {}, spec: {type: ClusterIP}}", "null", true},
		{"services", "no type", user, "{metadata: {}, spec: {}}", "null", true},
		{"services", "NodePort", user, "{metadata: {}, spec: {type: NodePort}}", "null", false},
		{"services", "LoadBalancer", user, "{metadata: {}, spec: {type: LoadBalancer}}", "null", false},
		{"services", "ExternalName", user, "{metadata: {}, spec: {type: ExternalName, externalName: evil.example}}", "null", false},
		{"services", "externalIPs", user, "{metadata: {}, spec: {type: ClusterIP, externalIPs: [1.2.3.4]}}", "null", false},
		{"services", "the load balancer of a gateway", "{namespace: edge, userInfo: {}}", "{metadata: {labels: {gateway.networking.k8s.io/gateway-name: public}}, spec: {type: LoadBalancer}}", "null", true},
		{"services", "a node port of a gateway", "{namespace: edge, userInfo: {}}", "{metadata: {labels: {gateway.networking.k8s.io/gateway-name: public}}, spec: {type: NodePort}}", "null", false},
		{"services", "the label in another namespace", user, "{metadata: {labels: {gateway.networking.k8s.io/gateway-name: public}}, spec: {type: LoadBalancer}}", "null", false},
		{"namespaces", "other labels change", user, "{metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, a: c}}}", restricted, true},
		{"namespaces", "the level changes", user, "{metadata: {labels: {pod-security.kubernetes.io/enforce: privileged}}}", restricted, false},
		{"namespaces", "the level goes", user, "{metadata: {labels: {a: b}}}", restricted, false},
		{"namespaces", "all labels go", user, "{metadata: {}}", restricted, false},
		{"namespaces", "the version comes", user, "{metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/enforce-version: v1.10}}}", restricted, false},
		{"namespaces", "a new namespace with a level", create, "{metadata: {labels: {pod-security.kubernetes.io/enforce: privileged}}}", "null", false},
		{"namespaces", "a new namespace without", create, "{metadata: {}}", "null", true},
		{"namespaces", "the platform", guard, "{metadata: {}}", restricted, true},
		{"guard", "somebody", user, "{}", "{}", false},
		{"guard", "the platform", guard, "{}", "{}", true},
		{"guard", "an administrator", admin, "{}", "{}", true},
		{"guard", "the namespace controller deletes", "{operation: DELETE, userInfo: {username: 'system:serviceaccount:kube-system:namespace-controller'}}", "null", "{}", true},
		{"guard", "the namespace controller changes", "{operation: UPDATE, userInfo: {username: 'system:serviceaccount:kube-system:namespace-controller'}}", "{spec: {a: 1}}", "{spec: {a: 2}}", false},
		{"guard", "the namespace controller takes a finalizer off", "{operation: UPDATE, userInfo: {username: 'system:serviceaccount:kube-system:namespace-controller'}}", "{metadata: {}, spec: {a: 1}}", "{metadata: {finalizers: [x]}, spec: {a: 1}}", true},
		{"rights", "an ordinary role", user, "{rules: [{apiGroups: [''], resources: [pods], verbs: ['*']}]}", "null", true},
		{"rights", "reading policies", user, "{rules: [{apiGroups: [admissionregistration.k8s.io], resources: ['*'], verbs: [get, list]}]}", "null", true},
		{"rights", "writing policies", user, "{rules: [{apiGroups: [admissionregistration.k8s.io], resources: [validatingadmissionpolicies], verbs: [get, patch]}]}", "null", false},
		{"rights", "writing everything", user, "{rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]}", "null", false},
		{"rights", "a non-resource rule", user, "{rules: [{nonResourceURLs: [/metrics], verbs: [get, post]}]}", "null", true},
		{"rights", "no rules", user, "{}", "null", true},
		{"rights", "rules that are null", user, "{rules: null}", "null", true},
		{"cluster-admin", "another role", user, "{roleRef: {name: view}, subjects: [{kind: User, name: x}]}", "null", true},
		{"cluster-admin", "cluster-admin", user, "{roleRef: {name: cluster-admin}, subjects: [{kind: User, name: x}]}", "null", false},
		{"cluster-admin", "cluster-admin by the platform", guard, "{roleRef: {name: cluster-admin}, subjects: [{kind: User, name: x}]}", "null", false},
		{"cluster-admin", "cluster-admin by the control plane", admin, "{roleRef: {name: cluster-admin}, subjects: [{kind: Group, name: x}]}", "null", true},
		{"binding", "the scheduler", "{operation: CREATE, userInfo: {username: 'system:kube-scheduler'}}", "{target: {kind: Node, name: cp-1}}", "null", true},
		{"binding", "an ordinary account", create, "{target: {kind: Node, name: cp-1}}", "null", false},
		{"binding", "an administrator", admin, "{target: {kind: Node, name: cp-1}}", "null", false},
		{"binding", "a name that begins alike", "{operation: CREATE, userInfo: {username: 'system:kube-scheduler-x'}}", "{target: {kind: Node, name: cp-1}}", "null", false},
		{"placement", "an ordinary pod", create, "{spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}]}}", "null", true},
		{"placement", "no tolerations", create, "{spec: {}}", "null", true},
		{"placement", "the control plane", create, "{spec: {tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]}}", "null", false},
		{"placement", "every taint", create, "{spec: {tolerations: [{operator: Exists}]}}", "null", false},
		{"placement", "another's pool", create, "{spec: {serviceAccountName: cart, tolerations: [{key: bartizan.dev/dedicated, operator: Equal, value: own}]}}", "null", false},
		{"placement", "every pool", create, "{spec: {serviceAccountName: db, tolerations: [{key: bartizan.dev/dedicated, operator: Exists}]}}", "null", false},
		{"placement", "its own pool", create, "{spec: {serviceAccountName: db, tolerations: [{key: bartizan.dev/dedicated, operator: Equal, value: own}]}}", "null", true},
		{"placement", "a node by name", create, "{spec: {nodeName: cp-1}}", "null", false},
		{"placement", "longer on a node by a toleration that it had", user, "{spec: {tolerations: [{operator: Exists, tolerationSeconds: 900}]}}", "{spec: {tolerations: [{operator: Exists, tolerationSeconds: 1}]}}", false},
		{"placement", "an update of a scheduled pod", user, "{spec: {nodeName: n}}", "{spec: {nodeName: n}}", true},
		{"exec", "somebody", user, "{}", "null", false},
		{"exec", "nobody's groups", create, "{}", "null", false},
		{"exec", "an emergency", "{userInfo: {username: 'break-glass:sre:anna'}}", "{}", "null", true},
		{"exec", "a group of that name", "{userInfo: {username: eve, groups: ['break-glass:sre:anna']}}", "{}", "null", false},
		{"guard", "an emergency", "{operation: CREATE, userInfo: {username: 'break-glass:sre:anna'}}", "{}", "null", true},
		{"cluster-admin", "an emergency makes no further holders", "{userInfo: {username: 'break-glass:sre:anna'}}", "{roleRef: {name: cluster-admin}, subjects: [{kind: User, name: x}]}", "null", false},
	}
	for _, test := range tests {
		if got := admits(t, env, policies[test.policy], test.request, test.object, test.old); got != test.want {
			t.Errorf("%s: %s: admitted = %v", test.policy, test.rule, got)
		}
	}
}

func TestUnresolvedImagesAreLetThroughByTheirExactReference(t *testing.T) {
	spec := policySpec()
	spec.Clusters[0].Workloads()[0].Containers[0].Image.Digest = ""
	p := generatedPolicies(t, spec)["digests"]
	env := celEnv(t)
	ref := spec.Clusters[0].Workloads()[0].Containers[0].Image.Pinned()
	for image, want := range map[string]bool{ref: true, ref + "x": false, strings.Replace(ref, ":v1", ":v2", 1): false} {
		if got := admits(t, env, p, "{}", "{spec: {containers: [{name: c, image: '"+image+"'}]}}", "null"); got != want {
			t.Errorf("%s: admitted = %v", image, got)
		}
	}
}

// Lists are written with encoding/json; this shows that the two languages read the same strings out of it.
func TestListsOfTheSpecificationAreTheSameInCEL(t *testing.T) {
	env := celEnv(t)
	spec := policySpec()
	odd := []string{"\"] + [\"x", `\u0041\`, "a\nb\tc\x01", "é🔥\u2028<&>", "${x} {{y}}", "'"}
	for _, x := range odd {
		spec.Registries = append(spec.Registries, &model.Registry{Name: "odd", Host: x})
	}
	for _, v := range generatedPolicies(t, spec)["registries"].Spec.Variables {
		if v.Name != "prefixes" {
			continue
		}
		var want []string
		if err := json.Unmarshal([]byte(v.Expression), &want); err != nil {
			t.Fatal(err)
		}
		for _, x := range odd {
			literal, _ := json.Marshal(x + "/")
			out := evaluate(t, env, string(literal)+" in variables.prefixes", map[string]any{"variables": map[string]any{"prefixes": evaluate(t, env, v.Expression, map[string]any{})}})
			if got, ok := out.(interface{ Value() any }); !ok || got.Value() != true {
				t.Errorf("%q: %v", x, out)
			}
		}
		if len(want) < len(odd) {
			t.Errorf("only %d prefixes", len(want))
		}
	}
}
