package verify

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/model"
)

const (
	secretsStoreDriver = "secrets-store.csi.k8s.io"
	secretsStoreGroup  = "secrets-store.csi.x-k8s.io"
)

// isSecretVolume reports whether the volume is a declared secret: the driver then mounts a file system in memory.
func (p *podCase) isSecretVolume(v *corev1.CSIVolumeSource) bool {
	if v.Driver != secretsStoreDriver {
		return false
	}
	_, err := p.secretVolume(v)
	return err == nil
}

// secretVolume returns the declared secret that the driver mounts. Whatever else a class may say, such as that a Secret is
// made of what is mounted, is refused.
func (p *podCase) secretVolume(v *corev1.CSIVolumeSource) (*model.SecretFile, error) {
	name := v.VolumeAttributes["secretProviderClass"]
	if !isTrue(v.ReadOnly) || len(v.VolumeAttributes) != 1 || v.FSType != nil || v.NodePublishSecretRef != nil {
		return nil, fmt.Errorf("the volume is not read-only with the name of a SecretProviderClass and nothing else")
	}
	found, ok := p.objects.One(secretsStoreGroup, "SecretProviderClass", p.Namespace, name)
	if !ok {
		return nil, fmt.Errorf("the tree does not have exactly one SecretProviderClass %q in the namespace", name)
	}
	u, ok := found.Value.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%s is of no known form", found)
	}
	var class struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Provider   string `json:"provider"`
			Parameters struct {
				VaultAddress string `json:"vaultAddress"`
				RoleName     string `json:"roleName"`
				Objects      string `json:"objects"`
			} `json:"parameters"`
		} `json:"spec"`
	}
	if err := decodeObject(u, &class); err != nil {
		return nil, fmt.Errorf("%s: %w", found, err)
	}
	var files []mountedFile
	if err := decodeStrict([]byte(class.Spec.Parameters.Objects), &files); err != nil {
		return nil, fmt.Errorf("%s: %w", found, err)
	}
	w := p.workload
	if want := w.Namespace.Cluster.Name + "-" + w.Namespace.Name + "-" + w.Name; class.Spec.Provider != "vault" || class.Spec.Parameters.RoleName != want {
		return nil, fmt.Errorf("%s logs in with the role %q, which is not the workload's", found, class.Spec.Parameters.RoleName)
	}
	for _, s := range w.Secrets {
		if !s.Volume() || len(files) != 1 || !files[0].is(s) {
			continue
		}
		if want := fmt.Sprintf("https://%s:%d", s.Store.Endpoint.Host, s.Store.Endpoint.Port); class.Spec.Parameters.VaultAddress != want {
			return nil, fmt.Errorf("%s asks %s, not %s", found, class.Spec.Parameters.VaultAddress, want)
		}
		return s, nil
	}
	return nil, fmt.Errorf("%s mounts what the specification does not give to the workload", found)
}

// mountedFile is one file of a volume.
type mountedFile struct {
	ObjectName     string `json:"objectName"`
	SecretPath     string `json:"secretPath"`
	SecretKey      string `json:"secretKey"`
	FilePermission int    `json:"filePermission"`
}

// is reports whether the file is the secret's property, under its own name, and nobody may write it.
func (f mountedFile) is(s *model.SecretFile) bool {
	entry, property, _ := strings.Cut(s.Path, "#")
	return f.ObjectName == property && f.SecretKey == property && f.SecretPath == "secret/data/"+entry && f.FilePermission == 0o444
}
