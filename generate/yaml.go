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
		data, err := marshal(o)
		if err != nil {
			return nil, err
		}
		buf.Write(data)
	}
	return buf.Bytes(), nil
}

// marshal leaves out the status, which belongs to the cluster: Go's API types write it even where it is empty.
func marshal(object any) ([]byte, error) {
	data, err := yaml.Marshal(object)
	if err != nil || !bytes.Contains(data, []byte("\nstatus:")) {
		return data, err
	}
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	delete(fields, "status")
	return yaml.Marshal(fields)
}
