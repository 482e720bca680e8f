package build

// Kubeconform compares objects with JSON schemas.
func Kubeconform() Component {
	const module, version = "github.com/yannh/kubeconform", "v0.8.0"
	return Component{Name: "kubeconform", Version: version, Module: module,
		Packages: map[string]string{"kubeconform": module + "/cmd/kubeconform"}}
}

// KubeScore judges whether workloads are run reliably and securely.
func KubeScore() Component {
	const module, version = "github.com/zegl/kube-score", "v1.20.0"
	return Component{Name: "kube-score", Version: version, Module: module,
		Packages: map[string]string{"kube-score": module + "/cmd/kube-score"}}
}

// Kubesec gives points for the security of pods.
func Kubesec() Component {
	const module, version = "github.com/controlplaneio/kubesec/v2", "v2.14.2"
	return Component{Name: "kubesec", Version: version, Module: module, Packages: map[string]string{"kubesec": module}}
}

// Kyverno applies policies to objects. With it come its chart of pod security policies, the samples of other policies that its
// repository has, and a program of ours, testdata/helmtemplate, that renders charts as Helm does.
func Kyverno() Component {
	const module, version = "github.com/kyverno/kyverno", "v1.17.2"
	return Component{Name: "kyverno", Version: version, Module: module,
		Packages: map[string]string{"kyverno": module + "/cmd/cli/kubectl-kyverno", "helmtemplate": "./helmtemplate"},
		Data:     []string{"charts/kyverno-policies", "test/best_practices", "test/more"},
		replaces: true, sources: "testdata/helmtemplate", requires: []string{"helm.sh/helm/v3 v3.19.0"}}
}

// Trivy is a program of ours, testdata/trivyconfig, that judges objects by the scanner and the checks of trivy.
func Trivy() Component {
	return Component{Name: "trivy", Version: "v0.74.0", Module: "github.com/aquasecurity/trivy",
		Packages: map[string]string{"trivyconfig": "./trivyconfig"}, sources: "testdata/trivyconfig", experiment: "jsonv2"}
}

// NetpolAnalyzer is a program of ours, testdata/netpolconns, that lists by the engine of the analyser what network policies
// allow.
func NetpolAnalyzer() Component {
	return Component{Name: "netpol-analyzer", Version: "v1.4.4", Module: "github.com/np-guard/netpol-analyzer",
		Packages: map[string]string{"netpolconns": "./netpolconns"}, sources: "testdata/netpolconns"}
}

// Netpold is a program of ours, testdata/netpold, that enforces network policies by kube-router's controller. kube-router itself
// also speaks BGP, by a module that the checksum database does not know.
func Netpold() Component {
	return Component{Name: "kube-router", Version: "v1.6.1", Module: "github.com/cloudnativelabs/kube-router",
		Packages: map[string]string{"netpold": "./netpold"}, sources: "testdata/netpold"}
}

// Helm installs charts.
func Helm() Component {
	const module, version = "helm.sh/helm/v3", "v3.19.0"
	return Component{Name: "helm", Version: version, Module: module, Packages: map[string]string{"helm": module + "/cmd/helm"}}
}

// KubeNetworkPolicies is two programs of ours, testdata/knp: knpd enforces network policies by the engine of
// kube-network-policies, knpjudge asks that engine about connections. Two of the modules that they need are unknown to the
// checksum database; their checksums are those that its own module has.
func KubeNetworkPolicies() Component {
	return Component{Name: "kube-network-policies", Version: "v1.1.0", Module: "sigs.k8s.io/kube-network-policies",
		Packages: map[string]string{"knpd": "./knp/knpd", "knpjudge": "./knp/knpjudge"}, sources: "testdata/knp", itsSums: true,
		// The release that the API server is built from: a part of what it needs is built then.
		requires: []string{"k8s.io/api v0.36.4", "k8s.io/apimachinery v0.36.4", "k8s.io/client-go v0.36.4"}}
}

// Signatures are policy-controller's own judge of one image by one policy, and a program of ours, testdata/signedimages, that is a
// registry with images that cosign's library has signed.
func Signatures() Component {
	const module, version = "github.com/sigstore/policy-controller", "v0.13.0"
	return Component{Name: "signatures", Version: version, Module: module, replaces: true, sources: "testdata/signedimages",
		Packages: map[string]string{"policy-tester": module + "/cmd/tester", "signedimages": "./signedimages"}}
}
