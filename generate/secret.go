package generate

import (
	"fmt"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// secrets names where secrets come from. Their values never stand in the tree.
var secrets = &Generator{
	Name: "secret",
	Doc: `secrets from a store outside the cluster, through the External Secrets Operator

Each namespace has its own SecretStore with an account of its own, so that the store decides by namespace what may be
read; a ClusterSecretStore would give every namespace the rights of all. The operator exchanges the account's
short-lived token for access: no credential of the store is kept in the cluster.
https://external-secrets.io/latest/api/externalsecret/`,
	Kinds: slices.Concat(objectKinds("v1", "ServiceAccount"), objectKinds("external-secrets.io/v1", "SecretStore", "ExternalSecret")),
	Run:   runSecrets,
}

// secretName is the native Secret that is mounted.
func secretName(w *model.Workload, s *model.SecretFile) string {
	if s.Store == nil {
		return s.Name
	}
	return w.Name + "-" + s.Name
}

// secretKey is the key of a single value. A path may end in #KEY, which selects one value of several.
func secretKey(s *model.SecretFile) string {
	if _, key, ok := strings.Cut(s.Path, "#"); ok {
		return key
	}
	return s.Name
}

// storeAccount is the account as which the operator reads from the store. A workload's name has no dot.
func storeAccount(s *model.SecretStore) string { return "store." + s.Name }

func runSecrets(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, n := range c.Namespaces {
			for _, s := range storesOf(n) {
				err := p.YAML(Artifact{
					Path:  path.Join(GuardDir(n), "store."+s.Name+".yaml"),
					Doc:   "where the secrets of this namespace come from, and the account that may read them",
					Where: "the cluster",
				}, account(namespaceMeta(n, storeAccount(s))), secretStore(n, s))
				if err != nil {
					return err
				}
			}
			for _, w := range n.Workloads {
				if err := writeExternalSecrets(p, w); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// storesOf returns the stores from which Secrets of the namespace are made, sorted by name.
func storesOf(n *model.Namespace) []*model.SecretStore {
	var stores []*model.SecretStore
	for _, w := range n.Workloads {
		for _, s := range w.Secrets {
			if s.Store != nil && !s.Volume() && !slices.Contains(stores, s.Store) {
				stores = append(stores, s.Store)
			}
		}
	}
	for _, r := range n.PullsWith() {
		if s := r.PullSecret.Store; s != nil && !slices.Contains(stores, s) {
			stores = append(stores, s)
		}
	}
	slices.SortFunc(stores, func(a, b *model.SecretStore) int { return strings.Compare(a.Name, b.Name) })
	return stores
}

func writeExternalSecrets(p *Pass, w *model.Workload) error {
	if w.Manifests == model.ManifestsPatch {
		return nil // the directory is a component; the team's own manifests say which secrets they fetch
	}
	var objects []any
	for _, s := range w.Secrets {
		if s.Store != nil && !s.Volume() {
			objects = append(objects, externalSecret(w, s))
		}
	}
	if len(objects) == 0 {
		return nil
	}
	return p.YAML(Artifact{
		Path:  path.Join(AppDir(w), "secrets.yaml"),
		Doc:   "which secrets are fetched from the store; no values",
		Where: "the cluster, with the External Secrets Operator",
	}, objects...)
}

// The types below are external-secrets.io/v1, as far as we use them.

// esoSecret makes a Secret from values of a store.
type esoSecret struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              esoSecretSpec `json:"spec"`
}

// esoSecretSpec says what is fetched, how often, and which Secret it becomes.
type esoSecretSpec struct {
	RefreshInterval string      `json:"refreshInterval"`
	SecretStoreRef  esoStoreRef `json:"secretStoreRef"`
	Target          esoTarget   `json:"target"`
	Data            []esoData   `json:"data,omitempty"`
	DataFrom        []esoFrom   `json:"dataFrom,omitempty"`
}

// esoStoreRef names a SecretStore of the same namespace.
type esoStoreRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// esoTarget is the Secret that is made, and what becomes of it.
type esoTarget struct {
	Name           string       `json:"name"`
	CreationPolicy string       `json:"creationPolicy"`
	DeletionPolicy string       `json:"deletionPolicy"`
	Template       *esoTemplate `json:"template,omitempty"`
}

// esoTemplate makes the Secret's content out of what was fetched.
type esoTemplate struct {
	Type          string            `json:"type"`
	EngineVersion string            `json:"engineVersion"`
	Data          map[string]string `json:"data"`
}

// esoData fetches one value.
type esoData struct {
	SecretKey string       `json:"secretKey"`
	RemoteRef esoRemoteRef `json:"remoteRef"`
}

// esoFrom fetches all values of one path.
type esoFrom struct {
	Extract esoRemoteRef `json:"extract"`
}

// esoRemoteRef is a path in the store, and a value there.
type esoRemoteRef struct {
	Key      string `json:"key"`
	Property string `json:"property,omitempty"`
}

func externalSecret(w *model.Workload, s *model.SecretFile) *esoSecret {
	name := secretName(w, s)
	e := &esoSecret{
		TypeMeta:   typeMeta("external-secrets.io/v1", "ExternalSecret"),
		ObjectMeta: workloadMeta(w, name),
		Spec: esoSecretSpec{
			RefreshInterval: "15m0s",
			SecretStoreRef:  esoStoreRef{Name: s.Store.Name, Kind: "SecretStore"},
			// What is revoked in the store disappears from the cluster.
			Target: esoTarget{Name: name, CreationPolicy: "Owner", DeletionPolicy: "Delete"},
		},
	}
	key, property, single := strings.Cut(s.Path, "#")
	if single {
		e.Spec.Data = []esoData{{SecretKey: property, RemoteRef: esoRemoteRef{Key: key, Property: property}}}
	} else {
		e.Spec.DataFrom = []esoFrom{{Extract: esoRemoteRef{Key: key}}}
	}
	return e
}

// esoStore is a store as one namespace sees it.
type esoStore struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              esoStoreSpec `json:"spec"`
}

// esoStoreSpec wraps the provider.
type esoStoreSpec struct {
	Provider esoProvider `json:"provider"`
}

// esoProvider is a secret manager.
type esoProvider struct {
	Vault esoVault `json:"vault"`
}

// esoVault is HashiCorp Vault or OpenBao.
type esoVault struct {
	Server  string       `json:"server"`
	Path    string       `json:"path"`
	Version string       `json:"version"`
	Auth    esoVaultAuth `json:"auth"`
}

// esoVaultAuth is how the operator logs in.
type esoVaultAuth struct {
	Kubernetes esoKubernetesAuth `json:"kubernetes"`
}

// esoKubernetesAuth logs in with a token of a service account.
type esoKubernetesAuth struct {
	MountPath         string        `json:"mountPath"`
	Role              string        `json:"role"`
	ServiceAccountRef esoAccountRef `json:"serviceAccountRef"`
}

// esoAccountRef names a service account of the same namespace.
type esoAccountRef struct {
	Name string `json:"name"`
}

// secretStore expects the store's defaults: a key-value engine, version 2, at "secret", and Kubernetes login at
// "kubernetes" with one role for each namespace, named after cluster and namespace.
func secretStore(n *model.Namespace, s *model.SecretStore) *esoStore {
	return &esoStore{
		TypeMeta:   typeMeta("external-secrets.io/v1", "SecretStore"),
		ObjectMeta: namespaceMeta(n, s.Name),
		Spec: esoStoreSpec{Provider: esoProvider{Vault: esoVault{
			Server:  fmt.Sprintf("https://%s:%d", s.Endpoint.Host, s.Endpoint.Port),
			Path:    "secret",
			Version: "v2",
			Auth: esoVaultAuth{Kubernetes: esoKubernetesAuth{
				MountPath:         "kubernetes",
				Role:              n.Cluster.Name + "-" + n.Name,
				ServiceAccountRef: esoAccountRef{Name: storeAccount(s)},
			}},
		}}},
	}
}
