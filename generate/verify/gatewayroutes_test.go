package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/model"
)

var gatewayControls = []*Check{networkPolicyCheck, gatewayCheck}

func TestGatewaysAreProved(t *testing.T) {
	for _, cni := range []model.CNI{model.Cilium, model.Calico} {
		spec := netSpec(cni)
		set, files := netFiles(t, spec, "network-policy", "gateway")
		result := Run(spec, files, gatewayControls)
		for _, f := range result.Findings {
			t.Errorf("%s: %+v", cni, f)
		}
		if diff := cmp.Diff(set.Claims, result.Proved); diff != "" {
			t.Errorf("%s: claimed, proved: %s", cni, diff)
		}
		for _, g := range spec.Gateways {
			for _, control := range []model.ControlID{model.GatewayRoutesRestricted, model.GatewaySourcesExact} {
				if !holds(result, model.Hold{Control: control, Subject: g.Addr()}) {
					t.Errorf("%s: %s for %s is not proved", cni, control, g.Addr())
				}
			}
		}
	}
}

func TestEveryLooseningOfAGatewayIsFound(t *testing.T) {
	const (
		edge    = "clusters/c/manifests/namespaces/edge/guard/"
		public  = edge + "gateway-public.yaml"
		sources = "clusters/c/manifests/platform/gateway-sources.yaml"
		pods    = edge + "networkpolicy-gateway-pods.yaml"
	)
	tests := []struct {
		change, path, old, new string
		control                model.ControlID
		subject                model.Address
	}{
		{"routes from everywhere", public, "from: Selector", "from: All", model.GatewayRoutesRestricted, "gateway.public"},
		{"one more namespace", public, "          - shop\n", "          - shop\n          - monitoring\n", model.GatewayRoutesRestricted, "gateway.public"},
		{"a label that people set", public, "key: kubernetes.io/metadata.name", "key: team", model.GatewayRoutesRestricted, "gateway.public"},
		{"a listener for every host", public, "    hostname: public.example.com\n", "", model.GatewayRoutesRestricted, "gateway.public"},
		{"a listener for a wildcard", public, "hostname: public.example.com", "hostname: '*.example.com'", model.GatewayRoutesRestricted, "gateway.public"},
		{"a namespace at the host of another", public, "hostname: other.example.com", "hostname: public.example.com", model.GatewayRoutesRestricted, "gateway.public"},
		{"other routes", public, "kind: HTTPRoute", "kind: TCPRoute", model.GatewayRoutesRestricted, "gateway.public"},
		{"plain HTTP", public, "protocol: HTTPS", "protocol: HTTP", model.GatewayRoutesRestricted, "gateway.public"},
		{"TLS passed through", public, "mode: Terminate", "mode: Passthrough", model.GatewayRoutesRestricted, "gateway.public"},
		{"a field that is not understood", public, "  listeners:\n", "  allowedListeners: {namespaces: {from: All}}\n  listeners:\n", model.GatewayRoutesRestricted, "gateway.public"},
		{"another class", public, "gatewayClassName: cilium", "gatewayClassName: evil", model.GatewayRoutesRestricted, "gateway.public"},
		{"a second gateway", public, "apiVersion:", "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: other, namespace: edge}\nspec: {}\n---\napiVersion:", model.GatewayRoutesRestricted, "gateway.public"},
		{"private sources", sources, "      - 10.0.0.0/8\n", "", model.GatewaySourcesExact, "gateway.public"},
		{"all sources", sources, "  - fromCIDRSet:\n", "  - fromEntities: [all]\n  - fromCIDRSet:\n", model.GatewaySourcesExact, "gateway.public"},
		{"an empty rule", sources, "  - fromCIDRSet:\n", "  - {}\n  - fromCIDRSet:\n", model.GatewaySourcesExact, "gateway.public"},
		{"a wider source of the pods", pods, "cidr: 192.168.7.0/24", "cidr: 192.168.0.0/16", model.GatewaySourcesExact, "gateway.pods"},
		{"another port of the pods", pods, "port: 10443", "port: 19000", model.GatewaySourcesExact, "gateway.pods"},
	}
	spec := netSpec(model.Cilium)
	publishElsewhere(spec)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	before := Run(spec, clean, gatewayControls)
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(clean)
			if !strings.Contains(string(files[test.path]), test.old) {
				t.Fatalf("no %q in\n%s", test.old, files[test.path])
			}
			files[test.path] = []byte(strings.Replace(string(files[test.path]), test.old, test.new, 1))
			want := model.Hold{Control: test.control, Subject: test.subject}
			result := Run(spec, files, gatewayControls)
			if !holds(before, want) || holds(result, want) {
				t.Errorf("proved before: %v, after: %v", holds(before, want), holds(result, want))
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == test.path && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", test.path, result.Findings)
			}
		})
	}
}

