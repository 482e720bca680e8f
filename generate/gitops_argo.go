package generate

import (
	"path"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// The types below are argoproj.io/v1alpha1, as far as we use them.

type argoProject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              argoProjectSpec `json:"spec"`
}

type argoProjectSpec struct {
	SourceRepos                []string          `json:"sourceRepos"`
	Destinations               []argoDestination `json:"destinations"`
	ClusterResourceWhitelist   []argoKind        `json:"clusterResourceWhitelist"`
	NamespaceResourceWhitelist []argoKind        `json:"namespaceResourceWhitelist"`
	DestinationServiceAccounts []argoAccount     `json:"destinationServiceAccounts,omitempty"`
}

type argoDestination struct {
	Server    string `json:"server"`
	Namespace string `json:"namespace"`
}

type argoKind struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

// argoAccount is whom the controller impersonates; the account is "namespace:name".
type argoAccount struct {
	Server                string `json:"server"`
	Namespace             string `json:"namespace"`
	DefaultServiceAccount string `json:"defaultServiceAccount"`
}

type argoApplication struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              argoApplicationSpec `json:"spec"`
}

type argoApplicationSpec struct {
	Project     string          `json:"project"`
	Source      argoSource      `json:"source"`
	Destination argoDestination `json:"destination"`
	SyncPolicy  argoSyncPolicy  `json:"syncPolicy"`
}

type argoSource struct {
	RepoURL        string `json:"repoURL"`
	TargetRevision string `json:"targetRevision"`
	Path           string `json:"path"`
}

type argoSyncPolicy struct {
	Automated   argoAutomated `json:"automated"`
	SyncOptions []string      `json:"syncOptions"`
}

type argoAutomated struct {
	Prune    bool `json:"prune"`
	SelfHeal bool `json:"selfHeal"`
}

// ownCluster is the API server that the controller runs in.
const ownCluster = "https://kubernetes.default.svc"

// appKinds are the kinds that the project of a namespace's workloads admits.
var appKinds = []argoKind{
	{"", "ConfigMap"}, {"", "PersistentVolumeClaim"}, {"", "Service"},
	{"apps", "DaemonSet"}, {"apps", "Deployment"}, {"apps", "StatefulSet"},
	{"autoscaling", "HorizontalPodAutoscaler"},
	{"batch", "CronJob"}, {"batch", "Job"},
	{"external-secrets.io", "ExternalSecret"},
	{"policy", "PodDisruptionBudget"},
	{"secrets-store.csi.x-k8s.io", "SecretProviderClass"},
}

func argoObjects(g *model.GitOps, c *model.Cluster, namespaces []*model.Namespace) (source, parts []any) {
	impersonate := g.Privileges != model.PrivilegesClusterAdmin
	application := func(name, project, dir, namespace string) {
		parts = append(parts, &argoApplication{
			TypeMeta:   typeMeta("argoproj.io/v1alpha1", "Application"),
			ObjectMeta: gitOpsMeta(g, name),
			Spec: argoApplicationSpec{
				Project:     project,
				Source:      argoSource{RepoURL: g.Source.URL, TargetRevision: g.Branch, Path: path.Join(g.Path, dir)},
				Destination: argoDestination{Server: ownCluster, Namespace: namespace},
				SyncPolicy: argoSyncPolicy{
					Automated:   argoAutomated{Prune: true, SelfHeal: true},
					SyncOptions: []string{"CreateNamespace=false", "ServerSideApply=true"},
				},
			},
		})
	}
	project := func(name, account string, cluster, namespaced []argoKind, in ...*model.Namespace) {
		spec := argoProjectSpec{SourceRepos: []string{g.Source.URL}, ClusterResourceWhitelist: cluster, NamespaceResourceWhitelist: namespaced}
		for _, n := range in {
			spec.Destinations = append(spec.Destinations, argoDestination{ownCluster, n.Name})
			if impersonate {
				spec.DestinationServiceAccounts = append(spec.DestinationServiceAccounts, argoAccount{ownCluster, n.Name, g.Namespace() + ":" + account})
			}
		}
		source = append(source, &argoProject{TypeMeta: typeMeta("argoproj.io/v1alpha1", "AppProject"), ObjectMeta: gitOpsMeta(g, name), Spec: spec})
	}
	project(g.GuardAccount(), g.GuardAccount(), []argoKind{{"*", "*"}}, []argoKind{{"*", "*"}}, namespaces...)
	application("platform", g.GuardAccount(), PlatformDir(c), namespaces[0].Name)
	for _, n := range namespaces {
		application("guard-"+n.Name, g.GuardAccount(), GuardDir(n), n.Name)
		if appsApplied(n) {
			project(g.AppsAccount(n), g.AppsAccount(n), []argoKind{}, appKinds, n)
			application("apps-"+n.Name, g.AppsAccount(n), AppsDir(n), n.Name)
		}
	}
	return source, parts
}
