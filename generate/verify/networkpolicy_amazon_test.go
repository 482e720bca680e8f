package verify

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// Names of EKS Auto Mode lead to whatever the Admin tier of Amazon's policies does not deny.
func TestEveryLooseningOfNamesOnEKSIsFound(t *testing.T) {
	const (
		own      = shopGuard + "networkpolicy-allow-legacy.yaml"
		platform = "clusters/c/manifests/platform/clusternetworkpolicy-names.yaml"
		list     = shopGuard + "kustomization.yaml"
		all      = "clusters/c/manifests/platform/kustomization.yaml"
	)
	const (
		application = "ApplicationNetworkPolicy"
		cluster     = "ClusterNetworkPolicy"
	)
	extra := func(kind, name, spec string) string {
		scope := "\n  namespace: shop"
		if kind == cluster {
			scope = ""
		}
		return "apiVersion: networking.k8s.aws/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: " + name + scope + "\nspec: " + spec + "\n"
	}
	const (
		anyone = "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{domainNames: [x.example]}], ports: [{port: 80}]}]}"
		accept = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Accept, to: [{networks: [0.0.0.0/0]}]}]}"
		named  = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Accept, to: [{domainNames: [x.example]}]}]}"
		late   = "{tier: Baseline, priority: 1, subject: {namespaces: {}}, egress: [{action: Accept, to: [{networks: [0.0.0.0/0]}]}]}"
		denies = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [192.0.2.0/24]}]}]}"
		hidden = "{tier: Admin, priority: 1, subject: {namespaces: {}}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]}"
		inward = "{tier: Admin, priority: 1, subject: {namespaces: {}}, ingress: [{action: Accept, from: [{namespaces: {}}]}], egress: []}"
	)
	const legacy, exact = "workload.shop.legacy", model.EgressExact
	tests := []struct {
		change, path, kind, old, new string
		control                      model.ControlID
		subject                      model.Address
	}{
		{"another name", own, application, "- cdn.pay.example", "- evil.example", exact, legacy},
		{"one more name", own, application, "- cdn.pay.example", "- cdn.pay.example\n      - evil.example", exact, legacy},
		{"names by pattern", own, application, "- cdn.pay.example", "- '*.example'", exact, legacy},
		{"a name that is gone", own, application, "      - cdn.pay.example\n", "", exact, legacy},
		{"an address among the names", own, application, "- domainNames:", "- ipBlock: {cidr: 0.0.0.0/0}\n    - domainNames:", exact, legacy},
		{"pods among the names", own, application, "- domainNames:", "- podSelector: {}\n    - domainNames:", exact, legacy},
		{"another port", own, application, "port: 443", "port: 444", exact, legacy},
		{"every port", own, application, "  - ports:\n    - port: 443\n      protocol: TCP\n    to:", "  - to:", exact, legacy},
		{"a range of ports", own, application, "- port: 443", "- endPort: 9999\n      port: 443", exact, legacy},
		{"a named port", own, application, "port: 443", "port: https", exact, legacy},
		{"another protocol", own, application, "protocol: TCP", "protocol: UDP", exact, legacy},
		{"no direction", own, application, "  policyTypes:\n  - Egress\n", "", exact, legacy},
		{"ingress too", own, application, "  - Egress\n", "  - Egress\n  - Ingress\n", model.IngressExact, legacy},
		{"other pods", own, application, "app: legacy", "app: other", exact, legacy},
		{"another version", own, application, "", "", exact, legacy},
		{"the name of the NetworkPolicy, which then is undone", own, application, "name: names-legacy", "name: allow-legacy", model.DefaultDeny, "namespace.shop"},

		{"metadata no longer denied", platform, "", "      - 169.254.169.254/32\n", "", model.MetadataBlocked, legacy},
		{"metadata no longer denied, names", platform, "", "      - 169.254.169.254/32\n", "", exact, legacy},
		{"another address than metadata", platform, "", "169.254.169.254/32", "169.254.169.253/32", model.MetadataBlocked, legacy},
		{"metadata denied on another port", platform, "", "port: 443", "port: 444", model.MetadataBlocked, legacy},
		{"metadata denied for another protocol", platform, "", "protocol: TCP", "protocol: UDP", model.MetadataBlocked, legacy},
		{"a node no longer denied", platform, "", "      - 10.0.0.22/32\n", "", exact, legacy},
		{"the API server no longer denied", platform, "", "port: 6443", "port: 6444", model.APIEgressBlocked, legacy},
		{"passed instead of denied", platform, "", "action: Deny", "action: Pass", exact, legacy},
		{"accepted instead of denied", platform, "", "action: Deny", "action: Accept", exact, legacy},
		{"denied after the policies of the namespaces", platform, "", "tier: Admin", "tier: Baseline", exact, legacy},
		{"denied to other pods", platform, "", "app: legacy", "app: other", model.MetadataBlocked, legacy},
		{"denied to some of the pods", platform, "", "app: legacy", "app: legacy\n          some: label", model.MetadataBlocked, legacy},
		{"denied in another namespace", platform, "", "kubernetes.io/metadata.name: shop", "kubernetes.io/metadata.name: edge", model.MetadataBlocked, legacy},
		{"denied in a group that nobody reads", platform, "", "networking.k8s.aws/v1alpha1", "networking.k8s.aws/v1", exact, legacy},
		{"a field that is not known", platform, "", "tier: Admin", "tier: Admin\n  enabled: false", exact, legacy},

		{"every pod", "", application, "", extra(application, "extra", anyone), exact, "workload.shop.cart"},
		{"every pod of the namespace, for the default deny", "", application, "", extra(application, "extra", anyone), model.DefaultDeny, "namespace.shop"},
		{"a name that leads to metadata", "", application, "", extra(application, "extra", anyone), model.MetadataBlocked, "workload.shop.cart"},
		{"a policy of a kind that is not judged", "", application, "", strings.Replace(extra(application, "extra", anyone), application, "PolicyEndpoint", 1), exact, "workload.shop.cart"},
		{"everything accepted", "", cluster, "", extra(cluster, "extra", accept), exact, legacy},
		{"a name accepted", "", cluster, "", extra(cluster, "extra", named), exact, legacy},
		{"everything accepted in the end", "", cluster, "", extra(cluster, "extra", late), exact, legacy},
		{"sources accepted", "", cluster, "", extra(cluster, "extra", inward), model.IngressExact, legacy},
		{"declared addresses denied", "", cluster, "", extra(cluster, "extra", denies), exact, legacy},
		{"everything denied", "", cluster, "", extra(cluster, "extra", hidden), exact, "workload.shop.front"},
	}
	spec := namesSpec(model.EKSAutoMode)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	before := Run(spec, clean, []*Check{networkPolicyCheck})
	if len(before.Findings) > 0 {
		t.Fatal(before.Findings)
	}
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			want := model.Hold{Control: test.control, Subject: test.subject}
			if !holds(before, want) {
				t.Fatal("not proved before the change")
			}
			files, path := maps.Clone(clean), test.path
			switch {
			case path == "":
				path = shopGuard + "extra.yaml"
				kustomization := list
				if test.kind == cluster {
					path, kustomization = "clusters/c/manifests/platform/extra.yaml", all
				}
				files[path] = []byte(test.new)
				files[kustomization] = []byte(strings.Replace(string(files[kustomization]), "resources:\n", "resources:\n- extra.yaml\n", 1))
			default:
				head, text := "", string(files[path])
				if test.kind != "" {
					i := strings.Index(text, "apiVersion: networking.k8s.aws")
					head, text = text[:i], text[i:]
				}
				old, replacement := test.old, test.new
				if old == "" {
					old, replacement = "v1alpha1", "v1alpha2"
				}
				if !strings.Contains(text, old) {
					t.Fatalf("no %q in\n%s", old, text)
				}
				files[path] = []byte(head + strings.ReplaceAll(text, old, replacement))
			}
			result := Run(spec, files, []*Check{networkPolicyCheck})
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool {
				return f.Message != "" && (f.Path == path || f.Path == own) && f.Object != ""
			}) {
				t.Errorf("no finding in %s: %v", path, result.Findings)
			}
		})
	}
}

