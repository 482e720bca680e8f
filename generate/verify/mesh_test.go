package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

func meshTree(t *testing.T) (*model.Spec, *generate.Set) {
	t.Helper()
	spec := loadExample(t, "../testdata/mesh")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	return spec, set
}

func TestMeshesAreProved(t *testing.T) {
	spec, set := meshTree(t)
	result := Run(spec, set.Files(), All)
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
	for _, c := range result.Unproved(set.Claims) {
		t.Errorf("claimed, not proved: %+v", c)
	}
	var claimed, proved []string
	for _, c := range set.Claims {
		if c.Control == model.MeshStrictMTLS {
			claimed = append(claimed, c.Path)
		}
	}
	for _, c := range result.Proved {
		if c.Control == model.MeshStrictMTLS {
			proved = append(proved, c.Path)
		}
	}
	slices.Sort(claimed)
	if len(claimed) == 0 || !slices.Equal(slices.Compact(claimed), proved) {
		t.Errorf("claimed %v, proved %v", claimed, proved)
	}
}

// A mesh that only asks for certificates claims nothing.
func TestAMeshThatIsNotStrictClaimsNothing(t *testing.T) {
	spec := loadExample(t, "../testdata/mesh")
	spec.Meshes[0].Strict = false
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	result := Run(spec, set.Files(), []*Check{meshCheck, networkPolicyCheck})
	for _, f := range result.Findings {
		t.Errorf("finding: %+v", f)
	}
	if slices.ContainsFunc(set.Claims, func(c model.Claim) bool { return c.Control == model.MeshStrictMTLS }) || holds(result, model.Hold{Control: model.MeshStrictMTLS, Subject: "mesh.main"}) {
		t.Error("claimed or proved")
	}
}

