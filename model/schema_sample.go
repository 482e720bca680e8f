package model

import (
	"fmt"
	"slices"
	"strings"
)

// like sets the example of a type.
func (t *Type) like(example string) *Type {
	t.Example = example
	return t
}

// sampleAddresses are references to what is no block of its own.
var sampleAddresses = map[string]string{
	"port":        "workload.shop.cart.port.grpc",
	weakeningKind: `workload.monitoring.node-exporter.host.paths["/"]`,
}

// Sample is how a value of the type may be written in a specification, "" where the name of the type says it already.
func (t *Type) Sample() string {
	switch t.shape {
	case reference:
		if len(t.Kinds) == 0 {
			return sampleAddress("cluster")
		}
		kind := t.Kinds[0]
		for _, usual := range []string{"workload", "port"} {
			if slices.Contains(t.Kinds, usual) {
				kind = usual
			}
		}
		return sampleAddress(kind)
	case list:
		s := t.elem.element()
		if s == "" || t.single {
			return s
		}
		return "[" + s + "]"
	case mapping:
		key, value := t.key.element(), t.elem.element()
		if key == "" || value == "" {
			return ""
		}
		if name := strings.Trim(key, `"`); !strings.ContainsAny(name, "./ ") {
			key = name
		}
		return fmt.Sprintf("{ %s = %s }", key, value)
	case scalar:
		if t.Example != "" {
			return fmt.Sprintf("%q", t.Example)
		}
	}
	return ""
}

// element is a value of the type inside a list or map.
func (t *Type) element() string {
	switch {
	case t.shape == integer:
		return fmt.Sprint(min(max(t.min, 8080), t.max))
	case len(t.Values) > 0:
		return fmt.Sprintf("%q", t.Values[0])
	}
	return t.Sample()
}

// Conventions are the fixed names of the language, for documents about it.
type Conventions struct {
	HCL, JSON   string // endings of specification files
	Images      string // file that gives images their digests
	Environment string // prefix of environment variables that set variables
	WarnDays    int    // how long before the end of an exception or attestation it is announced
	Functions   []string
}

// LanguageConventions returns the fixed names of the language.
func LanguageConventions() Conventions {
	names := []string{"file"}
	for name := range pureFunctions {
		names = append(names, name)
	}
	slices.Sort(names)
	return Conventions{HCL: extHCL, JSON: extJSON, Images: imagesFile, Environment: envPrefix, WarnDays: int(warnBefore.Hours() / 24), Functions: names}
}