// The proofs about names name the file of the cluster's policies, and end with it.
func TestNamesOnEKSNeedThePolicyOfTheCluster(t *testing.T) {
	const platform = "clusters/c/manifests/platform/clusternetworkpolicy-names.yaml"
	spec := namesSpec(model.EKSAutoMode)
	_, files := netFiles(t, spec, "network-policy", "gateway")
	result := Run(spec, files, []*Check{networkPolicyCheck})
	for _, c := range []model.ControlID{model.EgressExact, model.MetadataBlocked, model.APIEgressBlocked} {
		if !slices.Contains(result.Proved, model.Claim{Control: c, Subject: "workload.shop.legacy", Path: platform, Aux: true}) {
			t.Errorf("%s does not name the policy of the cluster", c)
		}
	}
	delete(files, platform)
	list := "clusters/c/manifests/platform/kustomization.yaml"
	files[list] = []byte(strings.Replace(string(files[list]), "- clusternetworkpolicy-names.yaml\n", "", 1))
	result = Run(spec, files, []*Check{networkPolicyCheck})
	for _, c := range []model.ControlID{model.EgressExact, model.MetadataBlocked, model.APIEgressBlocked} {
		if holds(result, model.Hold{Control: c, Subject: "workload.shop.legacy"}) {
			t.Errorf("%s is proved without it", c)
		}
		if !holds(result, model.Hold{Control: c, Subject: "workload.shop.db"}) && c != model.EgressExact {
			t.Errorf("%s of a workload without names is lost", c)
		}
	}
}

