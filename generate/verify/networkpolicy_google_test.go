package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// On GKE names may lead anywhere: what they undo is neither claimed nor proved, and all else is.
func TestNamesOnGKEProveNothingThatTheyCouldUndo(t *testing.T) {
	spec := namesSpec(model.GKEDataplaneV2)
	set, files := netFiles(t, spec, "network-policy", "gateway")
	result := Run(spec, files, []*Check{networkPolicyCheck})
	if len(result.Findings) > 0 {
		t.Error(result.Findings)
	}
	var claims []model.Claim
	for _, c := range set.Claims {
		if slices.Contains(networkPolicyCheck.Controls, c.Control) {
			claims = append(claims, c)
		}
	}
	if d := cmp.Diff(claims, result.Proved); d != "" {
		t.Errorf("claimed, proved:\n%s", d)
	}
	for _, c := range []model.ControlID{model.EgressExact, model.MetadataBlocked, model.APIEgressBlocked} {
		if holds(result, model.Hold{Control: c, Subject: "workload.shop.legacy"}) {
			t.Errorf("%s is proved of a workload whose names lead anywhere", c)
		}
		if !holds(result, model.Hold{Control: c, Subject: "workload.shop.db"}) {
			t.Errorf("%s of a workload without names is not proved", c)
		}
	}
	// A name on another port than the API server's leads not to it.
	legacy := spec.Clusters[0].Workloads()[len(spec.Clusters[0].Workloads())-1]
	legacy.Egress = legacy.Egress[:1]
	set, files = netFiles(t, spec, "network-policy", "gateway")
	want := model.Hold{Control: model.APIEgressBlocked, Subject: legacy.Addr()}
	if !holds(Run(spec, files, []*Check{networkPolicyCheck}), want) || !slices.ContainsFunc(set.Claims, func(c model.Claim) bool { return c.Control == want.Control && c.Subject == want.Subject }) {
		t.Error("a name on port 443 takes api-egress-blocked away from a cluster whose API server listens on 6443")
	}
}

func TestEveryLooseningOfNamesOnGKEIsFound(t *testing.T) {
	const (
		own  = shopGuard + "networkpolicy-allow-legacy.yaml"
		list = shopGuard + "kustomization.yaml"
	)
	extra := func(spec string) string {
		return "apiVersion: networking.gke.io/v1alpha1\nkind: FQDNNetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec: " + spec + "\n"
	}
	const anyone = "{podSelector: {}, egress: [{matches: [{name: x.example}], ports: [{port: 80, protocol: TCP}]}]}"
	const cart = "workload.shop.cart"
	spec := namesSpec(model.GKEDataplaneV2)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	before := Run(spec, clean, []*Check{networkPolicyCheck})
	for _, test := range []struct {
		change, old, new string
		control          model.ControlID // lost by the subject; none where it has none to lose
		subject          model.Address
	}{
		{"another name", "name: cdn.pay.example", "name: evil.example", "", ""},
		{"one more name", "- name: cdn.pay.example", "- name: cdn.pay.example\n    - name: evil.example", "", ""},
		{"names by pattern", "name: cdn.pay.example", "pattern: '*.example'", model.IngressExact, "workload.shop.legacy"},
		{"a name that is gone", "    - name: cdn.pay.example\n", "", "", ""},
		{"another port", "port: 443", "port: 444", "", ""},
		{"every port", "    ports:\n    - port: 443\n      protocol: TCP\n", "", "", ""},
		{"every port of a protocol", "    - port: 443\n      protocol: TCP\n", "    - protocol: TCP\n", model.IngressExact, "workload.shop.legacy"},
		{"every protocol", "      protocol: TCP\n", "", model.IngressExact, "workload.shop.legacy"},
		{"every protocol, by a word", "protocol: TCP", "protocol: ALL", model.IngressExact, "workload.shop.legacy"},
		{"another protocol", "protocol: TCP", "protocol: UDP", "", ""},
		{"other pods", "app: legacy", "app: other", model.DefaultDeny, "namespace.shop"},
		{"a field that is not known", "spec:\n", "spec:\n  ingress: []\n", model.IngressExact, "workload.shop.legacy"},
		{"another version", "v1alpha1", "v1alpha3", model.IngressExact, "workload.shop.legacy"},
		{"every pod", "", extra(anyone), model.EgressExact, cart},
		{"every pod of the namespace, for the default deny", "", extra(anyone), model.DefaultDeny, "namespace.shop"},
		{"a name that leads to metadata", "", extra(anyone), model.MetadataBlocked, cart},
		{"no rules", "", extra("{podSelector: {}, egress: []}"), model.EgressExact, cart},
	} {
		t.Run(test.change, func(t *testing.T) {
			want := model.Hold{Control: test.control, Subject: test.subject}
			if test.control != "" && !holds(before, want) {
				t.Fatal("not proved before the change")
			}
			files, path := maps.Clone(clean), own
			if test.old == "" {
				path = shopGuard + "extra.yaml"
				files[path] = []byte(test.new)
				files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- extra.yaml\n", 1))
			} else {
				i := strings.Index(string(files[own]), "apiVersion: networking.gke.io")
				head, text := string(files[own][:i]), string(files[own][i:])
				if !strings.Contains(text, test.old) {
					t.Fatalf("no %q in\n%s", test.old, text)
				}
				files[own] = []byte(head + strings.ReplaceAll(text, test.old, test.new))
			}
			result := Run(spec, files, []*Check{networkPolicyCheck})
			if test.control != "" && holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool { return f.Message != "" && f.Path == path && f.Object != "" }) {
				t.Errorf("no finding in %s: %v", path, result.Findings)
			}
		})
	}
}

// The tree of a specification for GKE is proved as a whole; the guide names what must be set at Google.
func TestTheTreeForGKEIsProved(t *testing.T) {
	spec := loadExample(t, "../testdata/gke")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	result := Run(spec, files, All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	if !holds(result, model.Hold{Control: model.EgressExact, Subject: "workload.shop.web"}) {
		t.Error("egress-exact of a workload without names is not proved")
	}
	guide := string(files["clusters/main/manifests/README.md"])
	for _, s := range []string{"`networking.gke.io/v1alpha1` (FQDNNetworkPolicy): Google Kubernetes Engine", "--enable-fqdn-network-policy", "NodeLocal DNSCache"} {
		if !strings.Contains(guide, s) {
			t.Errorf("the guide lacks %q:\n%s", s, guide)
		}
	}
	for path := range files {
		if strings.HasPrefix(path, "clusters/main/nodes/") {
			t.Errorf("%s is written", path)
		}
	}
}
