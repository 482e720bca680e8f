package verify

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// networkPolicyCheck proves that the policies allow what is declared and nothing else.
//
// Policies add up, so one object anywhere in the tree can open what all others close. The check therefore collects
// every rule of every policy that may select a workload's pods, takes it apart into single permissions, and compares
// the set with the declared one. A selector that does not name exactly one declared peer, a named port, a policy of a
// kind that is not understood: all of them count as undeclared.
var networkPolicyCheck = &Check{
	Name: "network-policy",
	Doc: `policies allow exactly the declared flows

Default deny: a policy of the namespace selects every pod for both directions and allows nothing, and every other
policy of the namespace selects pods of a declared workload only. Exact: the permissions of all policies that may
select the workload's pods are the declared ones. Rules of the API: k8s.io/api/networking/v1, NetworkPolicySpec;
https://kubernetes.io/docs/concepts/services-networking/network-policies/. Of Cilium's, Antrea's, Calico's, OVN-Kubernetes', Amazon's and Google's policies the
part that Bartizan writes is understood. A name leads wherever its DNS server says but to what is denied first; where a
plugin denies nothing to names, the rules of a workload with names are compared and nothing is proved that a name could undo. A host-network pod is
outside of every policy; for such workloads nothing is proved.

ClusterNetworkPolicies (policy.networking.k8s.io/v1alpha2): the Admin tier is judged before all of these, in the order of
priorities; it must accept nothing, but declared names for kube-network-policies, and deny nothing that is declared. Guarded: it denies the addresses on every port, to pods
that its policies surely select, before it passes any of them on.`,
	Controls: []model.ControlID{
		model.DefaultDeny, model.IngressExact, model.EgressExact,
		model.MetadataBlocked, model.APIEgressBlocked, model.MetadataGuarded, model.NodesGuarded, model.DNSClusterOnly, model.GatewaySourcesExact,
	},
	Run: func(p *Pass) {
		for _, c := range p.Spec.Clusters {
			newNetworkJudge(p, c).run()
		}
	},
}

// networkJudge judges the policies of one cluster.
type networkJudge struct {
	pass      *Pass
	spec      *model.Spec
	cluster   *model.Cluster
	objects   *Objects
	policies  *evaluator
	all       map[string][]*netPolicy      // by namespace
	owners    map[string]bool              // pods of declared workloads and gateways, by podKey
	declared  map[*model.Port][]model.Peer // sources of each port
	callees   map[*model.Workload][]*model.Port
	published map[*model.Gateway][]*model.Port
	firewalls map[string]*firewall // of OVN-Kubernetes, by namespace
	// opaque namespaces have a policy that is not understood; "" stands for all of them.
	opaque map[string]bool
	// proxies is the policy on Cilium's own gateways.
	proxies     *generate.CiliumNetworkPolicy
	proxiesFile Object
}

func newNetworkJudge(p *Pass, c *model.Cluster) *networkJudge {
	j := &networkJudge{
		pass: p, spec: p.Spec, cluster: c, objects: p.Objects(c),
		all: map[string][]*netPolicy{}, owners: map[string]bool{}, opaque: map[string]bool{},
		declared: map[*model.Port][]model.Peer{}, callees: c.Callees(), published: map[*model.Gateway][]*model.Port{}, firewalls: map[string]*firewall{},
	}
	for _, f := range c.Flows() {
		j.declared[f.To] = append(j.declared[f.To], f.From)
		if g, ok := f.From.(*model.Gateway); ok {
			j.published[g] = append(j.published[g], f.To)
		}
	}
	for _, w := range c.Workloads() {
		if !w.Host.Network {
			j.owners[podKey(w.Namespace.Name, w.Selector)] = true
		}
	}
	for _, g := range p.Spec.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == c && len(g.Selector) > 0 {
			j.owners[podKey(g.Namespace.Name, g.Selector)] = true
		}
	}
	j.collect()
	return j
}

