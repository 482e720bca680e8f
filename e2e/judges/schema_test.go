package judges

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSchemasAllowWhatIsNamed(t *testing.T) {
	tests := []struct{ name, openAPI, want string }{
		{"named fields only", `{"type": "object", "description": "x", "properties": {"a": {"type": "string", "default": "x"}}}`,
			`{"type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}}}`},
		{"a field named like a keyword", `{"properties": {"default": {"type": "string"}, "properties": {"type": "object"}}}`,
			`{"additionalProperties": false, "properties": {"default": {"type": "string"}, "properties": {"type": "object"}}}`},
		{"a map", `{"type": "object", "additionalProperties": {"properties": {"a": {"type": "string"}}}}`,
			`{"type": "object", "additionalProperties": {"additionalProperties": false, "properties": {"a": {"type": "string"}}}}`},
		{"anything", `{"properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": true}`, `{"properties": {"a": {}}}`},
		{"a number or a text", `{"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}`,
			`{"type": ["integer", "string"], "anyOf": [{"type": "integer"}, {"type": "string"}]}`},
		{"a condition", `{"properties": {"a": {}}, "oneOf": [{"properties": {"a": {"enum": ["x"]}}, "required": ["a"]}]}`,
			`{"additionalProperties": false, "properties": {"a": {}}, "oneOf": [{"properties": {"a": {"enum": ["x"]}}, "required": ["a"]}]}`},
		{"null", `{"type": "string", "nullable": true}`, `{"anyOf": [{"type": "null"}, {"type": "string"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var in, want map[string]any
			for text, value := range map[string]*map[string]any{test.openAPI: &in, test.want: &want} {
				if err := json.Unmarshal([]byte(text), value); err != nil {
					t.Fatal(err)
				}
			}
			got, err := closeSchema(in)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := closeSchema(map[string]any{"exclusiveMinimum": true}); err == nil {
		t.Error("a keyword that is not understood is left out")
	}
}

func TestEachKindHasASchema(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	files := map[string]string{
		"swagger.json": `{"definitions": {
			"io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "properties": {"name": {"type": "string"}}},
			"io.k8s.api.rbac.v1.Role": {"type": "object", "properties": {"metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}},
				"x-kubernetes-group-version-kind": [{"group": "rbac.authorization.k8s.io", "version": "v1", "kind": "Role"}]}}}`,
		"crds/gateways.yaml": "kind: CustomResourceDefinition\nspec:\n  group: gateway.networking.k8s.io\n  names: {kind: Gateway}\n  versions:\n  - name: v1\n    schema:\n      openAPIV3Schema: {required: [spec], properties: {spec: {type: object}, metadata: {type: object}}}\n",
	}
	for name, text := range files {
		name = filepath.Join(in, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteSchemas(out, filepath.Join(in, "swagger.json"), []string{filepath.Join(in, "crds")}); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"role-rbac-v1.json":       "rbac.authorization.k8s.io/v1",
		"gateway-gateway-v1.json": "gateway.networking.k8s.io/v1",
	} {
		text, err := os.ReadFile(filepath.Join(out, file))
		if err != nil {
			t.Error(err)
			continue
		}
		var schema struct {
			Required    []string
			Definitions map[string]any
			Properties  map[string]struct{ Const string }
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		if got := schema.Properties["apiVersion"].Const; got != want || len(schema.Definitions) != 1 || len(schema.Required) < 3 {
			t.Errorf("%s: %s", file, text)
		}
	}
	if err := WriteSchemas(out, filepath.Join(in, "swagger.json"), nil); err == nil {
		t.Error("a second schema of a kind takes the place of the first")
	}
}