func TestEveryLooseningOfAMeshIsFound(t *testing.T) {
	const (
		shop = "clusters/main/manifests/namespaces/shop/guard/"
		all  = shop + "mesh-default.yaml"
		web  = shop + "mesh-web.yaml"
		cart = shop + "mesh-cart.yaml"
		db   = shop + "mesh-db.yaml"
		pod  = "clusters/main/manifests/namespaces/shop/apps/db/workload.yaml"
	)
	object := func(kind, spec string) string {
		return "apiVersion: security.istio.io/v1\nkind: " + kind + "\nmetadata: {name: x, namespace: shop}\nspec: " + spec + "\n---\napiVersion:"
	}
	tests := []struct{ change, path, old, new string }{
		{"plain text in the namespace", all, "mode: STRICT", "mode: PERMISSIVE"},
		{"no TLS in the namespace", all, "mode: STRICT", "mode: DISABLE"},
		{"a mode that is inherited", all, "mode: STRICT", "mode: UNSET"},
		{"the namespace's rule for some pods", all, "  mtls:\n", "  selector: {matchLabels: {a: b}}\n  mtls:\n"},
		{"one port of every pod", all, "  mtls:\n", "  portLevelMtls: {'5432': {mode: DISABLE}}\n  mtls:\n"},
		{"everything allowed", all, "spec: {}\n", "spec: {rules: [{}]}\n"},
		{"a policy that denies nothing", all, "spec: {}\n", "spec: {action: DENY}\n"},
		{"no proxy", shop + "namespace.yaml", "istio-injection: enabled", "istio-injection: disabled"},
		{"no label", shop + "namespace.yaml", "    istio-injection: enabled\n", ""},
		{"plain text at another port", cart, `"7070":`, `"9090":`},
		{"plain text at one more port", cart, "  portLevelMtls:\n", "  portLevelMtls:\n    \"9090\":\n      mode: PERMISSIVE\n"},
		{"plain text at all ports of a workload", cart, "  mtls:\n    mode: STRICT\n", "  mtls:\n    mode: PERMISSIVE\n"},
		{"certificates not asked for where plain text is accepted", cart, "      mode: PERMISSIVE\n", "      mode: DISABLE\n"},
		{"plain text at a port that the mesh alone calls", db, "apiVersion:", object("PeerAuthentication", "{selector: {matchLabels: {app.kubernetes.io/name: db}}, mtls: {mode: STRICT}, portLevelMtls: {'5432': {mode: PERMISSIVE}}}")},
		{"plain text by another label of the pods", db, "apiVersion:", object("PeerAuthentication", "{selector: {matchLabels: {app.kubernetes.io/instance: db}}, mtls: {mode: PERMISSIVE}}")},
		{"one more caller", db, "cluster.local/ns/shop/sa/cart", "cluster.local/ns/shop/sa/cart\n        - cluster.local/ns/shop/sa/web"},
		{"another caller", db, "cluster.local/ns/shop/sa/cart", "cluster.local/ns/blog/sa/site"},
		{"callers by the beginning of their name", db, "cluster.local/ns/shop/sa/cart", "cluster.local/ns/shop/*"},
		{"callers without a certificate", db, "        principals:", "        notPrincipals:"},
		{"a rule without sources", db, "apiVersion:", object("AuthorizationPolicy", "{selector: {matchLabels: {app.kubernetes.io/name: db}}, rules: [{to: [{operation: {ports: ['5432']}}]}]}")},
		{"a rule without ports", web, "    to:\n    - operation:\n        ports:\n        - \"8080\"\n", ""},
		{"another port", db, `- "5432"`, `- "5433"`},
		{"a policy by another label", db, "apiVersion:", object("AuthorizationPolicy", "{selector: {matchLabels: {team: x}}, rules: [{}]}")},
		{"a policy for the whole namespace", db, "apiVersion:", object("AuthorizationPolicy", "{rules: [{from: [{source: {namespaces: [blog]}}], to: [{operation: {ports: ['5432']}}]}]}")},
		{"conditions that are not understood", db, "  rules:\n", "  action: CUSTOM\n  rules:\n"},
		{"another version", db, "security.istio.io/v1\n", "security.istio.io/v1beta1\n"},
		{"a filter of the proxy", db, "apiVersion:", "apiVersion: networking.istio.io/v1alpha3\nkind: EnvoyFilter\nmetadata: {name: x, namespace: shop}\nspec: {}\n---\napiVersion:"},
		{"TLS ended by the caller", db, "apiVersion:", "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: x, namespace: blog}\nspec: {host: db.shop.svc.cluster.local, trafficPolicy: {tls: {mode: DISABLE}}}\n---\napiVersion:"},
		{"a rule for all meshes", db, "apiVersion:", "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: istio-system}\nspec: {mtls: {mode: DISABLE}}\n---\napiVersion:"},
		{"pods without the proxy", pod, "        sidecar.istio.io/proxyCPU: 10m\n", "        sidecar.istio.io/inject: \"false\"\n"},
		{"a port past the proxy", pod, "        sidecar.istio.io/proxyCPU: 10m\n", "        traffic.sidecar.istio.io/excludeInboundPorts: \"5432\"\n"},
		{"a label that keeps the proxy out", pod, "      labels:\n", "      labels:\n        sidecar.istio.io/inject: \"false\"\n"},
	}
	spec, set := meshTree(t)
	clean, checks := set.Files(), []*Check{meshCheck}
	want := model.Hold{Control: model.MeshStrictMTLS, Subject: "mesh.main"}
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
			if len(result.Findings) == 0 || result.Findings[0].Object == "" {
				t.Errorf("no finding: %v", result.Findings)
			}
		})
	}
}

// The proxies need their control plane, and nothing else of the mesh's namespace.
func TestProxiesReachTheirControlPlane(t *testing.T) {
	const file = "clusters/main/manifests/namespaces/shop/guard/networkpolicy-allow-db.yaml"
	spec, set := meshTree(t)
	want := model.Hold{Control: model.EgressExact, Subject: "workload.shop.db"}
	for change, edit := range map[string][2]string{
		"another port":      {"port: 15012", "port: 15010"},
		"every pod there":   {"          app: istiod\n", ""},
		"another namespace": {"kubernetes.io/metadata.name: istio-system", "kubernetes.io/metadata.name: blog"},
	} {
		files := maps.Clone(set.Files())
		if !strings.Contains(string(files[file]), edit[0]) || !holds(Run(spec, files, []*Check{networkPolicyCheck}), want) {
			t.Fatalf("not proved, or no %q in\n%s", edit[0], files[file])
		}
		files[file] = []byte(strings.Replace(string(files[file]), edit[0], edit[1], 1))
		if result := Run(spec, files, []*Check{networkPolicyCheck}); holds(result, want) || len(result.Findings) == 0 {
			t.Errorf("%s: still proved, or no finding", change)
		}
	}
}
