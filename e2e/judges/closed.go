package judges

import (
	"fmt"
	"strings"
)

// The keywords of OpenAPI schemas. One that is in none of these lists is an error: it may change what is valid.
var (
	// validating keywords mean the same in a JSON schema.
	validating = map[string]bool{"type": true, "enum": true, "required": true, "pattern": true, "minimum": true, "maximum": true,
		"minLength": true, "maxLength": true, "minItems": true, "maxItems": true, "uniqueItems": true, "minProperties": true,
		"maxProperties": true, "multipleOf": true, "$ref": true}
	// describing keywords say nothing about what is valid. Formats are left to the API server.
	describing = map[string]bool{"description": true, "title": true, "default": true, "example": true, "externalDocs": true, "format": true, "nullable": true}
)

// closeSchema turns an OpenAPI schema of Kubernetes into a JSON schema that allows no field which it does not name. Names
// that begin with x- extend OpenAPI; those of Kubernetes that change what is valid are followed.
func closeSchema(schema map[string]any) (map[string]any, error) { return convert(schema, true) }

// convert does so; schemas that only add conditions to another are not closed, because that one names the fields.
func convert(schema map[string]any, closed bool) (map[string]any, error) {
	out := map[string]any{}
	for key, value := range schema {
		var err error
		switch {
		case validating[key]:
			out[key] = value
		case describing[key] || strings.HasPrefix(key, "x-"):
		case key == "properties":
			out[key], err = convertEach(value, closed)
		case key == "items":
			out[key], err = convertAny(value, closed)
		case key == "additionalProperties":
			out[key], err = convertAny(value, closed)
		case key == "not":
			out[key], err = convertAny(value, false)
		case key == "allOf" || key == "anyOf" || key == "oneOf":
			out[key], err = convertAny(value, false)
		default:
			err = fmt.Errorf("the keyword %q is unknown", key)
		}
		if err != nil {
			return nil, err
		}
	}
	_, named := out["properties"]
	_, more := out["additionalProperties"]
	if closed && named && !more && schema["x-kubernetes-preserve-unknown-fields"] != true && schema["x-kubernetes-embedded-resource"] != true {
		out["additionalProperties"] = false
	}
	if schema["x-kubernetes-int-or-string"] == true || schema["format"] == "int-or-string" {
		out["type"] = []any{"integer", "string"}
	}
	if schema["nullable"] == true {
		return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, out}}, nil
	}
	return out, nil
}

func convertAny(value any, closed bool) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		return convert(v, closed)
	case []any:
		out := make([]any, len(v))
		for i, part := range v {
			var err error
			if out[i], err = convertAny(part, closed); err != nil {
				return nil, err
			}
		}
		return out, nil
	case bool:
		return v, nil
	}
	return nil, fmt.Errorf("%v is no schema", value)
}

func convertEach(value any, closed bool) (any, error) {
	properties, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%v are no properties", value)
	}
	out := map[string]any{}
	for name, part := range properties {
		var err error
		if out[name], err = convertAny(part, closed); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return out, nil
}

// quantity is the definition of amounts such as 100m, which may also be written as numbers.
const quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity"

// override returns what a definition means that says so in words only.
func override(name string, schema map[string]any) map[string]any {
	if name == quantity {
		schema["type"] = []any{"number", "string"}
	}
	return schema
}
