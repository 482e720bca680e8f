package generate

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// metadataServices are the link-local addresses at which clouds hand credentials to whoever asks: the IPv4 address of
// all of them, the IPv6 address of AWS.
var metadataServices = []netip.Prefix{
	netip.MustParsePrefix("169.254.169.254/32"),
	netip.MustParsePrefix("fd00:ec2::254/128"),
}

// nodeFirewall is the nftables ruleset of a pool: what [model.NodePool.Inbound] lists, and nothing else.
func nodeFirewall(spec *model.Spec, pool *model.NodePool) hostFile {
	c := pool.Cluster
	data := struct {
		Cilium    bool
		OnRequest bool
		Rules     []templates.NFTRule
		Metadata  []templates.NFTRule
	}{
		Cilium:    c.Network.CNI == model.Cilium,
		OnRequest: pool.OpensSSH(),
		Rules:     flowRules(spec, pool.Inbound(), c.NodeCIDRs()),
		Metadata:  []templates.NFTRule{{To: metadataServices, Verdict: "drop", Comment: "cloud metadata"}},
	}
	controls := []model.Claim{{Control: model.HostFirewall, Subject: pool.Addr()}}
	if pool.OpensSSH() {
		controls = append(controls, model.Claim{Control: model.NodeSSHClosed, Subject: pool.Addr()})
	}
	if c.NetfilterSeesPods() {
		controls = append(controls, model.Claim{Control: model.MetadataFirewall, Subject: pool.Addr()})
	}
	if c.Provisioner == model.Kubeadm {
		scraped := slices.ContainsFunc(c.Workloads(), (*model.Workload).ReadsKubelets)
		if !scraped {
			controls = append(controls, model.Claim{Control: model.KubeletFirewall, Subject: pool.Addr()})
		}
		if pool.Has(model.RoleEtcd) {
			controls = append(controls, model.Claim{Control: model.EtcdFirewall, Subject: c.Addr()})
		}
		if pool.Has(model.RoleControlPlane) && !fromInternet(c.API.ReachableFrom) {
			controls = append(controls, model.Claim{Control: model.APIFirewall, Subject: c.Addr()})
		}
	}
	return hostFile{
		Name: "nftables.nft", Target: "/etc/bartizan/firewall.nft", Mode: "0600",
		Doc:      "The firewall: drops what the specification does not declare.",
		Template: "nftables_node.tmpl", Data: data,
		Controls: controls,
	}
}

// flowRules turns connections into rules. Foreign clusters are refused before anything wider could admit them, except
// for what names them.
func flowRules(spec *model.Spec, flows []model.HostFlow, pings []netip.Prefix) []templates.NFTRule {
	var rules, later []templates.NFTRule
	if len(pings) > 0 {
		rules = append(rules, templates.NFTRule{From: pings, Protocol: "echo-request", Verdict: "accept"})
	}
	for _, f := range flows {
		if len(f.Sources) == 0 && !f.Internet {
			continue
		}
		r := templates.NFTRule{
			From: f.Sources, Protocol: strings.ToLower(string(f.Protocol)), First: f.First, Last: f.Last,
			Verdict: "accept", Comment: fmt.Sprintf("%s from %s", f.Use, f.From),
		}
		if f.Internet {
			r.From, r.NotFrom = spec.Inside(), true
		}
		if f.OnRequest {
			r.While, r.Comment = "ssh_open", r.Comment+", while it is open"
		}
		if f.From.Kind() == "foreign_cluster" {
			rules = append(rules, r)
		} else {
			later = append(later, r)
		}
	}
	for _, f := range spec.ForeignClusters {
		if len(f.CIDRs) > 0 {
			rules = append(rules, templates.NFTRule{From: f.CIDRs, Verdict: "drop", Comment: string(f.Addr())})
		}
	}
	return append(rules, later...)
}
