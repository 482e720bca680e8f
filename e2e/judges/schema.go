package judges

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// refs is where one definition of an OpenAPI document refers to another.
const refs = "#/definitions/"

// WriteSchemas writes a JSON schema for each kind to the directory dir: KIND-GROUP-VERSION.json in small letters, by the
// first word of the group, or KIND-VERSION.json. The kinds are those of an OpenAPI file of Kubernetes and of the
// CustomResourceDefinitions in some directories. The schemas allow no field that they do not name.
func WriteSchemas(dir, openAPI string, crds []string) error {
	text, err := os.ReadFile(openAPI)
	if err != nil {
		return err
	}
	var api struct{ Definitions map[string]map[string]any }
	if err := json.Unmarshal(text, &api); err != nil {
		return fmt.Errorf("%s: %w", openAPI, err)
	}
	w := &schemaWriter{dir: dir, definitions: map[string]any{}}
	for _, name := range slices.Sorted(maps.Keys(api.Definitions)) {
		closed, err := closeSchema(api.Definitions[name])
		if err != nil {
			return fmt.Errorf("%s: %s: %w", openAPI, name, err)
		}
		w.definitions[name] = override(name, closed)
	}
	for _, name := range slices.Sorted(maps.Keys(api.Definitions)) {
		kinds, _ := api.Definitions[name]["x-kubernetes-group-version-kind"].([]any)
		// Several kinds share a definition where it is no object of its own, such as DeleteOptions.
		if len(kinds) != 1 {
			continue
		}
		kind, _ := kinds[0].(map[string]any)
		if err := w.write(fmt.Sprint(kind["group"]), fmt.Sprint(kind["version"]), fmt.Sprint(kind["kind"]), w.definitions[name].(map[string]any)); err != nil {
			return err
		}
	}
	for _, crd := range crds {
		if err := w.writeCRDs(crd); err != nil {
			return err
		}
	}
	return nil
}

type schemaWriter struct {
	dir         string
	definitions map[string]any
}

// write writes the schema of a kind, with the definitions that it needs.
func (w *schemaWriter) write(group, version, kind string, schema map[string]any) error {
	apiVersion, suffix := version, version
	if group != "" {
		word, _, _ := strings.Cut(group, ".")
		apiVersion, suffix = group+"/"+version, word+"-"+version
	}
	schema = maps.Clone(schema)
	properties, _ := schema["properties"].(map[string]any)
	properties = maps.Clone(properties)
	properties["apiVersion"] = map[string]any{"const": apiVersion}
	properties["kind"] = map[string]any{"const": kind}
	schema["properties"] = properties
	required, _ := schema["required"].([]any)
	required = slices.Clone(required)
	for _, name := range []any{"apiVersion", "kind", "metadata"} {
		if !slices.Contains(required, name) {
			required = append(required, name)
		}
	}
	schema["required"] = required
	// Without a draft kubeconform takes the fourth, which does not know const.
	schema["$schema"] = "http://json-schema.org/draft-07/schema#"
	needed := map[string]any{}
	w.collect(schema, needed)
	schema["definitions"] = needed
	text, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	file := filepath.Join(w.dir, strings.ToLower(kind+"-"+suffix)+".json")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("two schemas are %s: %v", file, err)
	}
	return os.WriteFile(file, text, 0o644)
}

// collect adds the definitions that a schema refers to, and those that they refer to.
func (w *schemaWriter) collect(schema any, needed map[string]any) {
	switch s := schema.(type) {
	case map[string]any:
		if ref, ok := s["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, refs)
			if _, ok := needed[name]; !ok {
				needed[name] = w.definitions[name]
				w.collect(needed[name], needed)
			}
		}
		for _, part := range s {
			w.collect(part, needed)
		}
	case []any:
		for _, part := range s {
			w.collect(part, needed)
		}
	}
}

// metadata is the definition of what all objects have in common.
const metadata = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

// writeCRDs writes the schemas of the CustomResourceDefinitions in a directory.
func (w *schemaWriter) writeCRDs(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("%s has no definitions (%v)", dir, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var crd struct {
			Kind string
			Spec struct {
				Group    string
				Names    struct{ Kind string }
				Versions []struct {
					Name   string
					Schema struct {
						OpenAPIV3Schema map[string]any
					}
				}
			}
		}
		if err := yaml.Unmarshal(text, &crd); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if crd.Kind != "CustomResourceDefinition" {
			continue
		}
		for _, v := range crd.Spec.Versions {
			schema, err := closeSchema(v.Schema.OpenAPIV3Schema)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			properties, ok := schema["properties"].(map[string]any)
			if !ok {
				continue
			}
			properties["metadata"] = map[string]any{"$ref": refs + metadata}
			if err := w.write(crd.Spec.Group, v.Name, crd.Spec.Names.Kind, schema); err != nil {
				return err
			}
		}
	}
	return nil
}
