package verify

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/model"
)

// What a container finds in a volume of a Secret is what some object put there, from an entry of some store. So for each such
// volume: a declared secret of the workload, made from its entry of its store by exactly one object, and mounted in the
// containers that the specification names.

// judgeStoredSecrets judges where the files of secrets come from, and who sees them.
func judgeStoredSecrets(p *podCase) []flaw {
	var flaws []flaw
	mounted := map[string]*model.SecretFile{}
	for _, v := range p.Spec.Volumes {
		at := fmt.Sprintf("%s.volumes[%q]", p.at, v.Name)
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.Secret != nil }) {
			flaws = append(flaws, flaw{at, "The volume mixes a Secret with other files."})
		}
		var s *model.SecretFile
		var err error
		switch {
		case v.Secret != nil:
			s, err = p.secretOf(v.Secret.SecretName)
		case v.CSI != nil && v.CSI.Driver == secretsStoreDriver:
			s, err = p.secretVolume(v.CSI)
		default:
			continue
		}
		if err != nil {
			flaws = append(flaws, flaw{at, err.Error()})
			continue
		}
		mounted[v.Name] = s
	}
	for _, c := range p.containers() {
		for _, m := range c.VolumeMounts {
			if s := mounted[m.Name]; s != nil && !seesSecret(p.workload, s, c.Name) {
				flaws = append(flaws, flaw{c.at + ".volumeMounts", fmt.Sprintf("The secret %q is not meant for this container.", s.Name)})
			}
		}
	}
	return flaws
}

func seesSecret(w *model.Workload, s *model.SecretFile, container string) bool {
	if len(s.In) == 0 {
		return container == w.Containers[0].Name
	}
	return slices.ContainsFunc(s.In, func(c *model.Container) bool { return c.Name == container })
}

// secretOf returns the declared secret that the Secret holds.
func (p *podCase) secretOf(name string) (*model.SecretFile, error) {
	made := p.cluster.fetched[p.Namespace+"/"+name]
	if len(made) == 0 {
		for _, s := range p.workload.Secrets {
			if s.Store == nil && s.Name == name {
				return s, nil
			}
		}
		return nil, fmt.Errorf("the Secret %q is none of the workload's declared ones, and no object of the tree makes it", name)
	}
	if len(made) > 1 {
		return nil, fmt.Errorf("%d objects make the Secret %q: %s and %s", len(made), name, made[0], made[1])
	}
	u, ok := made[0].Value.(*unstructured.Unstructured)
	if !ok {
		return nil, fmt.Errorf("%s holds values that no store gave", made[0])
	}
	var o storedSecretObject
	if err := decodeObject(u, &o); err != nil {
		return nil, fmt.Errorf("%s: %w", made[0], err)
	}
	for _, s := range p.workload.Secrets {
		if s.Store != nil && !s.Volume() && o.reads(s) {
			return s, p.judgeStore(s.Store)
		}
	}
	return nil, fmt.Errorf("%s reads what the specification does not give to the workload", made[0])
}

// storedSecretFiles are the files of the objects that make the workload's secrets, and of their stores.
func storedSecretFiles(p *podCase) []string {
	var files []string
	for _, v := range p.Spec.Volumes {
		if v.Secret == nil {
			continue
		}
		for _, o := range p.cluster.fetched[p.Namespace+"/"+v.Secret.SecretName] {
			files = append(files, o.Path)
		}
	}
	for _, v := range p.Spec.Volumes {
		if v.CSI != nil {
			if class, ok := p.objects.One(secretsStoreGroup, "SecretProviderClass", p.Namespace, v.CSI.VolumeAttributes["secretProviderClass"]); ok {
				files = append(files, class.Path)
			}
		}
	}
	for _, s := range p.workload.Secrets {
		if s.Store == nil || s.Volume() {
			continue
		}
		if store, ok := p.objects.One("external-secrets.io", "SecretStore", p.Namespace, s.Store.Name); ok {
			files = append(files, store.Path)
		}
	}
	return files
}

