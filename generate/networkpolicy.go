package generate

import (
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// networkPolicy writes what may talk to what.
//
// The rule (k8s.io/api/networking/v1): a pod is isolated in a direction as soon as one policy selects it for that
// direction, and policies add up. So one policy isolates every pod, and one for each workload gives back what is
// declared.
var networkPolicy = &Generator{
	Name: "network-policy",
	Doc: `deny all traffic that the specification does not declare

Each namespace gets a policy that isolates all its pods in both directions. Each workload gets one that admits the
declared sources to its ports, and lets it out to the cluster's DNS, the ports that it calls or that admit it, its
egress destinations and, if it has api_access, the API server. Where the CNI is Cilium, what Kubernetes' own policies cannot
say (DNS names, nodes, the API server, Cilium's gateway) is a CiliumNetworkPolicy in the same file; where it is Antrea, DNS
names are a NetworkPolicy of Antrea's, where it is Calico Enterprise one of Calico's; where it is EKS Auto Mode, an ApplicationNetworkPolicy of Amazon's. OVN-Kubernetes has names for all pods of a namespace together: the
policies let workloads with names out on their ports, and an EgressFirewall leaves the names of that; whether it does, a flag decides
that no file shows, so egress-exact is not claimed. All deny what no
name may lead to on the ports where names are reached: the metadata addresses, the API server and the cluster's nodes; on EKS a
ClusterNetworkPolicy of Amazon's does. For kube-network-policies names are a ClusterNetworkPolicy of the experimental channel, in
the Admin tier, that first passes all of these and the cluster's own networks on to the policies of the namespace; a pod can forge
the answers that it believes, so egress-exact is not claimed for a workload with names. A name may still lead to any other address, of a private network too. On GKE Dataplane V2
names are an FQDNNetworkPolicy, and nothing denies: neither egress-exact nor metadata-blocked is claimed for a workload with
names. The DNS of EKS Auto Mode runs on each node, not in pods: it is reached at the address of its Service.
Host-network pods use their node's addresses: no policy selects them, and none is written for them.`,
	Controls: []model.ControlID{
		model.DefaultDeny, model.IngressExact, model.EgressExact,
		model.MetadataBlocked, model.APIEgressBlocked, model.DNSClusterOnly, model.GatewaySourcesExact,
	},
	Kinds: slices.Concat(objectKinds("networking.k8s.io/v1", "NetworkPolicy"), objectKinds("cilium.io/v2", "CiliumNetworkPolicy"), objectKinds("crd.antrea.io/v1beta1", "NetworkPolicy"), objectKinds(calicoAPI, "NetworkPolicy"), objectKinds(ovnAPI, "EgressFirewall"),
		objectKinds(amazonAPI, "ApplicationNetworkPolicy", "ClusterNetworkPolicy"), objectKinds(googleAPI, "FQDNNetworkPolicy"),
		objectKinds(clusterPolicyAPI, "ClusterNetworkPolicy")),
	Run: runNetworkPolicy,
}

// whyAnnotation says in words what a policy allows and because of which declaration.
const whyAnnotation = "bartizan.dev/why"

// namespaceNameLabel is set on every namespace by the API server, which refuses every other value.
const namespaceNameLabel = "kubernetes.io/metadata.name"

func runNetworkPolicy(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		net := newNetwork(p.Spec, c)
		for _, n := range c.Namespaces {
			if err := defaultDeny(p, n); err != nil {
				return err
			}
			if c.Network.CNI == model.OVNKubernetes {
				if err := egressFirewall(p, net, n); err != nil {
					return err
				}
			}
			for _, w := range n.Workloads {
				if w.Host.Network {
					continue
				}
				if err := workloadPolicy(p, net, w); err != nil {
					return err
				}
			}
		}
		for _, g := range p.Spec.Gateways {
			if g.Namespace == nil || g.Namespace.Cluster != c || len(g.Selector) == 0 {
				continue
			}
			if err := gatewayPolicy(p, net, g); err != nil {
				return err
			}
		}
		if err := clusterNames(p, net); err != nil {
			return err
		}
	}
	return nil
}

var bothDirections = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}

