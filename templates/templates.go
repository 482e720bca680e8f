// Package templates holds the text of artifacts that have no Go type and fills in values by encoders.
//
// Every value passes through a function of the language that it lands in: a template that prints a bare string does
// not exist. [Render] is the only way to text.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"reflect"
	"text/template"
)

//go:embed text
var text embed.FS

var parsed = template.Must(template.New("").Funcs(functions).ParseFS(text, "text/*.tmpl"))

// functions encode values for the language that they land in.
var functions = template.FuncMap{
	"sh": encoder(Shell),
	"md": encoder(Markdown),

	"mdcode": encoder(MarkdownCode),
	"link":   encoder(LinkPath),
	"fenced": encoder(CodeBlock),

	"prose":      encoder(MarkdownProse),
	"paragraphs": encoder(MarkdownParagraphs),
	"anchor":     encoder(MarkdownAnchor),

	"unit": encoder(UnitValue),
	"jq":   encoder(JQString),

	"nft":  NFT,
	"conf": ConfToken,
	"toml": TOML,

	"markdown": func(m MarkdownText) string { return string(m) },
}

// encoder lets a template pass values of any string type, such as an address, to an encoder.
func encoder(encode func(string) string) func(any) (string, error) {
	return func(v any) (string, error) {
		r := reflect.ValueOf(v)
		if r.Kind() != reflect.String {
			return "", fmt.Errorf("%T is not text", v)
		}
		return encode(r.String()), nil
	}
}

// Render fills the template with the name, for example "sshd_config.tmpl".
func Render(name string, data any) ([]byte, error) {
	var buf bytes.Buffer
	if err := parsed.ExecuteTemplate(&buf, name, data); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return buf.Bytes(), nil
}
