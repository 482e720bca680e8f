package verify

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/bartizan-dev/bartizan/model"
)

// The kubelet sends the credentials of a pod's imagePullSecrets, and of its account's, to the registry whose host and
// beginning of a path fit the image; a key may have wildcards. So a pod names the Secrets of the registries that its images
// come from and no others, its account names none, and what makes such a Secret writes one key: the registry's.
// https://kubernetes.io/docs/concepts/containers/images/#config-json

// judgePullSecrets judges the credentials that the pods are pulled with.
func judgePullSecrets(p *podCase) []flaw {
	var flaws []flaw
	at := p.at + ".imagePullSecrets"
	wanted := map[string]*model.Registry{}
	for _, r := range p.workload.PullsWith() {
		wanted[r.PullSecretName()] = r
	}
	named := map[string]bool{}
	for _, ref := range p.Spec.ImagePullSecrets {
		if wanted[ref.Name] == nil {
			flaws = append(flaws, flaw{at, fmt.Sprintf("No image of the workload comes from a registry with the pull secret %q.", ref.Name)})
		}
		named[ref.Name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !named[name] {
			flaws = append(flaws, flaw{at, fmt.Sprintf("The pull secret %q of registry %q is not named.", name, wanted[name].Name)})
		}
		if err := p.pullSecret(wanted[name]); err != nil {
			flaws = append(flaws, flaw{at, fmt.Sprintf("The pull secret %q: %v.", name, err)})
		}
	}
	if account, ok := p.objects.One("", "ServiceAccount", p.Namespace, p.Spec.ServiceAccountName); ok {
		if more := account.Value.(*corev1.ServiceAccount).ImagePullSecrets; len(more) > 0 {
			flaws = append(flaws, flaw{p.at + ".serviceAccountName", fmt.Sprintf("The account gives its pods the pull secret %q.", more[0].Name)})
		}
	}
	return flaws
}

// pullSecretFiles are the files of the objects that make the workload's pull secrets.
func pullSecretFiles(p *podCase) []string {
	var files []string
	for _, r := range p.workload.PullsWith() {
		for _, o := range p.cluster.fetched[p.Namespace+"/"+r.PullSecretName()] {
			files = append(files, o.Path)
		}
		if s := r.PullSecret.Store; s != nil {
			if store, ok := p.objects.One("external-secrets.io", "SecretStore", p.Namespace, s.Name); ok {
				files = append(files, store.Path)
			}
		}
	}
	return files
}

// fetchedSecrets are the objects of the tree that make Secrets, and Secrets themselves, by namespace and name of the Secret.
func fetchedSecrets(o *Objects) map[string][]Object {
	made := map[string][]Object{}
	for _, x := range o.All {
		name := x.Name
		switch v := x.Value.(type) {
		case *corev1.Secret:
		case *unstructured.Unstructured:
			if x.GVK.Group != "external-secrets.io" || x.GVK.Kind != "ExternalSecret" {
				continue
			}
			if target, _, _ := unstructured.NestedString(v.Object, "spec", "target", "name"); target != "" {
				name = target
			}
		default:
			continue
		}
		key := x.Namespace + "/" + name
		made[key] = append(made[key], x)
	}
	return made
}

// login is the template by which a user's name and password become a value that no character of theirs can end.
const login = `{{ printf "%s:%s" .username .password | b64enc }}`

// pullSecretObject is an ExternalSecret with the fields that one for a registry may have.
type pullSecretObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		RefreshInterval string   `json:"refreshInterval"`
		SecretStoreRef  storeRef `json:"secretStoreRef"`
		Target          struct {
			Name           string `json:"name"`
			CreationPolicy string `json:"creationPolicy"`
			DeletionPolicy string `json:"deletionPolicy"`
			Template       struct {
				Type          string            `json:"type"`
				EngineVersion string            `json:"engineVersion"`
				Data          map[string]string `json:"data"`
			} `json:"template"`
		} `json:"target"`
		Data []storedValue `json:"data"`
	} `json:"spec"`
}

// pullSecret says what is wrong with what makes the registry's Secret in the namespace. A native Secret is made by somebody
// else: nothing in the tree may make it too.
func (p *podCase) pullSecret(r *model.Registry) error {
	made := p.cluster.fetched[p.Namespace+"/"+r.PullSecretName()]
	if r.PullSecret.Store == nil {
		if len(made) > 0 {
			return fmt.Errorf("%s makes it, and somebody else is meant to", made[0])
		}
		return nil
	}
	if len(made) != 1 {
		return fmt.Errorf("%d objects of the tree make it", len(made))
	}
	u, ok := made[0].Value.(*unstructured.Unstructured)
	if !ok {
		return fmt.Errorf("%s holds its values", made[0])
	}
	var o pullSecretObject
	if err := decodeObject(u, &o); err != nil {
		return fmt.Errorf("%s: %w", made[0], err)
	}
	s := o.Spec
	if s.SecretStoreRef != (storeRef{r.PullSecret.Store.Name, "SecretStore"}) {
		return fmt.Errorf("%s reads from %s %q", made[0], s.SecretStoreRef.Kind, s.SecretStoreRef.Name)
	}
	if entry := r.PullSecret.Path; len(s.Data) != 2 || !s.Data[0].is(entry, "username") || !s.Data[1].is(entry, "password") {
		return fmt.Errorf("%s does not read username and password of %q", made[0], entry)
	}
	if t := s.Target.Template; t.Type != string(corev1.SecretTypeDockerConfigJson) || t.EngineVersion != "v2" || len(t.Data) != 1 {
		return fmt.Errorf("%s does not make a Secret of type %s and nothing else", made[0], corev1.SecretTypeDockerConfigJson)
	}
	if err := judgeDockerConfig(s.Target.Template.Data[corev1.DockerConfigJsonKey], r); err != nil {
		return fmt.Errorf("%s: %w", made[0], err)
	}
	return p.judgeStore(r.PullSecret.Store)
}

// judgeDockerConfig refuses every text but one key with one login. Without the login nothing may be left that the operator
// would take for a template.
func judgeDockerConfig(text string, r *model.Registry) error {
	text = strings.Replace(text, login, "login", 1)
	if strings.Contains(text, "{{") {
		return fmt.Errorf("the template does more than write the login")
	}
	var config struct {
		Auths map[string]struct {
			Auth string `json:"auth"`
		} `json:"auths"`
	}
	if err := decodeStrict([]byte(text), &config); err != nil {
		return err
	}
	place := r.Host
	if r.Path != "" {
		place += "/" + r.Path + "/"
	}
	if len(config.Auths) != 1 || config.Auths[place].Auth != "login" {
		places, _ := json.Marshal(slices.Sorted(maps.Keys(config.Auths)))
		return fmt.Errorf("the credential is for %s, not for %q", places, place)
	}
	return nil
}
