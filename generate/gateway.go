package generate

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// gateway writes how workloads are published.
//
// A Gateway belongs to the platform, a route to its application (Gateway API, roles and personas). Which namespaces
// may attach routes is decided by the label that the API server sets on each namespace and lets nobody change.
var gateway = &Generator{
	Name: "gateway",
	Doc: `publish workloads through gateways, and nothing past them

Each Gateway has an HTTPS listener for each host that is published through it. It ends TLS with the certificate of the
Secret NAME-tls, and admits routes from exactly the namespaces that publish that host, so that no other namespace can
claim it. Each exposed host has an HTTPRoute in its workload's guard. Where
Cilium itself is the data plane, a cluster-wide policy lets the declared sources alone reach its proxies.

For a gateway of kind "ingress" each exposed host has an Ingress instead, with the certificate of the Secret NAME-tls in the
workload's namespace, and an admission policy refuses every Ingress of a host or class that its namespace does not publish.`,
	Controls: []model.ControlID{model.GatewayRoutesRestricted, model.GatewaySourcesExact},
	Kinds: slices.Concat(objectKinds(gatewayAPI+"/v1", "Gateway", "HTTPRoute"), objectKinds("networking.k8s.io/v1", "Ingress"),
		objectKinds("cilium.io/v2", "CiliumClusterwideNetworkPolicy")),
	Run: runGateway,
}

// Gateway is gateway.networking.k8s.io/v1 Gateway, as far as it is written here.
// Fields: github.com/kubernetes-sigs/gateway-api, apis/v1/gateway_types.go.
type Gateway struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              GatewaySpec `json:"spec"`
}

// GatewaySpec names the controller by its class, and the listeners.
type GatewaySpec struct {
	GatewayClassName string            `json:"gatewayClassName"`
	Listeners        []GatewayListener `json:"listeners"`
}

// GatewayListener is a port on which the gateway accepts connections.
type GatewayListener struct {
	Name          string        `json:"name"`
	Hostname      string        `json:"hostname,omitempty"`
	Port          int           `json:"port"`
	Protocol      string        `json:"protocol"`
	TLS           *GatewayTLS   `json:"tls,omitempty"`
	AllowedRoutes AllowedRoutes `json:"allowedRoutes"`
}

// GatewayTLS says where the certificate is.
type GatewayTLS struct {
	Mode            string      `json:"mode"`
	CertificateRefs []SecretRef `json:"certificateRefs"`
}

// SecretRef names a Secret in the gateway's namespace.
type SecretRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

// AllowedRoutes says who may attach what.
type AllowedRoutes struct {
	Namespaces RouteNamespaces `json:"namespaces"`
	Kinds      []RouteKind     `json:"kinds"`
}

// RouteNamespaces selects namespaces by their labels, or none.
type RouteNamespaces struct {
	From     string                `json:"from"`
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// RouteKind is a kind of route.
type RouteKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// HTTPRoute is gateway.networking.k8s.io/v1 HTTPRoute, as far as it is written here.
type HTTPRoute struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              HTTPRouteSpec `json:"spec"`
}

// HTTPRouteSpec sends requests for hosts to a Service.
type HTTPRouteSpec struct {
	ParentRefs []ParentRef     `json:"parentRefs"`
	Hostnames  []string        `json:"hostnames"`
	Rules      []HTTPRouteRule `json:"rules"`
}

// ParentRef names the gateway's listener.
type ParentRef struct {
	Name        string `json:"name"`
	Namespace   string `json:"namespace"`
	SectionName string `json:"sectionName"`
}

// HTTPRouteRule sends requests below a path to a Service of the route's namespace.
type HTTPRouteRule struct {
	Matches     []HTTPRouteMatch `json:"matches"`
	BackendRefs []BackendRef     `json:"backendRefs"`
}

// HTTPRouteMatch matches requests by their path.
type HTTPRouteMatch struct {
	Path HTTPPathMatch `json:"path"`
}

