package generate

import (
	"path"
	"slices"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// mesh writes who may call whom by identity, beside the network policies, which know addresses.
//
// The rules (istio.io/api, security/v1beta1): a PeerAuthentication without a selector holds for its namespace, one with a selector
// for its pods, and portLevelMtls for single ports. As soon as one AuthorizationPolicy with action ALLOW selects a pod, what
// none allows is refused; one without rules allows nothing. Principals are those of certificates, so plain text never has one:
// notPrincipals ["*"] is what comes without.
var mesh = &Generator{
	Name: "mesh",
	Doc: `let each port of a mesh accept its declared callers alone, by their certificates

Each namespace of a mesh demands mutual TLS and allows nothing. Each workload gets back the flows that are declared, from the
accounts of their callers. A port that something outside the mesh calls accepts plain text as well, but no certificate of
a caller that is not declared. From the pods the mesh's own proxies reach its control plane.`,
	Controls: []model.ControlID{model.MeshStrictMTLS},
	Kinds:    objectKinds(istioVersion, "PeerAuthentication", "AuthorizationPolicy"),
	Run:      runMesh,
}

const istioVersion = "security.istio.io/v1"

// PeerAuthentication is security.istio.io/v1 PeerAuthentication.
// Fields: istio.io/api, security/v1beta1/peer_authentication.proto.
type PeerAuthentication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              PeerAuthenticationSpec `json:"spec"`
}

// PeerAuthenticationSpec says how pods may be spoken to.
type PeerAuthenticationSpec struct {
	Selector *IstioSelector       `json:"selector,omitempty"` // all pods of the namespace where it is missing
	MTLS     *IstioTLS            `json:"mtls,omitempty"`
	Ports    map[string]*IstioTLS `json:"portLevelMtls,omitempty"` // by the number of the pod's port
}

// IstioTLS is STRICT (TLS with a client's certificate) or PERMISSIVE (that, or plain text).
type IstioTLS struct {
	Mode string `json:"mode"`
}

// IstioSelector selects pods of the object's namespace.
type IstioSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

// AuthorizationPolicy is security.istio.io/v1 AuthorizationPolicy, as far as it is written here.
// Fields: istio.io/api, security/v1beta1/authorization_policy.proto.
type AuthorizationPolicy struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              AuthorizationSpec `json:"spec"`
}

// AuthorizationSpec allows what one of its rules matches: nothing if it has none.
type AuthorizationSpec struct {
	Selector *IstioSelector      `json:"selector,omitempty"`
	Rules    []AuthorizationRule `json:"rules,omitempty"`
}

// AuthorizationRule matches a connection from one of the sources to one of the operations.
type AuthorizationRule struct {
	From []AuthorizationFrom `json:"from"`
	To   []AuthorizationTo   `json:"to"`
}

// AuthorizationFrom wraps a source.
type AuthorizationFrom struct {
	Source AuthorizationSource `json:"source"`
}

// AuthorizationSource is a caller by its certificate. Exactly one field is set.
type AuthorizationSource struct {
	Principals    []string `json:"principals,omitempty"`
	NotPrincipals []string `json:"notPrincipals,omitempty"`
	Namespaces    []string `json:"namespaces,omitempty"`
}

// AuthorizationTo wraps an operation.
type AuthorizationTo struct {
	Operation AuthorizationOperation `json:"operation"`
}

// AuthorizationOperation is ports of the pods.
type AuthorizationOperation struct {
	Ports []string `json:"ports"`
}

// injectionLabel has istiod put its proxy into the pods of a namespace.
const injectionLabel = "istio-injection"

// istiod is where the proxies get certificates and configuration.
var istiodLabels = map[string]string{"app": "istiod"}

const (
	istioNamespace = "istio-system"
	istiodPort     = 15012
)

// proxyAnnotations bound the proxy as every container is bound. Istio's own defaults let eight proxies fill a namespace's quota.
func proxyAnnotations(w *model.Workload) map[string]string {
	if w.Namespace.Mesh == nil || w.Host.Network {
		return nil
	}
	return map[string]string{
		"sidecar.istio.io/proxyCPU": "10m", "sidecar.istio.io/proxyCPULimit": "500m",
		"sidecar.istio.io/proxyMemory": "64Mi", "sidecar.istio.io/proxyMemoryLimit": "256Mi",
	}
}

