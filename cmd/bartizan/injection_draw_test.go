package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-graphviz"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// readMarkdown lists the nodes of a document as GitHub reads it, and the texts between them. Addresses in text that
// GitHub makes links of are text here.
func readMarkdown(source string, change func(string) string) ([]string, error) {
	doc := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList)).Parser().Parse(text.NewReader([]byte(source)))
	var tokens []string
	run := ""
	flush := func() {
		if run != "" {
			tokens = append(tokens, "text "+oneLine(change(run)))
			run = ""
		}
	}
	var diagram []string
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch x := n.(type) {
		case *ast.Text:
			if entering {
				value := string(x.Segment.Value([]byte(source)))
				if !x.IsRaw() {
					value = unmarked(value)
				}
				run += value
				if x.SoftLineBreak() || x.HardLineBreak() {
					run += " "
				}
			}
			return ast.WalkContinue, nil
		case *ast.String:
			if entering {
				run += string(x.Value)
			}
			return ast.WalkContinue, nil
		}
		flush()
		if !entering {
			tokens = append(tokens, "end of "+n.Kind().String())
			return ast.WalkContinue, nil
		}
		tokens = append(tokens, n.Kind().String())
		switch x := n.(type) {
		case *ast.Link:
			tokens = append(tokens, "to "+change(string(x.Destination)))
		case *ast.Image:
			tokens = append(tokens, "of "+change(string(x.Destination)))
		case *ast.AutoLink:
			tokens = append(tokens, "to "+change(string(x.URL([]byte(source)))))
		case *ast.RawHTML, *ast.HTMLBlock:
			return ast.WalkStop, fmt.Errorf("raw HTML")
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			var lines strings.Builder
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				lines.Write(line.Value([]byte(source)))
			}
			if f, ok := n.(*ast.FencedCodeBlock); ok && string(f.Language([]byte(source))) == "mermaid" {
				var err error
				if diagram, err = readMermaid(lines.String(), change); err != nil {
					return ast.WalkStop, err
				}
				tokens = append(tokens, diagram...)
			} else {
				tokens = append(tokens, "code "+change(lines.String()))
			}
		}
		return ast.WalkContinue, nil
	})
	flush()
	return tokens, err
}

var (
	markdownEscaped = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")
	entity          = regexp.MustCompile(`&(amp|lt|gt|quot|#[0-9]+);`)
)

