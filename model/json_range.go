package model

import (
	"slices"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// HCL parses what stands in a JSON string after its escapes are gone, so that each of them shifts the places of what
// follows in the string. The functions of this file shift them back.

// quoted is a string literal of a JSON file, from its opening quote to after the closing one.
type quoted struct{ start, end int }

// scanQuoted finds the string literals of a JSON file.
func scanQuoted(text []byte) []quoted {
	var all []quoted
	for i := 0; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		start := i
		for i++; i < len(text) && text[i] != '"'; i++ {
			if text[i] == '\\' {
				i++
			}
		}
		all = append(all, quoted{start, min(i+1, len(text))})
	}
	return all
}

// place returns where a range really is, which for a range inside a JSON string is not what HCL says.
func (s *source) place(r hcl.Range) hcl.Range {
	if !isJSON(r) {
		return r
	}
	if s.quoted == nil {
		s.quoted = scanQuoted(s.bytes)
	}
	start := s.unescape(r.Start)
	if r.End.Byte <= r.Start.Byte {
		return hcl.Range{Filename: r.Filename, Start: start, End: start}
	}
	return hcl.Range{Filename: r.Filename, Start: start, End: s.unescape(r.End)}
}

func (s *source) unescape(p hcl.Pos) hcl.Pos {
	i, _ := slices.BinarySearchFunc(s.quoted, p.Byte, func(q quoted, b int) int {
		switch {
		case q.end <= b:
			return -1
		case q.start >= b:
			return 1
		}
		return 0
	})
	if i >= len(s.quoted) || s.quoted[i].start >= p.Byte || s.quoted[i].end <= p.Byte {
		return p // not inside a string
	}
	q := s.quoted[i]
	offset, decoded := q.start+1, p.Byte-q.start-1
	for decoded > 0 && offset < q.end-1 {
		raw, n := escape(s.bytes[offset : q.end-1])
		offset += raw
		decoded -= n
	}
	line, found := slices.BinarySearch(s.lines, offset)
	if !found {
		line--
	}
	return hcl.Pos{Line: line + 1, Column: utf8.RuneCount(s.bytes[s.lines[line]:offset]) + 1, Byte: offset}
}

// escape returns how many bytes the first character of the text takes as written in JSON, and how many it stands for.
func escape(text []byte) (raw, decoded int) {
	if text[0] != '\\' || len(text) < 2 {
		return 1, 1
	}
	if text[1] != 'u' || len(text) < 6 {
		return 2, 1
	}
	r := hex4(text[2:6])
	if utf16.IsSurrogate(r) && len(text) >= 12 && text[6] == '\\' && text[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(text[8:12])); pair != utf8.RuneError {
			return 12, utf8.RuneLen(pair)
		}
	}
	if utf16.IsSurrogate(r) {
		r = utf8.RuneError // what half a pair is read as
	}
	return 6, utf8.RuneLen(r)
}

func hex4(digits []byte) rune {
	var r rune
	for _, d := range digits {
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case d >= 'a' && d <= 'f':
			d -= 'a' - 10
		case d >= 'A' && d <= 'F':
			d -= 'A' - 10
		default:
			return utf8.RuneError
		}
		r = r<<4 | rune(d)
	}
	return r
}