// publishElsewhere publishes a host of the namespace monitoring through the gateway by which shop publishes another one.
func publishElsewhere(spec *model.Spec) {
	w := spec.Clusters[0].Namespaces[1].Workloads[1] // monitoring/prometheus
	w.Exposes = append(w.Exposes, &model.Expose{Host: "other.example.com", Via: spec.Gateways[1], Port: w.Ports[0], Path: "/"})
}

// Two namespaces that publish through one gateway have a listener each, and routes attach to their own.
func TestEachHostHasAListenerOfItsOwn(t *testing.T) {
	spec := netSpec(model.Cilium)
	publishElsewhere(spec)
	_, files := netFiles(t, spec, "network-policy", "gateway")
	for file, want := range map[string]string{
		"namespaces/edge/guard/gateway-public.yaml":         "    hostname: other.example.com\n    name: at.other.example.com\n",
		"namespaces/shop/guard/route-front.yaml":            "sectionName: at.public.example.com\n",
		"namespaces/monitoring/guard/route-prometheus.yaml": "sectionName: at.other.example.com\n",
	} {
		if text := string(files["clusters/c/manifests/"+file]); !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", file, want, text)
		}
	}
	if result := Run(spec, files, gatewayControls); !holds(result, model.Hold{Control: model.GatewayRoutesRestricted, Subject: "gateway.public"}) {
		t.Errorf("not proved: %v", result.Findings)
	}
}

func TestACiliumPolicyThatSelectsMoreThanProxiesIsNotJudged(t *testing.T) {
	const sources = "clusters/c/manifests/platform/gateway-sources.yaml"
	spec := netSpec(model.Cilium)
	_, files := netFiles(t, spec, "network-policy", "gateway")
	files[sources] = []byte(strings.Replace(string(files[sources]), "operator: Exists", "operator: DoesNotExist", 1))
	result := Run(spec, files, gatewayControls)
	if holds(result, model.Hold{Control: model.IngressExact, Subject: "workload.shop.cart"}) {
		t.Error("a policy on every pod of the cluster goes unnoticed")
	}
}

func TestAGatewayThroughWhichNobodyPublishesAdmitsNoRoutes(t *testing.T) {
	const public = "clusters/c/manifests/namespaces/edge/guard/gateway-public.yaml"
	spec := netSpec(model.Cilium)
	for _, w := range spec.Clusters[0].Workloads() {
		w.Exposes = nil
	}
	_, files := netFiles(t, spec, "network-policy", "gateway")
	want := model.Hold{Control: model.GatewayRoutesRestricted, Subject: "gateway.public"}
	if !holds(Run(spec, files, gatewayControls), want) {
		t.Errorf("not proved:\n%s", files[public])
	}
	const none = "          - key: kubernetes.io/metadata.name\n            operator: DoesNotExist\n"
	clean := string(files[public])
	for change, selected := range map[string]string{
		"all namespaces":    "          - key: kubernetes.io/metadata.name\n            operator: Exists\n",
		"those of no team":  "          - key: team\n            operator: DoesNotExist\n",
		"a namespace":       "          - key: kubernetes.io/metadata.name\n            operator: In\n            values: [shop]\n",
		"one that may come": "          - key: kubernetes.io/metadata.name\n            operator: NotIn\n            values: [shop]\n",
	} {
		if !strings.Contains(clean, none) {
			t.Fatalf("no %q in\n%s", none, clean)
		}
		files[public] = []byte(strings.Replace(clean, none, selected, 1))
		result := Run(spec, files, gatewayControls)
		if holds(result, want) || !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Path == public && f.Object != "" }) {
			t.Errorf("%s: proved, or no finding: %v", change, result.Findings)
		}
	}
}
