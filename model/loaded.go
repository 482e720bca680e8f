package model

import (
	"bytes"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Loaded is the result of [Load]: the specification and everything that was found wrong with it.
type Loaded struct {
	Spec        *Spec           // nil if there are errors
	Diagnostics hcl.Diagnostics // sorted by file and position; those without a place come first

	sources map[string]*source // by file name, as in the ranges
}

// source is the text of one file with the start of each line, so that quoting costs no scan of the whole file.
type source struct {
	bytes []byte
	lines []int // byte offset at which line i+1 starts
	file  *hcl.File
	// quoted are the string literals of a JSON file; found when they are first needed.
	quoted []quoted
	parts  []part // blocks and attributes
}

// part is the text of a block or attribute.
type part struct {
	start, end int // bytes
	in         *node
	name       string // of the attribute; "" for the block itself
}

// address names the block or attribute.
func (p *part) address() Address {
	switch {
	case p.in.schema == localsBlock && p.name != "":
		return Address("local." + p.name)
	case p.name != "":
		return p.in.addr + Address("."+p.name)
	}
	return p.in.addr
}

// addressAt names the block or attribute, or the entry of a map in which the range begins.
func (p *part) addressAt(at hcl.Range) Address {
	a := p.in.attrs[p.name]
	if a == nil || a.schema.Type.shape != mapping {
		return p.address()
	}
	pairs, diags := hcl.ExprMap(a.expr)
	if diags.HasErrors() {
		return p.address() // computed
	}
	for _, e := range pairs {
		if !hcl.RangeBetween(e.Key.Range(), e.Value.Range()).ContainsPos(at.Start) {
			continue
		}
		if key, diags := e.Key.Value(nil); !diags.HasErrors() && key.Type() == cty.String && key.IsKnown() && !key.IsNull() {
			return element(p.address(), key.AsString())
		}
	}
	return p.address()
}

// part notes what the text of the range stands for.
func (l *loader) part(r hcl.Range, in *node, name string) {
	if in.schema != root {
		s := l.loaded.sources[r.Filename]
		s.parts = append(s.parts, part{r.Start.Byte, r.End.Byte, in, name})
	}
}

// innermost returns the smallest part around the byte, or nil.
func (s *source) innermost(at int) *part {
	var best *part
	for i := range s.parts {
		p := &s.parts[i]
		if p.start <= at && at < p.end && (best == nil || p.end-p.start < best.end-best.start) {
			best = p
		}
	}
	return best
}

func newSource(text []byte, file *hcl.File) *source {
	s := &source{bytes: text, lines: []int{0}, file: file}
	for i, b := range text {
		if b == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// line returns the text of the 1-based line without its end, or nil outside the file.
func (s *source) line(n int) []byte {
	if n < 1 || n > len(s.lines) {
		return nil
	}
	end := len(s.bytes)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return bytes.TrimRight(s.bytes[s.lines[n-1]:end], "\r\n")
}

// HasErrors reports whether a diagnostic is an error.
func (l *Loaded) HasErrors() bool { return l.Diagnostics.HasErrors() }

// Text returns the diagnostics as plain text; "" if there are none.
func (l *Loaded) Text() string {
	var buf bytes.Buffer
	l.WriteText(&buf, false, 0) // a bytes.Buffer does not fail
	return buf.String()
}

// WriteText writes the diagnostics for people. Details are wrapped at width columns; 0 does not wrap.
func (l *Loaded) WriteText(w io.Writer, color bool, width int) error {
	var buf bytes.Buffer
	for _, d := range l.Diagnostics {
		l.writeOne(&buf, d, color, width)
	}
	_, err := w.Write(buf.Bytes())
	return err
}

func (l *Loaded) writeOne(buf *bytes.Buffer, d *hcl.Diagnostic, color bool, width int) {
	word, code := "Error", "\x1b[31m"
	if d.Severity == hcl.DiagWarning {
		word, code = "Warning", "\x1b[33m"
	}
	if color {
		word = code + word + "\x1b[0m"
	}
	fmt.Fprintf(buf, "%s: %s\n\n", word, printable(d.Summary))
	if d.Subject != nil {
		e := extraOf(d)
		l.quote(buf, *d.Subject, color, e.hidden)
		if used := e.usedBy(); used != "" {
			fmt.Fprintf(buf, "  %s\n\n", printable(used))
		}
	}
	fmt.Fprintf(buf, "%s\n\n", wrap(printable(d.Detail), width))
}

// quote writes the source line of the range and marks the range below it.
func (l *Loaded) quote(buf *bytes.Buffer, r hcl.Range, color, hide bool) {
	s := l.sources[r.Filename]
	fmt.Fprintf(buf, "  on %s line %d", printable(r.Filename), r.Start.Line)
	if s == nil {
		buf.WriteString("\n\n")
		return
	}
	if in := s.context(r); in != "" {
		fmt.Fprintf(buf, ", in %s", printable(in))
	}
	line, start, end := s.marked(r)
	before, marked, after := detab(line[:start]), detab(line[start:end]), detab(line[end:])
	if hide {
		marked, after = "(not shown)", ""
	}
	mark := strings.Repeat("^", max(utf8.RuneCountInString(marked), 1))
	if color {
		marked, mark = "\x1b[1m"+marked+"\x1b[0m", "\x1b[1m"+mark+"\x1b[0m"
	}
	fmt.Fprintf(buf, ":\n%4d: %s%s%s\n", r.Start.Line, before, marked, after)
	fmt.Fprintf(buf, "      %s%s\n\n", strings.Repeat(" ", utf8.RuneCountInString(before)), mark)
}

// Of a line, and of what is marked in it, at most so many bytes are quoted: a file may be one line of megabytes.
const (
	maxLine   = 400
	maxMarked = 200
)

// marked returns the first line of the range and the bytes of it that are meant. Columns of hcl count grapheme clusters;
// bytes are exact for slicing. Of a long line only what stands around the mark is returned.
func (s *source) marked(r hcl.Range) (line string, start, end int) {
	text := s.line(r.Start.Line)
	start = min(max(r.Start.Byte-s.lines[min(r.Start.Line, len(s.lines))-1], 0), len(text))
	end = len(text)
	if r.End.Line == r.Start.Line {
		end = min(max(start+r.End.Byte-r.Start.Byte, start), len(text))
	}
	if len(text) <= maxLine {
		return string(text), start, end
	}
	const cut = "…"
	end = min(end, start+maxMarked)
	from, to := max(start-(maxLine-maxMarked)/2, 0), min(end+(maxLine-maxMarked)/2, len(text))
	before, middle, after := string(text[from:start]), string(text[start:end]), string(text[end:to])
	if from > 0 {
		before = cut + strings.ToValidUTF8(before, "")
	}
	if to < len(text) {
		after = strings.ToValidUTF8(after, "") + cut
	}
	middle = strings.ToValidUTF8(middle, "")
	return before + middle + after, len(before), len(before) + len(middle)
}

// context names the outermost block around the range, as its header is written.
func (s *source) context(r hcl.Range) string {
	if p := s.innermost(r.Start.Byte); p != nil {
		return short(p.in.top().describe())
	}
	if s.file == nil || s.file.Body == nil { // no block could be decoded
		return ""
	}
	if b := s.file.OutermostBlockAtPos(r.Start); b != nil {
		in := b.Type
		for _, label := range b.Labels {
			in += fmt.Sprintf(" %q", label)
		}
		return short(in)
	}
	return ""
}

// detab makes the width of source text predictable and keeps its control characters away from the terminal.
func detab(s string) string { return printable(strings.ReplaceAll(s, "\t", "  ")) }

// printable replaces control characters, which could otherwise drive the reader's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// wrap breaks the lines of the text at spaces so that they fit the width; 0 leaves them alone.
func wrap(text string, width int) string {
	if width <= 0 {
		return text
	}
	var out strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		if strings.HasPrefix(line, " ") { // an example to copy
			out.WriteString(line)
			continue
		}
		column := 0
		for j, word := range strings.Fields(line) {
			n := utf8.RuneCountInString(word)
			switch {
			case j == 0:
			case column+1+n > width:
				out.WriteByte('\n')
				column = 0
			default:
				out.WriteByte(' ')
				column++
			}
			out.WriteString(word)
			column += n
		}
	}
	return out.String()
}

// placed puts the diagnostics where their ranges really are.
func (l *Loaded) placed(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		if s := l.sources[d.Subject.Filename]; s != nil {
			at := s.place(*d.Subject)
			d.Subject = &at
		}
	}
	return diags
}

// tidy sorts the diagnostics by place and drops those that say the same of the same place, as happens where many
// workloads build on one profile.
func tidy(diags hcl.Diagnostics) hcl.Diagnostics {
	type key struct {
		severity        hcl.DiagnosticSeverity
		summary, detail string
		place           hcl.Range
	}
	seen := map[key]*hcl.Diagnostic{}
	var kept hcl.Diagnostics
	for _, d := range diags {
		k := key{severity: d.Severity, summary: d.Summary, detail: d.Detail}
		if d.Subject != nil {
			k.place = *d.Subject
		}
		first := seen[k]
		if first == nil {
			seen[k] = d
			kept = append(kept, d)
			continue
		}
		// Something that is also wrong without a use needs none named.
		e, again := extraOf(first), extraOf(d)
		if e.join(again); len(again.uses) == 0 {
			e.uses = nil
		}
		first.Extra = e
	}
	place := func(d *hcl.Diagnostic) hcl.Range {
		if d.Subject == nil {
			return hcl.Range{}
		}
		return *d.Subject
	}
	sort.SliceStable(kept, func(i, j int) bool {
		a, b := place(kept[i]), place(kept[j])
		if a.Filename != b.Filename {
			return a.Filename < b.Filename
		}
		return a.Start.Byte < b.Start.Byte
	})
	return kept
}
