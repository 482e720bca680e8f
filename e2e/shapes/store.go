package shapes

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/bartizan-dev/bartizan/model"
)

// entry is what the store of the test holds at a path: every path has the same two keys, and values that occur nowhere else.
func entry(path string) map[string]string {
	return map[string]string{"username": value(path, "username"), "password": value(path, "password")}
}

func value(path, key string) string { return fmt.Sprintf("e2e-mark-of-%s#%s", path, key) }

// native is a Secret that somebody else made.
func native(namespace, name string) map[string]string {
	path := "native/" + namespace + "/" + name
	return map[string]string{name: value(path, name), "other": value(path, "other")}
}

// promised are the files of each secret of the workload, by its name: "one for each property of the store's entry or each
// key of the Secret", and behind # "one property of it, the only one that is fetched then".
func promised(w *model.Workload) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, s := range w.Secrets {
		path, property, one := strings.Cut(s.Path, "#")
		switch {
		case s.Store == nil:
			all[s.Name] = native(w.Namespace.Name, s.Name)
		case one:
			all[s.Name] = map[string]string{property: value(path, property)}
		default:
			all[s.Name] = entry(path)
		}
	}
	return all
}

// externalSecret is external-secrets.io/v1, as far as the operator of the test knows it.
type externalSecret struct {
	Kind     string
	Metadata metav1.ObjectMeta
	Spec     struct {
		Target struct {
			Name     string
			Template struct {
				Type corev1.SecretType
				Data map[string]string
			}
		}
		Data []struct {
			SecretKey string
			RemoteRef struct{ Key, Property string }
		}
		DataFrom []struct {
			Extract struct{ Key string }
		}
	}
}

// Secrets are those that the pods need to start: what the External Secrets Operator would make of the objects beside the
// controller and of those for registries, and what somebody else makes of the Secrets that the pods name besides.
func (c *Controller) Secrets(w *model.Workload) ([]*corev1.Secret, error) {
	made := map[string]bool{}
	var all []*corev1.Secret
	add := func(name string, kind corev1.SecretType, data map[string]string) {
		made[name] = true
		all = append(all, &corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: name}, Type: kind, StringData: data,
		})
	}
	documents, err := c.fetched()
	if err != nil {
		return nil, err
	}
	for _, document := range documents {
		var e externalSecret
		if err := yaml.Unmarshal(document, &e); err != nil {
			return nil, err
		}
		if e.Kind != "ExternalSecret" {
			continue
		}
		data := map[string]string{}
		for _, d := range e.Spec.Data {
			data[d.SecretKey] = value(d.RemoteRef.Key, d.RemoteRef.Property)
		}
		for _, d := range e.Spec.DataFrom {
			for key, v := range entry(d.Extract.Key) {
				data[key] = v
			}
		}
		if err := render(e.Spec.Target.Template.Data, data); err != nil {
			return nil, err
		}
		add(e.Spec.Target.Name, e.Spec.Target.Template.Type, data)
	}
	for _, r := range w.PullsWith() {
		if r.PullSecret.Store == nil {
			config := fmt.Sprintf(`{"auths": {%q: {"username": %q, "password": %q}}}`, r.Host, Login(r)[0], Login(r)[1])
			add("pull."+r.Name, corev1.SecretTypeDockerConfigJson, map[string]string{corev1.DockerConfigJsonKey: config})
		}
	}
	for _, name := range c.secretNames() {
		if !made[name] {
			add(name, corev1.SecretTypeOpaque, native(c.Namespace, name))
		}
	}
	return all, nil
}

// fetched are the objects that say what is fetched from a store for the pods, beside other documents.
func (c *Controller) fetched() ([][]byte, error) {
	files := []string{filepath.Join(c.Dir, "secrets.yaml")}
	for _, ref := range c.Template.Spec.ImagePullSecrets {
		files = append(files, filepath.Join(c.Dir, "../../guard", ref.Name+".yaml"))
	}
	var documents [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		documents = append(documents, bytes.Split(text, []byte("\n---\n"))...)
	}
	return documents, nil
}

// render makes the content of a Secret as the operator does where an object has templates: what was fetched is put into
// them, and they alone become keys. Of the operator's functions it knows those that are used.
// https://external-secrets.io/latest/guides/templating/
func render(templates, data map[string]string) error {
	if len(templates) == 0 {
		return nil
	}
	fetched := maps.Clone(data)
	clear(data)
	functions := template.FuncMap{"b64enc": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }}
	for key, text := range templates {
		t, err := template.New(key).Option("missingkey=error").Funcs(functions).Parse(text)
		if err != nil {
			return err
		}
		var out strings.Builder
		if err := t.Execute(&out, fetched); err != nil {
			return err
		}
		data[key] = out.String()
	}
	return nil
}

// Login is the name and the password that the registry asks for.
func Login(r *model.Registry) [2]string {
	path := "native/" + r.Name
	if r.PullSecret.Store != nil {
		path = r.PullSecret.Path
	}
	return [2]string{value(path, "username"), value(path, "password")}
}

// secretNames are the Secrets that the pod template names.
func (c *Controller) secretNames() []string {
	var names []string
	for _, v := range c.Template.Spec.Volumes {
		if v.Secret != nil {
			names = append(names, v.Secret.SecretName)
		}
	}
	for _, list := range [][]corev1.Container{c.Template.Spec.InitContainers, c.Template.Spec.Containers} {
		for _, container := range list {
			for _, e := range container.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					names = append(names, e.ValueFrom.SecretKeyRef.Name)
				}
			}
		}
	}
	return names
}