// The tree of a specification for EKS is proved as a whole; the guide names what must be set at Amazon.
func TestTheTreeForEKSIsProved(t *testing.T) {
	spec := loadExample(t, "../testdata/eks")
	set, err := generate.Run(spec, generate.All)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	result := Run(spec, files, All)
	if len(result.Findings) > 0 || len(result.Unproved(set.Claims)) > 0 {
		t.Errorf("%v, unproved %v", result.Findings, result.Unproved(set.Claims))
	}
	for _, want := range []model.Hold{
		{Control: model.EgressExact, Subject: "workload.shop.pay"},
		{Control: model.MetadataBlocked, Subject: "workload.shop.pay"},
		{Control: model.APIEgressBlocked, Subject: "workload.shop.pay"},
		{Control: model.DNSClusterOnly, Subject: "workload.shop.pay"},
		{Control: model.DNSClusterOnly, Subject: "workload.shop.web"},
	} {
		if !holds(result, want) {
			t.Errorf("%v is not proved", want)
		}
	}
	// Amazon runs the nodes: nothing is written for them, nothing is claimed of them, and no pod asks for what they may lack.
	for path, data := range files {
		if strings.HasPrefix(path, "clusters/main/nodes/") {
			t.Errorf("%s is written", path)
		}
		if s := string(data); strings.Contains(path, "/apps/") && (strings.Contains(s, "appArmorProfile") || strings.Contains(s, "hostUsers: false")) {
			t.Errorf("%s asks the node for AppArmor or user namespaces", path)
		}
	}
	for _, c := range slices.Concat(set.Claims, result.Proved) {
		if c.Subject == "node_pool.auto" {
			t.Errorf("%s is claimed or proved of Amazon's nodes", c.Control)
		}
	}
	guide := string(files["clusters/main/manifests/README.md"])
	for _, s := range []string{"`networking.k8s.aws/v1alpha1` (ApplicationNetworkPolicy, ClusterNetworkPolicy): Amazon EKS", "enable-network-policy-controller", "podSubnetSelectorTerms"} {
		if !strings.Contains(guide, s) {
			t.Errorf("the guide lacks %q:\n%s", s, guide)
		}
	}
}
