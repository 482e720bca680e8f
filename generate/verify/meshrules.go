package verify

import (
	"maps"
	"slices"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// meshRules are the objects of Istio in one namespace of a mesh.
type meshRules struct {
	whole   []Object             // PeerAuthentications of the whole namespace that demand mutual TLS
	nothing []Object             // AuthorizationPolicies that allow nothing
	ports   []meshAuthentication // of single workloads, or weaker ones of the namespace
	allow   []meshAuthorization  // everything else
}

type meshAuthentication struct {
	Object
	spec generate.PeerAuthenticationSpec
}

type meshAuthorization struct {
	Object
	spec generate.AuthorizationSpec
}

func (r *meshRules) authentication(o Object, spec generate.PeerAuthenticationSpec) {
	if spec.Selector == nil && len(spec.Ports) == 0 && spec.MTLS != nil && spec.MTLS.Mode == "STRICT" {
		r.whole = append(r.whole, o)
		return
	}
	r.ports = append(r.ports, meshAuthentication{o, spec})
}

func (r *meshRules) authorization(o Object, spec generate.AuthorizationSpec) {
	if spec.Selector == nil && len(spec.Rules) == 0 {
		r.nothing = append(r.nothing, o)
		return
	}
	r.allow = append(r.allow, meshAuthorization{o, spec})
}

// meshSelects reports whether the selector may select pods of the workload: they have its labels, and others besides, so that a
// selector with labels that are not known is taken to select them.
func meshSelects(s *generate.IstioSelector, w *model.Workload) bool {
	if s == nil {
		return true
	}
	for key, value := range s.MatchLabels {
		if own, ok := w.Selector[key]; ok && own != value {
			return false
		}
	}
	return true
}

// anyPort stands for the ports that no policy names.
const anyPort = "*"

// modes returns what each port of the workload's pods accepts, and the object that says so, or what is wrong with it.
func (r *meshRules) modes(w *model.Workload) (modes map[string]string, by Object, flaw string) {
	modes, by = map[string]string{anyPort: "STRICT"}, r.whole[0]
	found := false
	for _, p := range r.ports {
		if !meshSelects(p.spec.Selector, w) {
			continue
		}
		by = p.Object
		// Of two that select a pod, the older one counts: no file shows which that is.
		if found || p.spec.Selector == nil || !maps.Equal(p.spec.Selector.MatchLabels, w.Selector) {
			return nil, by, "The object selects pods of " + string(w.Addr()) + " beside another one, or not by the labels of the workload."
		}
		found = true
		if p.spec.MTLS == nil {
			return nil, by, "The object does not say what its other ports accept."
		}
		modes[anyPort] = p.spec.MTLS.Mode
		for port, tls := range p.spec.Ports {
			if tls == nil {
				return nil, by, "The object does not say what port " + port + " accepts."
			}
			modes[port] = tls.Mode
		}
	}
	return modes, by, ""
}

const (
	plainCaller = "connections without a certificate"
	anyCaller   = "every caller"
)

// callers returns who may call each port of the workload's pods, and the object that says so last.
func (r *meshRules) callers(w *model.Workload) (callers map[string][]string, by Object) {
	callers, by = map[string][]string{}, r.nothing[0]
	for _, p := range r.allow {
		if !meshSelects(p.spec.Selector, w) {
			continue
		}
		by = p.Object
		if p.spec.Selector == nil || !maps.Equal(p.spec.Selector.MatchLabels, w.Selector) {
			callers[anyPort] = append(callers[anyPort], anyCaller) // what it selects besides is not known
			continue
		}
		for _, rule := range p.spec.Rules {
			from := sourcesOf(rule)
			for _, port := range portsOf(rule) {
				callers[port] = append(callers[port], from...)
			}
		}
	}
	return callers, by
}

func portsOf(r generate.AuthorizationRule) []string {
	var ports []string
	for _, to := range r.To {
		if len(to.Operation.Ports) == 0 {
			return []string{anyPort}
		}
		ports = append(ports, to.Operation.Ports...)
	}
	if len(ports) == 0 {
		return []string{anyPort}
	}
	return ports
}

// sourcesOf names the callers of a rule. Fields of one source all hold at once; with more than one the source is narrower than
// the declared caller, and is none of them.
func sourcesOf(r generate.AuthorizationRule) []string {
	var all []string
	for _, from := range r.From {
		s := from.Source
		switch set := [3]bool{len(s.Principals) > 0, len(s.Namespaces) > 0, len(s.NotPrincipals) > 0}; set {
		case [3]bool{true, false, false}:
			for _, p := range s.Principals {
				all = append(all, "principal "+p)
			}
		case [3]bool{false, true, false}:
			for _, n := range s.Namespaces {
				all = append(all, "namespace "+n)
			}
		case [3]bool{false, false, true}:
			if slices.Equal(s.NotPrincipals, []string{"*"}) {
				all = append(all, plainCaller)
			} else {
				all = append(all, anyCaller)
			}
		default:
			all = append(all, anyCaller)
		}
	}
	if len(r.From) == 0 {
		return []string{anyCaller}
	}
	return all
}

// declaredCallers names the declared sources of a port as the mesh knows them: by the account in their certificate, which is the
// workload's own, by their namespace, or not at all.
func declaredCallers(sources []model.Peer) []string {
	const trust = "principal cluster.local/ns/"
	var all []string
	for _, s := range sources {
		caller := plainCaller
		switch s := s.(type) {
		case *model.Workload:
			if s.Namespace.Mesh != nil && !s.Host.Network {
				caller = trust + s.Namespace.Name + "/sa/" + s.Name
			}
		case *model.Namespace:
			if s.Mesh != nil {
				caller = "namespace " + s.Name
			}
		case *model.Gateway:
			if s.Class == "istio" && s.Namespace != nil {
				caller = trust + s.Namespace.Name + "/sa/" + s.Name + "-istio"
			}
		}
		if !slices.Contains(all, caller) {
			all = append(all, caller)
		}
	}
	return all
}
