package verify

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// gatewaySources takes the policy on Cilium's own gateways aside. It selects nothing but their proxies, by a label
// that no pod can have, so it opens no workload. Any other cluster-wide policy is not judged.
func (j *networkJudge) gatewaySources(o Object) bool {
	u, ok := o.Value.(*unstructured.Unstructured)
	if !ok || j.cluster.Network.CNI != model.Cilium || o.GVK.Group != "cilium.io" || o.GVK.Version != "v2" ||
		o.GVK.Kind != "CiliumClusterwideNetworkPolicy" || j.proxies != nil {
		return false
	}
	var c generate.CiliumNetworkPolicy
	if err := decodeObject(u, &c); err != nil || o.Namespace != "" || len(c.Spec.Egress)+len(c.Spec.EgressDeny) > 0 {
		return false
	}
	s := c.Spec.EndpointSelector
	if len(s.MatchLabels) != 0 || len(s.MatchExpressions) != 1 {
		return false
	}
	e := s.MatchExpressions[0]
	if e.Key != "reserved:ingress" || e.Operator != metav1.LabelSelectorOpExists || len(e.Values) != 0 {
		return false
	}
	j.proxies, j.proxiesFile = &c, o
	return true
}

// gateway proves that the declared sources alone reach a gateway.
func (j *networkJudge) gateway(g *model.Gateway) {
	if len(g.Selector) > 0 {
		j.podGateway(g)
		return
	}
	if j.cluster.Network.CNI != model.Cilium {
		return
	}
	declared := newPermissions()
	for _, from := range g.From {
		declared.blocks(portOf{}, j.cluster.SourceBlocks(j.spec, from))
	}
	want := declared.addrs[portOf{}]
	if len(want) == 0 {
		return
	}
	find := func(path, object, message string) {
		j.pass.Find(Finding{Control: model.GatewaySourcesExact, Subject: g.Addr(), Path: path, Object: object, Message: message})
	}
	if j.proxies == nil {
		find("", "CiliumClusterwideNetworkPolicy", "No policy says who may reach Cilium's gateways.")
		return
	}
	var got addrSet
	for _, r := range j.proxies.Spec.Ingress {
		if len(r.FromEntities) > 0 || len(r.FromCIDRSet) == 0 || len(r.ToPorts) > 0 {
			find(j.proxiesFile.Path, j.proxiesFile.At("spec.ingress"), "The rule admits more than address ranges.")
			return
		}
		for _, b := range r.FromCIDRSet {
			set, err := parseBlock(b.CIDR, b.Except)
			if err != nil {
				find(j.proxiesFile.Path, j.proxiesFile.At("spec.ingress"), "A range cannot be read: "+err.Error()+".")
				return
			}
			got = got.union(set)
		}
	}
	// Cilium's gateways share their proxies: what is admitted to one is admitted to all.
	if extra := got.minus(want).minus(j.othersSources(g)); len(extra) > 0 {
		find(j.proxiesFile.Path, j.proxiesFile.At("spec.ingress"), "The rule admits addresses "+extra.String()+", which no gateway declares.")
		return
	}
	if missing := want.minus(got); len(missing) > 0 {
		find(j.proxiesFile.Path, j.proxiesFile.At("spec.ingress"), "The declared addresses "+missing.String()+" are not admitted.")
		return
	}
	if len(got.minus(want)) == 0 && j.objects.Complete && !j.opaque[""] {
		j.pass.Prove(model.GatewaySourcesExact, g.Addr(), j.proxiesFile.Path)
	}
}

// othersSources are the addresses that Cilium's other gateways admit.
func (j *networkJudge) othersSources(g *model.Gateway) addrSet {
	s := newPermissions()
	for _, other := range j.spec.Gateways {
		if other == g || len(other.Selector) > 0 || other.Namespace == nil || other.Namespace.Cluster != j.cluster {
			continue
		}
		for _, from := range other.From {
			s.blocks(portOf{}, j.cluster.SourceBlocks(j.spec, from))
		}
	}
	return s.addrs[portOf{}]
}

// podGateway judges the policies of a gateway that runs as pods.
func (j *networkJudge) podGateway(g *model.Gateway) {
	policies := j.concerning(g.Namespace.Name, g.Selector)
	at := portOf{model.TCP, g.Port}
	if at.port == 0 {
		at.port = 443
	}
	declared := newPermissions()
	for _, from := range g.From {
		j.declare(declared, at, from)
	}
	// A workload may stand for the same pods, and declare more.
	for _, w := range g.Namespace.Workloads {
		if slices.ContainsFunc(policies, func(p *netPolicy) bool {
			labels, ok := p.subject.labels()
			return ok && podKey(p.namespace, labels) == podKey(p.namespace, w.Selector)
		}) {
			own := j.declaredIngress(w)
			for p := range own.named {
				declared.named[p] = ""
			}
			for p, set := range own.addrs {
				declared.ranges(p, set, "")
			}
		}
	}
	v := &workloadVerdict{judge: j, subject: g.Addr(), path: j.pathFor(policies, g.Namespace.Name, g.Selector), understood: j.understood(g.Namespace.Name)}
	v.exact(model.GatewaySourcesExact, isolated(policies, g.Selector, ingressOf), allowedBy(policies, ingressOf), declared)
}
