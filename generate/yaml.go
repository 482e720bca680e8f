package generate

import (
	"bytes"
	"slices"

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

// marshal leaves out the status, which belongs to the cluster: Go's API types write it even where it is empty. Only a field
// of the object itself begins a line, and what belongs to it is indented.
func marshal(object any) ([]byte, error) {
	data, err := yaml.Marshal(object)
	if err != nil {
		return nil, err
	}
	before, status, has := bytes.Cut(data, []byte("\nstatus:"))
	if !has {
		return data, nil
	}
	_, rest, more := bytes.Cut(status, []byte("\n"))
	for more && bytes.HasPrefix(rest, []byte(" ")) {
		_, rest, more = bytes.Cut(rest, []byte("\n"))
	}
	return slices.Concat(before, []byte("\n"), rest), nil
}
