package build

// Charts are the modules that have the charts of add-ons, as their makers publish them. Their data is the directory of the chart.
func Charts() []Component {
	return []Component{
		{Name: "cert-manager", Version: "v1.20.3", Module: "github.com/cert-manager/cert-manager", Data: []string{"deploy/charts/cert-manager"}},
		{Name: "cilium-chart", Version: "v1.20.2", Module: "github.com/cilium/cilium", Data: []string{"install/kubernetes/cilium"}, modules: "cilium"},
		{Name: "external-dns", Version: "v0.19.0", Module: "sigs.k8s.io/external-dns", Data: []string{"charts/external-dns"}},
		{Name: "external-secrets-chart", Version: "v0.20.4", Module: "github.com/external-secrets/external-secrets",
			Data: []string{"deploy/charts/external-secrets"}, modules: "external-secrets"},
		{Name: "kyverno-chart", Version: "v1.17.2", Module: "github.com/kyverno/kyverno", Data: []string{"charts/kyverno"}, modules: "kyverno"},
		{Name: "metrics-server", Version: "v0.7.2", Module: "sigs.k8s.io/metrics-server", Data: []string{"charts/metrics-server"}},
		{Name: "node-feature-discovery", Version: "v0.18.2", Module: "sigs.k8s.io/node-feature-discovery", Data: []string{"deployment/helm/node-feature-discovery"}},
		{Name: "secrets-store-csi-driver", Version: "v1.5.3", Module: "sigs.k8s.io/secrets-store-csi-driver", Data: []string{"charts/secrets-store-csi-driver"}},
	}
}

// ArgoCD is Argo CD's manifests; install.yaml among them is the whole.
func ArgoCD() Component {
	return Component{Name: "argo-cd-manifests", Version: "v3.2.1", Module: "github.com/argoproj/argo-cd/v3", Data: []string{"manifests"}, modules: "argo-cd"}
}
