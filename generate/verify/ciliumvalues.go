package verify

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// netfilterSeesPods reports whether what pods send passes the node's firewall. Where Cilium replaces kube-proxy and
// masquerades it does not, unless bpf.hostLegacyRouting says so.
//
// Source: Cilium, Tuning Guide, "eBPF Host-Routing": "to fully bypass iptables and the upper host stack".
func netfilterSeesPods(p *Pass, c *model.Cluster) bool {
	if c.Network.CNI != model.Cilium || !c.NetfilterSeesPods() {
		return c.NetfilterSeesPods()
	}
	file := generate.CiliumValues(c)
	problem := judgeCiliumValues(p.Files[file])
	if problem != nil {
		p.Find(Finding{Control: model.MetadataFirewall, Subject: c.Addr(), Path: file, Object: problem.place, Message: problem.message})
	}
	return problem == nil
}

// ciliumKeys are the values that cannot lead packets past the node's firewall. Others may: extraConfig and extraArgs
// set any option of the agent.
var ciliumKeys = []string{
	"bpf", "encryption", "gatewayAPI", "hubble", "ipam", "ipv4", "ipv6", "k8sClusterNetworkPolicy", "k8sServiceHost", "k8sServicePort", "kubeProxyReplacement",
	"policyCIDRMatchMode", "policyEnforcementMode",
}

// judgeCiliumValues compares keys as Helm does, to the letter: decoding into a struct would take BPF for bpf.
func judgeCiliumValues(data []byte) *problem {
	if data == nil {
		return &problem{"", "The file is missing: nothing says how Cilium routes packets of pods."}
	}
	if bytes.HasPrefix(data, []byte("---")) || bytes.Contains(data, []byte("\n---")) {
		return &problem{"", "The file has more than one document."}
	}
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &values); err != nil {
		return &problem{"", "The values cannot be read: " + err.Error() + "."}
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(ciliumKeys, key) {
			return &problem{key, "The value is not expected; it may lead packets of pods past the node's firewall."}
		}
	}
	bpf, _ := values["bpf"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(bpf)) {
		if key != "hostLegacyRouting" {
			return &problem{"bpf." + key, "The value is not expected; it may lead packets of pods past the node's firewall."}
		}
	}
	if on, _ := bpf["hostLegacyRouting"].(bool); !on {
		return &problem{"bpf.hostLegacyRouting", fmt.Sprintf("The value is %v instead of true, so packets of pods may bypass the node's firewall.", bpf["hostLegacyRouting"])}
	}
	return nil
}