// HTTPPathMatch is a prefix of the path.
type HTTPPathMatch struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// BackendRef is a Service and its port.
type BackendRef struct {
	Name string `json:"name"`
	Port int    `json:"port"`
}

const gatewayAPI = "gateway.networking.k8s.io"

func runGateway(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		var cilium []*model.Gateway
		for _, g := range p.Spec.Gateways {
			if g.Namespace == nil || g.Namespace.Cluster != c || g.Kind == model.IngressAPI {
				continue
			}
			if err := writeGateway(p, g); err != nil {
				return err
			}
			if len(g.Selector) == 0 && c.Network.CNI == model.Cilium {
				cilium = append(cilium, g)
			}
		}
		if len(cilium) > 0 {
			if err := ciliumSources(p, c, cilium); err != nil {
				return err
			}
		}
		for _, w := range c.Workloads() {
			if len(w.Exposes) == 0 {
				continue
			}
			var routes []any
			for _, e := range w.Exposes {
				if e.Via.Kind == model.IngressAPI {
					routes = append(routes, ingress(w, e))
				} else {
					routes = append(routes, httpRoute(w, e))
				}
			}
			if err := p.YAML(Artifact{
				Path:  path.Join(GuardDir(w.Namespace), "route-"+w.Name+".yaml"),
				Doc:   "publishes " + w.Name,
				Where: "the cluster",
			}, routes...); err != nil {
				return err
			}
		}
	}
	return nil
}

func writeGateway(p *Pass, g *model.Gateway) error {
	file := path.Join(GuardDir(g.Namespace), "gateway-"+g.Name+".yaml")
	p.Claim(model.GatewayRoutesRestricted, g.Addr(), file)
	meta := namespaceMeta(g.Namespace, g.Name)
	var listeners []GatewayListener
	byHost := publishers(g)
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		listeners = append(listeners, gatewayListener(g, listenerName(host), host, metav1.LabelSelectorRequirement{
			Key: namespaceNameLabel, Operator: metav1.LabelSelectorOpIn, Values: byHost[host],
		}))
	}
	if len(listeners) == 0 {
		// A gateway must have a listener, and the standard channel has no word for none. Every namespace has this label, so
		// the selector selects none.
		listeners = []GatewayListener{gatewayListener(g, "none", "", metav1.LabelSelectorRequirement{
			Key: namespaceNameLabel, Operator: metav1.LabelSelectorOpDoesNotExist,
		})}
	}
	return p.YAML(Artifact{
		Path:  file,
		Doc:   fmt.Sprintf("the gateway; its certificate, for all hosts, is the Secret %s-tls, which somebody else makes", g.Name),
		Where: "the cluster",
	}, &Gateway{
		TypeMeta: typeMeta(gatewayAPI+"/v1", "Gateway"), ObjectMeta: meta,
		Spec: GatewaySpec{GatewayClassName: g.Class, Listeners: listeners},
	})
}

func gatewayListener(g *model.Gateway, name, host string, from metav1.LabelSelectorRequirement) GatewayListener {
	return GatewayListener{
		Name: name, Hostname: host, Port: 443, Protocol: "HTTPS",
		TLS: &GatewayTLS{Mode: "Terminate", CertificateRefs: []SecretRef{{Kind: "Secret", Name: g.Name + "-tls"}}},
		AllowedRoutes: AllowedRoutes{
			Namespaces: RouteNamespaces{From: "Selector", Selector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{from}}},
			Kinds:      []RouteKind{{Group: gatewayAPI, Kind: "HTTPRoute"}},
		},
	}
}

// listenerName names the listener of a host. A wildcard has no name of its own in DNS; the first label tells it from a host.
func listenerName(host string) string {
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		return "any." + rest
	}
	return "at." + host
}

// publishers returns the names of the namespaces that publish each host through the gateway, sorted.
func publishers(g *model.Gateway) map[string][]string {
	byHost := map[string][]string{}
	for _, w := range g.Namespace.Cluster.Workloads() {
		for _, e := range w.Exposes {
			if e.Via == g {
				byHost[e.Host] = append(byHost[e.Host], w.Namespace.Name)
			}
		}
	}
	for host, names := range byHost {
		slices.Sort(names)
		byHost[host] = slices.Compact(names)
	}
	return byHost
}

