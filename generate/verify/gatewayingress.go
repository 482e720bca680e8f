package verify

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// judgeIngresses proves gateways of kind "ingress", and reports whether nothing of the tree publishes by an Ingress what is not
// declared: an Ingress of any class may be served by a controller that takes them all.
func judgeIngresses(p *Pass, c *model.Cluster, clean bool) bool {
	objects := p.Objects(c)
	var gateways []*model.Gateway
	for _, g := range p.Spec.Gateways {
		if g.Namespace != nil && g.Namespace.Cluster == c && g.Kind == model.IngressAPI {
			gateways = append(gateways, g)
		}
	}
	for _, o := range Typed[*networkingv1.Ingress](objects) {
		if place, message := judgeIngress(c, o.Typed); message != "" {
			clean = false
			p.Find(Finding{Control: model.GatewayRoutesRestricted, Path: o.Path, Object: o.At(place), Message: message})
		}
	}
	for _, o := range Typed[*networkingv1.IngressClass](objects) {
		if o.Typed.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "" {
			clean = false
			p.Find(Finding{Control: model.GatewayRoutesRestricted, Path: o.Path, Object: o.At("metadata.annotations"), Message: "A default class serves Ingresses that name none."})
		}
	}
	if len(gateways) == 0 {
		return clean
	}
	judge := &admissionJudge{pass: p, cluster: c, objects: objects, lists: expectedLists(p.Spec, c)}
	if file, ok := judge.policy("ingresses", model.GatewayRoutesRestricted); ok && clean {
		for _, g := range gateways {
			p.Prove(model.GatewayRoutesRestricted, g.Addr(), file)
		}
	}
	return clean
}

// judgeIngress returns the first thing in an Ingress that nothing declares, or nothing. What it sends requests to is a Service of
// its own namespace, which a controller reaches only where network policies let it.
func judgeIngress(c *model.Cluster, x *networkingv1.Ingress) (place, message string) {
	for key := range x.Annotations {
		if key != "bartizan.dev/why" {
			return "metadata.annotations", "Annotations give the controller orders that are not declared."
		}
	}
	if x.Spec.DefaultBackend != nil {
		return "spec.defaultBackend", "A default backend receives the requests of every host that nobody publishes."
	}
	if x.Spec.IngressClassName == nil {
		return "spec.ingressClassName", "The Ingress names no class: controllers may serve it that no gateway declares."
	}
	hosts := map[string]bool{}
	for _, w := range c.Workloads() {
		for _, e := range w.Exposes {
			if e.Via.Kind == model.IngressAPI && w.Namespace.Name == x.Namespace && e.Via.Class == *x.Spec.IngressClassName {
				hosts[e.Host] = true
			}
		}
	}
	if len(x.Spec.Rules) == 0 {
		return "spec.rules", "The Ingress names no host."
	}
	for _, r := range x.Spec.Rules {
		if !hosts[r.Host] {
			return "spec.rules", "The namespace does not publish the host \"" + r.Host + "\" by this class."
		}
	}
	tls := map[string]bool{}
	for _, t := range x.Spec.TLS {
		if len(t.Hosts) == 0 || t.SecretName == "" {
			return "spec.tls", "A certificate is for every host, or is no certificate of the namespace."
		}
		for _, h := range t.Hosts {
			if !hosts[h] {
				return "spec.tls", "The namespace does not publish the host \"" + h + "\" by this class."
			}
			tls[h] = true
		}
	}
	for _, r := range x.Spec.Rules {
		if !tls[r.Host] {
			return "spec.tls", "The host \"" + r.Host + "\" is published without TLS."
		}
	}
	return "", ""
}
