package templates

import (
	"bytes"
	"encoding/json"
)

// CELStrings encodes values as a list literal of the Common Expression Language.
//
// A JSON string is a CEL string: both know \" \\ \b \f \n \r \t and \uXXXX, and encoding/json writes no other escape and
// no escaped surrogate (https://github.com/google/cel-spec/blob/master/doc/langdef.md#string-and-bytes-values).
func CELStrings(values []string) string {
	if len(values) == 0 {
		return "[]"
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(values); err != nil {
		panic(err) // strings always encode
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
}
