package generate

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// need is something that objects of the manifests refer to and that nothing of the tree makes.
type need struct {
	What string // "Secret"
	Name string // "edge/public-tls"
	How  string // what it is for, or who makes it
	Path string // of the first file that refers to it, relative to docs/
}

// File is the name of the file that refers to it.
func (n need) File() string { return path.Base(n.Path) }

// secretNeeds say what Secrets are for, by the field that refers to them.
var secretNeeds = map[string]string{
	"certificateRefs":  "the certificate and key of a listener, of type kubernetes.io/tls; cert-manager or you make it, and renew it",
	"secretRef":        "what the controller reads the repository with",
	"verify":           "the keys that commits must be signed by",
	"imagePullSecrets": "the credential with which nodes pull images, of type kubernetes.io/dockerconfigjson: of a user that can only read, for the registry's host and path alone",
	"secretKeyRef":     "a value that a container takes",
	"secretName":       "files that a container takes",
}

// marks stand in objects that refer to something or make what others refer to. The rest, most of a large tree, is not decoded.
var marks = [][]byte{
	[]byte("certificateRefs:"), []byte("imagePullSecrets:"), []byte("secretRef:"), []byte("secretKeyRef:"), []byte("secretName:"), []byte("gatewayClassName:"),
	[]byte("ingressClassName:"),
	[]byte("accessModes:"), []byte("kind: ExternalSecret"), []byte("kind: SecretStore"), []byte("kind: SecretProviderClass"), []byte("kind: Application"),
}

// needs reads the manifests below the directory for what they refer to, and leaves out what some object of theirs is. Sorted.
func needs(files map[string][]byte, dir string) ([]need, error) {
	n := &needing{made: map[string]bool{}, found: map[string]need{}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasPrefix(name, dir+"/") || path.Ext(name) != ".yaml" {
			continue
		}
		n.file = "../" + name
		n.definitions(files[name])
		for doc := range bytes.SplitSeq(files[name], []byte("\n---\n")) {
			if !slices.ContainsFunc(marks, func(m []byte) bool { return bytes.Contains(doc, m) }) {
				continue
			}
			var object map[string]any
			if err := yaml.Unmarshal(doc, &object); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			n.object(object)
		}
	}
	var all []need
	for key, x := range n.found {
		if !n.made[key] {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b need) int { return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Name, b.Name)) })
	return all, nil
}

// needing collects what is made and what is referred to, by kind and name.
type needing struct {
	made            map[string]bool
	found           map[string]need
	namespace, file string // of the object that is read
}

// definitions adds the kinds that Kubernetes does not have.
func (n *needing) definitions(data []byte) {
	for _, k := range kindsIn(data) {
		group, _, _ := strings.Cut(k.APIVersion, "/")
		for _, r := range customResources {
			if r.group == group {
				n.add(need{What: "Definition (CRD)", Name: k.String(), How: r.owner})
			}
		}
	}
}

func (n *needing) object(object map[string]any) {
	kind, name := text(object, "kind"), text(object, "metadata", "name")
	n.namespace = text(object, "metadata", "namespace")
	switch kind {
	case "Ingress":
		spec, _ := object["spec"].(map[string]any)
		for _, x := range slice(spec["tls"]) {
			n.secret(text(x, "secretName"), "", "certificateRefs")
		}
	case "ExternalSecret":
		n.made["Secret "+n.namespace+"/"+cmp.Or(text(object, "spec", "target", "name"), name)] = true
	case "SecretStore":
		if role := text(object, "spec", "provider", "vault", "auth", "kubernetes", "role"); role != "" {
			n.add(need{What: "Role of Vault", Name: role, How: "at " + text(object, "spec", "provider", "vault", "server") + ": lets the account " +
				text(object, "spec", "provider", "vault", "auth", "kubernetes", "serviceAccountRef", "name") + " of namespace " + n.namespace + " read its secrets, and no others"})
		}
	case "SecretProviderClass":
		role := text(object, "spec", "parameters", "roleName")
		n.add(need{What: "Role of Vault", Name: role, How: "at " + text(object, "spec", "parameters", "vaultAddress") + ": lets the account " + text(object, "metadata", "labels", labelName) +
			" of namespace " + n.namespace + " read its workload's secrets, and no others"})
		n.add(need{What: "Driver", Name: "secrets-store.csi.k8s.io", How: "the Secrets Store CSI driver, with the provider for Vault, on every node that mounts secrets"})
	case "Application":
		if url := text(object, "spec", "source", "repoURL"); url != "" {
			n.add(need{What: "Secret of Argo CD", Name: url, How: "in namespace " + n.namespace + ", labelled argocd.argoproj.io/secret-type: repository; what the controller reads the repository with"})
		}
	}
	n.walk(object)
}

func (n *needing) add(x need) {
	x.Path = n.file
	if key := x.What + " " + x.Name; n.found[key].What == "" {
		n.found[key] = x
	}
}

func (n *needing) secret(name, namespace, field string) {
	if name != "" {
		n.add(need{What: "Secret", Name: cmp.Or(namespace, n.namespace) + "/" + name, How: secretNeeds[field]})
	}
}

// walk follows the fields whose names say, wherever they stand, that something is referred to.
func (n *needing) walk(v any) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			n.walk(x)
		}
	case map[string]any:
		if v["accessModes"] != nil && v["resources"] != nil {
			n.add(need{What: "StorageClass", Name: cmp.Or(text(v, "storageClassName"), "the default class"), How: "makes persistent volumes; encrypt them there, and back them up: no file of the tree does"})
		}
		for _, field := range slices.Sorted(maps.Keys(v)) {
			n.field(field, v[field])
			n.walk(v[field])
		}
	}
}

func (n *needing) field(field string, v any) {
	switch field {
	case "certificateRefs", "imagePullSecrets":
		for _, x := range slice(v) {
			if kind := text(x, "kind"); kind == "" || kind == "Secret" {
				n.secret(text(x, "name"), text(x, "namespace"), field)
			}
		}
	case "secretRef", "secretKeyRef":
		n.secret(text(v, "name"), "", field)
	case "verify": // read before the fields inside it
		n.secret(text(v, "secretRef", "name"), "", field)
	case "secretName":
		if name, ok := v.(string); ok {
			n.secret(name, "", field)
		}
	case "ingressClassName":
		if name, ok := v.(string); ok {
			n.add(need{What: "IngressClass", Name: name, How: "made with the ingress controller; not the default class, which would take Ingresses that name none"})
		}
	case "gatewayClassName":
		if name, ok := v.(string); ok {
			n.add(need{What: "GatewayClass", Name: name, How: "made by whoever carries the traffic of the gateway"})
		}
	}
}

// text is the string at the place below the value; "" if there is none.
func text(v any, place ...string) string {
	for _, field := range place {
		m, _ := v.(map[string]any)
		v = m[field]
	}
	s, _ := v.(string)
	return s
}

func slice(v any) []any {
	s, _ := v.([]any)
	return s
}
