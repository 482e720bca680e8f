package generate

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// secretVolumes names the secrets that the Secrets Store CSI driver mounts.
var secretVolumes = &Generator{
	Name: "secret-volume",
	Doc: `secrets from a store outside the cluster, through the Secrets Store CSI driver

The driver fetches them when a pod starts, and asks the store with a token of the pod's own account: the store decides by
workload what may be read, and no Secret is made that others of the namespace could read.
https://secrets-store-csi-driver.sigs.k8s.io/concepts
https://developer.hashicorp.com/vault/docs/platform/k8s/csi/configurations`,
	Kinds: objectKinds("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass"),
	Run:   runSecretVolumes,
}

func runSecretVolumes(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, w := range c.Workloads() {
			if w.Manifests == model.ManifestsPatch {
				continue // as with the operator: the team's own manifests say what they fetch
			}
			var objects []any
			for _, s := range w.Secrets {
				if !s.Volume() {
					continue
				}
				class, err := providerClassOf(w, s)
				if err != nil {
					return err
				}
				objects = append(objects, class)
			}
			if len(objects) == 0 {
				continue
			}
			err := p.YAML(Artifact{
				Path:  path.Join(AppDir(w), "secretvolumes.yaml"),
				Doc:   "which secrets are mounted from the store; no values",
				Where: "the cluster, with the Secrets Store CSI driver and its provider for Vault",
			}, objects...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// providerClass is secrets-store.csi.x-k8s.io/v1, SecretProviderClass, as far as we use it.
type providerClass struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              providerClassSpec `json:"spec"`
}

// providerClassSpec says who fetches, and what.
type providerClassSpec struct {
	Provider   string            `json:"provider"`
	Parameters map[string]string `json:"parameters"`
}

// providerObject is one file, in the list that the provider for Vault takes as a text in YAML, of which JSON is a part.
type providerObject struct {
	ObjectName     string `json:"objectName"`
	SecretPath     string `json:"secretPath"`
	SecretKey      string `json:"secretKey"`
	FilePermission int    `json:"filePermission"`
}

// providerClassOf expects the store's defaults, as [secretStore] does, and one role for each workload, named after cluster,
// namespace and workload. The driver makes the file root's, so its permissions let the container's user read it; only the
// containers that mount the volume see it.
func providerClassOf(w *model.Workload, s *model.SecretFile) (*providerClass, error) {
	entry, property, _ := strings.Cut(s.Path, "#")
	objects, err := json.Marshal([]providerObject{{ObjectName: property, SecretPath: "secret/data/" + entry, SecretKey: property, FilePermission: 0o444}})
	if err != nil {
		return nil, err
	}
	return &providerClass{
		TypeMeta:   typeMeta("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass"),
		ObjectMeta: workloadMeta(w, secretName(w, s)),
		Spec: providerClassSpec{Provider: "vault", Parameters: map[string]string{
			"vaultAddress": fmt.Sprintf("https://%s:%d", s.Store.Endpoint.Host, s.Store.Endpoint.Port),
			"roleName":     w.Namespace.Cluster.Name + "-" + w.Namespace.Name + "-" + w.Name,
			"objects":      string(objects),
		}},
	}, nil
}

// secretSource is the volume that holds the secret's files. Those of a Secret are root's and the pod's group's: containers
// read, and never write.
func secretSource(w *model.Workload, s *model.SecretFile) corev1.VolumeSource {
	if s.Volume() {
		return corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{
			Driver: "secrets-store.csi.k8s.io", ReadOnly: new(true),
			VolumeAttributes: map[string]string{"secretProviderClass": secretName(w, s)},
		}}
	}
	return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: secretName(w, s), DefaultMode: new(int32(0o440))}}
}