func httpRoute(w *model.Workload, e *model.Expose) *HTTPRoute {
	prefix, port := routed(e)
	meta := workloadMeta(w, w.Name+"-"+routeName(e))
	return &HTTPRoute{
		TypeMeta: typeMeta(gatewayAPI+"/v1", "HTTPRoute"), ObjectMeta: meta,
		Spec: HTTPRouteSpec{
			ParentRefs: []ParentRef{{Name: e.Via.Name, Namespace: e.Via.Namespace.Name, SectionName: listenerName(e.Host)}},
			Hostnames:  []string{e.Host},
			Rules: []HTTPRouteRule{{
				Matches:     []HTTPRouteMatch{{Path: HTTPPathMatch{Type: "PathPrefix", Value: prefix}}},
				BackendRefs: []BackendRef{{Name: w.Name, Port: port}},
			}},
		},
	}
}

// routed returns the path below which requests go to the workload, and the port of its Service.
func routed(e *model.Expose) (prefix string, port int) {
	prefix, port = e.Path, e.Port.Service
	if prefix == "" {
		prefix = "/"
	}
	if port == 0 {
		port = e.Port.Number
	}
	return prefix, port
}

// routeName is unique among the workload's routes: a host is published once through a gateway.
func routeName(e *model.Expose) string {
	return e.Via.Name + "-" + strings.ReplaceAll(e.Host, "*", "any")
}

// ciliumSources lets the declared sources reach Cilium's proxies, which all its gateways share: what one gateway
// admits, all admit. https://docs.cilium.io/en/stable/network/servicemesh/ingress-and-network-policy/
func ciliumSources(p *Pass, c *model.Cluster, gateways []*model.Gateway) error {
	var blocks []CiliumCIDR
	var why []string
	seen := map[string]bool{}
	for _, g := range gateways {
		for _, from := range g.From {
			why = append(why, fmt.Sprintf("%s → %s", from.Addr(), g.Addr()))
			for _, b := range c.SourceBlocks(p.Spec, from) {
				x := ipBlock(b)
				if !seen[x.CIDR] {
					seen[x.CIDR] = true
					blocks = append(blocks, CiliumCIDR{CIDR: x.CIDR, Except: x.Except})
				}
			}
		}
	}
	if len(blocks) == 0 {
		return nil // a rule without sources would not mean "nobody"
	}
	slices.SortFunc(blocks, func(a, b CiliumCIDR) int { return strings.Compare(a.CIDR, b.CIDR) })
	file := path.Join(PlatformDir(c), "gateway-sources.yaml")
	for _, g := range gateways {
		if sameSources(gateways, g) {
			p.Claim(model.GatewaySourcesExact, g.Addr(), file)
		}
	}
	meta := clusterMeta(c, "bartizan-gateway-sources")
	meta.Annotations = map[string]string{whyAnnotation: strings.Join(why, "\n")}
	return p.YAML(Artifact{Path: file, Doc: "lets the declared sources alone reach Cilium's gateways", Where: "the cluster"}, &CiliumNetworkPolicy{
		TypeMeta: typeMeta("cilium.io/v2", "CiliumClusterwideNetworkPolicy"), ObjectMeta: meta,
		Spec: CiliumRule{
			EndpointSelector: metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "reserved:ingress", Operator: metav1.LabelSelectorOpExists},
			}},
			Ingress: []CiliumIngress{{FromCIDRSet: blocks}},
		},
	})
}

// sameSources reports whether no other gateway of Cilium admits more than g does.
func sameSources(gateways []*model.Gateway, g *model.Gateway) bool {
	for _, other := range gateways {
		for _, from := range other.From {
			if !slices.Contains(g.From, from) {
				return false
			}
		}
	}
	return true
}
