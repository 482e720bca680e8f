package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func ingressTree(t *testing.T) (*model.Spec, *generate.Set) {
	t.Helper()
	spec := loadExample(t, "../testdata/ingress")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	return spec, set
}

func TestIngressesAreProved(t *testing.T) {
	spec, set := ingressTree(t)
	result := Run(spec, set.Files(), All)
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("claimed, not proved: %+v", c)
	}
	for _, control := range []model.ControlID{model.GatewayRoutesRestricted, model.GatewaySourcesExact} {
		if !holds(result, model.Hold{Control: control, Subject: "gateway.public"}) {
			t.Errorf("%s is not proved", control)
		}
	}
}

func TestEveryLooseningOfIngressesIsFound(t *testing.T) {
	const (
		route  = "clusters/main/manifests/namespaces/shop/guard/route-web.yaml"
		policy = "clusters/main/manifests/platform/admission-ingresses.yaml"
		class  = "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: other, annotations: {ingressclass.kubernetes.io/is-default-class: 'true'}}\nspec: {controller: example.com/x}\n---\n"
	)
	tests := []struct{ change, path, old, new string }{
		{"the host of another namespace", route, "- host: shop.example.com", "- host: blog.example.com"},
		{"every host", route, "- host: shop.example.com\n    http:", "- http:"},
		{"another class", route, "ingressClassName: haproxy", "ingressClassName: other"},
		{"no class", route, "  ingressClassName: haproxy\n", ""},
		{"a default backend", route, "  rules:\n", "  defaultBackend: {service: {name: web, port: {number: 80}}}\n  rules:\n"},
		{"orders to the controller", route, "metadata:\n", "metadata:\n  annotations: {haproxy-ingress.github.io/config-backend: 'http-request deny'}\n"},
		{"a certificate for the host of another namespace", route, "    - shop.example.com\n", "    - shop.example.com\n    - blog.example.com\n"},
		{"a certificate for every host", route, "  tls:\n", "  tls:\n  - secretName: x\n"},
		{"plain text", route, "  tls:\n  - hosts:\n    - shop.example.com\n    secretName: public-tls\n", ""},
		{"no rule", route, "apiVersion:", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, namespace: shop}\nspec: {ingressClassName: haproxy}\n---\napiVersion:"},
		{"a class for those that name none", route, "apiVersion:", class + "apiVersion:"},
		{"a host more for the policy", policy, `"shop haproxy shop.example.com"`, `"shop haproxy shop.example.com","shop haproxy blog.example.com"`},
		{"a host less for the policy", policy, `"blog haproxy blog.example.com",`, ``},
		{"the policy audits only", policy, "  - Deny\n", ""},
		{"the policy sees no updates", policy, "      - UPDATE\n", ""},
		{"annotations of all kinds", policy, `"bartizan.dev/"`, `"bartizan.dev/",""`},
		{"older Ingresses of another spec", policy, "object.spec == oldObject.spec", "true"},
		{"the class is not asked for", policy, `object.spec.?ingressClassName.orValue("")`, `"haproxy"`},
	}
	spec, set := ingressTree(t)
	clean, checks := set.Files(), []*Check{gatewayCheck}
	want := model.Hold{Control: model.GatewayRoutesRestricted, Subject: "gateway.public"}
	if before := Run(spec, clean, checks); !holds(before, want) || len(before.Findings) > 0 {
		t.Fatalf("not proved before: %v", before.Findings)
	}
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			files := maps.Clone(clean)
			if !strings.Contains(string(files[test.path]), test.old) {
				t.Fatalf("no %q in\n%s", test.old, files[test.path])
			}
			files[test.path] = []byte(strings.Replace(string(files[test.path]), test.old, test.new, 1))
			result := Run(spec, files, checks)
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == test.path && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", test.path, result.Findings)
			}
		})
	}
}

