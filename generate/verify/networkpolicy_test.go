package verify

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// netSpec is a small specification with one of everything that network policies know.
func netSpec(cni model.CNI) *model.Spec {
	prefix, addr := netip.MustParsePrefix, netip.MustParseAddr
	c := &model.Cluster{
		Name: "c", Provisioner: model.Kubeadm, DNSDomain: "cluster.local",
		API:     model.API{Endpoint: model.HostPort{Host: "api.example", Port: 6443}, LoadBalancer: &model.LoadBalancer{Kind: model.KubeVIP, Address: addr("10.0.0.10")}},
		Network: model.Network{DNS: addr("10.96.0.10"), Pods: []netip.Prefix{prefix("10.244.0.0/16")}, Services: []netip.Prefix{prefix("10.96.0.0/16")}, CNI: cni},
	}
	internet := &model.Zone{Name: model.InternetZone}
	nodes := &model.Zone{Name: "nodes", CIDRs: []netip.Prefix{prefix("10.0.0.0/24")}}
	office := &model.Zone{Name: "office", CIDRs: []netip.Prefix{prefix("192.168.7.0/24")}}
	control := &model.NodePool{Name: "control", Cluster: c, Roles: []model.Role{model.RoleControlPlane, model.RoleEtcd}, Zone: nodes,
		Nodes: []model.Node{{Name: "cp-1", Address: addr("10.0.0.11")}}}
	general := &model.NodePool{Name: "general", Cluster: c, Zone: nodes, Nodes: []model.Node{{Name: "g-1", Address: addr("10.0.0.21")}, {Name: "g-2", Address: addr("10.0.0.22")}}}
	c.NodePools = []*model.NodePool{control, general}

	edge := &model.Namespace{Name: "edge", Cluster: c, PodSecurity: model.Restricted}
	mon := &model.Namespace{Name: "monitoring", Cluster: c, PodSecurity: model.Privileged}
	shop := &model.Namespace{Name: "shop", Cluster: c, PodSecurity: model.Restricted}
	c.Namespaces = []*model.Namespace{edge, mon, shop}

	workload := func(n *model.Namespace, name string) *model.Workload {
		w := &model.Workload{Name: name, Namespace: n, Kind: model.Deployment, Selector: map[string]string{"app.kubernetes.io/name": name}}
		n.Workloads = append(n.Workloads, w)
		return w
	}
	port := func(w *model.Workload, name string, number int, protocol model.Protocol, from ...model.Peer) *model.Port {
		p := &model.Port{Name: name, Number: number, Protocol: protocol, Workload: w, From: from, Service: 80}
		w.Ports = append(w.Ports, p)
		return p
	}
	pods := &model.Gateway{Name: "pods", Class: "envoy", Namespace: edge, From: []model.Peer{internet, office}, Selector: map[string]string{"gateway": "pods"}, Port: 10443}
	gateways := []*model.Gateway{pods}
	if cni == model.Cilium {
		gateways = append(gateways, &model.Gateway{Name: "public", Class: "cilium", Namespace: edge, From: []model.Peer{internet}})
	}

	exporter := workload(mon, "exporter")
	exporter.Host.Network = true
	prometheus := workload(mon, "prometheus")
	metrics := port(exporter, "metrics", 9100, model.TCP, prometheus)
	port(prometheus, "web", 9090, model.TCP, exporter, office)
	prometheus.Calls = []*model.Port{metrics}
	prometheus.APIAccess = []*model.APIAccess{{Name: "discover", Verbs: []string{"list"}, Resources: []string{"pods"}}}

	cart := workload(shop, "cart")
	grpc := port(cart, "grpc", 7070, model.TCP, mon)
	db := workload(shop, "db")
	query := port(db, "query", 5432, model.TCP)
	gossip := port(db, "gossip", 7946, model.UDP)
	cart.Calls = []*model.Port{query}
	cart.Egress = []*model.Egress{{Name: "ledger", CIDRs: []netip.Prefix{prefix("10.0.0.0/8")}, Port: 6443, Protocol: model.TCP}}
	front := workload(shop, "front")
	http := port(front, "http", 8080, model.TCP)
	port(front, "hook", 9443, model.TCP, control, general)
	front.Calls = []*model.Port{grpc}
	front.Egress = []*model.Egress{{Name: "web", Zones: []*model.Zone{internet}, Port: 443, Protocol: model.TCP}}
	for _, g := range gateways {
		front.Exposes = append(front.Exposes, &model.Expose{Host: g.Name + ".example.com", Via: g, Port: http, Path: "/"})
	}
	legacy := workload(shop, "legacy")
	legacy.Manifests = model.ManifestsExternal
	legacy.Selector = map[string]string{"app": "legacy", "tier": "back"}
	dns := port(legacy, "dns", 53, model.UDP)
	db.Calls = []*model.Port{gossip, dns} // its pods talk to each other
	if slices.Contains([]model.CNI{model.Cilium, model.Antrea, model.CalicoEnterprise, model.OVNKubernetes, model.KubeNetworkPolicies, model.EKSAutoMode, model.GKEDataplaneV2}, cni) {
		legacy.Egress = []*model.Egress{{Name: "pay", FQDNs: []string{"api.pay.example", "cdn.pay.example"}, Port: 443, Protocol: model.TCP}}
	}
	gitops := &model.GitOps{Name: "flux", Kind: model.Flux, Branch: "main", Deploys: c.Namespaces}
	registries := []*model.Registry{{Name: "main", Host: "registry.example.com", Path: "shop"}, {Name: "all", Host: "other.example:5000"}}
	return &model.Spec{Clusters: []*model.Cluster{c}, GitOps: []*model.GitOps{gitops}, Registries: registries, Zones: []*model.Zone{internet, nodes, office}, Gateways: gateways}
}

