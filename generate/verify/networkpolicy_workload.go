package verify

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/bartizan-dev/bartizan/model"
)

// workload judges the policies that may select a workload's pods.
func (j *networkJudge) workload(w *model.Workload) {
	policies := j.concerning(w.Namespace.Name, w.Selector)
	path := j.pathFor(policies, w.Namespace.Name, w.Selector)
	v := &workloadVerdict{judge: j, subject: w.Addr(), path: path, understood: j.understood(w.Namespace.Name)}

	ingress := allowedBy(policies, ingressOf)
	v.exact(model.IngressExact, isolated(policies, w.Selector, ingressOf), ingress, j.declaredIngress(w))
	admin := j.admin(w)
	names := j.accepted(admin)
	policies = append(confined(policies, admin), names...)
	// What a firewall leaves counts for exactness alone: no file shows that it runs.
	left, more := j.firewalls[w.Namespace.Name].behind(policies, addrs(j.cluster.Network.Pods...))
	left = append(left, more...)
	out := isolated(policies, w.Selector, egressOf)
	egress := allowedBy(left, egressOf)
	declared := j.declaredEgress(w)
	v.needs = confiners(admin)
	for _, p := range names {
		v.needs = append(v.needs, p.path)
	}
	named := slices.ContainsFunc(w.Egress, func(e *model.Egress) bool { return len(e.FQDNs) > 0 })
	v.open, v.unproved = named && !j.cluster.Network.CNI.ConfinesNames(), named && !j.cluster.Network.CNI.ProvesNames()
	dropped, misled, denied := v.dropsDeclared(policies, declared), !v.open && v.misleads(left, declared), v.deniesDeclared(w, admin, declared)
	hidden := v.hidesNames(append(names, more...), declared)
	if !dropped && !misled && !denied && !hidden {
		v.exact(model.EgressExact, out, egress, declared)
	}
	v.guard(w, admin, declared)

	metadata := addrs(model.MetadataAddresses...)
	v.blocked(model.MetadataBlocked, out, policies, declared, func(r netRule, p netPeer) bool {
		return p.addrs.overlaps(metadata) || p.leads.overlaps(metadata)
	})
	// Where the addresses of the API server are not known, what lets names out may reach it: then there is no such control.
	if !named || j.cluster.Network.CNI != model.OVNKubernetes || len(j.cluster.APIServers()) > 0 {
		v.blocked(model.APIEgressBlocked, out, policies, declared, j.reachesAPI)
	}
	v.blocked(model.DNSClusterOnly, out, policies, declared, func(r netRule, p netPeer) bool {
		if !r.opens(dnsPort) {
			return false
		}
		if p.pods == nil {
			return len(p.addrs) == 0 || len(p.addrs.minus(j.dnsAddrs())) > 0
		}
		s := newPermissions()
		s.add(portOf{}, p, "")
		_, dns := s.named[permission{peer: clusterDNS}]
		return !dns
	})
}

func ingressOf(p *netPolicy) *netDirection { return p.ingress }
func egressOf(p *netPolicy) *netDirection  { return p.egress }

// concerning returns the policies that may select pods with the labels. Pods may have further labels, which may be
// those of another policy: it is left out only if it is another declared workload's own, because then the pods are
// that workload's too.
func (j *networkJudge) concerning(namespace string, labels map[string]string) []*netPolicy {
	var out []*netPolicy
	for _, p := range j.policies.touching(namespace, labels) {
		if p.subject.judge(labels) == always || !j.owned(p) {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b *netPolicy) int { return strings.Compare(a.path+a.object, b.path+b.object) })
	return out
}

// isolated reports whether a policy selects every pod with the labels for the direction.
func isolated(policies []*netPolicy, labels map[string]string, pick func(*netPolicy) *netDirection) bool {
	return slices.ContainsFunc(policies, func(p *netPolicy) bool { return pick(p) != nil && !p.before && p.subject.judge(labels) == always })
}

// pathFor returns the file of the policy that is the workload's own, or the one that isolates it.
func (j *networkJudge) pathFor(policies []*netPolicy, namespace string, selector map[string]string) string {
	path := ""
	for _, p := range policies {
		labels, ok := p.subject.labels()
		if ok && podKey(namespace, labels) == podKey(namespace, selector) {
			return p.path
		}
		if len(p.subject) == 0 {
			path = p.path
		}
	}
	return path
}

// opens reports whether the rule opens the port for any protocol. A named port may be any port.
func (r netRule) opens(port int) bool {
	return len(r.ports) == 0 || slices.ContainsFunc(r.ports, func(p netPorts) bool {
		return p.name != "" || p.from <= port && port <= p.to
	})
}

