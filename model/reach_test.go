package model

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func prefixes(texts ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, t := range texts {
		out = append(out, netip.MustParsePrefix(t))
	}
	return out
}

func text(blocks []Block) []string {
	var out []string
	for _, b := range blocks {
		t := b.CIDR.String()
		for _, e := range b.Except {
			t += " -" + e.String()
		}
		out = append(out, t)
	}
	return out
}

func reachSpec() (*Spec, *Cluster) {
	c := &Cluster{
		Name:    "c",
		Network: Network{Pods: prefixes("10.244.0.0/16"), Services: prefixes("10.96.0.0/16")},
		API:     API{Endpoint: HostPort{"api.example", 443}, LoadBalancer: &LoadBalancer{Kind: ExternalLoadBalancer, Address: netip.MustParseAddr("10.0.0.10")}},
	}
	zone := &Zone{Name: "nodes", CIDRs: prefixes("10.0.0.0/24", "203.0.113.0/24")}
	c.NodePools = []*NodePool{
		{Name: "cp", Cluster: c, Roles: []Role{RoleControlPlane}, Zone: zone, Nodes: []Node{{"a", netip.MustParseAddr("10.0.0.11")}}},
		{Name: "own", Cluster: c, Zone: zone, Dedicated: true, Nodes: []Node{{"d", netip.MustParseAddr("10.0.0.31")}}},
		{Name: "work", Cluster: c, Zone: zone, Nodes: []Node{{"b", netip.MustParseAddr("10.0.0.21")}}},
	}
	return &Spec{Clusters: []*Cluster{c}, Zones: []*Zone{{Name: InternetZone}, zone}}, c
}

func TestDeclaredRangesNeverIncludePodsServicesOrMetadata(t *testing.T) {
	s, c := reachSpec()
	for _, test := range []struct {
		rule   string
		egress Egress
		want   []string
	}{
		{"a wide range has holes", Egress{CIDRs: prefixes("10.0.0.0/8"), Port: 22}, []string{"10.0.0.0/8 -10.96.0.0/16 -10.244.0.0/16"}},
		{"metadata is a hole", Egress{CIDRs: prefixes("169.254.0.0/16"), Port: 80}, []string{"169.254.0.0/16 -169.254.169.254/32"}},
		{"metadata that is declared is meant", Egress{CIDRs: prefixes("169.254.169.254/32"), Port: 80}, []string{"169.254.169.254/32"}},
		{"the API server is a hole on its port", Egress{CIDRs: prefixes("10.0.0.0/24"), Port: 6443}, []string{"10.0.0.0/24 -10.0.0.11/32"}},
		{"the load balancer is a hole on its port", Egress{CIDRs: prefixes("10.0.0.0/24"), Port: 443}, []string{"10.0.0.0/24 -10.0.0.10/32"}},
		{"other ports of those nodes are declared", Egress{CIDRs: prefixes("10.0.0.0/24"), Port: 9100}, []string{"10.0.0.0/24"}},
		{"the internet has no private, declared or node addresses", Egress{Zones: []*Zone{{Name: InternetZone}}, Port: 443}, []string{
			"0.0.0.0/0 -0.0.0.0/8 -10.0.0.0/8 -100.64.0.0/10 -127.0.0.0/8 -168.63.129.16/32 -169.254.0.0/16 -172.16.0.0/12 -192.0.0.0/24 -192.168.0.0/16 -198.18.0.0/15 -203.0.113.0/24 -224.0.0.0/3"}},
	} {
		if diff := cmp.Diff(test.want, text(c.EgressBlocks(s, &test.egress))); diff != "" {
			t.Errorf("%s:\n%s", test.rule, diff)
		}
	}
}

func TestHostNetworkWorkloadsComeFromTheirNodes(t *testing.T) {
	s, c := reachSpec()
	w := &Workload{Name: "w", Namespace: &Namespace{Name: "n", Cluster: c}, Host: Host{Network: true}}
	if diff := cmp.Diff([]string{"10.0.0.21/32"}, text(c.SourceBlocks(s, w))); diff != "" {
		t.Errorf("any pool: %s", diff)
	}
	w.Pool = c.NodePools[1]
	if diff := cmp.Diff([]string{"10.0.0.31/32"}, text(c.SourceBlocks(s, w))); diff != "" {
		t.Errorf("own pool: %s", diff)
	}
	w.Host.Network = false
	if got := c.SourceBlocks(s, w); got != nil {
		t.Errorf("pod network: %v", got)
	}
}
