package verify

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/generate"
	"github.com/bartizan-dev/bartizan/model"
)

// gatewayCheck proves who may publish.
//
// The rule (Gateway API v1, AllowedRoutes): namespaces.from is Same where it is left out, and All, Selector or Same where
// it is not, in the standard channel; All admits every namespace;
// a selector judges the labels of namespaces, of which only kubernetes.io/metadata.name cannot be given by people.
// Listeners can also come from ListenerSets, which are not judged: one in the tree un-proves every gateway.
var gatewayCheck = &Check{
	Name: "gateway-routes",
	Doc: `gateways admit routes to a host from the namespaces that publish it

Every listener of a declared gateway speaks HTTPS for one declared host, and admits HTTPRoutes from exactly the namespaces
that publish that host, by the label that the API server sets. A listener for every host admits nobody. Gateways that are not declared, and other sources of listeners, are findings.

A gateway of kind "ingress" is proved if the reviewed admission policy for Ingresses is in force with the published hosts of each
namespace, and the tree has no Ingress for others, or with annotations, by which controllers take orders.`,
	Controls: []model.ControlID{model.GatewayRoutesRestricted},
	Run:      runGatewayCheck,
}

const gatewayGroup = "gateway.networking.k8s.io"

func runGatewayCheck(p *Pass) {
	for _, c := range p.Spec.Clusters {
		objects := p.Objects(c)
		clean := objects.Complete
		declared := map[string]*model.Gateway{}
		for _, g := range p.Spec.Gateways {
			if g.Namespace != nil && g.Namespace.Cluster == c && g.Kind != model.IngressAPI {
				declared[g.Namespace.Name+"/"+g.Name] = g
			}
		}
		for _, o := range objects.All {
			known := o.GVK.Kind == "Gateway" && o.GVK.Version == "v1" && declared[o.Namespace+"/"+o.Name] != nil
			if o.GVK.Group == gatewayGroup && !known && o.GVK.Kind != "HTTPRoute" || o.GVK.Group == "gateway.networking.x-k8s.io" {
				clean = false
				p.Find(Finding{Control: model.GatewayRoutesRestricted, Path: o.Path, Object: o.String(),
					Message: "The object publishes in a way that is not declared."})
			}
		}
		clean = judgeIngresses(p, c, clean)
		for _, g := range p.Spec.Gateways {
			if g.Namespace == nil || g.Namespace.Cluster != c || g.Kind == model.IngressAPI {
				continue
			}
			o, ok := objects.One(gatewayGroup, "Gateway", g.Namespace.Name, g.Name)
			if !ok {
				p.Find(Finding{Control: model.GatewayRoutesRestricted, Subject: g.Addr(), Object: "Gateway/" + g.Namespace.Name + "/" + g.Name,
					Message: "The gateway is missing, or defined twice."})
				continue
			}
			if place, message := judgeGateway(g, o); message != "" {
				p.Find(Finding{Control: model.GatewayRoutesRestricted, Subject: g.Addr(), Path: o.Path, Object: o.At(place), Message: message})
			} else if clean {
				p.Prove(model.GatewayRoutesRestricted, g.Addr(), o.Path)
			}
		}
	}
}

// judgeGateway returns the first thing that is wrong, or nothing.
func judgeGateway(g *model.Gateway, o Object) (place, message string) {
	u, ok := o.Value.(*unstructured.Unstructured)
	var x generate.Gateway
	if !ok {
		return "spec", "The gateway cannot be read."
	}
	if err := decodeObject(u, &x); err != nil {
		return "spec", "The gateway says more than is understood: " + err.Error() + "."
	}
	if x.Spec.GatewayClassName != g.Class {
		return "spec.gatewayClassName", "Another class of gateway is named."
	}
	want := map[string][]string{} // namespaces by host
	for _, w := range g.Namespace.Cluster.Workloads() {
		for _, e := range w.Exposes {
			if e.Via == g {
				want[e.Host] = append(want[e.Host], w.Namespace.Name)
			}
		}
	}
	for _, l := range x.Spec.Listeners {
		if l.Protocol != "HTTPS" || l.TLS == nil || l.TLS.Mode != "Terminate" {
			return "spec.listeners", "Listener " + l.Name + " does not end TLS."
		}
		if len(l.AllowedRoutes.Kinds) != 1 || l.AllowedRoutes.Kinds[0] != (generate.RouteKind{Group: gatewayGroup, Kind: "HTTPRoute"}) {
			return "spec.listeners", "Listener " + l.Name + " admits other routes than HTTPRoutes."
		}
		// A listener without a host is for every host: routes to a host of another namespace could attach to it. Nobody publishes
		// the empty host, so it may admit none. The most specific listener takes a request: a wildcard's namespaces get no request
		// for a host that has a listener of its own (Gateway API, Listener.hostname).
		if from := l.AllowedRoutes.Namespaces; from.From != "Selector" || from.Selector == nil || !sameNamespaces(from.Selector, want[l.Hostname]) {
			return "spec.listeners", fmt.Sprintf("Listener %s does not admit routes to %q from exactly the namespaces that publish that host.", l.Name, l.Hostname)
		}
	}
	if len(x.Spec.Listeners) == 0 {
		return "spec.listeners", "The gateway has no listener."
	}
	return "", ""
}

// sameNamespaces reports whether the selector selects exactly the namespaces, by name; none, if it asks that there be no name.
func sameNamespaces(s *metav1.LabelSelector, names []string) bool {
	sel, err := parseSelector(s)
	if err != nil || len(sel) != 1 || sel[0].key != namespaceNameLabel {
		return false
	}
	if len(names) == 0 {
		return sel[0].operator == metav1.LabelSelectorOpDoesNotExist
	}
	if sel[0].operator != metav1.LabelSelectorOpIn {
		return false
	}
	got, want := slices.Clone(sel[0].values), slices.Clone(names)
	slices.Sort(got)
	slices.Sort(want)
	return slices.Equal(slices.Compact(got), slices.Compact(want))
}
