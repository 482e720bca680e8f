package verify

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/model"
)

// The types below name the fields that a controller's objects may have. Every other field, such as a patch, another
// target namespace or a kubeconfig, changes what is applied, where, or as whom: decoding refuses it.

type gitOpsHead struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
}

type nameOnly struct {
	Name string `json:"name"`
}

func (j *gitOpsJudge) decode(o Object, u *unstructured.Unstructured, into any) bool {
	if err := decodeObject(u, into); err != nil {
		j.find(o, "", "The object has fields that change what is applied: %v.", err)
		return false
	}
	return true
}

func (j *gitOpsJudge) fluxSource(o Object, u *unstructured.Unstructured) {
	var s struct {
		gitOpsHead
		Spec struct {
			URL string `json:"url"`
			Ref struct {
				Branch string `json:"branch"`
			} `json:"ref"`
			Interval  string   `json:"interval"`
			SecretRef nameOnly `json:"secretRef"`
			Verify    *struct {
				Mode      string   `json:"mode"`
				SecretRef nameOnly `json:"secretRef"`
			} `json:"verify"`
		} `json:"spec"`
	}
	if !j.decode(o, u, &s) {
		return
	}
	if s.Spec.URL != j.gitops.Source.URL || s.Spec.Ref.Branch != j.gitops.Branch {
		j.find(o, "spec.url", "The source is not branch %s of the declared repository.", j.gitops.Branch)
	}
	if j.gitops.Source.SignedCommits && (s.Spec.Verify == nil || s.Spec.Verify.Mode != "HEAD" && s.Spec.Verify.Mode != "TagAndHEAD") {
		j.find(o, "spec.verify", "Signatures of commits are not checked.")
	}
}

func (j *gitOpsJudge) fluxPart(o Object, u *unstructured.Unstructured) {
	var k struct {
		gitOpsHead
		Spec struct {
			DependsOn          []nameOnly `json:"dependsOn"`
			Interval           string     `json:"interval"`
			RetryInterval      string     `json:"retryInterval"`
			Path               string     `json:"path"`
			Prune              bool       `json:"prune"`
			ServiceAccountName string     `json:"serviceAccountName"`
			SourceRef          struct {
				Kind string `json:"kind"`
				Name string `json:"name"`
			} `json:"sourceRef"`
			Timeout string `json:"timeout"`
			Wait    bool   `json:"wait"`
		} `json:"spec"`
	}
	if !j.decode(o, u, &k) {
		return
	}
	dir, account, ok := j.part(o.Name)
	switch {
	case !ok:
		j.find(o, "", "Nothing declares this part.")
	case k.Spec.ServiceAccountName != account:
		j.find(o, "spec.serviceAccountName", "The part is applied as %q, not as %q.", k.Spec.ServiceAccountName, account)
	case k.Spec.Path != "./"+dir:
		j.find(o, "spec.path", "The part applies %q, not %q.", k.Spec.Path, "./"+dir)
	case k.Spec.SourceRef.Kind != "GitRepository" || k.Spec.SourceRef.Name != j.gitops.Name:
		j.find(o, "spec.sourceRef", "The part comes from another source.")
	}
	j.file = o.Path
}

type argoPlace struct {
	Server    string `json:"server"`
	Namespace string `json:"namespace"`
}

type argoSort struct {
	Group string `json:"group"`
	Kind  string `json:"kind"`
}

func (j *gitOpsJudge) argoProject(o Object, u *unstructured.Unstructured) {
	var a struct {
		gitOpsHead
		Spec struct {
			SourceRepos                []string    `json:"sourceRepos"`
			Destinations               []argoPlace `json:"destinations"`
			ClusterResourceWhitelist   []argoSort  `json:"clusterResourceWhitelist"`
			NamespaceResourceWhitelist []argoSort  `json:"namespaceResourceWhitelist"`
			DestinationServiceAccounts []struct {
				Server                string `json:"server"`
				Namespace             string `json:"namespace"`
				DefaultServiceAccount string `json:"defaultServiceAccount"`
			} `json:"destinationServiceAccounts"`
		} `json:"spec"`
	}
	if !j.decode(o, u, &a) {
		return
	}
	var in []*model.Namespace
	for _, n := range j.namespaces {
		if o.Name == "guard" || o.Name == "apps-"+n.Name {
			in = append(in, n)
		}
	}
	if len(in) == 0 {
		j.find(o, "", "Nothing declares this project.")
		return
	}
	if !slices.Equal(a.Spec.SourceRepos, []string{j.gitops.Source.URL}) {
		j.find(o, "spec.sourceRepos", "The project takes from other repositories than the declared one.")
	}
	if o.Name != "guard" && len(a.Spec.ClusterResourceWhitelist) > 0 {
		j.find(o, "spec.clusterResourceWhitelist", "The project admits objects outside namespaces.")
	}
	inside := func(server, namespace string) bool {
		return server == "https://kubernetes.default.svc" && slices.ContainsFunc(in, func(n *model.Namespace) bool { return n.Name == namespace })
	}
	for _, d := range a.Spec.Destinations {
		if !inside(d.Server, d.Namespace) {
			j.find(o, "spec.destinations", "The project reaches namespace %q of %q.", d.Namespace, d.Server)
		}
	}
	for _, n := range in {
		covered := slices.ContainsFunc(a.Spec.DestinationServiceAccounts, func(s struct {
			Server                string `json:"server"`
			Namespace             string `json:"namespace"`
			DefaultServiceAccount string `json:"defaultServiceAccount"`
		}) bool {
			return s.Namespace == n.Name && s.DefaultServiceAccount == "argocd:"+o.Name
		})
		if !covered {
			j.find(o, "spec.destinationServiceAccounts", "In namespace %q the controller acts as itself.", n.Name)
		}
	}
	for _, s := range a.Spec.DestinationServiceAccounts {
		if !inside(s.Server, s.Namespace) || s.DefaultServiceAccount != "argocd:"+o.Name {
			j.find(o, "spec.destinationServiceAccounts", "The controller acts as %q in namespace %q.", s.DefaultServiceAccount, s.Namespace)
		}
	}
}

func (j *gitOpsJudge) argoApplication(o Object, u *unstructured.Unstructured) {
	var a struct {
		gitOpsHead
		Spec struct {
			Project string `json:"project"`
			Source  struct {
				RepoURL        string `json:"repoURL"`
				TargetRevision string `json:"targetRevision"`
				Path           string `json:"path"`
			} `json:"source"`
			Destination argoPlace `json:"destination"`
			SyncPolicy  struct {
				Automated struct {
					Prune    bool `json:"prune"`
					SelfHeal bool `json:"selfHeal"`
				} `json:"automated"`
				SyncOptions []string `json:"syncOptions"`
			} `json:"syncPolicy"`
		} `json:"spec"`
	}
	if !j.decode(o, u, &a) {
		return
	}
	dir, account, ok := j.part(o.Name)
	switch {
	case !ok:
		j.find(o, "", "Nothing declares this part.")
	case a.Spec.Project != account:
		j.find(o, "spec.project", "The part belongs to project %q, not to %q.", a.Spec.Project, account)
	case a.Spec.Source.Path != dir || a.Spec.Source.RepoURL != j.gitops.Source.URL || a.Spec.Source.TargetRevision != j.gitops.Branch:
		j.find(o, "spec.source", "The part does not come from %q on branch %s of the declared repository.", dir, j.gitops.Branch)
	}
	j.file = o.Path
}
