package model

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// report is the result of reading a specification, for machines. Its shape is that of `terraform validate -json`, with
// code, address, suggestion and remedy added. Fields may be added; none changes its meaning or goes away while
// format_version starts with "1.".
type report struct {
	FormatVersion string           `json:"format_version"`
	Valid         bool             `json:"valid"`
	ErrorCount    int              `json:"error_count"`
	WarningCount  int              `json:"warning_count"`
	Diagnostics   []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Severity   string       `json:"severity"` // "error" or "warning"
	Code       string       `json:"code"`     // the summary as one word, for filters: "unknown-workload"
	Summary    string       `json:"summary"`
	Detail     string       `json:"detail"`
	Address    Address      `json:"address,omitempty"` // of the innermost block, attribute or entry of a map around the place
	Range      *jsonRange   `json:"range,omitempty"`
	Snippet    *jsonSnippet `json:"snippet,omitempty"`    // left out for secrets
	Suggestion string       `json:"suggestion,omitempty"` // the name that was probably meant by the misspelt one
	Remedy     string       `json:"remedy,omitempty"`     // text of native syntax to add to the specification
	Uses       []jsonUse    `json:"uses,omitempty"`       // blocks for which it holds, where the range is in a profile or a block with for_each
}

type jsonUse struct {
	Address  Address `json:"address"`
	Filename string  `json:"filename,omitempty"` // of the block, where the range is elsewhere
	Line     int     `json:"line,omitempty"`     // of the block's header, from 1
}

type jsonRange struct {
	Filename string  `json:"filename"`
	Start    jsonPos `json:"start"`
	End      jsonPos `json:"end"` // after the last character
}

type jsonPos struct {
	Line   int `json:"line"`   // from 1
	Column int `json:"column"` // from 1, in characters
	Byte   int `json:"byte"`   // from 0
}

// jsonSnippet quotes the source line, of a long one what is around the place. The offsets count bytes of Code.
type jsonSnippet struct {
	Context   string `json:"context,omitempty"` // header of the outermost block around the place
	Code      string `json:"code"`
	StartLine int    `json:"start_line"`
	Start     int    `json:"highlight_start_offset"`
	End       int    `json:"highlight_end_offset"`
}

// WriteJSON writes the diagnostics for machines: an object in the shape of `terraform validate -json`, with fields of
// our own added.
func (l *Loaded) WriteJSON(w io.Writer) error {
	r := report{FormatVersion: "1.0", Valid: !l.HasErrors(), Diagnostics: []jsonDiagnostic{}}
	for _, d := range l.Diagnostics {
		e := extraOf(d)
		j := jsonDiagnostic{
			Severity: "error", Code: strings.ReplaceAll(strings.ToLower(d.Summary), " ", "-"),
			Summary: d.Summary, Detail: d.Detail, Suggestion: string(e.suggestion), Remedy: e.remedy,
		}
		if d.Severity == hcl.DiagWarning {
			j.Severity = "warning"
			r.WarningCount++
		} else {
			r.ErrorCount++
		}
		if d.Subject != nil {
			l.locate(&j, *d.Subject, e.hidden)
		}
		for _, u := range e.uses {
			j.Uses = append(j.Uses, jsonUse{Address(short(string(u.addr))), u.at.Filename, u.at.Start.Line})
		}
		r.Diagnostics = append(r.Diagnostics, j)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// locate fills in where the diagnostic is.
func (l *Loaded) locate(j *jsonDiagnostic, at hcl.Range, hidden bool) {
	j.Range = &jsonRange{
		Filename: at.Filename,
		Start:    jsonPos{at.Start.Line, at.Start.Column, at.Start.Byte},
		End:      jsonPos{at.End.Line, at.End.Column, at.End.Byte},
	}
	s := l.sources[at.Filename]
	if s == nil {
		return
	}
	if p := s.innermost(at.Start.Byte); p != nil {
		j.Address = Address(short(string(p.addressAt(at))))
	}
	if hidden {
		return
	}
	line, start, end := s.marked(at)
	j.Snippet = &jsonSnippet{Context: s.context(at), Code: line, StartLine: at.Start.Line, Start: start, End: end}
}
