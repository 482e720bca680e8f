package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Limit is a bound on what a specification may hold or ask for. The bounds are far above what people write, and low
// enough that no input takes the machine with it: [Load] ends within them on anything.
type Limit struct {
	Most int
	Unit string // "bytes", which are printed as MiB, or a noun in the plural
	Doc  string // of what, and why; it continues "At most 1,000 files"
}

// String writes the bound with its unit: 16 MiB, 1,000 files.
func (b *Limit) String() string {
	if b.Unit == "bytes" && b.Most%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", b.Most>>20)
	}
	return strings.TrimSpace(thousands(b.Most) + " " + b.Unit)
}

// thousands writes a number with a comma before each three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

var (
	limitFiles  = &Limit{1_000, "files", "of one specification, those that set variables counted too"}
	limitSource = &Limit{16 << 20, "bytes", "of text in all these files, or on standard input"}
	limitWords  = &Limit{2_000_000, "words and signs", "in all these files: each takes some hundred bytes of memory when its file is parsed"}
	limitDepth  = &Limit{200, "levels", "of brackets, templates and blocks inside each other, and of operators in one expression: the parser needs stack for each"}
	limitDigits = &Limit{100, "digits", "in a number as written, and three in its exponent"}
	limitText   = &Limit{1 << 20, "bytes", "in one text, written or made, in a variable from outside, and in what file() reads: Kubernetes takes no larger object"}
	limitPieces = &Limit{2_000, "lines and parts", "in a text of the specification: its lines, what is in it between ${ and }, and what stands between. A longer text is better in a file of its own"}
	limitChain  = &Limit{1_000, "values", "of which each needs the next: locals, profiles, keys of for_each"}
	limitKeys   = &Limit{2_000, "keys", "of one for_each"}
	limitBlocks = &Limit{200_000, "blocks", "with those inside others, after for_each and profiles"}
	limitSteps  = &Limit{2_000_000, "steps", "of evaluation for one expression: about one for each value that is looked at, four for each value that is made and for sixteen bytes of text"}
	limitWork   = &Limit{32_000_000, "steps", "of evaluation for all expressions together"}
	limitErrors = &Limit{500, "problems", "that are reported in one run"}
)

// InputLimits are all bounds, in the order of reading.
var InputLimits = []*Limit{
	limitFiles, limitSource, limitWords, limitDepth, limitDigits, limitText, limitPieces, limitChain, limitKeys, limitBlocks, limitSteps, limitWork, limitErrors,
}

// stopped is what ends a Load early; see stop.
type stopped struct{}

// stop reports a problem after which nothing more is read. It does not return.
func (l *loader) stop(at hcl.Range, summary, format string, args ...any) {
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: fmt.Sprintf(format, quotable(args)...)}
	if at.Filename != "" {
		d.Subject = &at
	}
	l.diags = append(l.diags, d)
	panic(stopped{})
}

// orStop runs a part of the loading, which stop may end.
func (l *loader) orStop(part func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stopped); !ok {
				panic(r)
			}
		}
	}()
	part()
}

// countBlock counts a block that was read or made.
func (l *loader) countBlock(at hcl.Range) {
	if l.blocks++; l.blocks > limitBlocks.Most {
		l.stop(at, "Too many blocks", "Here the specification has more than %s, those of for_each and profiles counted. Divide it, or repeat less.", limitBlocks)
	}
}

// deeper counts a value whose evaluation needs another one; the function returned ends it. It reports a chain that is
// too long: each link takes a part of the stack, of which there is only so much.
func (l *loader) deeper(at hcl.Range) (done func(), ok bool) {
	if l.chain >= limitChain.Most {
		if l.tooLong {
			return nil, false
		}
		l.tooLong = true
		l.errorf(at, "Chain too long", "More than %s lead here, each of which needs the next. Shorten the chain.", limitChain)
		return nil, false
	}
	l.chain++
	return func() { l.chain-- }, true
}

// at makes a diagnostic of what was exceeded.
func (e *exceeded) at(r hcl.Range) hcl.Diagnostics {
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: e.summary, Detail: e.detail, Subject: &r}}
}
