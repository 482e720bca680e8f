package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
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

// line returns the text of the 1-based line without its end, or "" outside the file.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.bytes)
	if n < len(s.lines) {
		end = s.lines[n]
	}
	return strings.TrimRight(string(s.bytes[s.lines[n-1]:end]), "\r\n")
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
	line := s.line(r.Start.Line)
	// Columns of hcl count grapheme clusters; bytes are exact for slicing.
	start := min(max(r.Start.Byte-s.lines[min(r.Start.Line, len(s.lines))-1], 0), len(line))
	end := len(line)
	if r.End.Line == r.Start.Line {
		end = min(max(start+r.End.Byte-r.Start.Byte, start), len(line))
	}
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

// context names the outermost block around the range, as its header is written.
func (s *source) context(r hcl.Range) string {
	if s.file == nil || s.file.Body == nil {
		return ""
	}
	if b := s.file.OutermostBlockAtPos(r.Start); b != nil {
		in := b.Type
		for _, label := range b.Labels {
			in += fmt.Sprintf(" %q", label)
		}
		return in
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

type jsonDiagnostic struct {
	Severity string     `json:"severity"` // "error" or "warning"
	Summary  string     `json:"summary"`
	Detail   string     `json:"detail"`
	Range    *jsonRange `json:"range,omitempty"`
	Uses     []jsonUse  `json:"uses,omitempty"` // blocks for which it holds, where the range is in a profile or a block with for_each
}

type jsonUse struct {
	Address  Address `json:"address"`
	Filename string  `json:"filename,omitempty"` // of the block, where the range is elsewhere
	Line     int     `json:"line,omitempty"`     // of the block's header, from 1
}

type jsonRange struct {
	Filename string  `json:"filename"`
	Start    jsonPos `json:"start"`
	End      jsonPos `json:"end"`
}

type jsonPos struct {
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // from 1, in characters
	Byte   int `json:"byte"`   // from 0
}

// WriteJSON writes the diagnostics for machines: an object with the list "diagnostics".
func (l *Loaded) WriteJSON(w io.Writer) error {
	list := make([]jsonDiagnostic, 0, len(l.Diagnostics))
	for _, d := range l.Diagnostics {
		j := jsonDiagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			j.Severity = "warning"
		}
		if d.Subject != nil {
			j.Range = &jsonRange{
				Filename: d.Subject.Filename,
				Start:    jsonPos{d.Subject.Start.Line, d.Subject.Start.Column, d.Subject.Start.Byte},
				End:      jsonPos{d.Subject.End.Line, d.Subject.End.Column, d.Subject.End.Byte},
			}
		}
		for _, u := range extraOf(d).uses {
			j.Uses = append(j.Uses, jsonUse{u.addr, u.at.Filename, u.at.Start.Line})
		}
		list = append(list, j)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(map[string]any{"diagnostics": list})
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
