// Package templates holds the text of artifacts that have no Go type and fills in values by encoders.
//
// Every value passes through a function of the language that it lands in: a template that prints a bare string does
// not exist. [Render] is the only way to text.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"
)

//go:embed text
var text embed.FS

var parsed = template.Must(template.New("").Funcs(functions).ParseFS(text, "text/*.tmpl"))

// functions encode values for the language that they land in.
var functions = template.FuncMap{
	"sh": Shell,
	"md": Markdown,

	"mdcode": MarkdownCode,
	"link":   LinkPath,
	"block":  CodeBlock,
	"unit":   UnitValue,

	"nft":  NFT,
	"conf": ConfToken,
	"toml": TOML,

	"markdown": func(m MarkdownText) string { return string(m) },
}

// Render fills the template with the name, for example "sshd_config.tmpl".
func Render(name string, data any) ([]byte, error) {
	var buf bytes.Buffer
	if err := parsed.ExecuteTemplate(&buf, name, data); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return buf.Bytes(), nil
}