// storedSecretObject is an ExternalSecret with the fields that one for files may have. It has no template: what is fetched is
// what the files hold.
type storedSecretObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		RefreshInterval string   `json:"refreshInterval"`
		SecretStoreRef  storeRef `json:"secretStoreRef"`
		Target          struct {
			Name           string `json:"name"`
			CreationPolicy string `json:"creationPolicy"`
			DeletionPolicy string `json:"deletionPolicy"`
		} `json:"target"`
		Data     []storedValue `json:"data"`
		DataFrom []struct {
			Extract struct {
				Key string `json:"key"`
			} `json:"extract"`
		} `json:"dataFrom"`
	} `json:"spec"`
}

type storeRef struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// storedValue is one value of the store.
type storedValue struct {
	SecretKey string `json:"secretKey"`
	RemoteRef struct {
		Key      string `json:"key"`
		Property string `json:"property"`
	} `json:"remoteRef"`
}

// reads reports whether the object reads the entry or property of the secret, and nothing else.
func (o *storedSecretObject) reads(s *model.SecretFile) bool {
	if o.Spec.SecretStoreRef != (storeRef{s.Store.Name, "SecretStore"}) {
		return false
	}
	entry, property, single := strings.Cut(s.Path, "#")
	if single {
		return len(o.Spec.DataFrom) == 0 && len(o.Spec.Data) == 1 && o.Spec.Data[0].is(entry, property)
	}
	return len(o.Spec.Data) == 0 && len(o.Spec.DataFrom) == 1 && o.Spec.DataFrom[0].Extract.Key == entry
}

// is reports whether the value is the property of the entry, under the property's own name.
func (v storedValue) is(entry, property string) bool {
	return v.SecretKey == property && v.RemoteRef.Key == entry && v.RemoteRef.Property == property
}

// judgeStore refuses a store that is not the declared one: whoever answers at another address is given the account's token,
// and gives what it likes.
func (p *podCase) judgeStore(s *model.SecretStore) error {
	n := p.workload.Namespace
	found, ok := p.objects.One("external-secrets.io", "SecretStore", n.Name, s.Name)
	if !ok {
		return fmt.Errorf("the tree does not have exactly one SecretStore %q in the namespace", s.Name)
	}
	u, ok := found.Value.(*unstructured.Unstructured)
	if !ok {
		return fmt.Errorf("%s is of no known form", found)
	}
	var store struct {
		metav1.TypeMeta   `json:",inline"`
		metav1.ObjectMeta `json:"metadata"`
		Spec              struct {
			Provider struct {
				Vault struct {
					Server  string `json:"server"`
					Path    string `json:"path"`
					Version string `json:"version"`
					Auth    struct {
						Kubernetes struct {
							MountPath         string `json:"mountPath"`
							Role              string `json:"role"`
							ServiceAccountRef struct {
								Name string `json:"name"`
							} `json:"serviceAccountRef"`
						} `json:"kubernetes"`
					} `json:"auth"`
				} `json:"vault"`
			} `json:"provider"`
		} `json:"spec"`
	}
	if err := decodeObject(u, &store); err != nil {
		return fmt.Errorf("%s: %w", found, err)
	}
	vault := store.Spec.Provider.Vault
	if want := fmt.Sprintf("https://%s:%d", s.Endpoint.Host, s.Endpoint.Port); vault.Server != want {
		return fmt.Errorf("%s is at %s, not at %s", found, vault.Server, want)
	}
	if want := n.Cluster.Name + "-" + n.Name; vault.Auth.Kubernetes.Role != want {
		return fmt.Errorf("%s logs in with the role %q, which is not the namespace's", found, vault.Auth.Kubernetes.Role)
	}
	account := vault.Auth.Kubernetes.ServiceAccountRef.Name
	if _, ok := p.objects.One("", "ServiceAccount", n.Name, account); !ok || account == "default" {
		return fmt.Errorf("%s logs in as %q, which is no account of the tree for that", found, account)
	}
	if users := p.cluster.byAccount[n.Name+"/"+account]; len(users) > 0 {
		return fmt.Errorf("%s logs in as %q, and so can %s", found, account, users[0])
	}
	return nil
}
