package generate

import (
	"bytes"

	"sigs.k8s.io/yaml"
)

// YAML encodes objects as one YAML document each. It is the only encoder of YAML; keys are sorted, empty maps are
// kept, because podSelector: {} means every pod.
func YAML(objects ...any) ([]byte, error) {
	var buf bytes.Buffer
	for i, o := range objects {
		if i > 0 {
			buf.WriteString("---\n")
		}
		data, err := yaml.Marshal(o)
		if err != nil {
			return nil, err
		}
		buf.Write(data)
	}
	return buf.Bytes(), nil
}
