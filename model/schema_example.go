package model

import (
	"fmt"
	"strings"
)

// Written is how a value of the attribute may be written: one that differs from the default where that is possible, and
// that is no weakening where there is one that is none; "" for attributes that take any expression.
func (a *Attribute) Written() string {
	if s := a.Type.Sample(); s != "" {
		return s
	}
	switch a.Type.shape {
	case boolean:
		return fmt.Sprint(a.Default != true)
	case integer:
		if n, ok := a.Default.(int); ok {
			return fmt.Sprint(n)
		}
		return a.Type.element()
	}
	if s := samples[a.Name]; s != "" {
		return s
	}
	best := ""
	for _, v := range a.Type.Values {
		weak := a.Weakening != nil && a.Weakening.weak(v)
		if best == "" || v != a.Default && !weak {
			best = fmt.Sprintf("%q", v)
		}
	}
	return best
}

// samples are values of attributes whose type does not say what people write there, by name.
var samples = map[string]string{
	"args":          `["--log-level", "info"]`,
	"cert_sans":     `["api.example.com"]`,
	"code_owner":    `"@example/security"`,
	"command":       `["/bin/server"]`,
	"content":       `"verbose = true\n"`,
	"description":   `"which environment is described"`,
	"error_message": `"The environment is staging or production."`,
	"evidence":      `"https://wiki.example.com/idp-mfa"`,
	"reason":        `"reads host metrics"`,
	"cpu":           `"500m"`, "cpu_limit": `"1"`,
	"env":               `{ LOG_LEVEL = "info" }`,
	"ephemeral_storage": `"1Gi"`, "ephemeral_storage_limit": `"2Gi"`,
	"exec":   `["/bin/check"]`,
	"host":   `"registry.example.com"`,
	"memory": `"128Mi"`, "memory_limit": `"256Mi"`,
	"path":       `"/shop"`,
	"public_key": `"fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="`,
	"recipient":  `"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"`,
	"signed_by":  `[file("cosign.pub")]`,
	"site":       `"rack 12, Frankfurt"`,
	"size":       `"1Gi"`,
	"storage":    `"100Gi"`,
}

// ExampleOf returns text of native syntax that shows a block or an attribute inside the blocks around it; "" where there
// is no such thing. All examples name the same things, so that together they describe one cluster.
func ExampleOf(path string) string {
	around, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		around, name = path[:i], path[i+1:]
	}
	text := ""
	if b := LookupBlock(path); b != nil {
		text = b.Example
	} else if a := LookupAttribute(path); a != nil {
		if text = a.Example; text == "" {
			text = name + " = " + a.Written()
		}
	}
	for text != "" && around != "" {
		inner := strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ")
		text = LookupBlock(around).opening() + " {\n  " + strings.ReplaceAll(inner, "\n  \n", "\n\n") + "\n}"
		around = around[:max(0, strings.LastIndexByte(around, '.'))]
	}
	return text
}

// opening is how the example of the block begins: its name and labels.
func (b *BlockType) opening() string {
	head, _, _ := strings.Cut(b.Example, " {")
	return head
}

// sampleAddress is a reference to a block of the kind: the one that the examples describe.
func sampleAddress(kind string) string {
	if a, ok := sampleAddresses[kind]; ok {
		return a
	}
	return strings.NewReplacer(` "`, ".", `"`, "").Replace(LookupBlock(kind).opening())
}
