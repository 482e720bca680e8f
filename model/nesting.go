package model

import (
	"bytes"
	"strings"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// HCL's parsers, for both syntaxes, call themselves for what stands inside something. Go ends a program whose stack grows
// beyond a gigabyte, and nothing can catch that. So the nesting is measured first, by code that does not call itself.

// tokensAtMost counts what a file has at most of tokens, in either syntax, before anything allocates memory for them: each
// word, and each byte that is neither part of a word nor space.
func tokensAtMost(text []byte) int {
	n, inside := 0, false
	for _, b := range text {
		switch {
		case b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_':
			if !inside {
				n++
			}
			inside = true
		case b == ' ' || b == '\t' || b == '\r':
			inside = false
		default:
			n++
			inside = false
		}
	}
	return n
}

// nesting is how deep a part of a file is nested: one for each bracket that is open, and one for each operator that
// stands before in the expression of one of them. Operators count because "a + b + c" is a tree as deep as its length.
type nesting struct {
	levels []level
	depth  int
	pieces int // of the text that has most
}

type level struct {
	closer    hclsyntax.TokenType
	operators int
	pieces    int  // of a text
	lines     bool // a line end is the end of an expression
}

var closers = map[hclsyntax.TokenType]hclsyntax.TokenType{
	hclsyntax.TokenOBrace: hclsyntax.TokenCBrace, hclsyntax.TokenOBrack: hclsyntax.TokenCBrack, hclsyntax.TokenOParen: hclsyntax.TokenCParen,
	hclsyntax.TokenOQuote: hclsyntax.TokenCQuote, hclsyntax.TokenOHeredoc: hclsyntax.TokenCHeredoc,
	hclsyntax.TokenTemplateInterp: hclsyntax.TokenTemplateSeqEnd, hclsyntax.TokenTemplateControl: hclsyntax.TokenTemplateSeqEnd,
}

// judge holds tokens against the bounds that the parser needs. It returns nil if they are kept.
func judge(tokens hclsyntax.Tokens) (hcl.Range, *exceeded) {
	n := nesting{levels: []level{{lines: true}}}
	for i, t := range tokens {
		kind := t.Type
		if kind == hclsyntax.TokenComment && bytes.HasSuffix(t.Bytes, []byte("\n")) {
			kind = hclsyntax.TokenNewline
		}
		n.token(kind, wordAfter(tokens, i))
		switch {
		case n.depth > limitDepth.Most:
			return t.Range, nestedTooDeeply()
		case n.pieces > limitPieces.Most:
			return t.Range, &exceeded{"Text too long", "The text has more than " + limitPieces.String() + ". Keep it in a file of its own and name it with file()."}
		case kind == hclsyntax.TokenNumberLit && tooLong(t.Bytes):
			return t.Range, numberTooLong()
		case (kind == hclsyntax.TokenQuotedLit || kind == hclsyntax.TokenStringLit) && len(t.Bytes) > limitText.Most:
			return t.Range, textTooLong()
		}
	}
	return hcl.Range{}, nil
}

// wordAfter returns the name that follows the bracket at the index, on its line or a later one.
func wordAfter(tokens hclsyntax.Tokens, i int) string {
	if closers[tokens[i].Type] == 0 {
		return ""
	}
	for _, t := range tokens[i+1:] {
		if t.Type == hclsyntax.TokenIdent {
			return string(t.Bytes)
		}
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			break
		}
	}
	return ""
}

func (n *nesting) token(t hclsyntax.TokenType, next string) {
	top := &n.levels[len(n.levels)-1]
	switch t {
	case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		top.pieces++
		n.pieces = max(n.pieces, top.pieces)
	}
	switch t {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp:
		n.open(t, next)
	case hclsyntax.TokenTemplateControl:
		switch next { // directives have no brackets around what they hold
		case "if", "for":
			n.operator(1)
		case "endif", "endfor":
			n.operator(-1)
		}
		n.open(t, next)
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		if top.closer != t {
			return // a syntax error; counting too much refuses a file that is refused anyway
		}
		n.depth -= 1 + top.operators
		n.levels = n.levels[:len(n.levels)-1]
		if t == hclsyntax.TokenCBrack || t == hclsyntax.TokenCParen {
			n.operator(1) // a[x][y] is as deep as it is long
		}
	case hclsyntax.TokenComma:
		n.operator(-top.operators)
	case hclsyntax.TokenNewline:
		if top.lines {
			n.operator(-top.operators)
		}
	case hclsyntax.TokenPlus, hclsyntax.TokenMinus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent, hclsyntax.TokenBang,
		hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual, hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan,
		hclsyntax.TokenGreaterThanEq, hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenQuestion:
		n.operator(1)
	}
}

func (n *nesting) open(t hclsyntax.TokenType, next string) {
	// Line ends separate the items of bodies and objects. In a for expression they are only space.
	n.levels = append(n.levels, level{closer: closers[t], lines: t == hclsyntax.TokenOBrace && next != "for"})
	n.depth++
}

// operator counts operators of the innermost level.
func (n *nesting) operator(by int) {
	top := &n.levels[len(n.levels)-1]
	by = max(by, -top.operators)
	top.operators += by
	n.depth += by
}

// tooLong reports whether a number, as written, has more digits than the bound, or an exponent of more than three.
func tooLong(number []byte) bool {
	if i := bytes.IndexAny(number, "eE"); i >= 0 && len(bytes.TrimLeft(number[i+1:], "+-0")) > 3 {
		return true
	}
	return len(number) > limitDigits.Most
}

// numeric reports whether a text, which an operator or function may take as a number, could only be one that is too long.
func numeric(text string) bool {
	return text != "" && strings.IndexByte("+-.0123456789", text[0]) >= 0 && strings.Trim(text, "+-.0123456789eE") == "" && tooLong([]byte(text))
}

// jsonFlaw is the first place of a JSON text that passes a bound.
type jsonFlaw struct {
	at, end int // bytes
	number  bool
}

// scanJSON looks for nesting and numbers that pass their bounds. Clusters says that the text is for HCL's scanner, for
// which a quote may be part of a character: after U+0600, for example.
func scanJSON(text []byte, clusters bool) *jsonFlaw {
	lists, objects := 0, 0 // open ones; apart, so that "[}" closes nothing
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '[':
			lists++
		case c == ']':
			lists = max(lists-1, 0)
		case c == '{':
			objects++
		case c == '}':
			objects = max(objects-1, 0)
		case c == '"':
			i = endOfString(text, i, clusters) - 1
		case strings.IndexByte("+-.0123456789", c) >= 0:
			end := i
			for end < len(text) && strings.IndexByte("+-.eE0123456789", text[end]) >= 0 {
				end++
			}
			if tooLong(text[i:end]) {
				return &jsonFlaw{at: i, end: end, number: true}
			}
			i = end - 1
		}
		if lists+objects > limitDepth.Most {
			return &jsonFlaw{at: i, end: i + 1}
		}
	}
	return nil
}

// endOfString returns where the string that starts at the byte ends, as HCL's scanner sees it: after the quote, or before
// a control character.
func endOfString(text []byte, start int, clusters bool) int {
	escaped := false
	for i := start + 1; i < len(text); {
		switch c := text[i]; {
		case c < ' ' && clusters:
			return i
		case c == '"' && !escaped:
			return i + 1
		case c < 0x80 || !clusters:
			escaped = c == '\\' && !escaped
			i++
		default:
			n, _, _ := textseg.ScanGraphemeClusters(text[i:], true)
			escaped = false
			i += max(n, 1)
		}
	}
	return len(text)
}