func runMesh(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		sources := map[*model.Port][]model.Peer{}
		for _, f := range c.Flows() {
			sources[f.To] = append(sources[f.To], f.From)
		}
		for _, n := range c.Namespaces {
			if n.Mesh == nil {
				continue
			}
			if err := writeMeshDefault(p, n); err != nil {
				return err
			}
			for _, w := range n.Workloads {
				if w.Host.Network {
					continue // has its node's addresses, and no proxy
				}
				if err := writeMeshWorkload(p, w, sources); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func writeMeshDefault(p *Pass, n *model.Namespace) error {
	mode := "STRICT"
	if !n.Mesh.Strict {
		mode = "PERMISSIVE"
	}
	file := path.Join(GuardDir(n), "mesh-default.yaml")
	claimMesh(p, n.Mesh, file)
	claimMesh(p, n.Mesh, path.Join(GuardDir(n), namespaceFile))
	return p.YAML(Artifact{Path: file, Doc: "demands mutual TLS in the namespace, and allows no call", Where: "the cluster, before the workloads"},
		&PeerAuthentication{
			TypeMeta: typeMeta(istioVersion, "PeerAuthentication"), ObjectMeta: namespaceMeta(n, "default"),
			Spec: PeerAuthenticationSpec{MTLS: &IstioTLS{mode}},
		},
		&AuthorizationPolicy{TypeMeta: typeMeta(istioVersion, "AuthorizationPolicy"), ObjectMeta: namespaceMeta(n, "allow-nothing")})
}

func writeMeshWorkload(p *Pass, w *model.Workload, sources map[*model.Port][]model.Peer) error {
	selector := &IstioSelector{w.Selector}
	var rules []AuthorizationRule
	open := map[string]*IstioTLS{}
	for _, port := range w.Ports {
		if protocolOf(port.Protocol) != model.TCP {
			continue
		}
		number := strconv.Itoa(port.Number)
		from, plain := meshCallers(sources[port])
		if plain {
			open[number] = &IstioTLS{"PERMISSIVE"}
		}
		if len(from) > 0 {
			rules = append(rules, AuthorizationRule{From: from, To: []AuthorizationTo{{AuthorizationOperation{[]string{number}}}}})
		}
	}
	var objects []any
	if len(rules) > 0 {
		objects = append(objects, &AuthorizationPolicy{
			TypeMeta: typeMeta(istioVersion, "AuthorizationPolicy"), ObjectMeta: workloadMeta(w, "allow-"+w.Name),
			Spec: AuthorizationSpec{Selector: selector, Rules: rules},
		})
	}
	if len(open) > 0 {
		mode := &IstioTLS{"STRICT"}
		if !w.Namespace.Mesh.Strict {
			mode = &IstioTLS{"PERMISSIVE"}
		}
		objects = append(objects, &PeerAuthentication{
			TypeMeta: typeMeta(istioVersion, "PeerAuthentication"), ObjectMeta: workloadMeta(w, "ports-of-"+w.Name),
			Spec: PeerAuthenticationSpec{Selector: selector, MTLS: mode, Ports: open},
		})
	}
	if len(objects) == 0 {
		return nil
	}
	file := path.Join(GuardDir(w.Namespace), "mesh-"+w.Name+".yaml")
	claimMesh(p, w.Namespace.Mesh, file)
	return p.YAML(Artifact{Path: file, Doc: "lets the declared callers of " + w.Name + " call it, by their certificates", Where: "the cluster, before the workloads"}, objects...)
}

func claimMesh(p *Pass, m *model.Mesh, file string) {
	if m.Strict {
		p.Claim(model.MeshStrictMTLS, m.Addr(), file)
	}
}

// meshCallers returns who may call a port, and whether some of them have no certificate of the mesh.
func meshCallers(sources []model.Peer) (from []AuthorizationFrom, plain bool) {
	var principals, namespaces []string
	for _, s := range sources {
		switch s := s.(type) {
		case *model.Workload:
			if s.Namespace.Mesh != nil && !s.Host.Network {
				principals = append(principals, principal(s.Namespace, accountName(s)))
				continue
			}
		case *model.Namespace:
			if s.Mesh != nil {
				namespaces = append(namespaces, s.Name)
				continue
			}
		case *model.Gateway:
			if s.Class == string(model.Istio) && s.Namespace != nil {
				principals = append(principals, principal(s.Namespace, s.Name+"-istio")) // the account that Istio makes for a Gateway
				continue
			}
		}
		plain = true
	}
	if len(principals) > 0 {
		slices.Sort(principals)
		from = append(from, AuthorizationFrom{AuthorizationSource{Principals: slices.Compact(principals)}})
	}
	if len(namespaces) > 0 {
		slices.Sort(namespaces)
		from = append(from, AuthorizationFrom{AuthorizationSource{Namespaces: slices.Compact(namespaces)}})
	}
	if plain {
		from = append(from, AuthorizationFrom{AuthorizationSource{NotPrincipals: []string{"*"}}})
	}
	return from, plain
}

// principal names an account as certificates of the mesh do, with Istio's own name of the trust domain.
func principal(n *model.Namespace, account string) string {
	return "cluster.local/ns/" + n.Name + "/sa/" + account
}
