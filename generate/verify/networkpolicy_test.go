package verify

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

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
		Network: model.Network{Pods: []netip.Prefix{prefix("10.244.0.0/16")}, Services: []netip.Prefix{prefix("10.96.0.0/16")}, CNI: cni},
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
	port(db, "gossip", 7946, model.UDP)
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
	db.Calls = []*model.Port{dns}
	if cni == model.Cilium {
		legacy.Egress = []*model.Egress{{Name: "pay", FQDNs: []string{"api.pay.example", "cdn.pay.example"}, Port: 443, Protocol: model.TCP}}
	}
	return &model.Spec{Clusters: []*model.Cluster{c}, Zones: []*model.Zone{internet, nodes, office}, Gateways: gateways}
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
	for _, cni := range []model.CNI{model.Cilium, model.Calico} {
		spec := netSpec(cni)
		set, files := netFiles(t, spec, "network-policy")
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
		if diff := cmp.Diff(claims, result.Proved); diff != "" {
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
