package build

// OpenAPI is the description of the API of a release of Kubernetes, in api/openapi-spec/swagger.json.
func OpenAPI(version string) Component {
	c := Kubernetes(version)
	c.Name, c.modules = "openapi", c.Name
	c.Packages, c.LDFlags, c.Data = nil, nil, []string{"api/openapi-spec"}
	return c
}

// Definitions are the modules that define the objects which trees have besides those of Kubernetes itself. Their data are
// directories of CustomResourceDefinitions.
func Definitions() []Component {
	return []Component{
		{Name: "argo-cd", Version: "v3.2.1", Module: "github.com/argoproj/argo-cd/v3", Data: []string{"manifests/crds"}},
		{Name: "cilium", Version: "v1.20.2", Module: "github.com/cilium/cilium", Data: []string{"pkg/k8s/apis/cilium.io/client/crds/v2"}},
		{Name: "external-secrets", Version: "v0.20.4", Module: "github.com/external-secrets/external-secrets", Data: []string{"config/crds/bases"}},
		{Name: "gateway-api", Version: "v1.4.1", Module: "sigs.k8s.io/gateway-api", Data: []string{"config/crd/standard"}},
		{Name: "istio-api", Version: "v1.29.0", Module: "istio.io/api", Data: []string{"kubernetes"}},
		{Name: "kustomize-controller", Version: "v1.7.3", Module: "github.com/fluxcd/kustomize-controller", Data: []string{"config/crd/bases"}},
		NetworkPolicyAPI(),
		{Name: "policy-controller", Version: "v0.13.0", Module: "github.com/sigstore/policy-controller", Data: []string{"config"}},
		{Name: "source-controller", Version: "v1.7.0", Module: "github.com/fluxcd/source-controller", Data: []string{"config/crd/bases"}},
	}
}

// ExperimentalDefinitions is the directory of NetworkPolicyAPI's data with the definition that has experimental fields, too.
const ExperimentalDefinitions = "config/crd/experimental"

// NetworkPolicyAPI is the definition of ClusterNetworkPolicy, as it is in its standard channel and with what is experimental.
func NetworkPolicyAPI() Component {
	return Component{Name: "network-policy-api", Version: "v0.2.0", Module: "sigs.k8s.io/network-policy-api",
		Data: []string{"config/crd/standard", ExperimentalDefinitions}}
}
