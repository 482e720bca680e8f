package model

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// walkSchema visits every block with its path.
func walkSchema(visit func(path string, b *BlockType)) {
	var walk func(prefix string, blocks []*BlockType)
	walk = func(prefix string, blocks []*BlockType) {
		for _, b := range blocks {
			visit(prefix+b.Name, b)
			walk(prefix+b.Name+".", b.Blocks)
		}
	}
	walk("", Schema)
}

func TestSchemaIsDocumentedAndUnambiguous(t *testing.T) {
	walkSchema(func(path string, b *BlockType) {
		if !strings.HasSuffix(b.Doc, ".") {
			t.Errorf("%s: Doc %q is not a sentence", path, b.Doc)
		}
		seen := map[string]bool{}
		for _, c := range b.Blocks {
			if seen[c.Name] {
				t.Errorf("%s has two %q", path, c.Name)
			}
			seen[c.Name] = true
		}
		for _, a := range b.Attributes {
			p := path + "." + a.Name
			if seen[a.Name] {
				t.Errorf("%s has two %q", path, a.Name)
			}
			seen[a.Name] = true
			if !strings.HasSuffix(a.Doc, ".") {
				t.Errorf("%s: Doc %q is not a sentence", p, a.Doc)
			}
			if a.Required && (a.Default != nil || a.Derived != "") {
				t.Errorf("%s is required and has a default", p)
			}
			if a.Default != nil && a.Derived != "" {
				t.Errorf("%s has two defaults", p)
			}
			if a.Weakening != nil {
				checkWeakness(t, p, a)
			}
			if a.Needs != nil && (!strings.HasPrefix(path, "cluster.") || a.Required || a.Default != nil) {
				t.Errorf("%s needs a version, which is only looked at where an optional attribute of a cluster is written", p)
			}
		}
	})
}

// checkWeakness holds that leaving an attribute out is never a weakening, and that exactly one condition is set.
func checkWeakness(t *testing.T, path string, a *Attribute) {
	t.Helper()
	w := a.Weakening
	n := 0
	for _, set := range []bool{len(w.Values) > 0, w.Below != 0, w.Above != 0, w.Keys, w.Empty} {
		if set {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%s: %d conditions make a weakening", path, n)
	}
	if !strings.HasSuffix(w.Doc, ".") || w.When() == "" {
		t.Errorf("%s: weakening without a sentence", path)
	}
	if a.def != nil && w.weak(a.def.v) {
		t.Errorf("%s: the default is a weakening", path)
	}
	for _, v := range w.Values {
		s, ok := v.(string)
		if !ok || a.Type.Name == auditType.Name || strings.HasPrefix(s, "zone.") || strings.HasPrefix(s, "vpn.") {
			continue
		}
		ty := a.Type
		if ty.shape == list {
			ty = ty.elem
		}
		if _, p := ty.parse(s); p != nil {
			t.Errorf("%s: the weak value %q is none: %s", path, s, p.detail)
		}
	}
}

// The accessors take names of attributes as text. This test reads the code: every name that is asked for must be in the
// schema of some block (of the right one: the accessors panic, and the specification with everything in it is loaded
// below), and every attribute of the schema must be asked for, lest it be accepted and do nothing.
func TestEveryAttributeIsReadAndOnlyThose(t *testing.T) {
	asked := map[string]bool{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	accessors := map[string]int{"attribute": 0, "has": 1, "get": 1, "at": 1, "items": 1, "as": 2, "each": 2, "table": 2, "peers": 1, "namespaces": 1, "notEmpty": 1, "portOf": 2}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if at, ok := accessors[callee(call.Fun)]; ok && at < len(call.Args) {
				if lit, ok := call.Args[at].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					name, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					asked[name] = true
				}
			}
			return true
		})
	}
	for _, viaVariable := range []string{"http", "grpc", "tcp", "exec", "headers", "fqdns", "cidrs", "zones", "command", "args"} {
		asked[viaVariable] = true // loops over names
	}
	asked["description"] = true // of a variable: for its readers only
	declared := map[string]bool{}
	walkSchema(func(path string, b *BlockType) {
		for _, a := range b.Attributes {
			declared[a.Name] = true
			if !asked[a.Name] {
				t.Errorf("%s.%s is accepted, but no code reads it", path, a.Name)
			}
		}
	})
	for name := range asked {
		if !declared[name] {
			t.Errorf("code reads %q, which no block has", name)
		}
	}
}

func callee(e ast.Expr) string {
	switch f := e.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.IndexExpr:
		return callee(f.X)
	}
	return ""
}

// testdata/everything uses every block and attribute of the language: loading it exercises every accessor.
func TestEverythingLoadsAndUsesTheWholeLanguage(t *testing.T) {
	l := Load("testdata/everything", Options{Today: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)})
	if l.HasErrors() {
		t.Fatal(l.Text())
	}
	text, err := os.ReadFile("testdata/everything/main.bartizan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, w := range strings.FieldsFunc(string(text), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		words[w] = true
	}
	walkSchema(func(path string, b *BlockType) {
		if !words[b.Name] {
			t.Errorf("testdata/everything has no block %s", path)
		}
		for _, a := range b.Attributes {
			if !words[a.Name] {
				t.Errorf("testdata/everything does not use %s.%s", path, a.Name)
			}
		}
	})
	if n := len(l.Spec.Weakenings); n < 40 {
		t.Errorf("%d weakenings, want all that the language has", n)
	}
}

// A difference between versions that no supported version shows, or that is not in the printed list, misleads readers.
func TestFeaturesTellVersionsApart(t *testing.T) {
	for i, f := range Features {
		if f.Since <= minorVersions[0].minor || f.Since > minorVersions[len(minorVersions)-1].minor {
			t.Errorf("%s: every supported version, or none, is past 1.%d", f.Name, f.Since)
		}
		if !strings.HasSuffix(f.Doc, ".") || i > 0 && Features[i-1].Since > f.Since {
			t.Errorf("%s: no sentence, or out of order", f.Name)
		}
	}
	for i, m := range minorVersions {
		if v, p := parseVersion(m.name()); p != nil || v.Minor != m.minor || v.Etcd() == "" {
			t.Errorf("1.%d: %v", m.minor, p)
		}
		if i > 0 && m.minor != minorVersions[i-1].minor+1 {
			t.Errorf("1.%d does not follow 1.%d", m.minor, minorVersions[i-1].minor)
		}
	}
}
