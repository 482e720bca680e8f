package model

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Format returns the text of a specification file in canonical layout: native syntax as `terraform fmt` lays it out,
// JSON indented by two spaces. The result is nil if the text does not parse; Loaded then says why. The name decides the
// syntax, as for [Load]; "-" stands for standard input.
func Format(name string, text []byte) ([]byte, *Loaded) {
	if name == "-" {
		name = stdinName(text)
	}
	l := newLoader(Options{})
	l.orStop(func() {
		if text, ok := l.take(name, bytes.NewReader(text)); ok {
			l.parse(name, text)
		}
	})
	l.loaded.Diagnostics = l.loaded.placed(l.diags)
	if l.diags.HasErrors() {
		return nil, l.loaded
	}
	if !isJSON(hcl.Range{Filename: name}) {
		return hclwrite.Format(text), l.loaded
	}
	var buf bytes.Buffer
	if json.Indent(&buf, bytes.TrimSpace(text), "", "  ") != nil {
		return text, l.loaded // HCL's JSON parser takes a little more than JSON: left as it is
	}
	buf.WriteByte('\n')
	return buf.Bytes(), l.loaded
}