// collect reads every policy of the tree.
func (j *networkJudge) collect() {
	var policies []*netPolicy
	var cluster []*clusterPolicy
	for _, o := range j.objects.All {
		var policy *netPolicy
		var err error
		switch v := o.Value.(type) {
		case *networkingv1.NetworkPolicy:
			policy, err = parseNetworkPolicy(o.Path, v)
		case *unstructured.Unstructured:
			if !steersTraffic(o) || j.gatewaySources(o) {
				continue
			}
			if o.GVK.GroupVersion().String()+" "+o.GVK.Kind == clusterPolicyKind {
				var p *clusterPolicy
				if p, err = j.readClusterPolicy(o, v); err == nil {
					cluster = append(cluster, p)
					continue
				}
				break
			}
			if o.GVK.Group == amazonGroup && o.GVK.Version == "v1alpha1" && o.GVK.Kind == "ClusterNetworkPolicy" && j.cluster.Network.CNI == model.EKSAutoMode {
				var p *clusterPolicy
				if p, err = readAmazonCluster(o, v); err == nil {
					cluster = append(cluster, p)
					continue
				}
				break
			}
			if o.GVK.GroupVersion().String()+" "+o.GVK.Kind == "k8s.ovn.org/v1 EgressFirewall" {
				if err = j.readFirewall(o, v); err == nil {
					continue
				}
				break
			}
			policy, err = j.native(o, v)
		default:
			continue
		}
		if err != nil {
			j.opaque[o.Namespace] = true
			if o.GVK.Group == "policy.networking.k8s.io" || o.GVK.Group == amazonGroup {
				j.opaque[""] = true
			}
			j.pass.Find(Finding{Control: model.DefaultDeny, Path: o.Path, Object: o.String(),
				Message: fmt.Sprintf("The policy is not understood, so nothing is proved beside it: %v.", err)})
			continue
		}
		policies = append(policies, policy)
		j.all[policy.namespace] = append(j.all[policy.namespace], policy)
	}
	j.policies = newEvaluator(policies, nil)
	j.policies.cluster = cluster
	for _, p := range orderClusterPolicies(cluster, func(a, b *clusterPolicy) bool {
		k, m := j.subjectOf(a), j.subjectOf(b)
		return k != "" && m != "" && k != m
	}) {
		j.opaque[""] = true
		j.pass.Find(Finding{Control: model.DefaultDeny, Path: p.path, Object: p.object + ": spec.priority",
			Message: fmt.Sprintf("Another policy of the tier %s has the priority %d and decides differently; nobody knows which is judged first.", p.tier, p.priority)})
	}
}

// native reads a policy of the network plugin's own.
func (j *networkJudge) native(o Object, u *unstructured.Unstructured) (*netPolicy, error) {
	kinds := map[string]model.CNI{
		"cilium.io/v2 CiliumNetworkPolicy":                 model.Cilium,
		"crd.antrea.io/v1beta1 NetworkPolicy":              model.Antrea,
		"projectcalico.org/v3 NetworkPolicy":               model.CalicoEnterprise,
		amazonGroup + "/v1alpha1 ApplicationNetworkPolicy": model.EKSAutoMode,
		"networking.gke.io/v1alpha1 FQDNNetworkPolicy":     model.GKEDataplaneV2,
	}
	cni, ok := kinds[o.GVK.GroupVersion().String()+" "+o.GVK.Kind]
	switch {
	case !ok:
		return nil, fmt.Errorf("%s in %s is not judged", o.GVK.Kind, o.GVK.GroupVersion())
	case j.cluster.Network.CNI != cni:
		return nil, fmt.Errorf("the CNI is %s, not %s", j.cluster.Network.CNI, cni)
	case o.Namespace == "":
		return nil, fmt.Errorf("metadata.namespace is missing")
	case cni == model.Antrea:
		var a generate.AntreaNetworkPolicy
		if err := decodeObject(u, &a); err != nil {
			return nil, err
		}
		return parseAntrea(o.Path, &a)
	case cni == model.CalicoEnterprise:
		var c generate.CalicoNetworkPolicy
		if err := decodeObject(u, &c); err != nil {
			return nil, err
		}
		return parseCalico(o.Path, &c)
	case cni == model.GKEDataplaneV2:
		var f generate.FQDNNetworkPolicy
		if err := decodeObject(u, &f); err != nil {
			return nil, err
		}
		return parseFQDN(o.Path, &f)
	case cni == model.EKSAutoMode:
		var a generate.ApplicationNetworkPolicy
		if err := decodeObject(u, &a); err != nil {
			return nil, err
		}
		if _, same := j.objects.One("networking.k8s.io", "NetworkPolicy", o.Namespace, a.Name); same {
			return nil, fmt.Errorf("a NetworkPolicy has the same name, and Amazon's controller takes one for the other")
		}
		return parseApplication(o.Path, &a)
	}
	var c generate.CiliumNetworkPolicy
	if err := decodeObject(u, &c); err != nil {
		return nil, err
	}
	return parseCilium(o.Path, &c)
}

