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
	"exec":    `["/bin/check"]`,
	"headers": `{ Accept = "application/json" }`,
	"host":    `"registry.example.com"`,
	"http":    `"/healthz"`,
	"memory":  `"128Mi"`, "memory_limit": `"256Mi"`,
	"path":       `"/shop"`,
	"public_key": `"fQ4+ydMozE1WnXNfiohfGduixHDRCSqYKfj11mEhs+Y="`,
	"recipient":  `"age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"`,
	"signed_by":  `[file("cosign.pub")]`,
	"site":       `"rack 12, Frankfurt"`,
	"size":       `"1Gi"`,
	"storage":    `"100Gi"`,
}

// ExampleOf returns text of native syntax that shows the attribute in its block, "" where it takes any expression or
// there is no such attribute. Labels are those of the schema: workload "NAMESPACE" "NAME".
func ExampleOf(path string) string {
	a := LookupAttribute(path)
	if a == nil || a.Written() == "" {
		return ""
	}
	names := strings.Split(path, ".")
	var head, foot strings.Builder
	indent := ""
	for i := range names[:len(names)-1] {
		b := LookupBlock(strings.Join(names[:i+1], "."))
		head.WriteString(indent + b.Name)
		for _, l := range b.Labels {
			label := l.Name
			if len(l.Type.Values) > 0 {
				label = l.Type.Values[0]
			}
			fmt.Fprintf(&head, " %q", label)
		}
		head.WriteString(" {\n")
		foot.WriteString(strings.Repeat("  ", len(names)-2-i) + "}\n")
		indent += "  "
	}
	return head.String() + indent + a.Name + " = " + a.Written() + "\n" + foot.String()
}
