package verify

import (
	"encoding/json"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// strictJSON converts YAML to JSON, refusing repeated fields. Parsing YAML is most of what reading a tree takes, and mostly
// the same documents are read again: by several checks, and in the tree on disk after the generated one. So what a document
// was converted to is kept. The result must not be changed.
func strictJSON(doc []byte) ([]byte, error) { return converted.of(doc) }

// typeOf returns the kind that a document says it is.
func typeOf(doc []byte) (metav1.TypeMeta, error) {
	var meta metav1.TypeMeta
	data, err := strictJSON(doc)
	if err == nil {
		err = json.Unmarshal(data, &meta)
	}
	return meta, err
}

// maxConverted bounds the bytes of documents that are kept, and with them those of their JSON.
const maxConverted = 16 << 20

var converted conversions

// conversions remembers what documents were converted to. It says the same as the conversion, in less time.
type conversions struct {
	mu    sync.Mutex
	json  map[string][]byte
	bytes int
}

func (c *conversions) of(doc []byte) ([]byte, error) {
	c.mu.Lock()
	data, ok := c.json[string(doc)]
	c.mu.Unlock()
	if ok {
		return data, nil
	}
	data, err := yaml.YAMLToJSONStrict(doc)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.json == nil || c.bytes+len(doc) > maxConverted {
		c.json, c.bytes = map[string][]byte{}, 0
	}
	if _, ok := c.json[string(doc)]; !ok && len(doc) <= maxConverted {
		c.json[string(doc)] = data
		c.bytes += len(doc)
	}
	return data, nil
}