// The API server's own expression library judges Ingresses as people may write them.
func TestIngressesOfOthersAreRefused(t *testing.T) {
	policy := generatedPolicies(t, loadExample(t, "../testdata/ingress"))["ingresses"]
	env := celEnv(t)
	const request = "{namespace: shop, userInfo: {username: eve}}"
	ingress := func(metadata, spec string) string {
		return "{metadata: {" + metadata + "}, spec: {" + spec + "}}"
	}
	const own = "ingressClassName: haproxy, tls: [{hosts: [shop.example.com], secretName: public-tls}], rules: [{host: shop.example.com}]"
	for _, test := range []struct {
		rule, request, object, old string
		want                       bool
	}{
		{"the declared one", request, ingress("", own), "null", true},
		{"with notes of who applies it", request, ingress("annotations: {kubectl.kubernetes.io/last-applied-configuration: x, argocd.argoproj.io/tracking-id: y}", own), "null", true},
		{"without TLS, which the controller's own certificate serves", request, ingress("", "ingressClassName: haproxy, rules: [{host: shop.example.com}]"), "null", true},
		{"the host in another namespace", "{namespace: blog, userInfo: {}}", ingress("", own), "null", false},
		{"a host of another namespace", request, ingress("", "ingressClassName: haproxy, rules: [{host: blog.example.com}]"), "null", false},
		{"a host of another namespace beside its own", request, ingress("", "ingressClassName: haproxy, rules: [{host: shop.example.com}, {host: blog.example.com}]"), "null", false},
		{"a wildcard", request, ingress("", "ingressClassName: haproxy, rules: [{host: '*.example.com'}]"), "null", false},
		{"a rule without a host", request, ingress("", "ingressClassName: haproxy, rules: [{}]"), "null", false},
		{"no rules", request, ingress("", "ingressClassName: haproxy"), "null", false},
		{"another class", request, ingress("", "ingressClassName: other, rules: [{host: shop.example.com}]"), "null", false},
		{"no class", request, ingress("", "rules: [{host: shop.example.com}]"), "null", false},
		{"a class that looks like a host", request, ingress("", "ingressClassName: 'haproxy shop.example.com', rules: [{}]"), "null", false},
		{"a default backend", request, ingress("", own+", defaultBackend: {service: {name: web}}"), "null", false},
		{"a certificate for every host", request, ingress("", "ingressClassName: haproxy, tls: [{secretName: x}], rules: [{host: shop.example.com}]"), "null", false},
		{"a certificate for another's host", request, ingress("", "ingressClassName: haproxy, tls: [{hosts: [blog.example.com]}], rules: [{host: shop.example.com}]"), "null", false},
		{"a snippet", request, ingress("annotations: {nginx.ingress.kubernetes.io/configuration-snippet: 'lua'}", own), "null", false},
		{"the class by the old annotation", request, ingress("annotations: {kubernetes.io/ingress.class: other}", own), "null", false},
		{"a finalizer taken off an older one", request, ingress("annotations: {a: b}", "rules: [{}]"), ingress("finalizers: [x], annotations: {a: b}", "rules: [{}]"), true},
		{"another annotation on an older one", request, ingress("annotations: {a: c}", "rules: [{}]"), ingress("annotations: {a: b}", "rules: [{}]"), false},
		{"another host on an older one", request, ingress("", "rules: [{host: blog.example.com}]"), ingress("", "rules: [{}]"), false},
	} {
		if got := admits(t, env, policy, test.request, test.object, test.old); got != test.want {
			t.Errorf("%s: admitted = %v", test.rule, got)
		}
	}
}

// An Ingress that nothing declares publishes past the gateways of the Gateway API too.
func TestAnIngressBesideAGatewayIsFound(t *testing.T) {
	const public = "clusters/c/manifests/namespaces/edge/guard/gateway-public.yaml"
	spec := netSpec(model.Cilium)
	_, files := netFiles(t, spec, "network-policy", "gateway")
	files[public] = append([]byte("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x, namespace: edge}\nspec: {ingressClassName: cilium, rules: [{host: public.example.com}]}\n---\n"), files[public]...)
	result := Run(spec, files, gatewayControls)
	if holds(result, model.Hold{Control: model.GatewayRoutesRestricted, Subject: "gateway.public"}) {
		t.Error("still proved")
	}
	if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == public && f.Object == "Ingress/edge/x: spec.rules" }) {
		t.Errorf("no finding: %v", result.Findings)
	}
}