// netFiles writes the tree of the generators with these names.
func netFiles(t *testing.T, spec *model.Spec, names ...string) (*generate.Set, map[string][]byte) {
	t.Helper()
	var generators []*generate.Generator
	for _, g := range generate.All {
		if slices.Contains(names, g.Name) || g.Name == "kustomization" {
			generators = append(generators, g)
		}
	}
	set, err := generate.Run(spec, generators)
	if err != nil {
		t.Fatal(err)
	}
	files := set.Files()
	for _, c := range spec.Clusters {
		for _, n := range c.Namespaces {
			// The Namespace object is another generator's.
			dir := generate.GuardDir(n)
			list := dir + "/kustomization.yaml"
			if strings.Contains(string(files[list]), "- namespace.yaml") {
				continue
			}
			files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- namespace.yaml\n", 1))
			files[dir+"/namespace.yaml"] = []byte("apiVersion: v1\nkind: Namespace\nmetadata:\n  labels:\n    pod-security.kubernetes.io/enforce: " + string(n.PodSecurity) + "\n  name: " + n.Name + "\n")
		}
	}
	return set, files
}

func TestDeclaredFlowsAreProved(t *testing.T) {
	for _, cni := range []model.CNI{model.Cilium, model.Calico, model.Antrea, model.AmazonVPCCNI, model.EKSAutoMode} {
		spec := netSpec(cni)
		set, files := netFiles(t, spec, "network-policy", "gateway")
		result := Run(spec, files, []*Check{networkPolicyCheck})
		for _, f := range result.Findings {
			t.Errorf("%s: %+v", cni, f)
		}
		var claims []model.Claim
		for _, c := range set.Claims {
			if slices.Contains(networkPolicyCheck.Controls, c.Control) {
				claims = append(claims, c)
			}
		}
		proved := slices.DeleteFunc(slices.Clone(result.Proved), func(c model.Claim) bool { return c.Aux })
		if diff := cmp.Diff(claims, proved); diff != "" {
			t.Errorf("%s: claimed, proved:\n%s", cni, diff)
		}
		for _, want := range []model.Hold{
			{Control: model.DefaultDeny, Subject: "namespace.shop"},
			{Control: model.EgressExact, Subject: "workload.shop.legacy"},
			{Control: model.MetadataBlocked, Subject: "workload.shop.front"},
			{Control: model.APIEgressBlocked, Subject: "workload.shop.cart"},
			{Control: model.DNSClusterOnly, Subject: "workload.shop.cart"},
		} {
			if !holds(result, want) {
				t.Errorf("%s: %v is not proved", cni, want)
			}
		}
		for _, not := range []model.Hold{
			{Control: model.DefaultDeny, Subject: "namespace.monitoring"},
			{Control: model.IngressExact, Subject: "workload.monitoring.exporter"},
			{Control: model.APIEgressBlocked, Subject: "workload.monitoring.prometheus"},
			{Control: model.DNSClusterOnly, Subject: "workload.shop.db"},
		} {
			if holds(result, not) {
				t.Errorf("%s: %v is proved", cni, not)
			}
		}
	}
}

func holds(r *Result, h model.Hold) bool {
	return slices.ContainsFunc(r.Proved, func(c model.Claim) bool { return c.Control == h.Control && c.Subject == h.Subject })
}