// readFirewall reads an EgressFirewall of OVN-Kubernetes.
func (j *networkJudge) readFirewall(o Object, u *unstructured.Unstructured) error {
	if j.cluster.Network.CNI != model.OVNKubernetes {
		return fmt.Errorf("the CNI is %s, not %s", j.cluster.Network.CNI, model.OVNKubernetes)
	}
	var e generate.EgressFirewall
	if err := decodeObject(u, &e); err != nil {
		return err
	}
	if j.firewalls[o.Namespace] != nil {
		return fmt.Errorf("the namespace has another")
	}
	f, err := parseFirewall(o.Path, &e)
	if err == nil {
		j.firewalls[o.Namespace] = f
	}
	return err
}

// policyGroups are API groups of network plugins. Everything in them may allow traffic.
var policyGroups = []string{
	"cilium.io", "projectcalico.org", "antrea.io", "k8s.ovn.org", "kubeovn.io", "policy.networking.k8s.io",
	"networking.gke.io", "networking.k8s.aws", "vpcresources.k8s.aws",
}

// steersTraffic reports whether an object of a kind that Kubernetes does not define may allow or redirect traffic.
func steersTraffic(o Object) bool {
	for _, g := range policyGroups {
		if o.GVK.Group == g || strings.HasSuffix(o.GVK.Group, "."+g) {
			return true
		}
	}
	return strings.Contains(o.GVK.Kind, "NetworkPolicy") || strings.Contains(o.GVK.Kind, "EgressFirewall")
}

// understood reports whether all policies that concern the namespace were read.
func (j *networkJudge) understood(namespace string) bool {
	return j.objects.Complete && !j.opaque[""] && !j.opaque[namespace]
}

func (j *networkJudge) run() {
	for _, n := range j.cluster.Namespaces {
		j.defaultDeny(n)
		for _, w := range n.Workloads {
			if !w.Host.Network {
				j.workload(w)
			}
		}
	}
	for _, g := range j.spec.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == j.cluster {
			j.gateway(g)
		}
	}
}

// defaultDeny judges a namespace. The privileged level of Pod Security admits host-network pods, which no policy
// reaches: there the control does not exist.
func (j *networkJudge) defaultDeny(n *model.Namespace) {
	if n.PodSecurity == model.Privileged {
		return
	}
	var base *netPolicy
	clean := true
	for _, p := range j.all[n.Name] {
		if len(p.subject) == 0 && p.silent() && p.ingress != nil && p.egress != nil {
			base = p
			continue
		}
		if !p.silent() && !j.owned(p) {
			clean = false
			j.pass.Find(Finding{Control: model.DefaultDeny, Subject: n.Addr(), Path: p.path, Object: p.object + ": spec.podSelector",
				Message: "The policy allows traffic for pods that are no declared workload's, and policies add up."})
		}
	}
	if base == nil {
		path, object := j.nearest(n.Name)
		j.pass.Find(Finding{Control: model.DefaultDeny, Subject: n.Addr(), Path: path, Object: object,
			Message: "No policy isolates every pod of the namespace in both directions."})
		return
	}
	if level := j.enforcedLevel(n); level != "restricted" && level != "baseline" {
		clean = false
		j.pass.Find(Finding{Control: model.DefaultDeny, Subject: n.Addr(), Path: base.path, Object: "Namespace/" + n.Name,
			Message: "The namespace does not refuse host-network pods, which no network policy reaches."})
	}
	if clean && j.understood(n.Name) {
		j.pass.Prove(model.DefaultDeny, n.Addr(), base.path)
	}
}

// silent reports whether the policy allows nothing.
func (p *netPolicy) silent() bool {
	return (p.ingress == nil || len(p.ingress.rules) == 0) && (p.egress == nil || len(p.egress.rules) == 0)
}

// enforcedLevel returns the Pod Security level of the Namespace object.
func (j *networkJudge) enforcedLevel(n *model.Namespace) string {
	o, ok := j.objects.One("", "Namespace", "", n.Name)
	if !ok {
		return ""
	}
	return o.Value.(*corev1.Namespace).Labels["pod-security.kubernetes.io/enforce"]
}

// owned reports whether the policy selects exactly the pods of a declared workload or gateway.
func (j *networkJudge) owned(p *netPolicy) bool {
	labels, ok := p.subject.labels()
	return ok && j.owners[podKey(p.namespace, labels)]
}

// nearest returns the place of the policy that looks like the one that should isolate the namespace.
func (j *networkJudge) nearest(namespace string) (path, object string) {
	best := -1
	for _, p := range j.all[namespace] {
		score := 0
		if len(p.subject) == 0 {
			score += 2
		}
		if p.silent() {
			score++
		}
		if score > best {
			best, path, object = score, p.path, p.object+": spec"
		}
	}
	return path, object
}
