package verify

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// amazonGroup is the API group of the policies of Amazon EKS.
const amazonGroup = "networking.k8s.aws"

// parseApplication takes an ApplicationNetworkPolicy apart. The type holds the understood part of the API alone, so that strict
// decoding refuses everything else.
//
// It isolates and adds up as a NetworkPolicy does. A name leads wherever its DNS server says: what the Admin tier denies is
// taken away for each workload, see [confined].
func parseApplication(path string, a *generate.ApplicationNetworkPolicy) (*netPolicy, error) {
	if !slices.Equal(a.Spec.PolicyTypes, []networkingv1.PolicyType{networkingv1.PolicyTypeEgress}) {
		return nil, fmt.Errorf("spec.policyTypes: %q is not judged", a.Spec.PolicyTypes)
	}
	subject, err := parseSelector(&a.Spec.PodSelector)
	if err != nil {
		return nil, fmt.Errorf("spec.podSelector: %w", err)
	}
	p := &netPolicy{
		path: path, object: "ApplicationNetworkPolicy/" + a.Namespace + "/" + a.Name, namespace: a.Namespace,
		subject: subject, egress: &netDirection{},
	}
	for i, e := range a.Spec.Egress {
		rule := netRule{place: fmt.Sprintf("spec.egress[%d]", i)}
		for _, x := range e.Ports {
			port, err := parsePort(x)
			if err == nil && port.name != "" {
				err = errors.New("named ports are not judged")
			}
			if err != nil {
				return nil, fmt.Errorf("%s.ports: %w", rule.place, err)
			}
			rule.ports = append(rule.ports, port)
		}
		if len(e.To) == 0 {
			return nil, fmt.Errorf("%s: no destination means all of them", rule.place)
		}
		for k, to := range e.To {
			place := fmt.Sprintf("%s.to[%d]", rule.place, k)
			if len(to.DomainNames) == 0 {
				return nil, fmt.Errorf("%s: only names are judged", place)
			}
			for _, name := range to.DomainNames {
				if name == "" || strings.Contains(name, "*") {
					return nil, fmt.Errorf("%s: the name %q is not judged", place, name)
				}
				rule.peers = append(rule.peers, p.named(place, name, rule.ports))
			}
		}
		p.egress.rules = append(p.egress.rules, rule)
	}
	return p, nil
}

// readAmazonCluster reads a ClusterNetworkPolicy of Amazon's: it is understood as far as it denies ranges of addresses in the
// Admin tier, which is asked before the policies of the namespaces.
func readAmazonCluster(o Object, u *unstructured.Unstructured) (*clusterPolicy, error) {
	if o.Namespace != "" {
		return nil, errors.New("a policy of the cluster has no namespace")
	}
	var c generate.AmazonClusterPolicy
	if err := decodeObject(u, &c); err != nil {
		return nil, err
	}
	p := &clusterPolicy{path: o.Path, object: o.String(), tier: c.Spec.Tier, priority: c.Spec.Priority, confines: true}
	if p.tier != generate.AdminTier {
		return nil, fmt.Errorf("spec.tier: %q is not judged", p.tier)
	}
	if p.priority < 0 || p.priority > 1000 {
		return nil, fmt.Errorf("spec.priority: %d", p.priority)
	}
	subject, err := parseClusterPods(c.Spec.Subject.Namespaces, c.Spec.Subject.Pods)
	if err != nil {
		return nil, fmt.Errorf("spec.subject: %w", err)
	}
	p.subject = *subject
	if len(c.Spec.Egress) > maxAmazonItems {
		return nil, errors.New("more than 100 rules")
	}
	for i, r := range c.Spec.Egress {
		rule := clusterRule{action: r.Action, netRule: netRule{place: fmt.Sprintf("spec.egress[%d]", i)}}
		if r.Action != generate.ClusterNetworkDeny {
			return nil, fmt.Errorf("%s.action: %q is not judged", rule.place, r.Action)
		}
		if len(r.To) == 0 || len(r.To) > maxAmazonItems || len(r.Ports) > maxAmazonItems || len(r.Name) > maxRuleName {
			return nil, fmt.Errorf("%s: no peers, more than 100 peers or ports, or a name of more than 100 characters", rule.place)
		}
		for k, to := range r.To {
			peer := netPeer{place: fmt.Sprintf("%s.to[%d]", rule.place, k), addrs: addrSet{}}
			if len(to.Networks) == 0 || len(to.Networks) > maxClusterItems {
				return nil, fmt.Errorf("%s: not 1 to 25 networks", peer.place)
			}
			for _, n := range to.Networks {
				block, err := netip.ParsePrefix(n)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", peer.place, err)
				}
				peer.addrs = peer.addrs.union(addrs(block))
			}
			rule.peers = append(rule.peers, peer)
		}
		for k, x := range r.Ports {
			port := netPorts{protocol: model.Protocol(x.PortNumber.Protocol), from: x.PortNumber.Port, to: x.PortNumber.Port}
			if port.from < 1 || port.to > lastPort || !slices.Contains([]model.Protocol{model.TCP, model.UDP, model.SCTP}, port.protocol) {
				return nil, fmt.Errorf("%s.ports[%d]: %d/%q", rule.place, k, port.from, port.protocol)
			}
			rule.ports = append(rule.ports, port)
		}
		p.egress = append(p.egress, rule)
	}
	return p, nil
}

// maxAmazonItems bounds the rules of a direction, and the peers and ports of a rule.
const maxAmazonItems = 100

// confined returns the policies with names that lead no longer to what the rules of the cluster surely deny to the workload.
func confined(policies []*netPolicy, rules []adminRule) []*netPolicy {
	rules = slices.DeleteFunc(slices.Clone(rules), func(r adminRule) bool { return !r.policy.confines || !r.sure })
	if len(rules) == 0 {
		return policies
	}
	out := make([]*netPolicy, len(policies))
	for i, p := range policies {
		out[i] = p
		if p.egress == nil {
			continue
		}
		q := *p
		q.egress = &netDirection{rules: slices.Clone(p.egress.rules)}
		for k, r := range q.egress.rules {
			q.egress.rules[k].peers = slices.Clone(r.peers)
			for m, peer := range r.peers {
				if peer.name != "" {
					q.egress.rules[k].peers[m].leads = peer.leads.minus(deniedOn(rules, r.ports))
				}
			}
		}
		out[i] = &q
	}
	return out
}

// deniedOn are the addresses that the rules deny on each of the ports.
func deniedOn(rules []adminRule, ports []netPorts) addrSet {
	if len(ports) == 0 {
		ports = []netPorts{{}} // denied on all ports
	}
	var common addrSet
	for i, x := range ports {
		var set addrSet
		for _, r := range rules {
			if len(r.ports) == 0 || x.from != 0 && x.from == x.to && r.matchesPort(nil, x.from, x.protocol) {
				set = set.union(r.networks())
			}
		}
		if i == 0 {
			common = set
		} else {
			common = common.intersection(set)
		}
	}
	return common
}

// confiners are the files of the policies that keep the workload's names from somewhere.
func confiners(rules []adminRule) []string {
	var files []string
	for _, r := range rules {
		if r.policy.confines && r.sure && !slices.Contains(files, r.policy.path) {
			files = append(files, r.policy.path)
		}
	}
	return files
}