// end is a workload as the evaluator sees it.
func end(c *model.Cluster, w *model.Workload) netEnd {
	p := &netPod{namespace: w.Namespace.Name, labels: w.Selector, hostNetwork: w.Host.Network, addrs: addrs(c.Network.Pods...)}
	if w.Host.Network {
		p.addrs = nil
		for _, pool := range w.HostPools() {
			p.addrs = p.addrs.union(addrs(pool.CIDRs()...))
		}
	}
	return netEnd{pod: p}
}

// The check compares sets of permissions; this test asks the evaluator about every pair and port instead.
func TestEveryPairAndPortIsAllowedIfAndOnlyIfDeclared(t *testing.T) {
	for _, cni := range []model.CNI{model.Cilium, model.Calico, model.Antrea} {
		spec := netSpec(cni)
		_, files := netFiles(t, spec, "network-policy", "gateway")
		comparePairs(t, spec, files)
	}
}

func comparePairs(t *testing.T, spec *model.Spec, files map[string][]byte) {
	t.Helper()
	for _, c := range spec.Clusters {
		result := &Result{}
		j := newNetworkJudge(&Pass{Spec: spec, Files: files, result: result, cache: newCache()}, c)
		if len(result.Findings) > 0 {
			t.Fatal(result.Findings)
		}
		ports := map[portOf]bool{{model.TCP, 22}: true, {model.TCP, 80}: true, {model.UDP, 53}: true, {model.TCP, 65535}: true}
		declared := map[[2]model.Address]bool{}
		for _, w := range c.Workloads() {
			for _, p := range w.Ports {
				ports[portOf{protocolOf(p.Protocol), p.Number}] = true
				ports[portOf{model.SCTP, p.Number}] = true
			}
		}
		for _, f := range c.Flows() {
			declared[[2]model.Address{f.From.Addr(), f.To.Addr()}] = true
			declared[[2]model.Address{f.From.Addr(), f.To.Workload.Addr()}] = true
		}
		asked := 0
		for _, a := range c.Workloads() {
			for _, b := range c.Workloads() { // where it is a, another pod of the same workload
				for at := range ports {
					asked++
					want := a.Host.Network && b.Host.Network
					for _, p := range b.Ports {
						if p.Number != at.port || protocolOf(p.Protocol) != at.protocol {
							continue
						}
						// Namespaces and node pools stand for all that they contain.
						receives := declared[[2]model.Address{a.Addr(), p.Addr()}] || !a.Host.Network && declared[[2]model.Address{a.Namespace.Addr(), p.Addr()}]
						for _, pool := range a.HostPools() {
							receives = receives || a.Host.Network && declared[[2]model.Address{pool.Addr(), p.Addr()}]
						}
						want = want || receives
					}
					if b.Host.Network && a.Host.Network {
						want = true
					}
					if got := j.policies.allowed(end(c, a), end(c, b), at.port, at.protocol); got != want {
						t.Errorf("%s: %s → %s %d/%s: allowed = %v", c.Network.CNI, a.Addr(), b.Addr(), at.port, at.protocol, got)
					}
				}
			}
			if a.Host.Network {
				continue
			}
			for addr, port := range map[string]int{"169.254.169.254": 80, "10.96.0.10": 53, "10.0.0.11": 2379, "10.0.0.21": 10250, "8.8.8.8": 53} {
				for _, protocol := range []model.Protocol{model.TCP, model.UDP} {
					if j.policies.egress(end(c, a), netEnd{addr: netip.MustParseAddr(addr)}, port, protocol) {
						t.Errorf("%s reaches %s:%d/%s", a.Addr(), addr, port, protocol)
					}
				}
			}
			stranger := netEnd{pod: &netPod{namespace: a.Namespace.Name, labels: map[string]string{"x": "y"}, addrs: addrs(c.Network.Pods...)}}
			for at := range ports {
				if j.policies.ingress(stranger, end(c, a), at.port, at.protocol) && !slices.ContainsFunc(a.Ports, func(p *model.Port) bool {
					return declared[[2]model.Address{a.Namespace.Addr(), p.Addr()}]
				}) {
					t.Errorf("a stranger reaches %s on %d/%s", a.Addr(), at.port, at.protocol)
				}
			}
		}
		if asked < 100 {
			t.Errorf("only %d questions", asked)
		}
	}
}

// shopGuard is where the files of the mutations stand.
const shopGuard = "clusters/c/manifests/namespaces/shop/guard/"

