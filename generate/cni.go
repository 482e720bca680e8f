package generate

import (
	"net/netip"
	"path"
	"slices"
	"strconv"

	"github.com/bartizan-dev/bartizan/model"
	"github.com/bartizan-dev/bartizan/templates"
)

// ciliumVersion is the chart that the values are written for; it supports Kubernetes 1.34 to 1.37.
const ciliumVersion = "1.20.2"

var cni = &Generator{
	Name: "cni",
	Doc: `write the values with which the network plugin is installed

Cilium only: traffic of pods between nodes goes through WireGuard, nothing listens that the cluster does not need,
packets of pods pass the node's firewall, kube-proxy is replaced where a gateway of Cilium's demands it, and cluster network
policies are turned on where guard_rails asks for them. Other plugins are installed by their documentation.`,
	Controls: []model.ControlID{model.MetadataFirewall},
	Run:      runCNI,
}

// ciliumValues are the keys of Cilium's Helm chart that we set.
// https://docs.cilium.io/en/stable/helm-reference/
type ciliumValues struct {
	BPF            ciliumBPF        `json:"bpf"`
	Encryption     ciliumEncryption `json:"encryption"`
	GatewayAPI     enabled          `json:"gatewayAPI"`
	Hubble         enabled          `json:"hubble"`
	IPAM           ciliumIPAM       `json:"ipam"`
	IPv4           enabled          `json:"ipv4"`
	IPv6           enabled          `json:"ipv6"`
	K8sServiceHost string           `json:"k8sServiceHost"`
	K8sServicePort string           `json:"k8sServicePort"`
	// ClusterNetworkPolicy is an alpha feature of Cilium 1.20. Its ranges of addresses match nodes only if the mode says so.
	K8sClusterNetworkPolicy *enabled `json:"k8sClusterNetworkPolicy,omitempty"`
	KubeProxyReplacement    bool     `json:"kubeProxyReplacement"`
	PolicyCIDRMatchMode     []string `json:"policyCIDRMatchMode,omitempty"`
	PolicyEnforcementMode   string   `json:"policyEnforcementMode"`
}

type ciliumBPF struct {
	HostLegacyRouting bool `json:"hostLegacyRouting"`
}

type ciliumEncryption struct {
	Enabled bool   `json:"enabled"`
	Type    string `json:"type"`
}

type ciliumIPAM struct {
	Mode string `json:"mode"`
}

func runCNI(p *Pass) error {
	for _, c := range kubeadmClusters(p.Spec) {
		if c.Network.CNI != model.Cilium {
			continue
		}
		gateway := ciliumGateway(p.Spec, c)
		file := CiliumValues(c)
		for _, pool := range c.NodePools {
			p.Claim(model.MetadataFirewall, pool.Addr(), file)
		}
		var rails *enabled
		var match []string
		if c.Network.GuardRails {
			rails, match = &enabled{true}, []string{"nodes"}
		}
		if err := p.YAML(Artifact{
			Path:  file,
			Doc:   "values for Cilium's Helm chart, version " + ciliumVersion,
			Where: "where Helm runs, after bootstrap.sh",
		}, ciliumValues{
			// By itself Cilium sends pods' packets past the node's netfilter where it replaces kube-proxy and
			// masquerades: the node's firewall would not see them.
			// https://docs.cilium.io/en/stable/operations/performance/tuning/#ebpf-host-routing
			BPF:        ciliumBPF{HostLegacyRouting: true},
			Encryption: ciliumEncryption{c.Network.Encryption, "wireguard"},
			GatewayAPI: enabled{gateway},
			// kubeadm's controller manager gives each node a range of the declared pod network.
			IPAM: ciliumIPAM{"kubernetes"},
			// By itself Cilium gives pods IPv4 addresses only, whatever the API server hands out.
			IPv4: enabled{slices.ContainsFunc(c.Network.Pods, func(p netip.Prefix) bool { return p.Addr().Is4() })},
			IPv6: enabled{slices.ContainsFunc(c.Network.Pods, func(p netip.Prefix) bool { return p.Addr().Is6() })},
			// Without kube-proxy there is no cluster address of the API server before Cilium runs.
			K8sServiceHost:          c.API.Endpoint.Host,
			K8sServicePort:          strconv.Itoa(c.API.Endpoint.Port),
			K8sClusterNetworkPolicy: rails,
			KubeProxyReplacement:    gateway,
			PolicyCIDRMatchMode:     match,
			// Each namespace denies by its own policy. "always" would also cut off kube-system, which has none.
			PolicyEnforcementMode: "default",
		}); err != nil {
			return err
		}
		doc := "Cilium, the network plugin. On a machine with Helm and a kubeconfig of an administrator, once the first control-plane node is up:\n\n"
		if gateway {
			doc += "1. Install the Gateway API's custom resource definitions, standard channel, of the version that Cilium " + ciliumVersion + " names in its documentation.\n"
		}
		if rails != nil {
			doc += "1. Install the definition of ClusterNetworkPolicy, standard channel, of the network policy API " + networkPolicyAPIVersion + ": `config/crd/standard` of `kubernetes-sigs/network-policy-api`. The guard rails of `manifests/platform` need it.\n"
		}
		if gateway || rails != nil {
			doc += "1. Then:\n\n"
		}
		doc += "```\nhelm repo add cilium https://helm.cilium.io/\nhelm install cilium cilium/cilium --version " + ciliumVersion +
			" --namespace kube-system --values cilium-values.yaml\n```\n"
		if gateway {
			doc += "\nCilium replaces kube-proxy, because its gateway demands that; kubeadm does not install kube-proxy in this cluster.\n"
		}
		p.Directory(Directory{Path: path.Dir(file), Title: "Network plugin of " + c.Name, Doc: doc})
	}
	return nil
}

// ciliumGateway reports whether Cilium publishes workloads of the cluster. Its gateway needs Cilium's own replacement of
// kube-proxy: https://docs.cilium.io/en/stable/network/servicemesh/gateway-api/gateway-api/#prerequisites
func ciliumGateway(s *model.Spec, c *model.Cluster) bool {
	if c.Network.CNI != model.Cilium {
		return false
	}
	for _, g := range s.Gateways {
		if g.Class == "cilium" && g.Namespace != nil && g.Namespace.Cluster == c {
			return true
		}
	}
	return false
}

func cniAdvice(c *model.Cluster) string {
	if c.Network.CNI == model.Cilium {
		return "The values and the command are in `cni`."
	}
	advice := "This tree does not install " + templates.MarkdownCode(string(c.Network.CNI)) + "; follow its documentation."
	if c.Network.GuardRails {
		advice += " The guard rails need a version that knows ClusterNetworkPolicy, and its definition, standard channel, of the network policy API " + networkPolicyAPIVersion + "."
	}
	return advice
}
