package generate

import (
	"encoding/json"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/bartizan-dev/bartizan/model"
)

// pullSecret writes where the credentials for registries come from.
var pullSecret = &Generator{
	Name: "pull-secret",
	Doc: `credentials for registries, in the namespaces that pull with them

The operator makes each Secret from a user's name and password, for the declared host and path alone: a Secret that the
store holds ready-made could be for every host, and the kubelet would send it to any that a pod names. Pods name the
Secret themselves. On the account it would be every pod's that runs as it.
https://kubernetes.io/docs/tasks/configure-pod-container/pull-image-private-registry/`,
	Kinds: objectKinds("external-secrets.io/v1", "ExternalSecret"),
	Run:   runPullSecrets,
}

func runPullSecrets(p *Pass) error {
	for _, c := range p.Spec.Clusters {
		for _, n := range c.Namespaces {
			for _, r := range n.PullsWith() {
				if r.PullSecret.Store == nil {
					continue // somebody else makes it: by-hand.md
				}
				secret, err := pullSecretObject(n, r)
				if err != nil {
					return err
				}
				err = p.YAML(Artifact{
					Path:  path.Join(GuardDir(n), r.PullSecretName()+".yaml"),
					Doc:   "which credential pulls the images of registry " + r.Name + "; the store's entry has the properties username and password of a user that can only read",
					Where: "the cluster, with the External Secrets Operator",
				}, secret)
				if err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func pullSecretObject(n *model.Namespace, r *model.Registry) (*esoSecret, error) {
	config, err := dockerConfig(r)
	if err != nil {
		return nil, err
	}
	from := func(property string) esoData {
		return esoData{SecretKey: property, RemoteRef: esoRemoteRef{Key: r.PullSecret.Path, Property: property}}
	}
	return &esoSecret{
		TypeMeta:   typeMeta("external-secrets.io/v1", "ExternalSecret"),
		ObjectMeta: namespaceMeta(n, r.PullSecretName()),
		Spec: esoSecretSpec{
			RefreshInterval: "15m0s",
			SecretStoreRef:  esoStoreRef{Name: r.PullSecret.Store.Name, Kind: "SecretStore"},
			Target: esoTarget{
				Name: r.PullSecretName(), CreationPolicy: "Owner", DeletionPolicy: "Delete",
				Template: &esoTemplate{
					Type: string(corev1.SecretTypeDockerConfigJson), EngineVersion: "v2",
					Data: map[string]string{corev1.DockerConfigJsonKey: config},
				},
			},
			Data: []esoData{from("username"), from("password")},
		},
	}, nil
}

// dockerConfig is a template of the operator. What it puts in is in base 64, so no password can end the text around it.
// The place ends with a slash where there is a path, because the kubelet compares beginnings.
func dockerConfig(r *model.Registry) (string, error) {
	place := r.Host
	if r.Path != "" {
		place += "/" + r.Path + "/"
	}
	key, err := json.Marshal(place)
	return fmt.Sprintf(`{"auths":{%s:{"auth":"{{ printf "%%s:%%s" .username .password | b64enc }}"}}}`, key), err
}

// imagePullSecrets are those of the registries that the workload's images come from.
func imagePullSecrets(w *model.Workload) []corev1.LocalObjectReference {
	var names []corev1.LocalObjectReference
	for _, r := range w.PullsWith() {
		names = append(names, corev1.LocalObjectReference{Name: r.PullSecretName()})
	}
	return names
}