func defaultDeny(p *Pass, n *model.Namespace) error {
	file := path.Join(GuardDir(n), "networkpolicy-default-deny.yaml")
	policy := &networkingv1.NetworkPolicy{
		TypeMeta:   typeMeta("networking.k8s.io/v1", "NetworkPolicy"),
		ObjectMeta: namespaceMeta(n, "default-deny"),
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: metav1.LabelSelector{}, PolicyTypes: bothDirections},
	}
	policy.Annotations = map[string]string{whyAnnotation: "Isolates every pod; the other policies give back what is declared."}
	// The privileged level admits host-network pods, which no policy selects.
	if n.PodSecurity != model.Privileged {
		p.Claim(model.DefaultDeny, n.Addr(), file)
	}
	return p.YAML(Artifact{
		Path:  file,
		Doc:   "isolates every pod of the namespace in both directions",
		Where: "the cluster, before the workloads",
	}, policy)
}

// allowPrefix begins the names of the workloads' policies.
const allowPrefix = "allow-"

func workloadPolicy(p *Pass, net *network, w *model.Workload) error {
	rules := net.workload(w)
	file := path.Join(GuardDir(w.Namespace), "networkpolicy-allow-"+w.Name+".yaml")
	meta := workloadMeta(w, allowPrefix+w.Name)
	selector := metav1.LabelSelector{MatchLabels: maps.Clone(w.Selector)}
	if err := p.YAML(Artifact{
		Path:  file,
		Doc:   "gives " + w.Name + " back the traffic that it declares",
		Where: "the cluster, before the workloads",
	}, rules.objects(meta, selector)...); err != nil {
		return err
	}
	p.Claim(model.IngressExact, w.Addr(), file)
	if rules.complete {
		p.Claim(model.EgressExact, w.Addr(), file)
	}
	if !net.reachesMetadata(w) {
		p.Claim(model.MetadataBlocked, w.Addr(), file)
	}
	if !net.reachesAPI(w) {
		p.Claim(model.APIEgressBlocked, w.Addr(), file)
	}
	if !net.asksOtherDNS(w) {
		p.Claim(model.DNSClusterOnly, w.Addr(), file)
	}
	return nil
}

// gatewayPolicy is for gateways that run as pods: the declared sources reach them, and they reach what is published
// through them.
func gatewayPolicy(p *Pass, net *network, g *model.Gateway) error {
	name := "gateway-" + g.Name
	file := path.Join(GuardDir(g.Namespace), "networkpolicy-"+name+".yaml")
	p.Claim(model.GatewaySourcesExact, g.Addr(), file)
	return p.YAML(Artifact{
		Path:  file,
		Doc:   "lets the declared sources reach the gateway, and the gateway what is published through it",
		Where: "the cluster, before the workloads",
	}, net.gateway(g).objects(namespaceMeta(g.Namespace, name), metav1.LabelSelector{MatchLabels: maps.Clone(g.Selector)})...)
}