func TestEveryLooseningOfAPolicyIsFound(t *testing.T) {
	const (
		deny  = shopGuard + "networkpolicy-default-deny.yaml"
		front = shopGuard + "networkpolicy-allow-front.yaml"
		cart  = shopGuard + "networkpolicy-allow-cart.yaml"
		old   = shopGuard + "networkpolicy-allow-legacy.yaml"
		list  = shopGuard + "kustomization.yaml"
	)
	extra := func(doc string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			files[shopGuard+"extra.yaml"] = []byte(doc)
			files[list] = []byte(strings.Replace(string(files[list]), "resources:\n", "resources:\n- extra.yaml\n", 1))
		}
	}
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			if !strings.Contains(string(files[file]), old) {
				t.Fatalf("%s does not contain %q:\n%s", file, old, files[file])
			}
			files[file] = []byte(strings.Replace(string(files[file]), old, new, 1))
		}
	}
	policy := func(spec string) string {
		return "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec:\n" + spec
	}
	tests := []struct {
		change  string
		mutate  func(map[string][]byte)
		control model.ControlID
		subject model.Address
		path    string // of a finding; empty: any
	}{
		{"default deny without Egress", replace(deny, "  - Egress\n", ""), model.DefaultDeny, "namespace.shop", deny},
		{"default deny without policyTypes", replace(deny, "  policyTypes:\n  - Ingress\n  - Egress\n", ""), model.DefaultDeny, "namespace.shop", deny},
		{"default deny for some pods", replace(deny, "podSelector: {}", "podSelector:\n    matchLabels:\n      a: b"), model.DefaultDeny, "namespace.shop", deny},
		{"default deny with a rule", replace(deny, "  podSelector: {}", "  egress:\n  - {}\n  podSelector: {}"), model.DefaultDeny, "namespace.shop", deny},
		{"default deny not applied", replace(list, "- networkpolicy-default-deny.yaml\n", ""), model.DefaultDeny, "namespace.shop", ""},
		{"default deny in another namespace", replace(deny, "namespace: shop", "namespace: edge"), model.DefaultDeny, "namespace.shop", ""},
		{"privileged pods admitted", replace(shopGuard+"namespace.yaml", "restricted", "privileged"), model.DefaultDeny, "namespace.shop", deny},
		{"a policy for undeclared pods", extra(policy("  podSelector:\n    matchLabels:\n      x: z\n  ingress:\n  - {}\n")), model.DefaultDeny, "namespace.shop", shopGuard + "extra.yaml"},
		{"a policy for everybody opens a workload", extra(policy("  podSelector: {}\n  ingress:\n  - {}\n")), model.IngressExact, "workload.shop.cart", shopGuard + "extra.yaml"},
		{"a policy for pods that carry one more label", extra(policy("  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: cart\n      version: v2\n  ingress:\n  - {}\n")), model.IngressExact, "workload.shop.cart", shopGuard + "extra.yaml"},
		{"a policy by another label", extra(policy("  podSelector:\n    matchExpressions:\n    - {key: version, operator: Exists}\n  policyTypes: [Egress]\n  egress:\n  - {}\n")), model.EgressExact, "workload.shop.cart", shopGuard + "extra.yaml"},
		{"a policy of a kind that is not judged", extra("apiVersion: crd.antrea.io/v1beta1\nkind: NetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec: {}\n"), model.IngressExact, "workload.shop.cart", ""},
		{"a cluster-wide policy that is not judged", extra("apiVersion: cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy\nmetadata:\n  name: extra\nspec: {}\n"), model.EgressExact, "workload.shop.cart", ""},
		{"Cilium's specs beside spec", extra("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspecs: []\n"), model.EgressExact, "workload.shop.cart", ""},
		{"Cilium: everything", extra("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata:\n  name: extra\n  namespace: shop\nspec:\n  endpointSelector: {}\n  egress:\n  - toEntities: [all]\n    toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n"), model.EgressExact, "workload.shop.cart", shopGuard + "extra.yaml"},
		{"an added peer", replace(front, "  ingress:\n  - from:\n", "  ingress:\n  - from:\n    - podSelector: {}\n"), model.IngressExact, "workload.shop.front", front},
		{"two selectors in two peers", replace(front, "      podSelector:\n        matchLabels:\n          gateway: pods", "    - podSelector:\n        matchLabels:\n          gateway: pods"), model.IngressExact, "workload.shop.front", front},
		{"a peer in any namespace", replace(front, "      podSelector:\n        matchLabels:\n          gateway: pods\n    ports", "    ports"), model.IngressExact, "workload.shop.front", front},
		{"a rule for any source", replace(front, "  ingress:\n", "  ingress:\n  - ports:\n    - port: 8080\n"), model.IngressExact, "workload.shop.front", front},
		{"a range of ports", replace(cart, "port: 7070", "port: 7070\n      endPort: 7071"), model.IngressExact, "workload.shop.cart", cart},
		{"a named port", replace(cart, "port: 7070", "port: grpc"), model.IngressExact, "workload.shop.cart", cart},
		{"all ports", replace(cart, "    - port: 7070\n      protocol: TCP\n", "    - protocol: TCP\n"), model.IngressExact, "workload.shop.cart", cart},
		{"another entity", replace(front, "    - ingress\n", "    - ingress\n    - world\n"), model.IngressExact, "workload.shop.front", front},
		{"Ingress dropped from both policies", func(f map[string][]byte) {
			replace(cart, "  - Ingress\n", "")(f)
			replace(deny, "  - Ingress\n", "")(f)
		}, model.IngressExact, "workload.shop.cart", ""},
		{"the flow is gone", replace(cart, "    - port: 7070\n", "    - port: 7071\n"), model.IngressExact, "workload.shop.cart", cart},
		{"a wider range of addresses", replace(cart, "cidr: 10.0.0.0/8", "cidr: 0.0.0.0/0"), model.EgressExact, "workload.shop.cart", cart},
		{"a hole is closed: pods", replace(cart, "        - 10.244.0.0/16\n", ""), model.EgressExact, "workload.shop.cart", cart},
		{"a hole is closed: the API server", replace(cart, "        - 10.0.0.11/32\n", ""), model.APIEgressBlocked, "workload.shop.cart", cart},
		{"the API server as an entity", replace(old, "  - toFQDNs:\n", "  - toEntities: [kube-apiserver]\n    toPorts: [{ports: [{port: '6443', protocol: TCP}]}]\n  - toFQDNs:\n"), model.APIEgressBlocked, "workload.shop.legacy", old},
		{"all nodes on the API server's port", replace(old, "  - toFQDNs:\n", "  - toEntities: [remote-node]\n    toPorts: [{ports: [{port: '6443', protocol: TCP}]}]\n  - toFQDNs:\n"), model.APIEgressBlocked, "workload.shop.legacy", old},
		{"a hole is closed: metadata", replace(front, "        - 169.254.0.0/16\n", ""), model.MetadataBlocked, "workload.shop.front", front},
		{"the whole world by entity", replace(old, "  - toFQDNs:\n", "  - toEntities: [world]\n    toPorts: [{ports: [{port: '80', protocol: TCP}]}]\n  - toFQDNs:\n"), model.MetadataBlocked, "workload.shop.legacy", old},
		{"another DNS server", replace(front, "  - ports:\n    - port: 443\n", "  - ports:\n    - port: 53\n      protocol: UDP\n    - port: 443\n"), model.DNSClusterOnly, "workload.shop.front", front},
		{"DNS in every namespace", replace(cart, "    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: kube-system\n", "    - namespaceSelector: {}\n"), model.DNSClusterOnly, "workload.shop.cart", cart},
		{"another name", replace(old, "matchName: cdn.pay.example", "matchName: evil.example"), model.EgressExact, "workload.shop.legacy", old},
		{"names by pattern", replace(old, "matchName: cdn.pay.example", "matchPattern: '*'"), model.EgressExact, "workload.shop.legacy", ""},
		{"a wider selector of the workload's own policy", replace(cart, "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: cart\n", "  podSelector: {}\n"), model.DefaultDeny, "namespace.shop", cart},
	}
	spec := netSpec(model.Cilium)
	_, clean := netFiles(t, spec, "network-policy", "gateway")
	before := Run(spec, clean, []*Check{networkPolicyCheck})
	for _, test := range tests {
		t.Run(test.change, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(clean)
			want := model.Hold{Control: test.control, Subject: test.subject}
			if !holds(before, want) {
				t.Fatal("not proved before the change")
			}
			test.mutate(files)
			result := Run(spec, files, []*Check{networkPolicyCheck})
			if holds(result, want) {
				t.Error("still proved")
			}
			if !slices.ContainsFunc(result.Findings, func(f Finding) bool {
				return f.Message != "" && (test.path == "" || f.Path == test.path && f.Object != "")
			}) {
				t.Errorf("no finding in %s: %v", test.path, result.Findings)
			}
		})
	}
}

func TestOnlineBoutiqueAllowsItsDeclaredFlowsAndNoOthers(t *testing.T) {
	l := model.Load("../../examples/online-boutique", model.Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	_, files := netFiles(t, l.Spec, "network-policy", "gateway")
	comparePairs(t, l.Spec, files)
}