// reachesAPI reports whether the rule may lead to the API server.
func (j *networkJudge) reachesAPI(r netRule, p netPeer) bool {
	servers := j.cluster.APIServers()
	switch {
	case p.entity == "kube-apiserver":
		return true
	case p.entity != "":
		return r.opens(j.cluster.APIPort()) // control-plane nodes are nodes
	case p.name != "" && len(servers) == 0:
		return r.opens(j.cluster.APIPort()) || r.opens(j.cluster.API.Endpoint.Port) // at addresses that are not known
	case p.name != "":
		return slices.Contains(p.nodes, "kube-apiserver") && r.opens(j.cluster.APIPort()) ||
			slices.ContainsFunc(servers, func(a netip.AddrPort) bool { return p.leads.contains(a.Addr()) && r.opens(int(a.Port())) })
	case p.addrs != nil && len(servers) == 0:
		return len(p.addrs.minus(j.dnsAddrs())) > 0 // a managed control plane at addresses that are not known
	case p.addrs != nil:
		return slices.ContainsFunc(servers, func(a netip.AddrPort) bool {
			return p.addrs.contains(a.Addr()) && r.opens(int(a.Port()))
		})
	}
	return false
}

// workloadVerdict proves or reports the controls of one workload.
type workloadVerdict struct {
	judge      *networkJudge
	subject    model.Address
	path       string
	understood bool
	needs      []string // further files that the proofs take
	open       bool     // declared names may lead anywhere: what is allowed beyond a port and a name nobody knows
	unproved   bool     // what else the workload may reach by way of declared names no file shows
}

func (v *workloadVerdict) find(control model.ControlID, place, message string) {
	path, object, ok := strings.Cut(place, separator)
	if !ok {
		path, object = v.path, "NetworkPolicy"
	}
	v.judge.pass.Find(Finding{Control: control, Subject: v.subject, Path: path, Object: object, Message: message})
}

// exact proves that what is allowed is what is declared.
func (v *workloadVerdict) exact(control model.ControlID, isolated bool, allowed, declared *permissions) {
	if !isolated {
		v.find(control, "", "No policy isolates the workload's pods in this direction: everything is allowed.")
		return
	}
	if allowed.compare(declared, func(place, message string) { v.find(control, place, message) }) && v.understood {
		v.prove(control)
	}
}

// blocked proves that no rule reaches something. Where a declaration reaches it, the control does not exist and
// nothing is reported.
func (v *workloadVerdict) blocked(control model.ControlID, isolated bool, policies []*netPolicy, declared *permissions, reaches func(netRule, netPeer) bool) {
	if declared.reach(reaches, v.open) {
		return
	}
	holds := isolated
	if !isolated {
		v.find(control, "", "No policy isolates the workload's pods for egress: everything is reachable.")
	}
	for _, p := range policies {
		if p.egress == nil {
			continue
		}
		for _, r := range p.egress.rules {
			open := func(place string) {
				holds = false
				v.find(control, p.path+separator+p.object+": "+place, fmt.Sprintf("The rule undoes %s.", control))
			}
			if r.anyPeer {
				open(r.place)
			}
			for _, peer := range r.peers {
				if peer.everywhere || reaches(r, peer) {
					open(peer.place)
				}
			}
		}
	}
	if holds && v.understood {
		v.prove(control)
	}
}

func (v *workloadVerdict) prove(control model.ControlID) {
	if v.unproved && control == model.EgressExact {
		return
	}
	v.judge.pass.Prove(control, v.subject, v.path)
	v.judge.pass.needs(control, v.subject, v.needs...)
}

// reach reports whether the declared permissions themselves have the property. open: names may lead anywhere.
func (s *permissions) reach(property func(netRule, netPeer) bool, open bool) bool {
	for at, set := range s.addrs {
		if property(netRule{ports: []netPorts{{protocol: at.protocol, from: at.port, to: at.port}}}, netPeer{addrs: set}) {
			return true
		}
	}
	for p := range s.named {
		rule := netRule{ports: []netPorts{{protocol: p.protocol, from: p.port, to: p.port}}}
		kind, name, _ := strings.Cut(p.peer, " ")
		switch kind {
		case "entity":
			if property(rule, netPeer{entity: name}) {
				return true
			}
		case "name":
			peer := netPeer{name: name}
			if open {
				peer.leads = everywhere
			}
			if property(rule, peer) {
				return true
			}
		case "pods":
			// A call to a port 53 is another DNS server; the peers' labels do not matter to any property but their being
			// the cluster's own.
			if p.peer != clusterDNS && property(rule, netPeer{pods: &podPeer{pods: selector{{key: "other"}}}}) {
				return true
			}
		}
	}
	return false
}