// objects returns the NetworkPolicy and, if anything needs it, the policy of the network plugin's own.
func (r *netRules) objects(meta metav1.ObjectMeta, pods metav1.LabelSelector) []any {
	meta.Annotations = map[string]string{whyAnnotation: r.why()}
	policy := &networkingv1.NetworkPolicy{
		TypeMeta:   typeMeta("networking.k8s.io/v1", "NetworkPolicy"),
		ObjectMeta: meta,
		Spec:       networkingv1.NetworkPolicySpec{PodSelector: pods, PolicyTypes: bothDirections, Ingress: r.ingress, Egress: r.egress},
	}
	objects := []any{policy}
	if len(r.ciliumIngress) > 0 || len(r.ciliumEgress) > 0 {
		objects = append(objects, &CiliumNetworkPolicy{
			TypeMeta:   typeMeta("cilium.io/v2", "CiliumNetworkPolicy"),
			ObjectMeta: meta,
			Spec:       CiliumRule{EndpointSelector: pods, Ingress: r.ciliumIngress, Egress: r.ciliumEgress, EgressDeny: r.ciliumDeny},
		})
	}
	if len(r.antreaEgress) > 0 {
		objects = append(objects, &AntreaNetworkPolicy{
			TypeMeta:   typeMeta("crd.antrea.io/v1beta1", "NetworkPolicy"),
			ObjectMeta: meta,
			Spec:       AntreaRules{Tier: AntreaTier, Priority: 100, AppliedTo: []AntreaAppliedTo{{PodSelector: pods}}, Egress: r.antreaEgress},
		})
	}
	if len(r.calicoEgress) > 0 {
		objects = append(objects, &CalicoNetworkPolicy{
			TypeMeta:   typeMeta(calicoAPI, "NetworkPolicy"),
			ObjectMeta: meta,
			Spec: CalicoRules{
				Tier: CalicoTier, Order: new(CalicoKubernetesOrder / 2), Selector: calicoSelector(pods.MatchLabels),
				Types: []string{string(networkingv1.PolicyTypeEgress)}, Egress: r.calicoEgress,
			},
		})
	}
	if len(r.amazonEgress) > 0 {
		own := meta
		own.Name = "names-" + strings.TrimPrefix(meta.Name, allowPrefix) // no NetworkPolicy has such a name
		objects = append(objects, &ApplicationNetworkPolicy{
			TypeMeta:   typeMeta(amazonAPI, "ApplicationNetworkPolicy"),
			ObjectMeta: own,
			Spec:       ApplicationRules{PodSelector: pods, PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}, Egress: r.amazonEgress},
		})
	}
	if len(r.googleEgress) > 0 {
		objects = append(objects, &FQDNNetworkPolicy{
			TypeMeta:   typeMeta(googleAPI, "FQDNNetworkPolicy"),
			ObjectMeta: meta,
			Spec:       FQDNRules{PodSelector: pods, Egress: r.googleEgress},
		})
	}
	return objects
}

// reachesMetadata reports whether a declared range of the workload is a metadata address, or lies inside one, or whether a
// name may lead there.
func (n *network) reachesMetadata(w *model.Workload) bool {
	if len(n.unconfined(w)) > 0 {
		return true
	}
	return n.declares(w, func(b model.Block, _ *model.Egress) bool {
		return slices.ContainsFunc(model.MetadataAddresses, func(m netip.Prefix) bool { return contains(b, m.Addr()) })
	})
}

// reachesAPI reports whether the workload may call the API server, or may do so for all that is known.
func (n *network) reachesAPI(w *model.Workload) bool {
	servers := n.cluster.APIServers()
	for _, e := range n.unconfined(w) {
		if slices.ContainsFunc(servers, func(s netip.AddrPort) bool { return e.Port == int(s.Port()) }) {
			return true
		}
	}
	// Nothing keeps a name from addresses that are not known.
	if len(servers) == 0 && slices.ContainsFunc(w.Egress, func(e *model.Egress) bool {
		return len(e.FQDNs) > 0 && (n.cluster.Network.CNI == model.OVNKubernetes || e.Port == n.cluster.APIPort() || e.Port == n.cluster.API.Endpoint.Port)
	}) {
		return true
	}
	return len(w.APIAccess) > 0 || n.declares(w, func(b model.Block, e *model.Egress) bool {
		if len(servers) == 0 {
			return true // a managed control plane whose addresses are not known
		}
		for _, s := range servers {
			if e.Port == int(s.Port()) && contains(b, s.Addr()) {
				return true
			}
		}
		return false
	})
}

// unconfined are the workload's destinations by name that no policy keeps from anywhere.
func (n *network) unconfined(w *model.Workload) []*model.Egress {
	if n.cluster.Network.CNI.ConfinesNames() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(w.Egress), func(e *model.Egress) bool { return len(e.FQDNs) == 0 })
}

// declares reports whether a block of the workload's egress has the property.
func (n *network) declares(w *model.Workload, property func(model.Block, *model.Egress) bool) bool {
	for _, e := range w.Egress {
		for _, b := range n.cluster.EgressBlocks(n.spec, e) {
			if property(b, e) {
				return true
			}
		}
	}
	return false
}

// asksOtherDNS reports whether the workload may send queries to anything but the cluster's DNS.
func (n *network) asksOtherDNS(w *model.Workload) bool {
	return slices.ContainsFunc(w.Egress, func(e *model.Egress) bool { return e.Port == dnsPort }) ||
		slices.ContainsFunc(n.callees[w], func(p *model.Port) bool { return p.Number == dnsPort })
}