// unmarked undoes the escapes and entities of a Markdown text.
func unmarked(s string) string {
	var b strings.Builder
	for s != "" {
		if m := markdownEscaped.FindStringSubmatchIndex(s); m != nil && m[0] == 0 {
			b.WriteString(s[m[2]:m[3]])
			s = s[m[1]:]
			continue
		}
		if m := entity.FindStringSubmatchIndex(s); m != nil && m[0] == 0 {
			b.WriteString(unentity(s[m[2]:m[3]]))
			s = s[m[1]:]
			continue
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

func unentity(name string) string {
	if n, ok := strings.CutPrefix(name, "#"); ok {
		r, _ := strconv.Atoi(n)
		return string(rune(r))
	}
	return map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`}[name]
}

// solid is a text without its spaces and replaced characters: drawings break lines where they like.
func solid(s string) string { return strings.Join(strings.Fields(s), "") }

// readDOT reads a drawing with Graphviz itself: nodes, edges and boxes with their labels.
func readDOT(source string, change func(string) string) ([]string, error) {
	graph, err := graphviz.ParseBytes([]byte(source))
	if err != nil {
		return nil, err
	}
	defer graph.Close()
	var tokens []string
	soft := []string{"BR", "FONT", "B"} // what layout puts where it likes
	label := func(html string) (string, error) {
		var b strings.Builder
		d := xml.NewDecoder(strings.NewReader("<x>" + html + "</x>"))
		for {
			t, err := d.Token()
			if errors.Is(err, io.EOF) {
				return solid(change(solid(strings.ReplaceAll(b.String(), `\\`, `\`)))), nil
			} else if err != nil {
				return "", err
			}
			switch x := t.(type) {
			case xml.CharData:
				b.Write(x)
			case xml.StartElement:
				if name := x.Name.Local; !slices.Contains(soft, name) {
					b.WriteString("<" + name + ">")
				}
			}
		}
	}
	node, err := graph.FirstNode()
	for ; node != nil && err == nil; node, err = graph.NextNode(node) {
		name, _ := node.Name()
		text, err := label(node.GetStr("label"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		tokens = append(tokens, "node "+change(name)+" "+node.GetStr("shape")+" "+text)
		edge, err := graph.FirstOut(node)
		for ; edge != nil && err == nil; edge, err = graph.NextOut(edge) {
			to, err := edge.Head()
			if err != nil {
				return nil, err
			}
			end, _ := to.Name()
			tokens = append(tokens, "edge "+change(name)+" to "+change(end))
		}
	}
	if err != nil {
		return nil, err
	}
	var boxes func(g *graphviz.Graph) error
	boxes = func(g *graphviz.Graph) error {
		box, err := g.FirstSubGraph()
		for ; box != nil && err == nil; box, err = box.NextSubGraph() {
			name, _ := box.Name()
			text, err := label(box.GetStr("label"))
			if err != nil {
				return err
			}
			tokens = append(tokens, "box "+change(name)+" "+text)
			if err := boxes(box); err != nil {
				return err
			}
		}
		return err
	}
	soft = append(soft, "TR", "TD") // the legend's texts take as many rows as they need
	text, lerr := label(graph.GetStr("label"))
	if lerr != nil {
		return nil, lerr
	}
	tokens = append(tokens, "graph "+text)
	return tokens, boxes(graph)
}

// geometry are attributes of SVG that follow from the width of texts.
var geometry = regexp.MustCompile(`^(d|points|x|y|x1|y1|x2|y2|cx|cy|rx|ry|width|height|viewBox|transform|textLength)$`)

// readSVG lists the elements of a drawing with their attributes, and the text of each group as a whole: how many lines a
// text takes depends on its length.
func readSVG(source string, change func(string) string) ([]string, error) {
	d := xml.NewDecoder(strings.NewReader(source))
	d.Strict = true
	var tokens []string
	run := ""
	flush := func() {
		if run = solid(run); run != "" {
			tokens = append(tokens, "text "+solid(change(run)))
		}
		run = ""
	}
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			flush()
			return tokens, nil
		} else if err != nil {
			return nil, err
		}
		switch x := t.(type) {
		case xml.StartElement:
			if x.Name.Local == "text" || x.Name.Local == "tspan" {
				continue
			}
			flush()
			e := "<" + x.Name.Local
			for _, a := range x.Attr {
				if !geometry.MatchString(a.Name.Local) {
					e += " " + a.Name.Local + "=" + change(a.Value)
				}
			}
			tokens = append(tokens, e)
		case xml.EndElement:
			if x.Name.Local == "g" {
				flush()
			}
		case xml.CharData:
			run += string(x)
		case xml.Directive, xml.ProcInst:
			tokens = append(tokens, fmt.Sprintf("%T", t))
		}
	}
}

var mermaidLine = regexp.MustCompile(`^\s*(?:(flowchart TB|end)|(subgraph l\d+)\["([^"]*)"\]|(n\d+)(\["|\{\{"|\[\(")([^"]*)("\]|"\}\}|"\)\])(:::\w+)|(n\d+ (?:-->|-\.->|==>) n\d+)|(classDef \w+ [\w:#,. -]+))$`)

// readMermaid reads a flowchart line by line, each of which must be one of the few forms that a drawing needs.
func readMermaid(source string, change func(string) string) ([]string, error) {
	var tokens []string
	for _, line := range strings.Split(strings.TrimSuffix(source, "\n"), "\n") {
		m := mermaidLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("%q is no statement of a flowchart", line)
		}
		for i, part := range m[1:] {
			if i == 2 || i == 5 {
				part = strings.ReplaceAll(part, "<br/>", "\n")
				if strings.ContainsAny(part, "<>`\\") {
					return nil, fmt.Errorf("%q holds marks", part)
				}
				part = regexp.MustCompile(`#[0-9]+;`).ReplaceAllStringFunc(part, func(s string) string { return unentity(strings.Trim(s, ";")) })
				part = oneLine(change(part))
			}
			tokens = append(tokens, part)
		}
	}
	return tokens, nil
}
